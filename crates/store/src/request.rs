//! Requests and their answers.

use std::sync::Arc;

use crate::value::Value;

/// A key, or a row of bytes that has others in it.
pub type Bytes = Arc<[u8]>;

/// A key with all that is known of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct KeyValue {
    /// The key.
    pub key: Bytes,
    /// The revision at which its life began.
    pub created: i64,
    /// The revision at which it changed last.
    pub modified: i64,
    /// How often it was put in this life.
    pub version: i64,
    /// The value.
    pub value: Value,
    /// The lease that it lives by; 0 for none.
    pub lease: i64,
}

/// Which keys are wanted: one, or all from it on up to another that is not wanted any more. An end
/// of one zero byte stands for no end.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Wanted {
    /// The first key.
    pub key: Vec<u8>,
    /// The end; empty for the first key alone.
    pub end: Vec<u8>,
}

/// What is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Target {
    /// The key.
    #[default]
    Key,
    /// How often it was put.
    Version,
    /// When its life began.
    Created,
    /// When it changed last.
    Modified,
    /// The value.
    Value,
}

/// In which order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Order {
    /// As it is: by key; by anything else from the least on.
    #[default]
    None,
    /// From the least on.
    Ascending,
    /// From the greatest on.
    Descending,
}

/// Reads keys.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Range {
    /// Which.
    pub wanted: Wanted,
    /// How many at most; all, if it is not above 0.
    pub limit: i64,
    /// At which revision; now, if it is not above 0.
    pub revision: i64,
    /// In which order.
    pub order: Order,
    /// By what.
    pub target: Target,
    /// Without values.
    pub keys_only: bool,
    /// How many there are, and nothing else.
    pub count_only: bool,
    /// Only those that changed last at this revision or later, if it is not 0.
    pub modified_min: i64,
    /// Only those that changed last at this revision or earlier, if it is not 0.
    pub modified_max: i64,
    /// Only those whose life began at this revision or later, if it is not 0.
    pub created_min: i64,
    /// Only those whose life began at this revision or earlier, if it is not 0.
    pub created_max: i64,
}

/// What was read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ranged {
    /// The revision of the store.
    pub revision: i64,
    /// The keys.
    pub found: Vec<KeyValue>,
    /// Whether there are more than the limit.
    pub more: bool,
    /// How many are wanted, whatever the limit and the bounds on revisions.
    pub count: i64,
}

/// Writes a key.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Put {
    /// The key.
    pub key: Vec<u8>,
    /// The value.
    pub value: Value,
    /// The lease; 0 for none.
    pub lease: i64,
    /// Whether the answer has what was there.
    pub previous: bool,
    /// Keep the value that is there.
    pub ignore_value: bool,
    /// Keep the lease that is there.
    pub ignore_lease: bool,
}

/// What was written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PutDone {
    /// The revision of the write.
    pub revision: i64,
    /// What was there, if that was wanted.
    pub previous: Option<KeyValue>,
}

/// Removes keys.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Delete {
    /// Which.
    pub wanted: Wanted,
    /// Whether the answer has what was there.
    pub previous: bool,
}

/// What was removed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Deleted {
    /// The revision of the store after it.
    pub revision: i64,
    /// How many keys.
    pub deleted: i64,
    /// What was there, if that was wanted.
    pub previous: Vec<KeyValue>,
}

/// How two things compare.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Relation {
    /// What is there is as said.
    #[default]
    Equal,
    /// It is greater.
    Greater,
    /// It is less.
    Less,
    /// It is not as said.
    NotEqual,
}

/// What is compared: what is said of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Compare {
    /// How often it was put.
    Version(Wanted, Relation, i64),
    /// When its life began.
    Created(Wanted, Relation, i64),
    /// When it changed last.
    Modified(Wanted, Relation, i64),
    /// The value.
    Value(Wanted, Relation, Vec<u8>),
    /// The lease.
    Lease(Wanted, Relation, i64),
}

/// A part of a transaction.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Operation {
    /// Reads.
    Range(Range),
    /// Writes.
    Put(Put),
    /// Removes.
    Delete(Delete),
    /// Compares again: with what was there before the whole transaction.
    Txn(Txn),
}

/// All or nothing.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Txn {
    /// What has to hold.
    pub compare: Vec<Compare>,
    /// What to do if all of it does.
    pub success: Vec<Operation>,
    /// What to do if not.
    pub failure: Vec<Operation>,
}

/// What was done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Done {
    /// What was read.
    Range(Ranged),
    /// What was written.
    Put(PutDone),
    /// What was removed.
    Delete(Deleted),
    /// What a transaction did; the revision of an inner one is 0.
    Txn(TxnDone),
    /// What was forgotten; this is the revision of the store.
    Compact(i64),
}

/// What a transaction did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TxnDone {
    /// The revision of the store after it.
    pub revision: i64,
    /// Whether all that was compared held.
    pub succeeded: bool,
    /// What came of each operation.
    pub done: Vec<Done>,
}

impl Wanted {
    /// One key.
    pub fn one(key: &[u8]) -> Self {
        Self { key: key.into(), end: Vec::new() }
    }

    /// All keys from one on, up to another.
    pub fn from(key: &[u8], end: &[u8]) -> Self {
        Self { key: key.into(), end: end.into() }
    }

    /// All keys.
    pub fn all() -> Self {
        Self::from(b"\0", b"\0")
    }

    /// Whether it is no more than a key.
    pub(crate) fn is_one(&self) -> bool {
        self.end.is_empty()
    }

    /// Whether there is no end.
    pub(crate) fn is_open(&self) -> bool {
        self.end == b"\0"
    }

    /// Whether a key is wanted, if an end of one zero byte is no more than it says: so etcd looks
    /// for keys that are changed twice.
    pub(crate) fn has_as_written(&self, key: &[u8]) -> bool {
        match self.is_one() {
            true => self.key == key,
            false => *self.key <= *key && *key < *self.end,
        }
    }
}
