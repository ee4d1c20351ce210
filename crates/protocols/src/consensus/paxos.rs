//! Paxos for one decision.
//!
//! Problem: consensus. Source: Lamport 1998; Lamport 2001, "Paxos made simple", 2.2 to 2.5.
//! Resilience: safe with any number of crashes and restarts, lost and repeated messages, as long
//! as disks remember; decides once a majority, n > 2f, is up and one proposer is left alone.
//!
//! What differs: accepting a ballot raises the promise too, which the text leaves open and which
//! is needed with three ballots or more; an acceptor that refuses says what it promised; whoever
//! has nothing to propose asks, and then runs a ballot to finish what others began.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use quorate_kernel::{
    Context, Deceit, Domain, Message, Process, ProcessSet, Protocol, Renamed, Stable, Value,
    inspect, mutants, rules,
};
use quorate_problems::Consensus;

use crate::ballot::{Ballot, majority};

mod listed;

rules! {
    PREPARE = "1a": "take a ballot never used before, store its round, and ask all to prepare it";
    PROMISE = "1b": "store the promise to heed no smaller ballot, and report what was accepted";
    ACCEPT = "2a": "with promises of a majority, ask all to accept the value of the largest \
        ballot reported, or the own one";
    ACCEPTED = "2b": "store and accept, unless a larger ballot was promised";
    REFUSE = "nack": "say which larger ballot was promised";
    CHOSEN = "learn": "what a majority accepted in one ballot is chosen: decide it, tell all";
    TOLD = "told": "decide what another learned to be chosen";
    RETRY = "retry": "after a random time without a decision, take a larger ballot";
    ASK = "ask": "who has nothing to propose asks what was chosen";
    ANSWER = "answer": "tell whoever asks what was chosen";
}

mutants! {
    HALF = "half-quorum" breaks CHOSEN, ACCEPT: "takes n/2 processes for a quorum", "";
    OWN_VALUE = "ignores-report" breaks ACCEPT: "asks all to accept the own value, whatever was \
        reported", "";
    LOWEST = "lowest-ballot" breaks ACCEPT: "takes the value of the smallest ballot reported", "";
    NO_PROMISE = "promise-not-stored" breaks PROMISE: "has forgotten its promise after a restart",
        "";
    NO_VOTE = "vote-not-stored" breaks ACCEPTED: "stores the ballot that it accepts, and not the \
        value", "";
    LATE = "late-promise" breaks ACCEPT: "lets a promise that comes late change the value: it asks \
        again, in the same ballot, for another one", "";
    UNRAISED = "accept-raises-nothing" breaks ACCEPTED: "accepting a ballot does not raise the \
        promise, as the text reads literally", "Lamport 2001, 2.2, read literally";
    MIXED = "mixed-ballots" breaks CHOSEN: "counts acceptances of one value in different ballots \
        together", "";
    UNREFUSED = "heeds-smaller" breaks ACCEPTED: "accepts a ballot although a larger one was \
        promised", "";
}

/// What was accepted, and in which ballot.
pub type Vote = (Ballot, Value);

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// The values that may be proposed.
    pub domain: Domain,
    /// Who proposes at once; the others wait their patience first.
    pub leader: Process,
    /// Whether all propose at once, leader or not.
    pub all_at_once: bool,
    /// Whether acceptors tell all, and not only the proposer, what they accepted.
    pub all_learn: bool,
    /// How long to wait for answers before trying again: a ballot takes five delays.
    pub patience_ticks: u64,
}

/// What survives: the acceptor's promise and vote, the proposer's last round and its proposal.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Durable {
    /// No smaller ballot is heeded.
    pub promised: Ballot,
    /// The last vote.
    pub accepted: Option<Vote>,
    /// The last round that was used.
    pub round: u32,
    /// What it was given to propose.
    pub own: Option<Value>,
}

inspect!(Durable { promised, accepted, round, own });

/// A change of what survives.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Record {
    /// It was given this to propose.
    Own(Value),
    /// It used this round.
    Round(u32),
    /// It promised.
    Promised(Ballot),
    /// It accepted.
    Accepted(Ballot, Value),
}

inspect!(
    enum Record {
        Own(value),
        Round(round),
        Promised(ballot),
        Accepted(ballot, value),
    }
);

impl Stable for Durable {
    type Record = Record;

    fn apply(&mut self, record: &Record) {
        match *record {
            Record::Own(value) => self.own = Some(value),
            Record::Round(round) => self.round = round,
            Record::Promised(ballot) => self.promised = ballot,
            Record::Accepted(ballot, value) => {
                self.promised = ballot;
                self.accepted = Some((ballot, value));
            }
        }
    }
}

