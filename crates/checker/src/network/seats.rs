//! What a search needs to know of the local state of one process.

use super::tables::Mishap;

/// How a process stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    Up,
    Down,
    Traitor,
}

/// What a search needs to know of the local state of one process.
#[derive(Clone, Debug)]
pub(crate) struct SeatInfo {
    pub(crate) standing: Standing,
    /// Running timers, as events.
    pub(crate) timers: Box<[u32]>,
    /// The next thing asked of it, as an event.
    pub(crate) request: Option<u32>,
    /// Whether that comes before anything else.
    pub(crate) first: bool,
    /// Whether it may stop at any moment.
    pub(crate) doomed: bool,
    /// Whether it is a copy of a traitor, which is up and counts as one.
    pub(crate) copy: bool,
    /// Whether it is a traitor that hears what it is sent, and says its words.
    pub(crate) spy: bool,
    /// What traitors can say to it, as messages.
    pub(crate) words: Box<[u32]>,
    /// What else can happen to it: crashes if it is up, a restart if it is down, flips; with the
    /// kind of each.
    pub(crate) mishaps: Box<[(Mishap, u32)]>,
    /// Its round, ballot or phase.
    pub(crate) round: u32,
}

/// What a seat is like, as flags: enough to know where nothing can happen.
pub(crate) mod traits {
    pub(crate) const UP: u16 = 1;
    pub(crate) const DOWN: u16 = 1 << 1;
    pub(crate) const TRAITOR: u16 = 1 << 2;
    pub(crate) const DOOMED: u16 = 1 << 3;
    pub(crate) const FIRST: u16 = 1 << 4;
    pub(crate) const ASKED: u16 = 1 << 5;
    pub(crate) const SPOKEN_TO: u16 = 1 << 6;
    pub(crate) const TIMED: u16 = 1 << 7;
    pub(crate) const MISHAPS: u16 = 1 << 8;
    pub(crate) const SPY: u16 = 1 << 9;
    /// How many there are.
    pub(crate) const COUNT: usize = 10;
}

impl SeatInfo {
    pub(super) fn traits(&self) -> u16 {
        let standing = match self.standing {
            Standing::Up => traits::UP,
            Standing::Down => traits::DOWN,
            Standing::Traitor => traits::TRAITOR,
        };
        let flags = [
            (self.doomed, traits::DOOMED),
            (self.copy || self.spy, traits::TRAITOR),
            (self.spy, traits::SPY),
            (self.first, traits::FIRST),
            (self.request.is_some(), traits::ASKED),
            (!self.words.is_empty(), traits::SPOKEN_TO),
            (!self.timers.is_empty(), traits::TIMED),
            (!self.mishaps.is_empty(), traits::MISHAPS),
        ];
        flags.iter().filter(|(set, _)| *set).fold(standing, |all, (_, flag)| all | flag)
    }
}
