//! The scale of time: in proportion where something happens, shortened where nothing does.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// The least that two moments are apart.
const APART: i32 = 5;
/// How many bounds on delays may pass, in tenths, before the scale is broken.
const QUIET: i32 = 12;
/// What a broken gap takes.
const BREAK: i32 = 90;
/// The marks of the axis above which there are no more.
const TICKS_MAX: usize = 400;
/// The marks that may stand between two moments: more have no room.
const TICKS_BETWEEN: usize = 8;
/// The least that two marks of the axis are apart.
const TICKS_APART: i32 = 64;

/// Where moments are.
#[derive(Clone, Debug, Default)]
pub(super) struct Scale {
    moments: BTreeMap<u64, i32>,
    /// The gaps in which the scale is broken, from moment to moment.
    pub(super) breaks: Vec<(u64, u64)>,
}

impl Scale {
    /// How far a moment is from the last one, and whether the scale breaks between them.
    pub(super) fn step(ticks: u64, delay_ticks: u64, delay_px: i32) -> (i32, bool) {
        let wide = u128::from(ticks) * u128::from(delay_px.unsigned_abs());
        let wide = wide / u128::from(delay_ticks.max(1));
        match i32::try_from(wide) {
            Ok(wide) if wide <= delay_px.saturating_mul(QUIET) / 10 => (wide.max(APART), false),
            _ => (BREAK, true),
        }
    }

    pub(super) fn put(&mut self, moment: u64, x: i32) {
        self.moments.insert(moment, x);
    }

    /// Where a time is; between two moments in proportion, outside of all at the nearest.
    pub(super) fn x(&self, time: u64) -> i32 {
        let before = self.moments.range(..=time).next_back();
        let after = self.moments.range(time..).next();
        match (before, after) {
            (Some((&from, &left)), Some((&to, &right))) if to > from => {
                let part = i128::from(right - left) * i128::from(time - from);
                left + i32::try_from(part / i128::from(to - from)).unwrap_or(0)
            }
            (Some((_, &x)), _) | (None, Some((_, &x))) => x,
            (None, None) => 0,
        }
    }

    /// The times that the axis names, each with its place.
    pub(super) fn ticks(&self, delay_ticks: u64, delay_px: i32) -> Vec<(u64, i32)> {
        let least = u128::from(delay_ticks.max(1)) * TICKS_APART.unsigned_abs() as u128;
        let length = nice((least / u128::from(delay_px.max(1).unsigned_abs())).max(1));
        let mut ticks: Vec<(u64, i32)> = Vec::new();
        let moments: Vec<(u64, i32)> = self.moments.iter().map(|(&at, &x)| (at, x)).collect();
        for pair in moments.windows(2) {
            let ((from, _), (to, _)) = (pair[0], pair[1]);
            if self.breaks.contains(&(from, to)) {
                continue;
            }
            let mut tick = from.div_ceil(length).saturating_mul(length);
            for _ in 0..TICKS_BETWEEN {
                if tick > to || ticks.len() >= TICKS_MAX {
                    break;
                }
                let x = self.x(tick);
                if ticks.last().is_none_or(|&(_, last)| x - last >= TICKS_APART) {
                    ticks.push((tick, x));
                }
                let Some(next) = tick.checked_add(length) else { break };
                tick = next;
            }
        }
        ticks
    }
}

/// The least of 1, 2, 5, 10, 20, 50, ... that is not below a number.
fn nice(least: u128) -> u64 {
    let mut power: u64 = 1;
    loop {
        for digit in [1, 2, 5] {
            let Some(length) = power.checked_mul(digit) else { return u64::MAX };
            if u128::from(length) >= least {
                return length;
            }
        }
        let Some(next) = power.checked_mul(10) else { return u64::MAX };
        power = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_stretches_are_short() {
        assert_eq!(Scale::step(10_000, 10_000, 150), (150, false));
        assert_eq!(Scale::step(1, 10_000, 150), (APART, false));
        assert_eq!(Scale::step(u64::MAX, 1, 150), (BREAK, true));
        assert_eq!(Scale::step(0, 0, 0), (APART, false));
    }

    #[test]
    fn a_time_between_moments_is_between_them() {
        let mut scale = Scale::default();
        assert_eq!(scale.x(7), 0);
        scale.put(10, 100);
        scale.put(u64::MAX, 300);
        assert_eq!((scale.x(0), scale.x(10), scale.x(u64::MAX)), (100, 100, 300));
        assert!((100..=300).contains(&scale.x(u64::MAX / 2)));
        assert!(scale.ticks(10, 100).len() <= TICKS_MAX);
    }
}
