//! Forgetting what was at earlier revisions.

use crate::error::Error;
use crate::store::{Revision, Store};

impl Store {
    /// Forgets what was before a revision, which can still be read.
    ///
    /// # Errors
    /// If it is compacted so far already, or the revision has not come.
    pub fn compact(&mut self, revision: i64) -> Result<(), Error> {
        if revision <= self.compacted {
            return Err(Error::Compacted);
        }
        if revision > self.revision {
            return Err(Error::Future);
        }
        self.compacted = revision;
        let kept = |store: &Self, changes: &[Revision]| store.kept(changes, revision);
        let gone: Vec<(usize, Vec<Revision>)> = self
            .keys
            .values()
            .map(|changes| {
                let before = changes.partition_point(|change| change.main <= revision);
                let keep = usize::from(kept(self, changes).is_some());
                (before - keep, changes[..before - keep].to_vec())
            })
            .collect();
        for (changes, (many, gone)) in self.keys.values_mut().zip(gone) {
            changes.drain(..many);
            for change in gone {
                self.changes.remove(&change);
            }
        }
        self.keys.retain(|_, changes| !changes.is_empty());
        Ok(())
    }

    /// The change by which a key is there at a revision; `None` if it is not there.
    pub(crate) fn kept(&self, changes: &[Revision], revision: i64) -> Option<Revision> {
        let before = changes.partition_point(|change| change.main <= revision);
        let last = changes[..before].last()?;
        self.changes.get(last).filter(|change| change.value.is_some()).map(|_| *last)
    }
}
