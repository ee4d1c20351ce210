use std::collections::BTreeSet;

use quorate_kernel::{Faults, Group, Liar, Message, Problem, Process, engine};
use quorate_protocols::{Catalogued, Claim, Visitor, cards, visit};

use crate::driver::{Experiment, Random, broken, group, inputs, outcomes, run, setup, upset};

/// Does the same with every protocol of the catalogue.
fn each<V: Visitor<Out = ()> + Clone>(visitor: V) {
    for card in cards().into_iter().filter(|card| card.in_rounds) {
        visit(card.name, visitor.clone()).expect("a card has a protocol");
        for alias in card.aliases {
            assert!(visit(alias, visitor.clone()).is_some());
        }
    }
}

#[derive(Clone)]
struct CostsWhatItSays;

impl Visitor for CostsWhatItSays {
    type Out = ();

    fn visit<R: Catalogued>(self) {
        for (n, f) in [(1, 0), (2, 0), (2, 1), (3, 1), (4, 1), (4, 2), (5, 1), (5, 3), (6, 2)] {
            let group = group(n, f);
            let config = R::configure(&setup(group, 2, &[])).expect("two values always fit");
            for mask in [0u16, 1, 0b10, 0b101, u16::MAX] {
                let values: Vec<u16> = (0..n).map(|at| mask >> at & 1).collect();
                let inputs = inputs::<R>(&values);
                let last = R::rounds(group, &config);
                let quiet = Experiment::<R> {
                    group,
                    config: &config,
                    last,
                    inputs: &inputs,
                    faulty: &[],
                    faults: Faults::None,
                };
                let run = run(&quiet, &mut Random(1), None);
                let cost = R::cost(group, &config, &inputs).expect("these are small");
                assert_eq!(run.messages, cost.messages, "{} at n={n} f={f} {values:?}", R::NAME);
                let late = run.decisions.iter().map(|d| d.as_ref().map_or(0, |(_, at)| *at)).max();
                assert_eq!(late.map(u64::from), Some(cost.rounds), "{} n={n} f={f}", R::NAME);
                assert!(run.decisions.iter().all(Option::is_some), "{} n={n} f={f}", R::NAME);
                let promised: BTreeSet<&str> =
                    R::claims().iter().map(|claim| claim.requirement).collect();
                let broken: Vec<_> = run.broken.iter().filter(|r| promised.contains(*r)).collect();
                assert!(broken.is_empty(), "{} n={n} f={f} {values:?} {broken:?}", R::NAME);
                assert!(run.cited != 0, "{}", R::NAME);
                assert!(run.cited < 1 << R::rules().len(), "{} cites unknown rules", R::NAME);
            }
        }
    }
}

#[test]
fn a_run_without_failures_costs_what_the_formula_says() {
    each(CostsWhatItSays);
}

#[derive(Clone)]
struct EndsWhenever;

impl Visitor for EndsWhenever {
    type Out = ();

    fn visit<R: Catalogued>(self) {
        for (n, f) in [(1, 0), (2, 1), (3, 1), (4, 1), (5, 2)] {
            let group = group(n, f);
            let config = R::configure(&setup(group, 2, &[])).expect("two values always fit");
            let values: Vec<u16> = (0..n).map(|at| at % 2).collect();
            let inputs = inputs::<R>(&values);
            for last in 1..=R::rounds(group, &config) + 3 {
                for (faulty, faults) in
                    [(vec![], Faults::None), (vec![Process(0)], Faults::Byzantine)]
                {
                    let faulty = if n == 1 { &[][..] } else { &faulty[..] };
                    let experiment = Experiment::<R> {
                        group,
                        config: &config,
                        last,
                        inputs: &inputs,
                        faulty,
                        faults,
                    };
                    let run = run(&experiment, &mut Random(u64::from(last)), None);
                    if faulty.is_empty() {
                        let all = run.decisions.iter().all(Option::is_some);
                        assert!(all, "{} n={n} f={f} last={last}", R::NAME);
                    }
                }
            }
        }
    }
}

#[test]
fn a_run_of_any_length_ends_with_decisions() {
    each(EndsWhenever);
}

#[derive(Clone)]
struct BreaksWhereItSays;

impl BreaksWhereItSays {
    fn breaks<R: Catalogued>(claim: &Claim, n: u16, f: u16, less: u16) {
        let names = [claim.requirement];
        let found = broken::<R>(group(n, f), claim.faults, less, 3_000, &names);
        assert!(
            found.contains(claim.requirement),
            "{}: {} does not break at n={n} f={f}, {less} rounds less; what does: {found:?}",
            R::NAME,
            claim.requirement
        );
    }
}

impl Visitor for BreaksWhereItSays {
    type Out = ();

    fn visit<R: Catalogued>(self) {
        let known: Vec<_> = R::Problem::requirements().iter().map(|r| r.name).collect();
        for claim in R::claims() {
            assert!(known.contains(&claim.requirement), "{}: {}", R::NAME, claim.requirement);
            for (n, f) in claim.breaks {
                assert!(!(claim.within.admits)(group(*n, *f)), "{} {n} {f}", R::NAME);
                Self::breaks::<R>(&claim, *n, *f, 0);
            }
            for (n, f) in claim.breaks_early {
                assert!((claim.within.admits)(group(*n, *f)), "{} {n} {f}", R::NAME);
                Self::breaks::<R>(&claim, *n, *f, 1);
            }
        }
    }
}

