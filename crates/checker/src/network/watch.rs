//! What all workers of a search that has no layers watch: time, memory, and what is broken.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::question::{Budget, Progress, Stop};

/// A violation, and the way to the state that shows it.
#[derive(Debug)]
pub(super) struct Hit<W> {
    pub(super) requirement: usize,
    pub(super) over: bool,
    pub(super) way: W,
}

/// When to stop, and what was found until then.
#[derive(Debug)]
pub(super) struct Watch<'s, W> {
    /// The requirements that no run has broken yet.
    wanted: AtomicU64,
    found: Mutex<Found<W>>,
    after_violation: Option<Duration>,
    memory_bytes: u64,
    progress: &'s Progress,
}

#[derive(Debug)]
struct Found<W> {
    deadline: Option<Instant>,
    stopped: Option<Stop>,
    hits: Vec<Hit<W>>,
}

impl<'s, W> Watch<'s, W> {
    pub(super) fn new(requirements: usize, budget: &Budget, progress: &'s Progress) -> Self {
        let found = Found { deadline: budget.deadline, stopped: None, hits: Vec::new() };
        Self {
            wanted: AtomicU64::new((1u64 << requirements) - 1),
            found: Mutex::new(found),
            after_violation: budget.after_violation,
            memory_bytes: budget.memory_bytes,
            progress,
        }
    }

    /// Notes what a state breaks, if that is news.
    #[inline]
    pub(super) fn note(&self, broken: u64, over: bool, way: impl Fn() -> W) {
        if broken & self.wanted.load(Ordering::Relaxed) == 0 {
            return;
        }
        let new = broken & self.wanted.fetch_and(!broken, Ordering::Relaxed);
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if found.hits.is_empty() {
            let end = self.after_violation.map(|more| Instant::now() + more);
            found.deadline = [found.deadline, end].into_iter().flatten().min();
        }
        for requirement in (0..64).filter(|k| new >> k & 1 == 1) {
            found.hits.push(Hit { requirement, over, way: way() });
        }
    }

    /// Whether to stop: nothing is left to find, time is up, or so many bytes are too many.
    pub(super) fn look(&self, bytes: u64) -> bool {
        if self.wanted.load(Ordering::Relaxed) == 0 {
            return true;
        }
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let full = (bytes > self.memory_bytes).then_some(Stop::Memory);
        found.stopped = found.stopped.or(self.progress.stop(found.deadline)).or(full);
        found.stopped.is_some()
    }

    /// Why the search stopped early, if it did, and what was found, in the order of requirements.
    pub(super) fn into_found(self) -> (Option<Stop>, Vec<Hit<W>>) {
        let mut found = self.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.hits.sort_by_key(|hit| hit.requirement);
        (found.stopped, found.hits)
    }
}