/// What is sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Words {
    /// Phase 1a.
    Prepare(Ballot),
    /// Phase 1b.
    Promise(Ballot, Option<Vote>),
    /// Phase 2a.
    Accept(Ballot, Value),
    /// Phase 2b.
    Accepted(Ballot, Value),
    /// Refused: the ballot, and the larger one that was promised.
    Nack(Ballot, Ballot),
    /// What was chosen.
    Decided(Value),
    /// What was chosen?
    Ask,
}

inspect!(
    enum Words {
        Prepare(ballot),
        Promise(ballot, vote),
        Accept(ballot, value),
        Accepted(ballot, value),
        Nack(ballot, promised),
        Decided(value),
        Ask,
    }
);

impl Message for Words {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        match self {
            Self::Prepare(ballot) => format!("prepare {ballot}"),
            Self::Promise(ballot, None) => format!("promise {ballot}"),
            Self::Promise(ballot, Some((at, value))) => {
                format!("promise {ballot}, {at} had {}", name(*value))
            }
            Self::Accept(ballot, value) => format!("accept {ballot}: {}", name(*value)),
            Self::Accepted(ballot, value) => format!("accepted {ballot}: {}", name(*value)),
            Self::Nack(ballot, promised) => format!("not {ballot}, {promised}"),
            Self::Decided(value) => format!("decided {}", name(*value)),
            Self::Ask => "which?".into(),
        }
    }
}

/// The one timer: try again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Retry;

impl Renamed for Retry {}

/// How far the own ballot is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Phase {
    /// No ballot is under way.
    Idle,
    /// Waiting for promises.
    Preparing {
        /// Who promised.
        from: ProcessSet,
        /// The vote of the largest ballot reported.
        best: Option<Vote>,
    },
    /// Waiting for votes.
    Accepting,
}

inspect!(enum Phase { Idle, Preparing { from, best }, Accepting });

/// Proposer, acceptor and learner in one; the acceptor has no state but the durable one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Paxos {
    phase: Phase,
    /// The own ballot under way, or the last one.
    ballot: Ballot,
    /// The largest round that another's ballot was seen in.
    seen: u32,
    /// Who voted, by ballot.
    votes: BTreeMap<Ballot, ProcessSet>,
    /// Whether it ran a ballot of its own since it last asked.
    tried: bool,
    decided: Option<Value>,
}

inspect!(Paxos { phase, ballot, seen, votes, tried, decided });

type Cx<'a> = Context<'a, Paxos>;

/// Two sets of so many share a process.
fn quorum(cx: &Cx<'_>) -> usize {
    if cx.is_flawed(HALF) { (cx.group.size() / 2).max(1) } else { majority(cx.group) }
}

impl Paxos {
    fn prepare(&mut self, cx: &mut Cx<'_>) {
        cx.cite(PREPARE);
        let round = cx.stable().round.max(self.seen).saturating_add(1);
        cx.persist(Record::Round(round));
        self.ballot = Ballot { round, proposer: cx.me };
        if !cx.config.all_learn {
            // Whether an older ballot still comes to something, the new one finds out.
            self.votes = self.votes.split_off(&self.ballot);
        }
        self.phase = Phase::Preparing { from: ProcessSet::new(), best: None };
        cx.broadcast(Words::Prepare(self.ballot));
        self.retry_later(cx);
    }

    /// Patience, and a random time on top, so that two proposers part in the end.
    fn retry_later(&mut self, cx: &mut Cx<'_>) {
        let steps = u64::from(cx.choose(2 * u32::from(cx.group.n)));
        cx.set_timer(Retry, cx.config.patience_ticks * (1 + steps));
    }

    fn on_prepare(&mut self, ballot: Ballot, cx: &mut Cx<'_>) {
        let promised = cx.stable().promised;
        if ballot < promised {
            return self.refuse(ballot, promised, cx);
        }
        cx.cite(PROMISE);
        if ballot > promised {
            cx.persist(Record::Promised(ballot));
        }
        let accepted = cx.stable().accepted;
        cx.send(ballot.proposer, Words::Promise(ballot, accepted));
    }

    fn on_promise(&mut self, who: Process, of: Ballot, vote: Option<Vote>, cx: &mut Cx<'_>) {
        let Phase::Preparing { from, best } = &mut self.phase else { return };
        if self.ballot != of || !from.insert(who) {
            return;
        }
        *best = match cx.is_flawed(LOWEST) {
            true => (*best).into_iter().chain(vote).min(),
            false => (*best).max(vote),
        };
        if from.len() < quorum(cx) {
            return;
        }
        let (reported, own) = (best.map(|(_, value)| value), cx.stable().own);
        let chosen = if cx.is_flawed(OWN_VALUE) { own.or(reported) } else { reported.or(own) };
        // Nothing was begun, and nothing is ours to propose.
        let Some(value) = chosen else { return self.phase = Phase::Idle };
        cx.cite(ACCEPT);
        if !cx.is_flawed(LATE) {
            self.phase = Phase::Accepting;
        }
        cx.broadcast(Words::Accept(of, value));
    }

