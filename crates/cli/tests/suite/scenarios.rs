//! The scenario files of the project: each decides what its title says.

use std::path::Path;

use crate::program::{names, pasted, quorate};

/// A file, who decides what and in which round, and the requirement that breaks.
type Case = (&'static str, &'static [(&'static str, &'static str, u64)], &'static str);

const CASES: &[Case] = &[
    ("traitor-lieutenant", &[("p1", "4pm", 2), ("p2", "4pm", 2)], ""),
    ("traitor-commander-majority", &[("p1", "4pm", 2), ("p2", "4pm", 2), ("p3", "4pm", 2)], ""),
    (
        "traitor-commander-default",
        &[("p1", "default", 2), ("p2", "default", 2), ("p3", "default", 2)],
        "",
    ),
    ("traitor-commander-median", &[("p1", "3pm", 2), ("p2", "3pm", 2), ("p3", "3pm", 2)], ""),
    ("traitor-commander-own-word", &[("p1", "1pm", 2), ("p2", "3pm", 2), ("p3", "4pm", 2)], "ic1"),
    ("three-generals", &[("p0", "attack", 2), ("p1", "retreat", 2)], "ic2"),
    ("hand-over-chain", &[("p2", "0", 2), ("p3", "1", 2)], "agreement"),
    ("integrity-and-the-minimum", &[("p1", "0", 2), ("p2", "0", 2)], "integrity"),
    ("early-stopping-late", &[("p2", "0", 3), ("p3", "0", 4), ("p4", "0", 4)], ""),
    ("phase-king-too-few", &[("p0", "0", 4), ("p3", "1", 4)], "agreement"),
    ("one-flipped-bit", &[("p1", "retreat", 2), ("p2", "attack", 2), ("p3", "attack", 2)], "ic1"),
    ("exposed-commander", &[("p1", "retreat", 2), ("p2", "retreat", 2)], ""),
];

/// The files of runs in time, and the requirement that breaks.
const IN_TIME: &[(&str, &str)] = &[
    ("paxos-duel", "termination"),
    ("paxos-duel-ends", ""),
    ("paxos-crash-and-restart", ""),
    ("paxos-forgetful-disk", "agreement"),
    ("heartbeat-synchronous", ""),
    ("heartbeat-partial", ""),
    ("heartbeat-asynchronous", "eventual-accuracy"),
    ("chandra-toueg-wrong-suspicions", ""),
    ("chandra-toueg-blocked", "termination"),
    ("flood-set-late-message", "agreement"),
    ("two-generals-last-messenger", "agreement"),
    ("multicast-half-way", "agreement"),
    ("reliable-half-way", ""),
    ("mmr-confirmed", ""),
    ("raft-figure-8", ""),
    ("raft-star", ""),
    ("raft-bridge", ""),
    ("raft-constrained-election", ""),
    ("raft-plain-constrained-election", ""),
    ("raft-half-cut", ""),
    ("raft-plain-half-cut", ""),
    ("raft-members", ""),
    ("raft-rejoin", ""),
    ("raft-late-to-catch-up", ""),
    ("raft-pre-vote-behind", ""),
    ("raft-named", ""),
    ("raft-named-by-strangers", ""),
    ("raft-removed", ""),
    ("raft-plain-removed", ""),
    ("raft-cut-pairs", ""),
    ("raft-plain-cut-pairs", ""),
    ("raft-single-server-2015", ""),
    ("raft-single-server-unreverted", ""),
    ("raft-single-server-stale-state", ""),
    ("raft-stale-read", "linearizability"),
    ("raft-stale-read-asked", ""),
];

/// The files of runs in time that go on for as long as they are let.
const OPEN: &[&str] = &["mmr-unconfirmed"];

fn path(name: &str) -> String {
    format!("{}/../../scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_scenario_is_tried() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let all = CASES.iter().map(|case| case.0).chain(IN_TIME.iter().map(|case| case.0));
    let mut known: Vec<String> =
        all.chain(OPEN.iter().copied()).map(|name| format!("{name}.toml")).collect();
    known.sort();
    assert_eq!(names(&folder), known);
}

#[test]
fn scenarios_decide_what_they_say() {
    for (name, decisions, broken) in CASES {
        let said = quorate(&format!("run {} --format json", path(name)));
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{name}: {said:#?}");
        let json = said.json();
        assert_eq!(json["verdict"], if broken.is_empty() { "holds" } else { "violated" }, "{name}");
        let processes = json["processes"].as_array().expect("processes are a list");
        for (id, value, round) in *decisions {
            let process = processes.iter().find(|p| p["id"] == *id).expect("the process is there");
            assert_eq!(process["output"], *value, "{name}: {process}");
            assert_eq!(process["at"]["round"], *round, "{name}: {process}");
        }
        let requirements = json["requirements"].as_array().expect("requirements are a list");
        let violated = requirements.iter().find(|r| r["verdict"] == "violated");
        assert_eq!(violated.map_or("", |r| r["name"].as_str().unwrap_or("?")), *broken, "{name}");
        let line = json["reproduce"].as_str().expect("there is a line to reproduce it");
        let again = pasted(&format!("{line} --format json"));
        assert_eq!(again.json()["processes"], json["processes"], "{name}: {line}");
    }
}

#[test]
fn scenarios_in_time_break_what_they_say() {
    for (name, broken) in IN_TIME {
        let said = quorate(&format!("run {} --format json", path(name)));
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{name}: {said:#?}");
        let json = said.json();
        let requirements = json["requirements"].as_array().expect("requirements are a list");
        let violated = requirements.iter().find(|r| r["verdict"] == "violated");
        assert_eq!(violated.map_or("", |r| r["name"].as_str().unwrap_or("?")), *broken, "{name}");
        let line = json["reproduce"].as_str().expect("there is a line to reproduce it");
        let again = pasted(&format!("{line} --format json"));
        assert_eq!(again.json()["processes"], json["processes"], "{name}: {line}");
    }
}

#[test]
fn chosen_values_stay_chosen_in_the_duel() {
    let said = quorate(&format!("run {} --format json", path("paxos-duel")));
    let requirements = said.json()["requirements"].clone();
    let of = |name: &str| {
        let all = requirements.as_array().expect("requirements are a list");
        all.iter().find(|r| r["name"] == name).map(|r| r["verdict"].clone())
    };
    assert_eq!(of("agreement"), Some("holds".into()));
    assert_eq!(of("termination"), Some("violated".into()));
}

/// Who sees the coin early keeps all from deciding for 23 rounds, in which the coin falls both
/// ways. Where sets are confirmed the same beginning ends in the second round.
#[test]
fn without_confirmation_the_coin_is_seen_too_early() {
    let at = crate::program::folder("unconfirmed");
    let saved = at.join("run.jsonl").display().to_string();
    let line = format!("run {} --format json --trace {saved}", path(OPEN[0]));
    let said = quorate(&line);
    assert_eq!(said.code, 20, "{said:#?}");
    assert!(said.json()["notes"].as_array().is_some_and(|notes| notes.len() == 1), "{said:#?}");
    let trace = std::fs::read_to_string(&saved).expect("the trace is there");
    let of = |words: &str| trace.lines().filter(|line| line.contains(words)).count();
    assert_eq!(of("\"event\":\"decide\""), 0);
    for correct in 0..3 {
        let tosses = of(&format!("\"process\":{correct},\"event\":\"toss\""));
        assert!(tosses >= 23, "p{correct}: {tosses}");
    }
    assert!(of("\"coin\":true") > 20 && of("\"coin\":false") > 20);
    let decided = quorate(&format!("run {} --format json", path("mmr-confirmed"))).json();
    assert_eq!(decided["cost"]["rounds"], 2, "{decided:#}");
    for process in &decided["processes"].as_array().expect("processes are a list")[..3] {
        assert_eq!(process["output"], "1", "{decided:#}");
    }
}

#[test]
fn a_liar_who_signs_twice_is_exposed() {
    let said = quorate(&format!("run {}", path("exposed-commander")));
    for who in ["p1", "p2"] {
        assert!(said.out.contains(&format!("{who} proves that p0 lied")), "{}", said.out);
    }
}

#[test]
fn options_stand_above_the_file() {
    let said = quorate(&format!(
        "run {} --set tie=median --expect holds --format json",
        path("traitor-commander-own-word")
    ));
    assert_eq!(said.code, 0, "{said:#?}");
    assert_eq!(said.json()["processes"][1]["output"], "3pm");
}
