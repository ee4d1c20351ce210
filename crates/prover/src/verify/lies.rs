//! What a liar can claim to have seen, as places in a table.

use super::table::{State, Told};
use crate::certificate::Model;

/// What the liar of a state can say after so many rounds; nothing stands for silence.
pub(super) fn claims(
    told: &Told<'_>,
    state: &State,
    rounds: u16,
) -> Result<Vec<Option<i32>>, String> {
    let liar = state.faulty.iter().position(|faulty| *faulty).ok_or("nobody lies")?;
    if told.question.model == Model::Byzantine {
        return Ok(anything(told, liar, rounds)?.into_iter().map(Some).collect());
    }
    let honest = honest_past(told, state, rounds);
    let mut claims: Vec<Option<i32>> =
        passed_on(told, liar, &honest)?.into_iter().map(Some).collect();
    claims.push(None);
    Ok(claims)
}

/// All that p can say that it has seen.
fn anything(told: &Told<'_>, p: usize, rounds: u16) -> Result<Vec<i32>, String> {
    if rounds == 0 {
        return Ok(vec![2 * p as i32, 2 * p as i32 + 1]);
    }
    let parts = (0..usize::from(told.question.n)).map(|q| anything(told, q, rounds - 1));
    let parts = parts.collect::<Result<Vec<Vec<i32>>, String>>()?;
    combined(told, p, rounds, &parts)
}

/// What the correct processes have seen before the first round and after each until now: in its own
/// place in a view stands what a process saw before.
fn honest_past(told: &Told<'_>, state: &State, rounds: u16) -> Vec<Vec<Option<i32>>> {
    let mut past = vec![state.seen.clone()];
    for round in (0..usize::from(rounds)).rev() {
        let views = &told.table.views[round];
        let earlier = past[past.len() - 1].iter().enumerate();
        let earlier = earlier.map(|(p, seen)| seen.map(|seen| views[seen as usize][p + 1]));
        past.push(earlier.collect());
    }
    past.reverse();
    past
}

/// All that a liar can say if it cannot forge.
fn passed_on(
    told: &Told<'_>,
    liar: usize,
    honest: &[Vec<Option<i32>>],
) -> Result<Vec<i32>, String> {
    let Some((_, before)) = honest.split_last().filter(|(_, before)| !before.is_empty()) else {
        return Ok(vec![2 * liar as i32, 2 * liar as i32 + 1]);
    };
    let own = passed_on(told, liar, before)?;
    let last = &before[before.len() - 1];
    let part = |q: usize| match last[q] {
        Some(seen) => vec![seen, -1],
        None => own.clone(),
    };
    let parts: Vec<Vec<i32>> = (0..last.len()).map(part).collect();
    combined(told, liar, before.len() as u16, &parts)
}

/// The places of all views of p that have one of these parts from each process.
fn combined(
    told: &Told<'_>,
    p: usize,
    rounds: u16,
    parts: &[Vec<i32>],
) -> Result<Vec<i32>, String> {
    let mut views = vec![vec![p as i32]];
    for part in parts {
        let longer = |view: &Vec<i32>| -> Vec<Vec<i32>> {
            part.iter().map(|seen| [&view[..], &[*seen]].concat()).collect()
        };
        views = views.iter().flat_map(longer).collect();
    }
    let places = &told.places[usize::from(rounds) - 1];
    let place = |view: Vec<i32>| {
        let known = places.get(view.as_slice()).copied();
        known.ok_or_else(|| format!("{view:?} can be claimed, and the table does not have it"))
    };
    views.into_iter().map(place).collect()
}
