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

/// What can be counted: the name, with a number at the end.
const MODELS: &[&str] = &[
    "two-phase-MANAGERS",
    "atomic-commit-PARTICIPANTS",
    "nonblocking-PROCESSES",
    "diffusion-PROCESSES",
    "board-GAME (1 TCommit, 2 2PCwithBTM, 3 nbacg_guer01)",
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

/// A model of one process, by its number.
fn game(number: u16) -> Option<&'static boards::Game> {
    match number {
        1 => Some(&boards::Game::Commit),
        2 => Some(&boards::Game::Backup),
        3 => Some(&boards::Game::Guarded),
        _ => None,
    }
}

fn search(model: &str, how: How) -> Option<Findings> {
    let (name, number) = model.rsplit_once('-')?;
    let size: u16 = number.parse().ok()?;
    Some(match name {
        "two-phase" => count(two_phase::inquiry(size), how),
        "atomic-commit" => count(atomic_commit::inquiry(size), how),
        "nonblocking" => count(nonblocking::inquiry(size), how),
        "diffusion" => count(diffusion::inquiry(size, 1), how),
        "board" => count(boards::inquiry(game(size)?), how),
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
        return println!(
            "count_network MODEL [THREADS] [symmetry], where MODEL is one of\n{}",
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
    if symmetry {
        println!("{:?}", found.symmetry);
    }
    if let Some(stop) = found.stopped {
        println!("stopped: {stop:?}");
    }
}
