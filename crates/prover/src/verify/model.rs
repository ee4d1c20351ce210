//! What a model allows, who must agree, and what must be decided.

use std::collections::BTreeSet;

use super::replay::{Fault, Kind, Replayed, Seen};
use crate::certificate::{Model, Question};

impl Model {
    /// Whether it is about two armies.
    pub(crate) fn is_for_two(self) -> bool {
        matches!(self, Self::Loss | Self::LossInTurn | Self::LossFew)
    }

    /// The kinds of fault that there are in it.
    fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Crash => &[Kind::Crash],
            Self::Omission => &[Kind::Omit],
            Self::GeneralOmission => &[Kind::Omit, Kind::Miss],
            Self::Loss | Self::LossInTurn | Self::LossFew => &[Kind::Lose],
            Self::Byzantine => &[Kind::Lie],
            Self::Signed => &[Kind::Lie, Kind::Omit],
            Self::LateSigned => &[Kind::Lie, Kind::Omit, Kind::Miss],
            Self::Late | Self::LateOrder => &[Kind::Miss],
            Self::ImmediateSnapshot | Self::Snapshot => &[Kind::Miss],
        }
    }

    /// Whether only faulty processes have faults.
    fn blames(self) -> bool {
        let omits = matches!(self, Self::Omission | Self::GeneralOmission);
        omits || self == Self::Crash || self.has_liars()
    }

    /// Whether faulty processes may say anything.
    pub(crate) fn has_liars(self) -> bool {
        matches!(self, Self::Byzantine | Self::Signed | Self::LateSigned)
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
        let late = model == Model::LateSigned && fault.kind == Kind::Miss;
        if model.blames() && !late && !replayed.faulty.contains(&fault.who) {
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
    if matches!(model, Model::Signed | Model::LateSigned) {
        unforged(replayed, seen)?;
    }
    turns(question, &replayed.faults)?;
    if model == Model::LossFew && replayed.unheard.len() > usize::from(f) {
        return Err(format!("more than {f} messages are lost"));
    }
    (1..=question.rounds).try_for_each(|round| {
        allowed(question, round, |p, q| !replayed.unheard.contains(&(round, p, q)))
    })
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

/// Whether everybody hears what the model promises in a round, if this says who hears whom.
pub(super) fn allowed(
    question: &Question,
    round: u16,
    hears: impl Fn(u16, u16) -> bool,
) -> Result<(), String> {
    let n = question.n;
    let pairs = || (0..n).flat_map(|p| (0..n).map(move |q| (p, q)));
    let within = |p: u16, q: u16| (0..n).all(|r| !hears(p, r) || hears(q, r));
    match question.model {
        Model::Late | Model::LateOrder | Model::LateSigned => {
            let missed = |p: &u16| (0..n).filter(|q| !hears(*p, *q)).count();
            match (0..n).find(|p| missed(p) > usize::from(question.f)) {
                Some(p) => Err(format!("p{p} misses {} messages in round {round}", missed(&p))),
                None => Ok(()),
            }
        }
        Model::Snapshot | Model::ImmediateSnapshot => {
            if pairs().any(|(p, q)| !within(p, q) && !within(q, p)) {
                return Err(format!("what is seen in round {round} is in no order"));
            }
            let immediate = question.model == Model::ImmediateSnapshot;
            if immediate && pairs().any(|(p, q)| hears(p, q) && !within(q, p)) {
                return Err(format!("a snapshot of round {round} is not immediate"));
            }
            Ok(())
        }
        Model::Loss => {
            let sets = question.losses.all();
            let set = sets.get(usize::from(round) - 1).or(sets.last()).copied().unwrap_or(u8::MAX);
            let lost = u8::from(!hears(1, 0)) + 2 * u8::from(!hears(0, 1));
            let never = || format!("what is lost in round {round} may not be");
            (set >> lost & 1 == 1).then_some(()).ok_or_else(never)
        }
        _ => Ok(()),
    }
}

/// Whether what a process has decided after a round must agree with what others decide.
pub(super) fn agrees(question: &Question, p: u16, round: u16, one: &Replayed) -> bool {
    let there = one.seen[usize::from(round)][usize::from(p)].is_some();
    there && (question.uniform || !one.faulty.contains(&p))
}

/// Whether a process must have decided after a round: it is correct, and the time is up.
pub(super) fn decides(question: &Question, p: u16, round: u16, one: &Replayed) -> bool {
    !one.faulty.contains(&p) && question.deadline(one.faulty.len()) <= round
}

/// What must be decided, if anything: the one value that is proposed. If processes lie, only what
/// the others propose counts. Of two armies, an attack is owed only if every message arrives.
pub(crate) fn forced(question: &Question, replayed: &Replayed) -> Option<u8> {
    if question.model == Model::LateOrder {
        return replayed.inputs.first().copied();
    }
    let counts = |p: &u16| !question.model.has_liars() || !replayed.faulty.contains(p);
    let mut proposed = (0..).zip(&replayed.inputs).filter(|(p, _)| counts(p)).map(|(_, v)| *v);
    let first = proposed.next()?;
    let same = question.k == 1 && proposed.all(|value| value == first);
    let excused = question.model.is_for_two() && first == 1 && !replayed.faults.is_empty();
    (same && !excused).then_some(first)
}
