//! The same runs in the world.

use quorate_kernel::{Domain, Group, Process, ProcessSet, Value};
use quorate_protocols::consensus::flood_set::FloodSet;
use quorate_protocols::consensus::phase_king::PhaseKing;
use quorate_protocols::generals::om::Om;
use quorate_protocols::{Catalogued, Setup};
use quorate_world::{Arena, Cost, Model, Script, run};

/// What a run costs in which nobody fails.
///
/// Even processes propose 0 and odd ones 1; a commander orders 1.
fn undisturbed<R: Catalogued>(group: Group) -> Cost {
    let setup = Setup::of(group, Domain::BINARY);
    let config = R::configure(&setup).expect("the group fits the protocol");
    let proposal = |p: Process| Some(Value(p.0 % 2));
    let order = |p: Process| (p.0 == 0).then_some(Value(1));
    let input = |p| if R::ONE_INPUT { order(p) } else { proposal(p) };
    let inputs: Vec<Option<Value>> = group.processes().map(input).collect();
    let arena = Arena::<R>::new(group, &config);
    let model = Model::of(group, R::FAULTS);
    let finished = run(arena, &model, &inputs, ProcessSet::new(), &mut Script::default(), None);
    finished.expect("a run without faults is granted").cost
}

/// What a run of a protocol costs in which nobody fails.
pub(crate) fn plain(protocol: &str, n: u16, f: u16) -> Cost {
    let group = Group { n, f };
    match protocol {
        "phase-king" => undisturbed::<PhaseKing>(group),
        "flood-set" => undisturbed::<FloodSet>(group),
        "om" => undisturbed::<Om>(group),
        other => panic!("there is no bare loop for {other}"),
    }
}

/// The same exchange as a bare loop.
pub(crate) fn floor(protocol: &str, n: u16, f: u16) -> super::Told {
    let (n, f) = (usize::from(n), usize::from(f));
    let inputs: Vec<u16> = (0..n).map(|p| p as u16 % 2).collect();
    match protocol {
        "phase-king" => super::phase_king(n, f, &inputs),
        "flood-set" => super::flood_set(n, f, &inputs),
        "om" => super::om(n, f, 1),
        other => panic!("there is no bare loop for {other}"),
    }
}
