//! Streams of frames that something happens to, for as many seeds as wanted.
//!
//! ```text
//! frames [--runs N] [--seed S]
//! ```
#![allow(clippy::print_stdout)]

#[path = "../tests/suite/trial.rs"]
mod trial;

use trial::Tally;

/// The number after a word.
fn after(word: &str) -> Option<u64> {
    std::env::args().skip_while(|other| other != word).nth(1)?.parse().ok()
}

fn main() {
    let (runs, from) = (after("--runs").unwrap_or(100_000), after("--seed").unwrap_or(0));
    let mut tally = Tally::default();
    for seed in from..from.saturating_add(runs) {
        trial::pieces(seed, &mut tally);
        trial::mutated(seed, &mut tally);
        trial::hellos(seed, &mut tally);
    }
    println!("{runs} seeds from {from}: {tally:?}");
    println!("no frame invented, none lost before a fault, no memory without bound");
}
