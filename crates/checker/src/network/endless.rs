//! Runs without end, after the search: whether what is owed comes in all that are fair.

use std::sync::{Mutex, PoisonError};

use quorate_kernel::{Deceit, Links};

use super::chase::chase;
use super::cut_off::CutOff;
use super::expand::Expander;
use super::fair::{Circles, Fairness, Lasso};
use super::findings::{Broken, Findings};
use super::graph::{Graph, Limits};
use super::mirrors::Mirrors;
use super::roles::Roles;
use super::rounds::Heights;
use super::scope::Scope;
use super::search::Root;
use super::tables::Tables;
use super::trail::follow;
use crate::question::{Progress, Stop};

/// Up to which round processes are looked at, as many times the group, where nothing is said: by
/// the search of everything, and by the one depth first.
const APART: (u32, u32) = (2, 6);

/// How many states are met at most in a search depth first.
const CHASED_MAX: usize = 200_000;

/// What was searched for runs without end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Forever {
    /// Why it stopped early; `None` if every fair circle was looked at.
    pub stopped: Option<Stop>,
    /// Which bounds cut runs off.
    pub cut_off: CutOff,
    /// Whether all that is allowed was: otherwise nothing failed, and no message was lost.
    pub whole: bool,
    /// Distinct states, with every delivery a step of its own, and rounds counted from the lowest.
    pub states: u64,
    /// Steps between them.
    pub transitions: u64,
}

impl Forever {
    /// Whether every fair run without end has been seen to.
    pub fn is_complete(&self) -> bool {
        self.stopped.is_none() && !self.cut_off.any() && self.whole
    }
}

/// Looks for runs without end that break what is owed and is not broken yet.
///
/// With partial synchrony they are looked for in the calm. Otherwise timers go off any number of
/// times, and first, where it is simplest, nothing fails and no message is lost: a run without end
/// that there is then, there is in any case.
pub(super) fn look_for_ever<P: Deceit>(
    mut roles: Roles<'_, P>,
    roots: &[Root],
    found: &mut Findings,
    progress: &Progress,
) {
    let wanted = found.wanted();
    if roles.inquiry.scope.fairness.is_none() {
        return;
    }
    let (scope, budget) = (&roles.inquiry.scope, &roles.inquiry.budget);
    let cut = found.cut_off.any() && !scope.calm;
    if !(found.endless || cut) || found.stopped.is_some() || wanted == 0 {
        return;
    }
    let limits = Limits { deadline: budget.deadline, memory_bytes: budget.memory_bytes, progress };
    let whole = Scope { collapse: false, ..scope.clone() };
    let open = Scope {
        timers: None,
        rounds: scope.rounds.or(Some(APART.0 * u32::from(roles.inquiry.group.n))),
        ..whole.clone()
    };
    let mild = Scope {
        links: if open.links == Links::Lossy { Links::Reliable } else { open.links },
        any_number: false,
        crashes: 0,
        flips: 0,
        patient: true,
        ..open.clone()
    };
    let plain: Vec<Root> = roots.iter().filter(|root| roles.is_plain(root)).cloned().collect();
    let is_mild = mild == open && plain.len() == roots.len();
    roles.mirrors = Mirrors::default();
    if whole.calm {
        look(roles, (&whole, roots, true), (found, roots), &limits);
        return;
    }
    let roles = look(roles, (&mild, &plain, is_mild), (found, roots), &limits);
    let lossy = open.links == Links::Lossy;
    if !is_mild && !lossy && found.wanted() != 0 {
        look(roles, (&open, roots, true), (found, roots), &limits);
    }
}

impl Findings {
    /// What is owed and not broken yet.
    fn wanted(&self) -> u64 {
        let broken = self.broken.iter().fold(0u64, |set, one| set | 1 << one.requirement);
        self.owed & !broken
    }
}

