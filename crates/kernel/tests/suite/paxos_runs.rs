//! Paxos holds in every run, breaks without its disk, and costs what the books say.

use std::collections::BTreeMap;

use quorate_kernel::{Group, Process, Value};

use crate::driver::{Driver, Random, Weather};
use crate::paxos::{Ballot, Config, Message, Paxos, RULES, Record};

const CONFIG: Config = Config { patience_ticks: 60, backoff_steps: 6 };
const SEEDS: u64 = 10_000;
/// When every decision that is owed has come, by a wide margin.
const END: u64 = 100_000;

fn storm() -> Weather {
    Weather {
        delay_ticks: (1, 20),
        loss: 150,
        duplication: 100,
        crash: 40,
        down_ticks: 30,
        calm_from: 1500,
        disks_remember: true,
    }
}

/// A run in which several propose at different times.
fn run(n: u16, weather: Weather, seed: u64) -> Driver<'static, Paxos> {
    let group = Group { n, f: (n - 1) / 2 };
    let mut driver = Driver::new(group, &CONFIG, weather, seed);
    let mut random = Random(!seed);
    for p in group.processes().take(3) {
        let at = random.below(100);
        driver.input(at, p, Value(p.0 + 1));
    }
    driver.run(END, |driver| driver.all_have_output() && driver.now > 1500);
    driver
}

/// P2c: for every proposal (b, v) there is a majority of which nobody ever accepted anything below
/// b, or v is the value of the largest ballot below b that anybody in it accepted.
fn p2c(n: u16, driver: &Driver<'_, Paxos>) {
    let votes: Vec<(Process, Ballot, Value)> = driver
        .stored
        .iter()
        .filter_map(|(who, record)| match *record {
            Record::Accepted(ballot, value) => Some((*who, ballot, value)),
            _ => None,
        })
        .collect();
    let mut issued = BTreeMap::new();
    for (_, message) in &driver.wire {
        let Message::Accept(ballot, value) = *message else { continue };
        let first = *issued.entry(ballot).or_insert(value);
        assert_eq!(first, value, "{ballot:?} is used for two values");
        let supported = (0u32..1 << n)
            .filter(|set| set.count_ones() as usize > usize::from(n) / 2)
            .any(|set| {
                let inside = |p: Process| set >> p.0 & 1 == 1;
                let below = votes.iter().filter(|(p, b, _)| inside(*p) && *b < ballot);
                below.max_by_key(|(_, b, _)| *b).is_none_or(|(_, _, last)| *last == value)
            });
        assert!(supported, "{ballot:?} {value:?} breaks P2c");
    }
}

#[test]
fn every_requirement_holds_through_loss_duplication_crashes_and_restarts() {
    let (mut cited, mut crashes) = (0, 0);
    for seed in 0..SEEDS {
        let n = if seed % 3 == 0 { 5 } else { 3 };
        let driver = run(n, storm(), seed);
        let broken = driver.broken(true);
        assert!(broken.is_empty(), "seed {seed}: {broken:?}");
        p2c(n, &driver);
        cited |= driver.cited;
        crashes += driver.crashes;
    }
    assert!(crashes > SEEDS, "only {crashes} crashes: the storm is too mild to show anything");
    let silent = RULES.iter().enumerate().filter(|(at, _)| cited >> at & 1 == 0);
    let silent: Vec<&str> = silent.map(|(_, rule)| rule.id).collect();
    assert!(silent.is_empty(), "rules that never fired: {silent:?}");
}

#[test]
fn without_its_disk_agreement_breaks() {
    let weather = Weather { disks_remember: false, ..storm() };
    let broken = |seed: &u64| run(3, weather.clone(), *seed).broken(false).contains(&"agreement");
    let first = (0..SEEDS).find(broken);
    assert!(first.is_some(), "no seed below {SEEDS} breaks agreement");
}

#[test]
fn a_run_without_failures_costs_five_times_the_others() {
    for n in [1, 2, 3, 4, 5, 7, 10] {
        let group = Group { n, f: (n - 1) / 2 };
        let mut driver: Driver<'_, Paxos> = Driver::new(group, &CONFIG, Weather::fair(), 1);
        driver.input(0, Process(0), Value(7));
        driver.run(END, |_| false);
        assert_eq!(driver.sent, 5 * u64::from(n - 1), "n = {n}");
        assert!(driver.broken(true).is_empty());
        let last = driver.outputs.iter().map(|(_, at, _)| *at).max();
        assert_eq!(last, Some(if n == 1 { 0 } else { 5 }), "n = {n}: delays");
        let stored = driver.stored.len();
        assert_eq!(stored, 2 * usize::from(n) + 1, "two records an acceptor, one the proposer");
    }
}

#[test]
fn a_run_is_a_function_of_its_seed() {
    for seed in 0..20 {
        let (a, b) = (run(3, storm(), seed), run(3, storm(), seed));
        assert_eq!(a.wire, b.wire);
        assert_eq!(a.outputs, b.outputs);
    }
}

#[test]
fn half_of_the_group_cannot_decide() {
    let group = Group { n: 4, f: 1 };
    let mut driver: Driver<'_, Paxos> = Driver::new(group, &CONFIG, Weather::fair(), 1);
    driver.input(0, Process(0), Value(7));
    driver.cut(Process(2));
    driver.cut(Process(3));
    driver.run(2000, |_| false);
    assert!(driver.outputs.is_empty());
}
