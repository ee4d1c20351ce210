//! Breadth first: all states within the bounds, layer by layer, on all cores.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use quorate_kernel::Deceit;

use super::checkpoint::{Keep, Kept, Saved};
use super::coverage::Taken;
use super::cut_off::CutOff;
use super::endless::look_for_ever;
use super::expand::{Expander, Step};
use super::findings::{Findings, conclude, retrace};
use super::gather::Gather;
use super::keeping::explore_kept;
use super::layers::{Address, Chunk, Log, way};
use super::logged::Logged;
use super::orbits::Orbits;
use super::order::Order;
use super::print::omission;
use super::roles::Roles;
use super::rove::{Preference, rove};
use super::scope::{Inquiry, Scope};
use super::spill::{Spill, Waiting, folder};
use super::state::State;
use super::swarm::swarm;
use super::symmetry::Symmetry;
use super::tables::{Source, Tables};
use super::visited::Visited;
use crate::question::{Progress, Stop};

/// How many states a worker expands between two looks at the clock.
const LOOK: usize = 256;

/// Searches every state within the bounds, on `threads` threads.
pub fn explore<P: Deceit>(
    inquiry: &Inquiry<'_, P>,
    threads: usize,
    progress: &Progress,
) -> Findings {
    explore_in(inquiry, Order::Breadth, threads, progress)
}

/// Searches the states within the bounds in some order, on `threads` threads.
pub fn explore_in<P: Deceit>(
    inquiry: &Inquiry<'_, P>,
    order: Order,
    threads: usize,
    progress: &Progress,
) -> Findings {
    match order {
        Order::Breadth => return explore_kept(inquiry, threads, progress, None, None),
        Order::Depth | Order::Directed | Order::Swarm(_) => {}
    }
    let mut roles = Roles::new(inquiry);
    loop {
        roles.find_symmetry();
        let roots = roles.roots();
        if roles.has_lapsed() {
            continue;
        }
        let (mut found, back) = match order {
            Order::Swarm(seed) => swarm(roles, &roots, (seed, threads), progress),
            Order::Directed => rove(roles, &roots, (Preference::MostSeen, threads), progress),
            _ => rove(roles, &roots, (Preference::Deepest, threads), progress),
        };
        roles = back;
        if !roles.has_lapsed() {
            look_for_ever(roles, &roots, &mut found, progress);
            return found;
        }
    }
}

/// Searches with the names exchanged that may be, as far as is known; what is found counts only if
/// none of the exchanges has failed since.
pub(super) fn search<'q, P: Deceit>(
    inquiry: &'q Inquiry<'q, P>,
    tables: Logged<'q, P>,
    threads: usize,
    progress: &Progress,
    (keep, saved): (Option<&Keep>, Option<Saved>),
) -> (Findings, Logged<'q, P>) {
    let (symmetry, lapsed) = tables.symmetry();
    let roots = tables.begun.clone();
    let shared = Mutex::new(tables);
    let mut search = Search {
        scope: &inquiry.scope,
        n: inquiry.seats(),
        symmetry: &symmetry,
        lapsed: &lapsed,
        shared: &shared,
        visited: Visited::new(inquiry.wide),
        wanted: (1u64 << inquiry.requirements.len()) - 1,
        logs: Vec::new(),
        layer: Vec::new(),
        done: Vec::new(),
        waiting: AtomicU64::new(0),
        hits: Vec::new(),
        found: Findings::default(),
        spill: Spill::new(folder()),
        progress,
        deadline: inquiry.budget.deadline,
        memory_bytes: inquiry.budget.memory_bytes,
        states_max: inquiry.budget.steps_max,
        keep,
        begun: Vec::new(),
        taken: Taken::default(),
    };
    match saved {
        None => search.begin(&roots),
        Some(saved) => search.go_on(saved),
    }
    let mut workers: Vec<Expander<'_>> = (0..threads.max(1)).map(|_| search.worker()).collect();
    search.found.stopped = search.run(&mut workers, inquiry.budget.after_violation);
    let mut taken = std::mem::take(&mut search.taken);
    workers.iter_mut().for_each(|worker| taken.add(worker));
    drop(workers);
    let rest = std::mem::take(&mut search.layer);
    search.logs.extend(rest.into_iter().flatten().map(Waiting::into_log));
    let mut hits = std::mem::take(&mut search.hits);
    hits.sort_unstable();
    let way = |hit: &Hit| (hit.requirement, hit.over, search.way(hit));
    let ways: Vec<_> = hits.iter().map(way).collect();
    let mut found = search.finish();
    let mut tables = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    conclude(&mut tables.roles, &mut found, ways, &taken);
    (found, tables)
}

