//! How likely it is that all correct processes have decided by a round: exactly, and whatever the
//! scheduler and the adversary do.
//!
//! The states with the steps between them are a Markov decision process: what happens next is the
//! adversary's choice, who sees everything, and how lots and coins fall in it is chance. Its least
//! and greatest probabilities to come to a set of states are what all policies, with memory and
//! with lots of their own too, keep between (Bianco, de Alfaro 1995). Runs that can be cut off at a
//! round have no circles, so that they are computed from the ends back, as fractions.
//!
//! A process has decided by round r if it decides before it enters round r + 1. The adversary may
//! end a run where nothing has to happen any more. A state that was not expanded counts as the
//! worst for the least and the best for the greatest, so that both stay true as bounds.

use std::sync::{Mutex, PoisonError};

use indexmap::IndexSet;
use num_rational::BigRational;
use quorate_kernel::Deceit;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::backwards::{Decisions, Place, UNWEIGHED};
use super::cut_off::CutOff;
use super::expand::{Expander, Offer, Sink, Step};
use super::graph::Limits;
use super::print::{Print, omission};
use super::roles::Roles;
use super::scope::Inquiry;
use super::search::Root;
use super::state::{Coins, State, members};
use super::tables::{Source, Tables};
use crate::question::{Budget, Progress, Stop};

/// How many states are expanded between two looks at the clock.
const LOOK: usize = 256;
/// About how many bytes a state takes besides its words and its moves.
const STATE_BYTES: u64 = 72;

/// A probability, exactly.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Exact(pub(super) BigRational);

impl Exact {
    /// The nearest number of 64 bits, about.
    pub fn about(&self) -> f64 {
        let (above, below) = (self.0.numer().to_string(), self.0.denom().to_string());
        above.parse::<f64>().unwrap_or(0.0) / below.parse::<f64>().unwrap_or(1.0)
    }
}

impl std::fmt::Display for Exact {
    /// `0`, `1` or a fraction in lowest terms, as in `3/4`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.0, out)
    }
}

/// The probability that all correct processes have decided by a round.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct By {
    /// The round.
    pub round: u32,
    /// The least that a scheduler and an adversary can bring it to.
    pub least: Exact,
    /// The greatest.
    pub most: Exact,
}

/// How likely decisions are, round by round.
#[derive(Clone, PartialEq, Debug)]
pub struct Odds {
    /// By round, from the first.
    pub by: Vec<By>,
    /// Why the search stopped early: then the least are no more than lower bounds, and the
    /// greatest upper bounds.
    pub stopped: Option<Stop>,
    /// Which bounds cut runs off; likewise.
    pub cut_off: CutOff,
    /// Distinct states.
    pub states: u64,
    /// Steps between them.
    pub transitions: u64,
    /// The probability that a state was left out, since another has the same print.
    pub omission: f64,
}

impl Odds {
    /// Whether the probabilities are what they are, and not bounds.
    pub fn is_exact(&self) -> bool {
        self.stopped.is_none() && !self.cut_off.any()
    }
}

/// Computes them for the rounds up to `last`; an objection if that cannot be done.
///
/// No names are exchanged here, whatever the scope says.
pub fn weigh<P: Deceit>(
    inquiry: &Inquiry<'_, P>,
    last: u32,
    progress: &Progress,
) -> Result<Odds, &'static str> {
    let Budget { deadline, memory_bytes, .. } = inquiry.budget;
    let limits = Limits { deadline, memory_bytes, progress };
    let scope = &inquiry.scope;
    if scope.crashes > 0 || scope.flips > 0 || scope.calm {
        return Err("probabilities are computed where nothing comes back, no bit flips, and no \
             calm is promised: take --restarts 0, no --flips, and --timing asynchronous");
    }
    let mut roles = Roles::new(inquiry);
    if !roles.asks_termination() {
        return Err("nobody has to decide in this problem, so that there is no such probability");
    }
    if roles.draws_at_boot() {
        return Err("a process draws lots before anything happens, and these are not weighed");
    }
    let roots = roles.roots();
    let shared = Mutex::new(roles);
    let n = inquiry.group.size();
    let mut expander = Expander::new(Tables::new(&shared), scope, n);
    expander.weighs = true;
    let mut weighing = Weighing {
        expander,
        n,
        last,
        shared: &shared,
        numbers: FxHashMap::default(),
        words: Vec::new(),
        ends: Vec::new(),
        undecided: FxHashMap::default(),
        decisions: Decisions::new(last),
        cut_off: CutOff::default(),
    };
    weighing.grow(&roots, &limits)
}

/// The states that were found, and what is known of them.
struct Weighing<'s> {
    expander: Expander<'s>,
    n: usize,
    last: u32,
    shared: &'s Mutex<dyn Source + 's>,
    numbers: FxHashMap<Print, u32>,
    words: Vec<u32>,
    ends: Vec<u64>,
    /// By ledger, who has not decided.
    undecided: FxHashMap<u32, u64>,
    decisions: Decisions,
    cut_off: CutOff,
}

