//! A table of decisions, held against every execution.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Verified, lies};
use crate::certificate::{Model, Question, Table};

/// What is so after a round.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct State {
    /// For each process that goes on, what it has seen, as a place in the table.
    pub(super) seen: Vec<Option<i32>>,
    /// Whether each process is faulty.
    pub(super) faulty: Vec<bool>,
    lost: bool,
    /// What all proposed, if it was the same.
    said: Option<u8>,
}

/// What can happen in a round: for each process that goes on, the sets of those it can hear.
struct Happening {
    heard: Vec<Vec<Heard>>,
    lost: bool,
}

/// What one process hears.
pub(super) struct Heard {
    /// Whether of each process it hears what that has seen.
    from: Vec<bool>,
    /// What the liar claims, as a place in the table.
    claim: Option<i32>,
}

/// Holds a table against every execution.
pub(super) fn checked(question: &Question, table: &Table) -> Result<Verified, String> {
    let places = places(question, table)?;
    let told = Told { question, table, places: &places };
    let mut states: HashSet<State> = beginnings(question, table.names).collect();
    for round in 1..question.rounds {
        let mut next = HashSet::new();
        for state in &states {
            for happening in happenings(&told, state, round)? {
                go_on(table.names, state, &happening, &places[usize::from(round) - 1], &mut next)?;
            }
        }
        states = next;
    }
    for state in &states {
        for happening in happenings(&told, state, question.rounds)? {
            agree(question, table, state, &happening, &places[places.len() - 1])?;
        }
    }
    Ok(Verified { checked: states.len() as u64 })
}

/// Where each view of a round stands.
pub(super) type Places<'t> = HashMap<&'t [i32], i32>;

/// A question and the table that answers it.
pub(super) struct Told<'t> {
    pub(super) question: &'t Question,
    pub(super) table: &'t Table,
    /// By round, from the first.
    pub(super) places: &'t [Places<'t>],
}

/// Where each view stands.
fn places<'t>(question: &Question, table: &'t Table) -> Result<Vec<Places<'t>>, String> {
    if table.views.len() != usize::from(question.rounds) {
        return Err(format!("the table is not one of {} rounds", question.rounds));
    }
    let last = &table.views[table.views.len() - 1];
    if table.decisions.len() != last.len() || table.decisions.iter().any(|value| *value > 1) {
        return Err("the table does not have a decision of 0 or 1 for each last view".into());
    }
    let apart = question.model == Model::LossInTurn || question.model.has_liars();
    if apart && !table.names {
        return Err("in this model processes are told apart by what they may do".into());
    }
    if question.model.has_liars() && question.f != 1 {
        return Err("a table can be checked against one liar only".into());
    }
    let mut all = Vec::new();
    for (at, views) in table.views.iter().enumerate() {
        let mut places = HashMap::new();
        for (place, view) in (0..).zip(views) {
            if places.insert(view.as_slice(), place).is_some() {
                return Err(format!("view {place} of round {} is listed twice", at + 1));
            }
        }
        all.push(places);
    }
    Ok(all)
}

/// Every choice of proposals and of faulty processes; who crashes is chosen as it happens.
fn beginnings(question: &Question, names: bool) -> impl Iterator<Item = State> {
    let Question { model, n, f, .. } = *question;
    let n = usize::from(n);
    let omits = matches!(model, Model::Omission | Model::GeneralOmission);
    let lies = model.has_liars();
    let choices = if omits || lies { 1_u64 << n } else { 1 };
    let marked = move |bits: u64| (0..n).map(move |p| bits >> p & 1 == 1).collect::<Vec<bool>>();
    let few = move |bits: &u64| {
        let faulty = bits.count_ones();
        faulty <= u32::from(f) && (!lies || faulty == u32::from(f))
    };
    (0..choices).filter(few).flat_map(move |bits| {
        (0..1_u64 << n).map(move |proposals| {
            let inputs = marked(proposals);
            let place = |p: usize| i32::from(inputs[p]) + if names { 2 * p as i32 } else { 0 };
            let liar = |p: usize| lies && bits >> p & 1 == 1;
            let seen = (0..n).map(|p| Some(place(p)).filter(|_| !liar(p))).collect();
            let mut counted = (0..n).filter(|p| !liar(*p)).map(|p| inputs[p]);
            let first = counted.next().unwrap_or(false);
            let said = counted.all(|input| input == first).then_some(u8::from(first));
            sorted(names, State { seen, faulty: marked(bits), lost: false, said })
        })
    })
}

