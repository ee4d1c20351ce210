//! What survives a crash.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;

use quorate_kernel::{Process, Stable, Value, inspect};
use quorate_problems::Payload;

use super::{Entry, Slots, Vote};
use crate::ballot::Ballot;

/// The state that the log has made: which commands are in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Snapshot {
    /// The last slot that is in it.
    pub through: u64,
    /// Up to which number the commands of each process are in it.
    pub done: BTreeMap<Process, u32>,
}

inspect!(Snapshot { through, done });

/// What survives: promise, votes, state, and the own commands that may not be applied.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Durable<C: Payload = Value> {
    /// No smaller ballot is heeded, and no ballot up to it was left unused.
    pub promised: Ballot,
    /// What was accepted in the slots after the snapshot.
    pub log: Slots<Vote<C>>,
    /// The last snapshot.
    pub snapshot: Snapshot,
    /// The number of the last own command.
    pub number: u32,
    /// The own commands after the snapshot.
    pub own: Slots<C>,
}

inspect!(Durable<C: Payload> { promised, log, snapshot, number, own });

/// A change of what survives.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Record<C: Payload = Value> {
    /// It promised, or took a ballot of its own.
    Promised(Ballot),
    /// It accepted these for the slots from the first on.
    Accepted(Ballot, u64, Arc<[Entry<C>]>),
    /// It learned that these are chosen in the slots from the first on.
    Learned(Ballot, u64, Arc<[Entry<C>]>),
    /// It was given its next command.
    Own(C),
    /// It took a snapshot, or took one over; up to which own command that is.
    Snapshot(Snapshot, u32),
}

inspect!(
    enum Record<C: Payload> {
        Promised(ballot),
        Accepted(ballot, first, entries),
        Learned(ballot, first, entries),
        Own(payload),
        Snapshot(snapshot, own),
    }
);

impl<C: Payload> Durable<C> {
    fn store(&mut self, ballot: Ballot, first: u64, entries: &[Entry<C>]) {
        for (at, entry) in entries.iter().enumerate() {
            let slot = first.saturating_add(at as u64);
            let newer = self.log.get(slot).is_none_or(|(held, _)| *held <= ballot);
            if slot > self.snapshot.through && newer {
                self.log.insert(slot, (ballot, entry.clone()));
            }
        }
    }
}

impl<C: Payload> Stable for Durable<C> {
    type Record = Record<C>;

    fn apply(&mut self, record: &Record<C>) {
        match record {
            Record::Promised(ballot) => self.promised = *ballot,
            Record::Accepted(ballot, first, entries) => {
                self.promised = *ballot;
                self.store(*ballot, *first, entries);
            }
            Record::Learned(ballot, first, entries) => self.store(*ballot, *first, entries),
            Record::Own(payload) => {
                self.number = self.number.saturating_add(1);
                self.own.insert(self.number.into(), payload.clone());
            }
            Record::Snapshot(snapshot, own) => {
                self.own.keep_from(u64::from(*own) + 1);
                self.log.keep_from(snapshot.through.saturating_add(1));
                self.snapshot = snapshot.clone();
            }
        }
    }
}
