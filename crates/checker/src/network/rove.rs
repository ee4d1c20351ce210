//! Searches that go where they like: depth first, or first to the states that look promising.
//!
//! Every state is expanded once, as in a search by layers, so that counts are the same where a
//! search ends. The way to a state is a chain of the steps to it, shared with its siblings: of
//! states that are done only their prints are kept, unless one waits that came from them.

use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use quorate_kernel::Deceit;

use super::cut_off::CutOff;
use super::expand::{Expander, Offer, Sink, Step};
use super::findings::{Explored, Findings, conclude, retrace};
use super::orbits::Orbits;
use super::print::{Print, omission};
use super::roles::Roles;
use super::scope::Scope;
use super::search::Root;
use super::state::State;
use super::symmetry::Symmetry;
use super::tables::{Case, Source, Tables};
use super::visited::Visited;
use super::watch::Watch;
use crate::question::Progress;

/// How many states a worker expands between two looks at the clock.
const LOOK: u64 = 64;
/// Bytes that a waiting state takes besides its words.
const OVERHEAD: u64 = 128;
/// How many steps a change of the ledger is worth where a search goes by promise.
const WORTH: u32 = 3;

/// Which of the states that wait comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Preference {
    /// The one with the longest way.
    Deepest,
    /// The one on whose way most was seen at the border for its length.
    MostSeen,
}

impl Preference {
    fn rank(self, depth: u32, seen: u32) -> i64 {
        match self {
            Self::Deepest => depth.into(),
            Self::MostSeen => i64::from(WORTH * seen) - i64::from(depth),
        }
    }
}

/// The last step of a way.
#[derive(Debug)]
struct Node {
    before: Option<Arc<Node>>,
    /// Which successor is taken, or which root the way begins with.
    number: u32,
}

impl Node {
    /// The root of a way, and the successors that it takes.
    fn way(&self) -> (u32, Vec<u32>) {
        let (mut at, mut way) = (self, Vec::new());
        while let Some(before) = &at.before {
            way.push(at.number);
            at = before;
        }
        way.reverse();
        (at.number, way)
    }
}

impl Drop for Node {
    // A way may be longer than what a stack holds.
    fn drop(&mut self) {
        let mut before = self.before.take();
        while let Some(mut node) = before.and_then(Arc::into_inner) {
            before = node.before.take();
        }
    }
}

/// A state that waits.
#[derive(Debug)]
struct Item {
    rank: i64,
    /// Of equal ranks, the one found last comes first.
    order: u64,
    words: Box<[u32]>,
    print: Print,
    node: Arc<Node>,
    depth: u32,
    seen: u32,
}

impl Item {
    fn bytes(&self) -> u64 {
        self.words.len() as u64 * 4 + OVERHEAD
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        (self.rank, self.order) == (other.rank, other.order)
    }
}

impl Eq for Item {}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.rank, self.order).cmp(&(other.rank, other.order))
    }
}

/// What workers without work wait for.
struct Pool {
    shared: Mutex<Given>,
    ready: Condvar,
    hungry: AtomicBool,
    workers: usize,
}

#[derive(Default)]
struct Given {
    items: Vec<Item>,
    idle: usize,
    done: bool,
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, Given> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until somebody gives something; `None` if nobody has anything any more.
    fn take(&self) -> Option<Vec<Item>> {
        let mut given = self.lock();
        given.idle += 1;
        loop {
            if given.done || (given.items.is_empty() && given.idle == self.workers) {
                given.done = true;
                self.ready.notify_all();
                return None;
            }
            if !given.items.is_empty() {
                given.idle -= 1;
                self.hungry.store(given.idle > 0, Ordering::Relaxed);
                return Some(std::mem::take(&mut given.items));
            }
            self.hungry.store(true, Ordering::Relaxed);
            given = self.ready.wait(given).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// If somebody waits, gives every other state away.
    fn share(&self, own: &mut BinaryHeap<Item>) {
        let mut given = self.lock();
        if given.idle == 0 || !given.items.is_empty() {
            return;
        }
        for (at, item) in std::mem::take(own).into_vec().into_iter().enumerate() {
            if at % 2 == 0 { own.push(item) } else { given.items.push(item) }
        }
        self.hungry.store(false, Ordering::Relaxed);
        self.ready.notify_one();
    }

    fn close(&self) {
        self.lock().done = true;
        self.ready.notify_all();
    }
}

/// Lets nobody wait for a worker that has gone.
struct Leave<'p>(&'p Pool);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.close();
        }
    }
}

/// A new state.
struct Fresh {
    words: Box<[u32]>,
    print: Print,
    number: u32,
    judged: Option<(u32, Case)>,
}

