//! How a number is spread over many runs: kept small, and the same in whatever order it came.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Counts of a number, exact below 256 and to two hundredths above.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Spread {
    counts: BTreeMap<u64, u64>,
    runs: u64,
    sum: u128,
    max: u64,
}

/// The number that stands for all that are counted with it.
fn rounded(number: u64) -> u64 {
    let spare = (u64::BITS - number.leading_zeros()).saturating_sub(8);
    number >> spare << spare
}

impl Spread {
    /// Counts one.
    pub fn add(&mut self, number: u64) {
        *self.counts.entry(rounded(number)).or_default() += 1;
        self.runs += 1;
        self.sum += u128::from(number);
        self.max = self.max.max(number);
    }

    /// Counts all that another counted.
    pub fn merge(&mut self, other: &Self) {
        for (number, count) in &other.counts {
            *self.counts.entry(*number).or_default() += count;
        }
        self.runs += other.runs;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
    }

    /// How many were counted.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// The largest; 0 if nothing was counted.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The mean; 0 if nothing was counted.
    pub fn mean(&self) -> f64 {
        if self.runs == 0 { 0.0 } else { self.sum as f64 / self.runs as f64 }
    }

    /// The smallest number that so many hundredths of all do not exceed, as it was counted.
    pub fn percentile(&self, hundredths: u64) -> u64 {
        let wanted = (u128::from(self.runs) * u128::from(hundredths)).div_ceil(100);
        let mut seen = 0u128;
        for (number, count) in &self.counts {
            seen += u128::from(*count);
            if seen >= wanted {
                return *number;
            }
        }
        self.max
    }

    /// Every number that was counted, with how often, in order.
    pub fn counts(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.counts.iter().map(|(number, count)| (*number, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_merge_to_the_whole() {
        let numbers: Vec<u64> = (0..5_000u64).map(|k| k * k % 7_919 + k).collect();
        let mut whole = Spread::default();
        let (mut even, mut odd) = (Spread::default(), Spread::default());
        for (at, number) in numbers.iter().enumerate() {
            whole.add(*number);
            if at % 2 == 0 { even.add(*number) } else { odd.add(*number) }
        }
        odd.merge(&even);
        assert_eq!(odd, whole);
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        for percent in [1, 50, 95, 99, 100] {
            let exact = sorted[(5_000 * percent as usize).div_ceil(100) - 1];
            let told = whole.percentile(percent);
            assert!(told <= exact && exact - told <= exact / 100 + 1, "{percent}: {told} {exact}");
        }
    }
}
