//! Paxos Commit (Gray, Lamport 2006, section 4), with ballots 0 and 1: each resource's readiness is
//! decided by Paxos, its own proposal being ballot 0. What leaders do needs what several acceptors
//! have sent, so p0 plays all three acceptors and the leaders; p1 begins ballots, any number of
//! times, and is told what is accepted; the resources follow.

use std::collections::{BTreeMap, BTreeSet};

use quorate_checker::network::{Beginning, Inquiry, Scope};
use quorate_kernel::{
    Context, Deceit, Domain, Group, Links, Message, Process, ProcessSet, Protocol, Renamed,
    Renaming, Value, inspect, rules,
};
use quorate_problems::Consensus;

rules! {
    OBEY = "RMRcvMsg": "a resource does what it is told";
}

const ACCEPTORS: u8 = 3;
/// The majorities, each without one acceptor.
const MAJORITIES: [[u8; 2]; 3] = [[0, 1], [0, 2], [1, 2]];

const ACCEPTING: Process = Process(0);
const BEGINNER: Process = Process(1);
/// How many processes come before the resources.
const BEFORE: u16 = 2;

type Acceptor = u8;
/// Whether it is ballot 1.
type Ballot = bool;
/// Whether the resource is prepared.
type Prepared = bool;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Words {
    /// Ballot 0, by the resource.
    Propose(Acceptor, Prepared),
    /// Ballot 1 for a resource begins.
    Prepare(Acceptor, Process),
    Accepted(Acceptor, Process, Ballot, Prepared),
    Decided(bool),
}

inspect!(
    enum Words {
        Propose(acceptor, prepared),
        Prepare(acceptor, resource),
        Accepted(acceptor, resource, ballot, prepared),
        Decided(commit),
    }
);

impl Message for Words {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Timer {
    // Of a resource.
    Prepare,
    Refuse,
    // Of the beginner.
    Begin(Process),
    // Of leaders and acceptors. The source generates one step for each majority that shows it, and
    // for a commit one for each way to take a majority for each resource.
    Propose(Process, [Acceptor; 2]),
    Accept(Process, Acceptor),
    Commit(usize),
    Abort(Process, Ballot, [Acceptor; 2]),
}

impl Renamed for Timer {
    fn rename(&mut self, by: &Renaming) {
        match self {
            Self::Begin(of) | Self::Propose(of, _) | Self::Accept(of, _) | Self::Abort(of, ..) => {
                of.rename(by);
            }
            Self::Prepare | Self::Refuse | Self::Commit(_) => {}
        }
    }
}

/// Paxos for one resource: what its acceptors know, and what they have sent.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct Instance {
    /// Who has promised ballot 1.
    promised: BTreeSet<Acceptor>,
    votes: BTreeMap<Acceptor, (Ballot, Prepared)>,
    promises: BTreeMap<Acceptor, Option<Prepared>>,
    proposed: Option<Prepared>,
    accepted: BTreeMap<(Ballot, Acceptor), Prepared>,
}

inspect!(Instance { promised, votes, promises, proposed, accepted });

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct PaxosCommit {
    instances: BTreeMap<Process, Instance>,
    // Of a resource.
    prepared: bool,
    outcome: Option<bool>,
}

inspect!(PaxosCommit { instances, prepared, outcome });

fn resources(group: Group) -> impl Iterator<Item = Process> + Clone {
    group.processes().skip(usize::from(BEFORE))
}

impl Instance {
    fn accept(&mut self, (acceptor, ballot): (Acceptor, Ballot), value: Prepared) {
        if ballot {
            self.promised.insert(acceptor);
        }
        self.votes.insert(acceptor, (ballot, value));
        self.accepted.insert((ballot, acceptor), value);
    }

    /// The ballots and majorities in which this was accepted.
    fn decided(&self, value: Prepared) -> impl Iterator<Item = (Ballot, [Acceptor; 2])> + '_ {
        let all = [false, true].into_iter().flat_map(|b| MAJORITIES.map(|majority| (b, majority)));
        all.filter(move |(ballot, majority)| {
            majority.iter().all(|one| self.accepted.get(&(*ballot, *one)) == Some(&value))
        })
    }

    /// What a majority leaves to propose in ballot 1, once it has promised.
    fn safe(&self, majority: [Acceptor; 2]) -> Option<Prepared> {
        let mut safe = false;
        for acceptor in majority {
            safe = self.promises.get(&acceptor)?.unwrap_or(safe);
        }
        Some(safe)
    }
}

impl Protocol for PaxosCommit {
    type Problem = Consensus;
    type Config = ();
    type Message = Words;
    type Timer = Timer;
    type Stable = ();

    fn domain((): &()) -> Domain {
        Domain { size: 2 }
    }

