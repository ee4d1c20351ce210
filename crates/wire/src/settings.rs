//! What links are asked for.

use std::fmt;
use std::time::Duration;

use crate::security::Security;

/// What links promise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// A message may be lost; none arrives twice, and none before one that was sent earlier.
    Lossy,
    /// As long as both processes live, every message that was taken arrives once and in order.
    Reliable,
}

impl Delivery {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Lossy => 0,
            Self::Reliable => 1,
        }
    }

    pub(crate) fn of(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Lossy),
            1 => Some(Self::Reliable),
            _ => None,
        }
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lossy => "lossy",
            Self::Reliable => "reliable",
        })
    }
}

/// What links are asked for. [`Settings::new`] fills in what is usual.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The number of this process, from 0.
    pub me: u16,
    /// Where each process of the group listens, `host:port` by number; this process's own is not
    /// used.
    pub peers: Vec<String>,
    /// The group.
    pub cluster: u64,
    /// What the group does: a hash of the protocol and its parameters, the same in all processes.
    pub fingerprint: u64,
    /// What the links promise; the same in all processes.
    pub delivery: Delivery,
    /// How the ends know each other.
    pub security: Security,
    /// How many bytes may wait for each peer. One message may be longer, if nothing else waits.
    pub queue_bytes: usize,
    /// How many messages may wait for each peer.
    pub queue_messages: usize,
    /// How many bytes a message may have, in both directions.
    pub message_max: usize,
    /// After how long without anything else a sign of life is sent.
    pub keepalive: Duration,
    /// After how long without a sign of life a connection is given up; more than `keepalive`.
    pub silence: Duration,
    /// How long it may take to dial and to be known, or once accepted to be known.
    pub handshake: Duration,
    /// How many accepted connections may be there of which it is not known yet who speaks. The
    /// oldest makes room for one more.
    pub strangers: usize,
}

impl Settings {
    /// What is usual: 64 MiB and 65,536 messages in a queue, messages of up to 1 GiB, a sign of
    /// life each second, 5 s of silence, 5 s to be known, 64 strangers.
    pub fn new(me: u16, peers: Vec<String>, delivery: Delivery, security: Security) -> Self {
        Self {
            me,
            peers,
            cluster: 0,
            fingerprint: 0,
            delivery,
            security,
            queue_bytes: 64 << 20,
            queue_messages: 1 << 16,
            message_max: 1 << 30,
            keepalive: Duration::from_secs(1),
            silence: Duration::from_secs(5),
            handshake: Duration::from_secs(5),
            strangers: 64,
        }
    }
}
