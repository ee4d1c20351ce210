//! The leader's work: what it sends, and what comes back.

use alloc::sync::Arc;
use alloc::vec::Vec;

use quorate_kernel::{Process, ProcessSet, Value, inspect};
use quorate_problems::Payload;

use super::change::{Job, Refused};
use super::members::Members;
use super::reads::Waiting;
use super::transfer::Heir;
use super::{
    ANY_SESSION, APPEND, Append, BACK, BEAT, Batch, Bond, Cx, Done, Entry, Form, MATCH, Mark,
    OLD_LEASE, Pace, QUORUM, REPEAT, REST, Raft, Role, SEND, Timer, Words,
};
use crate::log::batch::Queue;
use crate::log::pace::{SOON, beats};

/// What a leader knows of a follower.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Peer {
    /// Through which index its log is the leader's.
    pub(super) matched: u64,
    /// The index of what is sent next.
    next: u64,
    /// Whether one message at a time is sent, until it is known where the logs agree.
    probing: bool,
    /// What its answers are bound to: its membership, and the last round that it answered.
    pub(super) bond: Bond,
    /// Whether anything is sent to it: it is a member, or is to be one.
    pub(super) linked: bool,
}

inspect!(Peer { matched, next, probing, bond, linked });

impl Peer {
    /// One of which nothing is known yet, in a membership with this number.
    pub(super) fn anew(session: u64, next: u64) -> Self {
        let bond = Bond { session, round: 0 };
        Self { matched: 0, next, probing: true, bond, linked: true }
    }

    /// Whether an answer is one of its membership.
    fn takes(&self, bond: Bond) -> bool {
        self.linked && bond.session == self.bond.session
    }
}

/// What a leader keeps.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Lead<C: Payload = Value> {
    /// The index of its first entry.
    pub(super) first: u64,
    /// Commands that wait to be appended.
    pub(super) queue: Queue<C>,
    /// Whether what waits is appended soon, even if it is less than a batch.
    gathers: bool,
    pub(super) peers: Vec<Peer>,
    /// The last index of every message that is under way.
    pub(super) flights: Vec<u64>,
    /// The last index when one said last that one leads.
    mark: u64,
    /// Who has answered since then.
    heard: ProcessSet,
    /// How often in a row that was no quorum.
    missed: u32,
    /// Who has applied everything.
    rested: ProcessSet,
    /// How often the others were asked whether they have.
    asked: u32,
    /// Whether one has fallen silent.
    silent: bool,
    /// The last round of questions whether one still leads.
    pub(super) round: u64,
    /// Reads that wait for a round.
    pub(super) reads: Vec<Waiting>,
    /// To whom leadership is to be handed over.
    pub(super) heir: Option<Heir>,
    /// Whether voters may no longer stick to this leader.
    pub(super) no_lease: bool,
    /// How many memberships have begun in this term.
    pub(super) sessions: u64,
    /// The change of the members that is asked for.
    pub(super) job: Option<Job>,
    /// Those that were refused, the last of each process.
    pub(super) refused: Vec<Refused>,
}

inspect!(Lead<C: Payload> {
    first, queue, gathers, peers, flights, mark, heard, missed, rested, asked, silent, round, reads,
    heir, no_lease, sessions, job, refused
});

impl<C: Payload> Lead<C> {
    pub(super) fn new<'a>(
        size: usize,
        members: &Members,
        first: u64,
        done: &Done,
        log: impl Iterator<Item = &'a Batch<C>>,
    ) -> Self {
        let peer = |at| {
            let linked = members.has(Process(at as u16));
            Peer { next: first, linked, ..Peer::default() }
        };
        Self {
            first,
            queue: Queue::after(done, log),
            gathers: false,
            peers: (0..size).map(peer).collect(),
            flights: Vec::new(),
            mark: 0,
            heard: ProcessSet::new(),
            missed: 0,
            rested: ProcessSet::new(),
            asked: 0,
            silent: true,
            round: 0,
            reads: Vec::new(),
            heir: None,
            no_lease: false,
            sessions: 0,
            job: None,
            refused: Vec::new(),
        }
    }

    /// Whether it speaks at every beat.
    pub(super) fn is_quick(&self) -> bool {
        beats(self.asked) == 1
    }

    /// After a silence or long pauses: what was answered before says nothing of now, if voters'
    /// words are used. That takes two rounds, since one before the last is recent.
    fn begin_anew(&mut self, lease: bool) {
        self.round += if lease { 2 } else { 0 };
    }

    /// Whether it expects nothing of anybody.
    pub(super) fn is_silent(&self) -> bool {
        self.silent
    }
}

