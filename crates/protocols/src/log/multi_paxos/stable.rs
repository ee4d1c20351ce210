//! What survives a crash.

use alloc::sync::Arc;
use alloc::vec::Vec;

use quorate_kernel::{Stable, Value, inspect};
use quorate_problems::Payload;

use super::{BATCH, Done, Entry, Slots, Vote};
use crate::ballot::Ballot;
use crate::log::batch::{own_from, weight};

/// The state that the log has made: which commands are in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Snapshot {
    /// The last slot that is in it.
    pub through: u64,
    /// How many commands are in it, with each slot that did nothing counted as one.
    pub length: u64,
    /// Which commands are in it.
    pub done: Done,
}

inspect!(Snapshot { through, length, done });

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
    /// The own commands after the snapshot, up to that number.
    pub own: Vec<C>,
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
    /// The own commands from a number on, and the number of the first that is left of them.
    pub(super) fn own_from(&self, number: u32) -> (u32, &[C]) {
        own_from(&self.own, self.number, number)
    }

    /// What was accepted from one slot through another, as much as goes into one message.
    pub(super) fn accepted(&self, first: u64, through: u64) -> Arc<[Entry<C>]> {
        let mut room = BATCH;
        let fits = |(_, (_, entry)): &(u64, &Vote<C>)| {
            let fits = room > 0;
            room = room.saturating_sub(weight(entry));
            fits
        };
        let held = self.log.range(first, through).take_while(fits);
        held.map(|(_, (_, entry))| entry.clone()).collect()
    }

    /// Takes over a state, and drops what made it.
    #[cold]
    fn condense(&mut self, snapshot: &Snapshot, own: u32) {
        let kept = self.own_from(own.saturating_add(1)).1.len();
        self.own.drain(..self.own.len() - kept);
        self.log.keep_from(snapshot.through.saturating_add(1));
        self.snapshot = snapshot.clone();
    }

    #[inline(never)]
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

    #[inline]
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
                self.own.push(payload.clone());
            }
            Record::Snapshot(snapshot, own) => self.condense(snapshot, *own),
        }
    }
}
