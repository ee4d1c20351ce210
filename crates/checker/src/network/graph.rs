//! Every state within the bounds and the steps between them: what is asked of runs without end is
//! asked of this graph.
//!
//! Nothing is put off here: every delivery is a step of its own, since when it happens is what
//! fairness is about. States are kept whole, so this takes ten times the memory of the search.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::cut_off::CutOff;
use super::expand::{Expander, Kind, Offer, Sink, Step};
use super::print::Print;
use super::rounds::Heights;
use super::search::Root;
use super::state::State;
use super::tables::{Case, Thing};
use crate::question::{Progress, Stop};

/// How many states are expanded between two looks at the clock.
const LOOK: usize = 256;
/// About what a state takes besides its words and edges: its print, its number, where it begins.
const STATE_BYTES: usize = 80;

/// The states, their successors, and what is owed at the end of those that are ends.
#[derive(Default)]
pub(super) struct Graph {
    n: usize,
    words: Vec<u32>,
    ends: Vec<u64>,
    prints: Vec<Print>,
    numbers: FxHashMap<Print, u32>,
    /// The successors of a state in the order in which it offers them, itself where a step leaves
    /// everything as it is; none of a state that was not expanded.
    targets: Vec<Box<[u32]>>,
    transitions: u64,
    /// The states in which nothing more must happen, with what a judge needs.
    pub(super) over: Vec<(u32, u32, Case)>,
    pub(super) cut_off: CutOff,
    /// How many roots there are: the first states.
    pub(super) roots: u32,
}

/// When to stop.
pub(super) struct Limits<'s> {
    pub(super) deadline: Option<std::time::Instant>,
    pub(super) memory_bytes: u64,
    pub(super) progress: &'s Progress,
}

impl Limits<'_> {
    pub(super) fn stop(&self, bytes: u64) -> Option<Stop> {
        let full = (bytes > self.memory_bytes).then_some(Stop::Memory);
        self.progress.stop(self.deadline).or(full)
    }
}

impl Graph {
    /// The roots alone.
    pub(super) fn begin(
        expander: &mut Expander<'_>,
        roots: &[Root],
        mut heights: Option<&mut Heights>,
    ) -> Self {
        let mut graph = Self { n: expander.n, ..Self::default() };
        for root in roots {
            let mut words = root.words.clone();
            let print = graph.normal(expander, heights.as_deref_mut(), &mut words);
            if !graph.numbers.contains_key(&print) {
                graph.add(print, &words);
            }
        }
        graph.roots = graph.len() as u32;
        graph
    }

    /// Expands everything that can be reached from these roots; `None` if rounds were to be
    /// disregarded and some handler does not treat them alike.
    pub(super) fn build(
        expander: &mut Expander<'_>,
        roots: &[Root],
        mut heights: Option<&mut Heights>,
        limits: &Limits<'_>,
    ) -> Option<(Self, Option<Stop>)> {
        let mut graph = Self::begin(expander, roots, heights.as_deref_mut());
        let mut at = 0;
        while at < graph.len() {
            if at % LOOK == 0
                && let Some(stop) = limits.stop(graph.bytes() + expander.bytes())
            {
                return Some((graph, Some(stop)));
            }
            graph.grow(expander, heights.as_deref_mut(), at as u32)?;
            at += 1;
        }
        Some((graph, None))
    }

    /// Expands one state; its steps, or `None` if some handler does not treat rounds alike.
    pub(super) fn grow(
        &mut self,
        expander: &mut Expander<'_>,
        mut heights: Option<&mut Heights>,
        at: u32,
    ) -> Option<Vec<Step>> {
        let here = self.words(at).to_vec();
        let mut next = Successors::of(&here);
        let expanded = expander.expand(&here, self.prints[at as usize], &mut next);
        let mut targets = Vec::with_capacity(next.all.len());
        for (step, words) in &mut next.all {
            let seat = here[usize::from(step.process)];
            if let Some(heights) = heights.as_deref_mut()
                && step.kind != Kind::Calm
                && !heights.may_be_lowered(&mut expander.tables, seat, step.event)
            {
                return None;
            }
            let print = self.normal(expander, heights.as_deref_mut(), words);
            let known = self.numbers.get(&print).copied();
            targets.push(known.unwrap_or_else(|| self.add(print, words)));
        }
        self.cut_off.add(expanded.cut_off);
        if let Some((ledger, case)) = expanded.end {
            self.over.push((at, ledger, case));
        }
        self.transitions += targets.len() as u64;
        self.targets[at as usize] = targets.into();
        Some(next.all.into_iter().map(|(step, _)| step).collect())
    }

    /// Brings a state into the form in which it is kept, and tells its print.
    fn normal(
        &self,
        expander: &mut Expander<'_>,
        heights: Option<&mut Heights>,
        words: &mut [u32],
    ) -> Print {
        let (fifo, n) = (expander.scope.fifo, self.n);
        match heights {
            None => State { words, n }.print(fifo, &mut expander.tables),
            Some(heights) => heights.normalise(&mut expander.tables, words, n, fifo).1,
        }
    }

