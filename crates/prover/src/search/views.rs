//! Views as numbers: what a process has seen after a round is a list of views of the round before.

use std::hash::{Hash, Hasher};

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use super::adversary::Hearing;
use super::limits::Stopped;

/// Nothing came, or nobody is there.
pub(crate) const NONE: u32 = u32::MAX;

/// Rows of numbers, all of one width, each kept once.
pub(crate) struct Rows {
    width: usize,
    cells: Vec<u32>,
    table: HashTable<u32>,
}

fn hash(row: &[u32]) -> u64 {
    let mut hasher = FxHasher::default();
    row.hash(&mut hasher);
    hasher.finish()
}

impl Rows {
    pub(crate) fn new(width: usize) -> Self {
        Self { width, cells: Vec::new(), table: HashTable::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.cells.len() / self.width
    }

    pub(crate) fn get(&self, at: u32) -> &[u32] {
        &self.cells[at as usize * self.width..][..self.width]
    }

    /// The number of a row that is there.
    pub(crate) fn find(&self, row: &[u32]) -> Option<u32> {
        self.table.find(hash(row), |known| self.get(*known) == row).copied()
    }

    /// The number of a row, and whether it is new.
    pub(crate) fn intern(&mut self, row: &[u32]) -> Result<(u32, bool), Stopped> {
        let (cells, width) = (&self.cells, self.width);
        let at = |number: u32| &cells[number as usize * width..][..width];
        let hashed = hash(row);
        if let Some(known) = self.table.find(hashed, |known| at(*known) == row) {
            return Ok((*known, false));
        }
        let number = u32::try_from(self.len()).ok().filter(|number| *number < NONE);
        let number = number.ok_or(Stopped::Size)?;
        self.table.insert_unique(hashed, number, |known| hash(at(*known)));
        self.cells.extend_from_slice(row);
        Ok((number, true))
    }

    pub(crate) fn bytes(&self) -> usize {
        self.cells.capacity() * 4 + self.table.allocation_size()
    }
}

/// What distinguishes views.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Names {
    /// Everything.
    Kept,
    /// Everything but the names of who said what.
    Dropped,
}

impl Names {
    /// How many numbers make a view.
    pub(crate) fn width(self, n: usize) -> usize {
        if self == Self::Kept { n + 1 } else { n }
    }

    /// The view of a process before the first round, if so many values can be proposed.
    pub(crate) fn first(self, p: usize, input: u8, values: u8) -> u32 {
        let own = if self == Self::Kept { u32::from(values) * p as u32 } else { 0 };
        own + u32::from(input)
    }

    /// What process p has seen when it has heard these, given everybody's view before: with names,
    /// who it is and what each of all said; without, what it saw and what was said, in order.
    pub(crate) fn view(self, p: usize, heard: Hearing, before: &[u32], view: &mut Vec<u32>) {
        view.clear();
        // A liar has no view of its own: it is where nobody else is.
        let from = |q: usize| match before[q] {
            _ if heard.from & (1 << q) == 0 => NONE,
            NONE => heard.claim,
            seen => seen,
        };
        match self {
            Self::Kept => {
                view.push(p as u32);
                view.extend((0..before.len()).map(from));
            }
            Self::Dropped => {
                view.push(before[p]);
                view.extend((0..before.len()).filter(|q| *q != p).map(from));
                view[1..].sort_unstable();
            }
        }
    }
}
