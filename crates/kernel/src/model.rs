//! What may fail, and what may be relied on.

/// The kinds of failure that the literature tells apart, from harmless to arbitrary.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Faults {
    /// Nothing fails.
    None,
    /// A process halts, possibly in the middle of sending.
    Crash,
    /// A faulty process loses some of the messages that it sends.
    Omission,
    /// A faulty process loses some of the messages that it sends or should receive.
    GeneralOmission,
    /// A faulty process, a traitor, says anything; it cannot forge another's signature.
    Byzantine,
}

impl Faults {
    /// Every kind, from harmless to arbitrary.
    pub const ALL: [Self; 5] =
        [Self::None, Self::Crash, Self::Omission, Self::GeneralOmission, Self::Byzantine];

    /// The word for it on the command line and in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Crash => "crash",
            Self::Omission => "omission",
            Self::GeneralOmission => "general-omission",
            Self::Byzantine => "byzantine",
        }
    }
}

/// What is known of the time that a message or a step takes, from most to least.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timing {
    /// A known bound that always holds.
    Synchronous,
    /// A bound that holds after some unknown time (Dwork, Lynch, Stockmeyer 1988).
    Partial,
    /// No bound: a message takes a finite time, and nothing more is known.
    Asynchronous,
}

impl Timing {
    /// Every kind, from most to least known.
    pub const ALL: [Self; 3] = [Self::Synchronous, Self::Partial, Self::Asynchronous];

    /// The word for it on the command line and in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Synchronous => "synchronous",
            Self::Partial => "partial",
            Self::Asynchronous => "asynchronous",
        }
    }
}

/// What a link promises, from most to least.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Links {
    /// What was sent arrives once, even if its sender crashes right after.
    Strong,
    /// What was sent arrives once if neither end crashes (quasi-reliable; what TCP gives).
    Reliable,
    /// A message may be lost, or arrive more than once; what is sent for ever arrives.
    Lossy,
}

impl Links {
    /// Every kind, from most to least promised.
    pub const ALL: [Self; 3] = [Self::Strong, Self::Reliable, Self::Lossy];

    /// The word for it on the command line and in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Strong => "strong",
            Self::Reliable => "reliable",
            Self::Lossy => "lossy",
        }
    }
}