/// What a run begins with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Root {
    pub(crate) beginning: usize,
    pub(crate) words: Vec<u32>,
}

/// A violation, and the state that shows it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Hit {
    requirement: usize,
    at: Address,
    over: bool,
}

/// What came of one chunk.
#[derive(Default)]
pub(super) struct Yield {
    pub(super) chunks: Vec<Waiting>,
    /// What is broken in new states: requirements, place among the chunks, place within.
    pub(super) fresh: Vec<(u64, u32, u32)>,
    /// What is broken in the end that a state of the chunk is.
    pub(super) ends: Vec<(u64, u32)>,
    pub(super) transitions: u64,
    pub(super) end_count: u64,
    pub(super) cited: u64,
    pub(super) cut_off: CutOff,
}

pub(super) struct Search<'s> {
    pub(super) scope: &'s Scope,
    pub(super) n: usize,
    pub(super) symmetry: &'s Symmetry,
    /// Whether an exchange of names has failed.
    pub(super) lapsed: &'s AtomicBool,
    pub(super) shared: &'s Mutex<dyn Source + 's>,
    pub(super) visited: Visited,
    /// The requirements that no run has broken yet.
    pub(super) wanted: u64,
    pub(super) logs: Vec<Log>,
    /// The chunks of the layer that is next; their numbers follow those of the logs. Nothing is in
    /// place of those that were done before the search was kept.
    pub(super) layer: Vec<Option<Waiting>>,
    /// What came of these.
    pub(super) done: Vec<(usize, Yield, Log)>,
    pub(super) spill: Spill,
    /// About how many bytes of memory those take that wait or were found in the layer under way.
    pub(super) waiting: AtomicU64,
    pub(super) hits: Vec<Hit>,
    pub(super) found: Findings,
    pub(super) progress: &'s Progress,
    pub(super) deadline: Option<Instant>,
    pub(super) memory_bytes: u64,
    /// At how many states it stops, where it is to be kept.
    pub(super) states_max: Option<u64>,
    /// Where to keep it if it is stopped.
    pub(super) keep: Option<&'s Keep>,
    /// The roots in the first layer.
    pub(super) begun: Vec<Root>,
    /// What was taken before the search was kept.
    pub(super) taken: Taken,
}

