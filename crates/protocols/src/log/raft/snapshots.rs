//! The state that the log has made, in its place.

use alloc::sync::Arc;

use quorate_kernel::Process;
use quorate_problems::{Applied, Payload};

use super::{APPLIED, Bond, Cx, Form, INSTALL, Raft, Record, Snapshot, Words};

impl<C: Payload, F: Form> Raft<C, F> {
    /// Begins a life with the state that was stored.
    pub(super) fn resume(&mut self, cx: &mut Cx<'_, C, F>) {
        if cx.stable().joins > 0 {
            // The crash may have come before it was said.
            cx.output(Applied::Anew { time: cx.stable().joins });
        }
        if cx.stable().snapshot.last.index > 0 {
            let state = cx.stable().snapshot.clone();
            self.take_over(&state, cx);
        }
        if cx.stable().last().index > 0 {
            self.tell_log(cx);
        }
        let last = if cx.is_flawed(APPLIED) { self.commit } else { cx.stable().last().index };
        self.force = self.force_through(last, cx);
    }

    fn take_over(&mut self, state: &Snapshot<C>, cx: &mut Cx<'_, C, F>) {
        self.commit = state.last.index;
        self.length = state.length;
        self.done = state.done.clone();
        self.value = state.value.clone();
        self.sessions = state.sessions.clone();
        if cx.config.is_witness(cx.me) {
            return;
        }
        let applied = self.done.iter().collect();
        let members = state.force.as_ref().map(|force| force.members.shown().into());
        cx.output(Applied::Installed { through: self.length, applied, members });
    }

    pub(super) fn install(&mut self, state: &Arc<Snapshot<C>>, cx: &mut Cx<'_, C, F>) {
        if state.last.index <= self.commit {
            return;
        }
        cx.cite(INSTALL);
        let (pending, own) = (self.has_pending(cx), state.done.of(cx.me));
        let reply = Self::own_reply(&state.sessions, cx);
        let told = self.answers(reply, cx);
        cx.persist(Record::Snapshot(self.term, state.clone(), own));
        self.take_over(state, cx);
        self.hear_reply(reply, told, cx);
        self.tell_log(cx);
        self.tell_commit(cx);
        self.settle(pending, cx);
        self.enforce_state(state, cx);
    }

    pub(super) fn on_install(
        &mut self,
        from: Process,
        (term, bond): (u32, Bond),
        state: &Arc<Snapshot<C>>,
        cx: &mut Cx<'_, C, F>,
    ) {
        // A membership begins with entries.
        if !self.follow(from, (term, bond), cx) || bond.session != cx.stable().session {
            return;
        }
        let through = state.last.index;
        self.install(state, cx);
        self.answer_reads(cx);
        let applied = self.commit;
        cx.send(from, Words::Matched { term: self.term, bond, through, applied });
    }
}
