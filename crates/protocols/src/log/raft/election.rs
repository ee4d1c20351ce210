//! Who leads: questions, votes, and the log that a leader begins with.

use alloc::sync::Arc;

use quorate_kernel::{Process, ProcessSet, Value, inspect};
use quorate_problems::{Applied, Payload};

use super::members::Members;
use super::{
    ADOPT, ASK, Bid, COUNTS_NO, Cx, EMPTY, Form, IGNORES, KEEPS_TERM, LEAD, LOG, Lead, NAMED,
    OFFER, ONE_HALF, OUTSIDE, Offer, Pace, Raft, Record, Role, SHORTEST, STALE, STAND, STICK,
    TIMEOUT, TWICE, Timer, UNSTORED, UNSTUCK, VOTE, WOULD, Words,
};

/// An election that waits for votes, or for words on whether there would be any.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Ballots<C: Payload = Value> {
    /// Whether it is only asked who would vote.
    pre: bool,
    /// Whether the leader asked for this election.
    called: bool,
    /// Who was asked.
    asked: ProcessSet,
    /// Who votes.
    votes: ProcessSet,
    /// The most up to date log that came with a vote, if it is ahead of the own one.
    best: Option<Arc<Offer<C>>>,
}

inspect!(Ballots<C: Payload> { pre, called, asked, votes, best });

impl<C: Payload> Ballots<C> {
    /// Whether a vote of this process is waited for.
    pub(super) fn counts(&self, voter: Process) -> bool {
        !self.pre && !self.votes.contains(voter)
    }
}

impl<C: Payload, F: Form> Raft<C, F> {
    /// A leader was heard: expects its next word within so many times the usual time.
    pub(super) fn await_leader(&mut self, beats: u32, cx: &mut Cx<'_, C, F>) {
        (self.contact, self.beats) = (cx.config.check_quorum, beats);
        let least = u64::from(cx.config.patience) * u64::from(beats);
        // What is random comes on top when that time is over, if it makes a difference that it is.
        let random = if self.contact { 0 } else { Self::draw(cx) };
        cx.set_timer(Timer::Election, cx.config.beat_ticks * (least + random));
    }

    /// Nobody is heard: stands for election after the least time and a random one on top, so that
    /// two candidates part in the end.
    pub(super) fn await_turn(&mut self, cx: &mut Cx<'_, C, F>) {
        if !self.may_stand(cx) && self.is_out(cx) {
            return self.retire(cx);
        }
        (self.contact, self.beats) = (false, 1);
        let beats = u64::from(cx.config.patience) + Self::draw(cx);
        cx.set_timer(Timer::Election, cx.config.beat_ticks * beats);
    }

    /// A random number of beats.
    fn draw(cx: &mut Cx<'_, C, F>) -> u64 {
        cx.choose(2 * u32::from(cx.group.n)).into()
    }

    pub(super) fn on_election_due(&mut self, cx: &mut Cx<'_, C, F>) {
        if matches!(self.role, Role::Leader(_)) || self.beats == 0 {
            return;
        }
        if self.sticks {
            return cx.set_timer(Timer::Election, cx.config.beat_ticks);
        }
        if core::mem::take(&mut self.contact) {
            let random = Self::draw(cx);
            return cx.set_timer(Timer::Election, cx.config.beat_ticks * random);
        }
        if !self.may_stand(cx) {
            return self.look_for_leader(cx);
        }
        cx.cite(TIMEOUT);
        self.campaign(cx);
    }

    /// Whether a leader was heard a short while ago; one that speaks hears itself.
    fn hears_leader(&self, cx: &Cx<'_, C, F>) -> bool {
        let leads = matches!(&self.role, Role::Leader(lead) if !lead.is_silent());
        cx.config.check_quorum && (self.contact || self.sticks || leads) && !cx.is_flawed(UNSTUCK)
    }

    /// Sticks to the leader that is heard, or may have been before a crash, for the least time of
    /// an election. Whatever it says later does not shorten that: its lease rests on it.
    pub(super) fn stick(&mut self, cx: &mut Cx<'_, C, F>) {
        if cx.config.lease && cx.config.check_quorum && !cx.is_flawed(UNSTUCK) {
            self.sticks = true;
            cx.set_timer(Timer::Stick, u64::from(cx.config.patience) * cx.config.beat_ticks);
        }
    }

    pub(super) fn campaign(&mut self, cx: &mut Cx<'_, C, F>) {
        if cx.config.pre_vote {
            cx.cite(ASK);
            self.ask_votes((true, false), &ProcessSet::new(), cx);
        } else {
            self.stand(false, &ProcessSet::new(), cx);
        }
    }

