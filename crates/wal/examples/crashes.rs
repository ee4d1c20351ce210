//! Logs on disks that fail, for as many seeds as wanted.
//!
//! ```text
//! crashes [SEEDS [FROM]]
//! ```
#![allow(clippy::print_stdout)]

#[path = "../tests/suite/trial.rs"]
mod trial;

use trial::Tally;

fn main() {
    let number = |at: usize| std::env::args().nth(at).and_then(|word| word.parse().ok());
    let (many, from) = (number(1).unwrap_or(100_000), number(2).unwrap_or(0));
    let mut tally = Tally::default();
    for seed in from..from + many {
        trial::crashes(seed, 8, &mut tally);
        trial::flips(seed, &mut tally);
        trial::lost_writes(seed, &mut tally);
        trial::failures(seed, &mut tally);
        trial::anything(seed);
    }
    println!("{many} seeds from {from}: {tally:?}");
    println!("no record lost, none invented");
}
