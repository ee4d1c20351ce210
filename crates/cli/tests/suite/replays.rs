//! A saved run replays as it was, and a damaged one is refused.

use crate::program::{file, folder, quorate, refused, words};

/// Runs with every kind of fault.
const RUNS: &[&str] = &[
    "om -n 4 -f 1",
    "om -n 4 -f 1 --traitor p0",
    "om -n 4 -f 1 --traitor p0=random --seed 7",
    "om -n 4 -f 1 --traitor p3=equivocate",
    "om -n 4 -f 1 --traitor p3=silent --commander p2",
    "om -n 4 -f 1 --traitor p0=flip --seed 3 --values 1pm,2pm,3pm,4pm",
    "om -n 3 -f 1 --lie p2@2:p1=retreat",
    "om -n 7 -f 2 --traitor p0=random --traitor p6=random --values 3 --set tie=median",
    "om -n 4 -f 1 --flip p1@2#0",
    "om -n 4 -f 1 --flip p1@2:p2#0",
    "om -n 4 -f 1 --flip p1@2 --seed 9",
    "om -n 4 -f 1 --traitor p2=random --flip p1@2",
    "om -n 4 -f 1 --crash p0@1:p1,p2",
    "sm -n 3 -f 1 --traitor p0",
    "sm -n 4 -f 2 --traitor p0=equivocate --traitor p1=random --seed 5",
    "sm -n 4 -f 2 --traitor p0=random --traitor p1=random --seed 11 --values 3",
    "dolev-strong -n 4 -f 2 --traitor p0=random --seed 2",
    "flood-set -n 4 -f 2 --crash p0@1:p1 --crash p1@2:p2 --rounds 2",
    "flood-set -n 4 -f 1 --omit p0@1:p1 --omit p0@2:p2",
    "flood-set -n 4 -f 1 --miss p0@1:p1 --omit p0@2:p2",
    "flood-set -n 4 -f 1 --traitor p1=random --seed 4",
    "flood-set -n 3 -f 1 --faults byzantine --inputs 1,1,0 --faulty p2 --require integrity",
    "flood-set -n 3 -f 1 --faults omission --inputs 1,1,0 --faulty p2 --require integrity",
    "flood-set -n 3 -f 1 --flip p2@1 --flip p1@2 --seed 3",
    "early-stopping -n 5 -f 3 --crash p0@1:p1 --crash p1@2:p2",
    "early-deciding -n 4 -f 2 --crash p0@1:p1",
    "phase-king -n 5 -f 1 --traitor p0=equivocate --commander p0",
    "phase-king -n 4 -f 1 --inputs 0,0,0,0 --lie p1@3:p3= --lie p1@4:p3=1",
    "phase-king-3f -n 4 -f 1 --traitor p2=random --seed 8",
    "turpin-coan -n 4 -f 1 --values 4 --traitor p1=flip",
    "eig -n 4 -f 1 --traitor p1=random --values 3",
    "interactive-consistency -n 4 -f 1 --traitor p1=random --seed 6",
    "interactive-consistency-signed -n 3 -f 1 --traitor p1=random --seed 6",
    "vector-from-consensus -n 4 -f 1 --traitor p0=equivocate",
    "generals-from-consensus -n 4 -f 1 --traitor p0=random",
    "consensus-from-vector -n 4 -f 1 --traitor p0=flip",
    "wait-for-all -n 3 -f 1 --crash p0@1",
];

#[test]
fn a_replay_makes_the_same_events() {
    let at = folder("replays");
    for (k, line) in RUNS.iter().enumerate() {
        let saved = at.join(format!("{k}.jsonl")).display().to_string();
        let again = at.join(format!("{k}.again.jsonl")).display().to_string();
        let run = quorate(&format!("run {line} --trace {saved} --format json"));
        assert!([0, 10, 11, 12].contains(&run.code), "{line}: {run:#?}");
        let replay = words(&["replay", &saved, "--trace", &again, "--format", "json"]);
        assert_eq!((replay.code, replay.err.as_str()), (0, ""), "{line}: {replay:#?}");
        let (run, replay) = (run.json(), replay.json());
        for key in ["verdict", "processes", "requirements", "cost", "protocol", "n", "f", "model"] {
            assert_eq!(run[key], replay[key], "{line}: {key}");
        }
        let text = |path: &str| {
            let text = std::fs::read_to_string(path).expect("the trace is there");
            text.lines().skip(1).map(str::to_string).collect::<Vec<_>>()
        };
        assert_eq!(text(&saved), text(&again), "{line}");
        let line = replay["reproduce"].as_str().expect("there is a line to reproduce it");
        let made = crate::program::pasted(&format!("{line} --format json"));
        assert_eq!(made.json()["processes"], run["processes"], "{line}");
    }
}

#[test]
fn the_same_seed_makes_the_same_bytes() {
    let at = folder("seeds");
    let mut seen = Vec::new();
    for (k, seed) in [7, 7, 8].iter().enumerate() {
        let path = at.join(format!("{k}")).display().to_string();
        let line =
            format!("run om -n 7 -f 2 --traitor p0=random --traitor p1=random --seed {seed}");
        quorate(&format!("{line} --trace {path}"));
        seen.push(std::fs::read(&path).expect("the trace is there"));
    }
    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[0], seen[2]);
}

/// A saved run with a lie, as text.
fn saved(name: &str) -> (std::path::PathBuf, String) {
    let at = folder(name);
    let path = at.join("good.jsonl").display().to_string();
    quorate(&format!("run om -n 4 -f 1 --traitor p3=equivocate --trace {path}"));
    let text = std::fs::read_to_string(path).expect("the trace is there");
    (at, text)
}