/// Takes the successors that are new.
struct Reach<'v> {
    visited: &'v Visited,
    successors: u32,
    fresh: Vec<Fresh>,
    cited: u64,
    words: Vec<u32>,
}

impl Sink for Reach<'_> {
    fn stay(&mut self, _: Step, cited: u64) {
        self.successors += 1;
        self.cited |= cited;
    }

    fn offer(&mut self, offer: &Offer<'_>, write: &mut dyn FnMut(&mut Vec<u32>)) {
        let number = self.successors;
        self.successors += 1;
        self.cited |= offer.cited;
        if self.visited.insert(offer.orbit) {
            write(&mut self.words);
            let words = self.words[..].into();
            self.fresh.push(Fresh { words, print: offer.print, number, judged: offer.judged });
        }
    }
}

/// What a worker counts.
#[derive(Default)]
struct Counts {
    explored: Explored,
    cited: u64,
    cut_off: CutOff,
}

struct Rover<'s> {
    scope: &'s Scope,
    n: usize,
    symmetry: &'s Symmetry,
    lapsed: &'s AtomicBool,
    shared: &'s Mutex<dyn Source + 's>,
    visited: Visited,
    preference: Preference,
    pool: Pool,
    watch: Watch<'s, Arc<Node>>,
    order: AtomicU64,
    waiting: AtomicU64,
    waiting_max: AtomicU64,
    waiting_bytes: AtomicU64,
    progress: &'s Progress,
}

/// Searches with the names exchanged that may be, as far as is known.
pub(super) fn rove<'q, P: Deceit>(
    roles: Roles<'q, P>,
    roots: &[Root],
    (preference, threads): (Preference, usize),
    progress: &Progress,
) -> (Findings, Roles<'q, P>) {
    let inquiry = roles.inquiry;
    let (symmetry, lapsed) = (roles.mirrors.symmetry.clone(), Arc::clone(&roles.mirrors.lapsed));
    let shared = Mutex::new(roles);
    let workers = threads.max(1);
    let rover = Rover {
        scope: &inquiry.scope,
        n: inquiry.seats(),
        symmetry: &symmetry,
        lapsed: &lapsed,
        shared: &shared,
        visited: Visited::new(inquiry.wide),
        preference,
        pool: Pool {
            shared: Mutex::default(),
            ready: Condvar::new(),
            hungry: AtomicBool::new(false),
            workers,
        },
        watch: Watch::new(inquiry.requirements.len(), &inquiry.budget, progress),
        order: AtomicU64::new(0),
        waiting: AtomicU64::new(0),
        waiting_max: AtomicU64::new(0),
        waiting_bytes: AtomicU64::new(0),
        progress,
    };
    let counts = rover.run(roots, workers);
    let mut found = rover.findings(counts);
    let (stopped, hits) = rover.watch.into_found();
    found.stopped = stopped;
    let ways = hits.into_iter().map(|hit| {
        let (root, successors) = hit.way.way();
        let root = &roots[root as usize];
        let mut expander = Expander::new(Tables::new(&shared), &inquiry.scope, rover.n);
        let steps = retrace(&mut expander, root, &successors);
        (hit.requirement, hit.over, (root.clone(), steps))
    });
    let ways: Vec<_> = ways.collect();
    let mut roles = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    conclude(&mut roles, &mut found, ways);
    (found, roles)
}

