//! How a number is spread over many runs, as bars: for a terminal and as a picture.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

mod picture;
mod terminal;

pub use picture::histogram_svg;
pub use terminal::histogram_text;

/// The numbers up to which every one has a bar of its own.
const SINGLE_MAX: f64 = 20.0;
/// The bars that a wider spread is cut into.
const BARS: f64 = 14.0;
/// The bars of a distribution above which there are none.
const BARS_MAX: usize = 48;

/// The runs in which a number was at least `from` and less than `to`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bar {
    /// The least number that is counted.
    pub from: f64,
    /// The least number above that is not.
    pub to: f64,
    /// How many runs.
    pub count: u64,
}

/// How a number is spread over many runs.
#[derive(Clone, PartialEq, Debug)]
pub struct Distribution {
    /// What is counted, or measured.
    pub title: String,
    /// In what: `rounds`, `messages`, `ms`.
    pub unit: String,
    /// Whether the number is always whole.
    pub whole: bool,
    /// The bars, from the smallest numbers to the largest.
    pub bars: Vec<Bar>,
    /// How many runs there were, with those that have no number.
    pub runs: u64,
    /// How many runs have no number: they ended before anything was decided.
    pub undecided: u64,
    /// The mean of those that have one.
    pub mean: f64,
    /// The number that half of the runs do not exceed.
    pub p50: f64,
    /// The number that 95 of 100 do not exceed.
    pub p95: f64,
    /// The number that 99 of 100 do not exceed.
    pub p99: f64,
    /// The largest number.
    pub max: f64,
    /// What theory says: numbers, in order, each with the probability of more than that.
    pub expected: Vec<(f64, f64)>,
    /// Whether the probabilities are exactly these, and not at most these.
    pub expected_exact: bool,
    /// Where they are from.
    pub expected_label: String,
}

impl Distribution {
    /// The distribution of numbers that were counted, each with how often, in any order. There is a
    /// bar for every whole number if they are few; otherwise bars are wider, and the last holds the
    /// hundredth that is largest.
    pub fn new(
        title: &str,
        unit: &str,
        counts: impl IntoIterator<Item = (f64, u64)>,
        undecided: u64,
    ) -> Self {
        let mut counts: Vec<(f64, u64)> =
            counts.into_iter().filter(|(number, count)| number.is_finite() && *count > 0).collect();
        counts.sort_by(|one, other| one.0.total_cmp(&other.0));
        let decided = counts.iter().fold(0_u64, |sum, (_, count)| sum.saturating_add(*count));
        let sum = counts.iter().fold(0.0, |sum, (number, count)| sum + number * *count as f64);
        let at = |percent| percentile(&counts, decided, percent);
        let whole = counts.iter().all(|(number, _)| *number == floor(*number));
        let (p50, p95, p99) = (at(50), at(95), at(99));
        Self {
            title: title.to_string(),
            unit: unit.to_string(),
            whole,
            bars: bars(&counts, whole, p99),
            runs: decided.saturating_add(undecided),
            undecided,
            mean: if decided == 0 { 0.0 } else { sum / decided as f64 },
            p50,
            p95,
            p99,
            max: counts.last().map_or(0.0, |(number, _)| *number),
            expected: Vec::new(),
            expected_exact: false,
            expected_label: String::new(),
        }
    }

    /// The same, compared with what theory says: numbers, in order, each with the probability of
    /// more than that, which is exact or an upper bound.
    #[must_use]
    pub fn expecting(mut self, tail: Vec<(f64, f64)>, exact: bool, label: &str) -> Self {
        (self.expected, self.expected_exact) = (tail, exact);
        self.expected_label = label.to_string();
        self
    }

    /// The share of all runs.
    fn share(&self, count: u64) -> f64 {
        if self.runs == 0 { 0.0 } else { count as f64 / self.runs as f64 }
    }

    /// The share of the runs that are beyond a bar, or have no number.
    fn beyond(&self, bar: usize) -> f64 {
        let later = self.bars.iter().skip(bar + 1);
        self.share(later.fold(self.undecided, |sum, bar| sum.saturating_add(bar.count)))
    }

    /// What theory says of more than a number; nothing if it says nothing of numbers so large.
    fn tail(&self, number: f64) -> Option<f64> {
        let (first, last) = (self.expected.first()?, self.expected.last()?);
        if number < first.0 {
            return Some(1.0);
        }
        if number > last.0 {
            return None;
        }
        let after = self.expected.iter().position(|(x, _)| *x > number);
        let (x, below) = self.expected[after.map_or(self.expected.len(), |at| at) - 1];
        let share = match after.map(|at| self.expected[at]) {
            Some((next, above)) if !self.whole && next > x => {
                below + (above - below) * (number - x) / (next - x)
            }
            _ => below,
        };
        share.is_finite().then(|| share.clamp(0.0, 1.0))
    }

