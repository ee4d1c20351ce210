//! Atomic commitment with a simple broadcast (Babaoglu, Toueg 1993, section 4.2): coordinator p0
//! asks, collects votes, decides, and tells; everybody may die, and is found dead at some time.
//!
//! The source looks whether another is alive. Here who dies says so where it matters: to the
//! coordinator if the vote was not cast yet, and to participants that were not asked yet.

use std::collections::BTreeMap;

use quorate_checker::network::{Beginning, Inquiry, Scope};
use quorate_kernel::{
    Context, Deceit, Domain, Group, Links, Message, Process, ProcessSet, Protocol, Renamed,
    Renaming, Value, inspect,
};
use quorate_problems::Consensus;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Words {
    Request,
    Vote(bool),
    Decision(bool),
    Dead,
}

inspect!(
    enum Words {
        Request,
        Vote(yes),
        Decision(commit),
        Dead,
    }
);

impl Message for Words {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Timer {
    Ask(Process),
    Decide,
    Tell(Process),
    Refuse,
    Die,
}

impl Renamed for Timer {
    fn rename(&mut self, by: &Renaming) {
        if let Self::Ask(whom) | Self::Tell(whom) = self {
            whom.rename(by);
        }
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Committer {
    dead: bool,
    decision: Option<bool>,
    // Of the coordinator.
    asked: ProcessSet,
    votes: BTreeMap<Process, bool>,
    // Of a participant.
    votes_yes: bool,
    voted: bool,
}

inspect!(Committer { dead, decision, asked, votes, votes_yes, voted });

const COORDINATOR: Process = Process(0);

impl Protocol for Committer {
    type Problem = Consensus;
    type Config = ();
    type Message = Words;
    type Timer = Timer;
    type Stable = ();

    fn domain((): &()) -> Domain {
        Domain { size: 2 }
    }

    fn start(cx: &mut Context<'_, Self>) -> Self {
        cx.set_timer(Timer::Die, 1);
        let is_coordinator = cx.me == COORDINATOR;
        if is_coordinator {
            for other in cx.group.others(COORDINATOR) {
                cx.set_timer(Timer::Ask(other), 1);
            }
        }
        Self {
            dead: false,
            decision: None,
            asked: ProcessSet::new(),
            votes: BTreeMap::new(),
            votes_yes: !is_coordinator && cx.choose(2) == 1,
            voted: false,
        }
    }

    fn on_input(&mut self, _: Value, _: &mut Context<'_, Self>) {}

    fn on_message(&mut self, from: Process, words: Words, cx: &mut Context<'_, Self>) {
        let others = cx.group.size() - 1;
        let collects = self.asked.len() == others && !self.votes.contains_key(&from);
        match words {
            _ if self.dead => {}
            Words::Request => {
                cx.send(COORDINATOR, Words::Vote(self.votes_yes));
                self.voted = true;
                if !self.votes_yes && self.decision.is_none() {
                    cx.set_timer(Timer::Refuse, 1);
                }
            }
            _ if self.decision.is_some() => {}
            Words::Vote(yes) if collects => {
                self.votes.insert(from, yes);
                if self.votes.len() == others {
                    cx.set_timer(Timer::Decide, 1);
                }
            }
            Words::Dead if cx.me != COORDINATOR || collects => self.decide(false, cx),
            Words::Decision(commit) => self.decide(commit, cx),
            Words::Vote(_) | Words::Dead => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, cx: &mut Context<'_, Self>) {
        match timer {
            Timer::Ask(other) => {
                self.asked.insert(other);
                cx.send(other, Words::Request);
            }
            Timer::Decide => self.decide(self.votes.values().all(|yes| *yes), cx),
            Timer::Tell(other) => {
                if let Some(commit) = self.decision {
                    cx.send(other, Words::Decision(commit));
                }
            }
            Timer::Refuse => self.decide(false, cx),
            Timer::Die => self.die(cx),
        }
    }
}

impl Committer {
    fn decide(&mut self, commit: bool, cx: &mut Context<'_, Self>) {
        cx.cancel_timer(Timer::Refuse);
        self.decision = Some(commit);
        cx.output(Value(u16::from(commit)));
        if cx.me == COORDINATOR {
            for other in cx.group.others(COORDINATOR) {
                cx.set_timer(Timer::Tell(other), 1);
            }
        }
    }

    fn die(&mut self, cx: &mut Context<'_, Self>) {
        self.dead = true;
        cx.cancel_timer(Timer::Refuse);
        cx.cancel_timer(Timer::Decide);
        for other in cx.group.others(COORDINATOR) {
            cx.cancel_timer(Timer::Ask(other));
            cx.cancel_timer(Timer::Tell(other));
            if cx.me == COORDINATOR && !self.asked.contains(other) {
                cx.send(other, Words::Dead);
            }
        }
        if cx.me != COORDINATOR && !self.voted {
            cx.send(COORDINATOR, Words::Dead);
        }
    }
}

impl Deceit for Committer {}

/// The inquiry for so many participants.
pub(crate) fn inquiry(participants: u16) -> Inquiry<'static, Committer> {
    let group = Group { n: participants + 1, f: 0 };
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
