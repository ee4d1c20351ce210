//! The store: what was at every revision.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::error::Error;
use crate::request::{Bytes, Delete, Deleted, KeyValue, Put, PutDone, Range, Ranged, Wanted};

/// When something changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Revision {
    /// The revision of the request.
    pub main: i64,
    /// Its number within the request, from 0.
    pub sub: i64,
}

/// The revision of a store in which nothing was written.
const FIRST: i64 = 1;

/// A change of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Change {
    pub(crate) key: Bytes,
    /// What is there then; `None` if it is removed.
    pub(crate) value: Option<KeyValue>,
}

/// The state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Store {
    pub(crate) revision: i64,
    /// Up to which revision it is compacted; -1 if it never was.
    pub(crate) compacted: i64,
    pub(crate) changes: BTreeMap<Revision, Change>,
    /// When each key changed, from the first that is kept.
    pub(crate) keys: BTreeMap<Bytes, Vec<Revision>>,
}

impl Default for Store {
    fn default() -> Self {
        let (changes, keys) = (BTreeMap::new(), BTreeMap::new());
        Self { revision: FIRST, compacted: -1, changes, keys }
    }
}

/// A request that is being worked off: all that it changes has one revision.
pub(crate) struct Step<'a> {
    pub(crate) store: &'a mut Store,
    changed: i64,
}

impl Store {
    /// The revision of the last request that changed anything; 1 if none did.
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// Up to which revision it is compacted, if it ever was.
    pub fn compacted(&self) -> Option<i64> {
        (self.compacted >= 0).then_some(self.compacted)
    }

    /// How many keys there are now.
    pub fn len(&self) -> usize {
        let now = |changes: &&Vec<Revision>| {
            let last = changes.last().and_then(|last| self.changes.get(last));
            last.is_some_and(|change| change.value.is_some())
        };
        self.keys.values().filter(now).count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads keys.
    ///
    /// # Errors
    /// If no key is given, or that revision cannot be read.
    pub fn range(&self, range: &Range) -> Result<Ranged, Error> {
        range.check()?;
        self.read(range, self.revision)
    }

    /// Writes a key.
    ///
    /// # Errors
    /// If no key is given, or what is to be kept is not there.
    pub fn put(&mut self, put: &Put) -> Result<PutDone, Error> {
        put.check()?;
        self.check_lease(put)?;
        self.check_kept(put)?;
        let mut step = self.step();
        let done = step.put(put)?;
        step.end();
        Ok(done)
    }

    /// Removes keys.
    ///
    /// # Errors
    /// If no key is given.
    pub fn delete(&mut self, delete: &Delete) -> Result<Deleted, Error> {
        delete.check()?;
        let mut step = self.step();
        let done = step.delete(delete);
        step.end();
        Ok(done)
    }

    pub(crate) fn step(&mut self) -> Step<'_> {
        Step { store: self, changed: 0 }
    }

    /// What is there at a revision.
    pub(crate) fn at(&self, changes: &[Revision], revision: i64) -> Option<&KeyValue> {
        let before = changes.partition_point(|change| change.main <= revision);
        let last = changes[..before].last()?;
        self.changes.get(last)?.value.as_ref()
    }

    /// The keys that are wanted, with all their changes.
    pub(crate) fn wanted<'a>(
        &'a self,
        wanted: &'a Wanted,
    ) -> Box<dyn Iterator<Item = (&'a Bytes, &'a Vec<Revision>)> + 'a> {
        if wanted.is_one() {
            return Box::new(self.keys.get_key_value(&*wanted.key).into_iter());
        }
        if !wanted.is_open() && wanted.key >= wanted.end {
            return Box::new(std::iter::empty());
        }
        let end = match wanted.is_open() {
            true => Bound::Unbounded,
            false => Bound::Excluded(&*wanted.end),
        };
        Box::new(self.keys.range::<[u8], _>((Bound::Included(&*wanted.key), end)))
    }
}

impl Step<'_> {
    /// The revision that can be read: the one of this request, once it has changed anything.
    pub(crate) fn revision(&self) -> i64 {
        self.store.revision + i64::from(self.changed > 0)
    }

    pub(crate) fn end(self) {
        self.store.revision = self.revision();
    }

    fn change(&mut self, key: Bytes, value: Option<KeyValue>) {
        let revision = Revision { main: self.store.revision + 1, sub: self.changed };
        self.changed += 1;
        self.store.keys.entry(key.clone()).or_default().push(revision);
        self.store.changes.insert(revision, Change { key, value });
    }

    /// Everything is as it was before the request.
    pub(crate) fn undo(self) {
        let begun = Revision { main: self.store.revision + 1, sub: 0 };
        for change in self.store.changes.split_off(&begun).into_values() {
            if let Some(changes) = self.store.keys.get_mut(&change.key) {
                changes.retain(|at| *at < begun);
                if changes.is_empty() {
                    self.store.keys.remove(&change.key);
                }
            }
        }
    }

    /// Fails if what is to be kept was there before the transaction, and is not there any more.
    pub(crate) fn put(&mut self, put: &Put) -> Result<PutDone, Error> {
        let there = self.store.keys.get_key_value(&*put.key);
        let before = there.and_then(|(_, changes)| self.store.at(changes, self.revision()));
        if (put.ignore_value || put.ignore_lease) && before.is_none() {
            return Err(Error::KeyNotFound);
        }
        // One copy of a key for everything that names it.
        let key: Bytes = there.map_or_else(|| put.key.as_slice().into(), |(key, _)| key.clone());
        let kept = |ignore: bool| before.filter(|_| ignore);
        let value = kept(put.ignore_value).map(|kept| kept.value.clone());
        let revision = self.store.revision + 1;
        let new = KeyValue {
            key: key.clone(),
            created: before.map_or(revision, |before| before.created),
            modified: revision,
            version: before.map_or(1, |before| before.version + 1),
            value: value.unwrap_or_else(|| put.value.clone()),
            lease: kept(put.ignore_lease).map_or(put.lease, |kept| kept.lease),
        };
        let previous = before.filter(|_| put.previous).cloned();
        self.change(key, Some(new));
        Ok(PutDone { revision, previous })
    }

    pub(crate) fn delete(&mut self, delete: &Delete) -> Deleted {
        let now = self.revision();
        let there = self.store.wanted(&delete.wanted);
        let there = there.filter_map(|(_, changes)| self.store.at(changes, now));
        let removed: Vec<KeyValue> = there.cloned().collect();
        for gone in &removed {
            self.change(gone.key.clone(), None);
        }
        Deleted {
            revision: self.revision(),
            deleted: removed.len() as i64,
            previous: if delete.previous { removed } else { Vec::new() },
        }
    }
}
