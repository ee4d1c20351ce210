//! The search against every run made one at a time, against itself without symmetry, and against
//! the counts of the day before.

use std::fmt::Write;
use std::path::Path;

use quorate_checker::{Progress, search};
use quorate_conformance::{Bench, enumerate, groups};
use quorate_kernel::{Domain, Faults, Group};
use quorate_protocols::{Catalogued, Visitor, visit};
use quorate_world::Model;

use crate::every;

#[derive(Clone)]
struct Naive {
    group: Group,
    domain: Domain,
    faults: Faults,
    flips: u16,
}

impl Visitor for Naive {
    type Out = ();

    fn visit<R: Catalogued>(self) {
        let bench = Bench::<R>::new(self.group, self.domain, &[]).expect("a plain setup");
        for symmetry in [true, false] {
            let mut model = Model::of(self.group, self.faults);
            model.flips_max = self.flips;
            let all = Bench::<R>::requirements().iter().collect();
            let answer =
                search(&bench.question(model.clone(), all, symmetry), 2, &Progress::default());
            let count = enumerate(&bench, &model).expect("the world grants what the model does");
            let what = format!("{} {:?} symmetry {symmetry}", R::NAME, (self.group, self.faults));
            assert_eq!(answer.work.runs, count.runs, "{what}: runs");
            for (at, requirement) in Bench::<R>::requirements().iter().enumerate() {
                let found = answer.findings.iter().find(|finding| finding.requirement == at);
                let broken = found.map_or(0, |finding| finding.runs);
                assert_eq!(
                    broken, count.broken[at],
                    "{what}: runs that break {}",
                    requirement.name
                );
            }
        }
    }
}

#[test]
fn the_search_counts_what_making_every_run_counts() {
    let binary = Domain::BINARY;
    let ternary = Domain { size: 3 };
    for (name, n, f, domain, faults) in [
        ("om", 3, 1, binary, Faults::Byzantine),
        ("om", 4, 1, binary, Faults::Byzantine),
        ("om", 4, 1, ternary, Faults::Byzantine),
        ("om", 5, 1, binary, Faults::Byzantine),
        ("om", 3, 1, binary, Faults::Crash),
        ("sm", 3, 1, binary, Faults::Byzantine),
        ("sm", 3, 1, ternary, Faults::Byzantine),
        ("dolev-strong", 3, 1, binary, Faults::Byzantine),
        ("flood-set", 3, 1, binary, Faults::Crash),
        ("flood-set", 3, 2, binary, Faults::Crash),
        ("flood-set", 4, 2, binary, Faults::Crash),
        ("flood-set", 3, 1, binary, Faults::Omission),
        ("flood-set", 3, 1, binary, Faults::GeneralOmission),
        ("flood-set", 3, 1, binary, Faults::Byzantine),
        ("min-flood", 3, 1, ternary, Faults::Crash),
        ("early-stopping", 3, 2, binary, Faults::Crash),
        ("early-deciding", 3, 2, binary, Faults::Crash),
        ("early-stopping", 3, 1, binary, Faults::Omission),
        ("eig", 3, 1, binary, Faults::Byzantine),
        ("phase-king", 2, 1, binary, Faults::Byzantine),
        ("interactive-consistency", 3, 1, binary, Faults::Byzantine),
    ] {
        let naive = Naive { group: Group { n, f }, domain, faults, flips: 0 };
        assert!(visit(name, naive).is_some(), "{name} is in the catalogue");
    }
}

#[test]
fn the_search_counts_every_flip_of_one_bit() {
    for (name, n, f) in [
        ("om", 3, 1),
        ("om", 4, 1),
        ("sm", 3, 1),
        ("flood-set", 3, 1),
        ("early-stopping", 3, 1),
        ("phase-king", 3, 0),
        ("interactive-consistency", 3, 1),
    ] {
        let (group, domain) = (Group { n, f }, Domain::BINARY);
        let naive = Naive { group, domain, faults: Faults::None, flips: 1 };
        assert!(visit(name, naive).is_some(), "{name} is in the catalogue");
    }
}

