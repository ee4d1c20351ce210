//! How often a leader speaks when there is nothing to say.

use quorate_kernel::inspect;

/// What a leader expects of who hears it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Pace {
    /// Nothing: more may follow at once.
    Busy,
    /// All is chosen: who has applied it says so; the next sign of life comes in so many beats.
    Idle(u32),
    /// Everybody has applied all: nothing follows.
    Rest,
}

inspect!(
    enum Pace {
        Busy,
        Idle(beats),
        Rest,
    }
);

/// After how many questions the next ones come later, and how often that doubles: whoever answers
/// none is down or cut off, but must not wait long when that ends.
pub(crate) const SOON: u32 = 4;
const DOUBLINGS: u32 = 3;

/// How many beats after so many questions the next one comes.
pub(crate) fn beats(asked: u32) -> u32 {
    1 << asked.saturating_sub(SOON).min(DOUBLINGS)
}
