//! Non-blocking atomic commitment with a failure detector (Raynal 1997): each votes, and commits
//! when all have voted yes and nobody is suspected. The detector says what it likes, and anybody
//! may crash; what has arrived at a crashed process still counts as a part of the state.

use std::collections::BTreeMap;

use quorate_checker::network::{Beginning, Inquiry, Scope};
use quorate_kernel::{
    Context, Deceit, Domain, Group, Links, Message, Process, ProcessSet, Protocol, Renamed, Value,
    inspect,
};
use quorate_problems::Consensus;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Vote {
    yes: bool,
}

inspect!(Vote { yes });

impl Message for Vote {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Timer {
    /// The failure detector changes its mind.
    Suspect,
    Vote,
    /// Its own vote arrives.
    Own,
    Abort,
    Commit,
    Crash,
}

impl Renamed for Timer {}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Phase {
    Open(bool),
    Voted,
    Aborted,
    Committed,
    Crashed,
}

inspect!(
    enum Phase {
        Open(yes),
        Voted,
        Aborted,
        Committed,
        Crashed,
    }
);

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Voter {
    phase: Phase,
    suspects: bool,
    /// What it voted, while that has not arrived at itself.
    own: Option<bool>,
    votes: BTreeMap<Process, bool>,
}

inspect!(Voter { phase, suspects, own, votes });

impl Protocol for Voter {
    type Problem = Consensus;
    type Config = ();
    type Message = Vote;
    type Timer = Timer;
    type Stable = ();

    fn domain((): &()) -> Domain {
        Domain { size: 2 }
    }

    fn start(cx: &mut Context<'_, Self>) -> Self {
        let phase = Phase::Open(cx.choose(2) == 1);
        let suspects = cx.choose(2) == 1;
        let new = Self { phase, suspects, own: None, votes: BTreeMap::new() };
        new.may(cx);
        new
    }

    fn on_input(&mut self, _: Value, _: &mut Context<'_, Self>) {}

    fn on_message(&mut self, from: Process, vote: Vote, cx: &mut Context<'_, Self>) {
        self.votes.insert(from, vote.yes);
        self.may(cx);
    }

    fn on_timer(&mut self, timer: Timer, cx: &mut Context<'_, Self>) {
        match (timer, self.phase) {
            (Timer::Suspect, _) => self.suspects = !self.suspects,
            (Timer::Vote, Phase::Open(yes)) => {
                self.phase = Phase::Voted;
                self.own = Some(yes);
                for other in cx.group.others(cx.me) {
                    cx.send(other, Vote { yes });
                }
            }
            (Timer::Own, _) => self.votes.extend(self.own.take().map(|yes| (cx.me, yes))),
            (Timer::Abort, _) => self.phase = Phase::Aborted,
            (Timer::Commit, _) => self.phase = Phase::Committed,
            (Timer::Crash, _) => self.phase = Phase::Crashed,
            (Timer::Vote, _) => {}
        }
        self.may(cx);
    }
}

impl Voter {
    /// Lets happen what can happen now.
    fn may(&self, cx: &mut Context<'_, Self>) {
        let voted = self.phase == Phase::Voted;
        let refused = self.votes.values().any(|yes| !yes);
        let all = self.votes.len() == cx.group.size();
        for (timer, can) in [
            (Timer::Suspect, true),
            (Timer::Vote, matches!(self.phase, Phase::Open(_))),
            (Timer::Own, self.own.is_some()),
            (Timer::Abort, voted && (self.suspects || refused)),
            (Timer::Commit, voted && all && !refused && !self.suspects),
            (Timer::Crash, self.phase != Phase::Crashed),
        ] {
            if can {
                cx.set_timer(timer, 1);
            } else {
                cx.cancel_timer(timer);
            }
        }
    }
}

impl Deceit for Voter {}

/// The inquiry for so many processes.
pub(crate) fn inquiry(processes: u16) -> Inquiry<'static, Voter> {
    let group = Group { n: processes, f: processes };
    Inquiry {
        group,
        config: &(),
        scope: Scope { timers: None, ..Scope::of(Links::Lossy) },
        beginnings: vec![Beginning {
            traitors: ProcessSet::new(),
            doomed: ProcessSet::new(),
            requests: vec![(0, Vec::new()); group.size()],
        }],
        requirements: super::named(&["agreement"]),
        budget: Default::default(),
        wide: false,
    }
}
