//! The members change (6; thesis, 4): who asks, what the leader does, and who begins anew.

use alloc::sync::Arc;
use alloc::vec::Vec;

use quorate_kernel::{Process, inspect};
use quorate_problems::{Aim, Applied, Change, Payload, Refusal};

use super::forms::{BEFORE_TERM, STALE_FORCE, UNREVERTED};
use super::members::{Force, Members};
use super::{
    ANEW, APPLIED, Attempt, CATCH, COUNTS_FIRST, Cx, Done, EARLY, Entry, FORCE, Form, GATELESS,
    HEEDS_OUT, JOINT, LOOK, Lead, Mark, NEW, ONE, OUTSIDE, Pace, Peer, Raft, Record, Role, SHUN,
    STEP, Sessions, Snapshot, Timer, WISH, Words,
};

/// How many times the least time of an election a leader waits for who is to vote to catch up.
const ROUNDS: u32 = 10;

/// Changes of the members that one asked for in this life and that have no result, one at a time.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Wishes {
    open: Vec<Change>,
    /// How many have a result.
    settled: u64,
}

inspect!(Wishes { open, settled });

impl Wishes {
    /// Whether some have none.
    pub(super) fn are_open(&self) -> bool {
        !self.open.is_empty()
    }
}

/// A change that a leader works on, until it is in the log.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Job {
    client: Process,
    attempt: Attempt,
    change: Change,
    /// Where the round ends in which who is to vote catches up; 0 before the first.
    target: u64,
    /// Whether that round began once they had answered in their membership.
    counts: bool,
    /// For how many beats it lasts, and all of them.
    beats: u32,
    total: u32,
}

inspect!(Job { client, attempt, change, target, counts, beats, total });

/// A change that a leader has refused in its term.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Refused {
    client: Process,
    attempt: Attempt,
    why: Refusal,
}

inspect!(Refused { client, attempt, why });

impl<C: Payload> Lead<C> {
    /// Sends to all members and to who is to be one, and to nobody else. Who is new begins a
    /// membership of its own.
    fn link(&mut self, members: &Members, newcomers: &[Process], next: u64) {
        for (at, peer) in self.peers.iter_mut().enumerate() {
            let p = Process(at as u16);
            let linked = members.has(p) || newcomers.contains(&p);
            if linked && !peer.linked {
                self.sessions += 1;
                *peer = Peer::anew(self.sessions, next);
            }
            peer.linked = linked;
        }
    }

    /// Whether who is to vote has caught up: a round, which is all of the log that there was when
    /// it began, took less than the least time of an election. The first does not count: who begins
    /// anew while it lasts may lack what has been committed since, and would vote for nobody.
    fn has_caught_up(
        &mut self,
        newcomers: &[Process],
        (last, patience): (u64, u32),
        any_round: bool,
    ) -> bool {
        let Some(job) = &mut self.job else { return false };
        let reached = |target| newcomers.iter().all(|p| self.peers[p.index()].matched >= target);
        while reached(job.target) {
            if job.counts && job.beats < patience {
                return true;
            }
            (job.counts, job.target, job.beats) = (job.target > 0 || any_round, last, 0);
        }
        false
    }
}

impl<C: Payload, F: Form> Raft<C, F> {
    /// Asks for other members.
    pub(super) fn wish(&mut self, change: Change, cx: &mut Cx<'_, C, F>) {
        self.begin_call(cx);
        self.begin_life(cx);
        self.wishes.open.push(change);
        if self.wishes.open.len() == 1 {
            self.wish_again(cx);
        }
    }

    /// Any change: of one process, or of two where that is allowed.
    pub(super) fn vary(&mut self, cx: &mut Cx<'_, C, F>) {
        let count = 1 + cx.choose(if F::JOINT { 2 } else { 1 });
        let mut aims = Vec::new();
        for _ in 0..count {
            let process = Process(cx.choose(cx.group.n.into()) as u16);
            let learns = cx.choose(4) == 3;
            let aim = match self.force.members.votes(process) {
                _ if learns => Aim::Learner,
                true => Aim::Out,
                false => Aim::Voter,
            };
            aims.push((process, aim));
        }
        self.wish(Change::of(aims), cx);
    }

    fn attempt(&self) -> Attempt {
        Attempt { life: self.reads.life(), number: self.wishes.settled.saturating_add(1) }
    }

