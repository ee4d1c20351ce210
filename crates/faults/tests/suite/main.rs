//! The program, as far as it goes without namespaces.

use std::process::{Command, Output};

fn program(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_quorate-faults")).args(words).output().expect("it starts")
}

#[test]
fn all_scenarios_are_listed() {
    let listed = program(&["--list"]);
    assert!(listed.status.success());
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    for name in ["kill-leader", "stop-leader", "partition-s3", "disk-full", "bit-state"] {
        assert!(text.lines().any(|line| line.starts_with(name)), "{name} in {text}");
    }
}

#[test]
fn an_unknown_scenario_is_refused() {
    let refused = program(&["--skip-if-impossible", "kill-nobody"]);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{text}");
    assert!(text.contains("there is no scenario kill-nobody"), "{text}");
}

#[test]
fn a_topology_of_five_is_not_made_of_three() {
    let refused = program(&["--skip-if-impossible", "--nodes", "3", "partition-s4"]);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{text}");
    assert!(text.contains("partition-s4 needs five nodes"), "{text}");
}