impl<'s> Rover<'s> {
    fn worker(&self) -> Expander<'s> {
        let mut worker = Expander::new(Tables::new(self.shared), self.scope, self.n);
        worker.mask = self.visited.mask();
        worker.orbits = (!self.symmetry.is_none()).then(|| Orbits::new(self.symmetry, self.n));
        worker
    }

    fn run(&self, roots: &[Root], workers: usize) -> Vec<Counts> {
        let mut expanders: Vec<Expander<'s>> = (0..workers).map(|_| self.worker()).collect();
        let [first, others @ ..] = &mut expanders[..] else { return Vec::new() };
        let (begun, own) = self.begin(first, roots);
        let mut all = std::thread::scope(|scope| {
            let spawn = |other| scope.spawn(|| self.work(other, BinaryHeap::new()));
            let handles: Vec<_> = others.iter_mut().map(spawn).collect();
            let mut all = vec![self.work(first, own)];
            for handle in handles {
                match handle.join() {
                    Ok(counts) => all.push(counts),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            all
        });
        all.push(begun);
        all
    }

    /// Judges the roots; they wait then.
    fn begin(&self, expander: &mut Expander<'s>, roots: &[Root]) -> (Counts, BinaryHeap<Item>) {
        let mut counts = Counts::default();
        let mut own = BinaryHeap::new();
        for (root, number) in roots.iter().zip(0..) {
            let state = State { words: &root.words, n: self.n };
            let print = state.print(self.scope.fifo, &mut expander.tables) & expander.mask;
            counts.explored.transitions += 1;
            if self.visited.insert(expander.orbit(state, print)) {
                let node = Arc::new(Node { before: None, number });
                let case = expander.case_of(state, false);
                let broken = expander.tables.judge(state.ledger(), case);
                self.watch.note(broken, false, || Arc::clone(&node));
                counts.explored.states += 1;
                counts.explored.depth = 1;
                let words = root.words[..].into();
                own.push(self.item(words, print, node, (1, 0)));
            }
        }
        (counts, own)
    }

    fn item(
        &self,
        words: Box<[u32]>,
        print: Print,
        node: Arc<Node>,
        (depth, seen): (u32, u32),
    ) -> Item {
        let rank = self.preference.rank(depth, seen);
        let order = self.order.fetch_add(1, Ordering::Relaxed);
        let item = Item { rank, order, words, print, node, depth, seen };
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed) + 1;
        self.waiting_max.fetch_max(waiting, Ordering::Relaxed);
        self.waiting_bytes.fetch_add(item.bytes(), Ordering::Relaxed);
        item
    }

    fn work(&self, expander: &mut Expander<'s>, mut own: BinaryHeap<Item>) -> Counts {
        let _leave = Leave(&self.pool);
        let mut counts = Counts::default();
        let mut reach = Reach {
            visited: &self.visited,
            successors: 0,
            fresh: Vec::new(),
            cited: 0,
            words: Vec::new(),
        };
        let (mut done, mut reported) = (0u64, 0);
        loop {
            let Some(item) = own.pop() else {
                let Some(given) = self.pool.take() else { break };
                own.extend(given);
                continue;
            };
            if done.is_multiple_of(LOOK) {
                self.progress.add(&self.progress.states, counts.explored.states - reported);
                reported = counts.explored.states;
                self.progress
                    .frontier
                    .store(self.waiting.load(Ordering::Relaxed), Ordering::Relaxed);
                self.progress.depth.fetch_max(counts.explored.depth.into(), Ordering::Relaxed);
                let bytes = self.bytes() + expander.bytes();
                if self.lapsed.load(Ordering::Relaxed) || self.watch.look(bytes) {
                    self.pool.close();
                    break;
                }
            }
            done += 1;
            self.expand(expander, item, &mut reach, &mut own, &mut counts);
            if self.pool.hungry.load(Ordering::Relaxed) && own.len() > 1 {
                self.pool.share(&mut own);
            }
        }
        counts.cited = reach.cited;
        counts
    }

    fn expand(
        &self,
        expander: &mut Expander<'s>,
        item: Item,
        reach: &mut Reach<'_>,
        own: &mut BinaryHeap<Item>,
        counts: &mut Counts,
    ) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.waiting_bytes.fetch_sub(item.bytes(), Ordering::Relaxed);
        reach.successors = 0;
        let expanded = expander.expand(&item.words, item.print, reach);
        counts.explored.transitions += u64::from(reach.successors);
        counts.cut_off.add(expanded.cut_off);
        if let Some((ledger, case)) = expanded.end {
            counts.explored.ends += 1;
            let broken = expander.tables.judge(ledger, case);
            self.watch.note(broken, true, || Arc::clone(&item.node));
        }
        let before = State { words: &item.words, n: self.n }.ledger();
        for fresh in reach.fresh.drain(..) {
            let node =
                Arc::new(Node { before: Some(Arc::clone(&item.node)), number: fresh.number });
            if let Some((ledger, case)) = fresh.judged {
                let broken = expander.tables.judge(ledger, case);
                self.watch.note(broken, false, || Arc::clone(&node));
            }
            let ledger = State { words: &fresh.words, n: self.n }.ledger();
            let seen = item.seen + u32::from(ledger != before);
            let depth = item.depth + 1;
            counts.explored.states += 1;
            counts.explored.depth = counts.explored.depth.max(depth);
            own.push(self.item(fresh.words, fresh.print, node, (depth, seen)));
        }
    }

    fn bytes(&self) -> u64 {
        self.visited.bytes() + self.waiting_bytes.load(Ordering::Relaxed)
    }

    fn findings(&self, counts: Vec<Counts>) -> Findings {
        let mut found = Findings::default();
        for Counts { explored, cited, cut_off } in counts {
            found.explored.states += explored.states;
            found.explored.transitions += explored.transitions;
            found.explored.ends += explored.ends;
            found.explored.depth = found.explored.depth.max(explored.depth);
            found.cited |= cited;
            found.cut_off.add(cut_off);
        }
        found.explored.frontier_max = self.waiting_max.load(Ordering::Relaxed);
        found.explored.bytes = self.visited.bytes();
        found.omission = omission(found.explored.states, self.visited.bits());
        found
    }
}
