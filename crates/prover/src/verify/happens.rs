//! What can happen in a round of a model, as far as a table has to know it.

use super::lies;
use super::model::allowed;
use super::table::{State, Told};
use crate::certificate::{Model, Question};

/// What can happen in a round: for each process that goes on, the sets of those it can hear.
pub(super) struct Happening {
    pub(super) heard: Vec<Vec<Heard>>,
    /// How many messages were lost until then; or whether any was.
    pub(super) lost: u16,
}

/// What one process hears.
pub(super) struct Heard {
    /// Whether of each process it hears what that has seen.
    pub(super) from: Vec<bool>,
    /// What the liar claims, as a place in the table.
    pub(super) claim: Option<i32>,
}

/// What can happen in a round.
pub(super) fn happenings(
    told: &Told<'_>,
    state: &State,
    round: u16,
) -> Result<Vec<Happening>, String> {
    let n = state.seen.len();
    match told.question.model {
        Model::LateSigned => Err("no table is checked against late liars".into()),
        Model::Byzantine | Model::Signed => {
            let claims = lies::claims(told, state, round - 1)?;
            let heard = |claim: &Option<i32>| Heard { from: vec![true; n], claim: *claim };
            let hears = |p: usize| match state.seen[p] {
                Some(_) => claims.iter().map(heard).collect(),
                None => Vec::new(),
            };
            let heard = (0..n).map(hears).collect();
            Ok(vec![Happening { heard, lost: 0 }])
        }
        Model::Crash | Model::Omission | Model::GeneralOmission => Ok(apart(told.question, state)),
        Model::Late | Model::LateOrder => Ok(apart(told.question, state)),
        _ => Ok(patterns(told.question, state, round)),
    }
}

/// Where what one process hears does not depend on what another does, once it is chosen who crashes
/// in the round.
fn apart(question: &Question, state: &State) -> Vec<Happening> {
    let Question { model, n, f, .. } = *question;
    let (n, f) = (usize::from(n), usize::from(f));
    let alive = |p: usize| state.seen[p].is_some();
    let may_crash = |bits: &u64| {
        let crashes = |p: usize| bits >> p & 1 == 1;
        (0..n).all(|p| alive(p) || !crashes(p))
            && (0..n).filter(|p| !alive(*p) || crashes(*p)).count() <= f
    };
    let late = matches!(model, Model::Late | Model::LateOrder);
    let most = if late { f } else { n };
    let open = |p: usize, q: usize| match model {
        Model::Omission => state.faulty[q],
        Model::GeneralOmission => state.faulty[q] || state.faulty[p],
        _ => late,
    };
    let happening = |bits: u64| {
        let stays = |p: usize| alive(p) && bits >> p & 1 == 0;
        let heard = |p: usize| {
            let unsure = |q: usize| alive(q) && p != q && (!stays(q) || open(p, q));
            let sets = sets(n, |q| stays(q) && !unsure(q), unsure).into_iter();
            let few = |set: &Heard| set.from.iter().filter(|hears| !**hears).count() <= most;
            sets.filter(|set| stays(p) && few(set)).collect()
        };
        Happening { heard: (0..n).map(heard).collect(), lost: 0 }
    };
    let crashing = 0..if model == Model::Crash { 1_u64 << n } else { 1 };
    crashing.filter(may_crash).map(happening).collect()
}

/// Where nobody is faulty: every pattern of who hears whom that the model has.
fn patterns(question: &Question, state: &State, round: u16) -> Vec<Happening> {
    let n = usize::from(question.n);
    let mut patterns: Vec<Vec<Vec<bool>>> = vec![Vec::new()];
    for p in 0..n {
        // Of armies in turn, p1 hears in odd rounds and p0 in even ones.
        let deaf = question.model == Model::LossInTurn && usize::from(round % 2) != p;
        let choices = sets(n, |q| q == p, |q| q != p && !deaf);
        let choices: Vec<Vec<bool>> = choices.into_iter().map(|heard| heard.from).collect();
        let longer = patterns.iter().flat_map(|pattern| {
            choices.iter().map(|choice| [&pattern[..], std::slice::from_ref(choice)].concat())
        });
        patterns = longer.collect();
    }
    let most = patterns.iter().map(|pattern| pattern.iter().flatten().filter(|has| **has).count());
    let most = most.max().unwrap_or(0);
    let missing = |pattern: &[Vec<bool>]| pattern.iter().flatten().filter(|has| !**has).count();
    let kept = patterns.into_iter().filter(|pattern| {
        let lost = missing(pattern) + usize::from(state.lost);
        let hears = |p: u16, q: u16| pattern[usize::from(p)][usize::from(q)];
        let few = question.model != Model::LossFew || lost <= usize::from(question.f);
        few && allowed(question, round, hears).is_ok()
    });
    let happening = |pattern: Vec<Vec<bool>>| {
        let heard = pattern.iter().flatten().filter(|has| **has).count();
        let now = if question.model.is_for_two() { (most - heard) as u16 } else { 0 };
        let lost = match question.model {
            Model::LossFew => state.lost + now,
            _ => (state.lost + now).min(1),
        };
        let one = |from| vec![Heard { from, claim: None }];
        Happening { heard: pattern.into_iter().map(one).collect(), lost }
    };
    kept.map(happening).collect()
}

/// Every set of senders that contains the sure ones and any of the unsure ones.
fn sets(n: usize, sure: impl Fn(usize) -> bool, unsure: impl Fn(usize) -> bool) -> Vec<Heard> {
    let open: Vec<usize> = (0..n).filter(|q| unsure(*q)).collect();
    let set = |bits: u64| {
        let chosen =
            |q: usize| open.iter().position(|p| *p == q).is_some_and(|k| bits >> k & 1 == 1);
        Heard { from: (0..n).map(|q| sure(q) || chosen(q)).collect(), claim: None }
    };
    (0..1 << open.len()).map(set).collect()
}
