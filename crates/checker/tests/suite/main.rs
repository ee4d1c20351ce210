//! When a search stops, and that its answer does not depend on how it was made.

mod echo;
mod forever;
mod liars;
mod models;
mod network;
mod orders;
mod past;
mod resumed;
mod sealed;
mod signed;
mod spills;
mod symmetry;
mod twins;
mod walk;

use std::time::{Duration, Instant};

use quorate_checker::{Answer, Budget, Progress, Question, Stop, search};
use quorate_kernel::{Domain, Faults, Group, Problem, Process, Value};
use quorate_protocols::{Catalogued, Setup, Visitor, visit};
use quorate_world::{Arena, Model};

/// Searches a protocol and tells what came of it, without its type.
struct Ask {
    group: Group,
    last: Option<u16>,
    budget: Budget,
    threads: usize,
}

/// What came of a search: whether it stopped, how much it covered, what it found.
type Told = (Option<Stop>, u128, u64, u64, Vec<(usize, u32, u32, u128, String)>);

fn told<R: Catalogued>(answer: &Answer<R>) -> Told {
    let findings = answer.findings.iter().map(|found| {
        let run = format!("{:?} {:?} {:?}", found.run.inputs, found.run.faulty, found.run.script);
        (found.requirement, found.faults, found.lost, found.runs, run)
    });
    let work = answer.work;
    (answer.stopped, work.runs, work.states, work.transitions, findings.collect())
}

impl Visitor for Ask {
    type Out = Told;

    fn visit<R: Catalogued>(self) -> Told {
        let (group, domain) = (self.group, Domain::BINARY);
        let setup = Setup::of(group, domain);
        let config = R::configure(&setup).expect("a plain setup");
        let mut arena = Arena::<R>::new(group, &config);
        arena.last = self.last.unwrap_or(arena.last);
        let values = vec![Some(Value(0)), Some(Value(1))];
        let inputs = |p: Process| {
            if R::ONE_INPUT && p.0 > 0 { vec![None] } else { values.clone() }
        };
        let question = Question {
            arena,
            model: Model::of(group, R::FAULTS),
            inputs: group.processes().map(inputs).collect(),
            faulty: None,
            requirements: <R::Problem as Problem>::requirements().iter().collect(),
            symmetry: true,
            budget: self.budget,
        };
        told(&search(&question, self.threads, &Progress::default()))
    }
}

fn ask(name: &str, n: u16, f: u16, budget: Budget) -> Told {
    let ask = Ask { group: Group { n, f }, last: None, budget, threads: 2 };
    visit(name, ask).expect("it is in the catalogue")
}

#[test]
fn the_answer_does_not_depend_on_the_number_of_threads() {
    for (name, n, f, last) in [
        ("om", 3, 1, None),
        ("phase-king", 4, 1, None),
        ("flood-set", 5, 3, Some(3)),
        ("early-deciding", 4, 2, None),
        ("sm", 4, 2, None),
    ] {
        let with = |threads| {
            let budget = Budget::default();
            let ask = Ask { group: Group { n, f }, last, budget, threads };
            visit(name, ask).expect("it is in the catalogue")
        };
        assert_eq!(with(1), with(2), "{name}");
        assert_eq!(with(1), with(5), "{name}");
    }
}

#[test]
fn a_search_whose_time_is_up_says_so() {
    let budget = Budget { deadline: Some(Instant::now()), ..Budget::default() };
    let (stopped, ..) = ask("phase-king-3f", 7, 2, budget);
    assert_eq!(stopped, Some(Stop::Time));
    let soon = Instant::now() + Duration::from_millis(300);
    let begun = Instant::now();
    let budget = Budget { deadline: Some(soon), ..Budget::default() };
    let (stopped, ..) = ask("vector-from-consensus", 4, 1, budget);
    assert_eq!(stopped, Some(Stop::Time));
    assert!(begun.elapsed() < Duration::from_secs(30), "it looked at the clock far too late");
}

#[test]
fn a_search_that_outgrows_its_memory_says_so() {
    let budget = Budget { memory_bytes: 200_000, ..Budget::default() };
    let (stopped, ..) = ask("phase-king-3f", 7, 2, budget);
    assert_eq!(stopped, Some(Stop::Memory));
}

#[test]
fn a_vocabulary_that_cannot_be_enumerated_is_not_passed_over() {
    let (stopped, .., findings) = ask("om", 10, 3, Budget::default());
    assert_eq!(stopped, Some(Stop::Vocabulary));
    assert!(findings.is_empty());
}

#[test]
fn the_simplest_run_comes_first() {
    let (stopped, .., findings) = ask("om", 3, 1, Budget::default());
    assert_eq!(stopped, None);
    let lies: Vec<u32> = findings.iter().map(|(_, faults, ..)| *faults).collect();
    assert_eq!(lies, [1], "one lie breaks three generals, and it breaks IC2 only");
    let budget = Budget::default();
    let ask = Ask { group: Group { n: 4, f: 2 }, last: Some(2), budget, threads: 2 };
    let (.., findings) = visit("flood-set", ask).expect("it is in the catalogue");
    let agreement = findings.iter().find(|(at, ..)| *at == 0).expect("agreement breaks");
    assert_eq!((agreement.1, agreement.2), (2, 3), "two crashes that lose three messages");
}

#[test]
fn a_violation_found_before_the_time_is_up_is_kept() {
    let budget = Budget { after_violation: Some(Duration::ZERO), ..Budget::default() };
    let (.., findings) = ask("interactive-consistency", 4, 3, budget);
    // One lie is outvoted by two truths about it; two are not.
    let fewest = findings.iter().map(|(_, faults, ..)| *faults).min();
    assert_eq!(fewest, Some(2));
}

/// A model in which nobody can fail has one run for every vector of inputs.
#[test]
fn without_faults_there_is_one_run_for_each_input() {
    let (stopped, runs, ..) = ask("wait-for-all", 3, 0, Budget::default());
    assert_eq!((stopped, runs), (None, 8));
    let none = Faults::None;
    assert_eq!(Model::of(Group { n: 3, f: 1 }, none).faulty_max, 0);
}
