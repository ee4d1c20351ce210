//! Random walks through the states, for what is too large to be searched: each walk has lots of its
//! own, and prefers states that no walk has come to. What they do not find is not proved.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use quorate_kernel::Deceit;

use super::expand::{Expander, Offer, Sink, Step};
use super::findings::{Findings, conclude, retrace};
use super::orbits::Orbits;
use super::print::{Print, omission, scramble};
use super::roles::Roles;
use super::scope::Scope;
use super::search::Root;
use super::state::State;
use super::symmetry::Symmetry;
use super::tables::{Case, Source, Tables};
use super::visited::Visited;
use super::watch::Watch;
use crate::question::Progress;

/// How many steps a worker takes between two looks at the clock.
const LOOK: usize = 64;
/// How many steps walks take at most, by turns.
const LENGTHS: [usize; 4] = [16, 32, 64, 256];

/// Lots from a seed: SplitMix64.
struct Lots(u64);

impl Lots {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        ((u128::from(scramble(self.0)) * u128::from(bound)) >> 64) as u32
    }
}

/// A successor that was chosen.
#[derive(Clone, Copy)]
struct Chosen {
    number: u32,
    print: Print,
    orbit: Print,
}

/// Chooses one of the successors: one that is new, if any is.
struct Draw<'v> {
    visited: &'v Visited,
    lots: Lots,
    successors: u32,
    /// Whether one is new, and how many there are like that.
    fresh: bool,
    rivals: u32,
    chosen: Option<Chosen>,
    words: Vec<u32>,
    unjudged: Vec<(u32, u32, Case)>,
    cited: u64,
}

impl Sink for Draw<'_> {
    fn stay(&mut self, _: Step, cited: u64) {
        self.successors += 1;
        self.cited |= cited;
    }

    fn offer(&mut self, offer: &Offer<'_>, write: &mut dyn FnMut(&mut Vec<u32>)) {
        let number = self.successors;
        self.successors += 1;
        self.cited |= offer.cited;
        if let Some((ledger, case)) = offer.judged {
            self.unjudged.push((number, ledger, case));
        }
        let fresh = !self.visited.contains(offer.orbit);
        if fresh != self.fresh {
            if !fresh {
                return;
            }
            (self.fresh, self.rivals) = (true, 0);
        }
        self.rivals += 1;
        if self.lots.below(self.rivals) == 0 {
            write(&mut self.words);
            self.chosen = Some(Chosen { number, print: offer.print, orbit: offer.orbit });
        }
    }
}

/// The root of a way, and the successors that it takes.
type Way = (usize, Vec<u32>);

struct Swarm<'s> {
    scope: &'s Scope,
    n: usize,
    symmetry: &'s Symmetry,
    lapsed: &'s AtomicBool,
    shared: &'s Mutex<dyn Source + 's>,
    visited: Visited,
    /// Whether no more prints are kept, since memory is short.
    full: AtomicBool,
    roots: &'s [Root],
    seed: u64,
    walks: AtomicU64,
    watch: Watch<'s, Way>,
    memory_bytes: u64,
    counted: Mutex<Findings>,
    progress: &'s Progress,
}

/// Walks until time is up or everything is broken.
pub(super) fn swarm<'q, P: Deceit>(
    roles: Roles<'q, P>,
    roots: &[Root],
    (seed, threads): (u64, usize),
    progress: &Progress,
) -> (Findings, Roles<'q, P>) {
    let inquiry = roles.inquiry;
    let (symmetry, lapsed) = (roles.mirrors.symmetry.clone(), Arc::clone(&roles.mirrors.lapsed));
    let shared = Mutex::new(roles);
    let swarm = Swarm {
        scope: &inquiry.scope,
        n: inquiry.seats(),
        symmetry: &symmetry,
        lapsed: &lapsed,
        shared: &shared,
        visited: Visited::new(inquiry.wide),
        full: AtomicBool::new(false),
        roots,
        seed,
        walks: AtomicU64::new(0),
        watch: Watch::new(inquiry.requirements.len(), &inquiry.budget, progress),
        memory_bytes: inquiry.budget.memory_bytes,
        counted: Mutex::default(),
        progress,
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.max(1) {
            scope.spawn(|| swarm.work());
        }
        swarm.work();
    });
    let mut found = swarm.counted.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.explored.walks = swarm.walks.into_inner();
    found.explored.bytes = swarm.visited.bytes();
    found.omission = omission(found.explored.states, swarm.visited.bits());
    let (stopped, hits) = swarm.watch.into_found();
    found.stopped = stopped;
    let ways = hits.into_iter().map(|hit| {
        let mut expander = Expander::new(Tables::new(&shared), &inquiry.scope, swarm.n);
        let root = &roots[hit.way.0];
        let steps = retrace(&mut expander, root, &hit.way.1);
        (hit.requirement, hit.over, (root.clone(), steps))
    });
    let ways: Vec<_> = ways.collect();
    let mut roles = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    conclude(&mut roles, &mut found, ways);
    (found, roles)
}

