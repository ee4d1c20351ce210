//! What is chosen: applied, kept as a state, and taught to those who miss it.

use alloc::sync::Arc;

use quorate_kernel::Process;
use quorate_problems::{Applied, Payload};

use super::{
    ANY_BALLOT, APPLY, ASK, Cx, Entry, HEARD, INSTALL, MultiPaxos, Record, Role, SNAPSHOT,
    Snapshot, TEACH, TWICE, Timer, Words,
};
use crate::ballot::Ballot;
use crate::log::batch::hand_out;

impl<C: Payload> MultiPaxos<C> {
    /// Begins a life with the state that was stored.
    pub(super) fn resume(&mut self, cx: &mut Cx<'_, C>) {
        if cx.stable().snapshot.through > 0 {
            let state = cx.stable().snapshot.clone();
            self.enter(state, cx);
        }
    }

    fn enter(&mut self, state: Snapshot, cx: &mut Cx<'_, C>) {
        self.commit = state.through;
        self.length = state.length;
        self.done = state.done;
        let applied = self.done.iter().collect();
        cx.output(Applied::Installed { through: self.length, applied, members: None });
    }

    /// Applies the next slot, which is chosen; false if it is not here, or was not accepted in
    /// the ballot that says so.
    pub(super) fn apply_next(&mut self, chosen_in: Option<Ballot>, cx: &mut Cx<'_, C>) -> bool {
        let slot = self.commit.saturating_add(1);
        let Some((held, _)) = cx.stable().log.get(slot) else { return false };
        if chosen_in.is_some_and(|ballot| ballot != *held) && !cx.is_flawed(ANY_BALLOT) {
            return false;
        }
        self.commit = slot;
        cx.cite(APPLY);
        let pending = self.has_pending(cx);
        self.hand_out(slot, cx);
        self.settle(pending, cx);
        if slot >= cx.stable().snapshot.through.saturating_add(cx.config.snapshot) {
            cx.cite(SNAPSHOT);
            let state = Snapshot { through: slot, length: self.length, done: self.done.clone() };
            cx.persist(Record::Snapshot(state, self.applied(cx)));
        }
        true
    }

    /// Hands out what a slot does: the commands that come next of their process, if any do.
    fn hand_out(&mut self, slot: u64, cx: &mut Cx<'_, C>) {
        let again = cx.is_flawed(TWICE);
        let (length, done) = (&mut self.length, &mut self.done);
        cx.output_all(|stable| {
            let batch = stable.log.get(slot).and_then(|(_, entry)| entry.as_ref());
            hand_out(batch, length, done, again)
        });
    }

    /// The leader of a ballot says that all through a slot is chosen.
    pub(super) fn hear(
        &mut self,
        leader: Process,
        ballot: Ballot,
        commit: u64,
        cx: &mut Cx<'_, C>,
    ) {
        while self.commit < commit && self.apply_next(Some(ballot), cx) {
            cx.cite(HEARD);
        }
        let next = self.commit.saturating_add(1);
        if self.commit < commit && self.asked != next {
            cx.cite(ASK);
            self.asked = next;
            cx.send(leader, Words::Ask(next));
        }
    }

    /// Stops waiting for own commands once all that were pending are applied.
    fn settle(&mut self, pending: bool, cx: &mut Cx<'_, C>) {
        if pending && !self.has_pending(cx) {
            cx.cancel_timer(Timer::Retry);
        }
    }

    pub(super) fn on_ask(&mut self, from: Process, first: u64, cx: &mut Cx<'_, C>) {
        if !matches!(self.role, Role::Leader(_)) || first == 0 || first > self.commit {
            return;
        }
        cx.cite(TEACH);
        let (ballot, commit) = (self.ballot, self.commit);
        let stable = cx.stable();
        if first <= stable.snapshot.through {
            return cx.send(from, Words::Install(stable.snapshot.clone()));
        }
        let entries = stable.accepted(first, commit);
        cx.send(from, Words::Learn { ballot, first, entries, commit });
    }

    pub(super) fn on_learn(
        &mut self,
        from: Process,
        ballot: Ballot,
        (first, entries): (u64, Arc<[Entry<C>]>),
        commit: u64,
        cx: &mut Cx<'_, C>,
    ) {
        let last = first.saturating_add(entries.len() as u64).saturating_sub(1);
        if first == 0 || first > self.commit.saturating_add(1) || last <= self.commit {
            return;
        }
        cx.persist(Record::Learned(ballot, first, entries));
        while self.commit < last && self.apply_next(None, cx) {}
        self.hear(from, ballot, commit, cx);
    }

    pub(super) fn install(&mut self, state: Snapshot, cx: &mut Cx<'_, C>) {
        if state.through <= self.commit {
            return;
        }
        cx.cite(INSTALL);
        let (pending, own) = (self.has_pending(cx), state.done.of(cx.me));
        cx.persist(Record::Snapshot(state.clone(), own));
        self.enter(state, cx);
        self.settle(pending, cx);
    }
}