    /// Asks the leader, if one was heard, for what comes first.
    pub(super) fn wish_again(&mut self, cx: &mut Cx<'_, C, F>) {
        let Some(change) = self.wishes.open.first().cloned() else { return };
        let Some(leader) = self.leader else { return };
        cx.cite(WISH);
        let (term, attempt) = (self.term, self.attempt());
        if leader == cx.me {
            self.on_wish(leader, (term, attempt), change, cx);
        } else {
            cx.send(leader, Words::Wish(term, attempt, change));
        }
    }

    /// A refusal is final: once an entry of the own term is committed, what an earlier leader had
    /// in its log for this attempt is in the own one or never will be; and the leader of a term
    /// remembers what it refused in it.
    pub(super) fn on_wish(
        &mut self,
        from: Process,
        (term, attempt): (u32, Attempt),
        change: Change,
        cx: &mut Cx<'_, C, F>,
    ) {
        let made = self.force.members.made(from);
        let over = self.commit >= self.force.index && !self.force.members.is_joint();
        let Role::Leader(lead) = &mut self.role else { return };
        if term != self.term || attempt < made {
            return;
        }
        if attempt == made {
            return if over {
                self.say_outcome(from, attempt, None, cx)
            };
        }
        if let Some(refused) = lead.refused.iter().find(|one| one.client == from)
            && attempt <= refused.attempt
        {
            let (known, why) = (refused.attempt, refused.why);
            return if attempt == known {
                self.say_outcome(from, attempt, Some(why), cx)
            };
        }
        let sure = self.commit >= lead.first;
        match &lead.job {
            None if over || !sure => {
                lead.job = Some(Job { client: from, attempt, change, ..Job::default() });
                self.wake(cx);
                self.work(cx);
            }
            Some(job) if job.client == from && job.attempt == attempt => {}
            _ if sure => self.refuse_wish(from, attempt, Refusal::Busy, cx),
            _ => {}
        }
    }

    fn refuse_wish(
        &mut self,
        client: Process,
        attempt: Attempt,
        why: Refusal,
        cx: &mut Cx<'_, C, F>,
    ) {
        let Role::Leader(lead) = &mut self.role else { return };
        lead.refused.retain(|one| one.client != client);
        lead.refused.push(Refused { client, attempt, why });
        self.say_outcome(client, attempt, Some(why), cx);
    }

    fn say_outcome(
        &mut self,
        client: Process,
        attempt: Attempt,
        refused: Option<Refusal>,
        cx: &mut Cx<'_, C, F>,
    ) {
        let term = self.term;
        if client == cx.me {
            self.on_outcome((term, attempt), refused, cx);
        } else {
            cx.send(client, Words::Outcome(term, attempt, refused));
        }
    }

    /// Whether a result is of no wish that is open, or a refusal of an earlier term.
    pub(super) fn is_over(
        &self,
        (term, attempt): (u32, Attempt),
        refused: Option<Refusal>,
    ) -> bool {
        let open = self.wishes.are_open() && attempt == self.attempt();
        !open || (refused.is_some() && term < self.term)
    }

    /// A refusal of an earlier term is not heeded: a later leader may have been asked since.
    pub(super) fn on_outcome(
        &mut self,
        (term, attempt): (u32, Attempt),
        refused: Option<Refusal>,
        cx: &mut Cx<'_, C, F>,
    ) {
        if self.is_over((term, attempt), refused) || (refused.is_some() && term != self.term) {
            return;
        }
        self.wishes.open.remove(0);
        self.wishes.settled = attempt.number;
        let (life, number) = (attempt.life, attempt.number);
        cx.output(Applied::Changed { life, number, refused });
        self.settle(true, cx);
        self.wish_again(cx);
    }

    /// Members have been applied: an own wish may have come true.
    pub(super) fn heed_members(&mut self, members: &Members, cx: &mut Cx<'_, C, F>) {
        if self.wishes.are_open() && !members.is_joint() && members.made(cx.me) == self.attempt() {
            self.on_outcome((self.term, self.attempt()), None, cx);
        }
    }

    /// What the leader can do next about the members. Those of the last entry that names some
    /// are committed before others are.
    #[inline]
    pub(super) fn work(&mut self, cx: &mut Cx<'_, C, F>) {
        let Role::Leader(lead) = &self.role else { return };
        let members = &self.force.members;
        // Mostly they stay as they are.
        if lead.job.is_some() || members.is_joint() || !members.votes(cx.me) {
            self.work_on(cx);
        }
    }

