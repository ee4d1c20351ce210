//! From a question to its answer.

use std::collections::HashMap;

use super::adversary::{Adversary, PROCESSES_MAX, Situation, Speech};
use super::chain::chain;
use super::components::Components;
use super::covering::covering;
use super::crash::Crash;
use super::graph::Graph;
use super::layers::{Kind, Layers};
use super::liar::Liar;
use super::limits::{Limits, Stopped};
use super::omission::Omission;
use super::states::States;
use super::table::table;
use super::views::Names;
use crate::certificate::{Answer, Model, Question};

/// Up to so many executions the whole graph is built at once.
const WHOLE_UP_TO: u128 = 2_000_000;

/// What was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Means {
    /// Every execution, and everything that can be seen.
    Whole,
    /// Fewer executions: at most one crash in a round, and sorted proposals. They are enough to
    /// show that no algorithm agrees, and for nothing else.
    FewExecutions,
    /// Every execution, but views without the names of who said what. This is enough to show that
    /// an algorithm agrees, and for nothing else.
    WithoutNames,
    /// Three executions, made by running every process twice: a third of the processes may lie, or
    /// half of them if they sign.
    Covering,
}

/// How much was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Executions of the model.
    pub runs: u128,
    /// States before the last round.
    pub states: u64,
    /// Views that were joined, each as often as it was.
    pub unions: u64,
    /// Views after the last round.
    pub views: u64,
    /// Components of the graph.
    pub components: u64,
    /// The bytes held at the end.
    pub bytes: u64,
}

/// An answer, and how it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    /// The answer, with what shows it.
    pub answer: Answer,
    /// What was looked at.
    pub means: Means,
    /// How much.
    pub counts: Counts,
}

/// Answers a question.
///
/// # Errors
///
/// If the limits are reached, or there are too many processes. Nothing is known then.
///
/// # Panics
///
/// If there are fewer than two processes, no rounds, or not fewer faulty processes than processes.
pub fn prove(question: Question, limits: Limits) -> Result<Proof, Stopped> {
    if let Some(proof) = prove_by(question, Means::Covering, limits)? {
        return Ok(proof);
    }
    let runs = runs(&*adversary(question, false)?, question.rounds);
    if runs <= WHOLE_UP_TO {
        return whole(question, limits);
    }
    for means in [Means::WithoutNames, Means::FewExecutions] {
        if let Some(proof) = prove_by(question, means, limits)? {
            return Ok(proof);
        }
    }
    whole(question, limits)
}

fn whole(question: Question, limits: Limits) -> Result<Proof, Stopped> {
    let proof = prove_by(question, Means::Whole, limits)?;
    Ok(proof.expect("the whole graph has an answer"))
}

/// Answers a question by one means, if that is enough.
///
/// # Errors
///
/// If the limits are reached, or there are too many processes. Nothing is known then.
///
/// # Panics
///
/// If there are fewer than two processes, no rounds, or not fewer faulty processes than processes.
pub fn prove_by(
    question: Question,
    means: Means,
    limits: Limits,
) -> Result<Option<Proof>, Stopped> {
    assert!(question.n > 1 && question.f < question.n && question.rounds > 0);
    if means == Means::Covering {
        let answer = |chain| Answer::Impossible { chain };
        let proof = |chain| Proof { answer: answer(chain), means, counts: Counts::default() };
        return Ok(covering(&question)?.map(proof));
    }
    let few = means == Means::FewExecutions;
    let names = if means == Means::WithoutNames { Names::Dropped } else { Names::Kept };
    if few && question.model != Model::Crash {
        return Ok(None);
    }
    let adversary = adversary(question, few)?;
    if names == Names::Dropped && !adversary.is_fair() {
        return Ok(None);
    }
    let mut states = States::new(&*adversary, names, limits)?;
    for _ in 1..question.rounds {
        states.extend()?;
    }
    let graph = Graph::new(&mut states, question.uniform)?;
    let mut components = Components::new(&graph);
    let counts = Counts {
        runs: runs(&*adversary, question.rounds),
        states: states.layers.last().map_or(0, |layer| layer.len() as u64),
        unions: graph.unions() as u64,
        views: graph.vertices.len() as u64,
        components: components.count() as u64,
        bytes: (states.bytes() + graph.bytes() + components.bytes()) as u64,
    };
    let answer = match (components.is_impossible(), means) {
        (true, Means::WithoutNames) | (false, Means::FewExecutions) => return Ok(None),
        (true, _) => {
            let chain = chain(&mut states, &graph)?;
            Answer::Impossible { chain: chain.expect("a component joins 0 and 1") }
        }
        (false, _) => Answer::Solvable { table: table(&states, &graph, components.decisions()) },
    };
    Ok(Some(Proof { answer, means, counts }))
}

pub(super) fn adversary(question: Question, few: bool) -> Result<Box<dyn Adversary>, Stopped> {
    let Question { n, f, .. } = question;
    let (n, f) = (usize::from(n), usize::from(f));
    if n > PROCESSES_MAX {
        return Err(Stopped::Size);
    }
    let layers = |kind| -> Box<dyn Adversary> { Box::new(Layers { n, kind }) };
    Ok(match question.model {
        Model::Crash => Box::new(Crash { n, f, few }),
        Model::Omission => Box::new(Omission { n, f, general: false }),
        Model::GeneralOmission => Box::new(Omission { n, f, general: true }),
        Model::Loss => layers(Kind::Any),
        Model::LossInTurn => layers(Kind::InTurn),
        Model::MissOne => layers(Kind::MissOne),
        Model::ImmediateSnapshot => layers(Kind::ImmediateSnapshot),
        Model::Snapshot => layers(Kind::Snapshot),
        Model::Byzantine | Model::Signed if f != 1 => return Err(Stopped::Liars),
        Model::Byzantine => Box::new(Liar { n, speech: Speech::Oral }),
        Model::Signed => Box::new(Liar { n, speech: Speech::Signed }),
    })
}

/// How many executions there are.
fn runs(adversary: &dyn Adversary, rounds: u16) -> u128 {
    let mut at: HashMap<Situation, u128> = HashMap::new();
    for start in adversary.starts() {
        *at.entry(start).or_default() += adversary.beginnings();
    }
    for round in 1..=rounds {
        let mut next: HashMap<Situation, u128> = HashMap::new();
        for (situation, count) in at {
            for block in adversary.round(situation, round) {
                let hearing = block.heard.iter().filter(|options| !options.is_empty()).count();
                let lies = adversary.words(round).saturating_pow(hearing as u32);
                let more = count.saturating_mul(block.ways().into()).saturating_mul(lies);
                let sum = next.entry(block.next).or_default();
                *sum = sum.saturating_add(more);
            }
        }
        at = next;
    }
    at.values().fold(0, |sum, count| sum.saturating_add(*count))
}
