//! What is asked, and what is answered.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use quorate_kernel::{ProcessSet, Requirement, RoundInput, Rounds};
use quorate_world::{Arena, Fault, Model, Script};

/// Which runs to search, and for what.
pub struct Question<'a, R: Rounds> {
    /// The group, the configuration, the number of rounds.
    pub arena: Arena<'a, R>,
    /// What may fail.
    pub model: Model,
    /// Every input that a process may be given, by process; a single `None` for no input.
    pub inputs: Vec<Vec<Option<RoundInput<R>>>>,
    /// The one faulty set to search; `None` for every set that the model grants.
    pub faulty: Option<ProcessSet>,
    /// What must hold.
    pub requirements: Vec<&'static Requirement<R::Problem>>,
    /// Whether to search only one of the cases that differ by a permutation of processes.
    pub symmetry: bool,
    /// When to stop.
    pub budget: Budget,
}

impl<R: Rounds> std::fmt::Debug for Question<'_, R> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Question")
            .field("arena", &self.arena.group)
            .field("model", &self.model)
            .finish()
    }
}

/// When to stop a search that is not done.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// At this moment.
    pub deadline: Option<Instant>,
    /// When one thread has made so many steps in one pass, in rounds; on a network, when so many
    /// states were found by a search that is to be kept: on one thread a search then ends at the
    /// same place on any machine.
    pub steps_max: Option<u64>,
    /// So long after the first violation: the search goes on to judge the other requirements.
    pub after_violation: Option<std::time::Duration>,
    /// So long after a search of a network: runs without end are looked for then.
    pub endless: Option<std::time::Duration>,
    /// When the visited states would take about so many bytes.
    pub memory_bytes: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            deadline: None,
            steps_max: None,
            after_violation: None,
            endless: None,
            memory_bytes: 4 << 30,
        }
    }
}

/// Why a search stopped before it was done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The time was up, or the steps were that stand for it.
    Time,
    /// It was told to stop: see [`Progress::halt`].
    Halt,
    /// The memory was full.
    Memory,
    /// On a network: states that were to wait on disk could not be written there, or read again.
    Disk(std::io::ErrorKind),
    /// A traitor's vocabulary has more words than can be enumerated.
    Vocabulary,
}

/// How far a search has come; read it from another thread.
#[derive(Debug, Default)]
pub struct Progress {
    /// Cases done.
    pub cases_done: AtomicU64,
    /// States found.
    pub states: AtomicU64,
    /// Transitions made.
    pub transitions: AtomicU64,
    /// On a network: how many steps from a beginning the search has come, at most.
    pub depth: AtomicU64,
    /// On a network: how many states wait to be expanded.
    pub frontier: AtomicU64,
    /// Bytes that the visited states of the cases under way take.
    pub bytes: AtomicU64,
    /// Set it to stop the search.
    pub halt: AtomicBool,
}

impl Progress {
    pub(crate) fn add(&self, counter: &AtomicU64, amount: u64) {
        counter.fetch_add(amount, Ordering::Relaxed);
    }

    /// Whether the search was told to stop, or its time is up.
    pub(crate) fn stop(&self, deadline: Option<Instant>) -> Option<Stop> {
        if self.halt.load(Ordering::Relaxed) {
            return Some(Stop::Halt);
        }
        deadline.filter(|deadline| Instant::now() >= *deadline).map(|_| Stop::Time)
    }
}

/// How many calls go by between two looks.
const EVERY: u32 = 1024;

/// Looks at the clock, the memory and the halt flag, once every few thousand calls.
#[derive(Debug)]
pub(crate) struct Watch<'q> {
    progress: &'q Progress,
    deadline: Option<Instant>,
    steps_left: u64,
    memory_bytes: u64,
    unlooked: u32,
}

impl<'q> Watch<'q> {
    pub(crate) fn new(progress: &'q Progress, deadline: Option<Instant>, budget: &Budget) -> Self {
        let (steps_left, memory_bytes) =
            (budget.steps_max.unwrap_or(u64::MAX), budget.memory_bytes);
        Self { progress, deadline, steps_left, memory_bytes, unlooked: 0 }
    }