    #[inline(never)]
    fn work_on(&mut self, cx: &mut Cx<'_, C, F>) {
        let Role::Leader(lead) = &self.role else { return };
        let joint = self.force.members.is_joint();
        let committed = self.force.index <= self.commit;
        if !(committed || joint && cx.is_flawed(EARLY)) {
            return;
        }
        if !joint && !self.force.members.votes(cx.me) {
            cx.cite(STEP);
            return self.step_down(cx);
        }
        if lead.heir.is_some() {
            return;
        }
        if joint {
            cx.cite(NEW);
            return self.append_members(self.force.members.settled(), cx);
        }
        if self.commit >= lead.first || cx.is_flawed(BEFORE_TERM) {
            self.pursue(cx);
        }
    }

    /// Makes the change that was asked for, once it can be.
    fn pursue(&mut self, cx: &mut Cx<'_, C, F>) {
        let Role::Leader(lead) = &mut self.role else { return };
        let Some(job) = &lead.job else { return };
        let (client, attempt) = (job.client, job.attempt);
        let now = &self.force.members;
        let next = now.becoming(&job.change);
        let strange = job.change.aims().iter().any(|(process, _)| process.0 >= cx.group.n);
        let why = match () {
            () if strange => Some(Refusal::Unknown),
            () if next == **now => Some(Refusal::Same),
            () if next.voters() < usize::from(cx.config.least) => Some(Refusal::Few),
            () if next.distance() > 1 && !F::JOINT => Some(Refusal::Many),
            () if job.total >= ROUNDS * cx.config.patience => Some(Refusal::Slow),
            () => None,
        };
        let last = cx.stable().last().index;
        if let Some(why) = why {
            lead.job = None;
            lead.link(now, &[], last.saturating_add(1));
            return self.refuse_wish(client, attempt, why, cx);
        }
        let newcomers: Vec<Process> = next.incoming().collect();
        let strangers: Vec<Process> =
            newcomers.iter().copied().filter(|p| !lead.peers[p.index()].linked).collect();
        lead.link(now, &newcomers, last.saturating_add(1));
        let any_round = cx.is_flawed(COUNTS_FIRST);
        let caught_up = lead.has_caught_up(&newcomers, (last, cx.config.patience), any_round);
        if !caught_up && !cx.is_flawed(GATELESS) {
            cx.cite(CATCH);
            return strangers.into_iter().for_each(|p| self.supply(p, cx));
        }
        lead.job = None;
        let next = next.with(client, attempt);
        if F::JOINT && next.is_joint() {
            cx.cite(JOINT);
            self.append_members(next, cx);
        } else {
            cx.cite(ONE);
            self.append_members(next.settled(), cx);
        }
    }

    fn append_members(&mut self, members: Members, cx: &mut Cx<'_, C, F>) {
        let members = Some(Arc::new(members));
        self.append([Entry { term: self.term, batch: None, members }].into(), cx);
    }

    /// A beat later: whether who is to vote still has time.
    pub(super) fn tire_of_job(&mut self, cx: &mut Cx<'_, C, F>) {
        let Role::Leader(lead) = &mut self.role else { return };
        if let Some(job) = lead.job.as_mut().filter(|job| job.target > 0) {
            job.beats = job.beats.saturating_add(1);
            job.total = job.total.saturating_add(1);
        }
        self.work(cx);
    }

    /// Entries were put in from an index on: the last members that the log names count from now
    /// on, committed or not.
    pub(super) fn enforce(&mut self, first: u64, cx: &mut Cx<'_, C, F>) {
        let stable = cx.stable();
        let names = stable.from(first).iter().any(|entry| entry.members.is_some());
        let reverts = self.force.index >= first && !cx.is_flawed(UNREVERTED);
        if !(names || reverts) || cx.is_flawed(APPLIED) {
            return;
        }
        cx.cite(FORCE);
        self.force = self.force_through(stable.last().index, cx);
        let next = stable.last().index.saturating_add(1);
        if let Role::Leader(lead) = &mut self.role {
            lead.link(&self.force.members, &[], next);
        }
    }

    /// Who the members are through an index of the own log.
    pub(super) fn force_through(&self, index: u64, cx: &Cx<'_, C, F>) -> Force {
        let first = || Force { index: 0, members: cx.config.members.clone() };
        cx.stable().force(index).unwrap_or_else(first)
    }

