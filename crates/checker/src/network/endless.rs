//! Runs without end, after the search: whether what is owed comes in all that are fair.

use std::sync::{Mutex, PoisonError};

use quorate_kernel::Deceit;

use super::expand::Expander;
use super::fair::Circles;
use super::findings::{Broken, Findings};
use super::graph::{Graph, Limits};
use super::mirrors::Mirrors;
use super::roles::Roles;
use super::scope::Scope;
use super::search::Root;
use super::tables::Tables;
use super::trail::follow;
use crate::question::{Progress, Stop};

/// What was searched for runs without end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Forever {
    /// Why it stopped early; `None` if every fair circle was looked at.
    pub stopped: Option<Stop>,
    /// Distinct states, with every delivery a step of its own.
    pub states: u64,
    /// Steps between them.
    pub transitions: u64,
}

/// Looks for runs without end that break what is owed and is not broken yet.
pub(super) fn look_for_ever<P: Deceit>(
    mut roles: Roles<'_, P>,
    roots: &[Root],
    found: &mut Findings,
    progress: &Progress,
) {
    let broken = found.broken.iter().fold(0u64, |set, broken| set | 1 << broken.requirement);
    let wanted = found.owed & !broken;
    if !found.endless || found.stopped.is_some() || wanted == 0 {
        return;
    }
    let inquiry = roles.inquiry;
    roles.mirrors = Mirrors::default();
    let scope = Scope { collapse: false, ..inquiry.scope.clone() };
    let budget = &inquiry.budget;
    let limits = Limits { deadline: budget.deadline, memory_bytes: budget.memory_bytes, progress };
    let shared = Mutex::new(roles);
    let mut expander = Expander::new(Tables::new(&shared), &scope, inquiry.group.size());
    let (graph, mut stopped) = Graph::build(&mut expander, roots, &limits);
    let mut lassos = Vec::new();
    if stopped.is_none() {
        let mut circles = Circles::new(&graph, &mut expander, scope.fairness);
        (lassos, stopped) = circles.find(wanted, &limits);
    }
    let (states, transitions) = (graph.len() as u64, graph.transitions());
    found.forever = Some(Forever { stopped, states, transitions });
    found.cut_off.add(graph.cut_off);
    found.endless = stopped.is_some();
    drop(expander);
    let mut roles = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    for (requirement, lasso) in lassos {
        let words = graph.words(lasso.root);
        let Some(root) = roots.iter().find(|root| root.words == words) else { continue };
        let steps = [&lasso.stem[..], &lasso.circle].concat();
        let mut run = follow(&mut roles, root, &steps);
        run.circle = Some(lasso.stem.len());
        found.broken.push(Broken { requirement, over: false, run });
    }
    found.broken.sort_by_key(|broken| broken.requirement);
}