    /// Stands for election; asks its members, and these too.
    pub(super) fn stand(&mut self, called: bool, others: &ProcessSet, cx: &mut Cx<'_, C, F>) {
        cx.cite(STAND);
        self.leader = None;
        self.term = self.term.saturating_add(1);
        cx.persist(Record::Term(self.term, Some(cx.me)));
        self.ask_votes((false, called), others, cx);
    }

    fn ask_votes(
        &mut self,
        (pre, called): (bool, bool),
        others: &ProcessSet,
        cx: &mut Cx<'_, C, F>,
    ) {
        let (asked, votes) = (ProcessSet::new(), [cx.me].into_iter().collect());
        self.role = Role::Candidate(Ballots { pre, called, asked, votes, best: None });
        self.ask(self.force.members.all().chain(others.iter()).collect(), cx);
        self.await_turn(cx);
        self.count_votes(cx);
    }

    /// As a candidate, asks those whom it has not asked yet; whether there were any.
    fn ask(&mut self, whom: ProcessSet, cx: &mut Cx<'_, C, F>) -> bool {
        let Role::Candidate(ballots) = &mut self.role else { return false };
        let (pre, called, me) = (ballots.pre, ballots.called, cx.me);
        let term = if pre { self.term.saturating_add(1) } else { self.term };
        let bid = Bid { term, pre, called, last: cx.stable().last(), commit: self.commit };
        let mut any = false;
        for other in whom.iter().filter(|other| *other != me) {
            if ballots.asked.insert(other) {
                any = true;
                cx.send(other, Words::Stand(bid));
            }
        }
        any
    }

    /// Who asks for a vote, and is up to date, may be a member of whom a candidate's own log does
    /// not know yet.
    fn ask_back(&mut self, from: Process, bid: Bid, cx: &mut Cx<'_, C, F>) {
        let ahead = cx.config.pull && bid.last > cx.stable().last();
        if ahead && self.ask([from].into_iter().collect(), cx) {
            cx.cite(NAMED);
        }
    }

    /// The question whether one would vote. Nothing changes by it, but that who asks misses a
    /// leader: one that is silent speaks again, and who expects nothing waits for it.
    pub(super) fn on_question(&mut self, from: Process, bid: Bid, cx: &mut Cx<'_, C, F>) {
        if self.counts_for_nothing(cx) || self.shuns(from, bid.last, cx) {
            return;
        }
        self.miss_leader(cx);
        let granted = bid.term > self.term && !self.hears_leader(cx) && self.log_suits(bid, cx);
        let term = if granted { bid.term } else { self.term };
        if granted {
            cx.cite(WOULD);
        }
        let offer = if granted { self.offer(bid, cx) } else { None };
        cx.send(from, Words::Vote { term, pre: true, granted, offer });
        self.ask_back(from, bid, cx);
    }

    /// Somebody misses a leader: one that is silent speaks again, and who expects nothing waits.
    pub(super) fn miss_leader(&mut self, cx: &mut Cx<'_, C, F>) {
        if matches!(&self.role, Role::Leader(lead) if lead.is_silent()) {
            self.wake(cx);
            self.beat(Pace::Idle(1), cx);
        } else if self.beats == 0 {
            self.await_turn(cx);
        }
    }

    /// Whether the log is that of a new member, which has not caught up: no vote rests on it.
    fn counts_for_nothing(&self, cx: &Cx<'_, C, F>) -> bool {
        !cx.stable().is_whole() && !cx.is_flawed(EMPTY)
    }

    pub(super) fn on_stand(&mut self, from: Process, bid: Bid, cx: &mut Cx<'_, C, F>) {
        if self.counts_for_nothing(cx) || self.shuns(from, bid.last, cx) {
            return;
        }
        if bid.term < self.term {
            cx.cite(STALE);
            return self.refuse_vote(from, bid, cx);
        }
        let later = bid.term > self.term;
        if !bid.called && (self.sticks || (later && self.hears_leader(cx))) {
            return cx.cite(STICK);
        }
        let voted = if later { None } else { cx.stable().voted };
        let free = voted.is_none_or(|voted| voted == from) || cx.is_flawed(TWICE);
        let suits = self.log_suits(bid, cx);
        let granted = free && suits;
        let stored = Some(from).filter(|_| granted && !cx.is_flawed(UNSTORED));
        if later || (stored.is_some() && voted.is_none()) {
            self.enter(bid.term, stored, cx);
        }
        if !granted {
            if !suits {
                cx.cite(LOG);
            }
            return self.refuse_vote(from, bid, cx);
        }
        cx.cite(VOTE);
        if matches!(self.role, Role::Candidate(_)) {
            self.role = Role::Follower;
        }
        self.await_turn(cx);
        let offer = self.offer(bid, cx);
        cx.send(from, Words::Vote { term: bid.term, pre: false, granted, offer });
    }

