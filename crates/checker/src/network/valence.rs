//! Asynchrony seen: a beginning from which either of two decisions can still come, and a schedule
//! that keeps it so for as long as asked, although whatever waits longest happens next.
//!
//! A state is *bivalent* if two different results can first be handed out after it (Fischer, Lynch,
//! Paterson 1985). That it is needs two runs as witnesses, which are looked for among a few simple
//! ones: one process at most is not heard from any more, one timer goes off first, and else
//! everything happens in order of age. So what is called bivalent is; what is not called so may be.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use quorate_kernel::{Deceit, Links, marked};

use super::expand::{Expander, Kind, Step};
use super::graph::Successors;
use super::roles::{Entry, Roles};
use super::scope::{Inquiry, Scope};
use super::search::Root;
use super::state::State;
use super::tables::Tables;
use super::trail::{Shown, follow};

/// How many steps a witness has at most.
const WITNESS_MAX: usize = 500;
/// How many steps are tried for each that is kept, at most.
const TRIES: usize = 64;

/// A run that was kept undecided.
#[derive(Clone, Debug)]
pub struct Undecided {
    /// The run.
    pub run: Shown,
    /// The most steps that anything that was due had to wait for its turn.
    pub waited: usize,
    /// From the beginning of the run, and from its end: two results that can still come, each with
    /// the run that leads to it.
    pub ways: [Vec<(String, Shown)>; 2],
}

/// One way in which a run can go on: what is handed out first, and the steps to it.
type Way = (u32, Vec<Step>);

/// A state on the way, with what waits in it and since which step, the oldest first.
struct Place {
    words: Vec<u32>,
    queue: Vec<(u32, usize)>,
    /// What can happen, the oldest last.
    left: Vec<(Step, Vec<u32>)>,
}

/// Keeps a run undecided for so many steps; `None` if none of the beginnings is seen to be
/// bivalent, or it could not be kept so, or the time was up.
pub(super) fn keep_undecided<P: Deceit>(
    inquiry: &Inquiry<'_, P>,
    steps: usize,
) -> Option<Undecided> {
    let scope = Scope {
        timers: None,
        collapse: false,
        calm: false,
        any_number: false,
        links: match inquiry.scope.links {
            Links::Lossy => Links::Reliable,
            links => links,
        },
        crashes: 0,
        flips: 0,
        ..inquiry.scope.clone()
    };
    let mut roles = Roles::new(inquiry);
    let mut roots = super::tables::Source::roots(&mut roles);
    roots.retain(|root| roles.is_plain(root));
    let shared = Mutex::new(roles);
    let n = inquiry.seats();
    let mut scheduler = Scheduler {
        expander: Expander::new(Tables::new(&shared), &scope, n),
        n,
        silenced: inquiry.group.f > 0,
        deadline: inquiry.budget.deadline,
    };
    let kept = roots.iter().find_map(|root| {
        let first = scheduler.ways(&root.words);
        (first.len() > 1).then_some(())?;
        let (way, waited, last) = scheduler.keep(root, steps)?;
        let after = scheduler.ways(&last);
        (after.len() > 1).then_some(())?;
        Some((root, first, way, waited, after))
    });
    drop(scheduler);
    let mut roles = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (root, first, way, waited, after) = kept?;
    let mut told = |before: &[Step], ways: Vec<Way>| {
        let one = |(entry, steps): Way| {
            let run = follow(&mut roles, root, &[before, &steps].concat());
            (result(&roles, entry), run)
        };
        ways.into_iter().map(one).collect::<Vec<_>>()
    };
    let ways = [told(&[], first), told(&way, after)];
    Some(Undecided { run: follow(&mut roles, root, &way), waited, ways })
}

/// What is handed out in an entry, for people.
fn result<P: Deceit>(roles: &Roles<'_, P>, entry: u32) -> String {
    let outputs = roles.entries_of(entry).iter().filter_map(|entry| match entry {
        Entry::Output(output) => Some(marked(output)),
        _ => None,
    });
    outputs.collect::<Vec<_>>().join(", ")
}

struct Scheduler<'s> {
    expander: Expander<'s>,
    n: usize,
    /// Whether a process may be silent from some moment on.
    silenced: bool,
    deadline: Option<Instant>,
}

