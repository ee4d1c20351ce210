//! Times in words: ticks as milliseconds and seconds.

use alloc::format;
use alloc::string::{String, ToString};

use quorate_trace::Header;

use crate::words;

/// The columns that a time may take in a margin.
const MARGIN_MAX: usize = 12;

/// What a tick is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    per_ms: u64,
    /// The places after the point of a time in a margin.
    places: u32,
}

impl Clock {
    pub(crate) fn of(header: &Header) -> Self {
        let per_ms = header.time.as_ref().map_or(1, |time| time.ticks_per_ms).max(1);
        Self { per_ms, places: 2 }
    }

    /// The same clock, with a margin that fits a run of this length.
    pub(crate) fn until(self, over_at: u64) -> Self {
        let ms = over_at / self.per_ms;
        let places = if ms < 1000 { 2 } else { u32::from(ms < 100_000) };
        Self { places: if self.per_ms == 1 { 0 } else { places }, ..self }
    }

    /// A time as it stands in a margin, in milliseconds.
    pub(crate) fn margin(self, ticks: u64) -> String {
        words::cut(&fixed(u128::from(ticks), u128::from(self.per_ms), self.places), MARGIN_MAX)
    }

    /// So many ticks in words, no more precise than is of use: `4.21 ms`, `12.4 ms`, `1.203 s`.
    pub(crate) fn span(self, ticks: u64) -> String {
        let (ticks, ms) = (u128::from(ticks), u128::from(self.per_ms));
        let (unit, places, name) = match ticks {
            ticks if ticks < ms => (ms, 3, "ms"),
            ticks if ticks < 10 * ms => (ms, 2, "ms"),
            ticks if ticks < 1000 * ms => (ms, 1, "ms"),
            ticks if ticks < 100_000 * ms => (1000 * ms, 3, "s"),
            _ => (1000 * ms, 1, "s"),
        };
        let number = fixed(ticks, unit, places);
        format!("{} {name}", number.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// A fraction with so many places after the point, rounded.
fn fixed(ticks: u128, unit: u128, places: u32) -> String {
    let scale = 10_u128.pow(places);
    let scaled = (ticks.saturating_mul(scale) + unit / 2) / unit;
    match places {
        0 => scaled.to_string(),
        _ => format!("{}.{:0width$}", scaled / scale, scaled % scale, width = places as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_precise_as_is_of_use() {
        let clock = Clock { per_ms: 1000, places: 2 };
        let spans = [0, 34, 4_213, 10_000, 12_437, 1_203_400, 123_456_789];
        let words = ["0 ms", "0.034 ms", "4.21 ms", "10 ms", "12.4 ms", "1.203 s", "123.5 s"];
        assert_eq!(spans.map(|ticks| clock.span(ticks)), words);
        assert_eq!(clock.margin(4_213), "4.21");
        assert_eq!(clock.until(5_000_000).margin(4_213), "4.2");
        assert!(clock.until(u64::MAX).margin(u64::MAX).chars().count() <= MARGIN_MAX);
    }

    #[test]
    fn a_tick_may_be_anything() {
        for per_ms in [1, u64::MAX] {
            let clock = Clock { per_ms, places: 2 };
            assert!(!clock.span(u64::MAX).is_empty());
        }
    }
}