/// Looks for them within a scope, from some of the roots.
fn look<'q, P: Deceit>(
    roles: Roles<'q, P>,
    (scope, from, whole): (&Scope, &[Root], bool),
    (found, roots): (&mut Findings, &[Root]),
    limits: &Limits<'_>,
) -> Roles<'q, P> {
    let group = roles.inquiry.group;
    let said = roles.inquiry.scope.rounds;
    let shared = Mutex::new(roles);
    let wanted = found.wanted();
    let far = Scope { rounds: said.or(Some(APART.1 * u32::from(group.n))), ..scope.clone() };
    let mut expander = Expander::new(Tables::new(&shared), &far, group.size());
    let mut heights = Heights::new(group.size());
    let asked = (wanted, scope.fairness.unwrap_or_default());
    let chased = match scope.calm {
        true => None,
        false => chase(&mut expander, &mut heights, from, asked, (limits, CHASED_MAX)),
    };
    let (graph, lassos, stopped) = match chased.filter(|(_, lassos)| !lassos.is_empty()) {
        Some((graph, lassos)) => (graph, lassos, None),
        None => {
            expander.scope = scope;
            everywhere(&mut expander, &mut heights, from, asked, limits)
        }
    };
    let mut shown = Vec::new();
    for (requirement, lasso) in lassos {
        let way = twice(&lasso);
        let Some((mut steps, raised)) = graph.really(&mut expander, &mut heights, lasso.root, &way)
        else {
            continue;
        };
        let (stem, circle) = (lasso.stem.len(), lasso.circle.len());
        let after = |len: usize| if len == 0 { 0 } else { raised[len - 1] };
        let once = after(stem + circle) - after(stem);
        if after(stem + 2 * circle) - after(stem + circle) == once {
            steps.truncate(stem + circle);
            shown.push((requirement, lasso.root, steps, stem, once));
        }
    }
    let broken_ends = ends(&graph, &mut expander, wanted);
    let (states, transitions) = (graph.len() as u64, graph.transitions());
    let mut cut_off = graph.cut_off;
    // An end that breaks something was found by the search, or lies beyond its bounds.
    cut_off.rounds |= broken_ends;
    found.forever = Some(Forever { stopped, cut_off, whole, states, transitions });
    found.endless = found.forever.is_none_or(|forever| !forever.is_complete());
    drop(expander);
    let mut roles = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    for (requirement, root, steps, stem, raised) in shown {
        let words = graph.words(root);
        let Some(root) = roots.iter().find(|root| root.words == words) else { continue };
        let mut run = follow(&mut roles, root, &steps);
        (run.circle, run.raised) = (Some(stem), raised as u32);
        found.broken.push(Broken { requirement, over: false, run });
    }
    found.broken.sort_by_key(|broken| broken.requirement);
    roles
}

/// The whole graph, and all that it has.
fn everywhere(
    expander: &mut Expander<'_>,
    heights: &mut Heights,
    from: &[Root],
    (wanted, fairness): (u64, Fairness),
    limits: &Limits<'_>,
) -> (Graph, Vec<(usize, Lasso)>, Option<Stop>) {
    let lowered = Graph::build(expander, from, Some(heights), limits);
    let (graph, stopped) =
        lowered.or_else(|| Graph::build(expander, from, None, limits)).unwrap_or_default();
    if stopped.is_some() {
        return (graph, Vec::new(), stopped);
    }
    let (lassos, stopped) = Circles::new(&graph, expander, fairness).find(wanted, limits);
    (graph, lassos, stopped)
}

/// A run that goes round twice.
fn twice(lasso: &Lasso) -> Vec<(u32, super::expand::Step)> {
    [&lasso.stem[..], &lasso.circle, &lasso.circle].concat()
}

/// Whether some run ends without what is owed.
fn ends(graph: &Graph, expander: &mut Expander<'_>, wanted: u64) -> bool {
    graph.over.iter().any(|(_, ledger, case)| expander.tables.judge(*ledger, *case) & wanted != 0)
}
