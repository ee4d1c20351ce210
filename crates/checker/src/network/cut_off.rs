//! What the bounds of a search leave open.

/// Which bounds cut runs off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CutOff {
    /// A timer was due, and the bound on timers was reached.
    pub timers: bool,
    /// A step would have led beyond the last round.
    pub rounds: bool,
    /// The common coin would have been tossed too often.
    pub tosses: bool,
}

impl CutOff {
    /// Whether any did.
    pub fn any(self) -> bool {
        self.timers || self.rounds || self.tosses
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.timers |= other.timers;
        self.rounds |= other.rounds;
        self.tosses |= other.tosses;
    }
}
