//! What may fail.

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
