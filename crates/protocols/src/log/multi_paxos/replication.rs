//! The leader's work, and the acceptors': proposals, answers, signs of life.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;

use quorate_kernel::{Process, ProcessSet, Value, inspect};
use quorate_problems::Payload;

use super::{
    ACCEPT, ACCEPTED, BATCH, BEAT, CHOSEN, Command, Cx, Entry, HAVE, MultiPaxos, Pace, Proposal,
    REPEAT, REST, Record, Role, Timer, Words, tell_others,
};
use crate::ballot::Ballot;

/// What a leader keeps.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Lead<C: Payload = Value> {
    /// The first slot that it proposed for.
    start: u64,
    /// The next slot.
    next: u64,
    /// Commands that wait for a slot.
    queue: Vec<Command<C>>,
    /// Up to which number the commands of each process will be done once all slots and the queue
    /// are.
    numbers: BTreeMap<Process, u32>,
    /// Up to which slot nothing is missing at each process.
    matched: BTreeMap<Process, u64>,
    /// The last slot of every message that is under way.
    flights: Vec<u64>,
    /// The last slot when one said last that one leads.
    mark: u64,
    /// Who has everything.
    rested: ProcessSet,
    /// Whether one has fallen silent.
    silent: bool,
}

inspect!(Lead<C: Payload> { start, next, queue, numbers, matched, flights, mark, rested, silent });

