//! Paxos for one decision.
//!
//! Problem: consensus, asynchronous, crash and recovery with a disk that remembers; a majority must
//! be up for a decision. Source: Lamport 2001, "Paxos made simple", 2.2 and 2.5.
//!
//! What differs: accepting raises the promise too, which the text leaves open; an acceptor that
//! refuses says so; the proposer is the learner, and tells the others what was chosen.

use quorate_kernel::{
    Context, Domain, Process, ProcessSet, Protocol, Renamed, Stable, Value, inspect, rules,
};
use quorate_problems::Consensus;

rules! {
    PREPARE = "1a": "choose a ballot never used before and ask all to prepare it";
    PROMISE = "1b": "promise to ignore smaller ballots, and report what was accepted";
    ACCEPT = "2a": "with a majority's promises, ask all to accept the reported or the own value";
    ACCEPTED = "2b": "accept unless a larger ballot was promised";
    REFUSE = "nack": "say which larger ballot was promised";
    CHOSEN = "learn": "what a majority accepted in one ballot is chosen: tell all";
    RETRY = "retry": "try again after a random time, with a larger ballot";
    ASK = "ask": "who has nothing to propose asks what was chosen";
}

/// A ballot: a round and whose it is, so that no two proposers share one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct Ballot {
    pub(crate) round: u32,
    pub(crate) proposer: Process,
}

/// What was accepted, and in which ballot.
pub(crate) type Vote = (Ballot, Value);

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Config {
    /// How long to wait for answers before trying again.
    pub(crate) patience_ticks: u64,
    /// How many times that a random back-off may last.
    pub(crate) backoff_steps: u32,
}

/// What survives: the acceptor's triple, and the proposer's last round.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Durable {
    /// No smaller ballot is heeded; the default ballot is smaller than every ballot in use.
    promised: Ballot,
    accepted: Option<Vote>,
    round: u32,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Record {
    Promised(Ballot),
    Accepted(Ballot, Value),
    Round(u32),
}

inspect!(Durable { promised, accepted, round });
inspect!(Ballot { round, proposer });
inspect!(
    enum Record {
        Promised(ballot),
        Accepted(ballot, value),
        Round(round),
    }
);

impl Stable for Durable {
    type Record = Record;

    fn apply(&mut self, record: &Record) {
        match *record {
            Record::Promised(ballot) => self.promised = ballot,
            Record::Accepted(ballot, value) => {
                self.promised = ballot;
                self.accepted = Some((ballot, value));
            }
            Record::Round(round) => self.round = round,
        }
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Message {
    Prepare(Ballot),
    Promise { ballot: Ballot, accepted: Option<Vote> },
    Accept(Ballot, Value),
    Accepted(Ballot),
    Nack { ballot: Ballot, promised: Ballot },
    Decided(Value),
    Ask,
}

inspect!(enum Message {
    Prepare(ballot), Promise { ballot, accepted }, Accept(ballot, value), Accepted(ballot),
    Nack { ballot, promised }, Decided(value), Ask,
});

impl quorate_kernel::Message for Message {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Retry;

impl Renamed for Retry {}

/// How far the own ballot is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Phase {
    Idle,
    Preparing { ballot: Ballot, from: ProcessSet, best: Option<Vote> },
    Accepting { ballot: Ballot, from: ProcessSet, value: Value },
}

/// Proposer, acceptor and learner in one; the acceptor has no state but the durable one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Paxos {
    own: Option<Value>,
    phase: Phase,
    /// The largest round that another ballot was seen in.
    seen: u32,
    decided: Option<Value>,
}

inspect!(Paxos { phase, seen, decided, own });
inspect!(enum Phase { Idle, Preparing { ballot, from, best }, Accepting { ballot, from, value } });

type Cx<'a> = Context<'a, Paxos>;

fn majority(cx: &Cx<'_>) -> usize {
    cx.group.size() / 2 + 1
}

impl Paxos {
    fn prepare(&mut self, cx: &mut Cx<'_>) {
        cx.cite(PREPARE);
        let round = cx.stable().round.max(self.seen) + 1;
        cx.persist(Record::Round(round));
        let ballot = Ballot { round, proposer: cx.me };
        self.phase = Phase::Preparing { ballot, from: ProcessSet::new(), best: None };
        cx.broadcast(Message::Prepare(ballot));
        self.retry_later(cx);
    }

    fn retry_later(&mut self, cx: &mut Cx<'_>) {
        let steps = u64::from(cx.choose(cx.config.backoff_steps));
        cx.set_timer(Retry, cx.config.patience_ticks * (1 + steps));
    }