    /// Looks now, whenever it last did.
    pub(crate) fn look_now(&mut self) -> Result<(), Stop> {
        self.look_up()
    }

    /// Whether the search must stop.
    pub(crate) fn look(&mut self) -> Result<(), Stop> {
        self.unlooked += 1;
        if self.unlooked < EVERY {
            return Ok(());
        }
        self.look_up()
    }

    fn look_up(&mut self) -> Result<(), Stop> {
        self.progress.add(&self.progress.transitions, u64::from(self.unlooked));
        self.steps_left = self.steps_left.saturating_sub(self.unlooked.into());
        self.unlooked = 0;
        if let Some(stop) = self.progress.stop(self.deadline) {
            return Err(stop);
        }
        if self.steps_left == 0 {
            return Err(Stop::Time);
        }
        if self.progress.bytes.load(Ordering::Relaxed) > self.memory_bytes {
            return Err(Stop::Memory);
        }
        Ok(())
    }
}

/// How much was searched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Work {
    /// Runs of the model that were covered; saturates.
    pub runs: u128,
    /// Pairs of a faulty set and an input vector that were searched.
    pub cases: u64,
    /// The same, counting those that a permutation makes equal.
    pub cases_covered: u128,
    /// Distinct states of the system, over all rounds and cases.
    pub states: u64,
    /// Transitions between them.
    pub transitions: u64,
    /// Rounds.
    pub depth: u16,
}

impl Work {
    pub(crate) fn add(&mut self, other: &Self) {
        self.runs = self.runs.saturating_add(other.runs);
        self.cases += other.cases;
        self.cases_covered = self.cases_covered.saturating_add(other.cases_covered);
        self.states += other.states;
        self.transitions += other.transitions;
        self.depth = self.depth.max(other.depth);
    }
}

/// A requirement that some run breaks.
#[derive(Clone, Debug)]
pub struct Finding<R: Rounds> {
    /// Its place in [`Question::requirements`].
    pub requirement: usize,
    /// How many faults the cheapest run needs: crashes, lies, losses and flips together.
    pub faults: u32,
    /// How many messages these crashes lost.
    pub lost: u32,
    /// How many of the runs that were searched break it; saturates.
    pub runs: u128,
    /// The cheapest run.
    pub run: Shown<R>,
}

/// The slowest of the runs in which so many processes fail.
#[derive(Clone, Debug)]
pub struct Slowest<R: Rounds> {
    /// How many processes fail.
    pub failures: u16,
    /// The round in which the last correct process decides.
    pub round: u16,
    /// Such a run, with as few faults as any.
    pub run: Shown<R>,
}

/// A run, as its inputs and its faults.
#[derive(Clone, Debug)]
pub struct Shown<R: Rounds> {
    /// What each process is given.
    pub inputs: Vec<Option<RoundInput<R>>>,
    /// Who is faulty from the start.
    pub faulty: ProcessSet,
    /// The faults.
    pub script: Script<<R as Rounds>::Message>,
}

/// What came of a search.
#[derive(Clone, Debug)]
pub struct Answer<R: Rounds> {
    /// Why it stopped early; `None` if every run within the bounds was covered.
    pub stopped: Option<Stop>,
    /// How much was searched.
    pub work: Work,
    /// What is broken, in the order of the requirements.
    pub findings: Vec<Finding<R>>,
    /// The slowest runs in which all correct processes decide, by number of failures.
    pub slowest: Vec<Slowest<R>>,
    /// Which rules fired in some run: bit k stands for rule k.
    pub cited: u64,
}

/// A price: faults first, then lost messages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Price {
    pub(crate) faults: u32,
    pub(crate) lost: u32,
}

impl Price {
    pub(crate) const FREE: Self = Self { faults: 0, lost: 0 };
    pub(crate) const FAULT: Self = Self { faults: 1, lost: 0 };
    pub(crate) const LOST: Self = Self { faults: 0, lost: 1 };

    pub(crate) fn plus(self, other: Self) -> Self {
        Self { faults: self.faults + other.faults, lost: self.lost + other.lost }
    }
}

/// The message type of the faults that the search makes.
pub(crate) type FaultOf<R> = Fault<<R as Rounds>::Message>;
