//! Paxos for one decision (Lamport 2001, section 2): each proposer has one ballot, its own number,
//! and there are three acceptors. Proposers come first in the group.

use std::collections::BTreeMap;

use quorate_checker::network::{Beginning, Inquiry, Scope};
use quorate_kernel::{
    Context, Deceit, Domain, Group, Links, Message, Process, ProcessSet, Protocol, Value, inspect,
    rules,
};
use quorate_problems::Consensus;

rules! {
    PREPARE = "1a": "a proposer asks the acceptors to promise";
    PROMISE = "1b": "an acceptor promises, and says what it accepted last";
    PROPOSE = "2a": "with a majority of promises, the last value accepted is proposed";
    ACCEPT = "2b": "an acceptor that has promised nothing higher accepts";
    DECIDE = "decide": "what a majority accepted is decided";
}

const ACCEPTORS: u16 = 3;
const MAJORITY: usize = 2;

/// A ballot: its proposer's number, from 1.
type Ballot = u16;
/// What an acceptor accepted, and in which ballot.
type Vote = Option<(Ballot, Value)>;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Words {
    Prepare(Ballot),
    Promise(Vote),
    Propose(Ballot, Value),
    Accepted,
}

inspect!(
    enum Words {
        Prepare(ballot),
        Promise(vote),
        Propose(ballot, value),
        Accepted,
    }
);

impl Message for Words {}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Paxos {
    // As a proposer.
    promises: BTreeMap<Process, Vote>,
    proposed: Option<Value>,
    accepted_by: ProcessSet,
    // As an acceptor.
    promised: Ballot,
    vote: Vote,
}

inspect!(Paxos { promises, proposed, accepted_by, promised, vote });

impl Protocol for Paxos {
    type Problem = Consensus;
    /// How many proposers there are.
    type Config = u16;
    type Message = Words;
    type Timer = ();
    type Stable = ();

    fn domain(proposers: &u16) -> Domain {
        Domain { size: *proposers }
    }

    fn start(cx: &mut Context<'_, Self>) -> Self {
        if cx.me.0 < *cx.config {
            cx.set_timer((), 1);
        }
        Self::default()
    }

    fn on_input(&mut self, _: Value, _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), cx: &mut Context<'_, Self>) {
        cx.cite(PREPARE);
        tell(&Words::Prepare(cx.me.0 + 1), cx);
    }

    fn on_message(&mut self, from: Process, words: Words, cx: &mut Context<'_, Self>) {
        match words {
            Words::Prepare(ballot) if ballot > self.promised => {
                cx.cite(PROMISE);
                self.promised = ballot;
                cx.send(from, Words::Promise(self.vote));
            }
            Words::Promise(vote) if self.proposed.is_none() => {
                self.promises.insert(from, vote);
                if self.promises.len() == MAJORITY {
                    self.propose(cx);
                }
            }
            Words::Propose(ballot, value) if ballot >= self.promised => {
                cx.cite(ACCEPT);
                self.promised = ballot;
                self.vote = Some((ballot, value));
                cx.send(from, Words::Accepted);
            }
            Words::Accepted if self.accepted_by.len() < MAJORITY => {
                self.accepted_by.insert(from);
                if let Some(value) = self.proposed
                    && self.accepted_by.len() == MAJORITY
                {
                    cx.cite(DECIDE);
                    cx.output(value);
                }
            }
            _ => {}
        }
    }
}

impl Paxos {
    fn propose(&mut self, cx: &mut Context<'_, Self>) {
        cx.cite(PROPOSE);
        let last = self.promises.values().max().copied().flatten();
        let value = last.map_or(Value(cx.me.0), |(_, value)| value);
        self.proposed = Some(value);
        tell(&Words::Propose(cx.me.0 + 1, value), cx);
    }
}

fn tell(words: &Words, cx: &mut Context<'_, Paxos>) {
    let proposers = *cx.config;
    for acceptor in 0..ACCEPTORS {
        cx.send(Process(proposers + acceptor), words.clone());
    }
}

impl Deceit for Paxos {}

/// The inquiry for so many proposers.
pub(crate) fn inquiry(proposers: &u16) -> Inquiry<'_, Paxos> {
    let group = Group { n: proposers + ACCEPTORS, f: 0 };
    Inquiry {
        group,
        config: proposers,
        scope: Scope { timers: None, ..Scope::of(Links::Lossy) },
        beginnings: vec![Beginning {
            traitors: ProcessSet::new(),
            doomed: ProcessSet::new(),
            requests: vec![(0, Vec::new()); group.size()],
        }],
        requirements: super::named(&["agreement", "irrevocability"]),
        budget: Default::default(),
        wide: false,
    }
}
