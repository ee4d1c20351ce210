//! Many runs, one for each seed, on all cores.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use quorate_kernel::Breach;
use serde::{Deserialize, Serialize};

use crate::outcome::Outcome;
use crate::run::Runner;
use crate::simulation::EVENTS_MAX;
use crate::spread::Spread;

/// How many seeds are worked through between two looks around.
const CHUNK: u64 = 256;

/// What many runs came to. Parts of a sweep merge to the whole, in any order.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    /// How many runs were made.
    pub runs: u64,
    /// How many of them broke each requirement, and the first seed that did.
    pub violations: BTreeMap<String, (u64, u64)>,
    /// In how many runs somebody who counts never handed anything out.
    pub undone: u64,
    /// In how many runs not all that is owed had to have come: liveness was not judged in them.
    pub unsettled: u64,
    /// The round in which the last process that counts was done.
    pub rounds: Spread,
    /// Messages between different processes.
    pub messages: Spread,
    /// When the last process that counts was done, in ticks.
    pub ticks: Spread,
    /// How many events there were in all.
    pub events: u64,
    /// How many messages were lost in all.
    pub lost: u64,
    /// How many crashes.
    pub crashes: u64,
    /// How many restarts.
    pub restarts: u64,
    /// How many words of traitors were not the truth.
    pub lies: u64,
    /// How often an assumption of the model was found broken.
    pub broken: u64,
    /// Which rules fired: bit k stands for rule k.
    pub cited: u64,
    /// How often each kind of upset met a process after which of its rules (255 before the first).
    pub met: BTreeMap<String, BTreeMap<u8, u64>>,
}

impl Tally {
    /// Enters a run.
    fn enter(&mut self, outcome: &Outcome) {
        self.runs += 1;
        match (outcome.rounds, outcome.done_at) {
            (Some(rounds), Some(at)) => {
                self.rounds.add(rounds.into());
                self.ticks.add(at);
            }
            _ => self.undone += 1,
        }
        self.unsettled += u64::from(!outcome.end.settled);
        self.messages.add(outcome.messages);
        self.events += outcome.events;
        self.lost += outcome.lost;
        self.crashes += u64::from(outcome.crashes);
        self.restarts += u64::from(outcome.restarts);
        self.lies += u64::from(outcome.lies);
        self.broken += u64::from(outcome.broken);
        self.cited |= outcome.cited;
        for (upset, phase) in &outcome.met {
            match self.met.get_mut(*upset) {
                Some(phases) => *phases.entry(*phase).or_default() += 1,
                None => {
                    self.met.insert((*upset).into(), [(*phase, 1)].into());
                }
            }
        }
    }

    /// Enters what another came to.
    pub fn merge(&mut self, other: &Self) {
        self.runs += other.runs;
        for (name, (count, first)) in &other.violations {
            let mine = self.violations.entry(name.clone()).or_insert((0, *first));
            *mine = (mine.0 + count, mine.1.min(*first));
        }
        self.undone += other.undone;
        self.unsettled += other.unsettled;
        self.rounds.merge(&other.rounds);
        self.messages.merge(&other.messages);
        self.ticks.merge(&other.ticks);
        self.events += other.events;
        self.lost += other.lost;
        self.crashes += other.crashes;
        self.restarts += other.restarts;
        self.lies += other.lies;
        self.broken += other.broken;
        self.cited |= other.cited;
        for (upset, phases) in &other.met {
            let mine = self.met.entry(upset.clone()).or_default();
            for (phase, count) in phases {
                *mine.entry(*phase).or_default() += count;
            }
        }
    }
}

/// A run that broke a requirement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// The place of the first requirement that it broke.
    pub requirement: usize,
    /// How.
    pub breach: Breach,
}

/// What to sweep, and how.
pub struct Sweep<'a> {
    /// Makes the runs.
    pub runner: &'a dyn Runner,
    /// The names of what must hold.
    pub requirements: &'a [&'static str],
    /// The first seed, and the one after the last.
    pub seeds: (u64, u64),
    /// How many threads to use.
    pub threads: usize,
    /// Whether to go on after the first violation, and count them all.
    pub keep_going: bool,
    /// Whether to make each run twice and compare.
    pub audited: bool,
    /// Counts the runs that were made; set `stop` to end early.
    pub progress: &'a Progress,
}