#[test]
fn claims_break_where_they_end() {
    each(BreaksWhereItSays);
}

#[derive(Clone)]
struct HoldsWhereItSays;

impl Visitor for HoldsWhereItSays {
    type Out = ();

    fn visit<R: Catalogued>(self) {
        for (n, f) in [(1, 0), (2, 0), (2, 1), (3, 1), (3, 2), (4, 1), (4, 2), (5, 1)] {
            let group: Group = group(n, f);
            let holds: Vec<Claim> =
                R::claims().into_iter().filter(|claim| (claim.within.admits)(group)).collect();
            for faults in Faults::ALL {
                let promised = holds.iter().filter(|claim| claim.faults >= faults);
                let promised: Vec<_> = promised.map(|claim| claim.requirement).collect();
                if promised.is_empty() {
                    continue;
                }
                // The conformance suite searches all of it; a sample of the large ones will do.
                let budget = match faults {
                    _ if n < 4 => 300,
                    Faults::Omission | Faults::GeneralOmission | Faults::Byzantine => 10,
                    _ => 100,
                };
                let found = broken::<R>(group, faults, 0, budget, &[]);
                let wrong: Vec<_> = found.iter().filter(|name| promised.contains(*name)).collect();
                assert!(wrong.is_empty(), "{} n={n} f={f} {faults:?}: {wrong:?}", R::NAME);
            }
        }
    }
}

#[test]
fn claims_hold_within_their_bounds() {
    each(HoldsWhereItSays);
}

#[derive(Clone)]
struct SurvivesUpsets;

impl Visitor for SurvivesUpsets {
    type Out = ();

    fn visit<R: Catalogued>(self) {
        for (n, f) in [(1, 0), (2, 1), (4, 1), (5, 2)] {
            let group = group(n, f);
            let config = R::configure(&setup(group, 2, &[])).expect("two values always fit");
            let inputs = inputs::<R>(&vec![1; usize::from(n)]);
            for seed in 0..100 {
                let last = R::rounds(group, &config);
                upset::<R>(group, &config, last, &inputs, &mut Random(seed));
            }
        }
    }
}

#[test]
fn no_flipped_bit_makes_a_protocol_panic() {
    each(SurvivesUpsets);
}

#[derive(Clone)]
struct LabelsDiffer;

impl Visitor for LabelsDiffer {
    type Out = ();

    fn visit<R: Catalogued>(self) {
        let group = group(4, 2);
        let config = R::configure(&setup(group, 2, &[])).expect("two values always fit");
        let pens = [engine::pen(Process(0)), engine::pen(Process(3))];
        for round in 1..=R::rounds(group, &config) {
            let last = R::rounds(group, &config);
            for me in [Process(0), Process(3)] {
                let seen = &[];
                let liar = Liar { me, group, config: &config, last, pens: &pens, seen };
                let words = R::vocabulary(&liar, round, Process(1));
                let labels: Vec<String> =
                    words.words().take(2_000).map(|w| w.label(&|v| v.to_string())).collect();
                let different: BTreeSet<&String> = labels.iter().collect();
                assert_eq!(different.len(), labels.len(), "{} round {round}", R::NAME);
            }
        }
    }
}

#[test]
fn the_words_of_a_traitor_read_differently() {
    each(LabelsDiffer);
}

#[derive(Clone)]
struct TwinsAreAlike;

impl Visitor for TwinsAreAlike {
    type Out = ();

    fn visit<R: Catalogued>(self) {
        let group = group(3, 1);
        let config = R::configure(&setup(group, 2, &[])).expect("two values always fit");
        let faults = if R::FAULTS == Faults::None { Faults::Crash } else { R::FAULTS };
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            if !R::alike(Process(a), Process(b), group, &config) {
                assert!(!R::ANONYMOUS, "{}: {a} and {b} are not alike", R::NAME);
                continue;
            }
            let swap = |p: u16| {
                if p == a {
                    b
                } else if p == b {
                    a
                } else {
                    p
                }
            };
            for (mask, faulty) in (0u16..8).flat_map(|mask| (0u16..3).map(move |p| (mask, p))) {
                let values: Vec<u16> = (0..3).map(|at| mask >> at & 1).collect();
                let swapped: Vec<u16> = (0..3).map(|at| values[usize::from(swap(at))]).collect();
                let of = |values: &[u16], faulty: u16| {
                    let experiment = Experiment::<R> {
                        group,
                        config: &config,
                        last: R::rounds(group, &config),
                        inputs: &inputs::<R>(values),
                        faulty: &[Process(faulty)],
                        faults,
                    };
                    outcomes(&experiment, 5_000)
                };
                let (Some(one), Some(other)) = (of(&values, faulty), of(&swapped, swap(faulty)))
                else {
                    break;
                };
                assert_eq!(one, other, "{} {a} {b} {values:?} p{faulty}", R::NAME);
            }
        }
    }
}

#[test]
fn swapping_processes_that_are_alike_changes_no_verdict() {
    each(TwinsAreAlike);
}
