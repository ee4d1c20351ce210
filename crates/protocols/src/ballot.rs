//! What the protocols of the Paxos family share.

use core::fmt;

use quorate_kernel::{Group, Process, inspect};

/// A ballot: a round and whose it is, so that no two proposers share one. The default is smaller
/// than every ballot in use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ballot {
    /// The round, from 1.
    pub round: u32,
    /// Whose it is.
    pub proposer: Process,
}

inspect!(Ballot { round, proposer });

impl fmt::Debug for Ballot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.round {
            0 => out.write_str("none"),
            round => write!(out, "{round}.{}", self.proposer.0),
        }
    }
}

impl fmt::Display for Ballot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, out)
    }
}

/// The least number of processes of which any two sets share one: floor(n/2) + 1.
pub(crate) fn majority(group: Group) -> usize {
    group.size() / 2 + 1
}