    /// A state has been taken over, perhaps with all of the log dropped.
    pub(super) fn enforce_state(&mut self, state: &Snapshot<C>, cx: &mut Cx<'_, C, F>) {
        let named = state.force.as_ref().map_or(0, |force| force.index);
        if !(cx.is_flawed(STALE_FORCE) && self.force.index > named) {
            self.force = self.force_through(cx.stable().last().index, cx);
        }
        if let Some(force) = &state.force {
            self.heed_members(&force.members, cx);
        }
    }

    /// Whether one may stand for election: only who has a vote may.
    pub(super) fn may_stand(&self, cx: &Cx<'_, C, F>) -> bool {
        let whole = cx.stable().is_whole() && !cx.config.is_witness(cx.me);
        let votes = self.force.members.votes(cx.me) && whole;
        votes || cx.is_flawed(OUTSIDE)
    }

    /// Whether one is no member, and nobody waits for what one has. A leader that takes itself out
    /// may have stored that alone: until it is committed, it may be a member still, and its vote
    /// or its log be needed. Where members are joint, others have stored before that they change,
    /// and wait for more.
    pub(super) fn is_out(&self, cx: &Cx<'_, C, F>) -> bool {
        let settled = F::JOINT || self.force.index <= self.commit;
        settled && !self.force.members.has(cx.me)
    }

    /// No leader is heard: a member that may not stand asks who leads.
    pub(super) fn look_for_leader(&mut self, cx: &mut Cx<'_, C, F>) {
        let (me, last) = (cx.me, cx.stable().last());
        for other in self.force.members.all().filter(|other| *other != me) {
            cx.cite(LOOK);
            cx.send(other, Words::Who(last));
        }
        self.await_turn(cx);
    }

    pub(super) fn on_who(&mut self, from: Process, last: Mark, cx: &mut Cx<'_, C, F>) {
        cx.cite(LOOK);
        self.miss_leader(cx);
        if !F::JOINT && !self.force.members.has(from) && self.shuns(from, last, cx) {
            return;
        }
        if matches!(self.role, Role::Leader(_)) {
            self.beat_to(from, Pace::Idle(1), cx);
        }
    }

    /// Expects no leader, and does not stand.
    pub(super) fn retire(&mut self, cx: &mut Cx<'_, C, F>) {
        (self.contact, self.beats) = (false, 0);
        cx.cancel_timer(Timer::Election);
    }

    /// Whether a candidate has no vote any more, and does not know it: by members that are
    /// committed, and that its log would name if it were up to date.
    pub(super) fn shuns(&self, from: Process, last: Mark, cx: &mut Cx<'_, C, F>) -> bool {
        let committed = self.force.index <= self.commit;
        let out = committed && last < cx.stable().last() && !self.force.members.votes(from);
        if !(F::SHUNS && out) || cx.is_flawed(HEEDS_OUT) {
            return false;
        }
        cx.cite(SHUN);
        cx.send(from, Words::Out(cx.stable().last()));
        true
    }

    /// Somebody says that one has no vote: nothing is expected until a leader is heard. Who only
    /// looks for one heeds it if that log is ahead of what its own has become since.
    pub(super) fn on_out(&mut self, last: Mark, cx: &mut Cx<'_, C, F>) {
        let looks = matches!(self.role, Role::Follower) && !self.force.members.has(cx.me);
        let heeds = !F::JOINT && looks && last > cx.stable().last();
        if heeds || matches!(self.role, Role::Candidate(_)) {
            cx.cite(SHUN);
            self.role = Role::Follower;
            self.retire(cx);
        }
    }

    /// Begins a membership if it is a new one; false if it is over. Its log was that of a
    /// membership before it, and what a leader knows of that counts no more: it begins with none.
    #[inline]
    pub(super) fn join(&mut self, session: u64, through: u64, cx: &mut Cx<'_, C, F>) -> bool {
        let known = cx.stable().session;
        if session > known {
            self.begin_anew(session, through, cx);
        }
        session >= known
    }

    #[inline(never)]
    fn begin_anew(&mut self, session: u64, through: u64, cx: &mut Cx<'_, C, F>) {
        cx.cite(ANEW);
        cx.persist(Record::Join(self.term, session, through));
        cx.output(Applied::Anew { time: cx.stable().joins });
        (self.commit, self.length, self.value) = (0, 0, None);
        (self.done, self.sessions) = (Done::default(), Sessions::default());
        self.force = self.force_through(0, cx);
        // Own commands that were applied may have to be again.
        if self.waits(cx) {
            cx.set_timer(Timer::Retry, Self::retry_ticks(cx));
        }
    }
}
