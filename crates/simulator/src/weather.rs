//! The draws of a run: each is a function of the seed and of what is drawn for, so that leaving
//! out one fault changes no other draw.

use quorate_kernel::{Links, Timing};
use quorate_world::Conditions;

/// A chance, in parts of 65,536.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Rate(pub u16);

impl Rate {
    /// Never.
    pub const NEVER: Self = Self(0);

    /// So many in a thousand.
    pub const fn permille(thousandths: u32) -> Self {
        let parts = thousandths * 65_536 / 1_000;
        Self(if parts > 65_535 { 65_535 } else { parts as u16 })
    }

    /// Whether it happens, by the lowest bits of a draw.
    fn hits(self, draw: u64) -> bool {
        (draw & 0xffff) < u64::from(self.0)
    }
}

/// How messages fare where nothing else is said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Weather {
    /// The shortest and the longest delay, in ticks, both included.
    pub delay_ticks: (u64, u64),
    /// How often a message takes longer than the bound, where none holds.
    pub slow: Rate,
    /// How many times longer such a message takes at most.
    pub slow_factor: u32,
    /// How often a message is lost, where links may lose it.
    pub loss: Rate,
    /// How often a message arrives once more, where links may do that.
    pub again: Rate,
    /// How often a message of a crashed sender is lost on its way, where links may do that.
    pub orphaned: Rate,
}

impl Weather {
    /// Every message takes exactly so long, and nothing is lost.
    pub const fn steady(delay_ticks: u64) -> Self {
        Self {
            delay_ticks: (delay_ticks, delay_ticks),
            slow: Rate::NEVER,
            slow_factor: 1,
            loss: Rate::NEVER,
            again: Rate::NEVER,
            orphaned: Rate::NEVER,
        }
    }
}

/// What becomes of a message that was put on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fate {
    /// It arrives after so many ticks.
    Arrives(u64),
    /// It arrives, and once more.
    Twice(u64, u64),
    /// It is lost.
    Lost,
    /// It never leaves: its sender omits to send it.
    Omitted,
    /// It arrives after so many ticks, and its receiver omits to receive it.
    Missed(u64),
}

/// What a draw is for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Fate = 1,
    Orphan = 2,
    Choice = 3,
    Coin = 4,
    Lie = 5,
    Omission = 6,
    Swarm = 7,
}

/// A draw of 64 bits: a function of the seed, the purpose and the occasion.
pub(crate) fn draw(seed: u64, purpose: Purpose, occasion: u64) -> u64 {
    Draws::of(seed, purpose).on(occasion)
}

/// All draws of a seed for one purpose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws(u64);

impl Draws {
    pub(crate) fn of(seed: u64, purpose: Purpose) -> Self {
        Self(mix(seed ^ (purpose as u64) << 56))
    }

    /// The draw on an occasion.
    #[inline]
    pub(crate) fn on(self, occasion: u64) -> u64 {
        mix(self.0 ^ occasion)
    }
}

/// The step and the finish of SplitMix64 (Steele, Lea, Flood 2014): one to one, and every bit of
/// the result depends on every bit. Draws for different occasions, and of neighbouring seeds, must
/// not hang together: lots of processes that fall in step can keep a protocol from ever deciding.
#[inline]
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// The two halves of a 128-bit product, folded.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b | 1);
    (wide as u64) ^ (wide >> 64) as u64
}

/// A number below `bound`, by the high bits of a draw.
#[inline]
pub(crate) fn below(draw: u64, bound: u64) -> u64 {
    ((u128::from(draw) * u128::from(bound)) >> 64) as u64
}

impl Weather {
    /// The fate of a message sent `now`, by a draw.
    #[inline]
    pub(crate) fn fate(
        &self,
        conditions: &Conditions,
        now: u64,
        calm_from: u64,
        draw: u64,
    ) -> Fate {
        let (least, most) = self.delay_ticks;
        let mut delay = least + below(draw, most - least + 1);
        let calm = now >= calm_from;
        if calm && conditions.timing != Timing::Asynchronous {
            return Fate::Arrives(delay.min(conditions.delay_ticks));
        }
        let bounded = match conditions.timing {
            Timing::Synchronous => true,
            Timing::Partial => calm,
            Timing::Asynchronous => false,
        };
        let more = fold(draw, 0x8ebc_6af0_9c88_c6e3);
        if self.slow != Rate::NEVER && !bounded && self.slow.hits(more >> 16) {
            delay = delay.saturating_mul(1 + below(more.rotate_left(40), self.slow_factor.into()));
        }
        match conditions.timing {
            Timing::Synchronous => delay = delay.min(conditions.delay_ticks),
            Timing::Partial => {
                let latest = now.max(calm_from) + conditions.delay_ticks;
                delay = delay.min(latest - now);
            }
            Timing::Asynchronous => {}
        }
        if calm || conditions.links != Links::Lossy {
            return Fate::Arrives(delay);
        }
        if self.loss.hits(more) {
            return Fate::Lost;
        }
        if self.again.hits(more >> 32) {
            return Fate::Twice(delay, delay + below(more.rotate_left(20), 4 * most + 1));
        }
        Fate::Arrives(delay)
    }

    /// Whether a message of a sender that crashed after sending it is lost.
    pub(crate) fn orphaned(&self, draw: u64) -> bool {
        self.orphaned.hits(draw)
    }
}