#[test]
fn a_damaged_trace_is_refused() {
    let (at, good) = saved("damaged");
    let lines: Vec<&str> = good.lines().collect();
    let without = |gone: usize| {
        let kept = lines.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, line)| *line);
        kept.collect::<Vec<_>>().join("\n")
    };
    let damaged: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("blank", b"\n\n \n".to_vec()),
        ("garbage", (0..4096u32).map(|k| (k.wrapping_mul(2_654_435_761) >> 13) as u8).collect()),
        ("zeros", vec![0; 1000]),
        ("other", b"{\"hello\": 1}\n".to_vec()),
        ("number", b"7\n".to_vec()),
        ("nested", vec![b'['; 100_000]),
        ("header", lines[0].into()),
        ("headless", without(0).into()),
        ("cut", good[..good.len() / 2].into()),
        ("open", without(lines.len() - 1).into()),
        ("gap", without(5).into()),
        ("twice", format!("{good}{good}").into()),
        ("reordered", good.replacen("\"i\":3,", "\"i\":4,", 1).into()),
        ("schema", good.replacen("quorate/trace", "quorate/space", 1).into()),
        ("version", good.replacen("\"version\":1", "\"version\":2", 1).into()),
    ];
    for (name, content) in damaged {
        let path = file(&at, name, content);
        refused(&words(&["replay", &path]), 3, name);
    }
    refused(&words(&["replay", &at.display().to_string()]), 3, "a folder");
    refused(&words(&["replay", &at.join("nowhere").display().to_string()]), 3, "no file");
}

#[test]
fn a_tampered_trace_is_refused() {
    let (at, good) = saved("tampered");
    for (from, to) in [
        ("\"protocol\":\"om\"", "\"protocol\":\"mo\""),
        ("\"protocol\":\"om\"", "\"protocol\":\"flood-set\""),
        ("\"protocol\":\"om\"", "\"protocol\":\"interactive-consistency\""),
        ("\"n\":4", "\"n\":0"),
        ("\"n\":4", "\"n\":1"),
        ("\"n\":4", "\"n\":3"),
        ("\"n\":4", "\"n\":5"),
        ("\"n\":4", "\"n\":65535"),
        ("\"n\":4", "\"n\":-1"),
        ("\"n\":4,\"f\":1", "\"n\":60000,\"f\":59999"),
        ("\"f\":1", "\"f\":4"),
        ("\"f\":1", "\"f\":0"),
        ("\"rounds\":2", "\"rounds\":0"),
        ("\"rounds\":2", "\"rounds\":1"),
        ("\"rounds\":2", "\"rounds\":3"),
        ("\"rounds\":2", "\"rounds\":65535"),
        ("[\"retreat\",\"attack\"]", "[]"),
        ("[\"retreat\",\"attack\"]", "[\"retreat\"]"),
        ("[\"retreat\",\"attack\"]", "[\"attack\",\"retreat\"]"),
        ("[\"retreat\",\"attack\"]", "[\"attack\",\"attack\"]"),
        ("\"value\":\"attack\"", "\"value\":\"retreat\""),
        ("\"value\":\"attack\"", "\"value\":\"defend\""),
        ("\"message\":\"attack\"", "\"message\":\"retreat\""),
        ("\"should\":\"attack\"", "\"should\":\"retreat\""),
        ("\"word\":[0]", "\"word\":[9]"),
        ("\"word\":[0]", "\"word\":[]"),
        ("\"word\":[0]", "\"word\":[0,0,0]"),
        ("\"process\":3", "\"process\":99"),
        ("\"process\":1", "\"process\":65535"),
        ("\"round\":1", "\"round\":65535"),
        ("\"to\":2", "\"to\":99"),
        ("\"sent\":1", "\"sent\":4000000000"),
        ("\"process\":0,\"part\"", "\"process\":99,\"part\""),
        ("\"process\":0,\"part\"", "\"process\":1,\"part\""),
        ("\"faults\":\"byzantine\"", "\"faults\":\"none\""),
        ("\"faults\":\"byzantine\"", "\"faults\":\"crash\""),
        ("\"faults\":\"byzantine\"", "\"faults\":\"gremlins\""),
        ("\"verdict\":\"holds\"", "\"verdict\":\"violated\""),
        ("\"name\":\"ic1\"", "\"name\":\"ic9\""),
        ("\"messages\":9", "\"messages\":8"),
        ("\"settings\":{}", "\"settings\":{\"tie\":\"luck\"}"),
    ] {
        assert!(good.contains(from), "no {from} in\n{good}");
        let path = file(&at, "tampered.jsonl", good.replacen(from, to, 1));
        refused(&words(&["replay", &path]), 3, &format!("{from} as {to}"));
    }
}

#[test]
fn any_flipped_byte_is_refused_or_harmless() {
    let (at, good) = saved("bytes");
    let mut random = crate::fuzz::Random::new(5);
    for _ in 0..150 {
        let mut bytes = good.clone().into_bytes();
        let place = random.below(bytes.len());
        bytes[place] ^= 1 << random.below(8);
        let path = file(&at, "byte.jsonl", &bytes);
        let said = words(&["replay", &path]);
        assert!([0, 3].contains(&said.code), "byte {place}: {said:#?}");
        assert!(!said.err.contains("panicked") && !said.err.contains("defect"), "{said:#?}");
    }
}
