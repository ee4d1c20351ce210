//! The leader's work, and the acceptors': proposals, answers, signs of life.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;

use quorate_kernel::{Process, ProcessSet, Value, inspect};
use quorate_problems::Payload;

use super::{
    ACCEPT, ACCEPTED, BEAT, CHOSEN, Cx, Done, Durable, Entry, HALF, HAVE, MultiPaxos, Pace,
    Proposal, Queue, REPEAT, REST, Record, Role, Timer, UNREFUSED, Words, tell_others,
};
use crate::ballot::Ballot;
use crate::log::pace::{SOON, beats};

/// What a leader keeps.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Lead<C: Payload = Value> {
    /// The first slot that it proposed for.
    start: u64,
    /// The next slot.
    next: u64,
    /// Commands that wait for a slot.
    pub(super) queue: Queue<C>,
    /// Whether what waits is proposed soon, even if it is less than a batch.
    gathers: bool,
    /// Up to which slot nothing is missing at each process.
    matched: Vec<u64>,
    /// The last slot of every message that is under way.
    flights: Vec<u64>,
    /// The last slot when one said last that one leads.
    mark: u64,
    /// Who has everything.
    rested: ProcessSet,
    /// How often the others were asked whether they have.
    asked: u32,
    /// Whether one has fallen silent.
    silent: bool,
}

inspect!(Lead<C: Payload> {
    start, next, queue, gathers, matched, flights, mark, rested, asked, silent
});

impl<C: Payload> Lead<C> {
    pub(super) fn new(size: usize, start: u64, done: &Done, entries: &[Entry<C>]) -> Self {
        Self {
            start,
            next: start,
            queue: Queue::after(done, entries.iter().flatten()),
            gathers: false,
            matched: vec![0; size],
            flights: Vec::new(),
            mark: 0,
            rested: ProcessSet::new(),
            asked: 0,
            silent: true,
        }
    }

    fn last(&self) -> u64 {
        self.next - 1
    }

    /// The last slot that so many have accepted, if it comes after `commit`.
    fn accepted_by(&self, q2: u16, commit: u64) -> u64 {
        // The leader itself has accepted everything.
        let others = usize::from(q2).saturating_sub(1);
        if others == 0 {
            return self.last();
        }
        let ahead = || self.matched.iter().copied().filter(|matched| *matched > commit);
        let (count, least) = ahead().fold((0, u64::MAX), |(n, least), one| (n + 1, least.min(one)));
        match others.cmp(&count) {
            Ordering::Greater => 0,
            Ordering::Equal => least,
            Ordering::Less => {
                let mut matched: Vec<u64> = ahead().collect();
                matched.sort_unstable_by(|a, b| b.cmp(a));
                matched[others - 1]
            }
        }
    }

    /// Whether everything is chosen.
    fn is_idle(&self, commit: u64, me: Process, stable: &Durable<C>) -> bool {
        self.last() <= commit && self.queue.waiting(me, stable.number) == 0
    }
}

impl<C: Payload> MultiPaxos<C> {
    /// Proposes what waits if it makes a batch; if not, waits for more.
    pub(super) fn gather(&mut self, cx: &mut Cx<'_, C>) {
        let Role::Leader(lead) = &mut self.role else { return };
        let waiting = lead.queue.waiting(cx.me, cx.stable().number);
        if waiting >= cx.config.batch as usize {
            return self.flush(cx);
        }
        if waiting > 0 && !lead.gathers {
            lead.gathers = true;
            cx.set_timer(Timer::Gather, cx.config.linger_ticks);
        }
    }

    /// Proposes what waits, unless enough is under way.
    pub(super) fn flush(&mut self, cx: &mut Cx<'_, C>) {
        loop {
            let Role::Leader(lead) = &mut self.role else { return };
            if core::mem::take(&mut lead.gathers) {
                cx.cancel_timer(Timer::Gather);
            }
            if lead.flights.len() >= usize::from(cx.config.window) {
                return;
            }
            let stable = cx.stable();
            let entries = lead.queue.take((cx.me, Some(0)), &stable.own, stable.number);
            if entries.len() == 0 {
                return;
            }
            let entries = entries.map(Some).collect();
            self.assign(entries, cx);
        }
    }