    fn promise(&mut self, ballot: Ballot, cx: &mut Cx<'_>) {
        let promised = cx.stable().promised;
        if ballot < promised {
            cx.cite(REFUSE);
            return cx.send(ballot.proposer, Message::Nack { ballot, promised });
        }
        cx.cite(PROMISE);
        if ballot > promised {
            cx.persist(Record::Promised(ballot));
        }
        let accepted = cx.stable().accepted;
        cx.send(ballot.proposer, Message::Promise { ballot, accepted });
    }

    fn promised(&mut self, who: Process, of: Ballot, vote: Option<Vote>, cx: &mut Cx<'_>) {
        let Phase::Preparing { ballot, from, best } = &mut self.phase else { return };
        if *ballot != of || !from.insert(who) {
            return;
        }
        *best = (*best).max(vote);
        if from.len() < majority(cx) {
            return;
        }
        let Some(value) = best.map(|(_, value)| value).or(self.own) else { return };
        cx.cite(ACCEPT);
        self.phase = Phase::Accepting { ballot: of, from: ProcessSet::new(), value };
        cx.broadcast(Message::Accept(of, value));
    }

    fn accept(&mut self, ballot: Ballot, value: Value, cx: &mut Cx<'_>) {
        let promised = cx.stable().promised;
        if ballot < promised {
            cx.cite(REFUSE);
            return cx.send(ballot.proposer, Message::Nack { ballot, promised });
        }
        cx.cite(ACCEPTED);
        cx.persist(Record::Accepted(ballot, value));
        cx.send(ballot.proposer, Message::Accepted(ballot));
    }

    fn accepted(&mut self, who: Process, of: Ballot, cx: &mut Cx<'_>) {
        let Phase::Accepting { ballot, from, value } = &mut self.phase else { return };
        if *ballot != of || !from.insert(who) || from.len() < majority(cx) {
            return;
        }
        cx.cite(CHOSEN);
        let value = *value;
        for other in cx.group.others(cx.me) {
            cx.send(other, Message::Decided(value));
        }
        self.decide(value, cx);
    }

    fn decide(&mut self, value: Value, cx: &mut Cx<'_>) {
        self.phase = Phase::Idle;
        if self.decided.is_none() {
            self.decided = Some(value);
            cx.cancel_timer(Retry);
            cx.output(value);
        }
    }

    fn refused(&mut self, ballot: Ballot, promised: Ballot, cx: &mut Cx<'_>) {
        self.seen = self.seen.max(promised.round);
        let current = match &self.phase {
            Phase::Idle => return,
            Phase::Preparing { ballot, .. } | Phase::Accepting { ballot, .. } => *ballot,
        };
        if current == ballot {
            self.phase = Phase::Idle;
            self.retry_later(cx);
        }
    }
}

impl Protocol for Paxos {
    type Problem = Consensus;
    type Config = Config;
    type Message = Message;
    type Timer = Retry;
    type Stable = Durable;

    fn domain(_: &Config) -> Domain {
        Domain { size: 8 }
    }

    fn start(cx: &mut Cx<'_>) -> Self {
        let mut new = Self { own: None, phase: Phase::Idle, seen: 0, decided: None };
        new.retry_later(cx);
        new
    }

    fn on_input(&mut self, input: Value, cx: &mut Cx<'_>) {
        if self.own.is_none() && self.decided.is_none() {
            self.own = Some(input);
            self.prepare(cx);
        }
    }

    fn on_message(&mut self, from: Process, message: Message, cx: &mut Cx<'_>) {
        match message {
            Message::Prepare(ballot) => self.promise(ballot, cx),
            Message::Promise { ballot, accepted } => self.promised(from, ballot, accepted, cx),
            Message::Accept(ballot, value) => self.accept(ballot, value, cx),
            Message::Accepted(ballot) => self.accepted(from, ballot, cx),
            Message::Nack { ballot, promised } => self.refused(ballot, promised, cx),
            Message::Decided(value) => self.decide(value, cx),
            Message::Ask => {
                if let Some(value) = self.decided {
                    cx.send(from, Message::Decided(value));
                }
            }
        }
    }

    fn on_timer(&mut self, Retry: Retry, cx: &mut Cx<'_>) {
        if self.decided.is_some() {
            return;
        }
        if self.own.is_some() {
            cx.cite(RETRY);
            self.prepare(cx);
        } else {
            cx.cite(ASK);
            cx.broadcast(Message::Ask);
            self.retry_later(cx);
        }
    }
}
