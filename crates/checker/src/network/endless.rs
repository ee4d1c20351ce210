//! Runs without end, after the search: whether what is owed comes in all that are fair.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use quorate_kernel::{Deceit, Links};

use super::chase::chase;
use super::cut_off::CutOff;
use super::expand::{Expander, Step};
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
    let own = budget.endless.map(|longest| Instant::now() + longest);
    let deadline = [budget.deadline, own].into_iter().flatten().min();
    let limits = Limits { deadline, memory_bytes: budget.memory_bytes, progress };
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
    let (group, seats) = (roles.inquiry.group, roles.inquiry.seats());
    let said = roles.inquiry.scope.rounds;
    let shared = Mutex::new(roles);
    let wanted = found.wanted();
    let far = Scope { rounds: said.or(Some(APART.1 * u32::from(group.n))), ..scope.clone() };
    let mut expander = Expander::new(Tables::new(&shared), &far, seats);
    let mut heights = Heights::new(group.size());
    let asked = (wanted, scope.fairness.unwrap_or_default());
    let chased = match scope.calm {
        true => None,
        false => chase(&mut expander, &mut heights, from, asked, (limits, CHASED_MAX)),
    };
    // A loop is followed with the rounds that it really has, however high.
    let free = Scope { rounds: None, ..scope.clone() };
    let mut shown: Vec<Loop> = Vec::new();
    let mut chased_graph = None;
    if let Some((graph, lassos)) = chased {
        expander.scope = &free;
        let real = |one| round_twice(&graph, &mut expander, &mut heights, one);
        shown.extend(lassos.iter().filter_map(real));
        chased_graph = Some(graph).filter(|_| !shown.is_empty());
    }
    let (graph, all, stopped) = match chased_graph {
        Some(graph) => (graph, false, None),
        None => {
            expander.scope = scope;
            let (graph, lassos, stopped) =
                everywhere(&mut expander, &mut heights, from, asked, limits);
            expander.scope = &free;
            let real = |one| round_twice(&graph, &mut expander, &mut heights, one);
            shown.extend(lassos.iter().filter_map(real));
            expander.scope = scope;
            // What could not be followed is not shown, and nothing is proved then either.
            let all = shown.len() == lassos.len();
            (graph, all, stopped)
        }
    };
    let whole = whole && all;
    let broken_ends = ends(&graph, &mut expander, wanted);
    let (states, transitions) = (graph.len() as u64, graph.transitions());
    let mut cut_off = graph.cut_off;
    // An end that breaks something was found by the search, or lies beyond its bounds.
    cut_off.rounds |= broken_ends;
    found.forever = Some(Forever { stopped, cut_off, whole, states, transitions });
    found.endless = found.forever.is_none_or(|forever| !forever.is_complete());
    drop(expander);
    let mut roles = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    for Loop { requirement, root, steps, stem, raised } in shown {
        let words = graph.words(root);
        let Some(root) = roots.iter().find(|root| root.words == words) else { continue };
        let mut run = follow(&mut roles, root, &steps);
        (run.circle, run.raised) = (Some(stem), raised as u32);
        found.broken.push(Broken { requirement, over: false, run });
    }
    found.broken.sort_by_key(|broken| broken.requirement);
    roles
}

/// A run that goes round, as it really is.
struct Loop {
    requirement: usize,
    root: u32,
    steps: Vec<Step>,
    /// How many steps there are before it goes round.
    stem: usize,
    /// By how much rounds are higher each time.
    raised: i64,
}

/// Follows a loop twice; `None` if it does not come back as it should.
fn round_twice(
    graph: &Graph,
    expander: &mut Expander<'_>,
    heights: &mut Heights,
    (requirement, lasso): &(usize, Lasso),
) -> Option<Loop> {
    let way = [&lasso.stem[..], &lasso.circle, &lasso.circle].concat();
    let (mut steps, raised) = graph.really(expander, heights, lasso.root, &way)?;
    let (stem, circle) = (lasso.stem.len(), lasso.circle.len());
    let after = |len: usize| if len == 0 { 0 } else { raised[len - 1] };
    let once = after(stem + circle) - after(stem);
    steps.truncate(stem + circle);
    let (requirement, root) = (*requirement, lasso.root);
    let again = after(stem + 2 * circle) - after(stem + circle) == once;
    again.then_some(Loop { requirement, root, steps, stem, raised: once })
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

/// Whether some run ends without what is owed.
fn ends(graph: &Graph, expander: &mut Expander<'_>, wanted: u64) -> bool {
    graph.over.iter().any(|(_, ledger, case)| expander.tables.judge(*ledger, *case) & wanted != 0)
}
