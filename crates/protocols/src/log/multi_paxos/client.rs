//! The process as a client: its own commands, until they are applied.

use alloc::sync::Arc;

use quorate_kernel::Process;
use quorate_problems::Payload;

use super::{BATCH, Batch, Cx, FORWARD, MultiPaxos, RETRY, Record, Role, Timer, Words};
use crate::ballot::Ballot;

impl<C: Payload> MultiPaxos<C> {
    /// The number of the last own command that is applied.
    pub(super) fn applied(&self, cx: &Cx<'_, C>) -> u32 {
        self.done.of(cx.me)
    }

    pub(super) fn has_pending(&self, cx: &Cx<'_, C>) -> bool {
        self.applied(cx) < cx.stable().number
    }

    pub(super) fn propose(&mut self, payload: C, cx: &mut Cx<'_, C>) {
        let first = !self.has_pending(cx);
        cx.persist(Record::Own(payload));
        if first {
            cx.set_timer(Timer::Retry, 2 * cx.config.patience_ticks);
        }
        if matches!(self.role, Role::Leader(_)) {
            return self.gather(cx);
        }
        if self.patience != 1 {
            self.await_leader(1, cx);
        }
        self.forward(cx.stable().number, cx);
    }

    /// Sends the own commands from this number on to the leader, if one was heard.
    fn forward(&mut self, first: u32, cx: &mut Cx<'_, C>) {
        let leader = self.following;
        let known = leader != Ballot::default() && leader.proposer != cx.me;
        if !known || self.role != Role::Follower {
            return;
        }
        let (first, own) = cx.stable().own_from(first);
        if !own.is_empty() {
            let payloads = Arc::from(&own[..own.len().min(BATCH)]);
            cx.cite(FORWARD);
            cx.send(leader.proposer, Words::Forward(first, payloads));
        }
    }

    /// Sends all own commands that are not applied to the leader.
    pub(super) fn forward_all(&mut self, cx: &mut Cx<'_, C>) {
        let first = self.applied(cx).saturating_add(1);
        self.forward(first, cx);
    }

    pub(super) fn on_forward(
        &mut self,
        from: Process,
        first: u32,
        payloads: Arc<[C]>,
        cx: &mut Cx<'_, C>,
    ) {
        let Role::Leader(lead) = &mut self.role else { return };
        if payloads.iter().all(|payload| payload.is_in(cx.config.domain)) {
            lead.queue.enqueue(Batch { client: from, first, session: 0, payloads });
            self.gather(cx);
        }
    }

    pub(super) fn retry(&mut self, cx: &mut Cx<'_, C>) {
        if !self.has_pending(cx) {
            return;
        }
        cx.cite(RETRY);
        self.forward_all(cx);
        cx.set_timer(Timer::Retry, 2 * cx.config.patience_ticks);
    }
}
