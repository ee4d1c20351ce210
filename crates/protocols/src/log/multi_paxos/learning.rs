//! What is chosen: applied, kept as a state, and taught to those who miss it.

use alloc::sync::Arc;

use quorate_kernel::Process;
use quorate_problems::{Applied, Payload};

use super::replication::advance;
use super::{
    APPLY, ASK, BATCH, Cx, Entry, HEARD, INSTALL, MultiPaxos, Record, Role, SNAPSHOT, Snapshot,
    TEACH, Timer, Words,
};
use crate::ballot::Ballot;

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
        let applied = state.done.iter().map(|(who, number)| (*who, *number)).collect();
        self.done = state.done;
        cx.output(Applied::Installed { through: state.through, applied });
    }

    /// Applies the next slot, which is chosen; false if it is not here, or was not accepted in
    /// the ballot that says so.
    pub(super) fn apply_next(&mut self, chosen_in: Option<Ballot>, cx: &mut Cx<'_, C>) -> bool {
        let slot = self.commit.saturating_add(1);
        let Some((held, entry)) = cx.stable().log.get(slot) else { return false };
        if chosen_in.is_some_and(|ballot| ballot != *held) {
            return false;
        }
        self.commit = slot;
        cx.cite(APPLY);
        let output = match entry {
            Some(command) if advance(&mut self.done, command.client, command.number) => {
                let (client, number) = (command.client, command.number);
                let payload = command.payload.clone();
                Applied::Command { slot, client, number, payload }
            }
            Some(_) | None => Applied::Noop { slot },
        };
        cx.output(output);
        if slot >= cx.stable().snapshot.through.saturating_add(cx.config.snapshot) {
            cx.cite(SNAPSHOT);
            let state = Snapshot { through: slot, done: self.done.clone() };
            cx.persist(Record::Snapshot(state, self.applied(cx)));
        }
        true
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
        self.settle(cx);
    }

    /// Stops waiting for own commands once they are applied.
    fn settle(&mut self, cx: &mut Cx<'_, C>) {
        if !self.has_pending(cx) {
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
        let held = stable.log.range(first, commit).take(BATCH);
        let entries = held.map(|(_, (_, entry))| entry.clone()).collect();
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
        let own = state.done.get(&cx.me).copied().unwrap_or(0);
        cx.persist(Record::Snapshot(state.clone(), own));
        self.enter(state, cx);
        self.settle(cx);
    }
}