/// Without names, it does not matter who saw what.
fn sorted(names: bool, mut state: State) -> State {
    if !names {
        let mut pairs: Vec<_> = state.seen.into_iter().zip(state.faulty).collect();
        pairs.sort_unstable();
        (state.seen, state.faulty) = pairs.into_iter().unzip();
    }
    state
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

/// What can happen in a round.
fn happenings(told: &Told<'_>, state: &State, round: u16) -> Result<Vec<Happening>, String> {
    let Question { model, n, f, .. } = *told.question;
    let n = usize::from(n);
    let one = |heard| vec![Happening { heard, lost: false }];
    Ok(match model {
        Model::Crash => crashes(n, f, state),
        Model::Omission | Model::GeneralOmission => {
            let general = model == Model::GeneralOmission;
            let unsure =
                |p: usize, q: usize| p != q && (state.faulty[q] || general && state.faulty[p]);
            one((0..n).map(|p| sets(n, |q| !unsure(p, q), |q| unsure(p, q))).collect())
        }
        Model::MissOne => {
            let missing = |p: usize| {
                let without = |q: usize| Heard {
                    from: (0..n).map(|r| r == p || r != q).collect(),
                    claim: None,
                };
                (0..n).map(without).collect()
            };
            one((0..n).map(missing).collect())
        }
        Model::Byzantine | Model::Signed => {
            let claims = lies::claims(told, state, round - 1)?;
            let hears = |p: usize| match state.seen[p] {
                None => Vec::new(),
                Some(_) => {
                    let heard = |claim: &Option<i32>| Heard { from: vec![true; n], claim: *claim };
                    claims.iter().map(heard).collect()
                }
            };
            one((0..n).map(hears).collect())
        }
        Model::Loss | Model::LossInTurn | Model::Snapshot | Model::ImmediateSnapshot => {
            patterns(told.question, state, round)
        }
    })
}

fn crashes(n: usize, f: u16, state: &State) -> Vec<Happening> {
    let alive = |p: usize| state.seen[p].is_some();
    let gone = (0..n).filter(|p| !alive(*p)).count();
    let mut all = Vec::new();
    for bits in 0..1_u64 << n {
        let crashes = |p: usize| bits >> p & 1 == 1;
        let possible = (0..n).all(|p| alive(p) || !crashes(p));
        if !possible || gone + bits.count_ones() as usize > usize::from(f) {
            continue;
        }
        let stays = |p: usize| alive(p) && !crashes(p);
        let heard = |p: usize| if stays(p) { sets(n, stays, crashes) } else { Vec::new() };
        all.push(Happening { heard: (0..n).map(heard).collect(), lost: false });
    }
    all
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
    let within = |a: &[bool], b: &[bool]| a.iter().zip(b).all(|(a, b)| !a || *b);
    let kept = patterns.into_iter().filter(|pattern| {
        let snapshot =
            || pattern.iter().all(|a| pattern.iter().all(|b| within(a, b) || within(b, a)));
        let immediate = || pattern.iter().all(|a| (0..n).all(|q| !a[q] || within(&pattern[q], a)));
        match question.model {
            Model::Snapshot => snapshot(),
            Model::ImmediateSnapshot => snapshot() && immediate(),
            _ => true,
        }
    });
    let happening = |pattern: Vec<Vec<bool>>| {
        let heard = pattern.iter().flatten().filter(|has| **has).count();
        let lost = question.model.is_for_two() && (state.lost || heard < most);
        let one = |from| vec![Heard { from, claim: None }];
        Happening { heard: pattern.into_iter().map(one).collect(), lost }
    };
    kept.map(happening).collect()
}

/// What process p sees when it hears some of the others.
fn view(names: bool, p: usize, heard: &Heard, state: &State) -> Vec<i32> {
    let told = |q: usize| state.seen[q].or(heard.claim).filter(|_| heard.from[q]);
    let all = 0..state.seen.len();
    if names {
        let cells = all.map(|q| told(q).unwrap_or(-1));
        return std::iter::once(p as i32).chain(cells).collect();
    }
    let mut others: Vec<i32> = all.filter(|q| *q != p).filter_map(told).collect();
    others.sort_unstable();
    state.seen[p].into_iter().chain(others).collect()
}

fn place(
    names: bool,
    p: usize,
    heard: &Heard,
    state: &State,
    places: &Places<'_>,
) -> Result<i32, String> {
    let view = view(names, p, heard, state);
    let known = places.get(view.as_slice()).copied();
    known.ok_or_else(|| format!("{view:?} can be seen, and the table does not have it"))
}

fn go_on(
    names: bool,
    state: &State,
    happening: &Happening,
    places: &Places<'_>,
    next: &mut HashSet<State>,
) -> Result<(), String> {
    let mut all: Vec<Vec<Option<i32>>> = vec![Vec::new()];
    for (p, sets) in happening.heard.iter().enumerate() {
        let mut options = Vec::new();
        for heard in sets {
            options.push(Some(place(names, p, heard, state, places)?));
        }
        if sets.is_empty() {
            options.push(None);
        }
        let longer = all
            .iter()
            .flat_map(|seen| options.iter().map(|option| [&seen[..], &[*option]].concat()));
        all = longer.collect();
    }
    let faulty = state.faulty.clone();
    let (lost, said) = (happening.lost, state.said);
    let after = |seen| State { seen, faulty: faulty.clone(), lost, said };
    next.extend(all.into_iter().map(|seen| sorted(names, after(seen))));
    Ok(())
}

/// Whether all who must agree do, whatever they hear in the last round. What they hear does not
/// depend on each other, so if there are two, each decision of one must be each of the other.
fn agree(
    question: &Question,
    table: &Table,
    state: &State,
    happening: &Happening,
    places: &Places<'_>,
) -> Result<(), String> {
    let excused = happening.lost && state.said == Some(1);
    let owed = state.said.filter(|_| !excused);
    let mut deciding = 0;
    let mut decided: BTreeSet<u8> = BTreeSet::new();
    for (p, sets) in happening.heard.iter().enumerate() {
        let faulty = state.faulty[p];
        let mut all: Vec<i32> = Vec::new();
        for heard in sets.iter().filter(|_| !faulty || question.uniform) {
            match place(table.names, p, heard, state, places) {
                // Nobody need decide who can see that it is faulty.
                Err(_) if faulty => {}
                at => all.push(at?),
            }
        }
        deciding += usize::from(!all.is_empty());
        for at in all {
            let value = table.decisions[at as usize];
            if let Some(owed) = owed.filter(|owed| *owed != value) {
                return Err(format!(
                    "all propose {owed}, and who sees view {at} of the last round decides {value}"
                ));
            }
            decided.insert(value);
            if deciding > 1 && decided.len() > 1 {
                return Err(format!(
                    "view {at} of the last round decides {value} where another decides otherwise"
                ));
            }
        }
    }
    Ok(())
}
