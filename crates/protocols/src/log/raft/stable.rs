//! What survives a crash.

use alloc::sync::Arc;
use alloc::vec::Vec;

use quorate_kernel::{Process, Stable, Value, inspect};
use quorate_problems::Payload;

use super::Sessions;
use crate::log::batch::{Batch, Done, own_from};

/// A place in a log: the term of what stands there, and its index, from 1. The order is that of
/// logs by how up to date they are, if these are their last places.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Mark {
    /// The term; 0 before the first entry.
    pub term: u32,
    /// The index; 0 before the first entry.
    pub index: u64,
}

inspect!(Mark { term, index });

/// What stands at one index of a log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Entry<C: Payload = Value> {
    /// The term of the leader that made it.
    pub term: u32,
    /// What is to be applied; nothing if a leader made it to begin its term.
    pub batch: Option<Batch<C>>,
}

inspect!(Entry<C: Payload> { term, batch });

impl<C: Payload> Entry<C> {
    /// How many commands it counts as in a message.
    pub(super) fn weight(&self) -> usize {
        self.batch.as_ref().map_or(1, Batch::weight)
    }
}

/// The state that a log has made.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Snapshot<C: Payload = Value> {
    /// The last place of the log that is in it.
    pub last: Mark,
    /// How many commands are in it, with each entry that did nothing counted as one.
    pub length: u64,
    /// Which commands are in it.
    pub done: Done,
    /// The last command in it.
    pub value: Option<C>,
    /// The sessions of clients.
    pub sessions: Sessions,
}

inspect!(Snapshot<C: Payload> { last, length, done, value, sessions });

/// What survives: term, vote, log, state, and the own commands that may not be applied.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Durable<C: Payload = Value> {
    /// The latest term seen.
    pub term: u32,
    /// Who was voted for in it.
    pub voted: Option<Process>,
    /// The entries after the snapshot.
    pub log: Vec<Entry<C>>,
    /// The last snapshot.
    pub snapshot: Snapshot<C>,
    /// The number of the last own command.
    pub number: u32,
    /// The own commands after the snapshot, up to that number.
    pub own: Vec<C>,
    /// In how many lives something was read.
    pub lives: u64,
}

inspect!(Durable<C: Payload> { term, voted, log, snapshot, number, own, lives });

/// A change of what survives. What must not be torn apart by a crash is one record.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Record<C: Payload = Value> {
    /// It entered a term, or voted in it.
    Term(u32, Option<Process>),
    /// In this term it put these entries from an index on, in the place of all that stood there
    /// and after.
    Entries(u32, u64, Arc<[Entry<C>]>),
    /// It was given its next command.
    Own(C),
    /// In this term it took a snapshot, or took one over; up to which own command that is.
    Snapshot(u32, Snapshot<C>, u32),
    /// It reads for the first time in this life.
    Reads,
}

inspect!(
    enum Record<C: Payload> {
        Term(term, voted),
        Entries(term, first, entries),
        Own(payload),
        Snapshot(term, snapshot, own),
        Reads,
    }
);

impl<C: Payload> Durable<C> {
    /// The last place of the log.
    pub fn last(&self) -> Mark {
        let index = self.snapshot.last.index.saturating_add(self.log.len() as u64);
        self.log.last().map_or(self.snapshot.last, |entry| Mark { term: entry.term, index })
    }

    /// What stands at an index after the snapshot.
    pub fn entry(&self, index: u64) -> Option<&Entry<C>> {
        let place = index.checked_sub(self.snapshot.last.index)?.checked_sub(1)?;
        self.log.get(usize::try_from(place).ok()?)
    }

    /// The place at an index, if its term is known here.
    pub fn mark(&self, index: u64) -> Option<Mark> {
        match index {
            0 => Some(Mark::default()),
            _ if index == self.snapshot.last.index => Some(self.snapshot.last),
            _ => self.entry(index).map(|entry| Mark { term: entry.term, index }),
        }
    }

    /// Everything from an index on.
    pub(super) fn from(&self, first: u64) -> &[Entry<C>] {
        let skip = first.saturating_sub(self.snapshot.last.index.saturating_add(1));
        self.log.get(usize::try_from(skip).unwrap_or(usize::MAX)..).unwrap_or_default()
    }

    /// Of that as much as goes into one message with so many commands.
    pub(super) fn chunk(&self, first: u64, most: usize) -> Arc<[Entry<C>]> {
        let mut room = most;
        let fits = |entry: &&Entry<C>| {
            let fits = room > 0;
            room = room.saturating_sub(entry.weight());
            fits
        };
        self.from(first).iter().take_while(fits).cloned().collect()
    }

    /// The first index of the term of what stands at an index, as far as the log is kept.
    pub(super) fn term_begins(&self, at: Mark) -> u64 {
        let mut first = at.index;
        while self.entry(first.saturating_sub(1)).is_some_and(|before| before.term == at.term) {
            first -= 1;
        }
        first
    }

    /// The own commands from a number on, and the number of the first that is left of them.
    pub(super) fn own_from(&self, number: u32) -> (u32, &[C]) {
        own_from(&self.own, self.number, number)
    }

    fn enter(&mut self, term: u32) {
        if term > self.term {
            self.term = term;
            self.voted = None;
        }
    }

    #[inline(never)]
    fn put(&mut self, first: u64, entries: &[Entry<C>]) {
        let kept = first.saturating_sub(self.snapshot.last.index.saturating_add(1));
        self.log.truncate(usize::try_from(kept).unwrap_or(usize::MAX));
        self.log.extend_from_slice(entries);
    }

    /// Takes over a state, and drops what made it; the rest of the log stays if it follows.
    #[cold]
    fn condense(&mut self, snapshot: &Snapshot<C>, own: u32) {
        let follows = self.mark(snapshot.last.index) == Some(snapshot.last);
        let covered = snapshot.last.index.saturating_sub(self.snapshot.last.index);
        let covered = if follows { covered as usize } else { self.log.len() };
        self.log.drain(..covered.min(self.log.len()));
        let kept = self.own_from(own.saturating_add(1)).1.len();
        self.own.drain(..self.own.len() - kept);
        self.snapshot = snapshot.clone();
    }
}

impl<C: Payload> Stable for Durable<C> {
    type Record = Record<C>;

    #[inline]
    fn apply(&mut self, record: &Record<C>) {
        match record {
            Record::Term(term, voted) => (self.term, self.voted) = (*term, *voted),
            Record::Entries(term, first, entries) => {
                self.enter(*term);
                self.put(*first, entries);
            }
            Record::Own(payload) => {
                self.number = self.number.saturating_add(1);
                self.own.push(payload.clone());
            }
            Record::Snapshot(term, snapshot, own) => {
                self.enter(*term);
                self.condense(snapshot, *own);
            }
            Record::Reads => self.lives = self.lives.saturating_add(1),
        }
    }
}