impl<'s> Swarm<'s> {
    fn work(&self) {
        let mut expander = Expander::new(Tables::new(self.shared), self.scope, self.n);
        expander.mask = self.visited.mask();
        expander.orbits = (!self.symmetry.is_none()).then(|| Orbits::new(self.symmetry, self.n));
        let mut draw = Draw {
            visited: &self.visited,
            lots: Lots(0),
            successors: 0,
            fresh: false,
            rivals: 0,
            chosen: None,
            words: Vec::new(),
            unjudged: Vec::new(),
            cited: 0,
        };
        let mut counts = Findings::default();
        while !self.roots.is_empty() {
            let walk = self.walks.fetch_add(1, Ordering::Relaxed);
            draw.lots = Lots(scramble(self.seed ^ scramble(walk)));
            if !self.walk(&mut expander, &mut draw, walk, &mut counts) {
                break;
            }
        }
        let mut all = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let (explored, more) = (&mut all.explored, counts.explored);
        explored.states += more.states;
        explored.transitions += more.transitions;
        explored.ends += more.ends;
        explored.depth = explored.depth.max(more.depth);
        all.cited |= draw.cited;
        all.cut_off.add(counts.cut_off);
    }

    /// One walk; false if it was the last.
    fn walk(
        &self,
        expander: &mut Expander<'s>,
        draw: &mut Draw<'_>,
        walk: u64,
        counts: &mut Findings,
    ) -> bool {
        let root = draw.lots.below(self.roots.len() as u32) as usize;
        let mut words = self.roots[root].words.clone();
        let state = State { words: &words, n: self.n };
        let mut print = state.print(self.scope.fifo, &mut expander.tables) & expander.mask;
        let orbit = expander.orbit(state, print);
        let case = expander.case_of(state, false);
        let broken = expander.tables.judge(state.ledger(), case);
        self.watch.note(broken, false, || (root, Vec::new()));
        self.enter(orbit, counts);
        let mut path: Vec<u32> = Vec::new();
        let length = LENGTHS[walk as usize % LENGTHS.len()];
        for step in 0..length {
            if step.is_multiple_of(LOOK) && self.look(expander.bytes()) {
                return false;
            }
            (draw.successors, draw.fresh, draw.rivals, draw.chosen) = (0, false, 0, None);
            let expanded = expander.expand(&words, print, draw);
            counts.explored.transitions += u64::from(draw.successors);
            counts.cut_off.add(expanded.cut_off);
            for (number, ledger, case) in draw.unjudged.drain(..) {
                let broken = expander.tables.judge(ledger, case);
                self.watch.note(broken, false, || (root, [&path[..], &[number]].concat()));
            }
            if let Some((ledger, case)) = expanded.end {
                counts.explored.ends += 1;
                let broken = expander.tables.judge(ledger, case);
                self.watch.note(broken, true, || (root, path.clone()));
            }
            let Some(chosen) = draw.chosen else { break };
            path.push(chosen.number);
            std::mem::swap(&mut words, &mut draw.words);
            print = chosen.print;
            self.enter(chosen.orbit, counts);
            counts.explored.depth = counts.explored.depth.max(step as u32 + 2);
        }
        true
    }

    /// Remembers a state that a walk comes to.
    fn enter(&self, orbit: Print, counts: &mut Findings) {
        if !self.full.load(Ordering::Relaxed) && self.visited.insert(orbit) {
            counts.explored.states += 1;
            self.progress.add(&self.progress.states, 1);
            self.progress.depth.fetch_max(counts.explored.depth.into(), Ordering::Relaxed);
        }
    }

    fn look(&self, tables_bytes: u64) -> bool {
        if self.visited.bytes() > self.memory_bytes / 2 {
            self.full.store(true, Ordering::Relaxed);
        }
        self.lapsed.load(Ordering::Relaxed) || self.watch.look(self.visited.bytes() + tables_bytes)
    }
}
