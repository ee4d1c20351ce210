//! Breadth first: all states within the bounds, layer by layer, on all cores.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use quorate_kernel::Deceit;

use super::endless::{Forever, look_for_ever};
use super::expand::{CutOff, Expander, Step};
use super::layers::{Address, Chunk, Log, way};
use super::orbits::Orbits;
use super::print::omission;
use super::roles::Roles;
use super::scope::{Inquiry, Scope};
use super::sinks::{Gather, Pick};
use super::state::State;
use super::symmetry::Symmetry;
use super::tables::{Source, Tables};
use super::trail::{Shown, follow};
use super::visited::Visited;
use crate::question::{Progress, Stop};

/// How many states a worker expands between two looks at the clock.
const LOOK: usize = 256;

/// How much was searched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Explored {
    /// Distinct states; of those that are the same but for names, where there are such, one.
    pub states: u64,
    /// Steps from one state to another or to itself, and the beginnings.
    pub transitions: u64,
    /// States in which nothing more must happen.
    pub ends: u64,
    /// The most steps from a beginning to a state by a shortest way, the beginning counted.
    pub depth: u32,
    /// The most states that waited at a time.
    pub frontier_max: u64,
    /// Bytes that the visited states took, with the way back to each.
    pub bytes: u64,
}

/// A requirement that some run breaks, and a shortest such run.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Its place in [`Inquiry::requirements`].
    pub requirement: usize,
    /// Whether it shows once nothing more must happen.
    pub over: bool,
    /// The run.
    pub run: Shown,
}

/// What came of a search.
#[derive(Clone, Debug)]
pub struct Findings {
    /// Why it stopped early; `None` if every state within the bounds was visited.
    pub stopped: Option<Stop>,
    /// How much was searched.
    pub explored: Explored,
    /// Which bounds cut runs off.
    pub cut_off: CutOff,
    /// What is broken, in the order of the requirements.
    pub broken: Vec<Broken>,
    /// Which rules fired in some run: bit k stands for rule k.
    pub cited: u64,
    /// Whether there may be runs without end that were not looked at: then what is owed may never
    /// come although every run that ends has it.
    pub endless: bool,
    /// Whether lots or coins decide where steps lead.
    pub lots: bool,
    /// What was searched for runs without end, if anything was.
    pub forever: Option<Forever>,
    /// The requirements that ask for something that must come in the end: bit k for the k-th.
    pub owed: u64,
    /// Which names could be exchanged, so that of states that are the same but for these one was
    /// searched.
    pub symmetry: Symmetry,
    /// The probability that a state was left out, since another has the same print.
    pub omission: f64,
}

/// Searches every state within the bounds, on `threads` threads.
pub fn explore<P: Deceit>(
    inquiry: &Inquiry<'_, P>,
    threads: usize,
    progress: &Progress,
) -> Findings {
    let mut roles = Roles::new(inquiry);
    loop {
        roles.find_symmetry();
        let roots = roles.roots();
        if roles.has_lapsed() {
            continue;
        }
        let (mut found, back) = search(inquiry, roles, &roots, threads, progress);
        roles = back;
        if !roles.has_lapsed() {
            look_for_ever(roles, &roots, &mut found, progress);
            return found;
        }
    }
}

