//! A run that the search found, in words that any engine understands.

use std::collections::{HashMap, VecDeque};

use quorate_kernel::{Deceit, Process};

use super::expand::{Kind, Step};
use super::roles::{Event, Roles};
use super::search::Root;
use super::tables::{Landing, Source};

/// A run: what it began with, and its steps in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// Which of [`super::Inquiry::beginnings`].
    pub beginning: usize,
    /// What each process does when it boots for the first time.
    pub boots: Vec<Done>,
    /// What happens, one after the other.
    pub moves: Vec<Move>,
    /// From which move on it goes round for ever, if it does: after the last move comes this one.
    pub circle: Option<usize>,
    /// By how much all rounds, ballots and phases are higher each time.
    pub raised: u32,
}

/// One step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Move {
    /// At whom.
    pub process: Process,
    /// What happens.
    pub what: What,
    /// What the process does.
    pub done: Done,
    /// Where a crash cuts it short: after how many handlers that store or send anything, with how
    /// many records of the next stored, and its messages reaching these.
    pub cut: Option<(u32, u32, Vec<Process>)>,
    /// How many records the disk forgets in the crash.
    pub forgotten: u32,
    /// Which bit flips, and in which record if on a disk.
    pub bit: Option<(Option<u32>, u32)>,
}

/// What a process does in a step.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Done {
    /// The lots that it draws, in order.
    pub lots: Vec<u32>,
    /// The tosses of the common coin that it asks for.
    pub tosses: Vec<(u64, bool)>,
    /// How many timers it sets.
    pub sets: u32,
    /// To whom it sends, in order.
    pub sends: Vec<Process>,
}

/// What happens in a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// The n-th message from a process, counted from 0, arrives; perhaps once more.
    Deliver {
        /// From whom.
        from: Process,
        /// Which of its messages to this process.
        number: u32,
    },
    /// It is asked something.
    Request {
        /// Which request of the run.
        number: u32,
    },
    /// The n-th timer that it set, counted from 0, goes off.
    Timer {
        /// Which.
        setting: u32,
    },
    /// A traitor's word arrives.
    Word {
        /// Who says it.
        from: Process,
        /// Which of its words: the reading of the vocabulary's odometer.
        reading: Vec<u32>,
    },
    /// It crashes between two steps.
    Crash,
    /// It boots again.
    Restart,
    /// One of its bits flips.
    Flip,
    /// From here on nothing fails.
    Calm,
}

/// What has to be counted to name messages and timers.
#[derive(Default)]
struct Counts {
    /// The beginning of the run.
    beginning: usize,
    /// How many messages each link carried.
    carried: HashMap<(u16, u16), u32>,
    /// The messages on their way, by their event, the oldest first.
    under_way: HashMap<u32, VecDeque<u32>>,
    /// How many timers each process has set, and which setting each running timer is of.
    settings: HashMap<u16, u32>,
    running: HashMap<u32, u32>,
    /// What traitors have heard, in order, as events.
    heard: Vec<u32>,
}

/// Puts the steps from a root into words.
pub(super) fn follow<P: Deceit>(roles: &mut Roles<'_, P>, root: &Root, steps: &[Step]) -> Shown {
    let mut seats = root.words[..roles.inquiry.seats()].to_vec();
    let mut counts = Counts { beginning: root.beginning, ..Counts::default() };
    let mut boots = Vec::new();
    for process in (0..seats.len() as u16).map(Process) {
        let landings = roles.first(process, root.beginning as u16);
        let booted = landings.iter().find(|landing| landing.seat == seats[process.index()]);
        boots.push(booted.map_or_else(Done::default, |landing| {
            counts.take(roles, process.0, landing);
            done(roles, landing)
        }));
    }
    let mut moves = Vec::new();
    for step in steps {
        let at = usize::from(step.process);
        let landing = match step.kind {
            Kind::Calm => Landing { seat: seats[at], ..Landing::default() },
            _ => roles.land(seats[at], step.event).swap_remove(step.landing as usize),
        };
        let what = match step.kind {
            Kind::Calm => What::Calm,
            _ => counts.name(roles, step, seats[at]),
        };
        moves.push(moved(roles, step, what, &landing));
        counts.take(roles, step.process, &landing);
        seats[at] = landing.seat;
    }
    Shown { beginning: root.beginning, boots, moves, circle: None, raised: 0 }
}

fn done<P: Deceit>(roles: &Roles<'_, P>, landing: &Landing) -> Done {
    let receiver = |event: &u32| match &roles.events[*event as usize] {
        Event::Message { to, .. } => Some(*to),
        _ => None,
    };
    Done {
        lots: landing.how.lots.clone(),
        tosses: landing.tosses.to_vec(),
        sets: landing.how.sets.len() as u32,
        sends: landing.sends.iter().filter_map(receiver).collect(),
    }
}

fn moved<P: Deceit>(roles: &Roles<'_, P>, step: &Step, what: What, landing: &Landing) -> Move {
    let members = |set: u64| (0..64).filter(|at| set >> at & 1 == 1).map(Process).collect();
    let how = &landing.how;
    Move {
        process: Process(step.process),
        what,
        done: done(roles, landing),
        cut: how.cut.map(|cut| (cut.passed, cut.stored, members(cut.reached))),
        forgotten: how.forgotten,
        bit: how.bit,
    }
}

impl Counts {
    /// Counts the messages that are sent, and the timers that are set.
    fn take<P: Deceit>(&mut self, roles: &Roles<'_, P>, who: u16, landing: &Landing) {
        for event in &landing.sends {
            if let Event::Message { from, to, .. } = &roles.events[*event as usize] {
                let number = self.carried.entry((from.0, to.0)).or_default();
                self.under_way.entry(*event).or_default().push_back(*number);
                *number += 1;
            }
        }
        for timer in &landing.how.sets {
            let number = self.settings.entry(who).or_default();
            self.running.insert(*timer, *number);
            *number += 1;
        }
    }

    fn name<P: Deceit>(&mut self, roles: &Roles<'_, P>, step: &Step, seat: u32) -> What {
        let mut event = step.event;
        while let Event::Cut { event: inner, .. } | Event::Garbled { event: inner } =
            &roles.events[event as usize]
        {
            event = *inner;
        }
        match &roles.events[event as usize] {
            Event::Message { from, message, .. } if step.kind == Kind::Word => {
                let heard =
                    self.heard.iter().filter_map(|event| match &roles.events[*event as usize] {
                        Event::Message { message, .. } => Some(message.clone()),
                        _ => None,
                    });
                let seen: Vec<P::Message> = heard.collect();
                What::Word { from: *from, reading: roles.reading(seat, *from, (message, &seen)) }
            }
            Event::Message { from, .. } => {
                if roles.info_of(seat).spy {
                    self.heard.push(event);
                }
                let waiting = self.under_way.entry(event).or_default();
                // The oldest first; the last goes on arriving where messages may be repeated.
                let number = match roles.inquiry.scope.any_number && waiting.len() == 1 {
                    true => waiting.front().copied(),
                    false => waiting.pop_front(),
                };
                What::Deliver { from: *from, number: number.unwrap_or_default() }
            }
            Event::Request { .. } => What::Request {
                number: roles.next_request(seat, self.beginning).unwrap_or_default(),
            },
            Event::Timer { .. } => {
                What::Timer { setting: self.running.get(&event).copied().unwrap_or_default() }
            }
            Event::Crash { .. } => What::Crash,
            Event::Restart { .. } => What::Restart,
            Event::Flip { .. } | Event::Cut { .. } | Event::Garbled { .. } => What::Flip,
        }
    }
}
