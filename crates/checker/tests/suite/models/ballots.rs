//! Paxos without leaders that receive (Lamport 2001, section 2): a ballot goes on as soon as a
//! majority has promised it, by whoever can see that. No single process can, so p1 plays all three
//! acceptors and what leads their ballots; p0 begins ballots, any of them any number of times, and
//! p2 is told what is accepted.

use std::collections::{BTreeMap, BTreeSet};

use quorate_checker::network::{Beginning, Inquiry, Scope};
use quorate_kernel::{
    Context, Deceit, Domain, Group, Links, Message, Process, ProcessSet, Protocol, Renamed,
    Renaming, Value, inspect,
};
use quorate_problems::Consensus;

const ACCEPTORS: u8 = 3;
/// The majorities, each without one acceptor.
const MAJORITIES: [[u8; 2]; 3] = [[0, 1], [0, 2], [1, 2]];
const VALUES: u16 = 2;

const BEGINNER: Process = Process(0);
const ACCEPTING: Process = Process(1);
const LEARNER: Process = Process(2);

/// From 1; 0 before any.
type Ballot = u8;
type Acceptor = u8;
type Vote = Option<(Ballot, Value)>;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Words {
    Prepare(Acceptor, Ballot),
    Accepted(Acceptor, Ballot),
}

inspect!(
    enum Words {
        Prepare(acceptor, ballot),
        Accepted(acceptor, ballot),
    }
);

impl Message for Words {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Timer {
    Begin(Ballot),
    /// A ballot, what it proposes, by which majority, and whose promise shows that it is safe: the
    /// source generates one step for each of them.
    Propose(Ballot, Value, [Acceptor; 2], Option<Acceptor>),
    Accept(Acceptor, Ballot),
}

impl Renamed for Timer {
    fn rename(&mut self, by: &Renaming) {
        if let Self::Propose(_, value, ..) = self {
            value.rename(by);
        }
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Ballots {
    promised: BTreeMap<Acceptor, Ballot>,
    votes: BTreeMap<Acceptor, (Ballot, Value)>,
    promises: BTreeMap<(Ballot, Acceptor), Vote>,
    proposed: BTreeMap<Ballot, Value>,
    accepted: BTreeSet<(Ballot, Acceptor)>,
}

inspect!(Ballots { promised, votes, promises, proposed, accepted });

impl Protocol for Ballots {
    type Problem = Consensus;
    /// The last ballot.
    type Config = Ballot;
    type Message = Words;
    type Timer = Timer;
    type Stable = ();

    fn domain(_: &Ballot) -> Domain {
        Domain { size: VALUES }
    }

    fn start(cx: &mut Context<'_, Self>) -> Self {
        if cx.me == BEGINNER {
            for ballot in 1..=*cx.config {
                cx.set_timer(Timer::Begin(ballot), 1);
            }
        }
        Self::default()
    }

    fn on_input(&mut self, _: Value, _: &mut Context<'_, Self>) {}

    fn on_message(&mut self, _: Process, words: Words, cx: &mut Context<'_, Self>) {
        let Words::Prepare(acceptor, ballot) = words else { return };
        if ballot > self.promised(acceptor) {
            let before = self.open(*cx.config);
            self.promised.insert(acceptor, ballot);
            self.promises.insert((ballot, acceptor), self.votes.get(&acceptor).copied());
            self.may(&before, cx);
        }
    }

    fn on_timer(&mut self, timer: Timer, cx: &mut Context<'_, Self>) {
        let before = self.open(*cx.config);
        match timer {
            Timer::Begin(ballot) => {
                cx.set_timer(timer, 1);
                for acceptor in 0..ACCEPTORS {
                    cx.send(ACCEPTING, Words::Prepare(acceptor, ballot));
                }
            }
            Timer::Propose(ballot, value, ..) => {
                self.proposed.insert(ballot, value);
            }
            Timer::Accept(acceptor, ballot) => {
                let Some(value) = self.proposed.get(&ballot).copied() else { return };
                self.promised.insert(acceptor, ballot);
                self.votes.insert(acceptor, (ballot, value));
                self.accepted.insert((ballot, acceptor));
                cx.send(LEARNER, Words::Accepted(acceptor, ballot));
                if self.accepted.iter().filter(|(of, _)| *of == ballot).count() > 1 {
                    cx.output(value);
                }
            }
        }
        self.may(&before, cx);
    }
}

impl Ballots {
    fn promised(&self, acceptor: Acceptor) -> Ballot {
        self.promised.get(&acceptor).copied().unwrap_or(0)
    }

    /// Lets happen what can happen now.
    fn may(&self, before: &BTreeSet<Timer>, cx: &mut Context<'_, Self>) {
        let now = self.open(*cx.config);
        for over in before.difference(&now) {
            cx.cancel_timer(*over);
        }
        for open in now {
            cx.set_timer(open, 1);
        }
    }

    /// What the acceptors and their leaders can do.
    fn open(&self, last: Ballot) -> BTreeSet<Timer> {
        let mut open = BTreeSet::new();
        for ballot in 1..=last {
            if self.proposed.contains_key(&ballot) {
                let free = |acceptor: &Acceptor| self.promised(*acceptor) <= ballot;
                let accept = |acceptor| Timer::Accept(acceptor, ballot);
                open.extend((0..ACCEPTORS).filter(free).map(accept));
                continue;
            }
            for majority in MAJORITIES {
                let promise = |acceptor: &Acceptor| {
                    self.promises.get(&(ballot, *acceptor)).map(|vote| (*acceptor, *vote))
                };
                let promises: Vec<_> = majority.iter().filter_map(promise).collect();
                if promises.len() == majority.len() {
                    let safe = safe(&promises).into_iter();
                    open.extend(safe.map(|(v, shown)| Timer::Propose(ballot, v, majority, shown)));
                }
            }
        }
        open
    }
}

/// What a majority's promises leave safe to propose, and whose promise shows it.
fn safe(promises: &[(Acceptor, Vote)]) -> Vec<(Value, Option<Acceptor>)> {
    let last = promises.iter().filter_map(|(_, vote)| vote.map(|(ballot, _)| ballot)).max();
    if last.is_none() {
        return (0..VALUES).map(|value| (Value(value), None)).collect();
    }
    let shown = promises.iter().filter_map(|(acceptor, vote)| Some((*acceptor, (*vote)?)));
    let newest = shown.filter(|(_, (ballot, _))| Some(*ballot) == last);
    newest.map(|(acceptor, (_, value))| (value, Some(acceptor))).collect()
}

impl Deceit for Ballots {}

/// The inquiry for ballots up to the last.
pub(crate) fn inquiry(last: &Ballot) -> Inquiry<'_, Ballots> {
    let group = Group { n: 3, f: 0 };
    Inquiry {
        group,
        config: last,
        scope: Scope { timers: None, ..Scope::of(Links::Lossy) },
        beginnings: vec![Beginning {
            traitors: ProcessSet::new(),
            doomed: ProcessSet::new(),
            requests: vec![(0, Vec::new()); group.size()],
        }],
        requirements: super::named(&["irrevocability"]),
        budget: Default::default(),
        wide: false,
    }
}
