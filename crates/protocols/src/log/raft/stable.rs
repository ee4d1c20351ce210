//! What survives a crash.

use alloc::sync::Arc;
use alloc::vec::Vec;

use quorate_kernel::{Process, Stable, Value, inspect};
use quorate_problems::Payload;

use super::Sessions;
use super::members::{Force, Members};
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
    /// Who the members are from here on, if that changes; then there is no batch.
    pub members: Option<Arc<Members>>,
}

inspect!(Entry<C: Payload> { term, batch, members });

impl<C: Payload> Entry<C> {
    /// Commands, or nothing.
    pub(super) fn of(term: u32, batch: Option<Batch<C>>) -> Self {
        Self { term, batch, members: None }
    }

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
    /// Who the members are after it; those of the beginning if nothing in it said otherwise.
    pub force: Option<Force>,
}

inspect!(Snapshot<C: Payload> { last, length, done, value, sessions, force });

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
    pub snapshot: Arc<Snapshot<C>>,
    /// The number of the last own command.
    pub number: u32,
    /// The own commands after the snapshot, up to that number.
    pub own: Vec<C>,
    /// In how many lives something was read, or a change of the members asked for.
    pub lives: u64,
    /// The last membership that a leader of this term began for this process; 0 if none did.
    pub session: u64,
    /// The index through which the log must reach again before it counts.
    pub lacks: u64,
    /// How many memberships have begun with an empty log.
    pub joins: u64,
}

inspect!(Durable<C: Payload> {
    term, voted, log, snapshot, number, own, lives, session, lacks, joins
});

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
    Snapshot(u32, Arc<Snapshot<C>>, u32),
    /// It reads, or asks for other members, for the first time in this life.
    Reads,
    /// In this term a membership with this number begins, with an empty log, which must reach
    /// through an index before it counts.
    Join(u32, u64, u64),
}

inspect!(
    enum Record<C: Payload> {
        Term(term, voted),
        Entries(term, first, entries),
        Own(payload),
        Snapshot(term, snapshot, own),
        Reads,
        Join(term, session, through),
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

    /// Whose commands stand at an index, if any do.
    pub(super) fn client(&self, index: u64) -> Option<Process> {
        self.entry(index)?.batch.as_ref().map(|batch| batch.client)
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

    /// Who the members are through an index, if the log or the state before it says so.
    pub(super) fn force(&self, through: u64) -> Option<Force> {
        let first = self.snapshot.last.index.saturating_add(1);
        let named = |index: u64| {
            let members = self.entry(index)?.members.clone()?;
            Some(Force { index, members })
        };
        let last = through.min(self.last().index);
        (first..=last).rev().find_map(named).or_else(|| self.snapshot.force.clone())
    }

    /// Whether the log reaches as far as one that was dropped.
    pub(super) fn is_whole(&self) -> bool {
        self.last().index >= self.lacks
    }

    fn enter(&mut self, term: u32) {
        if term > self.term {
            self.term = term;
            self.voted = None;
            self.session = 0;
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
    fn condense(&mut self, snapshot: &Arc<Snapshot<C>>, own: u32) {
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
            Record::Term(term, voted) => {
                self.enter(*term);
                self.voted = *voted;
            }
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
            Record::Join(term, session, through) => {
                self.enter(*term);
                self.session = *session;
                self.lacks = self.lacks.max(*through);
                self.joins = self.joins.saturating_add(1);
                self.log.clear();
                self.snapshot = Arc::default();
            }
        }
    }
}