impl<C: Payload, F: Form> Raft<C, F> {
    /// Begins the term with an entry that does nothing, and what waits.
    pub(super) fn open_term(&mut self, cx: &mut Cx<'_, C, F>) {
        let session = self.session(cx);
        let Role::Leader(lead) = &mut self.role else { return };
        let stable = cx.stable();
        let own = lead.queue.take((cx.me, session), &stable.own, stable.number);
        let batches = core::iter::once(None).chain(own.map(Some));
        let entries = batches.map(|batch| Entry::of(self.term, batch)).collect();
        self.append(entries, cx);
        if session.is_none() && self.has_pending(cx) {
            self.ask_session(cx);
        }
    }

    /// Appends what waits if it makes a batch; if not, waits for more.
    pub(super) fn gather(&mut self, cx: &mut Cx<'_, C, F>) {
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

    /// Appends what waits, unless enough is under way.
    pub(super) fn flush(&mut self, cx: &mut Cx<'_, C, F>) {
        loop {
            let Role::Leader(lead) = &mut self.role else { return };
            if core::mem::take(&mut lead.gathers) {
                cx.cancel_timer(Timer::Gather);
            }
            let full = lead.flights.len() >= usize::from(cx.config.window);
            let waiting = lead.queue.waiting(cx.me, cx.stable().number);
            if full || waiting == 0 || lead.heir.is_some() {
                return;
            }
            let session = self.session(cx);
            let Role::Leader(lead) = &mut self.role else { return };
            let stable = cx.stable();
            let batches = lead.queue.take((cx.me, session), &stable.own, stable.number);
            if batches.len() == 0 {
                return;
            }
            cx.cite(APPEND);
            let term = self.term;
            let entries = batches.map(|batch| Entry::of(term, Some(batch))).collect();
            self.append(entries, cx);
        }
    }

    /// Appends entries, and sends them to all that have what comes before, stored or under way.
    pub(super) fn append(&mut self, entries: Arc<[Entry<C>]>, cx: &mut Cx<'_, C, F>) {
        let (term, prev) = (self.term, cx.stable().last());
        let first = prev.index.saturating_add(1);
        let last = prev.index.saturating_add(entries.len() as u64);
        self.put(first, entries.clone(), cx);
        self.enforce(first, cx);
        let Role::Leader(lead) = &mut self.role else { return };
        lead.flights.push(last);
        let (commit, round) = (self.commit, lead.round);
        for other in cx.group.others(cx.me) {
            let peer = &mut lead.peers[other.index()];
            if !peer.linked || peer.probing || peer.next != first {
                continue;
            }
            peer.next = last.saturating_add(1);
            let bond = Bond { round, ..peer.bond };
            let (entries, pace) = (Self::entries_for(other, &entries, cx), Pace::Busy);
            cx.send(other, Words::Append(Append { term, bond, prev, entries, commit, pace }));
        }
        self.wake(cx);
        self.tally(cx);
    }

    /// Sends a follower what comes next, as much as goes into one message; the state if that is
    /// gone.
    pub(super) fn supply(&mut self, to: Process, cx: &mut Cx<'_, C, F>) {
        let Role::Leader(lead) = &mut self.role else { return };
        let peer = &mut lead.peers[to.index()];
        let (term, bond) = (self.term, Bond { round: lead.round, ..peer.bond });
        let stable = cx.stable();
        let Some(prev) = stable
            .mark(peer.next.saturating_sub(1))
            .filter(|prev| prev.index >= stable.snapshot.last.index)
        else {
            cx.cite(SEND);
            let snapshot = Self::state_for(to, cx);
            peer.next = snapshot.last.index.saturating_add(1);
            peer.probing = true;
            return cx.send(to, Words::Install { term, bond, snapshot });
        };
        let entries = Self::entries_for(to, &stable.chunk(peer.next, cx.config.chunk), cx);
        if !peer.probing {
            peer.next = peer.next.saturating_add(entries.len() as u64);
        }
        let (commit, pace) = (self.commit, Pace::Busy);
        cx.send(to, Words::Append(Append { term, bond, prev, entries, commit, pace }));
    }

    pub(super) fn on_matched(
        &mut self,
        from: Process,
        bond: Bond,
        (through, applied): (u64, u64),
        cx: &mut Cx<'_, C, F>,
    ) {
        let Role::Leader(lead) = &mut self.role else { return };
        let last = cx.stable().last().index;
        let peer = &mut lead.peers[from.index()];
        if !peer.takes(bond) && !cx.is_flawed(ANY_SESSION) {
            return;
        }
        cx.cite(MATCH);
        lead.heard.insert(from);
        peer.bond.round = peer.bond.round.max(bond.round.min(lead.round));
        let late = peer.matched < last && through >= last && self.commit == last;
        peer.matched = peer.matched.max(through.min(last));
        let found = peer.probing && peer.matched.saturating_add(1) >= peer.next;
        if found {
            peer.probing = false;
        }
        peer.next = peer.next.max(peer.matched.saturating_add(1));
        let lacks = !peer.probing && peer.next <= last;
        let ahead = peer.matched > self.commit;
        if applied == last && self.commit == last {
            lead.rested.insert(from);
        }
        if lacks {
            self.supply(from, cx);
        }
        self.work(cx);
        if ahead {
            self.tally(cx);
        } else if late && applied < last && self.is_idle(cx) {
            self.beat_to(from, Pace::Idle(1), cx);
        }
        self.confirm(cx);
        self.call_heir(cx);
        self.rest_if_all_have_all(cx);
    }

    pub(super) fn on_refused(
        &mut self,
        from: Process,
        bond: Bond,
        at: u64,
        conflict: Mark,
        cx: &mut Cx<'_, C, F>,
    ) {
        let Role::Leader(lead) = &mut self.role else { return };
        let peer = &mut lead.peers[from.index()];
        if !peer.takes(bond) {
            return;
        }
        lead.heard.insert(from);
        // What was refused before is not asked again: messages may have passed each other.
        let asked = !peer.probing || at.saturating_add(1) == peer.next;
        if at <= peer.matched || at >= peer.next || !asked {
            return;
        }
        cx.cite(BACK);
        let stable = cx.stable();
        // The leader's own last entry of that term, if it has one, is where they may agree.
        let reaches = |index: &u64| stable.mark(*index).is_some_and(|m| m.term <= conflict.term);
        let last = (conflict.index..=at).rev().take_while(|_| conflict.term > 0).find(reaches);
        let own = last.filter(|at| stable.mark(*at).is_some_and(|m| m.term == conflict.term));
        let next = own.map_or(conflict.index, |index| index.saturating_add(1));
        peer.next = next.min(at).max(peer.matched.saturating_add(1));
        peer.probing = true;
        self.supply(from, cx);
    }

    /// As the leader, whether everything is committed, and nothing waits.
    fn is_idle(&self, cx: &Cx<'_, C, F>) -> bool {
        let Role::Leader(lead) = &self.role else { return false };
        let stable = cx.stable();
        let waits = lead.queue.waiting(cx.me, stable.number) > 0;
        let waits = waits || !lead.reads.is_empty() || lead.heir.is_some() || lead.job.is_some();
        let waits = waits || self.force.members.is_joint();
        self.commit == stable.last().index && !waits
    }

    /// Ends the leader's silence, or its long pauses.
    pub(super) fn wake(&mut self, cx: &mut Cx<'_, C, F>) {
        let Role::Leader(lead) = &mut self.role else { return };
        if lead.silent {
            lead.heard = ProcessSet::new();
            lead.missed = 0;
        }
        if lead.silent || lead.asked > SOON {
            cx.set_timer(Timer::Beat, cx.config.beat_ticks);
            lead.begin_anew(cx.config.lease && !cx.is_flawed(OLD_LEASE));
        }
        lead.silent = false;
        lead.rested = ProcessSet::new();
        lead.asked = 0;
    }

    /// Says that one leads, and what is committed: to each after what it surely has.
    pub(super) fn beat(&mut self, pace: Pace, cx: &mut Cx<'_, C, F>) {
        cx.cite(BEAT);
        for other in cx.group.others(cx.me) {
            self.beat_to(other, pace, cx);
        }
    }

    /// The same to one, if it is a member or is to be one.
    pub(super) fn beat_to(&mut self, to: Process, pace: Pace, cx: &mut Cx<'_, C, F>) {
        let Role::Leader(lead) = &self.role else { return };
        let peer = &lead.peers[to.index()];
        if !peer.linked {
            return;
        }
        let (term, bond) = (self.term, Bond { round: lead.round, ..peer.bond });
        let prev = cx.stable().mark(peer.matched).unwrap_or_default();
        let (entries, commit) = (Arc::default(), self.commit);
        cx.send(to, Words::Append(Append { term, bond, prev, entries, commit, pace }));
    }

    /// All is committed: says so at once to those who have all, and to others when they do.
    pub(super) fn announce(&mut self, cx: &mut Cx<'_, C, F>) {
        if !self.is_idle(cx) {
            return;
        }
        cx.cite(BEAT);
        for other in cx.group.others(cx.me) {
            let Role::Leader(lead) = &self.role else { return };
            if lead.peers[other.index()].matched == self.commit {
                self.beat_to(other, Pace::Idle(1), cx);
            }
        }
        self.rest_if_all_have_all(cx);
    }

    pub(super) fn on_beat_due(&mut self, cx: &mut Cx<'_, C, F>) {
        if self.rest_if_all_have_all(cx) || self.gives_up(cx) {
            return;
        }
        self.hurry_heir(cx);
        self.tire_of_job(cx);
        let idle = self.is_idle(cx);
        let Role::Leader(lead) = &mut self.role else { return };
        // Where voters' words are used each beat is a round.
        lead.round += u64::from(cx.config.lease);
        if !idle && !lead.is_quick() {
            lead.begin_anew(cx.config.lease && !cx.is_flawed(OLD_LEASE));
        }
        lead.asked = if idle { lead.asked.saturating_add(1) } else { 0 };
        let beats = beats(lead.asked);
        let last = cx.stable().last().index;
        let mark = core::mem::replace(&mut lead.mark, last);
        let first = lead.first;
        cx.cite(BEAT);
        for other in cx.group.others(cx.me) {
            let Role::Leader(lead) = &mut self.role else { return };
            let peer = &mut lead.peers[other.index()];
            if !peer.linked {
                continue;
            }
            if peer.matched >= mark.min(last) && peer.matched >= first {
                self.beat_to(other, if idle { Pace::Idle(beats) } else { Pace::Busy }, cx);
                continue;
            }
            cx.cite(REPEAT);
            if !peer.probing {
                let known = peer.matched > 0;
                peer.next = if known { peer.matched.saturating_add(1) } else { first };
            }
            self.supply(other, cx);
        }
        cx.set_timer(Timer::Beat, u64::from(beats) * cx.config.beat_ticks);
    }

    /// Follows if no quorum has answered for as long as an election takes at least.
    fn gives_up(&mut self, cx: &mut Cx<'_, C, F>) -> bool {
        let Role::Leader(lead) = &mut self.role else { return true };
        let heard = core::mem::take(&mut lead.heard);
        let members = &self.force.members;
        let hears = |p| p == cx.me || heard.contains(p);
        if !cx.config.check_quorum || members.is_quorum(&|n| cx.config.keepers(n), false, hears) {
            lead.missed = 0;
            return false;
        }
        lead.missed += 1;
        if lead.missed < cx.config.patience {
            return false;
        }
        cx.cite(QUORUM);
        self.step_down(cx);
        true
    }

    /// Falls silent once nobody misses anything; true if so.
    #[inline]
    fn rest_if_all_have_all(&mut self, cx: &mut Cx<'_, C, F>) -> bool {
        let Role::Leader(lead) = &self.role else { return false };
        let rests = |p: Process| lead.rested.contains(p) || !lead.peers[p.index()].linked;
        let rest = !lead.silent && cx.group.others(cx.me).all(rests) && self.is_idle(cx);
        if rest {
            self.rest(cx);
        }
        rest
    }

    #[inline(never)]
    fn rest(&mut self, cx: &mut Cx<'_, C, F>) {
        cx.cite(REST);
        let Role::Leader(lead) = &mut self.role else { return };
        lead.silent = true;
        cx.cancel_timer(Timer::Beat);
        self.beat(Pace::Rest, cx);
    }
}
