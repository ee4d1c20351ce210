//! How long answers about crashes take: `sizes N F ROUNDS`, or the sizes of docs/performance.md.

use std::io::{Write, stdout};
use std::time::Instant;

use quorate_prover::{Answer, Certificate, Limits, Model, Question, prove, verify};

fn main() -> std::io::Result<()> {
    let given: Vec<u16> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    match given[..] {
        [n, f, rounds] => answer(n, f, rounds),
        _ => [(5, 2, 2), (5, 2, 3), (6, 2, 3), (6, 3, 3), (6, 3, 4), (7, 2, 2), (7, 3, 4)]
            .into_iter()
            .try_for_each(|(n, f, rounds)| answer(n, f, rounds)),
    }
}

fn answer(n: u16, f: u16, rounds: u16) -> std::io::Result<()> {
    let question = Question::new(Model::Crash, n, f, rounds);
    let started = Instant::now();
    let proof = match prove(question, Limits::NONE) {
        Ok(proof) => proof,
        Err(stopped) => return writeln!(stdout(), "n = {n}, f = {f}, {rounds} rounds: {stopped}"),
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
        "n = {n}, f = {f}, {rounds} rounds: {word} by {:?} in {searched:.2} s; \
         verified: {verified} in {:.2} s; {:?}",
        proof.means,
        started.elapsed().as_secs_f64(),
        proof.counts,
    )
}
