//! One search of a network whose numbers of states are published, or ours to compare.
//!
//! ```text
//! count_network MODEL [THREADS] [symmetry]
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
    abd, atomic_commit, ballots, boards, diffusion, nonblocking, paxos, paxos_commit,
    paxos_register, register, single_copy, two_phase,
};

/// What can be counted besides the boards, which have no number: the name, with one at the end.
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

/// How to search: on how many threads, and whether states that differ in names only are one.
type How = (usize, bool);

fn count<P: Deceit>(mut inquiry: Inquiry<'_, P>, (threads, symmetry): How) -> Findings {
    inquiry.scope.symmetry = symmetry;
    explore(&inquiry, threads, &Progress::default())
}

fn search(model: &str, how: How) -> Option<Findings> {
    if let Some((_, game, published, _)) = boards::PUBLISHED.iter().find(|board| board.0 == model) {
        println!("{:?} counted as TLC does, {published:?} published", boards::generated(*game));
        return Some(count(boards::inquiry(game), how));
    }
    let (name, number) = model.rsplit_once('-')?;
    let size: u16 = number.parse().ok()?;
    Some(match name {
        "two-phase" => count(two_phase::inquiry(size), how),
        "atomic-commit" => count(atomic_commit::inquiry(size), how),
        "nonblocking" => count(nonblocking::inquiry(size), how),
        "diffusion" => count(diffusion::inquiry(size, 1), how),
        "ballots" => count(ballots::inquiry(&u8::try_from(size).ok()?), how),
        "paxos-commit" => count(paxos_commit::inquiry(size), how),
        "paxos" => count(paxos::inquiry(&size), how),
        "paxos-register" => count(register::inquiry::<paxos_register::Paxos>(&3, size, false), how),
        "single-copy" => count(register::inquiry::<single_copy::SingleCopy>(&1, size, false), how),
        "abd" => count(register::inquiry::<abd::Abd>(&3, size, false), how),
        "abd-ordered" => count(register::inquiry::<abd::Abd>(&3, size, true), how),
        _ => return None,
    })
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let threads = words.get(1).and_then(|word| word.parse().ok()).unwrap_or(1);
    let symmetry = words.get(2).is_some_and(|word| word == "symmetry");
    let started = Instant::now();
    let Some(found) = words.first().and_then(|model| search(model, (threads, symmetry))) else {
        let boards: Vec<&str> = boards::PUBLISHED.iter().map(|board| board.0).collect();
        return println!(
            "count_network MODEL [THREADS] [symmetry], where MODEL is one of\n{}\n{}",
            MODELS.join("\n"),
            boards.join("\n")
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
    if symmetry {
        println!("{:?}", found.symmetry);
    }
    if let Some(stop) = found.stopped {
        println!("stopped: {stop:?}");
    }
}
