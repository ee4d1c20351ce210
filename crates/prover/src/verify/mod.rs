//! Whether a certificate is true, checked without any code of the search.
//!
//! A chain is replayed link by link: each execution must be one of the model, the first and the
//! last must force their decisions, and each named process must be one that has to agree in both of
//! its executions and must have seen exactly the same in them. This takes time linear in the chain.
//!
//! A table is held against every execution. Executions that lead to the same views and leave the
//! same open are looked at once, and what the processes hear in the last round is looked at process
//! by process, so the time grows with the states before the last round, and not with executions.

mod happens;
mod lies;
mod model;
mod parity;
mod replay;
mod table;

use std::fmt;

use crate::certificate::{Answer, Certificate, Link, Model, Question, SCHEMA, VERSION};
pub(crate) use model::forced;
use model::{admissible, agrees, decides};
pub(crate) use replay::{Fault, Kind, Replayed, Seen, replay};

/// The largest group that is read; a set of processes is a word.
const N_MAX: u16 = 32;
/// The most values that may be decided; a set of values is a word.
const K_MAX: u16 = 15;
/// The most rounds that are read.
const ROUNDS_MAX: u16 = 1_000;

/// Why a certificate is not to be believed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// The first bad link of a chain, from 0.
    pub link: Option<usize>,
    /// What is wrong.
    pub because: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.link {
            Some(link) => write!(out, "link {link}: {}", self.because),
            None => out.write_str(&self.because),
        }
    }
}

impl std::error::Error for Refused {}

/// What was checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verified {
    /// Executions of a chain, or states before the last round that a table was held against.
    pub checked: u64,
}

/// Checks a certificate.
///
/// # Errors
///
/// If it is damaged, or does not show what it says.
pub fn verify(certificate: &Certificate) -> Result<Verified, Refused> {
    let whole = |because: String| Refused { link: None, because };
    let Certificate { schema, version, question, answer, .. } = certificate;
    if (schema.as_str(), *version) != (SCHEMA, VERSION) {
        return Err(whole(format!(
            "this is {schema} version {version}, and {SCHEMA} version {VERSION} can be checked"
        )));
    }
    if certificate.digest != certificate.computed_digest() {
        return Err(whole("the file is damaged: its digest does not fit".into()));
    }
    sensible(question).map_err(whole)?;
    match answer {
        Answer::Impossible { chain } => checked_chain(question, chain),
        Answer::Parity { simplices } => parity::checked(question, simplices),
        Answer::Solvable { table } => table::checked(question, table).map_err(whole),
    }
}

/// Whether the numbers of a question fit together.
fn sensible(question: &Question) -> Result<(), String> {
    let Question { model, n, f, rounds, k, early, losses, .. } = *question;
    let too_many = f >= n && model != Model::LossFew;
    if !(2..=N_MAX).contains(&n) || too_many || !(1..=ROUNDS_MAX).contains(&rounds) {
        return Err(format!("there is no question with n = {n}, f = {f} and {rounds} rounds"));
    }
    if model.is_for_two() && n != 2 {
        return Err(format!("there are two armies, not {n}"));
    }
    let set = matches!(model, Model::Late | Model::ImmediateSnapshot | Model::Snapshot);
    let fails = matches!(model, Model::Crash | Model::Omission | Model::GeneralOmission);
    if k == 0 || k > K_MAX || k > 1 && !set && !fails {
        return Err(format!("there is no question of {k} values in this model"));
    }
    let lost = losses.all().iter().all(|set| (1..=0b1111).contains(set));
    if !lost || !losses.is_empty() && model != Model::Loss {
        return Err("what may be lost is a set for each round, if there are two armies".into());
    }
    let by = early.all();
    let rises = by.is_sorted()
        && by.first() > Some(&0)
        && by.last().copied().map(u16::from) == Some(rounds);
    if !by.is_empty() && (!fails || k > 1 || by.len() != usize::from(f) + 1 || !rises) {
        return Err("deadlines are for consensus despite crashes and omissions: one for each \
                    number of faulty processes, none before the one before it"
            .into());
    }
    Ok(())
}

fn checked_chain(question: &Question, chain: &[Link]) -> Result<Verified, Refused> {
    let bad = |link: usize, because: String| Refused { link: Some(link), because };
    if chain.len() < 2 {
        return Err(Refused { link: None, because: "a chain has two ends at least".into() });
    }
    let mut seen = Seen::default();
    let mut before: Option<(u16, u16, Replayed)> = None;
    let mut ends = Vec::new();
    for (at, link) in chain.iter().enumerate() {
        let replayed = replay(question, &link.execution, &mut seen).map_err(|why| bad(at, why))?;
        admissible(question, &replayed, &seen).map_err(|why| bad(at, why))?;
        if let Some((witness, round, earlier)) = &before {
            same(question, (*witness, *round), earlier, &replayed)
                .map_err(|why| bad(at - 1, why))?;
        }
        let last = at + 1 == chain.len();
        if at == 0 || last {
            let value = forced(question, &replayed);
            let free = || bad(at, "nothing forces a decision at this end of the chain".into());
            ends.push(value.ok_or_else(free)?);
        }
        before = match (link.same, last) {
            (Some(witness), false) => {
                Some((witness, link.round.unwrap_or(question.rounds), replayed))
            }
            (None, true) => None,
            (None, false) => return Err(bad(at, "no process links it to the next".into())),
            (Some(_), true) => return Err(bad(at, "the last link leads nowhere".into())),
        };
    }
    if ends[0] == ends[1] {
        let why = format!("both ends of the chain force the decision {}", ends[0]);
        return Err(bad(chain.len() - 1, why));
    }
    Ok(Verified { checked: chain.len() as u64 })
}

/// Whether a process must decide by a round, and agree, in two executions and cannot tell them
/// apart. What it must have decided in one of them it has decided in the other.
fn same(
    question: &Question,
    (p, round): (u16, u16),
    a: &Replayed,
    b: &Replayed,
) -> Result<(), String> {
    if p >= question.n || !(1..=question.rounds).contains(&round) {
        return Err(format!("there is no process p{p} or no round {round}"));
    }
    let both = [("this", a), ("the next", b)];
    if let Some((which, _)) = both.iter().find(|(_, one)| !agrees(question, p, round, one)) {
        return Err(format!("p{p} need not agree in {which} execution: it is faulty"));
    }
    if !both.iter().any(|(_, one)| decides(question, p, round, one)) {
        return Err(format!("p{p} need not have decided after round {round} in either execution"));
    }
    let saw = |one: &Replayed| one.seen[usize::from(round)][usize::from(p)];
    if saw(a) != saw(b) {
        return Err(format!("p{p} can tell this execution from the next"));
    }
    Ok(())
}
