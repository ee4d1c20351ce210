//! The server but its sockets on links, machines and disks that fail, for as many seeds as wanted.
//!
//! ```text
//! storms [--protocol raft|multi-paxos] [--runs N] [--seed S]
//! ```
#![allow(clippy::print_stdout)]

#[path = "../tests/suite/storm/mod.rs"]
mod storm;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use storm::{PROTOCOLS, Tally};

const HELP: &str = "storms [--protocol raft|multi-paxos] [--runs N] [--seed S]: runs of both \
    protocols, or of one, from a seed on";

/// What is asked for: protocols, how many runs, and from which seed on.
fn asked() -> Option<(Vec<String>, u64, u64)> {
    let mut words = std::env::args().skip(1);
    let (mut protocols, mut runs, mut seed) = (Vec::new(), 1_000, 0);
    while let Some(word) = words.next() {
        let value = words.next()?;
        match word.as_str() {
            "--protocol" if PROTOCOLS.contains(&value.as_str()) => protocols.push(value),
            "--runs" => runs = value.parse().ok()?,
            "--seed" => seed = value.parse().ok()?,
            _ => return None,
        }
    }
    if protocols.is_empty() {
        protocols = PROTOCOLS.iter().map(ToString::to_string).collect();
    }
    Some((protocols, runs, seed))
}

fn main() -> ExitCode {
    let Some((protocols, runs, from)) = asked() else {
        println!("{HELP}");
        return ExitCode::from(2);
    };
    let mut failed = 0;
    for protocol in &protocols {
        let mut tally = Tally::default();
        for seed in from..from + runs {
            let came = catch_unwind(AssertUnwindSafe(|| storm::storm(protocol, seed)));
            match came.unwrap_or_else(|_| Err("it panics".into())) {
                Ok(one) => tally.add(&one),
                Err(wrong) => {
                    failed += 1;
                    println!("{protocol}, seed {seed}, {wrong}");
                    println!("  alone: storms --protocol {protocol} --runs 1 --seed {seed}");
                }
            }
        }
        println!("{protocol}, {runs} seeds from {from}:\n{tally}");
    }
    match failed {
        0 => {
            println!("nothing acknowledged was lost, and every history is linearizable");
            ExitCode::SUCCESS
        }
        _ => {
            println!("{failed} runs went wrong");
            ExitCode::FAILURE
        }
    }
}
