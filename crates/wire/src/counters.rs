//! What is counted, for whoever exports metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A number that only grows, or a level.
#[derive(Default, Debug)]
pub struct Counter(AtomicU64);

impl Counter {
    /// What it is now.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }

    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Relaxed);
    }

    pub(crate) fn set(&self, level: u64) {
        self.0.store(level, Relaxed);
    }
}

/// What is counted for each peer. Bytes are those of messages, without frames.
#[derive(Default, Debug)]
pub struct Counters {
    /// Messages that were given to a connection to the peer, each time that they were.
    pub sent_messages: Counter,
    /// Their bytes.
    pub sent_bytes: Counter,
    /// Those among them that had been given to a connection before.
    pub resent_messages: Counter,
    /// Messages that were dropped since the peer is away, its queue is full, or it began anew.
    pub dropped_messages: Counter,
    /// Messages from the peer that were handed out.
    pub received_messages: Counter,
    /// Their bytes.
    pub received_bytes: Counter,
    /// Messages from the peer that had come before.
    pub duplicate_messages: Counter,
    /// Messages that wait now, those that are not acknowledged included.
    pub queued_messages: Counter,
    /// Their bytes.
    pub queued_bytes: Counter,
    /// Connections to the peer that were made.
    pub dialled: Counter,
    /// Attempts to make one that failed.
    pub failed: Counter,
    /// Connections from the peer that were made.
    pub accepted: Counter,
    /// Connections from the peer that ended since it sent something malformed.
    pub malformed: Counter,
}

/// What is counted for connections before it is known who speaks.
#[derive(Default, Debug)]
pub struct DoorCounters {
    /// Connections that came.
    pub strangers: Counter,
    /// Those that were refused, or sent nonsense.
    pub refused: Counter,
    /// Those that did not say in time who speaks.
    pub late: Counter,
    /// Those that made room for one more.
    pub crowded_out: Counter,
}
