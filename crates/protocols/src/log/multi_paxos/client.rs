//! The process as a client: its own commands, until they are applied.

use alloc::vec::Vec;

use quorate_kernel::Process;
use quorate_problems::Payload;

use super::{BATCH, Command, Cx, FORWARD, MultiPaxos, RETRY, Record, Role, Timer, Words};
use crate::ballot::Ballot;

impl<C: Payload> MultiPaxos<C> {
    /// The number of the last own command that is applied.
    pub(super) fn applied(&self, cx: &Cx<'_, C>) -> u32 {
        self.done.get(&cx.me).copied().unwrap_or(0)
    }

    pub(super) fn has_pending(&self, cx: &Cx<'_, C>) -> bool {
        self.applied(cx) < cx.stable().number
    }

    pub(super) fn propose(&mut self, payload: C, cx: &mut Cx<'_, C>) {
        let first = !self.has_pending(cx);
        cx.persist(Record::Own(payload.clone()));
        if first {
            cx.set_timer(Timer::Retry, 2 * cx.config.patience_ticks);
        }
        let number = cx.stable().number;
        if matches!(self.role, Role::Leader(_)) {
            self.enqueue(Command { client: cx.me, number, payload });
            self.flush(cx);
            return;
        }
        if self.resting {
            self.await_leader(cx);
        }
        self.forward(number, cx);
    }

    /// Sends the own commands from this number on to the leader, if one was heard.
    fn forward(&mut self, first: u32, cx: &mut Cx<'_, C>) {
        let leader = self.following;
        let known = leader != Ballot::default() && leader.proposer != cx.me;
        if !known || self.role != Role::Follower {
            return;
        }
        let own = cx.stable().own.range(first.into(), u64::MAX).take(BATCH);
        let payloads: Vec<C> = own.map(|(_, payload)| payload.clone()).collect();
        if !payloads.is_empty() {
            cx.cite(FORWARD);
            cx.send(leader.proposer, Words::Forward(first, payloads));
        }
    }

    /// Sends all own commands that are not applied to the leader.
    pub(super) fn forward_all(&mut self, cx: &mut Cx<'_, C>) {
        let first = self.applied(cx).saturating_add(1);
        self.forward(first, cx);
    }

    /// As the leader, proposes the own commands that are not proposed.
    pub(super) fn take_own(&mut self, cx: &mut Cx<'_, C>) {
        let first = self.applied(cx).saturating_add(1);
        for (number, payload) in cx.stable().own.range(first.into(), u64::MAX) {
            self.enqueue(Command {
                client: cx.me,
                number: number as u32,
                payload: payload.clone(),
            });
        }
        self.flush(cx);
    }

    pub(super) fn on_forward(
        &mut self,
        from: Process,
        first: u32,
        payloads: Vec<C>,
        cx: &mut Cx<'_, C>,
    ) {
        for (at, payload) in payloads.into_iter().enumerate() {
            let number = first.saturating_add(at as u32);
            if payload.is_in(cx.config.domain) {
                self.enqueue(Command { client: from, number, payload });
            }
        }
        self.flush(cx);
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
