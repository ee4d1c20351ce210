//! Protocols with something wrong on purpose: `--mutant`, `list --museum`, and their traces.

use crate::program::{folder, quorate, words};

#[test]
fn a_mutant_breaks_what_the_protocol_keeps() {
    for (line, code) in [
        ("check flood-set -n 3 -f 1 --require agreement", 0),
        ("check flood-set -n 3 -f 1 --require agreement --mutant one-round-early", 10),
        ("check flood-set -n 3 -f 1 --require agreement --mutant without-1", 10),
        ("run om -n 4 -f 1 --mutant without-1", 11),
        ("sweep bracha -n 4 -f 1 --runs 50", 0),
        ("sweep bracha -n 4 -f 1 --runs 50 --mutant without-5", 12),
        ("sweep flood-set -n 3 -f 1 --runs 50 --mutant without-3", 12),
    ] {
        let trace = folder("mutant-codes").join("run.jsonl").display().to_string();
        let came = quorate(&format!("{line} --trace {trace} --format json"));
        assert_eq!(came.code, code, "{line}: {came:#?}");
        let json = came.json();
        let reproduce = json["reproduce"].as_str().expect("there is a line to reproduce it");
        let mutant = line.split_once("--mutant ").map(|(_, name)| name);
        assert_eq!(mutant.is_some(), reproduce.contains("--mutant"), "{line}: {reproduce}");
        assert!(mutant.is_none_or(|name| reproduce.contains(&format!("--mutant {name}"))));
    }
}

#[test]
fn a_trace_names_the_mutant_and_a_replay_has_it_too() {
    let saved = folder("mutant-traces").join("saved.jsonl").display().to_string();
    for line in [
        "check om -n 4 -f 1 --mutant one-round-early",
        "check paxos -n 2 -f 0 --set start=all --inputs 0,1 --timing asynchronous --timers 0 \
         --crashes 0 --require agreement --mutant half-quorum",
    ] {
        let made = quorate(&format!("{line} --trace {saved} -q"));
        assert_eq!(made.code, 10, "{line}: {made:#?}");
        let text = std::fs::read_to_string(&saved).expect("the trace is there");
        let name = line.rsplit(' ').next().unwrap_or_default();
        assert!(text.lines().next().is_some_and(|head| head.contains(&format!("\"{name}\""))));
        let replay = words(&["replay", &saved]);
        assert_eq!(replay.code, 0, "{line}: {replay:#?}");
        assert!(replay.out.contains(&format!("--mutant {name}")), "{}", replay.out);
        assert!(replay.out.contains("replayed: every event is as it was"), "{}", replay.out);
        let without = text.replacen(&format!("\"mutant\":\"{name}\","), "", 1);
        std::fs::write(&saved, without).expect("the trace can be written");
        assert_ne!(words(&["replay", &saved]).code, 0, "{line}: it is another run without it");
    }
}

#[test]
fn a_scenario_can_have_a_mutant() {
    let file = folder("mutant-files").join("early.toml");
    let text = "protocol = \"flood-set\"\nn = 3\nf = 1\nmutant = \"one-round-early\"\n";
    std::fs::write(&file, text).expect("the file can be written");
    let came = words(&["check", &file.display().to_string()]);
    assert_eq!(came.code, 10, "{came:#?}");
    assert!(came.out.contains("--mutant one-round-early"), "{}", came.out);
}

#[test]
fn a_wrong_name_is_refused_with_the_nearest_one() {
    let came = quorate("check paxos --mutant ignore-report");
    assert_eq!(came.code, 2);
    assert!(came.err.contains("did you mean ignores-report?"), "{}", came.err);
    assert!(came.err.contains("`quorate explain paxos` lists them"), "{}", came.err);
}

#[test]
fn the_museum_is_listed_with_commands_that_are_understood() {
    let text = quorate("list --museum");
    assert_eq!(text.code, 0);
    let json = quorate("list --museum --format json").json();
    let pieces = json["pieces"].as_array().expect("there are pieces");
    for piece in pieces {
        let name = piece["mutant"].as_str().expect("a piece has a name");
        assert!(text.out.contains(&format!("\n  {name}\n")), "{name}");
        let exhibits = piece["exhibits"].as_array().expect("a piece is shown");
        assert!(!exhibits.is_empty(), "{piece}");
        let commands = exhibits.iter().filter_map(|exhibit| exhibit["command"].as_str());
        assert!(commands.into_iter().all(|line| line.contains(&format!("--mutant {name}"))));
    }
    assert!(pieces.len() > 300, "{}", pieces.len());
    let explained = quorate("explain paxos");
    assert!(explained.out.contains("ignores-report"), "{}", explained.out);
}

/// The program finds what the suite finds: one exhibit of each engine, as it is listed.
#[test]
fn listed_commands_show_what_they_say() {
    let json = quorate("list --museum --format json").json();
    let pieces = json["pieces"].as_array().expect("there are pieces");
    for (protocol, mutant) in [
        ("phase-king", "bare-majority"),
        ("sm", "one-order"),
        ("paxos", "ignores-report"),
        ("causal", "others-forgotten"),
        ("two-generals", "ready-alone"),
    ] {
        let piece = pieces.iter().find(|p| p["protocol"] == protocol && p["mutant"] == mutant);
        let exhibit = &piece.expect("it is listed")["exhibits"][0];
        let line = exhibit["command"].as_str().expect("it has a command");
        let line = line.strip_prefix("quorate ").expect("it is one of the program's");
        let trace = folder("mutant-listed").join("listed.jsonl").display().to_string();
        let came = quorate(&format!("{line} --trace {trace} --format json")).json();
        let violated = |one: &serde_json::Value| {
            one["name"] == exhibit["breaks"] && one["verdict"] == "violated"
        };
        let all = came["requirements"].as_array().expect("requirements are judged");
        assert!(all.iter().any(violated), "{line}: {came:#}");
    }
}
