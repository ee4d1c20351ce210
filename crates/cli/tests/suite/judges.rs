//! A trace of a run in time is allowed as it was written, and refused at the step that was changed.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::program::{file, folder, names, quorate, refused, words};

/// Runs in time with every kind of fault.
const RUNS: &[&str] = &[
    "paxos -n 3 -f 1 --loss 20 --repeat 20 --slow 20 --seed 3",
    "paxos -n 3 -f 1 --crash p0@5ms --restart p0@90ms --seed 4",
    "paxos -n 3 -f 1 --pause p1@5ms..40ms --clock p0@20ms+5ms --clock p2@10ms*1.1",
    "multi-paxos -n 3 -f 1 --partition p0|p1,p2@10ms..200ms --seed 2",
    "raft -n 3 -f 1 --partition p0|p1,p2@10ms..200ms --set reads=index --seed 2",
    "raft -n 4 -f 1 --inputs -,-,-,- --set members=3 --set change=+3@100ms,~3@300ms",
    "raft -n 3 -f 1 --set sessions=yes --set expire=10 --set each=8 --loss 30 --seed 6",
    "raft -n 3 -f 1 --set witness=p2 --set reads=index --loss 20 --calm 300ms --seed 3",
    "ben-or -n 3 -f 1 --inputs 0,1,1 --seed 9",
    "ben-or-byzantine -n 6 -f 1 --traitor p0=random --seed 5",
    "bracha -n 4 -f 1 --traitor p0=equivocate",
    "bracha -n 4 -f 1 --traitor p3=silent",
    "mmr -n 4 -f 1 --traitor p1=flip --seed 6",
    "flood-set -n 4 -f 1 --timing partial --faults general-omission --omit p0>p1#0 --miss p2>p0#0",
    "paxos -n 3 -f 1 --crash p0@1ms:p1 --restart p0@50ms",
    "ben-or -n 3 -f 1 --crash p1@1ms:p0 --message p0>p1#1=twice",
    "isis -n 3 -f 1 --crash p1@4ms",
    "chandra-toueg -n 3 -f 1 --timing partial --slow 30 --seed 8",
    "om -n 4 -f 1 --timing partial --traitor p0=random --seed 7",
    "sm -n 4 -f 1 --timing partial --traitor p0=equivocate",
    "flood-set -n 4 -f 1 --timing asynchronous --slow 40 --seed 2",
    "two-generals --loss 30 --seed 3",
    "uniform -n 3 -f 1 --flip p1@3ms#1 --seed 4",
];

/// Sweeps that find a failure and save it, with what is wrong with the protocol.
const SWEEPS: &[(&str, &str)] = &[
    ("paxos -n 3 -f 1 --inputs 0,1,1 --require termination", "without-2a"),
    ("ben-or -n 4 -f 1 --inputs 0,1,1,0 --require agreement", "majority-of-received"),
    ("chandra-toueg -n 3 -f 1 --inputs 0,1,1 --require agreement", "half-estimates"),
    ("mmr -n 4 -f 1 --inputs 0,1,1,0 --require agreement", "one-vote-fewer"),
    ("fifo -n 2 -f 0 --set each=4 --inputs 1,- --require agreement", "without-hold-back"),
    ("paxos -n 3 -f 1 --inputs 0,1,1 --require termination", "without-1b"),
];

/// A saved run: its header, its events, its closing.
fn lines(path: &str) -> Vec<Json> {
    let text = std::fs::read_to_string(path).expect("the trace is there");
    text.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect()
}

