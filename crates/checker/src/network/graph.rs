//! Every state within the bounds and the steps between them: what is asked of runs without end is
//! asked of this graph.
//!
//! Nothing is put off here: every delivery is a step of its own, since when it happens is what
//! fairness is about. States are kept whole, so this takes ten times the memory of the search.

use rustc_hash::FxHashMap;

use super::expand::{CutOff, Expander, Offer, Sink, Step};
use super::print::Print;
use super::search::Root;
use super::state::State;
use super::tables::Case;
use crate::question::{Progress, Stop};

/// How many states are expanded between two looks at the clock.
const LOOK: usize = 256;
/// About what a state takes besides its words and edges: its print, its number, where it begins.
const STATE_BYTES: usize = 64;
/// The parent of a root.
pub(super) const NONE: u32 = u32::MAX;

/// The states, their successors, and what is owed at the end of those that are ends.
#[derive(Default)]
pub(super) struct Graph {
    n: usize,
    words: Vec<u32>,
    ends: Vec<u64>,
    prints: Vec<Print>,
    numbers: FxHashMap<Print, u32>,
    parents: Vec<u32>,
    /// The successors of a state in the order in which it offers them, itself where a step leaves
    /// everything as it is.
    targets: Vec<u32>,
    target_ends: Vec<u64>,
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
        let late = self.deadline.is_some_and(|deadline| std::time::Instant::now() >= deadline);
        if late || self.progress.halt.load(std::sync::atomic::Ordering::Relaxed) {
            return Some(Stop::Time);
        }
        (bytes > self.memory_bytes).then_some(Stop::Memory)
    }
}

impl Graph {
    /// Expands everything that can be reached from these roots.
    pub(super) fn build(
        expander: &mut Expander<'_>,
        roots: &[Root],
        limits: &Limits<'_>,
    ) -> (Self, Option<Stop>) {
        let mut graph = Self { n: expander.n, ..Self::default() };
        for root in roots {
            let state = State { words: &root.words, n: graph.n };
            let print = state.print(expander.scope.fifo, &mut expander.tables);
            if !graph.numbers.contains_key(&print) {
                graph.add(print, NONE, &root.words);
            }
        }
        graph.roots = graph.len() as u32;
        let mut words = Vec::new();
        let mut at = 0;
        while at < graph.len() {
            if at % LOOK == 0
                && let Some(stop) = limits.stop(graph.bytes() + expander.bytes())
            {
                return (graph, Some(stop));
            }
            words.clear();
            words.extend_from_slice(graph.words(at as u32));
            let print = graph.prints[at];
            let mut grow = Grow { graph: &mut graph, at: at as u32, words: Vec::new() };
            let expanded = expander.expand(&words, print, &mut grow);
            graph.cut_off.add(expanded.cut_off);
            if let Some((ledger, case)) = expanded.end {
                graph.over.push((at as u32, ledger, case));
            }
            graph.target_ends.push(graph.targets.len() as u64);
            at += 1;
        }
        (graph, None)
    }

    fn add(&mut self, print: Print, parent: u32, words: &[u32]) -> u32 {
        let number = self.prints.len() as u32;
        self.words.extend_from_slice(words);
        self.ends.push(self.words.len() as u64);
        self.prints.push(print);
        self.parents.push(parent);
        self.numbers.insert(print, number);
        number
    }

    /// How many states there are.
    pub(super) fn len(&self) -> usize {
        self.prints.len()
    }

    /// How many steps there are between them.
    pub(super) fn transitions(&self) -> u64 {
        self.targets.len() as u64
    }

    /// About how many bytes it takes.
    fn bytes(&self) -> u64 {
        let words = self.words.capacity() + self.targets.capacity();
        (words * 4 + self.prints.capacity() * STATE_BYTES) as u64
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
        let from = if at == 0 { 0 } else { self.target_ends[at as usize - 1] as usize };
        &self.targets[from..self.target_ends[at as usize] as usize]
    }

    /// The root from which a state was found first, and the states on the way, the last one
    /// included.
    pub(super) fn way(&self, to: u32) -> (u32, Vec<u32>) {
        let mut way = Vec::new();
        let mut at = to;
        while self.parents[at as usize] != NONE {
            way.push(at);
            at = self.parents[at as usize];
        }
        way.reverse();
        (at, way)
    }

    /// The steps of a state, in the order of its successors.
    pub(super) fn steps(&self, expander: &mut Expander<'_>, at: u32) -> Vec<Step> {
        let mut steps = Steps::default();
        expander.expand(self.words(at), self.prints[at as usize], &mut steps);
        steps.all
    }

    /// A step that leads from a state to another.
    pub(super) fn step(&self, expander: &mut Expander<'_>, from: u32, to: u32) -> Option<Step> {
        let place = self.targets(from).iter().position(|target| *target == to)?;
        self.steps(expander, from).get(place).copied()
    }
}

/// Takes the successors of one state into the graph.
struct Grow<'g> {
    graph: &'g mut Graph,
    at: u32,
    words: Vec<u32>,
}

impl Sink for Grow<'_> {
    fn offer(&mut self, offer: &Offer<'_>, write: &mut dyn FnMut(&mut Vec<u32>)) {
        let known = self.graph.numbers.get(&offer.print).copied();
        let target = known.unwrap_or_else(|| {
            write(&mut self.words);
            self.graph.add(offer.print, self.at, &self.words)
        });
        self.graph.targets.push(target);
    }

    fn still(&mut self, _: Step) {
        self.graph.targets.push(self.at);
    }
}

/// Takes the steps alone.
#[derive(Default)]
struct Steps {
    all: Vec<Step>,
}

impl Sink for Steps {
    fn offer(&mut self, offer: &Offer<'_>, _: &mut dyn FnMut(&mut Vec<u32>)) {
        self.all.extend(offer.steps.last());
    }

    fn still(&mut self, step: Step) {
        self.all.push(step);
    }
}
