//! Making a run.

use std::collections::BTreeMap;

use quorate_kernel::{Breach, Deceit, Problem};
use quorate_trace::Event;

use crate::arena::Arena;
use crate::outcome::Outcome;
use crate::plan::{Letter, Plan};
use crate::record::Recorder;
use crate::simulation::{Offered, Simulation};
use crate::weather::Fate;

/// A run that was made.
#[derive(Debug)]
pub struct Ran<P: Deceit> {
    /// What came of it.
    pub outcome: Outcome,
    /// What was seen at the border.
    pub ledger: <P::Problem as Problem>::Ledger,
    /// What happened, if a record was asked for and the run was short enough for one.
    pub events: Option<Vec<Event>>,
}

/// Makes one run.
pub fn run<P: Deceit>(arena: Arena<'_, P>, plan: &Plan, recorder: Option<Recorder>) -> Ran<P> {
    let mut simulation = Simulation::new(arena, plan, recorder, false);
    simulation.run();
    simulation.over()
}

/// Makes a run, and takes a fingerprint of everything that happens in it, step by step and state
/// by state, in the outcome's digest.
pub fn fingerprinted<P: Deceit>(arena: Arena<'_, P>, plan: &Plan) -> Ran<P> {
    let mut simulation = Simulation::new(arena, plan, None, true);
    simulation.run();
    simulation.over()
}

/// Makes one run, and says what became of every message.
pub fn fates<P: Deceit>(arena: Arena<'_, P>, plan: &Plan) -> BTreeMap<Letter, Fate> {
    let mut simulation = Simulation::new(arena, plan, None, false);
    simulation.plain = false;
    simulation.fates = Some(BTreeMap::new());
    simulation.run();
    simulation.fates.unwrap_or_default()
}

/// Makes one run, and says what the sender of a message can say in its place; `None` if that
/// message is never sent, or its sender is none that may lie.
pub fn offered<P: Deceit>(
    arena: Arena<'_, P>,
    plan: &Plan,
    letter: Letter,
) -> Option<Offered<P::Message>> {
    let mut simulation = Simulation::new(arena, plan, None, false);
    simulation.offered = Some((letter, None));
    simulation.run();
    simulation.offered.and_then(|(_, offered)| offered)
}

/// What came of a run, and which of some requirements it broke.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What came of it.
    pub outcome: Outcome,
    /// The broken requirements by their place, in order.
    pub breaches: Vec<(usize, Breach)>,
    /// Those that would be broken if nothing more came, where a run was cut off before all that is
    /// owed had to have come: nothing can be said of them.
    pub open: Vec<(usize, Breach)>,
}

/// Whatever makes runs of one protocol in one group and judges them by the same requirements: all
/// that sweeps and minimisers need to know of a protocol.
pub trait Runner: Sync {
    /// The plan of a seed.
    fn plan(&self, seed: u64) -> Plan;

    /// Makes a run of so many events at most: cut off, it is judged as far as it went.
    fn run(&self, plan: &Plan, events_max: u64) -> Judged;

    /// Makes a run with its fingerprint.
    fn fingerprinted(&self, plan: &Plan) -> Judged;

    /// What becomes of every message of a run.
    fn fates(&self, plan: &Plan) -> BTreeMap<Letter, Fate>;

    /// Makes a run twice and compares what happened.
    ///
    /// # Errors
    /// If the two differ: then the protocol depends on something that is not in the plan. Or if a
    /// disk gave back something else than the process had stored.
    fn audit(&self, plan: &Plan) -> Result<Judged, String> {
        let (first, second) = (self.fingerprinted(plan), self.fingerprinted(plan));
        if first.outcome.digest != second.outcome.digest {
            return Err(format!("two runs of seed {} differ", plan.seed));
        }
        if first.outcome.replays_differ {
            return Err(format!("in the run of seed {} a disk gave back another state", plan.seed));
        }
        Ok(first)
    }
}
