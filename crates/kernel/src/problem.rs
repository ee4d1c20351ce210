//! Problems: the types at a protocol's border, and what a solution must satisfy there.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{Data, Group, Process, ProcessSet, Renamed};

/// What is to be solved.
pub trait Problem: Data + Sized {
    /// Its name in the literature.
    const NAME: &'static str;
    /// What a process is given.
    type Input: Data + Ord + Renamed;
    /// What a process hands out.
    type Output: Data + Ord + Renamed;
    /// What an observer at the border remembers of a run.
    type Ledger: Ledger<Self>;

    /// Whether a requirement asks if messages were lost: then an engine must keep count.
    const COUNTS_LOSSES: bool = false;

    /// Whether a requirement asks when somebody crashed or came back: then it must be entered.
    const WATCHES_CRASHES: bool = false;

    /// Every requirement that somebody has stated for this problem, in the order of reporting.
    fn requirements() -> &'static [Requirement<Self>];

    /// An output, for people.
    fn show(output: &Self::Output, name: &dyn Fn(crate::Value) -> String) -> String;
}

/// Something seen at the border of one process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seen<'a, P: Problem> {
    /// It was given this.
    Input(&'a P::Input),
    /// It handed out this.
    Output(&'a P::Output),
}

/// What an observer remembers of the border: no more than the requirements need.
pub trait Ledger<P: Problem>: Data + Ord + Renamed {
    /// The ledger before anything happened.
    fn open(group: Group) -> Self;

    /// Enters what was seen at `who`, at time or in round `at`.
    fn observe(&mut self, who: Process, at: u64, seen: Seen<'_, P>);

    /// Enters that `who` crashed.
    fn crashed(&mut self, who: Process, at: u64) {
        let _ = (who, at);
    }

    /// Enters that `who` is up again, with what it had stored.
    fn restarted(&mut self, who: Process, at: u64) {
        let _ = (who, at);
    }

    /// Whether everybody who is owed something has all that will ever be owed to it: then a run
    /// may end. A problem with no such moment says no.
    fn complete(&self, owed: &dyn Fn(Process) -> bool) -> bool {
        let _ = owed;
        false
    }

    /// What `who` handed out first, and when.
    fn decision(&self, who: Process) -> Option<(&P::Output, u64)>;
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct End {
    /// The group.
    pub group: Group,
    /// Who failed in any way: everybody else is correct in the sense of the literature.
    pub faulty: ProcessSet,
    /// Who of these may have lied: what they hand out means nothing.
    pub liars: ProcessSet,
    /// Whether all that is owed must have come by now.
    pub settled: bool,
    /// When the protocol promised to be done, given how many really failed; the largest number
    /// if it promised nothing of the kind.
    pub deadline: u64,
    /// From when on nothing failed and every bound held: round 0, or a time in ticks.
    pub calm_from: u64,
    /// When the run ended: the last round, or a time in ticks.
    pub over_at: u64,
    /// How many messages between correct processes were lost on their way.
    pub lost: u64,
}

impl End {
    /// Whether a process was correct in the whole run.
    pub fn correct(&self, p: Process) -> bool {
        !self.faulty.contains(p)
    }
}

/// What kind of promise a requirement is; decides the exit code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Class {
    /// Nothing bad happens.
    Safety,
    /// What is decided has to do with what was proposed.
    Validity,
    /// Something good happens in time.
    Liveness,
}

/// One requirement, stated once: its name, its text and source, and the judge.
pub struct Requirement<P: Problem> {
    /// The name, as in the literature.
    pub name: &'static str,
    /// Other names for exactly the same.
    pub aliases: &'static [&'static str],
    /// One sentence.
    pub text: &'static str,
    /// Where it is stated so.
    pub source: &'static str,
    /// What kind of promise it is.
    pub class: Class,
    /// Objects if the run broke it.
    pub judge: fn(&P::Ledger, &End) -> Result<(), Breach>,
}

/// A broken requirement: who shows it, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breach {
    /// The processes that one must look at to see it; two where two disagree.
    pub witnesses: Vec<Process>,
    /// What they show, in one sentence, values [marked](crate::marked).
    pub text: String,
}