    fn on_accept(&mut self, ballot: Ballot, value: Value, cx: &mut Cx<'_>) {
        let promised = cx.stable().promised;
        if ballot < promised && !cx.is_flawed(UNREFUSED) {
            return self.refuse(ballot, promised, cx);
        }
        cx.cite(ACCEPTED);
        match cx.is_flawed(NO_VOTE) {
            true => cx.persist(Record::Promised(ballot)),
            false => cx.persist(Record::Accepted(ballot, value)),
        }
        if cx.is_flawed(UNRAISED) {
            cx.persist(Record::Promised(promised));
        }
        let words = Words::Accepted(ballot, value);
        if cx.config.all_learn { cx.broadcast(words) } else { cx.send(ballot.proposer, words) }
    }

    fn refuse(&mut self, ballot: Ballot, promised: Ballot, cx: &mut Cx<'_>) {
        cx.cite(REFUSE);
        cx.send(ballot.proposer, Words::Nack(ballot, promised));
    }

    fn on_accepted(&mut self, who: Process, ballot: Ballot, value: Value, cx: &mut Cx<'_>) {
        let of_value = Ballot { round: value.0.into(), proposer: Process(0) };
        let counted = if cx.is_flawed(MIXED) { of_value } else { ballot };
        let voted = self.votes.entry(counted).or_default();
        voted.insert(who);
        if self.decided.is_some() || voted.len() < quorum(cx) {
            return;
        }
        cx.cite(CHOSEN);
        if !cx.config.all_learn {
            for other in cx.group.others(cx.me) {
                cx.send(other, Words::Decided(value));
            }
        }
        self.decide(value, cx);
    }

    fn decide(&mut self, value: Value, cx: &mut Cx<'_>) {
        self.phase = Phase::Idle;
        self.votes.clear();
        self.decided = Some(value);
        cx.cancel_timer(Retry);
        cx.output(value);
    }

    fn on_nack(&mut self, ballot: Ballot, promised: Ballot, cx: &mut Cx<'_>) {
        self.seen = self.seen.max(promised.round);
        if self.phase != Phase::Idle && ballot == self.ballot {
            self.phase = Phase::Idle;
            self.retry_later(cx);
        }
    }
}

impl Protocol for Paxos {
    type Problem = Consensus;
    type Config = Config;
    type Message = Words;
    type Timer = Retry;
    type Stable = Durable;

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn round(&self) -> u32 {
        self.ballot.round.max(self.seen)
    }

    fn start(cx: &mut Cx<'_>) -> Self {
        if cx.is_flawed(NO_PROMISE) {
            let voted = cx.stable().accepted.map(|(ballot, _)| ballot);
            cx.persist(Record::Promised(voted.unwrap_or_default()));
        }
        let mut new = Self {
            phase: Phase::Idle,
            ballot: Ballot::default(),
            seen: cx.stable().promised.round,
            votes: BTreeMap::new(),
            tried: true,
            decided: None,
        };
        new.retry_later(cx);
        new
    }

    fn on_input(&mut self, input: Value, cx: &mut Cx<'_>) {
        if cx.stable().own.is_some() {
            return;
        }
        cx.persist(Record::Own(input));
        let first = cx.config.all_at_once || cx.config.leader == cx.me;
        if first && self.decided.is_none() {
            self.prepare(cx);
        }
    }

    fn on_message(&mut self, from: Process, message: Words, cx: &mut Cx<'_>) {
        match message {
            Words::Prepare(ballot) => self.on_prepare(ballot, cx),
            Words::Promise(ballot, vote) => self.on_promise(from, ballot, vote, cx),
            Words::Accept(ballot, value) => self.on_accept(ballot, value, cx),
            Words::Accepted(ballot, value) => self.on_accepted(from, ballot, value, cx),
            Words::Nack(ballot, promised) => self.on_nack(ballot, promised, cx),
            Words::Decided(value) => {
                if self.decided.is_none() {
                    cx.cite(TOLD);
                    self.decide(value, cx);
                }
            }
            Words::Ask => {
                if let Some(value) = self.decided {
                    cx.cite(ANSWER);
                    cx.send(from, Words::Decided(value));
                }
            }
        }
    }

    fn on_timer(&mut self, Retry: Retry, cx: &mut Cx<'_>) {
        if self.decided.is_some() {
            return;
        }
        let asks = cx.stable().own.is_none() && self.tried;
        self.tried = !asks;
        if asks {
            cx.cite(ASK);
            for other in cx.group.others(cx.me) {
                cx.send(other, Words::Ask);
            }
            self.retry_later(cx);
        } else {
            cx.cite(RETRY);
            self.prepare(cx);
        }
    }
}

impl Deceit for Paxos {}
