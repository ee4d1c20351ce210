//! From a question to its answer.

use std::collections::HashMap;

use super::adversary::{Adversary, PROCESSES_MAX, Situation, Speech};
use super::chain::chain;
use super::components::Components;
use super::covering::covering;
use super::crash::Crash;
use super::graph::Graph;
use super::layers::{Kind, Layers, SNAPSHOTS_MAX};
use super::liar::Liar;
use super::limits::{Limits, Stopped};
use super::omission::Omission;
use super::parity::parity;
use super::states::States;
use super::table::table;
use super::values::least;
use super::views::Names;
use crate::certificate::{Answer, Model, Question};

/// More lost messages than this are not counted.
const FEW_MAX: u16 = 15;

/// The most values that can be proposed, and ways to propose them.
const VALUES_MAX: usize = 8;
const INPUTS_MAX: u128 = 1 << 22;

/// Up to so many executions the whole graph is built at once.
const WHOLE_UP_TO: u128 = 2_000_000;

/// What was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Means {
    /// Every execution, and everything that can be seen.
    Whole,
    /// Fewer executions: at most k crashes in a round, and sorted proposals. They are enough to
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
    let runs = runs(&*adversary(question, false)?, question.rounds, limits)?;
    if runs <= WHOLE_UP_TO && question.k == 1 {
        return prove_by(question, Means::Whole, limits)?.ok_or(Stopped::Open);
    }
    for means in [Means::WithoutNames, Means::FewExecutions] {
        if let Some(proof) = prove_by(question, means, limits)? {
            return Ok(proof);
        }
    }
    prove_by(question, Means::Whole, limits)?.ok_or(Stopped::Open)
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
    let fits = question.f < question.n || question.model == Model::LossFew;
    assert!(question.n > 1 && fits && question.rounds > 0);
    let one_value = question.model.has_liars() || question.model.is_for_two();
    if question.k > 1 && (one_value || question.model == Model::LateOrder) {
        return Err(Stopped::Open);
    }
    if means == Means::Covering {
        let answer = |chain| Answer::Impossible { chain };
        let proof = |chain| Proof { answer: answer(chain), means, counts: Counts::default() };
        return Ok(covering(&question)?.map(proof));
    }
    let few = means == Means::FewExecutions;
    let names = if means == Means::WithoutNames { Names::Dropped } else { Names::Kept };
    if few && question.model != Model::Crash && question.k == 1 {
        return Ok(None);
    }
    let adversary = adversary(question, few)?;
    if names == Names::Dropped && (!adversary.is_fair() || !question.early.is_empty()) {
        return Ok(None);
    }
    let mut states = States::new(&*adversary, question, names, limits)?;
    for _ in 1..question.rounds {
        states.extend()?;
    }
    let graph = Graph::new(&mut states)?;
    let mut components = Components::new(&graph);
    let counts = Counts {
        runs: runs(&*adversary, question.rounds, limits)?,
        states: states.layers.last().map_or(0, |layer| layer.len() as u64),
        unions: graph.unions() as u64,
        views: graph.count() as u64,
        components: components.count() as u64,
        bytes: (states.bytes() + graph.bytes() + components.bytes()) as u64,
    };
    if question.k > 1 {
        let answer = set_agreement(&mut states, &graph, means)?;
        return Ok(answer.map(|answer| Proof { answer, means, counts }));
    }
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

/// How many of k + 1 values have to be decided, as far as it is found.
fn set_agreement(
    states: &mut States<'_>,
    graph: &Graph,
    means: Means,
) -> Result<Option<Answer>, Stopped> {
    if means != Means::FewExecutions
        && let Some(decisions) = least(states, graph)?
    {
        return Ok(Some(Answer::Solvable { table: table(states, graph, decisions) }));
    }
    if means == Means::WithoutNames {
        return Ok(None);
    }
    Ok(parity(states, graph)?.map(|simplices| Answer::Parity { simplices }))
}

pub(super) fn adversary(question: Question, few: bool) -> Result<Box<dyn Adversary>, Stopped> {
    let (n, f) = (usize::from(question.n), usize::from(question.f));
    let values = u8::try_from(question.k.saturating_add(1)).map_err(|_| Stopped::Size)?;
    let inputs = u128::from(values).saturating_pow(question.n.into());
    if usize::from(values) > VALUES_MAX || !few && inputs > INPUTS_MAX {
        return Err(Stopped::Size);
    }
    let snapshots = matches!(question.model, Model::Snapshot | Model::ImmediateSnapshot);
    if n > PROCESSES_MAX || snapshots && n > SNAPSHOTS_MAX {
        return Err(Stopped::Size);
    }
    let layers = |kind| -> Box<dyn Adversary> { Box::new(Layers { n, kind, values, few }) };
    Ok(match question.model {
        Model::Crash => Box::new(Crash { n, f, few, values }),
        Model::Omission => Box::new(Omission { n, f, general: false, values, few }),
        Model::GeneralOmission => Box::new(Omission { n, f, general: true, values, few }),
        Model::Loss => layers(Kind::Sets(question.losses)),
        Model::LossFew if question.f > FEW_MAX => return Err(Stopped::Size),
        Model::LossFew => layers(Kind::Few(question.f)),
        Model::LossInTurn => layers(Kind::InTurn),
        Model::Late => layers(Kind::Late(question.f)),
        Model::LateOrder => layers(Kind::LateOrder(question.f)),
        Model::LateSigned => return Err(Stopped::Open),
        Model::ImmediateSnapshot => layers(Kind::ImmediateSnapshot),
        Model::Snapshot => layers(Kind::Snapshot),
        Model::Byzantine | Model::Signed if f != 1 => return Err(Stopped::Liars),
        Model::Byzantine => Box::new(Liar { n, speech: Speech::Oral }),
        Model::Signed => Box::new(Liar { n, speech: Speech::Signed }),
    })
}

/// How many executions there are.
fn runs(adversary: &dyn Adversary, rounds: u16, limits: Limits) -> Result<u128, Stopped> {
    let mut at: HashMap<Situation, u128> = HashMap::new();
    for start in adversary.starts() {
        *at.entry(start).or_default() += adversary.beginnings();
    }
    for round in 1..=rounds {
        let mut next: HashMap<Situation, u128> = HashMap::new();
        for (situation, count) in at {
            limits.look(0)?;
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
    Ok(at.values().fold(0, |sum, count| sum.saturating_add(*count)))
}
