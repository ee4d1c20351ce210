//! A whole run, and its judgement.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Breach, End, Faults, Ledger, Problem, ProcessSet, Requirement, RoundInput, Rounds, Traitor,
};
use quorate_trace::Event;

use crate::{Adversary, Arena, Cost, Model, Recorder, Rounded};

/// A run that is over.
#[derive(Debug)]
pub struct Finished<R: Rounds> {
    /// What was seen at the border.
    pub ledger: <R::Problem as Problem>::Ledger,
    /// How it ended.
    pub end: End,
    /// What it cost.
    pub cost: Cost,
    /// Which rules fired: bit k stands for rule k.
    pub cited: u64,
    /// Whom a flipped bit hit.
    pub hit: ProcessSet,
    /// What happened, if a record was kept.
    pub events: Vec<Event>,
}

/// Runs a protocol to its last round, under an adversary.
///
/// # Errors
/// If the adversary asks for what the model does not grant, or cannot do what it was told.
pub fn run<R: Traitor>(
    arena: Arena<'_, R>,
    model: &Model,
    inputs: &[Option<RoundInput<R>>],
    faulty: ProcessSet,
    adversary: &mut dyn Adversary<R>,
    recorder: Option<Recorder>,
) -> Result<Finished<R>, String> {
    let mut world = Rounded::start(arena, model.clone(), inputs, faulty, recorder)?;
    while !world.is_over() {
        let flips = adversary.before(&world);
        let outgoing = world.speak(&flips)?;
        let faults = adversary.faults(&world, &outgoing)?;
        world.hear(&outgoing, &faults)?;
    }
    let end = ending(&arena, model, world.faulty(), world.crashed());
    let (ledger, mut cost, cited) = (world.ledger().clone(), world.cost(), world.cited());
    cost.rounds = time_to_decide(&arena, &ledger, &end).unwrap_or(cost.rounds);
    let hit = world.hit().clone();
    let events = world.into_recorder().map(Recorder::into_events).unwrap_or_default();
    Ok(Finished { ledger, end, cost, cited, hit, events })
}

/// The round in which the last correct process decided; `None` if one never did.
pub fn time_to_decide<R: Rounds>(
    arena: &Arena<'_, R>,
    ledger: &<R::Problem as Problem>::Ledger,
    end: &End,
) -> Option<u16> {
    let correct = arena.group.processes().filter(|p| end.correct(*p));
    let rounds = correct.map(|p| ledger.decision(p).map(|(_, round)| round as u16));
    rounds.collect::<Option<Vec<u16>>>()?.into_iter().max()
}

/// How a run of `arena` ended in which these were faulty and these crashed.
pub fn ending<R: Rounds>(
    arena: &Arena<'_, R>,
    model: &Model,
    faulty: &ProcessSet,
    crashed: &ProcessSet,
) -> End {
    let failed: ProcessSet = faulty.iter().chain(crashed.iter()).collect();
    let failures = failed.len() as u16;
    let deadline = u64::from(R::deadline(arena.group, arena.config, failures));
    let liars = if model.faults == Faults::Byzantine { faulty.clone() } else { ProcessSet::new() };
    let over_at = u64::from(arena.last);
    End {
        group: arena.group,
        faulty: failed,
        liars,
        settled: true,
        deadline,
        calm_from: 0,
        over_at,
        lost: 0,
    }
}

/// The judgement on one requirement.
pub struct Judgement<P: Problem> {
    /// The requirement.
    pub requirement: &'static Requirement<P>,
    /// How it was broken, if it was.
    pub breach: Option<Breach>,
}

impl<P: Problem> core::fmt::Debug for Judgement<P> {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(out, "{}: {:?}", self.requirement.name, self.breach)
    }
}

/// Judges a run by some requirements.
pub fn judge<P: Problem>(
    requirements: &[&'static Requirement<P>],
    ledger: &P::Ledger,
    end: &End,
) -> Vec<Judgement<P>> {
    let judged = requirements.iter().map(|requirement| Judgement {
        requirement,
        breach: (requirement.judge)(ledger, end).err(),
    });
    judged.collect()
}
