//! What is committed, and applied.

use quorate_kernel::Process;
use quorate_problems::Payload;

use super::{
    AGAIN, ANY_TERM, APPLY, COMMIT, COMPACT, Cx, Done, Form, HALF, Lead, Raft, Record, Role,
    STRANGER, Sessions, Snapshot, UNKEPT,
};
use crate::log::batch::hand_out;

impl<C: Payload> Lead<C> {
    /// The largest index through which so many have stored the log, the leader with all through
    /// `last` among them.
    fn stored_by(&self, quorum: usize, me: Process, last: u64) -> u64 {
        let mut matched: alloc::vec::Vec<u64> =
            self.peers.iter().map(|peer| peer.matched).collect();
        matched[me.index()] = last;
        matched.sort_unstable_by(|a, b| b.cmp(a));
        quorum.checked_sub(1).and_then(|at| matched.get(at)).copied().unwrap_or(last)
    }

    /// Whether an index is committed by the definition: so many have stored it.
    fn is_stored_by(&self, quorum: usize, me: Process, index: u64) -> bool {
        let peers = self.peers.iter().enumerate();
        let others = peers.filter(|(at, peer)| *at != me.index() && peer.matched >= index);
        others.count() + 1 >= quorum
    }
}

impl<C: Payload, F: Form> Raft<C, F> {
    /// Finds what a quorum has stored.
    pub(super) fn tally(&mut self, cx: &mut Cx<'_, C, F>) {
        let Role::Leader(lead) = &self.role else { return };
        let quorum = usize::from(cx.config.q2) - usize::from(cx.is_flawed(HALF));
        let stable = cx.stable();
        let through = lead.stored_by(quorum, cx.me, stable.last().index);
        let own = stable.mark(through).is_some_and(|mark| mark.term == self.term);
        if through <= self.commit || !(own || cx.is_flawed(ANY_TERM)) {
            return;
        }
        debug_assert!(lead.is_stored_by(quorum, cx.me, through));
        debug_assert!(
            !lead.is_stored_by(quorum, cx.me, through + 1) || through == stable.last().index
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
    }

    /// Applies the next entry, which is committed; false if it is not here.
    pub(super) fn apply_next(&mut self, cx: &mut Cx<'_, C, F>) -> bool {
        let index = self.commit.saturating_add(1);
        let Some(entry) = cx.stable().entry(index) else { return false };
        let term = entry.term;
        self.commit = index;
        cx.cite(APPLY);
        let pending = self.has_pending(cx);
        let admits = self.admits(index, cx);
        let strange = !admits && cx.is_flawed(STRANGER);
        let again = cx.is_flawed(AGAIN) || strange;
        // Whoever has no session of a client has nowhere to note what it executed for it.
        let mut nowhere = if strange { self.done.clone() } else { Done::default() };
        let done = if strange { &mut nowhere } else { &mut self.done };
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
        self.count_done(index, cx);
        self.settle(pending, cx);
        let stable = cx.stable();
        if index >= stable.snapshot.last.index.saturating_add(cx.config.snapshot) {
            cx.cite(COMPACT);
            let last = super::Mark { term, index };
            let state = Snapshot {
                last,
                length: self.length,
                done: self.done.clone(),
                value: self.value.clone(),
                sessions: match cx.is_flawed(UNKEPT) {
                    true => Sessions::default(),
                    false => self.sessions.clone(),
                },
            };
            cx.persist(Record::Snapshot(self.term, state, self.applied(cx)));
        }
        true
    }
}
