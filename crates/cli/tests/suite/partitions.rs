//! Links that fail in part: as long as somebody reaches a majority, Raft goes on.

use crate::program::{folder, quorate};

/// The links are whole again at this time.
const HEALED: u64 = 20_000_000;

/// What was handed out in a scenario: when, in ticks, by whom, and what.
fn handed_out(name: &str) -> Vec<(u64, u64, String)> {
    let saved = folder("partitions").join(format!("{name}.jsonl")).display().to_string();
    let path = format!("{}/../../scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let said = quorate(&format!("run {path} --trace {saved} -q"));
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{name}: {said:#?}");
    let trace = std::fs::read_to_string(&saved).expect("the trace is there");
    let events = trace.lines().map(|line| serde_json::from_str(line).expect("a line is JSON"));
    let outputs = events.filter(|event: &serde_json::Value| event["event"] == "output");
    let number = |event: &serde_json::Value, key: &str| event[key].as_u64().expect("a number");
    outputs
        .map(|event| {
            let value = event["value"].as_str().expect("a text").to_string();
            (number(&event, "at"), number(&event, "process"), value)
        })
        .collect()
}

/// When the process that was asked has applied its command.
fn applied(name: &str, process: u64) -> u64 {
    let command = format!("(p{process}'s command");
    let all = handed_out(name);
    let own = all.iter().find(|(_, who, what)| *who == process && what.contains(&command));
    own.unwrap_or_else(|| panic!("{name}: p{process} applies its command")).0
}

/// How many terms were led after a time, while the links are broken.
fn terms_after(name: &str, from: u64) -> usize {
    let all = handed_out(name);
    let led = all.iter().filter(|(at, _, what)| what.starts_with("leads") && *at < HEALED);
    led.filter(|(at, ..)| *at > from).count()
}

/// The least time of an election is three beats of 20 ms, and the longest about twice as many
/// again for each process. The command is given at 200 ms.
#[test]
fn whoever_reaches_a_majority_comes_to_lead() {
    for name in ["raft-star", "raft-bridge", "raft-constrained-election"] {
        let done = applied(name, 2);
        assert!(done < 200_000 + 4 * 240_000, "{name}: {done}");
    }
    let plain = applied("raft-plain-constrained-election", 2);
    assert!(plain > HEALED, "{plain}");
}

/// Three processes and four terms are enough for what figure 8 of the paper shows with five.
#[test]
fn what_a_majority_has_stored_in_an_earlier_term_is_not_committed() {
    let path = format!("{}/../../scenarios/raft-figure-8.toml", env!("CARGO_MANIFEST_DIR"));
    let said = quorate(&format!("run {path} --mutant any-term --expect violated --format json"));
    assert_eq!(said.code, 0, "{said:#?}");
    let requirements = said.json()["requirements"].clone();
    let all = requirements.as_array().expect("requirements are a list");
    let agreed = all.iter().find(|one| one["name"] == "log-agreement").expect("it is judged");
    assert_eq!(agreed["verdict"], "violated");
}

#[test]
fn who_is_cut_off_in_part_deposes_no_leader() {
    assert_eq!(terms_after("raft-half-cut", 96_000), 0);
    assert!(terms_after("raft-plain-half-cut", 96_000) > 0);
}
