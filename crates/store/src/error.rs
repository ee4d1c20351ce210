//! What is refused, in etcd's words: clients compare them.

use std::{error, fmt};

/// Why a request is refused. Nothing has changed then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error {
    /// There is no key in it.
    NoKey,
    /// A put that keeps what is there, and nothing is there.
    KeyNotFound,
    /// A put that keeps the value, and has one.
    ValueProvided,
    /// A put that keeps the lease, and has one.
    LeaseProvided,
    /// There is no such lease.
    LeaseNotFound,
    /// A transaction has too many operations.
    TooManyOperations,
    /// A transaction changes a key twice.
    DuplicateKey,
    /// There is no such order.
    SortOption,
    /// What was at that revision is compacted.
    Compacted,
    /// That revision has not come.
    Future,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("etcdserver: ")?;
        f.write_str(match self {
            Self::NoKey => "key is not provided",
            Self::KeyNotFound => "key not found",
            Self::ValueProvided => "value is provided",
            Self::LeaseProvided => "lease is provided",
            Self::LeaseNotFound => "requested lease not found",
            Self::TooManyOperations => "too many operations in txn request",
            Self::DuplicateKey => "duplicate key given in txn request",
            Self::SortOption => "invalid sort option",
            Self::Compacted => "mvcc: required revision has been compacted",
            Self::Future => "mvcc: required revision is a future revision",
        })
    }
}

impl error::Error for Error {}
