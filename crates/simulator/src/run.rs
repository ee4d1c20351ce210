//! Making a run.

use std::collections::BTreeMap;

use quorate_kernel::Deceit;
use quorate_trace::Event;

use crate::outcome::Outcome;
use crate::plan::{Letter, Plan};
use crate::record::Recorder;
use crate::simulation::{Arena, Simulation};
use crate::weather::Fate;

/// A run that was made.
#[derive(Debug)]
pub struct Ran<P: Deceit> {
    /// What came of it.
    pub outcome: Outcome<P>,
    /// What happened, if a record was asked for and the run was short enough for one.
    pub events: Option<Vec<Event>>,
}

/// Makes one run.
pub fn run<P: Deceit>(arena: Arena<'_, P>, plan: &Plan<P>, recorder: Option<Recorder>) -> Ran<P> {
    let mut simulation = Simulation::new(arena, plan, recorder, false);
    simulation.run();
    simulation.over()
}

/// Makes a run twice and compares what happened, step by step and state by state.
///
/// # Errors
/// If the two differ: then the protocol's code depends on something that is not in the plan.
pub fn audit<P: Deceit>(arena: Arena<'_, P>, plan: &Plan<P>) -> Result<Ran<P>, String> {
    let once = || {
        let mut simulation = Simulation::new(arena, plan, None, true);
        simulation.run();
        simulation.over()
    };
    let (first, second) = (once(), once());
    if first.outcome.digest != second.outcome.digest {
        return Err(format!("two runs of seed {} differ", plan.seed));
    }
    if first.outcome.replays_differ {
        return Err(format!("in the run of seed {} a disk gave back another state", plan.seed));
    }
    Ok(first)
}

/// What became of every message of a run.
pub(crate) fn fates<P: Deceit>(arena: Arena<'_, P>, plan: &Plan<P>) -> BTreeMap<Letter, Fate> {
    let mut simulation = Simulation::new(arena, plan, None, false);
    simulation.fates = Some(BTreeMap::new());
    simulation.run();
    simulation.fates.unwrap_or_default()
}
