//! One exhaustive search, for a profiler that counts instructions.
//!
//! ```text
//! count PROTOCOL N F [TIMES] [naive]
//! ```
//!
//! prints runs, states and transitions, and how long it took on one thread. With `naive` every
//! run of flood-set is made on its own instead.
#![allow(clippy::print_stdout)]

#[path = "../benches/naive/mod.rs"]
mod naive;

use std::time::Instant;

use naive::{exhaustive, one_by_one};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u16>().ok());
    let (Some(protocol), Some(n), Some(f)) = (words.first(), number(1), number(2)) else {
        return println!("count PROTOCOL N F [TIMES] [naive]");
    };
    let times = number(3).unwrap_or(1).max(1);
    let is_naive = words.iter().any(|word| word == "naive");
    let start = Instant::now();
    for at in 1..=times {
        let told = if is_naive {
            format!("{} runs", one_by_one(n, f))
        } else {
            let work = exhaustive(protocol, n, f);
            let (runs, states, transitions) = (work.runs, work.states, work.transitions);
            format!("{runs} runs, {states} states, {transitions} transitions")
        };
        if at == times {
            let micros = start.elapsed().as_secs_f64() * 1e6 / f64::from(times);
            println!("{told}, {micros:.0} microseconds");
        }
    }
}
