//! The entries of a log, as far as they tell it from others.

use alloc::vec::Vec;
use core::fmt::{self, Debug};
use core::ops::Deref;

use quorate_kernel::{Process, Renamed, Renaming};

/// An entry of a log, as far as it tells it from others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Line {
    /// The term of the leader that made it.
    pub term: u32,
    /// Whose commands they are.
    pub client: Process,
    /// Which of that process's commands the first is, from 1.
    pub first: u32,
    /// How many they are; 0 for an entry without any.
    pub count: u32,
    /// Whether it says who the members are.
    pub members: bool,
    /// Whether it is in the log of a process that keeps no commands: it says no more than its term
    /// then.
    pub bare: bool,
}

impl Renamed for Line {
    fn rename(&mut self, by: &Renaming) {
        self.term.rename(by);
        self.client.rename(by);
    }
}

/// Entries that follow each other. A single one, which is what most steps put in, is kept without
/// an allocation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lines(Kept);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kept {
    One(Line),
    /// None, or two and more.
    Many(Vec<Line>),
}

impl FromIterator<Line> for Lines {
    fn from_iter<I: IntoIterator<Item = Line>>(lines: I) -> Self {
        let mut lines = lines.into_iter().fuse();
        Self(match (lines.next(), lines.next()) {
            (Some(line), None) => Kept::One(line),
            (first, second) => Kept::Many(first.into_iter().chain(second).chain(lines).collect()),
        })
    }
}

impl Deref for Lines {
    type Target = [Line];

    fn deref(&self) -> &[Line] {
        match &self.0 {
            Kept::One(line) => core::slice::from_ref(line),
            Kept::Many(lines) => lines,
        }
    }
}

impl Debug for Lines {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(out)
    }
}

impl Renamed for Lines {
    fn rename(&mut self, by: &Renaming) {
        match &mut self.0 {
            Kept::One(line) => line.rename(by),
            Kept::Many(lines) => lines.rename(by),
        }
    }
}