fn written(lines: &[Json]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Judges a file, and gives the exit code and the verdict.
fn judged(path: &str) -> (i32, Json) {
    let said = words(&["judge", path, "--format", "json"]);
    assert_eq!(said.err, "", "{path}");
    (said.code, said.json())
}

fn allowed(path: &str, what: &str) {
    let (_, verdict) = judged(path);
    assert_eq!(verdict["step"], Json::Null, "{what}");
    let closing = lines(path).pop().expect("there is a closing");
    assert_eq!(verdict["verdict"], closing["verdict"], "{what}");
    let mine = verdict["requirements"].as_array().expect("a list").iter().skip(1);
    let its = closing["requirements"].as_array().expect("a list");
    for (mine, its) in mine.zip(its) {
        assert_eq!((&mine["name"], &mine["verdict"]), (&its["name"], &its["verdict"]), "{what}");
    }
    assert_eq!(verdict["cost"]["messages"], closing["messages"], "{what}");
    assert_eq!(verdict["cost"]["bits"], closing["bits"], "{what}");
}

#[test]
fn every_scenario_in_time_is_allowed() {
    let at = folder("judged-scenarios");
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut in_time = 0;
    for name in names(&scenarios) {
        let saved = at.join(&name).with_extension("jsonl").display().to_string();
        let scenario = scenarios.join(&name).display().to_string();
        words(&["run", &scenario, "--trace", &saved]);
        if lines(&saved)[0].get("time").is_some() {
            allowed(&saved, &name);
            in_time += 1;
        } else {
            let said = words(&["judge", &saved]);
            refused(&said, 3, &name);
            assert!(said.err.contains("quorate replay"), "{name}: {}", said.err);
        }
    }
    assert!(in_time >= 15, "{in_time} scenarios are runs in time");
}

#[test]
fn runs_with_every_kind_of_fault_are_allowed() {
    let at = folder("judged-runs");
    for (k, line) in RUNS.iter().enumerate() {
        let saved = at.join(format!("{k}.jsonl")).display().to_string();
        let run: Vec<&str> = ["run"].into_iter().chain(line.split(' ')).collect();
        let run = words(&[&run[..], &["--trace", &saved]].concat());
        assert!([0, 10, 11, 12, 20].contains(&run.code), "{line}: {run:#?}");
        allowed(&saved, line);
    }
}

#[test]
fn a_mutant_that_is_not_named_is_refused_where_it_acts() {
    let at = folder("judged-mutants");
    for (k, (line, mutant)) in SWEEPS.iter().enumerate() {
        let saved = at.join(format!("{k}.jsonl")).display().to_string();
        let sweep = format!("sweep {line} --runs 2000 --mutant {mutant} --trace {saved}");
        let run = quorate(&sweep);
        assert!([10, 12].contains(&run.code), "{line}: {run:#?}");
        allowed(&saved, line);
        let mut unnamed = lines(&saved);
        unnamed[0].as_object_mut().expect("an object").remove("mutant").expect("it was named");
        let path = file(&at, &format!("{k}.unnamed.jsonl"), written(&unnamed));
        let (code, verdict) = judged(&path);
        assert_eq!((code, &verdict["requirements"][0]["name"]), (10, &json!("allowed")), "{line}");
        assert_ne!(verdict["step"], Json::Null, "{line}");
    }
    let saved = at.join("idle.jsonl").display().to_string();
    quorate(&format!("run paxos -n 3 -f 1 --mutant without-nack --trace {saved}"));
    let mut idle = lines(&saved);
    idle[0].as_object_mut().expect("an object").remove("mutant").expect("it was named");
    allowed(&file(&at, "idle.unnamed.jsonl", written(&idle)), "a mutant that never acts");
}

/// The saved run of a scenario.
fn crash_and_restart(at: &Path) -> Vec<Json> {
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios");
    let saved = at.join("good.jsonl").display().to_string();
    words(&["run", &format!("{scenario}/paxos-crash-and-restart.toml"), "--trace", &saved]);
    lines(&saved)
}

/// Takes a line out, or puts one in; those behind it and who speaks of them are numbered anew.
fn shifted(lines: &mut Vec<Json>, line: usize, put: Option<Json>) {
    let by: i64 = if put.is_some() { 1 } else { -1 };
    match put {
        Some(new) => lines.insert(line, new),
        None => _ = lines.remove(line),
    }
    let from = line as i64 - 1;
    let last = lines.len() - 1;
    for (k, event) in lines.iter_mut().enumerate().take(last).skip(1) {
        event["i"] = json!(k - 1);
        if let Some(sent) = event.get("sent").and_then(Json::as_i64).filter(|sent| *sent >= from) {
            event["sent"] = json!(sent + by);
        }
    }
}

#[test]
fn every_corruption_is_refused_at_the_step_that_was_changed() {
    let at = folder("judged-corruptions");
    let good = crash_and_restart(&at);
    let find = |kind: &str, nth: usize| {
        let mut all = good.iter().enumerate().filter(|(_, line)| line["event"] == kind);
        all.nth(nth).unwrap_or_else(|| panic!("there is no {kind} {nth}")).0
    };
    let mut cases: Vec<(String, Vec<Json>, usize)> = Vec::new();
    let mut change = |what: &str, line: usize, key: &str, value: Json| {
        let mut bad = good.clone();
        assert_ne!(bad[line][key], value, "{what} changes nothing");
        bad[line][key] = value;
        cases.push((what.into(), bad, line));
    };
    change("another message", find("send", 1), "message", json!("prepare 9.0"));
    change("another receiver", find("send", 1), "to", json!(0));
    change("another decision", find("decide", 0), "value", json!("7"));
    change("another record", find("store", 1), "records", json!(["promised 9.2"]));
    change("no records", find("store", 1), "records", json!([]));
    change("never sent", find("receive", 1), "sent", json!(100_000));
    change("sent later", find("receive", 0), "sent", json!(find("send", 8) - 1));
    change("sent by another", find("receive", 1), "from", json!(7));
    change("another timer", find("timer", 0), "timer", json!("lunch"));
    change("another request", find("request", 0), "request", json!("99"));
    change("another state", find("state", 2), "fields", json!([]));
    change("another rule", find("send", 2), "rules", json!(["2b"]));
    change("fewer records", find("restart", 0), "records", json!(0));
    change("no process", find("send", 3), "process", json!(60_000));
    change("a lie", find("send", 2), "should", json!("prepare 1.0"));
    change("a flip", find("send", 2), "flipped", json!({"bit": 0, "before": "prepare 1.0"}));
    change("no time", find("receive", 2), "at", Json::Null);
    for (kind, nth) in [("store", 0), ("decide", 0), ("send", 0), ("state", 1), ("receive", 0)] {
        let line = find(kind, nth);
        let mut bad = good.clone();
        shifted(&mut bad, line, None);
        cases.push((format!("without its {kind}"), bad, line));
    }
    for kind in ["decide", "store", "send", "receive", "crash", "restart"] {
        let line = find(kind, 0) + 1;
        let mut bad = good.clone();
        shifted(&mut bad, line, Some(good[line - 1].clone()));
        cases.push((format!("{kind} twice"), bad, line));
    }
    for (what, bad, line) in cases {
        let path = file(&at, "bad.jsonl", written(&bad));
        let (code, verdict) = judged(&path);
        assert_eq!((code, &verdict["verdict"]), (10, &json!("violated")), "{what}: {verdict}");
        // What is left out shows in the next event of the process at the latest.
        let event = verdict["step"]["event"].as_u64().expect("an index") as usize + 1;
        let process = &bad[line]["process"];
        let next = bad.iter().skip(line).position(|l| l["process"] == good[line]["process"]);
        let latest = if what.starts_with("without") { line + next.unwrap_or(0) } else { line };
        assert!((line..=latest).contains(&event), "{what} ({process}, line {line}): {verdict}");
    }
}

#[test]
fn the_files_of_nodes_are_judged_together_and_without_a_plan() {
    let at = folder("judged-nodes");
    let mut good = crash_and_restart(&at);
    good[0]["time"].as_object_mut().expect("an object").remove("plan").expect("there is a plan");
    allowed(&file(&at, "planless.jsonl", written(&good)), "without a plan");
    let mut nodes: BTreeMap<u64, Vec<Json>> = BTreeMap::new();
    let closing = good.last().cloned().expect("there is a closing");
    for event in &good[1..good.len() - 1] {
        let who = event["process"].as_u64().expect("a number");
        nodes.entry(who).or_insert_with(|| vec![good[0].clone()]).push(event.clone());
    }
    let mut files = vec!["judge".to_string()];
    for (who, mut node) in nodes {
        node.push(closing.clone());
        files.push(file(&at, &format!("node{who}.jsonl"), written(&node)));
    }
    let said = words(&files);
    assert_eq!(said.code, 0, "{said:#?}");
    files.swap(1, 3);
    assert_eq!(words(&files).out, said.out.replace("node0", "node2"), "in any order");
    refused(&words(&files[..2]), 3, "one node alone");
    let missing = words(&files[..3]);
    assert_eq!(missing.code, 10, "{missing:#?}");
    files.push(files[1].clone());
    refused(&words(&files), 3, "a node twice");
}

#[test]
fn only_a_traitor_may_lie() {
    let at = folder("judged-liars");
    let saved = at.join("lies.jsonl").display().to_string();
    quorate(&format!("run bracha -n 4 -f 1 --traitor p0=equivocate --trace {saved}"));
    let mut lies = lines(&saved);
    let first = lies.iter().position(|line| line.get("should").is_some()).expect("p0 lies");
    let mut other = lies.clone();
    other[first]["word"] = json!([9_999]);
    lies[0]["faulty"] = json!([]);
    for (bad, what) in [(lies, "no traitor"), (other, "vocabulary")] {
        let (code, verdict) = judged(&file(&at, "bad.jsonl", written(&bad)));
        assert_eq!((code, &verdict["step"]["event"]), (10, &json!(first - 1)), "{what}");
        let because = verdict["step"]["because"].as_str().expect("a sentence");
        assert!(because.contains(what), "{because}");
    }
}

#[test]
fn any_flipped_byte_is_judged_or_refused() {
    let at = folder("judged-bytes");
    let good = written(&crash_and_restart(&at));
    let mut random = crate::fuzz::Random::new(11);
    for _ in 0..150 {
        let mut bytes = good.clone().into_bytes();
        let place = random.below(bytes.len());
        bytes[place] ^= 1 << random.below(8);
        let path = file(&at, "byte.jsonl", &bytes);
        let said = words(&["judge", &path]);
        assert!([0, 3, 10, 11, 12, 20].contains(&said.code), "byte {place}: {said:#?}");
        assert!(!said.err.contains("panicked") && !said.err.contains("defect"), "{said:#?}");
    }
}