    /// Gives entries the next slots, accepts them, and asks all to.
    pub(super) fn assign(&mut self, entries: Arc<[Entry<C>]>, cx: &mut Cx<'_, C>) {
        let Role::Leader(lead) = &mut self.role else { return };
        if entries.is_empty() {
            return;
        }
        cx.cite(ACCEPT);
        let first = lead.next;
        lead.next = lead.next.saturating_add(entries.len() as u64);
        lead.flights.push(lead.last());
        let (ballot, start, commit) = (self.ballot, lead.start, self.commit);
        cx.persist(Record::Accepted(ballot, first, entries.clone()));
        let proposal = Proposal { ballot, start, first, entries, commit };
        tell_others(cx, || Words::Accept(proposal.clone()));
        self.wake(cx);
        self.tally(cx);
    }

    pub(super) fn on_accept(&mut self, from: Process, proposal: &Proposal<C>, cx: &mut Cx<'_, C>) {
        let ballot = proposal.ballot;
        if ballot < cx.stable().promised && !cx.is_flawed(UNREFUSED) {
            return self.refuse(from, ballot, cx);
        }
        if !self.follow(from, ballot, proposal.start, cx) {
            return;
        }
        cx.cite(ACCEPTED);
        cx.persist(Record::Accepted(ballot, proposal.first, proposal.entries.clone()));
        self.voted = self.voted.max(self.commit);
        let log = &cx.stable().log;
        while log.get(self.voted.saturating_add(1)).is_some_and(|(held, _)| *held == ballot) {
            self.voted += 1;
        }
        cx.send(from, Words::Accepted(ballot, self.voted));
        self.hear(from, ballot, proposal.commit, cx);
    }

    /// Takes the sender for the leader; false if it cannot be.
    fn follow(&mut self, from: Process, ballot: Ballot, start: u64, cx: &mut Cx<'_, C>) -> bool {
        if ballot.proposer != from || ballot < self.following {
            return false;
        }
        if self.role != Role::Follower {
            self.role = Role::Follower;
            cx.cancel_timer(Timer::Beat);
        }
        self.await_leader(1, cx);
        if ballot > self.following {
            self.following = ballot;
            self.voted = start.saturating_sub(1);
            self.asked = 0;
            self.forward_all(cx);
        }
        true
    }

    pub(super) fn on_accepted(
        &mut self,
        from: Process,
        ballot: Ballot,
        through: u64,
        cx: &mut Cx<'_, C>,
    ) {
        let Role::Leader(lead) = &mut self.role else { return };
        if ballot != self.ballot {
            return;
        }
        let matched = &mut lead.matched[from.index()];
        *matched = (*matched).max(through.min(lead.next - 1));
        if *matched > self.commit {
            self.tally(cx);
        }
    }

    /// Finds the last slot that q2 processes have accepted.
    fn tally(&mut self, cx: &mut Cx<'_, C>) {
        let Role::Leader(lead) = &self.role else { return };
        let fewer = u16::from(cx.is_flawed(HALF));
        let chosen = lead.accepted_by(cx.config.q2 - fewer, self.commit);
        if chosen <= self.commit {
            return;
        }
        cx.cite(CHOSEN);
        while self.commit < chosen && self.apply_next(None, cx) {}
        let commit = self.commit;
        let Role::Leader(lead) = &mut self.role else { return };
        lead.flights.retain(|last| *last > commit);
        self.flush(cx);
        if self.is_idle(cx) {
            self.beat(Pace::Busy, cx);
        }
    }

    /// As the leader, whether everything is chosen.
    fn is_idle(&self, cx: &Cx<'_, C>) -> bool {
        matches!(&self.role, Role::Leader(lead) if lead.is_idle(self.commit, cx.me, cx.stable()))
    }

    /// Ends the leader's silence, or its long pauses.
    pub(super) fn wake(&mut self, cx: &mut Cx<'_, C>) {
        let Role::Leader(lead) = &mut self.role else { return };
        if lead.silent || lead.asked > SOON {
            cx.set_timer(Timer::Beat, cx.config.beat_ticks);
        }
        lead.silent = false;
        lead.rested = ProcessSet::new();
        lead.asked = 0;
    }

