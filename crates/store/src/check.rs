//! What is refused before anything is done.

use std::collections::BTreeSet;

use crate::command::Command;
use crate::error::Error;
use crate::request::{Compare, Delete, Operation, Put, Range, Txn, Wanted};
use crate::store::Store;

/// How many operations or comparisons a transaction has at most, on each side.
pub const OPERATIONS_MAX: usize = 128;

impl Range {
    /// Whether it is refused whatever is stored.
    ///
    /// # Errors
    /// If it is.
    pub fn check(&self) -> Result<(), Error> {
        self.wanted.check()
    }
}

impl Wanted {
    fn check(&self) -> Result<(), Error> {
        if self.key.is_empty() { Err(Error::NoKey) } else { Ok(()) }
    }
}

impl Put {
    pub(crate) fn check(&self) -> Result<(), Error> {
        match () {
            () if self.key.is_empty() => Err(Error::NoKey),
            () if self.ignore_value && !self.value.is_empty() => Err(Error::ValueProvided),
            () if self.ignore_lease && self.lease != 0 => Err(Error::LeaseProvided),
            () => Ok(()),
        }
    }
}

impl Delete {
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.wanted.check()
    }
}

impl Compare {
    /// Which keys are compared.
    pub(crate) fn wanted(&self) -> &Wanted {
        match self {
            Self::Version(wanted, ..)
            | Self::Created(wanted, ..)
            | Self::Modified(wanted, ..)
            | Self::Value(wanted, ..)
            | Self::Lease(wanted, ..) => wanted,
        }
    }
}

/// What the operations of a transaction change.
#[derive(Default)]
struct Changes<'a> {
    puts: BTreeSet<&'a [u8]>,
    deletes: Vec<&'a Wanted>,
}

impl<'a> Changes<'a> {
    fn put(&mut self, key: &'a [u8], safe: Option<&BTreeSet<&[u8]>>) -> Result<(), Error> {
        let twice = self.puts.contains(key) && !safe.is_some_and(|safe| safe.contains(key));
        if twice || self.deletes.iter().any(|delete| delete.has_as_written(key)) {
            return Err(Error::DuplicateKey);
        }
        self.puts.insert(key);
        Ok(())
    }

    /// All that operations change. No key is put twice, nor put and removed; the two sides of an
    /// inner transaction do not meet.
    fn of(operations: &'a [Operation]) -> Result<Self, Error> {
        let mut all = Self::default();
        all.deletes.extend(operations.iter().filter_map(|operation| match operation {
            Operation::Delete(delete) => Some(&delete.wanted),
            _ => None,
        }));
        for operation in operations {
            let Operation::Txn(inner) = operation else { continue };
            let (then, or) = (Self::of(&inner.success)?, Self::of(&inner.failure)?);
            for key in &then.puts {
                all.put(key, None)?;
            }
            for key in &or.puts {
                all.put(key, Some(&then.puts))?;
            }
            all.deletes.extend(then.deletes);
            all.deletes.extend(or.deletes);
        }
        for operation in operations {
            if let Operation::Put(put) = operation {
                all.put(&put.key, None)?;
            }
        }
        Ok(all)
    }
}

impl Txn {
    /// Whether it is refused whatever is stored.
    ///
    /// # Errors
    /// If it is.
    pub fn check(&self) -> Result<(), Error> {
        self.check_operations()?;
        Changes::of(&self.success)?;
        Changes::of(&self.failure)?;
        Ok(())
    }

    fn check_operations(&self) -> Result<(), Error> {
        let many = [self.compare.len(), self.success.len(), self.failure.len()];
        if many.iter().any(|many| *many > OPERATIONS_MAX) {
            return Err(Error::TooManyOperations);
        }
        self.compare.iter().try_for_each(|compare| compare.wanted().check())?;
        self.success.iter().chain(&self.failure).try_for_each(|operation| match operation {
            Operation::Range(range) => range.check(),
            Operation::Put(put) => put.check(),
            Operation::Delete(delete) => delete.check(),
            Operation::Txn(inner) => inner.check_operations(),
        })
    }
}

impl Command {
    /// Whether it is refused whatever is stored: to be asked before it is replicated.
    /// [`Store::apply`] asks again.
    ///
    /// # Errors
    /// If it is.
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Self::Put(put) => put.check(),
            Self::Delete(delete) => delete.check(),
            Self::Txn(txn) => txn.check(),
            Self::Compact(_) => Ok(()),
        }
    }
}

impl Store {
    /// Whether what a put keeps is there.
    pub(crate) fn check_kept(&self, put: &Put) -> Result<(), Error> {
        if !(put.ignore_value || put.ignore_lease) {
            return Ok(());
        }
        let now = self.keys.get(&*put.key).and_then(|changes| self.at(changes, self.revision));
        if now.is_none() { Err(Error::KeyNotFound) } else { Ok(()) }
    }

    /// Whether the lease of a put is there. There are no leases yet.
    pub(crate) fn check_lease(&self, put: &Put) -> Result<(), Error> {
        if put.lease == 0 { Ok(()) } else { Err(Error::LeaseNotFound) }
    }

    /// Whether what a transaction wants to read can be read.
    pub(crate) fn check_range(&self, range: &Range) -> Result<(), Error> {
        match range.revision {
            0 => Ok(()),
            revision if revision > self.revision => Err(Error::Future),
            revision if revision < self.compacted => Err(Error::Compacted),
            _ => Ok(()),
        }
    }
}
