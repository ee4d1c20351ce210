//! Single runs: their costs, their traces, and runs with flipped bits.

use quorate_conformance::{Bench, groups};
use quorate_kernel::{Domain, Faults, Group, Process, ProcessSet, Value};
use quorate_protocols::{Catalogued, Visitor};
use quorate_world::{Finished, Manner, Model, Names, Recorder, Script, Strategist, run};

use crate::{every, settings};

#[derive(Clone)]
struct Costs;

impl Visitor for Costs {
    type Out = ();

    fn visit<R: Catalogued>(self) {
        for (n, f) in (1..=7u16).flat_map(|n| (0..n).map(move |f| (n, f))) {
            let group = Group { n, f };
            if !(R::BOUND.admits)(group) {
                continue;
            }
            for setting in settings::<R>() {
                let bench = Bench::<R>::new(group, Domain::BINARY, &setting).expect("a setup");
                for pattern in 0..1u16 << n.min(4) {
                    let proposes = |p: Process| !R::ONE_INPUT || p.0 == 0;
                    let inputs: Vec<Option<Value>> = group
                        .processes()
                        .map(|p| proposes(p).then(|| Value(pattern >> (p.0 % 4) & 1)))
                        .collect();
                    let Some(cost) = R::cost(group, &bench.config, &inputs) else { continue };
                    let model = Model::of(group, Faults::None);
                    let nobody = ProcessSet::new();
                    let mut script = Script::default();
                    let done = run(bench.arena(), &model, &inputs, nobody, &mut script, None);
                    let done = done.expect("nothing fails");
                    let what = format!("{} {group:?} {setting:?} {inputs:?}", R::NAME);
                    assert_eq!(u64::from(done.cost.rounds), cost.rounds, "{what}: rounds");
                    assert_eq!(done.cost.messages, cost.messages, "{what}: messages");
                }
            }
        }
    }
}

#[test]
fn runs_without_failures_cost_what_the_formulas_say() {
    every(Costs);
}

fn at_random<R: Catalogued>(bench: &Bench<R>, seed: u64) -> Result<Finished<R>, String> {
    let group = bench.group;
    let mut strategist = Strategist::<R::Message>::new(seed);
    let faults = if group.f > 0 { Faults::Byzantine } else { Faults::None };
    let manner = Manner::ALL[(seed % 4) as usize];
    for p in 0..group.f {
        strategist.manners.push((Process(group.n - 1 - p), manner));
    }
    let mut model = Model::of(group, faults);
    model.flips_max = 1;
    strategist.flips.push((Process(0), 1));
    let options = bench.inputs();
    let inputs: Vec<Option<Value>> =
        options.iter().enumerate().map(|(at, o)| o[(seed as usize + at) % o.len()]).collect();
    let recorder = Recorder::new(group.n, Names::default(), &R::rules());
    let traitors = strategist.traitors();
    run(bench.arena(), &model, &inputs, traitors, &mut strategist, Some(recorder))
}

#[derive(Clone)]
struct Twice;

impl Visitor for Twice {
    type Out = ();

    fn visit<R: Catalogued>(self) {
        for group in groups::<R>() {
            let bench = Bench::<R>::new(group, Domain::BINARY, &[]).expect("a plain setup");
            for seed in 0..20 {
                let once = at_random(&bench, seed).expect("the world grants it");
                let again = at_random(&bench, seed).expect("the world grants it");
                assert_eq!(once.events, again.events, "{} at {group:?}, seed {seed}", R::NAME);
                assert!(!once.events.is_empty() || group.n == 0);
            }
        }
    }
}

#[test]
fn the_same_seed_makes_the_same_trace() {
    every(Twice);
}

#[derive(Clone)]
struct Recorded;

impl Visitor for Recorded {
    type Out = ();

    fn visit<R: Catalogued>(self) {
        for group in groups::<R>() {
            let bench = Bench::<R>::new(group, Domain::BINARY, &[]).expect("a plain setup");
            let inputs: Vec<Option<Value>> =
                bench.inputs().iter().map(|o| o[o.len() - 1]).collect();
            let plain = |recorder| {
                let model = Model::of(group, Faults::None);
                let nobody = ProcessSet::new();
                run(bench.arena(), &model, &inputs, nobody, &mut Script::default(), recorder)
                    .expect("nothing fails")
            };
            let with = plain(Some(Recorder::new(group.n, Names::default(), &R::rules())));
            let without = plain(None);
            assert_eq!(with.cost, without.cost, "{}: a record changes no cost", R::NAME);
            assert_eq!(with.ledger, without.ledger, "{}: a record changes no decision", R::NAME);
        }
    }
}

#[test]
fn keeping_a_record_changes_nothing() {
    every(Recorded);
}

#[derive(Clone)]
struct Odd;

impl Visitor for Odd {
    type Out = ();

    /// Any number of rounds, any group below sixty, any traitor: no panic.
    fn visit<R: Catalogued>(self) {
        for (n, f) in [(1, 0), (2, 1), (3, 2), (5, 4), (6, 1)] {
            for domain in [Domain::BINARY, Domain { size: 5 }] {
                let group = Group { n, f };
                let Ok(mut bench) = Bench::<R>::new(group, domain, &[]) else { continue };
                for last in [1, 2, 3, 5, 9] {
                    bench.last = last;
                    for seed in 0..4 {
                        // A flip may be refused where there is no bit to flip: that is an answer.
                        let _ = at_random(&bench, seed);
                    }
                }
            }
        }
    }
}

#[test]
fn no_size_no_number_of_rounds_and_no_lie_makes_a_protocol_panic() {
    every(Odd);
}