    fn refuse_vote(&mut self, from: Process, bid: Bid, cx: &mut Cx<'_, C, F>) {
        let term = self.term;
        cx.send(from, Words::Vote { term, pre: false, granted: false, offer: None });
        self.ask_back(from, bid, cx);
    }

    /// What a candidate's log lacks. What it knows to be committed is in every log that is more
    /// up to date than its own.
    fn offer(&self, bid: Bid, cx: &Cx<'_, C, F>) -> Option<Arc<Offer<C>>> {
        let (stable, last) = (cx.stable(), cx.stable().last());
        if last <= bid.last || cx.config.is_witness(cx.me) {
            return None;
        }
        cx.cite(OFFER);
        let force = self.force_through(last.index, cx);
        if bid.pre {
            return Some(Arc::new(Offer { last, force, ..Offer::default() }));
        }
        let snapshot = Some(&stable.snapshot).filter(|state| state.last.index > bid.commit);
        let through = snapshot.map_or(bid.commit, |state| state.last.index);
        let first = through.saturating_add(1);
        let entries = stable.from(first).into();
        Some(Arc::new(Offer { last, force, snapshot: snapshot.cloned(), first, entries }))
    }

    pub(super) fn on_vote(
        &mut self,
        from: Process,
        (term, pre): (u32, bool),
        granted: bool,
        offer: Option<Arc<Offer<C>>>,
        cx: &mut Cx<'_, C, F>,
    ) {
        if !granted && term > self.term && !(pre && cx.is_flawed(KEEPS_TERM)) {
            return self.enter(term, None, cx);
        }
        let granted = granted || (cx.is_flawed(COUNTS_NO) && term == self.term);
        let Role::Candidate(ballots) = &mut self.role else { return };
        let asked = if pre { self.term.saturating_add(1) } else { self.term };
        if !granted || pre != ballots.pre || term != asked || !ballots.votes.insert(from) {
            return;
        }
        let lowest = cx.is_flawed(SHORTEST);
        if let Some(offer) = offer
            && ballots.best.as_ref().is_none_or(|best| (offer.last > best.last) != lowest)
        {
            let named = offer.force.members.clone();
            ballots.best = Some(offer);
            if self.ask(named.all().collect(), cx) {
                cx.cite(NAMED);
            }
        }
        self.count_votes(cx);
    }

    fn count_votes(&mut self, cx: &mut Cx<'_, C, F>) {
        let Role::Candidate(ballots) = &self.role else { return };
        let members = self.members_with(ballots.best.as_deref(), cx);
        let has = |p| ballots.votes.contains(p);
        let one_half = cx.is_flawed(ONE_HALF);
        if !members.is_quorum(&|voters| cx.config.electors(voters), one_half, has) {
            return;
        }
        if !members.votes(cx.me) && !cx.is_flawed(OUTSIDE) {
            self.role = Role::Follower;
            return self.retire(cx);
        }
        let Role::Candidate(ballots) = &mut self.role else { return };
        if ballots.pre {
            let asked = core::mem::take(&mut ballots.asked);
            return self.stand(false, &asked, cx);
        }
        let best = ballots.best.take();
        self.adopt(best, cx);
        self.lead(cx);
    }

    /// Who the members are by the log that one would lead with. A quorum is one of these: it is as
    /// if who has that log had stood.
    fn members_with(&self, best: Option<&Offer<C>>, cx: &Cx<'_, C, F>) -> Arc<Members> {
        let offer = best.filter(|_| !cx.is_flawed(IGNORES));
        offer.map_or(&self.force, |offer| &offer.force).members.clone()
    }

    /// Makes the most up to date log of a quorum the own one.
    fn adopt(&mut self, best: Option<Arc<Offer<C>>>, cx: &mut Cx<'_, C, F>) {
        let Some(offer) = best.filter(|_| !cx.is_flawed(IGNORES)) else { return };
        cx.cite(ADOPT);
        if let Some(snapshot) = &offer.snapshot {
            self.install(snapshot, cx);
        }
        let last = cx.stable().last().index;
        if offer.first > self.commit && offer.first <= last.saturating_add(1) {
            self.put(offer.first, offer.entries.clone(), cx);
            self.enforce(offer.first, cx);
        }
    }

    fn lead(&mut self, cx: &mut Cx<'_, C, F>) {
        cx.cite(LEAD);
        cx.cancel_timer(Timer::Election);
        let stable = cx.stable();
        let first = stable.last().index.saturating_add(1);
        let open = stable.from(self.commit.saturating_add(1)).iter();
        let open = open.filter_map(|entry| entry.batch.as_ref());
        let (size, members) = (cx.group.size(), &self.force.members);
        self.role = Role::Leader(Lead::new(size, members, first, &self.done, open));
        self.leader = Some(cx.me);
        cx.output(Applied::Leads { term: self.term });
        self.open_term(cx);
        self.read_again(cx);
        self.wish_again(cx);
    }
}
