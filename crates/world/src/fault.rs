//! Faults: the only freedom in a synchronous run.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{Faults, Group, Process, ProcessSet};

/// What may fail in a run, and how often.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Model {
    /// The kind of failure of a process.
    pub faults: Faults,
    /// How many processes may fail.
    pub faulty_max: u16,
    /// How many bits may flip in the whole run.
    pub flips_max: u16,
}

impl Model {
    /// At most f processes of a group fail, by this kind; no bit flips.
    pub fn of(group: Group, faults: Faults) -> Self {
        let faulty_max = if faults == Faults::None { 0 } else { group.f };
        Self { faults, faulty_max, flips_max: 0 }
    }

    /// The word for the model in files: the kind of failure, or `flip` if bits flip and no
    /// process fails.
    pub fn word(&self) -> String {
        match (self.faults, self.flips_max) {
            (Faults::None, 1..) => "flip".into(),
            (faults, 1..) => alloc::format!("{}+flip", faults.word()),
            (faults, 0) => faults.word().into(),
        }
    }
}

/// One deviation from what the protocol's own code would have done.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Fault<M> {
    /// A process crashes while it sends in this round, and reaches just these others.
    Crash {
        /// Who.
        process: Process,
        /// Who still gets its message of this round.
        reached: ProcessSet,
    },
    /// A faulty process loses a message that it should have sent.
    Omit {
        /// The sender, which is faulty.
        from: Process,
        /// The recipient.
        to: Process,
    },
    /// A faulty process loses a message that it should have received.
    Miss {
        /// The sender.
        from: Process,
        /// The recipient, which is faulty.
        to: Process,
    },
    /// A traitor says this instead; nothing at all if `said` is `None`.
    Lie {
        /// The traitor.
        from: Process,
        /// The recipient.
        to: Process,
        /// What it says.
        said: Option<M>,
        /// The reading of its vocabulary's odometer, if it is one.
        word: Option<Vec<u32>>,
    },
    /// A bit of a message flips on the way.
    FlipMessage {
        /// The sender.
        from: Process,
        /// The recipient.
        to: Process,
        /// The bit.
        bit: u32,
    },
    /// A bit of a state flips at the beginning of this round.
    FlipState {
        /// Whose state.
        process: Process,
        /// The bit.
        bit: u32,
    },
}

impl<M> Fault<M> {
    /// Whose deviation it is: the process that is faulty for it. A flipped bit is nobody's.
    pub fn culprit(&self) -> Option<Process> {
        match self {
            Self::Crash { process, .. } => Some(*process),
            Self::Omit { from, .. } | Self::Lie { from, .. } => Some(*from),
            Self::Miss { to, .. } => Some(*to),
            Self::FlipMessage { .. } | Self::FlipState { .. } => None,
        }
    }

    /// The process that a flipped bit hit: the owner of the state, or the sender of the message.
    pub fn hit(&self) -> Option<Process> {
        match self {
            Self::FlipMessage { from, .. } => Some(*from),
            Self::FlipState { process, .. } => Some(*process),
            _ => None,
        }
    }
}
