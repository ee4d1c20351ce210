//! What the prover says of every algorithm, against what is known.

mod certificates;
mod early;
mod layers;
mod liars;
mod omission;
mod pictures;
mod rounds;
mod sets;

use quorate_prover::{
    Answer, Certificate, Limits, Means, Model, Proof, Question, prove_by, verify,
};

fn question(model: Model, n: u16, f: u16, rounds: u16) -> Question {
    Question::new(model, n, f, rounds)
}

/// Answers by some means, if they are enough, and checks the certificate.
fn by(means: Means, question: Question) -> Option<Proof> {
    let proof = prove_by(question, means, Limits::NONE).unwrap()?;
    let checked = verify(&Certificate::new(question, proof.answer.clone()));
    checked.unwrap_or_else(|refused| panic!("{question:?}: {refused}"));
    Some(proof)
}

/// Answers from the whole graph, and checks the certificate.
fn whole(question: Question) -> Proof {
    by(Means::Whole, question).expect("the whole graph has an answer")
}

/// How many executions the chain has, if there is one.
fn chain(proof: &Proof) -> Option<usize> {
    match &proof.answer {
        Answer::Impossible { chain } => Some(chain.len()),
        Answer::Parity { .. } | Answer::Solvable { .. } => None,
    }
}
