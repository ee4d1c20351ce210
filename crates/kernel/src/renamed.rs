//! What becomes of data if processes and values exchange their names.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::Cell;
use core::convert::Infallible;

use crate::{Process, ProcessSet, Value};

/// A permutation of processes, and one of values; or other numbers for rounds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Renaming {
    processes: Vec<Process>,
    values: Vec<Value>,
    rounds: Rounds,
}

/// What becomes of rounds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
enum Rounds {
    #[default]
    Kept,
    /// Each is so much lower, or higher if negative. Round 0, before the first, stays.
    Lowered(i64),
    /// They are looked at: the lowest so far.
    Seen(Cell<u32>),
}

impl Renaming {
    pub(crate) fn of(processes: Vec<Process>, values: Vec<Value>) -> Self {
        Self { processes, values, rounds: Rounds::Kept }
    }

    pub(crate) fn lowered(by: i64) -> Self {
        Self { rounds: Rounds::Lowered(by), ..Self::default() }
    }

    pub(crate) fn lowest(mut look: impl FnMut(&Self)) -> Option<u32> {
        let by = Self { rounds: Rounds::Seen(Cell::new(u32::MAX)), ..Self::default() };
        look(&by);
        match by.rounds {
            Rounds::Seen(lowest) => Some(lowest.get()).filter(|lowest| *lowest < u32::MAX),
            _ => None,
        }
    }

    /// The new number of a round, ballot or phase.
    pub fn round(&self, round: u32) -> u32 {
        match &self.rounds {
            Rounds::Lowered(by) if round > 0 => {
                u32::try_from(i64::from(round) - by).unwrap_or(0).max(1)
            }
            Rounds::Seen(lowest) if round > 0 => {
                lowest.set(lowest.get().min(round));
                round
            }
            _ => round,
        }
    }

    /// The new name of a process; whatever is not in the permutation keeps its own.
    pub fn process(&self, p: Process) -> Process {
        self.processes.get(p.index()).copied().unwrap_or(p)
    }

    /// The new name of a value.
    pub fn value(&self, value: Value) -> Value {
        self.values.get(usize::from(value.0)).copied().unwrap_or(value)
    }

    /// Renames a list that has one entry for each process, by its place.
    pub fn by_process<T: Renamed>(&self, list: &mut Vec<T>) {
        let place = |at: usize| self.process(Process(at as u16)).index();
        if (0..list.len()).any(|at| place(at) >= list.len()) {
            return;
        }
        let mut moved: Vec<(usize, T)> =
            core::mem::take(list).into_iter().enumerate().map(|(at, t)| (place(at), t)).collect();
        moved.sort_by_key(|(at, _)| *at);
        list.extend(moved.into_iter().map(|(_, mut thing)| {
            thing.rename(self);
            thing
        }));
    }
}

/// Data in which processes and values can exchange their names.
///
/// An engine uses it to find runs that are the same but for names, and states that come back with
/// higher rounds. It asks nothing of a protocol:
/// data that is left as it is, as by default, or renamed in part, makes the engine see that the
/// protocol treats those names apart.
pub trait Renamed {
    /// Puts the new names in place of the old.
    fn rename(&mut self, by: &Renaming) {
        let _ = by;
    }
}

impl Renamed for Process {
    fn rename(&mut self, by: &Renaming) {
        *self = by.process(*self);
    }
}

impl Renamed for Value {
    fn rename(&mut self, by: &Renaming) {
        *self = by.value(*self);
    }
}

impl Renamed for ProcessSet {
    fn rename(&mut self, by: &Renaming) {
        *self = self.iter().map(|p| by.process(p)).collect();
    }
}

macro_rules! nameless {
    ($($plain:ty)*) => { $( impl Renamed for $plain {} )* };
}

nameless!(() bool u8 u16 u64 usize Infallible);

/// A number of 32 bits counts rounds, ballots or phases.
impl Renamed for u32 {
    fn rename(&mut self, by: &Renaming) {
        *self = by.round(*self);
    }
}

impl<A: Renamed, B: Renamed> Renamed for (A, B) {
    fn rename(&mut self, by: &Renaming) {
        self.0.rename(by);
        self.1.rename(by);
    }
}

impl<A: Renamed, B: Renamed, C: Renamed> Renamed for (A, B, C) {
    fn rename(&mut self, by: &Renaming) {
        self.0.rename(by);
        self.1.rename(by);
        self.2.rename(by);
    }
}

impl<T: Renamed> Renamed for Option<T> {
    fn rename(&mut self, by: &Renaming) {
        if let Some(inner) = self {
            inner.rename(by);
        }
    }
}

impl<T: Renamed> Renamed for Vec<T> {
    fn rename(&mut self, by: &Renaming) {
        self.iter_mut().for_each(|part| part.rename(by));
    }
}

impl<T: Renamed + Clone> Renamed for Arc<[T]> {
    fn rename(&mut self, by: &Renaming) {
        let mut parts: Vec<T> = self.to_vec();
        parts.rename(by);
        *self = parts.into();
    }
}

impl<T: Renamed + Clone> Renamed for Arc<T> {
    fn rename(&mut self, by: &Renaming) {
        Arc::make_mut(self).rename(by);
    }
}

impl<T: Renamed + Ord> Renamed for BTreeSet<T> {
    fn rename(&mut self, by: &Renaming) {
        let mut members: Vec<T> = core::mem::take(self).into_iter().collect();
        members.rename(by);
        self.extend(members);
    }
}

impl<K: Renamed + Ord, T: Renamed> Renamed for BTreeMap<K, T> {
    fn rename(&mut self, by: &Renaming) {
        let mut entries: Vec<(K, T)> = core::mem::take(self).into_iter().collect();
        entries.rename(by);
        self.extend(entries);
    }
}