impl<'s> Search<'s> {
    fn expander(&self) -> Expander<'s> {
        let mut expander = Expander::new(Tables::new(self.shared), self.scope, self.n);
        expander.mask = self.visited.mask();
        expander
    }

    /// An expander that knows which names may be exchanged.
    fn worker(&self) -> Expander<'s> {
        let orbits = (!self.symmetry.is_none()).then(|| Orbits::new(self.symmetry, self.n));
        let mut worker = self.expander();
        worker.orbits = orbits;
        worker
    }

    /// Makes the first layer, and judges it.
    fn begin(&mut self, roots: &[Root]) {
        let mut expander = self.worker();
        let mut chunk = Chunk::new(0, self.visited.bits() > 64);
        for root in roots {
            let state = State { words: &root.words, n: self.n };
            let print = state.print(self.scope.fifo, &mut expander.tables) & expander.mask;
            self.found.explored.transitions += 1;
            if self.visited.insert(expander.orbit(state, print)) {
                let place = chunk.len() as u32;
                let case = expander.case_of(state, false);
                let broken = expander.tables.judge(state.ledger(), case) & self.wanted;
                self.note(broken, Address { chunk: 0, place }, false);
                chunk.push(&root.words, print, 0, place);
                self.begun.push(root.clone());
            }
        }
        self.found.explored.states = chunk.len() as u64;
        self.found.explored.depth = 1;
        self.progress.states.store(chunk.len() as u64, Ordering::Relaxed);
        *self.waiting.get_mut() = chunk.bytes();
        self.layer = vec![Some(Waiting::Here(chunk))];
    }

    fn note(&mut self, broken: u64, at: Address, over: bool) {
        let new = broken & self.wanted;
        for requirement in (0..64).filter(|k| new >> k & 1 == 1) {
            self.hits.push(Hit { requirement, at, over });
        }
        self.wanted &= !new;
    }

    fn run(
        &mut self,
        workers: &mut [Expander<'s>],
        after_violation: Option<Duration>,
    ) -> Option<Stop> {
        let mut grace = false;
        loop {
            if !self.hits.is_empty() && !grace {
                grace = true;
                let end = after_violation.map(|more| Instant::now() + more);
                self.deadline = [self.deadline, end].into_iter().flatten().min();
            }
            let waiting: u64 = self.layer.iter().flatten().map(|chunk| chunk.len() as u64).sum();
            if (waiting == 0 && self.done.is_empty()) || self.wanted == 0 {
                return None;
            }
            let explored = &mut self.found.explored;
            explored.frontier_max = explored.frontier_max.max(waiting);
            self.progress.depth.store(explored.depth.into(), Ordering::Relaxed);
            self.progress.frontier.store(waiting, Ordering::Relaxed);
            // Where nothing is left to find, it does not matter that time is up too.
            let stop = self.step(workers).filter(|_| self.wanted != 0);
            if stop.is_some() || self.lapsed.load(Ordering::Relaxed) {
                return stop;
            }
        }
    }

    /// Expands the layer under way, and makes the next.
    fn step(&mut self, workers: &mut [Expander<'s>]) -> Option<Stop> {
        if let Err(error) = self.put_away(workers.first().map_or(0, Expander::bytes)) {
            self.found.kept = self.keep.map(|_| Kept::Failed(error.kind()));
            return Some(Stop::Disk(error.kind()));
        }
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, Yield, Log)>> = Mutex::new(std::mem::take(&mut self.done));
        let layer: Vec<Mutex<Option<Waiting>>> =
            std::mem::take(&mut self.layer).into_iter().map(Mutex::new).collect();
        let stop: Mutex<Option<Stop>> = Mutex::new(None);
        let base = self.logs.len();
        let this = &*self;
        let work = |expander: &mut Expander<'s>| {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if let (Some(early), Ok(mut stop)) = (this.stop_between(expander), stop.lock()) {
                    stop.get_or_insert(early);
                }
                let halted = stop.lock().is_ok_and(|stop| stop.is_some());
                let Some(slot) = layer.get(at).filter(|_| !halted) else { break };
                let Some(waiting) = slot.lock().ok().and_then(|mut slot| slot.take()) else {
                    continue;
                };
                let (yielded, log, stopped) =
                    this.expand_any(expander, waiting, (base + at) as u32);
                if let Ok(mut all) = done.lock() {
                    all.push((at, yielded, log));
                }
                if let (Some(stopped), Ok(mut slot)) = (stopped, stop.lock()) {
                    slot.get_or_insert(stopped);
                }
            }
        };
        let needed = workers.len().min(layer.len());
        if let [worker, others @ ..] = &mut workers[..needed] {
            std::thread::scope(|scope| {
                for other in others {
                    scope.spawn(|| work(other));
                }
                work(worker);
            });
        }
        let done = done.into_inner().unwrap_or_default();
        let stop = stop.into_inner().unwrap_or_default();
        let left = layer.into_iter().map(|slot| slot.into_inner().unwrap_or_default());
        let left: Vec<Option<Waiting>> = left.collect();
        match stop {
            // States that could not be read again are missing.
            Some(Stop::Disk(kind)) => self.found.kept = self.keep.map(|_| Kept::Failed(kind)),
            Some(_) => self.keep_if_asked((&left, &done), workers),
            None => {}
        }
        let mut logs: Vec<Option<Log>> =
            left.into_iter().map(|waiting| Some(waiting?.into_log())).collect();
        let mut all = Vec::new();
        for (at, yielded, log) in done {
            logs[at] = Some(log);
            all.push((at, yielded));
        }
        self.logs.extend(logs.into_iter().flatten());
        all.sort_unstable_by_key(|(at, _)| *at);
        self.take(base, all);
        let turned = self.spill.turn().map_err(|error| Stop::Disk(error.kind())).err();
        stop.or(turned)
    }

    /// Expands one chunk, wherever it waits; it is given up as soon as that is done, or two layers
    /// would be held.
    fn expand_any(
        &self,
        expander: &mut Expander<'_>,
        waiting: Waiting,
        number: u32,
    ) -> (Yield, Log, Option<Stop>) {
        let held = waiting.bytes();
        let expanded = match &waiting {
            Waiting::Here(chunk) => Ok(self.expand(expander, chunk, number)),
            Waiting::Away(away) => {
                self.spill.get(away).map(|chunk| self.expand(expander, &chunk, number))
            }
        };
        let log = waiting.into_log();
        self.waiting.fetch_sub(held, Ordering::Relaxed);
        match expanded {
            Err(error) => (Yield::default(), log, Some(Stop::Disk(error.kind()))),
            Ok((mut yielded, chunks, stop)) => {
                let (kept, failed) = self.keep(chunks, expander.bytes());
                yielded.chunks = kept;
                (yielded, log, stop.or(failed))
            }
        }
    }

    /// Takes what came of the chunks of a layer, in their order.
    fn take(&mut self, base: usize, done: Vec<(usize, Yield)>) {
        let next = self.logs.len();
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
            self.layer.extend(yielded.chunks.into_iter().map(Some));
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
    ) -> (Yield, Vec<Chunk>, Option<Stop>) {
        let mut gather = Gather::new(&self.visited, number);
        let mut yielded = Yield::default();
        let mut stop = None;
        for place in 0..chunk.len() {
            if place % LOOK == 0 {
                let done = if place == 0 { 0 } else { LOOK };
                stop = self.look(&gather, chunk, done, expander.bytes());
                if stop.is_some() {
                    break;
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
            if gather.is_full() {
                gather.settle(chunk, expander, self.wanted);
            }
            if let Some((ledger, case)) = expanded.end {
                yielded.end_count += 1;
                let broken = expander.tables.judge(ledger, case) & self.wanted;
                if broken != 0 {
                    yielded.ends.push((broken, place as u32));
                }
            }
        }
        gather.settle(chunk, expander, self.wanted);
        if stop.is_none() {
            self.report(&gather, chunk.len() - (chunk.len() - 1) / LOOK * LOOK);
        }
        let chunks;
        (chunks, yielded.fresh, yielded.cited) = gather.into();
        (yielded, chunks, stop)
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
        if self.keep.is_some() {
            return None;
        }
        let found = gather.bytes() + chunk.bytes();
        self.stop_for(self.bytes() + tables_bytes + 2 * found)
    }

    pub(super) fn stop_for(&self, bytes: u64) -> Option<Stop> {
        let full = (bytes > self.memory_bytes).then_some(Stop::Memory);
        self.progress.stop(self.deadline).or(full)
    }

    /// About how many bytes the search takes, without what is being made of the chunks under way.
    pub(super) fn bytes(&self) -> u64 {
        self.visited.bytes() + self.log_bytes() + self.waiting.load(Ordering::Relaxed)
    }

    fn log_bytes(&self) -> u64 {
        self.logs.iter().map(Log::bytes).sum()
    }

    /// The root of a hit, and the steps that lead from it to the state that shows it.
    fn way(&self, hit: &Hit) -> (Root, Vec<Step>) {
        let (root, successors) = way(&self.logs, hit.at);
        let root = self.begun[root.place as usize].clone();
        let steps = retrace(&mut self.expander(), &root, &successors);
        (root, steps)
    }

    fn finish(self) -> Findings {
        let mut found = self.found;
        found.explored.bytes = self.visited.bytes() + self.logs.iter().map(Log::bytes).sum::<u64>();
        found.explored.spilled = self.spill.written();
        found.omission = omission(found.explored.states, self.visited.bits());
        found
    }
}
