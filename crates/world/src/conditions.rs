//! What holds of time, links and failures outside the synchronous model, and what can go wrong.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{Faults, Group, Links, Process, ProcessSet, Timing};

use crate::CutShort;

/// What may be relied on, and what may fail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conditions {
    /// What is known of time.
    pub timing: Timing,
    /// What links promise.
    pub links: Links,
    /// Whether a link delivers in the order of sending.
    pub fifo: bool,
    /// The bound on the delay of a message, where timing has one.
    pub delay_ticks: u64,
    /// The kind of failure of a process.
    pub faults: Faults,
    /// How many processes may fail for good.
    pub faulty_max: u16,
    /// Whether a crashed process may come back with what it stored: then it is not faulty.
    pub restarts: bool,
    /// Whether a disk may forget what it said it had stored.
    pub forgetful: bool,
    /// How many bits may flip.
    pub flips_max: u16,
}

impl Conditions {
    /// At most f processes of a group fail, by this kind.
    pub fn of(group: Group, timing: Timing, links: Links, faults: Faults) -> Self {
        Self {
            timing,
            links,
            fifo: false,
            delay_ticks: 10_000,
            faults,
            faulty_max: if faults == Faults::None { 0 } else { group.f },
            restarts: false,
            forgetful: false,
            flips_max: 0,
        }
    }

    /// The word for what may fail, as in the header of a trace.
    pub fn word(&self) -> String {
        let mut word = String::from(match (self.faults, self.restarts) {
            (Faults::Crash, true) => "crash-recovery",
            (Faults::None, _) if self.flips_max > 0 => "flip",
            (faults, _) => faults.word(),
        });
        if self.flips_max > 0 && self.faults != Faults::None {
            word.push_str("+flip");
        }
        if self.forgetful {
            word.push_str("+forgetful");
        }
        word
    }
}

/// Something that goes wrong at a moment.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Upset {
    /// A process crashes: between two steps, or in its first step from then on that stores or
    /// sends anything, which is cut short.
    Crash {
        /// Who.
        process: Process,
        /// Where in the step; between two if not said.
        within: Option<CutShort>,
        /// How many stored records its disk forgets.
        forgotten: u32,
    },
    /// A crashed process boots again.
    Restart {
        /// Who.
        process: Process,
    },
    /// A process does nothing for a while; what comes for it waits.
    Pause {
        /// Who.
        process: Process,
        /// For how long.
        ticks: u64,
    },
    /// A process's clock steps: its timers go off so much earlier, or later if negative.
    Step {
        /// Whose.
        process: Process,
        /// By how much.
        ticks: i64,
    },
    /// A process's clock runs fast by so many parts in a million from now on, or slow if negative.
    Drift {
        /// Whose.
        process: Process,
        /// How fast.
        ppm: i32,
    },
    /// Links carry nothing any more, and what is on its way on them is lost; where links promise
    /// to be reliable it waits until they carry again.
    Cut {
        /// From these.
        from: ProcessSet,
        /// To those.
        to: ProcessSet,
    },
    /// Links carry again.
    Heal {
        /// From these.
        from: ProcessSet,
        /// To those.
        to: ProcessSet,
    },
    /// A bit of a state flips.
    FlipState {
        /// Whose.
        process: Process,
        /// Which; counted round if there are fewer.
        bit: u32,
    },
    /// A bit of a stored record flips.
    FlipRecord {
        /// Whose.
        process: Process,
        /// Which record.
        record: u32,
        /// Which bit.
        bit: u32,
    },
    /// A bit of the next message on a link flips.
    FlipMessage {
        /// Who sends it.
        from: Process,
        /// To whom.
        to: Process,
        /// Which; counted round if there are fewer.
        bit: u32,
    },
    /// A traitor says something out of turn.
    Say {
        /// The traitor.
        from: Process,
        /// To whom.
        to: Process,
        /// Which of its words, by the reading of the vocabulary's odometer.
        word: Word,
    },
}

/// One of the words that a traitor has for a message.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Word {
    /// Nothing at all.
    Silence,
    /// The word of this reading.
    Reading(Vec<u32>),
    /// Any word, drawn with this.
    Drawn(u64),
    /// What the honest machine says, with a flipped bit drawn with this.
    Garbled(u64),
    /// The first word to one half of the group and the last to the other.
    Split,
}

impl Word {
    /// What the honest machine says, with this bit of so many flipped.
    pub fn garbled(bit: u32, width: u32) -> Self {
        let part = (u128::from(bit) << 64).div_ceil(u128::from(width.max(1)));
        Self::Garbled(u64::try_from(part).unwrap_or(u64::MAX))
    }
}

impl Upset {
    /// Who is faulty for it, unless it comes back where that is granted. Links and clocks and
    /// flipped bits are nobody's fault.
    pub fn culprit(&self) -> Option<Process> {
        match self {
            Self::Crash { process, .. } => Some(*process),
            Self::Say { from, .. } => Some(*from),
            _ => None,
        }
    }

    /// Whether a process's time passes otherwise than that of the others.
    pub fn is_of_clock(&self) -> bool {
        matches!(self, Self::Pause { .. } | Self::Step { .. } | Self::Drift { .. })
    }

    /// At whom it happens, if at one process.
    pub fn place(&self) -> Option<Process> {
        match self {
            Self::Crash { process, .. }
            | Self::Restart { process }
            | Self::Pause { process, .. }
            | Self::Step { process, .. }
            | Self::Drift { process, .. }
            | Self::FlipState { process, .. }
            | Self::FlipRecord { process, .. } => Some(*process),
            Self::FlipMessage { from, .. } | Self::Say { from, .. } => Some(*from),
            Self::Cut { .. } | Self::Heal { .. } => None,
        }
    }

    /// How long it goes on after its moment: a pause, and timers put off by a clock that steps
    /// back.
    pub fn lasts_ticks(&self) -> u64 {
        match self {
            Self::Pause { ticks, .. } => *ticks,
            Self::Step { ticks, .. } => ticks.min(&0).unsigned_abs(),
            _ => 0,
        }
    }

    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Crash { within: None, .. } => "crash",
            Self::Crash { .. } => "crash in a step",
            Self::Restart { .. } => "restart",
            Self::Pause { .. } => "pause",
            Self::Step { .. } => "clock step",
            Self::Drift { .. } => "clock drift",
            Self::Cut { .. } => "cut",
            Self::Heal { .. } => "heal",
            Self::FlipState { .. } => "flip in a state",
            Self::FlipRecord { .. } => "flip on a disk",
            Self::FlipMessage { .. } => "flip in a message",
            Self::Say { .. } => "word out of turn",
        }
    }
}