/// The truth table of OM(1) that an independent program counted: traitor positions times the
/// commander's values times what the traitor may say, one traitor exactly.
#[test]
fn generals_break_as_often_as_an_independent_count_says() {
    struct Table;
    impl Visitor for Table {
        type Out = Vec<(u16, &'static str, u128, u128, u128)>;

        fn visit<R: Catalogued>(self) -> Self::Out {
            let mut rows = Vec::new();
            for tie in ["default", "commander"] {
                for n in 3..=5 {
                    let setting = [("tie".to_string(), tie.to_string())];
                    let group = Group { n, f: 1 };
                    let bench = Bench::<R>::new(group, Domain::BINARY, &setting).expect("a setup");
                    let answer = bench.search(Faults::Byzantine, &["ic1", "ic2"]);
                    let broken = |at: usize| {
                        let found = answer.findings.iter().find(|f| f.requirement == at);
                        found.map_or(0, |finding| finding.runs)
                    };
                    // Two more runs have no traitor at all: one for each order.
                    rows.push((n, tie, answer.work.runs - 2, broken(0), broken(1)));
                }
            }
            rows
        }
    }
    let rows = visit("om", Table).expect("om is in the catalogue");
    let expected = [
        (3, "default", 16, 0, 2),
        (4, "default", 40, 0, 0),
        (5, "default", 96, 0, 0),
        (3, "commander", 16, 4, 0),
        (4, "commander", 40, 0, 0),
        (5, "commander", 96, 12, 0),
    ];
    assert_eq!(rows, expected);
}

/// The number of runs of n processes with at most f crashes in r rounds, binary inputs.
#[test]
fn crash_runs_are_as_many_as_the_formula_says() {
    struct Runs(u16, u16, u16);
    impl Visitor for Runs {
        type Out = u128;

        fn visit<R: Catalogued>(self) -> u128 {
            let group = Group { n: self.0, f: self.1 };
            let mut bench = Bench::<R>::new(group, Domain::BINARY, &[]).expect("a plain setup");
            bench.last = self.2;
            bench.search(Faults::Crash, &[]).work.runs
        }
    }
    for (n, f, r, runs) in [
        (3, 1, 1, 104),
        (3, 1, 2, 200),
        (3, 2, 2, 776),
        (4, 1, 2, 1_040),
        (4, 2, 3, 24_592),
        (4, 3, 3, 87_568),
        (5, 2, 2, 128_032),
        (5, 2, 3, 314_912),
    ] {
        for name in ["flood-set", "early-stopping"] {
            assert_eq!(visit(name, Runs(n, f, r)), Some(runs), "{name} ({n}, {f}, {r})");
        }
    }
}

#[derive(Clone)]
struct Symmetry;

impl Visitor for Symmetry {
    type Out = ();

    fn visit<R: Catalogued>(self) {
        for group in groups::<R>().into_iter().filter(|g| g.n <= 4) {
            for kind in [Faults::Crash, R::FAULTS] {
                if R::HEAVY.contains(&(group.n, group.f)) {
                    continue;
                }
                let bench = Bench::<R>::new(group, Domain::BINARY, &[]).expect("a plain setup");
                let ask = |symmetry| {
                    let all = Bench::<R>::requirements().iter().collect();
                    let question = bench.question(Model::of(group, kind), all, symmetry);
                    let answer = search(&question, 2, &Progress::default());
                    let findings: Vec<(usize, u32, u32, u128)> = answer
                        .findings
                        .iter()
                        .map(|f| (f.requirement, f.faults, f.lost, f.runs))
                        .collect();
                    (answer.work.runs, answer.work.cases_covered, findings)
                };
                assert_eq!(ask(true), ask(false), "{} at {group:?} under {kind:?}", R::NAME);
            }
        }
    }
}

#[test]
fn symmetry_changes_no_verdict_and_no_number_of_runs() {
    every(Symmetry);
}

#[derive(Clone)]
struct Row;

impl Visitor for Row {
    type Out = String;

    fn visit<R: Catalogued>(self) -> String {
        let mut rows = String::new();
        for group in groups::<R>().into_iter().filter(|g| g.f > 0 || R::FAULTS == Faults::None) {
            if R::HEAVY.contains(&(group.n, group.f)) {
                continue;
            }
            let bench = Bench::<R>::new(group, Domain::BINARY, &[]).expect("a plain setup");
            let work = bench.search(R::FAULTS, &[]).work;
            let (n, f, rounds) = (group.n, group.f, bench.last);
            let (runs, states, steps) = (work.runs, work.states, work.transitions);
            let _ = writeln!(
                rows,
                "{:<30} {n} {f} {rounds:>2} {runs:>14} {states:>8} {steps:>8}",
                R::NAME
            );
        }
        rows
    }
}

#[test]
fn counts_are_what_they_were() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/counts.txt");
    let mut table =
        format!("{:<30} n f  R {:>14} {:>8} {:>8}\n", "protocol", "runs", "states", "steps");
    for card in quorate_protocols::cards().iter().filter(|card| card.in_rounds) {
        table.push_str(&visit(card.name, Row).expect("the card is of the catalogue"));
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &table).expect("the golden file can be written");
    }
    let golden = std::fs::read_to_string(&path).expect("the golden file is there");
    assert_eq!(table, golden, "counts changed; if they should, run with UPDATE_GOLDEN=1");
}