impl Weighing<'_> {
    fn grow(&mut self, roots: &[Root], limits: &Limits<'_>) -> Result<Odds, &'static str> {
        let roots: Vec<u32> = roots.iter().map(|root| self.enter(&root.words)).collect();
        let (mut at, mut stopped) = (0, None);
        while at < self.ends.len() {
            if at.is_multiple_of(LOOK) {
                stopped = limits.stop(self.bytes());
                if stopped.is_some() {
                    break;
                }
            }
            self.expand(at)?;
            at += 1;
        }
        let by = self.decisions.by(&roots)?;
        let states = self.ends.len() as u64;
        Ok(Odds {
            by,
            stopped,
            cut_off: self.cut_off,
            states,
            transitions: self.decisions.transitions(),
            omission: omission(states, 128),
        })
    }

    fn bytes(&self) -> u64 {
        let states = self.ends.len() as u64 * STATE_BYTES;
        states + self.words.capacity() as u64 * 4 + self.decisions.bytes() + self.expander.bytes()
    }

    /// The number of a state, which is judged if it is new.
    fn enter(&mut self, words: &[u32]) -> u32 {
        let state = State { words, n: self.n };
        let print = state.print(self.expander.scope.fifo, &mut self.expander.tables);
        if let Some(known) = self.numbers.get(&print) {
            return *known;
        }
        let place = self.place(state);
        self.numbers.insert(print, self.ends.len() as u32);
        self.words.extend_from_slice(words);
        self.ends.push(self.words.len() as u64);
        self.decisions.enter(place)
    }

    /// Who is correct and has not decided, and in which round at most.
    fn place(&mut self, state: State<'_>) -> Place {
        let case = self.expander.case_of(state, true);
        let shared = self.shared;
        let all = *self.undecided.entry(state.ledger()).or_insert_with(|| {
            shared.lock().unwrap_or_else(PoisonError::into_inner).undecided(state.ledger())
        });
        let undecided = all & !(case.down | case.traitors);
        let rounds = members(undecided)
            .map(|at| self.expander.tables.seat(state.seats()[at]).round)
            .collect::<Vec<u32>>();
        match rounds.iter().max() {
            None => Place::Decided,
            Some(round) if *round > self.last => Place::Late,
            Some(round) => Place::Open { round: *round, may_end: false },
        }
    }

    /// Finds what can happen in a state, where it matters, and with which probabilities.
    fn expand(&mut self, at: usize) -> Result<(), &'static str> {
        if !self.decisions.is_open(at) {
            return self.decisions.expanded(at, false);
        }
        let from = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        let words = self.words[from..self.ends[at] as usize].to_vec();
        let state = State { words: &words, n: self.n };
        let print = state.print(self.expander.scope.fifo, &mut self.expander.tables);
        let mut moves = Moves { from: &words, all: Vec::new() };
        let expanded = self.expander.expand(&words, print, &mut moves);
        self.cut_off.add(expanded.cut_off);
        let mut before: &[Step] = &[];
        for (steps, next) in &moves.all {
            if !is_other_way(before, steps) {
                self.decisions.begin_move();
            }
            before = steps;
            let chance = self.chance(state, steps).ok_or(UNWEIGHED)?;
            let target = match next {
                Some(next) => self.enter(next),
                None => at as u32,
            };
            self.decisions.outcome(target, chance);
        }
        self.decisions.expanded(at, expanded.cut_off.any())?;
        if expanded.end.is_some() {
            self.decisions.may_end(at);
        }
        Ok(())
    }

    /// How likely it is that the last of some steps goes this way: its lots, and the coins that had
    /// not fallen yet. Those before it can go one way only.
    fn chance(&mut self, state: State<'_>, steps: &[Step]) -> Option<BigRational> {
        let (step, before) = steps.split_last()?;
        let mut seat = state.seats()[usize::from(step.process)];
        for step in before {
            let (from, _) = self.expander.tables.land(seat, step.event);
            seat = self.expander.tables.known[from as usize].landing.seat;
        }
        let (from, _) = self.expander.tables.land(seat, step.event);
        let landing = &self.expander.tables.known[(from + step.landing) as usize].landing;
        let (above, below) = landing.how.chance;
        let coins = state.coins();
        let new = |toss: &u64| Coins(coins).is_open(*toss);
        let tossed = landing.tosses.iter().filter(|(toss, _)| new(toss)).count() as u32;
        let below = u128::from(below).checked_mul(1u128.checked_shl(tossed)?)?;
        (below > 0).then(|| BigRational::new(above.into(), below.into()))
    }
}

/// Whether some steps are another way in which those before could have gone.
fn is_other_way(before: &[Step], steps: &[Step]) -> bool {
    let (Some((last, silent)), Some((now, put_off))) = (before.split_last(), steps.split_last())
    else {
        return false;
    };
    let same = (last.kind, last.process, last.event) == (now.kind, now.process, now.event);
    same && silent == put_off && now.landing > last.landing
}

/// Some steps, and the state after them if it is another.
type Way = (Box<[Step]>, Option<Vec<u32>>);

/// Takes what can happen in a state.
struct Moves<'w> {
    from: &'w [u32],
    all: Vec<Way>,
}

impl Sink for Moves<'_> {
    fn offer(&mut self, offer: &Offer<'_>, write: &mut dyn FnMut(&mut Vec<u32>)) {
        let mut words = Vec::new();
        write(&mut words);
        let next = (words != self.from).then_some(words);
        self.all.push((offer.steps.into(), next));
    }

    fn stay(&mut self, step: Step, _: u64) {
        self.all.push(([step].into(), None));
    }

    fn still(&mut self, step: Step) {
        self.all.push(([step].into(), None));
    }
}

/// Numbers by number.
pub(super) type Numbers = IndexSet<BigRational, FxBuildHasher>;
