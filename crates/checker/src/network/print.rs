//! Fingerprints of states: a wrapping sum of mixed numbers, one for each part of a state.
//!
//! A sum can be brought up to date part by part, and does not ask in which order the messages of a
//! multiset stand. Two different states have the same print of 64 bits with a probability of 2^-64
//! for each pair, as far as the mixing is as good as chance; two lanes give 128.

/// The print of a state: two lanes of 64 bits.
pub(crate) type Print = u128;

/// What a number stands for.
#[derive(Clone, Copy)]
#[repr(u64)]
pub(crate) enum Part {
    Seat = 1,
    Message = 2,
    Ledger = 3,
    Coins = 4,
    Spent = 5,
    Place = 6,
}

/// The print of one part.
#[inline]
pub(crate) fn mix(part: Part, id: u64) -> Print {
    let seed = id ^ ((part as u64) << 56);
    let low = scramble(seed.wrapping_add(0x9e37_79b9_7f4a_7c15));
    let high = scramble(seed ^ 0xd6e8_feb8_6659_fd93);
    u128::from(high) << 64 | u128::from(low)
}

/// The finisher of SplitMix64 (Steele, Lea, Flood 2014).
#[inline]
pub(crate) fn scramble(seed: u64) -> u64 {
    let mixed = (seed ^ seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

/// The probability that some two of so many distinct states have had the same print, so that one
/// of them was left out.
pub(crate) fn omission(states: u64, bits: u32) -> f64 {
    let states = states as f64;
    states * states / 2.0 / 2f64.powi(bits as i32)
}
