//! A table of decisions, held against every execution.

use std::collections::{HashMap, HashSet};

use super::Verified;
use super::happens::{Happening, Heard, happenings};
use crate::certificate::{Model, Question, Table};

/// What is so after a round.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct State {
    /// For each process that goes on, what it has seen, as a place in the table.
    pub(super) seen: Vec<Option<i32>>,
    /// Whether each process is faulty.
    pub(super) faulty: Vec<bool>,
    /// How many messages were lost; where it does not matter how many, whether any was.
    pub(super) lost: u16,
    /// What all proposed, if it was the same and that says what may be decided.
    said: Option<u8>,
    /// What each process has decided, as far as that matters any more.
    decided: Vec<Option<u8>>,
}

/// Holds a table against every execution.
pub(super) fn checked(question: &Question, table: &Table) -> Result<Verified, String> {
    let places = places(question, table)?;
    let told = Told { question, table, places: &places };
    let proposals = (u64::from(question.k) + 1).pow(question.n.into());
    if proposals.saturating_mul(faulty(question).len() as u64) > BEGINNINGS_MAX {
        return Err("there are more ways to begin than can be checked".into());
    }
    let mut states: HashSet<State> = beginnings(question, table.names).collect();
    for round in 1..question.rounds {
        let mut next = HashSet::new();
        for state in &states {
            for happening in happenings(&told, state, round)? {
                go_on(&told, state, &happening, round, &mut next)?;
            }
        }
        states = next;
        states.iter().try_for_each(|state| in_time(question, state, round))?;
    }
    let mut heard = HashMap::new();
    for state in &states {
        for happening in happenings(&told, state, question.rounds)? {
            agree(&told, state, &happening, &mut heard)?;
        }
    }
    Ok(Verified { checked: states.len() as u64 })
}

/// The largest group of which a table is checked, and the most that can happen in one round.
const TABLE_N_MAX: u16 = 12;
const SNAPSHOT_N_MAX: u16 = 5;
const WAYS_MAX: usize = 1 << 24;
/// The most ways to propose, and to be faulty from the beginning.
const BEGINNINGS_MAX: u64 = 1 << 20;

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
    let values = |value: &u8| u16::from(*value) <= question.k;
    if table.decisions.len() != last.len() || !table.decisions.iter().all(values) {
        let k = question.k;
        return Err(format!("the table does not have a decision of 0 to {k} for each last view"));
    }
    let rounds = if question.early.is_empty() { 0 } else { table.views.len() - 1 };
    let mut earlier = table.earlier.iter().zip(&table.views);
    let fits = earlier.all(|(earlier, views)| earlier.len() == views.len());
    let mut values = table.earlier.iter().flatten().filter_map(|value| u8::try_from(*value).ok());
    if table.earlier.len() != rounds || !fits || values.any(|value| u16::from(value) > question.k) {
        return Err("what the table decides earlier does not fit the question".into());
    }
    let snapshots = matches!(question.model, Model::Snapshot | Model::ImmediateSnapshot);
    if question.n > TABLE_N_MAX || snapshots && question.n > SNAPSHOT_N_MAX {
        return Err(format!("a table for {} processes is too large to be checked", question.n));
    }
    let order = question.model == Model::LateOrder;
    let apart = order || question.model.is_for_two() || question.model.has_liars();
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

/// Who can be faulty from the beginning, as sets of bits; who crashes is chosen as it happens.
fn faulty(question: &Question) -> Vec<u64> {
    let Question { model, n, f, .. } = *question;
    let omits = matches!(model, Model::Omission | Model::GeneralOmission);
    let lies = model.has_liars();
    let sets = 0..if omits || lies { 1_u64 << n } else { 1 };
    let few = |set: &u64| {
        let count = set.count_ones();
        count <= u32::from(f) && (!lies || count == u32::from(f))
    };
    sets.filter(few).collect()
}

/// Every choice of proposals and of faulty processes.
fn beginnings(question: &Question, names: bool) -> impl Iterator<Item = State> {
    let Question { model, n, k, .. } = *question;
    let n = usize::from(n);
    let lies = model.has_liars();
    let marked = move |bits: u64| (0..n).map(move |p| bits >> p & 1 == 1).collect::<Vec<bool>>();
    let values = u64::from(k) + 1;
    faulty(question).into_iter().flat_map(move |bits| {
        (0..values.pow(n as u32)).map(move |proposals| {
            let input = |p: usize| (proposals / values.pow(p as u32) % values) as i32;
            let place = |p: usize| input(p) + if names { (values as usize * p) as i32 } else { 0 };
            let liar = |p: usize| lies && bits >> p & 1 == 1;
            let seen = (0..n).map(|p| Some(place(p)).filter(|_| !liar(p))).collect();
            let mut counted = (0..n).filter(|p| !liar(*p)).map(input);
            let first = counted.next().unwrap_or(0);
            let order = model == Model::LateOrder;
            let same = k == 1 && (order || counted.all(|input| input == first));
            let said = same.then_some(first as u8);
            let decided = vec![None; n];
            sorted(names, State { seen, faulty: marked(bits), lost: 0, said, decided })
        })
    })
}

