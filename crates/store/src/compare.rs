//! What a transaction compares.

use crate::request::{Compare, KeyValue, Relation};
use crate::store::Store;

impl Relation {
    fn holds<T: Ord + ?Sized>(self, there: &T, said: &T) -> bool {
        match self {
            Self::Equal => there == said,
            Self::Greater => there > said,
            Self::Less => there < said,
            Self::NotEqual => there != said,
        }
    }
}

impl Store {
    /// Whether what is said holds of every key that is wanted. Where there is none, numbers are 0,
    /// and nothing holds of a value.
    pub(crate) fn holds(&self, compare: &Compare) -> bool {
        let mut there = self
            .wanted(compare.wanted())
            .filter_map(|(_, changes)| self.at(changes, self.revision))
            .peekable();
        if there.peek().is_none() {
            return compare.holds_of(None);
        }
        there.all(|one| compare.holds_of(Some(one)))
    }
}

impl Compare {
    fn holds_of(&self, there: Option<&KeyValue>) -> bool {
        let number = |of: fn(&KeyValue) -> i64| there.map_or(0, of);
        match self {
            Self::Version(_, relation, said) => relation.holds(&number(|one| one.version), said),
            Self::Created(_, relation, said) => relation.holds(&number(|one| one.created), said),
            Self::Modified(_, relation, said) => relation.holds(&number(|one| one.modified), said),
            Self::Lease(_, relation, said) => relation.holds(&number(|one| one.lease), said),
            Self::Value(_, relation, said) => {
                there.is_some_and(|one| relation.holds(&*one.value, said.as_slice()))
            }
        }
    }
}