/// How far a sweep is, for whoever watches it.
#[derive(Debug, Default)]
pub struct Progress {
    /// How many runs were made.
    pub runs: AtomicU64,
    /// Set to stop at the next chunk.
    pub stop: AtomicBool,
}

/// What came of a sweep.
#[derive(Clone, Debug)]
pub struct Swept {
    /// Everything counted. Without `keep_going`, up to the first failing seed and no further.
    pub tally: Tally,
    /// The violation with the lowest seed.
    pub failure: Option<Failure>,
    /// The seed up to which every run was made: all below it, none from it on.
    pub done_to: u64,
    /// What an audit objected to.
    pub objection: Option<String>,
}

/// One chunk of seeds, worked through.
struct Chunk {
    from: u64,
    to: u64,
    tally: Tally,
    failure: Option<Failure>,
}

impl Sweep<'_> {
    /// Makes the runs.
    pub fn make(&self) -> Swept {
        let (next, ceiling) = (AtomicU64::new(self.seeds.0), AtomicU64::new(u64::MAX));
        let chunks = Mutex::new(Vec::new());
        let objection = Mutex::new(None);
        std::thread::scope(|scope| {
            for _ in 0..self.threads.max(1) {
                scope.spawn(|| self.work(&next, &ceiling, &chunks, &objection));
            }
        });
        let mut chunks: Vec<Chunk> = chunks.into_inner().unwrap_or_else(PoisonError::into_inner);
        chunks.sort_by_key(|chunk| chunk.from);
        let objection = objection.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut swept =
            Swept { tally: Tally::default(), failure: None, done_to: self.seeds.0, objection };
        for chunk in chunks {
            if chunk.from != swept.done_to {
                break;
            }
            swept.tally.merge(&chunk.tally);
            swept.done_to = chunk.to;
            swept.failure = swept.failure.or(chunk.failure);
            if swept.failure.is_some() && !self.keep_going {
                break;
            }
        }
        swept
    }

    fn work(
        &self,
        next: &AtomicU64,
        ceiling: &AtomicU64,
        chunks: &Mutex<Vec<Chunk>>,
        objection: &Mutex<Option<String>>,
    ) {
        loop {
            let from = next.fetch_add(CHUNK, Ordering::Relaxed);
            let past = from >= self.seeds.1 || from > ceiling.load(Ordering::Relaxed);
            if past || self.progress.stop.load(Ordering::Relaxed) {
                return;
            }
            match self.chunk(from, self.seeds.1.min(from + CHUNK)) {
                Ok(chunk) => {
                    if let (Some(failure), false) = (&chunk.failure, self.keep_going) {
                        ceiling.fetch_min(failure.seed, Ordering::Relaxed);
                    }
                    self.progress.runs.fetch_add(chunk.to - from, Ordering::Relaxed);
                    chunks.lock().unwrap_or_else(PoisonError::into_inner).push(chunk);
                }
                Err(text) => {
                    *objection.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
                    return self.progress.stop.store(true, Ordering::Relaxed);
                }
            }
        }
    }

    fn chunk(&self, from: u64, to: u64) -> Result<Chunk, String> {
        let mut chunk = Chunk { from, to, tally: Tally::default(), failure: None };
        for seed in from..to {
            let plan = self.runner.plan(seed);
            let judged = match self.audited {
                true => self.runner.audit(&plan)?,
                false => self.runner.run(&plan, EVENTS_MAX),
            };
            chunk.tally.enter(&judged.outcome);
            for (place, breach) in judged.breaches {
                let name = self.requirements.get(place).copied().unwrap_or_default();
                chunk.tally.violations.entry(name.into()).or_insert((0, seed)).0 += 1;
                chunk.failure.get_or_insert(Failure { seed, requirement: place, breach });
            }
            if chunk.failure.is_some() && !self.keep_going {
                chunk.to = seed + 1;
                break;
            }
        }
        Ok(chunk)
    }
}