/// Searches with the names exchanged that may be, as far as is known; what is found counts only if
/// none of the exchanges has failed since.
fn search<'q, P: Deceit>(
    inquiry: &'q Inquiry<'q, P>,
    roles: Roles<'q, P>,
    roots: &[Root],
    threads: usize,
    progress: &Progress,
) -> (Findings, Roles<'q, P>) {
    let (symmetry, lapsed) = (roles.mirrors.symmetry.clone(), Arc::clone(&roles.mirrors.lapsed));
    let shared = Mutex::new(roles);
    let mut search = Search {
        scope: &inquiry.scope,
        n: inquiry.group.size(),
        symmetry: &symmetry,
        lapsed: &lapsed,
        shared: &shared,
        visited: Visited::new(inquiry.wide),
        wanted: (1u64 << inquiry.requirements.len()) - 1,
        logs: Vec::new(),
        layer: Vec::new(),
        hits: Vec::new(),
        found: Findings {
            stopped: None,
            explored: Explored::default(),
            cut_off: CutOff::default(),
            broken: Vec::new(),
            cited: 0,
            endless: false,
            lots: false,
            forever: None,
            owed: 0,
            symmetry: Symmetry::default(),
            omission: 0.0,
        },
        progress,
        deadline: inquiry.budget.deadline,
        memory_bytes: inquiry.budget.memory_bytes,
    };
    let begun = search.begin(roots);
    search.found.stopped = search.run(threads, inquiry.budget.after_violation);
    let rest = std::mem::take(&mut search.layer);
    search.logs.extend(rest.into_iter().map(Chunk::into_log));
    let mut hits = std::mem::take(&mut search.hits);
    hits.sort_unstable();
    let way = |hit: &Hit| (hit.requirement, hit.over, search.way(hit, &begun));
    let ways: Vec<_> = hits.iter().map(way).collect();
    let mut found = search.finish();
    let mut roles = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    (found.endless, found.owed, found.lots) = (roles.circles.any(), roles.owed, roles.lots);
    found.symmetry = roles.mirrors.in_effect();
    found.broken = ways
        .into_iter()
        .map(|(requirement, over, (root, steps))| {
            let run = follow(&mut roles, &root, &steps);
            Broken { requirement, over, run }
        })
        .collect();
    (found, roles)
}

/// What a run begins with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Root {
    pub(crate) beginning: usize,
    pub(crate) words: Vec<u32>,
}

/// A violation, and the state that shows it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Hit {
    requirement: usize,
    at: Address,
    over: bool,
}

/// What came of one chunk.
#[derive(Default)]
struct Yield {
    chunks: Vec<Chunk>,
    /// What is broken in new states: requirements, place among the chunks, place within.
    fresh: Vec<(u64, u32, u32)>,
    /// What is broken in the end that a state of the chunk is.
    ends: Vec<(u64, u32)>,
    transitions: u64,
    end_count: u64,
    cited: u64,
    cut_off: CutOff,
}

struct Search<'s> {
    scope: &'s Scope,
    n: usize,
    symmetry: &'s Symmetry,
    /// Whether an exchange of names has failed.
    lapsed: &'s AtomicBool,
    shared: &'s Mutex<dyn Source + 's>,
    visited: Visited,
    /// The requirements that no run has broken yet.
    wanted: u64,
    logs: Vec<Log>,
    /// The chunks of the layer under way; their numbers follow those of the logs.
    layer: Vec<Chunk>,
    hits: Vec<Hit>,
    found: Findings,
    progress: &'s Progress,
    deadline: Option<Instant>,
    memory_bytes: u64,
}

