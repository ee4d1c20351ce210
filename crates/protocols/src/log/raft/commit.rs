//! What is committed, and applied.

use quorate_kernel::Process;
use quorate_problems::{Applied, Payload};

use super::members::{Force, Members};
use super::{
    AGAIN, ANY_TERM, APPLIED, APPLY, COMMIT, COMPACT, Cx, Done, Form, HALF, Lead, ONE_HALF, Raft,
    Record, Role, STRANGER, Sessions, Snapshot, UNKEPT,
};
use crate::log::batch::hand_out;

/// What makes a quorum: how many of so many voters, of both halves or of one.
struct Measure<'a> {
    size: &'a dyn Fn(usize) -> usize,
    one_half: bool,
}

impl<C: Payload> Lead<C> {
    /// The largest index through which a quorum has stored the log, the leader with all through
    /// `last` among them if it has a vote; if that is after `commit`.
    fn stored(
        &self,
        members: &Members,
        measure: &Measure<'_>,
        (me, commit, last): (Process, u64, u64),
    ) -> u64 {
        let at = |p: Process| if p == me { last } else { self.peers[p.index()].matched };
        members.reached(measure.size, measure.one_half, commit, at).min(last)
    }

    /// Whether an index is committed by the definition: a quorum has stored it.
    fn is_stored(&self, members: &Members, measure: &Measure<'_>, me: Process, at: u64) -> bool {
        let has = |p: Process| p == me || self.peers[p.index()].matched >= at;
        members.is_quorum(measure.size, measure.one_half, has)
    }
}

impl<C: Payload, F: Form> Raft<C, F> {
    /// Who leads, as far as is known.
    pub fn leader(&self) -> Option<Process> {
        self.leader
    }

    /// Through which index everything is committed, and applied.
    pub fn commit(&self) -> u64 {
        self.commit
    }

    /// Finds what a quorum has stored.
    pub(super) fn tally(&mut self, cx: &mut Cx<'_, C, F>) {
        let Role::Leader(lead) = &self.role else { return };
        let fewer = usize::from(cx.is_flawed(HALF));
        let size = |voters: usize| cx.config.keepers(voters).saturating_sub(fewer);
        let (members, stable) = (&self.force.members, cx.stable());
        // Mostly, when entries are appended, nobody else has stored what is not committed.
        let alone = || lead.peers.iter().all(|peer| peer.matched <= self.commit);
        if !members.is_joint() && size(members.voters()) > 1 && alone() {
            return;
        }
        let measure = Measure { size: &size, one_half: cx.is_flawed(ONE_HALF) };
        let through = lead.stored(members, &measure, (cx.me, self.commit, stable.last().index));
        if through <= self.commit {
            return;
        }
        let own = stable.mark(through).is_some_and(|mark| mark.term == self.term);
        if !own && !cx.is_flawed(ANY_TERM) {
            return;
        }
        debug_assert!(lead.is_stored(members, &measure, cx.me, through));
        debug_assert!(
            through == stable.last().index
                || !lead.is_stored(members, &measure, cx.me, through + 1)
        );
        cx.cite(COMMIT);
        let had = self.session(cx).is_some();
        while self.commit < through && self.apply_next(cx) {}
        self.tell_commit(cx);
        if had && self.has_pending(cx) && self.session(cx).is_none() {
            self.ask_session(cx);
        }
        let commit = self.commit;
        let Role::Leader(lead) = &mut self.role else { return };
        lead.flights.retain(|last| *last > commit);
        self.flush(cx);
        self.confirm(cx);
        self.announce(cx);
        self.work(cx);
    }

    /// Applies the next entry, which is committed; false if it is not here.
    pub(super) fn apply_next(&mut self, cx: &mut Cx<'_, C, F>) -> bool {
        let index = self.commit.saturating_add(1);
        let Some(entry) = cx.stable().entry(index) else { return false };
        let (term, members) = (entry.term, entry.members.clone());
        self.commit = index;
        cx.cite(APPLY);
        if cx.config.is_witness(cx.me) {
            // What the log says is for others to apply.
        } else if let Some(members) = members {
            self.apply_members(Force { index, members }, cx);
        } else {
            self.apply_batch(index, cx);
        }
        if index >= cx.stable().snapshot.last.index.saturating_add(cx.config.snapshot) {
            self.compact(super::Mark { term, index }, cx);
        }
        true
    }

    fn apply_members(&mut self, force: Force, cx: &mut Cx<'_, C, F>) {
        self.length += 1;
        cx.output(Applied::Members { slot: self.length, members: force.members.shown().into() });
        self.heed_members(&force.members, cx);
        if cx.is_flawed(APPLIED) {
            self.force = force;
        }
    }

    fn apply_batch(&mut self, index: u64, cx: &mut Cx<'_, C, F>) {
        let pending = self.has_pending(cx);
        let admits = self.admits(index, cx);
        let strange = !admits && cx.is_flawed(STRANGER);
        let again = cx.is_flawed(AGAIN) || strange;
        // Whoever has no session of a client has nowhere to note what it executed for it.
        let mut nowhere = if strange { self.done.clone() } else { Done::default() };
        let done = if strange { &mut nowhere } else { &mut self.done };
        let slot = self.length.saturating_add(1);
        let client = if cx.config.sessions { cx.stable().client(index) } else { None };
        let before = client.map(|client| (client, done.of(client)));
        let (length, value) = (&mut self.length, &mut self.value);
        cx.output_all(|stable| {
            let batch = stable.entry(index).and_then(|entry| entry.batch.as_ref());
            let batch = batch.filter(|_| admits || strange);
            let before = batch.map(|batch| done.of(batch.client));
            let outputs = hand_out(batch, length, done, again);
            if let Some(batch) = batch.filter(|batch| Some(done.of(batch.client)) > before || again)
            {
                *value = batch.payloads.last().cloned();
            }
            outputs
        });
        if let Some((client, before)) = before.filter(|_| admits) {
            self.keep_reply(client, before, slot);
        }
        self.count_done(index, cx);
        self.settle(pending, cx);
    }

    /// Stores the state in place of the log that made it.
    fn compact(&mut self, last: super::Mark, cx: &mut Cx<'_, C, F>) {
        cx.cite(COMPACT);
        let known = self.force.index <= last.index && !cx.is_flawed(APPLIED);
        let force = if known { self.force.clone() } else { self.force_through(last.index, cx) };
        let state = Snapshot {
            last,
            length: self.length,
            done: self.done.clone(),
            value: self.value.clone(),
            sessions: match cx.is_flawed(UNKEPT) {
                true => Sessions::default(),
                false => self.sessions.clone(),
            },
            force: Some(force).filter(|force| force.index > 0),
        };
        cx.persist(Record::Snapshot(self.term, state.into(), self.applied(cx)));
    }
}
