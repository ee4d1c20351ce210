//! What a transition of the search of a network costs: time, instructions, allocations, bytes.
//!
//! ```text
//! cargo bench -p quorate-checker --bench network
//! cargo bench -p quorate-checker --bench network -- counts
//! ```
//!
//! The second counts instructions and allocations of whole searches, on one thread, under valgrind,
//! and divides them by the transitions: first steps of handlers and the growth of tables included.
#![allow(clippy::print_stdout)]

use std::process::Command;

use divan::Bencher;
use divan::counter::ItemsCount;
use quorate_checker::Progress;
use quorate_checker::network::{Explored, explore};

#[path = "../tests/suite/models/mod.rs"]
#[allow(dead_code, reason = "the tests use the other models")]
mod models;

use models::{paxos, paxos_register, register, two_phase};

const MODELS: [&str; 4] = ["two-phase-6", "two-phase-7", "paxos-2", "paxos-register-2"];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["search", model] => {
            let found = search(model);
            println!("{} {} {}", found.transitions, found.states, found.bytes);
        }
        ["counts", ..] => counts(),
        _ => divan::main(),
    }
}

fn search(model: &str) -> Explored {
    let progress = Progress::default();
    let found = match model {
        "two-phase-6" => explore(&two_phase::inquiry(6), 1, &progress),
        "two-phase-7" => explore(&two_phase::inquiry(7), 1, &progress),
        "paxos-2" => explore(&paxos::inquiry(&2), 1, &progress),
        _ => explore(&register::inquiry::<paxos_register::Paxos>(&3, 2, false), 1, &progress),
    };
    found.explored
}

/// Items are transitions.
#[divan::bench(args = MODELS, sample_count = 10, max_time = 5)]
fn transitions(bencher: Bencher<'_, '_>, model: &str) {
    let transitions = search(model).transitions;
    bencher.counter(ItemsCount::new(transitions)).bench_local(|| search(model).transitions);
}

/// Prints a table, or what is missing.
fn counts() {
    println!("| search | transitions | instructions each | allocations each | bytes a state |");
    println!("| - | -: | -: | -: | -: |");
    for model in MODELS {
        let found = search(model);
        let each = |count: Option<u64>| match count {
            Some(count) => format!("{:.3}", count as f64 / found.transitions as f64),
            None => "valgrind is not installed".to_owned(),
        };
        let instructions = each(counted(model, "--tool=callgrind", "Collected :"));
        let allocations = each(counted(model, "--tool=memcheck", "total heap usage:"));
        let bytes = found.bytes as f64 / found.states as f64;
        let transitions = found.transitions;
        println!("| {model} | {transitions} | {instructions} | {allocations} | {bytes:.1} |");
    }
}

/// The number that a tool of valgrind prints after some words, for one search.
fn counted(model: &str, tool: &str, after: &str) -> Option<u64> {
    let this = std::env::current_exe().ok()?;
    let quiet = ["--callgrind-out-file=/dev/null", "--leak-check=no"];
    let option = quiet[usize::from(tool == "--tool=memcheck")];
    let mut run = Command::new("valgrind");
    run.args([tool, option]).arg(this).args(["search", model]);
    let told = String::from_utf8(run.output().ok()?.stderr).ok()?;
    let rest = told.split_once(after)?.1;
    let digits: String =
        rest.trim_start().chars().take_while(|c| *c == ',' || c.is_ascii_digit()).collect();
    digits.replace(',', "").parse().ok()
}
