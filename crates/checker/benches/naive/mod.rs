//! The searches that are measured, and the same runs one at a time.

use quorate_checker::{Budget, Progress, Question, Work, search};
use quorate_kernel::{Domain, Faults, Group, Problem, Process, ProcessSet, Rounds, Value};
use quorate_protocols::consensus::flood_set::FloodSet;
use quorate_protocols::consensus::phase_king::PhaseKing;
use quorate_protocols::consensus::phase_king_3f::PhaseKing3f;
use quorate_protocols::generals::om::Om;
use quorate_protocols::generals::sm::Sm;
use quorate_protocols::{Catalogued, Setup};
use quorate_world::{Arena, Fault, Model, Script, judge, run};

/// Every input vector for two values; one input where only the special process proposes.
fn inputs<R: Catalogued>(group: Group) -> Vec<Vec<Option<Value>>> {
    let both = || vec![Some(Value(0)), Some(Value(1))];
    let options = |p: Process| if R::ONE_INPUT && p.0 > 0 { vec![None] } else { both() };
    group.processes().map(options).collect()
}

fn configured<R: Catalogued>(group: Group) -> R::Config {
    let setup = Setup::of(group, Domain::BINARY);
    R::configure(&setup).expect("the group fits the protocol")
}

/// Searches every run, on one thread, for what the protocol promises.
fn searched<R: Catalogued>(group: Group) -> Work {
    let config = configured::<R>(group);
    let question = Question {
        arena: Arena::<R>::new(group, &config),
        model: Model::of(group, R::FAULTS),
        inputs: inputs::<R>(group),
        faulty: None,
        requirements: promised::<R>(),
        symmetry: true,
        budget: Budget::default(),
    };
    let answer = search(&question, 1, &Progress::default());
    assert!(answer.stopped.is_none() && answer.findings.is_empty());
    answer.work
}

type Requirements<R> = Vec<&'static quorate_kernel::Requirement<<R as Rounds>::Problem>>;

/// What the protocol promises for the faults that it is built for.
fn promised<R: Catalogued>() -> Requirements<R> {
    let claims = R::claims();
    let claimed = |name: &str| {
        claims.iter().any(|c| c.requirement == name && c.faults >= R::FAULTS && c.is_promise())
    };
    <R::Problem as Problem>::requirements().iter().filter(|r| claimed(r.name)).collect()
}

/// The search of every run of a protocol.
pub(crate) fn exhaustive(protocol: &str, n: u16, f: u16) -> Work {
    let group = Group { n, f };
    match protocol {
        "flood-set" => searched::<FloodSet>(group),
        "phase-king" => searched::<PhaseKing>(group),
        "phase-king-3f" => searched::<PhaseKing3f>(group),
        "om" => searched::<Om>(group),
        "sm" => searched::<Sm>(group),
        other => panic!("{other} is not measured"),
    }
}

/// Makes every run with crashes of flood-set from its first round to its last, and judges it;
/// returns how many there are.
pub(crate) fn one_by_one(n: u16, f: u16) -> u64 {
    let group = Group { n, f };
    let config = configured::<FloodSet>(group);
    let arena = Arena::<FloodSet>::new(group, &config);
    let model = Model::of(group, Faults::Crash);
    let requirements = promised::<FloodSet>();
    let mut runs = 0;
    schedules(group, (1, arena.last), 0, &mut Script::default(), &mut |script| {
        for vector in 0..1u32 << n {
            let input = |p: Process| Some(Value((vector >> p.0 & 1) as u16));
            let inputs: Vec<Option<Value>> = group.processes().map(input).collect();
            let finished = run(arena, &model, &inputs, ProcessSet::new(), script, None);
            let finished = finished.expect("these crashes are granted");
            let judged = judge(&requirements, &finished.ledger, &finished.end);
            assert!(judged.iter().all(|judgement| judgement.breach.is_none()));
            runs += 1;
        }
    });
    runs
}

/// Calls `each` with every way in which at most f processes crash from `round` to `last`.
fn schedules<M>(
    group: Group,
    (round, last): (u16, u16),
    crashed: u32,
    script: &mut Script<M>,
    each: &mut dyn FnMut(&mut Script<M>),
) {
    if round > last {
        return each(script);
    }
    let all = (1u32 << group.n) - 1;
    for crashing in 0..=all {
        let after = crashed | crashing;
        if crashing & crashed != 0 || after.count_ones() > u32::from(group.f) {
            continue;
        }
        let (who, receivers) = (members(crashing), members(all & !after));
        // One bit for each message of a crashing process to one that lives on.
        for fate in 0..1u64 << (who.len() * receivers.len()) {
            let kept = script.faults.len();
            for (at, process) in who.iter().enumerate() {
                let row = fate >> (at * receivers.len());
                let arrives = |(to, _): &(usize, &Process)| row >> to & 1 == 1;
                let reached = receivers.iter().enumerate().filter(arrives).map(|(_, p)| *p);
                let fault = Fault::Crash { process: *process, reached: reached.collect() };
                script.faults.push((round, fault));
            }
            schedules(group, (round + 1, last), after, script, each);
            script.faults.truncate(kept);
        }
    }
}

fn members(set: u32) -> Vec<Process> {
    (0..32).filter(|at| set >> at & 1 == 1).map(Process).collect()
}
