//! Tests of the judge for histories.

mod brute;
mod drawing;
mod limits;
mod mistakes;
mod random;
mod recorded;
mod search;
mod witnesses;

use quorate_history::{History, Judgement, Limits, Model, Verdict, Witness, judge, read};

/// Reads a history, which must be good.
fn history(text: &str) -> History {
    read(text, None).unwrap_or_else(|bad| panic!("{bad}"))
}

/// Judges without limits.
fn judged(text: &str, model: Option<Model>) -> Judgement {
    judge(&read(text, model).unwrap_or_else(|bad| panic!("{bad}")), Limits::NONE)
}

fn holds(text: &str) -> bool {
    judged(text, None).verdict == Verdict::Holds
}

fn witness(history: &History) -> Option<Witness> {
    match judge(history, Limits::NONE).verdict {
        Verdict::Violated(witness) => Some(witness),
        Verdict::Holds => None,
        Verdict::Inconclusive(spent) => panic!("no limit was set, and {spent:?} was spent"),
    }
}