impl<C: Payload> Lead<C> {
    pub(super) fn new(start: u64, done: &BTreeMap<Process, u32>, entries: &[Entry<C>]) -> Self {
        let mut numbers = done.clone();
        for command in entries.iter().flatten() {
            advance(&mut numbers, command.client, command.number);
        }
        Self {
            start,
            next: start,
            queue: Vec::new(),
            numbers,
            matched: BTreeMap::new(),
            flights: Vec::new(),
            mark: 0,
            rested: ProcessSet::new(),
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
        let ahead = || self.matched.values().copied().filter(|matched| *matched > commit);
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
    fn is_idle(&self, commit: u64) -> bool {
        self.queue.is_empty() && self.last() <= commit
    }
}

/// Enters a command if it is its process's next one; false if not.
pub(super) fn advance(numbers: &mut BTreeMap<Process, u32>, who: Process, number: u32) -> bool {
    let done = match numbers.get_mut(&who) {
        Some(done) => done,
        None => numbers.entry(who).or_default(),
    };
    let next = done.checked_add(1) == Some(number);
    if next {
        *done = number;
    }
    next
}

impl<C: Payload> MultiPaxos<C> {
    /// Takes a command to propose, if it is its process's next one.
    pub(super) fn enqueue(&mut self, command: Command<C>) {
        let Role::Leader(lead) = &mut self.role else { return };
        if advance(&mut lead.numbers, command.client, command.number) {
            lead.queue.push(command);
        }
    }

    /// Proposes what waits, unless enough is under way.
    pub(super) fn flush(&mut self, cx: &mut Cx<'_, C>) {
        loop {
            let Role::Leader(lead) = &mut self.role else { return };
            if lead.queue.is_empty() || lead.flights.len() >= usize::from(cx.config.window) {
                return;
            }
            let take = lead.queue.len().min(BATCH);
            let entries: Arc<[Entry<C>]> = lead.queue.drain(..take).map(Some).collect();
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
        tell_others(Words::Accept(proposal), cx);
        self.wake(cx);
        self.tally(cx);
    }

    pub(super) fn on_accept(&mut self, from: Process, proposal: &Proposal<C>, cx: &mut Cx<'_, C>) {
        let ballot = proposal.ballot;
        if ballot < cx.stable().promised {
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
        self.await_leader(cx);
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
        let matched = lead.matched.entry(from).or_default();
        *matched = (*matched).max(through.min(lead.next - 1));
        if *matched > self.commit {
            self.tally(cx);
        }
    }

    /// Finds the last slot that q2 processes have accepted.
    fn tally(&mut self, cx: &mut Cx<'_, C>) {
        let Role::Leader(lead) = &self.role else { return };
        let chosen = lead.accepted_by(cx.config.q2, self.commit);
        if chosen <= self.commit {
            return;
        }
        cx.cite(CHOSEN);
        while self.commit < chosen && self.apply_next(None, cx) {}
        let commit = self.commit;
        let Role::Leader(lead) = &mut self.role else { return };
        lead.flights.retain(|last| *last > commit);
        self.flush(cx);
        if self.is_idle_leader() {
            self.beat(cx);
        }
    }

    fn is_idle_leader(&self) -> bool {
        matches!(&self.role, Role::Leader(lead) if lead.is_idle(self.commit))
    }

    /// Ends the leader's silence.
    pub(super) fn wake(&mut self, cx: &mut Cx<'_, C>) {
        let Role::Leader(lead) = &mut self.role else { return };
        if lead.silent {
            cx.set_timer(Timer::Beat, cx.config.beat_ticks);
        }
        lead.silent = false;
        lead.rested = ProcessSet::new();
    }

    /// Says that one leads, and what is chosen.
    fn beat(&mut self, cx: &mut Cx<'_, C>) {
        let Role::Leader(lead) = &self.role else { return };
        cx.cite(BEAT);
        let (ballot, start, commit) = (self.ballot, lead.start, self.commit);
        let pace = match lead.is_idle(commit) {
            false => Pace::Busy,
            true if lead.rested.len() + 1 < cx.group.size() => Pace::Idle,
            true => Pace::Rest,
        };
        tell_others(Words::Beat { ballot, start, commit, pace }, cx);
    }

    /// A new leader that had nothing to propose has not been heard yet.
    pub(super) fn beat_if_silent(&mut self, cx: &mut Cx<'_, C>) {
        if matches!(&self.role, Role::Leader(lead) if lead.next == lead.start) {
            self.beat(cx);
        }
    }

    pub(super) fn on_beat_due(&mut self, cx: &mut Cx<'_, C>) {
        if !matches!(self.role, Role::Leader(_)) || self.rest_if_all_have_all(cx) {
            return;
        }
        self.beat(cx);
        self.repeat(cx);
        cx.set_timer(Timer::Beat, cx.config.beat_ticks);
    }

    /// Falls silent once nobody misses anything; true if so.
    fn rest_if_all_have_all(&mut self, cx: &mut Cx<'_, C>) -> bool {
        let Role::Leader(lead) = &mut self.role else { return false };
        if !lead.is_idle(self.commit) || lead.rested.len() + 1 < cx.group.size() {
            return false;
        }
        cx.cite(REST);
        lead.silent = true;
        cx.cancel_timer(Timer::Beat);
        self.beat(cx);
        true
    }

    /// Sends again what has been under way since the beat before the last.
    fn repeat(&mut self, cx: &mut Cx<'_, C>) {
        let Role::Leader(lead) = &mut self.role else { return };
        let (ballot, start, commit, last) = (self.ballot, lead.start, self.commit, lead.next - 1);
        let mark = core::mem::replace(&mut lead.mark, last);
        let kept = start.max(cx.stable().snapshot.through.saturating_add(1));
        for other in cx.group.others(cx.me) {
            let matched = lead.matched.get(&other).copied().unwrap_or(0);
            let first = matched.saturating_add(1).max(kept);
            if matched >= mark || first > last {
                continue;
            }
            cx.cite(REPEAT);
            let held = cx.stable().log.range(first, last).take(BATCH);
            let entries = held.map(|(_, (_, entry))| entry.clone()).collect();
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
        if pace == Pace::Idle {
            cx.cite(HAVE);
            return cx.send(from, Words::Rested(ballot, commit));
        }
        // An old message may say so of a time before what was accepted since.
        let more = cx.stable().log.last().is_some_and(|last| last > commit);
        if !more && !self.has_pending(cx) {
            cx.cite(REST);
            self.resting = true;
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
        if ballot == self.ballot && commit == self.commit && lead.rested.insert(from) {
            self.rest_if_all_have_all(cx);
        }
    }
}