impl Scheduler<'_> {
    fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    fn next(&mut self, words: &[u32]) -> Vec<(Step, Vec<u32>)> {
        let fifo = self.expander.scope.fifo;
        let print = State { words, n: self.n }.print(fifo, &mut self.expander.tables);
        let mut next = Successors::of(words);
        self.expander.expand(words, print, &mut next);
        next.all
            .retain(|(step, _)| matches!(step.kind, Kind::Deliver | Kind::Timer | Kind::Request));
        next.all
    }

    /// What is handed out in a step; nothing in one that is asked for.
    fn entry(&mut self, words: &[u32], step: Step) -> u32 {
        let seat = words[usize::from(step.process)];
        let (from, _) = self.expander.tables.land(seat, step.event);
        let landing = &self.expander.tables.known[(from + step.landing) as usize].landing;
        if step.kind == Kind::Request { 0 } else { landing.entry }
    }

    /// Ways in which a run can go on from a state that hand out different things first.
    fn ways(&mut self, words: &[u32]) -> Vec<Way> {
        let mut found: Vec<Way> = Vec::new();
        let silent: Vec<Option<u16>> = match self.silenced {
            true => std::iter::once(None).chain((0..self.n as u16).map(Some)).collect(),
            false => vec![None],
        };
        for silent in silent {
            for first in 0..self.n as u16 {
                if found.len() > 1 {
                    return found;
                }
                if let Some(way) = self.way(words, silent, first)
                    && found.iter().all(|(entry, _)| *entry != way.0)
                {
                    found.push(way);
                }
            }
        }
        found
    }

    /// What is handed out first if one process is not heard from, and one timer is the first.
    fn way(&mut self, words: &[u32], silent: Option<u16>, first: u16) -> Option<Way> {
        let mut words = words.to_vec();
        let mut queue = Vec::new();
        let mut steps: Vec<Step> = Vec::new();
        while steps.len() < WITNESS_MAX {
            if self.is_late() {
                return None;
            }
            let mut next = self.next(&words);
            next.retain(|(step, _)| {
                let from = self.expander.tables.event(step.event).from;
                let heard = silent != Some(step.process) && silent != Some(from);
                heard || step.kind == Kind::Request
            });
            renew(&mut queue, &next, steps.len());
            let timed = steps.iter().any(|step| step.kind == Kind::Timer);
            let rank = |step: &Step| match step.kind {
                Kind::Request => 0,
                Kind::Deliver => 1,
                _ if step.process == first && !timed => 2,
                _ => 3,
            };
            let (step, after) = next
                .into_iter()
                .min_by_key(|(step, _)| (rank(step), age(&queue, step), step.landing))?;
            queue.retain(|(event, _)| *event != step.event);
            let entry = self.entry(&words, step);
            steps.push(step);
            if entry != 0 {
                return Some((entry, steps));
            }
            words = after;
        }
        None
    }

    /// Goes on from a root for so many steps, each to a bivalent state: the steps, how long
    /// anything waited at most, and the last state.
    fn keep(&mut self, root: &Root, most: usize) -> Option<(Vec<Step>, usize, Vec<u32>)> {
        let mut stack = vec![self.place(root.words.clone(), Vec::new(), 0)];
        let mut way: Vec<(Step, usize)> = Vec::new();
        let mut tries = 0;
        while way.len() < most {
            tries += 1;
            let depth = way.len();
            let top = stack.last_mut()?;
            let Some((step, after)) = top.left.pop().filter(|_| tries < TRIES * most) else {
                stack.pop();
                way.pop();
                continue;
            };
            let since = top.queue.iter().find(|(event, _)| *event == step.event);
            let waited = since.map_or(0, |(_, since)| depth - since);
            let mut queue = top.queue.clone();
            queue.retain(|(event, _)| *event != step.event);
            let here = top.words.clone();
            if self.entry(&here, step) != 0 || self.ways(&after).len() < 2 {
                continue;
            }
            way.push((step, waited));
            let place = self.place(after, queue, depth + 1);
            stack.push(place);
        }
        let waited = way.iter().map(|(_, waited)| *waited).max().unwrap_or(0);
        let last = stack.pop()?.words;
        Some((way.into_iter().map(|(step, _)| step).collect(), waited, last))
    }

    fn place(&mut self, words: Vec<u32>, mut queue: Vec<(u32, usize)>, depth: usize) -> Place {
        let mut left = self.next(&words);
        renew(&mut queue, &left, depth);
        left.sort_by_key(|(step, _)| std::cmp::Reverse((age(&queue, step), step.landing)));
        Place { words, queue, left }
    }
}

/// Takes up what is new, and leaves out what cannot happen any more.
fn renew(queue: &mut Vec<(u32, usize)>, next: &[(Step, Vec<u32>)], now: usize) {
    queue.retain(|(event, _)| next.iter().any(|(step, _)| step.event == *event));
    for (step, _) in next {
        if queue.iter().all(|(event, _)| *event != step.event) {
            queue.push((step.event, now));
        }
    }
}

fn age(queue: &[(u32, usize)], step: &Step) -> Option<usize> {
    queue.iter().position(|(event, _)| *event == step.event)
}
