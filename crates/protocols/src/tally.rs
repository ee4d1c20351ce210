//! Counting votes.

use alloc::vec::Vec;

use quorate_kernel::{Domain, Value};

/// Up to how many different values are counted without a heap.
const SMALL: usize = 16;

/// The most frequent of the values that lie in the domain, the smallest if several are, and how
/// often it occurs; `None` if there is none.
pub(crate) fn most_frequent(
    values: impl Iterator<Item = Value>,
    domain: Domain,
) -> Option<(Value, u32)> {
    let readable = values.filter(|value| domain.contains(*value));
    if usize::from(domain.size) > SMALL {
        return most_frequent_sorted(readable.collect());
    }
    let mut counts = [0u32; SMALL];
    for value in readable {
        counts[usize::from(value.0)] += 1;
    }
    let mut best: Option<(Value, u32)> = None;
    for (value, &count) in domain.values().zip(&counts) {
        if count > best.map_or(0, |(_, most)| most) {
            best = Some((value, count));
        }
    }
    best
}

fn most_frequent_sorted(mut values: Vec<Value>) -> Option<(Value, u32)> {
    values.sort_unstable();
    let mut best: Option<(Value, u32)> = None;
    for run in values.chunk_by(|a, b| a == b) {
        let count = run.len() as u32;
        if count > best.map_or(0, |(_, most)| most) {
            best = Some((run[0], count));
        }
    }
    best
}

/// The value that more than half of the values are, if there is one.
///
/// Two passes and no counters: pairs of different values cannot both be the majority, so what
/// is left after cancelling them is the only candidate.
pub(crate) fn majority(values: impl Iterator<Item = Value> + Clone) -> Option<Value> {
    let mut candidate = (Value::DEFAULT, 0u32);
    let mut all = 0u32;
    for value in values.clone() {
        all += 1;
        candidate = match candidate {
            (_, 0) => (value, 1),
            (held, lead) if held == value => (held, lead + 1),
            (held, lead) => (held, lead - 1),
        };
    }
    let held = values.filter(|value| *value == candidate.0).count() as u32;
    (2 * held > all).then_some(candidate.0)
}
