//! A set of executions in an odd number of which k + 1 values are decided.
//!
//! Of all simplices, count those whose corners decide all values, 0 to k. Each has one face that
//! decides all but k, and any other simplex has none or two. So that number is even or odd as the
//! number of such faces in the boundary, which are the faces that belong to an odd number of
//! simplices. A corner decides what it has heard of. So a face that has not heard of one of these
//! values is never counted; one that has heard of k might be, and must not be there; the others are
//! counted in the same way, until corners are left that have heard of 0 only.

use std::collections::HashSet;

use super::model::{admissible, agrees, decides};
use super::replay::{Seen, replay};
use super::{Refused, Verified};
use crate::certificate::{Model, Question, Simplex};

/// Simplices, each as what is seen in its corners, that belong to a set an odd number of times.
type Odd = HashSet<Vec<u32>>;

pub(super) fn checked(question: &Question, simplices: &[Simplex]) -> Result<Verified, Refused> {
    let bad = |at: usize, because: String| Refused { link: Some(at), because };
    let order = question.model == Model::LateOrder;
    if question.model.has_liars() || question.model.is_for_two() || order {
        let because = "in this model what may be decided is not what was heard of".into();
        return Err(Refused { link: None, because });
    }
    let size = usize::from(question.k) + 1;
    let mut seen = Seen::default();
    let (mut odd, mut corners, mut decided) = (Odd::new(), Vec::new(), HashSet::new());
    for (at, Simplex { execution, who }) in simplices.iter().enumerate() {
        let replayed = replay(question, execution, &mut seen).map_err(|why| bad(at, why))?;
        admissible(question, &replayed, &seen).map_err(|why| bad(at, why))?;
        if who.len() > size || !who.is_sorted_by(|a, b| a < b) {
            return Err(bad(at, format!("these are not {size} processes in order")));
        }
        let mut views = Vec::new();
        for p in who {
            let view = replayed.seen[usize::from(question.rounds)].get(usize::from(*p));
            let Some(view) = view.copied().flatten() else {
                return Err(bad(at, format!("there is no process p{p} in the end")));
            };
            if !agrees(question, *p, question.rounds, &replayed) {
                return Err(bad(at, format!("p{p} need not agree: it is faulty")));
            }
            if decides(question, *p, question.rounds, &replayed) {
                decided.insert(view);
            }
            views.push(view);
        }
        if who.len() == size {
            corners.extend(who.iter().zip(&views).map(|(p, view)| (at, *p, *view)));
            toggle(&mut odd, views);
        }
    }
    if let Some((at, p, _)) = corners.iter().find(|(_, _, view)| !decided.contains(view)) {
        return Err(bad(*at, format!("nothing shows that p{p} has to decide: it is faulty")));
    }
    let whole = |because: String| Refused { link: None, because };
    is_odd(odd, question.k, &seen).map_err(whole)?;
    Ok(Verified { checked: simplices.len() as u64 })
}

fn toggle(odd: &mut Odd, mut views: Vec<u32>) {
    views.sort_unstable();
    if !odd.remove(&views) {
        odd.insert(views);
    }
}

/// Whether 0 to k are decided in an odd number of these, however the corners decide.
fn is_odd(odd: Odd, k: u16, seen: &Seen) -> Result<(), String> {
    if k == 0 {
        // Each is one corner that decides 0.
        let even = || "in an even number of the executions all may decide differently".into();
        return (odd.len() % 2 == 1).then_some(()).ok_or_else(even);
    }
    let mut boundary = Odd::new();
    for views in &odd {
        for left_out in 0..views.len() {
            let face = (0..views.len()).filter(|at| *at != left_out).map(|at| views[at]);
            toggle(&mut boundary, face.collect());
        }
    }
    let fewer = (1 << k) - 1;
    let mut counted = Odd::new();
    for face in boundary {
        let heard = face.iter().fold(0, |all, view| all | seen.values(*view));
        if heard & fewer != fewer {
            continue;
        }
        if heard >> k & 1 == 1 {
            return Err(format!(
                "the executions do not close: there is a face that belongs to one alone, and \
                 nothing says whether it decides {k}"
            ));
        }
        counted.insert(face);
    }
    is_odd(counted, k - 1, seen)
}