impl<'s> Search<'s> {
    fn expander(&self) -> Expander<'s> {
        Expander::new(Tables::new(self.shared), self.scope, self.n)
    }

    /// An expander that knows which names may be exchanged.
    fn worker(&self) -> Expander<'s> {
        let orbits = (!self.symmetry.is_none()).then(|| Orbits::new(self.symmetry, self.n));
        let mut worker = self.expander();
        worker.orbits = orbits;
        worker
    }

    /// Makes the first layer, and judges it; the roots that are in it.
    fn begin(&mut self, roots: &[Root]) -> Vec<Root> {
        let mut expander = self.worker();
        let mut chunk = Chunk::new(0);
        let mut begun = Vec::new();
        for root in roots {
            let state = State { words: &root.words, n: self.n };
            let print = state.print(self.scope.fifo, &mut expander.tables);
            self.found.explored.transitions += 1;
            if self.visited.insert(expander.orbit(state, print)) {
                let place = chunk.len() as u32;
                let case = expander.case_of(state, false);
                let broken = expander.tables.judge(state.ledger(), case) & self.wanted;
                self.note(broken, Address { chunk: 0, place }, false);
                chunk.push(&root.words, print, 0, place);
                begun.push(root.clone());
            }
        }
        self.found.explored.states = chunk.len() as u64;
        self.found.explored.depth = 1;
        self.progress.states.store(chunk.len() as u64, Ordering::Relaxed);
        self.layer = vec![chunk];
        begun
    }

    fn note(&mut self, broken: u64, at: Address, over: bool) {
        let new = broken & self.wanted;
        for requirement in (0..64).filter(|k| new >> k & 1 == 1) {
            self.hits.push(Hit { requirement, at, over });
        }
        self.wanted &= !new;
    }

    fn run(&mut self, threads: usize, after_violation: Option<Duration>) -> Option<Stop> {
        let mut grace = false;
        let mut workers: Vec<Expander<'s>> = (0..threads.max(1)).map(|_| self.worker()).collect();
        loop {
            if !self.hits.is_empty() && !grace {
                grace = true;
                let end = after_violation.map(|more| Instant::now() + more);
                self.deadline = [self.deadline, end].into_iter().flatten().min();
            }
            let waiting: u64 = self.layer.iter().map(|chunk| chunk.len() as u64).sum();
            if waiting == 0 || self.wanted == 0 {
                return None;
            }
            let explored = &mut self.found.explored;
            explored.frontier_max = explored.frontier_max.max(waiting);
            self.progress.depth.store(explored.depth.into(), Ordering::Relaxed);
            self.progress.frontier.store(waiting, Ordering::Relaxed);
            let stop = self.step(&mut workers);
            if stop.is_some() || self.lapsed.load(Ordering::Relaxed) {
                return stop;
            }
        }
    }

    /// Expands the layer under way, and makes the next.
    fn step(&mut self, workers: &mut [Expander<'s>]) -> Option<Stop> {
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, Yield)>> = Mutex::new(Vec::new());
        let stop: Mutex<Option<Stop>> = Mutex::new(None);
        let base = self.logs.len();
        let this = &*self;
        let work = |expander: &mut Expander<'s>| {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let halted = stop.lock().is_ok_and(|stop| stop.is_some());
                let Some(chunk) = this.layer.get(at).filter(|_| !halted) else { break };
                let (yielded, stopped) = this.expand(expander, chunk, (base + at) as u32);
                if let Ok(mut all) = done.lock() {
                    all.push((at, yielded));
                }
                if let (Some(stopped), Ok(mut slot)) = (stopped, stop.lock()) {
                    slot.get_or_insert(stopped);
                }
            }
        };
        let needed = workers.len().min(this.layer.len());
        if let [worker, others @ ..] = &mut workers[..needed] {
            std::thread::scope(|scope| {
                for other in others {
                    scope.spawn(|| work(other));
                }
                work(worker);
            });
        }
        let mut done = done.into_inner().unwrap_or_default();
        done.sort_unstable_by_key(|(at, _)| *at);
        self.take(base, done);
        stop.into_inner().unwrap_or_default()
    }

    /// Takes what came of the chunks of a layer, in their order.
    fn take(&mut self, base: usize, done: Vec<(usize, Yield)>) {
        let expanded = std::mem::take(&mut self.layer);
        let next = base + expanded.len();
        self.logs.extend(expanded.into_iter().map(Chunk::into_log));
        for (at, yielded) in done {
            for (broken, place) in &yielded.ends {
                self.note(*broken, Address { chunk: (base + at) as u32, place: *place }, true);
            }
            let first = (next + self.layer.len()) as u32;
            for (broken, chunk, place) in &yielded.fresh {
                self.note(*broken, Address { chunk: first + chunk, place: *place }, false);
            }
            let explored = &mut self.found.explored;
            explored.states += yielded.chunks.iter().map(|chunk| chunk.len() as u64).sum::<u64>();
            explored.transitions += yielded.transitions;
            explored.ends += yielded.end_count;
            self.found.cited |= yielded.cited;
            self.found.cut_off.add(yielded.cut_off);
            self.layer.extend(yielded.chunks);
        }
        if !self.layer.is_empty() {
            self.found.explored.depth += 1;
        }
    }

    /// Expands one chunk, or as much of it as may be.
    fn expand(
        &self,
        expander: &mut Expander<'_>,
        chunk: &Chunk,
        number: u32,
    ) -> (Yield, Option<Stop>) {
        let mut gather = Gather::new(&self.visited, number);
        let mut yielded = Yield::default();
        for place in 0..chunk.len() {
            if place % LOOK == 0 {
                let done = if place == 0 { 0 } else { LOOK };
                if let Some(stop) = self.look(&gather, chunk, done, expander.bytes()) {
                    (yielded.chunks, yielded.cited) = gather.into();
                    return (yielded, Some(stop));
                }
            }
            let (words, print) = chunk.get(place);
            gather.parent = place as u32;
            gather.successors = 0;
            let expanded = expander.expand(words, print, &mut gather);
            if self.lapsed.load(Ordering::Relaxed) {
                break;
            }
            yielded.transitions += u64::from(gather.successors);
            yielded.cut_off.add(expanded.cut_off);
            for (at, place, ledger, case) in gather.unjudged.drain(..) {
                let broken = expander.tables.judge(ledger, case) & self.wanted;
                if broken != 0 {
                    yielded.fresh.push((broken, at, place));
                }
            }
            if let Some((ledger, case)) = expanded.end {
                yielded.end_count += 1;
                let broken = expander.tables.judge(ledger, case) & self.wanted;
                if broken != 0 {
                    yielded.ends.push((broken, place as u32));
                }
            }
        }
        self.report(&gather, chunk.len() - (chunk.len() - 1) / LOOK * LOOK);
        (yielded.chunks, yielded.cited) = gather.into();
        (yielded, None)
    }

    /// Tells whoever watches what was found since the last look, and how many states were done.
    fn report(&self, gather: &Gather<'_>, done: usize) {
        let new = gather.unreported();
        self.progress.add(&self.progress.states, new);
        self.progress.add(&self.progress.frontier, new.wrapping_sub(done as u64));
    }

    fn look(
        &self,
        gather: &Gather<'_>,
        chunk: &Chunk,
        done: usize,
        tables_bytes: u64,
    ) -> Option<Stop> {
        self.report(gather, done);
        let late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        if late || self.progress.halt.load(Ordering::Relaxed) {
            return Some(Stop::Time);
        }
        let waiting = gather.bytes() + chunk.bytes();
        (self.bytes() + tables_bytes + 2 * waiting > self.memory_bytes).then_some(Stop::Memory)
    }

    /// About how many bytes the search takes, without what is being made.
    fn bytes(&self) -> u64 {
        let waiting: u64 = self.layer.iter().map(Chunk::bytes).sum();
        self.visited.bytes() + self.log_bytes() + waiting
    }

    fn log_bytes(&self) -> u64 {
        self.logs.iter().map(Log::bytes).sum()
    }

    /// The root of a hit, and the steps that lead from it to the state that shows it.
    fn way(&self, hit: &Hit, begun: &[Root]) -> (Root, Vec<Step>) {
        let (root, successors) = way(&self.logs, hit.at);
        let root = begun[root.place as usize].clone();
        let mut expander = self.expander();
        let mut words = root.words.clone();
        let mut steps = Vec::new();
        for wanted in successors {
            let state = State { words: &words, n: self.n };
            let print = state.print(self.scope.fifo, &mut expander.tables);
            let mut pick = Pick { wanted, at: 0, taken: None };
            expander.expand(&words, print, &mut pick);
            let Some((taken, next)) = pick.taken else { break };
            steps.extend(taken);
            words = next;
        }
        (root, steps)
    }

    fn finish(self) -> Findings {
        let mut found = self.found;
        found.explored.bytes = self.visited.bytes() + self.logs.iter().map(Log::bytes).sum::<u64>();
        found.omission = omission(found.explored.states, self.visited.bits());
        found
    }
}