    fn add(&mut self, print: Print, words: &[u32]) -> u32 {
        let number = self.prints.len() as u32;
        self.words.extend_from_slice(words);
        self.ends.push(self.words.len() as u64);
        self.prints.push(print);
        self.targets.push(Box::default());
        self.numbers.insert(print, number);
        number
    }

    /// How many states there are.
    pub(super) fn len(&self) -> usize {
        self.prints.len()
    }

    /// How many steps there are between them.
    pub(super) fn transitions(&self) -> u64 {
        self.transitions
    }

    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> u64 {
        let words = self.words.capacity() as u64 + self.transitions;
        words * 4 + (self.prints.capacity() * STATE_BYTES) as u64
    }

    pub(super) fn words(&self, at: u32) -> &[u32] {
        let from = if at == 0 { 0 } else { self.ends[at as usize - 1] as usize };
        &self.words[from..self.ends[at as usize] as usize]
    }

    pub(super) fn state(&self, at: u32) -> State<'_> {
        State { words: self.words(at), n: self.n }
    }

    /// The successors of a state.
    pub(super) fn targets(&self, at: u32) -> &[u32] {
        &self.targets[at as usize]
    }

    /// A shortest way to a state: the root, and the states on the way, the last one included.
    pub(super) fn way(&self, to: u32) -> (u32, Vec<u32>) {
        let mut parents: FxHashMap<u32, u32> = (0..self.roots).map(|root| (root, root)).collect();
        let mut queue: VecDeque<u32> = (0..self.roots).collect();
        while let Some(at) = queue.pop_front().filter(|at| *at != to) {
            for next in self.targets(at) {
                if !parents.contains_key(next) {
                    parents.insert(*next, at);
                    queue.push_back(*next);
                }
            }
        }
        let (mut way, mut at) = (Vec::new(), to);
        while let Some(parent) = parents.get(&at).filter(|parent| **parent != at) {
            way.push(at);
            at = *parent;
        }
        way.reverse();
        (at, way)
    }

    /// The steps of a state, in the order of its successors.
    pub(super) fn steps(&self, expander: &mut Expander<'_>, at: u32) -> Vec<Step> {
        let mut next = Successors::of(self.words(at));
        expander.expand(self.words(at), self.prints[at as usize], &mut next);
        next.all.into_iter().map(|(step, _)| step).collect()
    }

    /// A step that leads from a state to another.
    pub(super) fn step(&self, expander: &mut Expander<'_>, from: u32, to: u32) -> Option<Step> {
        let place = self.targets(from).iter().position(|target| *target == to)?;
        self.steps(expander, from).get(place).copied()
    }

    /// The steps of a run with the rounds that it really has, from a root along some steps of the
    /// graph; and by how much its rounds are higher than those of the graph after each.
    pub(super) fn really(
        &self,
        expander: &mut Expander<'_>,
        heights: &mut Heights,
        root: u32,
        way: &[(u32, Step)],
    ) -> Option<(Vec<Step>, Vec<i64>)> {
        let mut words = self.words(root).to_vec();
        let (mut steps, mut raised) = (Vec::new(), Vec::new());
        for (to, wanted) in way {
            let (fifo, n) = (expander.scope.fifo, self.n);
            let state = State { words: &words, n };
            let height = heights.height(&expander.tables, state);
            let print = state.print(fifo, &mut expander.tables);
            let mut next = Successors::of(&words);
            expander.expand(&words, print, &mut next);
            let fits = next.all.into_iter().find(|(step, words)| {
                let mut words = words.clone();
                (step.kind, step.process) == (wanted.kind, wanted.process)
                    && heights.lowered(&expander.tables, Thing::Event, step.event, height)
                        == wanted.event
                    && heights.normalise(&mut expander.tables, &mut words, n, fifo).1
                        == self.prints[*to as usize]
            });
            let (step, next) = fits?;
            raised.push(heights.height(&expander.tables, State { words: &next, n }));
            steps.push(step);
            words = next;
        }
        Some((steps, raised))
    }
}

/// Takes the successors of one state.
pub(super) struct Successors<'w> {
    from: &'w [u32],
    pub(super) all: Vec<(Step, Vec<u32>)>,
}

impl<'w> Successors<'w> {
    pub(super) fn of(from: &'w [u32]) -> Self {
        Self { from, all: Vec::new() }
    }
}

impl Sink for Successors<'_> {
    fn offer(&mut self, offer: &Offer<'_>, write: &mut dyn FnMut(&mut Vec<u32>)) {
        let mut words = Vec::new();
        write(&mut words);
        self.all.extend(offer.steps.last().map(|step| (*step, words)));
    }

    fn stay(&mut self, step: Step, _: u64) {
        self.all.push((step, self.from.to_vec()));
    }

    fn still(&mut self, step: Step) {
        self.all.push((step, self.from.to_vec()));
    }
}
