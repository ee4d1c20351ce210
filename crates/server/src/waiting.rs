//! Who waits for what the store is asked for.

use quorate_service::{Outcome, Unavailable};
use tokio::sync::oneshot::Sender;

/// A command of a client of this process that is not applied.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) token: u64,
    pub(crate) bytes: usize,
    /// In which term it was handed to the leader; nothing if this process proposes it itself, and
    /// goes on until it is in the log.
    pub(crate) handed: Option<u64>,
    pub(crate) waiting: Waiting,
}

/// Whoever waits for something.
#[derive(Debug)]
pub(crate) enum Waiting {
    Outcome(Sender<Result<Outcome, Unavailable>>),
    Barrier(Sender<Result<(), Unavailable>>),
}

/// An answer that waits until what it rests on is on the disk.
#[derive(Debug)]
pub(crate) enum Held {
    Outcome(Sender<Result<Outcome, Unavailable>>, Result<Outcome, Unavailable>),
    Barrier(Sender<Result<(), Unavailable>>, Result<(), Unavailable>),
}

impl Write {
    /// Nobody waits for it any more: what came of it, if that is known; and whether everything that
    /// was given before it is done, if that is all that was asked.
    pub(crate) fn let_go(self, outcome: Option<Outcome>, passed: bool) -> Held {
        match self.waiting {
            Waiting::Barrier(to) if passed => Held::Barrier(to, Ok(())),
            Waiting::Barrier(to) => Held::Barrier(to, Err(Unavailable::TimedOut)),
            Waiting::Outcome(to) => Held::Outcome(to, outcome.ok_or(Unavailable::TimedOut)),
        }
    }
}

impl Held {
    /// It is said. Whoever does not wait any more does not mind.
    pub(crate) fn say(self) {
        match self {
            Self::Outcome(to, outcome) => drop(to.send(outcome)),
            Self::Barrier(to, done) => drop(to.send(done)),
        }
    }
}