    fn start(cx: &mut Context<'_, Self>) -> Self {
        let mut new = Self::default();
        match cx.me {
            ACCEPTING => {
                new.instances = resources(cx.group).map(|r| (r, Instance::default())).collect();
            }
            BEGINNER => resources(cx.group).for_each(|r| cx.set_timer(Timer::Begin(r), 1)),
            _ => [Timer::Prepare, Timer::Refuse].into_iter().for_each(|t| cx.set_timer(t, 1)),
        }
        new
    }

    fn on_input(&mut self, _: Value, _: &mut Context<'_, Self>) {}

    fn on_message(&mut self, from: Process, words: Words, cx: &mut Context<'_, Self>) {
        let before = self.open();
        match words {
            Words::Propose(acceptor, value) => self.accept(from, (acceptor, false), value, cx),
            Words::Prepare(acceptor, resource) => {
                let Some(paxos) = self.instances.get_mut(&resource) else { return };
                if paxos.promised.insert(acceptor) {
                    let vote = paxos.votes.get(&acceptor).map(|(_, value)| *value);
                    paxos.promises.insert(acceptor, vote);
                }
            }
            Words::Decided(commit) => {
                cx.cite(OBEY);
                self.end(commit, cx);
            }
            Words::Accepted(..) => {}
        }
        self.may(&before, cx);
    }

    fn on_timer(&mut self, timer: Timer, cx: &mut Context<'_, Self>) {
        let before = self.open();
        match timer {
            Timer::Prepare | Timer::Refuse => {
                self.prepared = timer == Timer::Prepare;
                for acceptor in 0..ACCEPTORS {
                    cx.send(ACCEPTING, Words::Propose(acceptor, self.prepared));
                }
                cx.cancel_timer(Timer::Prepare);
                if !self.prepared {
                    self.end(false, cx);
                }
                cx.cancel_timer(Timer::Refuse);
            }
            Timer::Begin(resource) => {
                cx.set_timer(timer, 1);
                for acceptor in 0..ACCEPTORS {
                    cx.send(ACCEPTING, Words::Prepare(acceptor, resource));
                }
            }
            Timer::Propose(resource, majority) => {
                if let Some(paxos) = self.instances.get_mut(&resource) {
                    paxos.proposed = paxos.safe(majority);
                }
            }
            Timer::Accept(resource, acceptor) => {
                let proposed = self.instances.get(&resource).and_then(|paxos| paxos.proposed);
                if let Some(value) = proposed {
                    self.accept(resource, (acceptor, true), value, cx);
                }
            }
            Timer::Commit(_) | Timer::Abort(..) => {
                let commit = matches!(timer, Timer::Commit(_));
                for resource in resources(cx.group) {
                    cx.send(resource, Words::Decided(commit));
                }
            }
        }
        self.may(&before, cx);
    }
}

impl PaxosCommit {
    fn end(&mut self, commit: bool, cx: &mut Context<'_, Self>) {
        cx.cancel_timer(Timer::Prepare);
        cx.cancel_timer(Timer::Refuse);
        self.prepared = false;
        self.outcome = Some(commit);
        cx.output(Value(u16::from(commit)));
    }

    fn accept(
        &mut self,
        resource: Process,
        (acceptor, ballot): (Acceptor, Ballot),
        value: Prepared,
        cx: &mut Context<'_, Self>,
    ) {
        let Some(paxos) = self.instances.get_mut(&resource) else { return };
        if ballot || !paxos.promised.contains(&acceptor) {
            paxos.accept((acceptor, ballot), value);
            cx.send(BEGINNER, Words::Accepted(acceptor, resource, ballot, value));
        }
    }

    /// Lets happen what acceptors and leaders can do now.
    fn may(&self, before: &BTreeSet<Timer>, cx: &mut Context<'_, Self>) {
        let now = self.open();
        for over in before.difference(&now) {
            cx.cancel_timer(*over);
        }
        for open in now {
            cx.set_timer(open, 1);
        }
    }

    fn open(&self) -> BTreeSet<Timer> {
        let mut open = BTreeSet::new();
        for (resource, paxos) in &self.instances {
            if paxos.proposed.is_some() {
                open.extend((0..ACCEPTORS).map(|acceptor| Timer::Accept(*resource, acceptor)));
            } else {
                let ready = MAJORITIES.into_iter().filter(|m| paxos.safe(*m).is_some());
                open.extend(ready.map(|majority| Timer::Propose(*resource, majority)));
            }
            let aborted = paxos.decided(false);
            open.extend(aborted.map(|(ballot, shown)| Timer::Abort(*resource, ballot, shown)));
        }
        let shown = self.instances.values().map(|paxos| paxos.decided(true).count());
        if !self.instances.is_empty() {
            open.extend((0..shown.product()).map(Timer::Commit));
        }
        open
    }
}

impl Deceit for PaxosCommit {}

/// The inquiry for so many resources.
pub(crate) fn inquiry(resources: u16) -> Inquiry<'static, PaxosCommit> {
    let group = Group { n: resources + BEFORE, f: 0 };
    Inquiry {
        group,
        config: &(),
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
