//! Messages that can change nothing any more are dropped on their way.
//!
//! Of a quorum's messages some come too late to count. Where a protocol says so of a message
//! ([`Protocol::is_past`](quorate_kernel::Protocol::is_past)), two states that differ in it alone
//! are the same. That is not taken on trust: of each message that was dropped it is checked that
//! its receiver would ignore it, in the state in which it was dropped and in every state that the
//! search finds the receiver in afterwards. If one is not ignored, the search begins again and
//! drops nothing.

use std::sync::atomic::Ordering;

use quorate_kernel::Deceit;
use rustc_hash::{FxHashMap, FxHashSet};

use super::roles::{Body, Event, Roles};
use super::tables::Landing;

/// Which messages are past in which seats.
#[derive(Default)]
pub(super) struct Past {
    /// Whether a protocol was wrong about one.
    refused: bool,
    asked: FxHashMap<(u32, u32), bool>,
    /// Those that were dropped, in all seats in which their receiver was found afterwards.
    checked: FxHashSet<(u32, u32)>,
    /// The same, by seat.
    of: FxHashMap<u32, Vec<u32>>,
    /// The seats to which steps lead.
    after: FxHashMap<u32, Vec<u32>>,
}

impl<P: Deceit> Roles<'_, P> {
    /// Whether messages that are past are dropped. A process whose bits flip may want what it has
    /// had.
    pub(super) fn drops(&self) -> bool {
        let scope = &self.inquiry.scope;
        let keeps = scope.flips == 0 && !scope.fifo;
        P::PAST && scope.collapse && keeps && !self.past.refused
    }

    /// Whether a message can change nothing in a seat or after it, as far as the protocol says.
    pub(super) fn is_past(&mut self, seat: u32, event: u32) -> bool {
        if let Some(known) = self.past.asked.get(&(seat, event)) {
            return *known;
        }
        let told = self.told_past(seat, event);
        if told {
            self.check_past(seat, event);
        }
        self.past.asked.insert((seat, event), told);
        told
    }

    fn told_past(&self, seat: u32, event: u32) -> bool {
        match (&self.seats[seat as usize].body, &self.events[event as usize]) {
            (Body::Up(up), Event::Message { from, message, .. }) => {
                up.state.is_past(*from, message)
            }
            _ => false,
        }
    }

    /// Checks that a message is ignored in a seat, and in those after it.
    fn check_past(&mut self, seat: u32, event: u32) {
        let mut open = vec![(seat, event)];
        while let Some((seat, event)) = open.pop() {
            // Who is down ignores everything, and is looked at again when it is back.
            let (up, down) = match self.seats[seat as usize].body {
                Body::Up(_) => (true, false),
                Body::Down(_) => (false, true),
                _ => (false, false),
            };
            if !(up || down) || !self.past.checked.insert((seat, event)) {
                continue;
            }
            let ignored = |landing: &Landing| landing.is_still(seat) && landing.cited == 0;
            let told = || self.told_past(seat, event);
            if up && !(told() && self.landed(seat, event).iter().all(ignored)) {
                self.past.refused = true;
                self.mirrors.lapsed.store(true, Ordering::Relaxed);
                return;
            }
            self.past.of.entry(seat).or_default().push(event);
            let after = self.past.after.get(&seat).into_iter().flatten();
            open.extend(after.map(|next| (*next, event)));
        }
    }

    /// Notes where steps from a seat lead, and checks there what is past.
    pub(super) fn note_after(&mut self, seat: u32, landings: &[Landing]) {
        for landing in landings.iter().filter(|landing| landing.seat != seat) {
            let after = self.past.after.entry(seat).or_default();
            if after.contains(&landing.seat) {
                continue;
            }
            after.push(landing.seat);
            for event in self.past.of.get(&seat).cloned().unwrap_or_default() {
                self.check_past(landing.seat, event);
            }
        }
    }
}
