//! One search of a network whose numbers of states are published, or ours to compare.
//!
//! ```text
//! count_network MODEL [THREADS]
//! ```
//!
//! prints states, transitions, depth, what was broken, states per second, and bytes per state. With
//! no model it lists them.
#![allow(clippy::print_stdout)]

use std::time::Instant;

use quorate_checker::Progress;
use quorate_checker::network::{Findings, Inquiry, explore};
use quorate_kernel::Deceit;

#[path = "../tests/suite/models/mod.rs"]
mod models;

use models::{
    abd, atomic_commit, ballots, diffusion, nonblocking, paxos, paxos_commit, paxos_register,
    register, single_copy, two_phase,
};

/// What can be counted: the name, with a number at the end.
const MODELS: &[&str] = &[
    "two-phase-MANAGERS",
    "atomic-commit-PARTICIPANTS",
    "nonblocking-PROCESSES",
    "diffusion-PROCESSES",
    "paxos-PROPOSERS",
    "ballots-BALLOTS",
    "paxos-commit-RESOURCES",
    "paxos-register-CLIENTS",
    "single-copy-CLIENTS",
    "abd-CLIENTS",
    "abd-ordered-CLIENTS",
];

fn count<P: Deceit>(inquiry: &Inquiry<'_, P>, threads: usize) -> Findings {
    explore(inquiry, threads, &Progress::default())
}

fn search(model: &str, threads: usize) -> Option<Findings> {
    let (name, number) = model.rsplit_once('-')?;
    let size: u16 = number.parse().ok()?;
    Some(match name {
        "two-phase" => count(&two_phase::inquiry(size), threads),
        "atomic-commit" => count(&atomic_commit::inquiry(size), threads),
        "nonblocking" => count(&nonblocking::inquiry(size), threads),
        "diffusion" => count(&diffusion::inquiry(size, 1), threads),
        "ballots" => count(&ballots::inquiry(&u8::try_from(size).ok()?), threads),
        "paxos-commit" => count(&paxos_commit::inquiry(size), threads),
        "paxos" => count(&paxos::inquiry(&size), threads),
        "paxos-register" => {
            count(&register::inquiry::<paxos_register::Paxos>(&3, size, false), threads)
        }
        "single-copy" => {
            count(&register::inquiry::<single_copy::SingleCopy>(&1, size, false), threads)
        }
        "abd" => count(&register::inquiry::<abd::Abd>(&3, size, false), threads),
        "abd-ordered" => count(&register::inquiry::<abd::Abd>(&3, size, true), threads),
        _ => return None,
    })
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let threads = words.get(1).and_then(|word| word.parse().ok()).unwrap_or(1);
    let started = Instant::now();
    let Some(found) = words.first().and_then(|model| search(model, threads)) else {
        return println!(
            "count_network MODEL [THREADS], where MODEL is one of\n{}",
            MODELS.join("\n")
        );
    };
    let seconds = started.elapsed().as_secs_f64();
    let e = found.explored;
    println!(
        "{} states, {} transitions, depth {}, {} ends, {} broken",
        e.states,
        e.transitions,
        e.depth,
        e.ends,
        found.broken.len(),
    );
    println!(
        "{seconds:.2} s, {:.0} states/s, {:.1} bytes a state, omission {:.1e}",
        e.states as f64 / seconds,
        e.bytes as f64 / e.states as f64,
        found.omission,
    );
    if let Some(stop) = found.stopped {
        println!("stopped: {stop:?}");
    }
}
