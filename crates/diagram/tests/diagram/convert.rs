//! Runs converted for other programs.

use std::collections::{BTreeMap, BTreeSet};

use quorate_diagram::{itf, mermaid, shiviz};
use quorate_trace::{Trace, What};
use serde_json::Value;

use crate::build::Build;
use crate::{golden, runs};

#[test]
fn conversions_are_as_they_were() {
    for (name, trace) in runs::all().into_iter().filter(|(_, trace)| trace.header.n <= 5) {
        golden(&format!("{name}.mmd"), &mermaid(&trace));
        golden(&format!("{name}.shiviz"), &shiviz(&trace));
        golden(&format!("{name}.itf.json"), &itf(&trace));
    }
}

/// The host and the clock of every event, read by ShiViz's rule: a line of text, a line with both.
pub(crate) fn clocks(log: &str) -> Vec<(String, BTreeMap<String, u64>)> {
    let lines: Vec<&str> = log.lines().collect();
    assert!(lines.len().is_multiple_of(2), "lines come in pairs");
    let read = |pair: &[&str]| {
        let second = pair[0].split(' ').nth(1).expect("an event has words");
        assert!(!second.starts_with('{'), "an event is no clock: {}", pair[0]);
        let (host, clock) = pair[1].split_once(' ').expect("a host and its clock");
        (host.to_string(), serde_json::from_str(clock).expect("a clock is a JSON object"))
    };
    lines.chunks(2).map(read).collect()
}

/// A clock counts, for every process, those of its events from which messages lead to this one.
#[test]
fn a_clock_knows_what_happened_before() {
    for (name, trace) in runs::all() {
        let clocks = clocks(&shiviz(&trace));
        assert_eq!(clocks.len(), trace.events.len(), "{name}");
        let mut before: Vec<BTreeSet<usize>> = Vec::new();
        for (at, event) in trace.events.iter().enumerate() {
            let own = (0..at).rev().find(|&other| trace.events[other].process == event.process);
            let source = match event.what {
                What::Receive { sent, .. } => Some(sent as usize),
                _ => None,
            };
            let mut past = BTreeSet::from([at]);
            for cause in own.into_iter().chain(source) {
                past.extend(&before[cause]);
            }
            let mut expected: BTreeMap<String, u64> = BTreeMap::new();
            for &other in &past {
                *expected.entry(format!("p{}", trace.events[other].process)).or_default() += 1;
            }
            let (host, clock) = &clocks[at];
            assert_eq!(*host, format!("p{}", event.process), "{name}, event {at}");
            assert_eq!(*clock, expected, "{name}, event {at}");
            before.push(past);
        }
    }
}

#[test]
fn a_receipt_comes_after_its_message() {
    for (name, trace) in runs::all() {
        let clocks = clocks(&shiviz(&trace));
        let mut own: BTreeMap<&str, u64> = BTreeMap::new();
        for (at, event) in trace.events.iter().enumerate() {
            let (host, clock) = &clocks[at];
            let count = own.entry(host).or_default();
            *count += 1;
            assert_eq!(clock[host], *count, "{name}: {host} counts from 1 without a gap");
            if let What::Receive { sent, .. } = event.what {
                let sender = &clocks[sent as usize].1;
                assert!(sender.iter().all(|(p, n)| clock.get(p) >= Some(n)), "{name}, event {at}");
                assert_ne!(sender, clock, "{name}, event {at}");
            }
        }
    }
}

#[test]
fn what_is_missed_tells_nothing() {
    let mut b = Build::new("flood-set", "consensus", 2, 1, "general-omission");
    b.round(&[]);
    b.send(0, &[1], "1");
    b.deliver(&[(0, 1)]);
    assert!(shiviz(&b.done()).ends_with("\np1 {\"p1\":1}\n"));
}

#[test]
fn a_receipt_without_its_message_tells_nothing() {
    let mut trace = runs::three_generals();
    for event in &mut trace.events {
        if let What::Receive { from, .. } = &mut event.what {
            *from = (*from + 1) % 3;
        }
    }
    assert!(clocks(&shiviz(&trace)).iter().all(|(_, clock)| clock.len() == 1));
}

pub(crate) fn states(trace: &Trace) -> Vec<Value> {
    let whole: Value = serde_json::from_str(&itf(trace)).expect("the format is JSON");
    assert_eq!(whole["#meta"]["format"], "ITF");
    let vars = whole["vars"].as_array().expect("the variables are a list").clone();
    let states = whole["states"].as_array().expect("the states are a list").clone();
    for (at, state) in states.iter().enumerate() {
        let state = state.as_object().expect("a state is a record");
        assert_eq!(state["#meta"]["index"], at);
        assert_eq!(state.len(), vars.len() + 1, "every variable has a value");
        assert!(vars.iter().all(|var| state.contains_key(var.as_str().expect("a name"))));
    }
    states
}

#[test]
fn a_state_follows_every_event() {
    for (name, trace) in runs::all() {
        let states = states(&trace);
        assert_eq!(states.len(), trace.events.len(), "{name}");
        let shape = |state: &Value| -> Vec<String> {
            state["event"].as_object().expect("a record").keys().cloned().collect()
        };
        assert!(states.iter().all(|state| shape(state) == shape(&states[0])), "{name}");
        let last = &states[states.len() - 1];
        let decided = last["decided"]["#map"].as_array().expect("a function");
        let decisions =
            trace.events.iter().filter(|event| matches!(event.what, What::Decide { .. }));
        assert_eq!(decided.len(), decisions.count(), "{name}");
    }
}

#[test]
fn a_sequence_diagram_says_what_is_odd() {
    let drawn = mermaid(&runs::three_generals());
    assert!(drawn.contains("p2-)p1: says retreat, should say attack\n"));
    assert!(drawn.contains("participant p0 as p0 (commander)\n"));
    assert!(drawn.contains("verdict#58; violated"));
    let drawn = mermaid(&runs::flood_set());
    assert!(drawn.contains("p0--xp2: crashes before sending #123;0#125;\n"));
    assert!(drawn.contains("p2--xp0: #123;1#125;#59; p0 has crashed\n"));
    let drawn = mermaid(&runs::four_generals());
    assert!(drawn.contains("p0--xp3: says nothing, should say attack\n"));
}

#[test]
fn a_large_sequence_diagram_is_cut_and_says_so() {
    let drawn = mermaid(&runs::phase_king(40));
    assert!(drawn.contains("Left out, as Mermaid takes no longer text#58;"));
    assert!(drawn.len() < 50_000, "Mermaid takes no more than this");
    assert_eq!(drawn.matches("    rect ").count(), drawn.matches("    end\n").count());
    let drawn = mermaid(&runs::phase_king(101));
    assert!(drawn.contains("No lifelines are drawn for 101 processes."));
}