/// Without names, it does not matter who saw what.
fn sorted(names: bool, mut state: State) -> State {
    if !names {
        let each = state.seen.into_iter().zip(state.faulty).zip(state.decided);
        let mut each: Vec<_> = each.collect();
        each.sort_unstable();
        let pairs: Vec<_>;
        (pairs, state.decided) = each.into_iter().unzip();
        (state.seen, state.faulty) = pairs.into_iter().unzip();
    }
    state
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
    told: &Told<'_>,
    state: &State,
    happening: &Happening,
    round: u16,
    next: &mut HashSet<State>,
) -> Result<(), String> {
    let ways = happening.heard.iter().try_fold(1, |all: usize, p| all.checked_mul(p.len().max(1)));
    if ways.is_none_or(|ways| ways > WAYS_MAX) {
        return Err("more can happen in one round than can be checked".into());
    }
    let Told { question, table, places } = told;
    let at = usize::from(round) - 1;
    let mut all: Vec<Vec<Option<i32>>> = vec![Vec::new()];
    for (p, sets) in happening.heard.iter().enumerate() {
        let mut options = Vec::new();
        for heard in sets {
            options.push(Some(place(table.names, p, heard, state, &places[at])?));
        }
        if sets.is_empty() {
            options.push(None);
        }
        let longer = all
            .iter()
            .flat_map(|seen| options.iter().map(|option| [&seen[..], &[*option]].concat()));
        all = longer.collect();
    }
    let early = |place: i32| u8::try_from(*table.earlier.get(at)?.get(place as usize)?).ok();
    // Who has decided keeps to it; what a process decided before it crashed matters if all that do
    // must agree.
    let decide = |before: Option<u8>, seen: Option<i32>| match seen {
        Some(place) => before.or_else(|| early(place)),
        None => before.filter(|_| question.uniform),
    };
    let after = |seen: Vec<Option<i32>>| {
        let decided = state.decided.iter().zip(&seen).map(|(before, seen)| decide(*before, *seen));
        let (decided, faulty) = (decided.collect(), state.faulty.clone());
        sorted(table.names, State { seen, faulty, decided, lost: happening.lost, said: state.said })
    };
    next.extend(all.into_iter().map(after));
    Ok(())
}

/// Whether all have decided after a round who should, if nobody fails any more.
fn in_time(question: &Question, state: &State, round: u16) -> Result<(), String> {
    let correct = |p: &usize| state.seen[*p].is_some() && !state.faulty[*p];
    let all = 0..state.seen.len();
    let faulty = all.clone().filter(|p| !correct(p)).count();
    let late = question.deadline(faulty) <= round;
    match all.filter(correct).find(|p| late && state.decided[*p].is_none()) {
        Some(p) => Err(format!(
            "{faulty} processes are faulty, and p{p} has not decided after round {round}"
        )),
        None => Ok(()),
    }
}

/// The values that are heard of in each view that was looked at, by round and place.
type HeardOf = HashMap<(usize, i32), u32>;

/// The values that are heard of in a view.
fn heard_of(told: &Told<'_>, round: usize, place: i32, known: &mut HeardOf) -> u32 {
    let Some(before) = round.checked_sub(1) else {
        return 1 << (place % (i32::from(told.question.k) + 1));
    };
    if let Some(heard) = known.get(&(round, place)) {
        return *heard;
    }
    let parts = &told.table.views[before][place as usize][usize::from(told.table.names)..];
    let parts = parts.iter().filter(|part| **part >= 0);
    let heard = parts.fold(0, |all, part| all | heard_of(told, before, *part, known));
    known.insert((round, place), heard);
    heard
}

/// Whether all who must agree do, whatever they hear in the last round. What they hear does not
/// depend on each other, so no k + 1 of them may be able to decide k + 1 values.
fn agree(
    told: &Told<'_>,
    state: &State,
    happening: &Happening,
    heard: &mut HeardOf,
) -> Result<(), String> {
    let Told { question, table, places } = told;
    let rounds = usize::from(question.rounds);
    let excused = happening.lost > 0 && state.said == Some(1);
    let owed = state.said.filter(|_| !excused);
    let mut can = Vec::new();
    for (p, sets) in happening.heard.iter().enumerate() {
        let faulty = state.faulty[p];
        let counts = question.uniform || !faulty && !sets.is_empty();
        let mut decided = 0_u32;
        for value in state.decided[p].into_iter().filter(|_| counts) {
            decided |= fits(value, owed)?;
        }
        let open = counts && state.decided[p].is_none();
        for set in sets.iter().filter(|_| open) {
            let at = match place(table.names, p, set, state, &places[rounds - 1]) {
                // Nobody need decide who can see that it is faulty.
                Err(_) if faulty => continue,
                at => at?,
            };
            let value = table.decisions[at as usize];
            if question.k > 1 && heard_of(told, rounds, at, heard) >> value & 1 == 0 {
                return Err(format!("view {at} of the last round decides {value}, unheard of"));
            }
            decided |= fits(value, owed)?;
        }
        can.push(decided);
    }
    if can_all_differ(&can, 0, question.k) {
        return Err(format!(
            "processes that have seen {:?} before the last round can decide 0 to {}",
            state.seen, question.k
        ));
    }
    Ok(())
}

/// A value as a bit, if it is the one that is owed.
fn fits(value: u8, owed: Option<u8>) -> Result<u32, String> {
    match owed.filter(|owed| *owed != value) {
        Some(owed) => Err(format!("all propose {owed}, and {value} can be decided")),
        None => Ok(1 << value),
    }
}

/// Whether the values from one to another can each be decided by another process.
fn can_all_differ(can: &[u32], value: u16, last: u16) -> bool {
    value > last
        || (0..can.len()).any(|p| {
            let others = || [&can[..p], &can[p + 1..]].concat();
            can[p] >> value & 1 == 1 && can_all_differ(&others(), value + 1, last)
        })
}
