//! Reading.

use std::cmp::Ordering;

use crate::error::Error;
use crate::request::{KeyValue, Order, Range, Ranged, Target};
use crate::store::Store;
use crate::value::Value;

impl Store {
    /// Reads keys, where the store's revision is `now`.
    pub(crate) fn read(&self, range: &Range, now: i64) -> Result<Ranged, Error> {
        if range.revision > now {
            return Err(Error::Future);
        }
        let revision = if range.revision <= 0 { now } else { range.revision };
        if revision < self.compacted {
            return Err(Error::Compacted);
        }
        let wanted = self.wanted(&range.wanted);
        let mut there = wanted.filter_map(|(_, changes)| self.at(changes, revision));
        let mut done = Ranged { revision: now, ..Ranged::default() };
        if range.count_only {
            done.count = there.count() as i64;
            return Ok(done);
        }
        // As etcd does: what is sorted or picked is read whole, everything else up to the limit.
        let limit = usize::try_from(range.limit).ok().filter(|limit| *limit > 0);
        let read = limit.filter(|_| range.order == Order::None && !range.picks());
        let most = read.map_or(usize::MAX, |limit| limit.saturating_add(1));
        let mut found: Vec<KeyValue> = there.by_ref().take(most).cloned().collect();
        done.count = (found.len() + there.count()) as i64;
        found.retain(|one| range.picked(one));
        range.sort(&mut found);
        if let Some(limit) = limit.filter(|limit| found.len() > *limit) {
            found.truncate(limit);
            done.more = true;
        }
        if range.keys_only {
            found.iter_mut().for_each(|one| one.value = Value::default());
        }
        done.found = found;
        Ok(done)
    }
}

impl Range {
    fn picks(&self) -> bool {
        let bounds = [self.modified_min, self.modified_max, self.created_min, self.created_max];
        bounds.iter().any(|bound| *bound != 0)
    }

    fn picked(&self, one: &KeyValue) -> bool {
        let within = |least: i64, most: i64, at: i64| {
            (least == 0 || at >= least) && (most == 0 || at <= most)
        };
        within(self.modified_min, self.modified_max, one.modified)
            && within(self.created_min, self.created_max, one.created)
    }

    fn sort(&self, found: &mut [KeyValue]) {
        let by = |a: &KeyValue, b: &KeyValue| match self.target {
            Target::Key => a.key.cmp(&b.key),
            Target::Version => a.version.cmp(&b.version),
            Target::Created => a.created.cmp(&b.created),
            Target::Modified => a.modified.cmp(&b.modified),
            Target::Value => a.value.cmp(&b.value),
        };
        let reversed = |ordering: Ordering| match self.order {
            Order::Descending => ordering.reverse(),
            _ => ordering,
        };
        if self.order != Order::None || self.target != Target::Key {
            found.sort_by(|a, b| reversed(by(a, b)));
        }
    }
}
