//! Searches two-phase commit: `cargo run --release --example commit -- 8 1`.
#![allow(clippy::print_stdout)]

use std::time::Instant;

use quorate_checker::Progress;
use quorate_checker::network::explore;

#[path = "../tests/suite/models/mod.rs"]
mod models;

fn main() {
    let mut words = std::env::args().skip(1).filter_map(|word| word.parse::<usize>().ok());
    let (managers, threads) = (words.next().unwrap_or(8), words.next().unwrap_or(1));
    let inquiry = models::two_phase::inquiry(managers as u16);
    let started = Instant::now();
    let found = explore(&inquiry, threads, &Progress::default());
    let seconds = started.elapsed().as_secs_f64();
    let e = found.explored;
    println!("{e:?}");
    println!(
        "{seconds:.2} s, {:.0} states/s, {:.0} transitions/s, {:.1} bytes a state, omission {:.1e}",
        e.states as f64 / seconds,
        e.transitions as f64 / seconds,
        e.bytes as f64 / e.states as f64,
        found.omission,
    );
}
