//! What becomes of data if processes and values exchange their names.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::convert::Infallible;

use crate::{Process, ProcessSet, Value};

/// A permutation of processes, and one of values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Renaming {
    processes: Vec<Process>,
    values: Vec<Value>,
}

impl Renaming {
    pub(crate) fn of(processes: Vec<Process>, values: Vec<Value>) -> Self {
        Self { processes, values }
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
/// An engine uses it to find runs that are the same but for names. It asks nothing of a protocol:
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

nameless!(() bool u8 u16 u32 u64 usize Infallible);

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
