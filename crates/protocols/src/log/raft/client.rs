//! The process as a client: its own commands, until they are applied.

use alloc::sync::Arc;

use quorate_kernel::Process;
use quorate_problems::Payload;

use super::{AGAIN, Batch, Cx, FORWARD, Form, RETRY, Raft, Record, Role, Timer, Words};
use crate::log::batch::BATCH;

impl<C: Payload, F: Form> Raft<C, F> {
    /// The number of the last own command that is applied.
    pub(super) fn applied(&self, cx: &Cx<'_, C, F>) -> u32 {
        self.done.of(cx.me)
    }

    /// The number of the last own command that is applied here, or has a reply.
    fn answered(&self, cx: &Cx<'_, C, F>) -> u32 {
        self.applied(cx).max(self.replied)
    }

    pub(super) fn has_pending(&self, cx: &Cx<'_, C, F>) -> bool {
        self.answered(cx) < cx.stable().number
    }

    /// Whether a call has no answer.
    pub(super) fn waits(&self, cx: &Cx<'_, C, F>) -> bool {
        self.has_pending(cx) || self.reads.are_open() || self.wishes.are_open()
    }

    pub(super) fn retry_ticks(cx: &Cx<'_, C, F>) -> u64 {
        2 * u64::from(cx.config.patience) * cx.config.beat_ticks
    }

    pub(super) fn propose(&mut self, payload: C, cx: &mut Cx<'_, C, F>) {
        self.begin_call(cx);
        let first = !self.has_pending(cx);
        cx.persist(Record::Own(payload));
        if self.session(cx).is_none() {
            // One wish is enough until it is time to repeat it.
            return if first {
                self.ask_session(cx)
            };
        }
        if matches!(self.role, Role::Leader(_)) {
            return self.gather(cx);
        }
        self.forward(cx.stable().number, cx);
    }

    /// Sees to it that a call is made again if it is not answered, and a leader expected.
    pub(super) fn begin_call(&mut self, cx: &mut Cx<'_, C, F>) {
        if !self.waits(cx) {
            cx.set_timer(Timer::Retry, Self::retry_ticks(cx));
        }
        if !matches!(self.role, Role::Leader(_)) && self.beats != 1 {
            self.await_turn(cx);
        }
    }

    /// Sends the own commands from this number on to the leader, if one was heard.
    fn forward(&mut self, first: u32, cx: &mut Cx<'_, C, F>) {
        let Some(leader) = self.leader.filter(|leader| *leader != cx.me) else { return };
        let Some(session) = self.session(cx) else { return self.ask_session(cx) };
        let (first, own) = cx.stable().own_from(first);
        if !own.is_empty() {
            let payloads = Arc::from(&own[..own.len().min(BATCH)]);
            cx.cite(FORWARD);
            cx.send(leader, Words::Forward { first, session, payloads });
        }
    }

    /// Sends all own commands that are not applied to the leader.
    pub(super) fn forward_all(&mut self, cx: &mut Cx<'_, C, F>) {
        if !self.has_pending(cx) {
            return;
        }
        let first = self.answered(cx).saturating_add(1);
        self.forward(first, cx);
    }

    pub(super) fn on_forward(
        &mut self,
        from: Process,
        (first, session): (u32, u64),
        payloads: Arc<[C]>,
        cx: &mut Cx<'_, C, F>,
    ) {
        let asks = payloads.is_empty();
        if !cx.config.sessions && (asks || session > 0) {
            return;
        }
        if asks && self.is_known(from, cx) {
            return;
        }
        let leads = matches!(self.role, Role::Leader(_));
        let last = first.saturating_add(payloads.len() as u32).saturating_sub(1);
        if session > 0 && !asks && leads && self.reply(from, (last, session), cx) {
            return;
        }
        let Role::Leader(lead) = &mut self.role else { return };
        if payloads.iter().all(|payload| payload.is_in(cx.config.domain)) {
            let batch = Batch { client: from, first, session, payloads };
            match asks || cx.is_flawed(AGAIN) {
                true => lead.queue.push(batch),
                false => lead.queue.enqueue(batch),
            }
            self.gather(cx);
        }
    }

    /// Makes calls again that are not answered.
    pub(super) fn retry(&mut self, cx: &mut Cx<'_, C, F>) {
        if !self.waits(cx) {
            return;
        }
        cx.cite(RETRY);
        let leads = matches!(self.role, Role::Leader(_));
        if leads && self.has_pending(cx) && self.session(cx).is_none() {
            self.ask_session(cx);
        }
        self.forward_all(cx);
        self.read_again(cx);
        self.wish_again(cx);
        cx.set_timer(Timer::Retry, Self::retry_ticks(cx));
    }

    /// Stops waiting once all calls that were open are answered.
    pub(super) fn settle(&mut self, was_open: bool, cx: &mut Cx<'_, C, F>) {
        if was_open && !self.waits(cx) {
            cx.cancel_timer(Timer::Retry);
        }
    }
}
