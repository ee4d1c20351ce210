//! What the owner of a node tells everybody else.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use quorate_store::Store;

/// What is known of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// The term, or the round of the highest ballot.
    pub term: u64,
    /// Who leads, as far as is known.
    pub leader: Option<u16>,
    /// Through which index everything is committed, and applied.
    pub commit: u64,
    /// The last index of the log.
    pub last: u64,
    /// How many bytes the log takes on the disk.
    pub disk_bytes: u64,
    /// How many commands were applied in this life.
    pub commands: u64,
    /// How many commits this life had: each brings the records of some steps to the disk.
    pub commits: u64,
    /// How many messages were none of the protocol.
    pub garbled: u64,
    /// Up to which command the state was compared with others, and whether it was the same.
    pub compared: u64,
    /// Whether the state is not what others have.
    pub corrupt: bool,
}

/// What the owner of a node shares with those who answer clients.
#[derive(Debug, Default)]
pub struct Shared {
    store: RwLock<Store>,
    known: Mutex<Known>,
}

impl Shared {
    /// The store, to be read. A writer that panicked has ended the process.
    pub fn store(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn store_mut(&self) -> RwLockWriteGuard<'_, Store> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of the node.
    pub fn known(&self) -> Known {
        *self.lock()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
