//! Changes commands and saved stores at random, and sees that they are refused, or are others that
//! can be written.
//!
//! ```text
//! damage --runs N --seed S
//! ```
#![allow(clippy::print_stderr, clippy::print_stdout)]

#[path = "../tests/suite/damage.rs"]
mod damage;
#[path = "../tests/suite/draw.rs"]
mod draw;

use damage::Tally;
use draw::Draw;

/// The number after a word.
fn number(name: &str, otherwise: u64) -> u64 {
    let words: Vec<String> = std::env::args().collect();
    let Some(at) = words.iter().position(|word| word == name) else { return otherwise };
    let number = words.get(at + 1).and_then(|word| word.parse().ok());
    number.unwrap_or_else(|| {
        eprintln!("{name} needs a whole number after it");
        std::process::exit(2)
    })
}

fn main() {
    let (runs, seed) = (number("--runs", 10_000), number("--seed", 1));
    let (mut commands, mut snapshots) = (Tally::default(), Tally::default());
    for run in 0..runs {
        let mut draw = Draw::new(seed.wrapping_mul(0x1_0000_0001).wrapping_add(run));
        let mut store = damage::store(&mut draw, 10);
        for _ in 0..25 {
            commands += damage::command(&mut draw, &mut store);
        }
        let requests = draw.below(80);
        snapshots += damage::snapshot(&mut draw, requests);
    }
    for (name, tally) in [("commands", commands), ("saved stores", snapshots)] {
        let Tally { changed, read } = tally;
        println!("{changed} changed {name}: {} refused, {read} are others", changed - read);
    }
}