    /// What theory says of more than the numbers of a bar.
    fn tail_of(&self, bar: &Bar) -> Option<f64> {
        self.tail(if self.whole { bar.to - 1.0 } else { bar.to })
    }

    /// The share that theory gives to a bar, where it is exact.
    fn expected_of(&self, bar: &Bar) -> Option<f64> {
        if !self.expected_exact {
            return None;
        }
        let before = self.tail(if self.whole { bar.from - 1.0 } else { bar.from })?;
        Some((before - self.tail_of(bar)?).max(0.0))
    }

    /// What a bar counts.
    fn name(&self, bar: &Bar) -> String {
        let last = if self.whole { bar.to - 1.0 } else { bar.to };
        let mut name = number(bar.from);
        if last > bar.from {
            name.push('–');
            name.push_str(&number(last));
        }
        name
    }

    /// How many bars are drawn, and how many runs the others count.
    fn drawn(&self) -> (usize, u64) {
        let rest = self.bars.iter().skip(BARS_MAX);
        let rest = rest.fold(0_u64, |sum, bar| sum.saturating_add(bar.count));
        (self.bars.len().min(BARS_MAX), rest)
    }
}

/// The number that so many hundredths of all do not exceed.
fn percentile(counts: &[(f64, u64)], all: u64, percent: u64) -> f64 {
    let wanted = (u128::from(all) * u128::from(percent)).div_ceil(100);
    let mut seen = 0_u128;
    for (number, count) in counts {
        seen += u128::from(*count);
        if seen >= wanted {
            return *number;
        }
    }
    0.0
}

fn bars(counts: &[(f64, u64)], whole: bool, p99: f64) -> Vec<Bar> {
    let (Some(&(least, _)), Some(&(most, _))) = (counts.first(), counts.last()) else {
        return Vec::new();
    };
    let single = whole && most - least < SINGLE_MAX;
    let width = match single {
        true => 1.0,
        false => nice((p99 - least) / BARS).max(if whole { 1.0 } else { 0.0 }),
    };
    let mut bars = Vec::new();
    let mut from = floor(least / width) * width;
    while bars.len() < BARS_MAX && from <= most {
        let long = !single && from > p99 || bars.len() + 1 == BARS_MAX;
        let to = if long { above(most, whole) } else { from + width };
        let mut count = 0_u64;
        for (number, times) in counts {
            if (from..to).contains(number) {
                count = count.saturating_add(*times);
            }
        }
        bars.push(Bar { from, to, count });
        from = if to > from { to } else { f64::INFINITY };
    }
    bars
}

/// A number that is more than another, by little.
fn above(number: f64, whole: bool) -> f64 {
    if whole { number + 1.0 } else { number + number * 1e-6 + 1e-9 }
}

/// The least of 1, 2, 5 times a power of ten that is not below a number.
fn nice(least: f64) -> f64 {
    let mut power = 1e-3;
    while power < 1e18 {
        for digit in [1.0, 2.0, 5.0] {
            if power * digit >= least {
                return power * digit;
            }
        }
        power *= 10.0;
    }
    least
}

/// The largest whole number that is not more, for numbers as they occur here.
fn floor(number: f64) -> f64 {
    if !(-9e15..9e15).contains(&number) {
        return number;
    }
    let whole = number as i64 as f64;
    if whole > number { whole - 1.0 } else { whole }
}

/// A number with as many places as are worth reading.
fn number(number: f64) -> String {
    let places = match number {
        number if !number.is_finite() => return "?".to_string(),
        number if number == floor(number) || number >= 1000.0 => 0,
        number if number >= 10.0 => 1,
        _ => 2,
    };
    let mut text = alloc::format!("{number:.places$}");
    if places > 0 {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    text
}

/// A share as a percentage.
fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if !percent.is_finite() => "?".to_string(),
        percent if percent > 0.0 && percent < 0.05 => "<0.1%".to_string(),
        percent => alloc::format!("{percent:.1}%"),
    }
}

/// A count with its thousands apart.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What is said of the whole: how many runs, and how many have no number.
fn runs(distribution: &Distribution) -> String {
    let mut text = alloc::format!("{} runs", grouped(distribution.runs));
    if distribution.undecided > 0 {
        text.push_str(&alloc::format!(", {} undecided", grouped(distribution.undecided)));
    }
    text
}
