//! The state that the log has made, in its place.

use quorate_kernel::Process;
use quorate_problems::{Applied, Payload};

use super::{Bond, Cx, Form, INSTALL, Raft, Record, Snapshot, Words};

impl<C: Payload, F: Form> Raft<C, F> {
    /// Begins a life with the state that was stored.
    pub(super) fn resume(&mut self, cx: &mut Cx<'_, C, F>) {
        if cx.stable().snapshot.last.index > 0 {
            let state = cx.stable().snapshot.clone();
            self.take_over(state, cx);
        }
        self.tell_log(cx);
    }

    fn take_over(&mut self, state: Snapshot<C>, cx: &mut Cx<'_, C, F>) {
        self.commit = state.last.index;
        self.length = state.length;
        self.done = state.done;
        self.value = state.value;
        self.sessions = state.sessions;
        let applied = self.done.iter().collect();
        cx.output(Applied::Installed { through: self.length, applied });
    }

    pub(super) fn install(&mut self, state: Snapshot<C>, cx: &mut Cx<'_, C, F>) {
        if state.last.index <= self.commit {
            return;
        }
        cx.cite(INSTALL);
        let (pending, own) = (self.has_pending(cx), state.done.of(cx.me));
        cx.persist(Record::Snapshot(self.term, state.clone(), own));
        self.take_over(state, cx);
        self.tell_log(cx);
        self.tell_commit(cx);
        self.settle(pending, cx);
    }

    pub(super) fn on_install(
        &mut self,
        from: Process,
        (term, bond): (u32, Bond),
        state: Snapshot<C>,
        cx: &mut Cx<'_, C, F>,
    ) {
        if !self.follow(from, (term, bond), cx) {
            return;
        }
        let through = state.last.index;
        self.install(state, cx);
        self.answer_reads(cx);
        let applied = self.commit;
        cx.send(from, Words::Matched { term: self.term, bond, through, applied });
    }
}