    /// Says that one leads, and what is chosen.
    fn beat(&mut self, pace: Pace, cx: &mut Cx<'_, C>) {
        let Role::Leader(lead) = &self.role else { return };
        cx.cite(BEAT);
        let (ballot, start, commit) = (self.ballot, lead.start, self.commit);
        tell_others(cx, || Words::Beat { ballot, start, commit, pace });
    }

    /// A new leader that had nothing to propose has not been heard yet.
    pub(super) fn beat_if_silent(&mut self, cx: &mut Cx<'_, C>) {
        if matches!(&self.role, Role::Leader(lead) if lead.next == lead.start) {
            self.beat(Pace::Idle(1), cx);
        }
    }

    pub(super) fn on_beat_due(&mut self, cx: &mut Cx<'_, C>) {
        if self.rest_if_all_have_all(cx) {
            return;
        }
        let idle = self.is_idle(cx);
        let Role::Leader(lead) = &mut self.role else { return };
        lead.asked = if idle { lead.asked.saturating_add(1) } else { 0 };
        let beats = beats(lead.asked);
        self.beat(if idle { Pace::Idle(beats) } else { Pace::Busy }, cx);
        self.repeat(cx);
        cx.set_timer(Timer::Beat, u64::from(beats) * cx.config.beat_ticks);
    }

    /// Falls silent once nobody misses anything; true if so.
    fn rest_if_all_have_all(&mut self, cx: &mut Cx<'_, C>) -> bool {
        let idle = self.is_idle(cx);
        let Role::Leader(lead) = &mut self.role else { return false };
        if !idle || lead.rested.len() + 1 < cx.group.size() {
            return false;
        }
        cx.cite(REST);
        lead.silent = true;
        cx.cancel_timer(Timer::Beat);
        self.beat(Pace::Rest, cx);
        true
    }

    /// Sends again what has been under way since the beat before the last.
    fn repeat(&mut self, cx: &mut Cx<'_, C>) {
        let Role::Leader(lead) = &mut self.role else { return };
        let (ballot, start, commit, last) = (self.ballot, lead.start, self.commit, lead.next - 1);
        let mark = core::mem::replace(&mut lead.mark, last);
        let kept = start.max(cx.stable().snapshot.through.saturating_add(1));
        for other in cx.group.others(cx.me) {
            let matched = lead.matched[other.index()];
            let first = matched.saturating_add(1).max(kept);
            if matched >= mark || first > last {
                continue;
            }
            cx.cite(REPEAT);
            let entries = cx.stable().accepted(first, last);
            cx.send(other, Words::Accept(Proposal { ballot, start, first, entries, commit }));
        }
    }

    pub(super) fn on_beat(
        &mut self,
        from: Process,
        (ballot, start): (Ballot, u64),
        commit: u64,
        pace: Pace,
        cx: &mut Cx<'_, C>,
    ) {
        if ballot < cx.stable().promised {
            return self.refuse(from, ballot, cx);
        }
        if !self.follow(from, ballot, start, cx) {
            return;
        }
        self.asked = 0;
        self.hear(from, ballot, commit, cx);
        if self.commit < commit || pace == Pace::Busy {
            return;
        }
        if let Pace::Idle(beats) = pace {
            cx.cite(HAVE);
            cx.send(from, Words::Rested(ballot, commit));
            if !self.has_pending(cx) {
                self.await_leader(beats, cx);
            }
            return;
        }
        // An old message says so of a time before what was accepted since, and which others may
        // lack though it is chosen here, and dropped from the log.
        let more = cx.stable().log.last().is_some_and(|last| last > commit);
        if !more && self.commit == commit && !self.has_pending(cx) {
            cx.cite(REST);
            self.patience = 0;
            cx.cancel_timer(Timer::Election);
        }
    }

    pub(super) fn on_rested(
        &mut self,
        from: Process,
        ballot: Ballot,
        commit: u64,
        cx: &mut Cx<'_, C>,
    ) {
        let Role::Leader(lead) = &mut self.role else { return };
        // An old message may say so of a time before what was proposed since.
        if ballot == self.ballot && commit == lead.last() && lead.rested.insert(from) {
            self.rest_if_all_have_all(cx);
        }
    }
}
