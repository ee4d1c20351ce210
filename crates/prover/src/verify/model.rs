//! What a model allows, who must agree, and what must be decided.

use std::collections::BTreeSet;

use super::replay::{Fault, Kind, Replayed, Seen};
use crate::certificate::{Model, Question};

impl Model {
    /// Whether it is about two armies.
    pub(super) fn is_for_two(self) -> bool {
        matches!(self, Self::Loss | Self::LossInTurn)
    }

    /// The kinds of fault that there are in it.
    fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Crash => &[Kind::Crash],
            Self::Omission => &[Kind::Omit],
            Self::GeneralOmission => &[Kind::Omit, Kind::Miss],
            Self::Loss | Self::LossInTurn => &[Kind::Lose],
            Self::Byzantine => &[Kind::Lie],
            Self::Signed => &[Kind::Lie, Kind::Omit],
            Self::MissOne | Self::ImmediateSnapshot | Self::Snapshot => &[Kind::Miss],
        }
    }

    /// Whether only faulty processes have faults.
    fn blames(self) -> bool {
        let omits = matches!(self, Self::Omission | Self::GeneralOmission);
        omits || self == Self::Crash || self.has_liars()
    }

    /// Whether faulty processes may say anything.
    pub(super) fn has_liars(self) -> bool {
        matches!(self, Self::Byzantine | Self::Signed)
    }
}

/// Whether the model has this execution.
pub(super) fn admissible(
    question: &Question,
    replayed: &Replayed,
    seen: &Seen,
) -> Result<(), String> {
    let Question { model, f, .. } = *question;
    if replayed.faulty.len() > usize::from(f) {
        return Err(format!("{} processes are faulty, and {f} may be", replayed.faulty.len()));
    }
    let mut crashed = BTreeSet::new();
    for fault in &replayed.faults {
        if !model.kinds().contains(&fault.kind) {
            return Err(format!("this model has no fault like that of p{}", fault.who));
        }
        if model.blames() && !replayed.faulty.contains(&fault.who) {
            return Err(format!("p{} has a fault and is not said to be faulty", fault.who));
        }
        if fault.kind == Kind::Crash && !crashed.insert(fault.who) {
            return Err(format!("p{} crashes twice", fault.who));
        }
    }
    if model == Model::Crash && crashed != replayed.faulty {
        return Err("who is faulty and who crashes is not the same".into());
    }
    if !model.blames() && !replayed.faulty.is_empty() {
        return Err("no process is faulty in this model".into());
    }
    if model == Model::Signed {
        unforged(replayed, seen)?;
    }
    turns(question, &replayed.faults)?;
    (1..=question.rounds).try_for_each(|round| heard(question, replayed, round))
}

/// Whether all that liars pass on was said by those whom they name.
fn unforged(replayed: &Replayed, seen: &Seen) -> Result<(), String> {
    for lie in &replayed.faults {
        let Some(claim) = lie.claim else { continue };
        // What somebody claims to have seen, and after how many rounds.
        let mut open = vec![(claim, usize::from(lie.round) - 1)];
        while let Some((claim, rounds)) = open.pop() {
            for (q, part) in (0..).zip(seen.told(claim).unwrap_or_default()) {
                let Some(part) = part else { continue };
                if replayed.faulty.contains(&q) {
                    open.push((*part, rounds - 1));
                } else if replayed.seen[rounds - 1][usize::from(q)] != Some(*part) {
                    return Err(format!("p{} forges a signature of p{q}", lie.who));
                }
            }
        }
    }
    Ok(())
}

/// Whether what is lost was sent at all.
fn turns(question: &Question, faults: &[Fault]) -> Result<(), String> {
    let sends = |fault: &&Fault| fault.who == (fault.round + 1) % 2;
    if question.model == Model::LossInTurn
        && let Some(fault) = faults.iter().find(|fault| !sends(fault))
    {
        return Err(format!("p{} does not send in round {}", fault.who, fault.round));
    }
    Ok(())
}

/// Whether everybody hears what the model promises in a round.
fn heard(question: &Question, replayed: &Replayed, round: u16) -> Result<(), String> {
    let n = question.n;
    let sees = |p: u16, q: u16| !replayed.unheard.contains(&(round, p, q));
    let pairs = || (0..n).flat_map(|p| (0..n).map(move |q| (p, q)));
    let within = |p: u16, q: u16| (0..n).all(|r| !sees(p, r) || sees(q, r));
    match question.model {
        Model::MissOne => match (0..n).find(|p| (0..n).filter(|q| !sees(*p, *q)).count() > 1) {
            Some(p) => Err(format!("p{p} misses two messages in round {round}")),
            None => Ok(()),
        },
        Model::Snapshot | Model::ImmediateSnapshot => {
            if pairs().any(|(p, q)| !within(p, q) && !within(q, p)) {
                return Err(format!("what is seen in round {round} is in no order"));
            }
            let immediate = question.model == Model::ImmediateSnapshot;
            if immediate && pairs().any(|(p, q)| sees(p, q) && !within(q, p)) {
                return Err(format!("a snapshot of round {round} is not immediate"));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Whether a process that sees the same in two executions must decide, and agree, in both. If it
/// is correct in one of them it must decide there, and so in the other. If the problem is uniform,
/// then it must agree even where it is faulty.
pub(super) fn binds(question: &Question, p: u16, a: &Replayed, b: &Replayed) -> Result<(), String> {
    let crashes = |one: &Replayed| one.last(p).is_none();
    let faulty = |one: &Replayed| one.faulty.contains(&p);
    let free = match (faulty(a), faulty(b), question.uniform) {
        (true, _, false) | (true, true, true) => Some("this"),
        (_, true, false) => Some("the next"),
        _ => [("this", a), ("the next", b)].into_iter().find(|(_, e)| crashes(e)).map(|(w, _)| w),
    };
    match free {
        Some(which) => Err(format!("p{p} need not agree in {which} execution: it is faulty")),
        None => Ok(()),
    }
}

/// What must be decided, if anything: the one value that is proposed. If processes lie, only what
/// the others propose counts. Of two armies, an attack is owed only if every message arrives.
pub(super) fn forced(question: &Question, replayed: &Replayed) -> Option<u8> {
    let counts = |p: &u16| !question.model.has_liars() || !replayed.faulty.contains(p);
    let mut proposed = (0..).zip(&replayed.inputs).filter(|(p, _)| counts(p)).map(|(_, v)| *v);
    let first = proposed.next()?;
    let same = proposed.all(|value| value == first);
    let excused = question.model.is_for_two() && first == 1 && !replayed.faults.is_empty();
    (same && !excused).then_some(first)
}
