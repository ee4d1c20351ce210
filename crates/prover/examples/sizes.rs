//! How long answers about crashes take: `sizes N F ROUNDS [K]`, or those of docs/performance.md.

use std::io::{Write, stdout};
use std::time::{Duration, Instant};

use quorate_prover::{Answer, Certificate, Limits, Model, Question, prove, verify};

fn main() -> std::io::Result<()> {
    let given: Vec<u16> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    match given[..] {
        [n, f, rounds] => answer(n, f, rounds, 1),
        [n, f, rounds, k] => answer(n, f, rounds, k),
        _ => SIZES.into_iter().try_for_each(|(n, f, rounds, k)| answer(n, f, rounds, k)),
    }
}

/// Processes, crashes, rounds and values that may be decided.
const SIZES: [(u16, u16, u16, u16); 12] = [
    (5, 2, 2, 1),
    (5, 2, 3, 1),
    (6, 2, 3, 1),
    (6, 3, 3, 1),
    (6, 3, 4, 1),
    (7, 2, 2, 1),
    (7, 3, 4, 1),
    (5, 2, 1, 2),
    (5, 2, 2, 2),
    (7, 3, 1, 3),
    (7, 4, 2, 2),
    (7, 4, 3, 2),
];

fn answer(n: u16, f: u16, rounds: u16, k: u16) -> std::io::Result<()> {
    let question = Question { k, ..Question::new(Model::Crash, n, f, rounds) };
    let started = Instant::now();
    let size = format!("n = {n}, f = {f}, {rounds} rounds, k = {k}");
    let deadline = started.checked_add(Duration::from_secs(300));
    let proof = match prove(question, Limits { deadline, bytes: 8 << 30 }) {
        Ok(proof) => proof,
        Err(stopped) => return writeln!(stdout(), "{size}: {stopped}"),
    };
    let searched = started.elapsed().as_secs_f64();
    let word = match &proof.answer {
        Answer::Impossible { chain } => format!("impossible, {} executions", chain.len()),
        Answer::Parity { simplices } => format!("impossible, {} simplices", simplices.len()),
        Answer::Solvable { table } => format!("solvable, {} views", table.decisions.len()),
    };
    let started = Instant::now();
    let verified = verify(&Certificate::new(question, proof.answer)).is_ok();
    writeln!(
        stdout(),
        "{size}: {word} by {:?} in {searched:.2} s; \
         verified: {verified} in {:.2} s; {:?}",
        proof.means,
        started.elapsed().as_secs_f64(),
        proof.counts,
    )
}
