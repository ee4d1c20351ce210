//! A protocol on a network, with all its runs within bounds.

use quorate_checker::network::{Order, Orders, Scope, Told, all_inputs, ask};
use quorate_checker::{Budget, Progress};
use quorate_kernel::{Class, Faults, Problem, Process, Timing, Value};
use quorate_protocols::Hosted;

use crate::hosted::Troupe;

/// What is asked of a search, beside the protocol and its conditions.
#[derive(Clone, Copy, Debug)]
pub struct Depth {
    /// Whether deliveries are put off until they matter.
    pub collapse: bool,
    /// Whether states that are the same but for names count as one.
    pub symmetry: bool,
    /// The last round that a process may enter.
    pub rounds: Option<u32>,
    /// How often timers go off.
    pub timers: u8,
    /// In how many copies traitors follow the protocol; 0 if they say words.
    pub copies: u8,
    /// When to give up.
    pub memory_bytes: u64,
}

/// Searches every run of a troupe under its conditions; `None` if the search has no word for them.
pub fn explored<P: Hosted>(
    troupe: &Troupe<P>,
    inputs: Vec<Vec<Option<Value>>>,
    depth: Depth,
) -> Option<Told> {
    let conditions = &troupe.swarm.conditions;
    let omits = matches!(conditions.faults, Faults::Omission | Faults::GeneralOmission);
    if conditions.timing == Timing::Synchronous || omits {
        return None;
    }
    let owed = troupe.requirements.iter().any(|one| one.class == Class::Liveness);
    let mut scope = Scope::under(conditions, owed);
    scope.any_number &= !<P::Problem as Problem>::COUNTS_LOSSES;
    scope.collapse = depth.collapse;
    scope.symmetry = depth.symmetry;
    scope.rounds = depth.rounds;
    scope.timers = Some(depth.timers);
    scope.copies = depth.copies;
    let watching = <P::Problem as Problem>::WATCHES_CRASHES;
    let faulty = scope.failing(troupe.group, conditions, watching);
    let budget = Budget { memory_bytes: depth.memory_bytes, ..Budget::default() };
    let (order, wide, threads) = (Order::Breadth, false, 2);
    let values = P::domain(&troupe.config).values().collect();
    let orders = Orders { scope, inputs, values, faulty, budget, wide, threads, order, keep: None };
    Some(ask(troupe, &orders, None, &Progress::default()))
}

/// The inputs of a search of a protocol: every vector of two values where each process is to hand
/// out one decision; else one thing asked of the first, one asked of the last, and one of both.
pub fn inputs<P: Hosted>(troupe: &Troupe<P>) -> Vec<Vec<Option<Value>>> {
    let names: Vec<&str> =
        <P::Problem as Problem>::requirements().iter().map(|one| one.name).collect();
    let (first, last) = (Process(0), Process(troupe.group.n - 1));
    if P::ONE_INPUT {
        return all_inputs(troupe.group, &[Value(1)], &|p| p == first);
    }
    if names.contains(&"irrevocability") {
        return all_inputs(troupe.group, &[Value(0), Value(1)], &|_| true);
    }
    let askers: [&dyn Fn(Process) -> bool; 3] =
        [&|p| p == first, &|p| p == last, &|p| p == first || p == last];
    askers.iter().flat_map(|asked| all_inputs(troupe.group, &[Value(1)], asked)).collect()
}
