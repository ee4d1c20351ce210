//! Known results, by command and exit code, and that what is printed can be run again.

use crate::program::{Said, pasted, quorate};

/// A search: command, exit code, verdict, and the requirement that decides.
const CHECKS: &[(&str, i32, &str, &str)] = &[
    ("om -n 3 -f 1", 11, "violated", "ic2"),
    ("om -n 4 -f 1 --rounds 3", 10, "violated", "ic1"),
    ("om -n 3 -f 1 --set tie=commander", 10, "violated", "ic1"),
    ("om -n 4 -f 1", 0, "proved", ""),
    ("om -n 4 -f 1 --commander p2", 0, "proved", ""),
    ("om -n 4 -f 1 --values 3", 0, "proved", ""),
    ("om -n 4 -f 1 --values 1pm,3pm,4pm --set tie=median", 0, "proved", ""),
    ("om -n 3 -f 1 --values red,blue", 11, "violated", "ic2"),
    ("om -n 3 -f 1 --commander p2 --values 1pm,3pm,4pm", 11, "violated", "ic2"),
    ("om -n 3 -f 1 --traitor p0", 0, "proved", ""),
    ("om -n 4 -f 1 --faults crash", 0, "proved", ""),
    ("om -n 4 -f 1 --flips 1", 10, "violated", "ic1"),
    ("om -n 1", 0, "proved", ""),
    ("om -n 2 -f 1", 0, "proved", ""),
    ("om -n 4 -f 1 --rounds 1", 10, "violated", "ic1"),
    ("sm -n 3 -f 1", 0, "proved", ""),
    ("sm -n 3 -f 1 --rounds 1", 10, "violated", "ic1"),
    ("dolev-strong -n 3 -f 1", 0, "proved", ""),
    ("eig -n 3 -f 1", 10, "violated", "agreement"),
    ("flood-set -n 4 -f 2", 0, "proved", ""),
    ("flood-set -n 4 -f 2 --rounds 2", 10, "violated", "agreement"),
    ("flood-set -n 5 -f 3", 0, "proved", ""),
    ("flood-set -n 5 -f 3 --rounds 3", 10, "violated", "agreement"),
    ("flood-set -n 3 -f 1 --require integrity", 11, "violated", "integrity"),
    ("flood-set -n 3 -f 1 --require agreement,integrity", 11, "violated", "integrity"),
    ("flood-set -n 3 -f 1 --faults omission", 0, "proved", ""),
    (
        "flood-set -n 3 -f 1 --faults omission --require uniform-agreement",
        10,
        "violated",
        "uniform-agreement",
    ),
    ("flood-set -n 3 -f 1 --faults general-omission", 0, "proved", ""),
    ("flood-set -n 3 -f 1 --faults omission --require integrity", 11, "violated", "integrity"),
    ("flood-set -n 3 -f 1 --faults byzantine --require integrity", 11, "violated", "integrity"),
    ("flood-set -n 3 -f 1 --flips 1", 10, "violated", "agreement"),
    ("flood-set -n 3 -f 1 --flips 1 --faults crash", 10, "violated", "agreement"),
    ("flood-set -n 3 -f 1 --faults none", 0, "proved", ""),
    ("flood-set -n 1", 0, "proved", ""),
    ("flood-set -n 2 -f 1", 0, "proved", ""),
    ("min-flood -n 3 -f 1 --rounds 1", 10, "violated", "agreement"),
    ("early-stopping -n 4 -f 2", 0, "proved", ""),
    ("early-stopping -n 4 -f 2 --require deadline", 0, "proved", ""),
    ("early-deciding -n 3 -f 2 --require uniform-agreement", 10, "violated", "uniform-agreement"),
    ("phase-king -n 5 -f 1", 0, "proved", ""),
    ("phase-king -n 4 -f 1", 10, "violated", "agreement"),
    ("phase-queen -n 5 -f 1", 0, "proved", ""),
    ("phase-king-3f -n 4 -f 1", 0, "proved", ""),
    ("phase-king-3f -n 3 -f 1", 10, "violated", "agreement"),
    ("interactive-consistency -n 4 -f 1", 0, "proved", ""),
    ("interactive-consistency -n 3 -f 1", 10, "violated", "vector-agreement"),
    ("wait-for-all -n 3 -f 1 --faults crash", 12, "violated", "termination"),
    ("wait-for-all -n 2 -f 1", 12, "violated", "termination"),
];

#[test]
fn searches_come_to_the_known_verdicts() {
    for (line, code, verdict, broken) in CHECKS {
        let said = quorate(&format!("check {line} --format json"));
        assert_eq!(said.code, *code, "{line}: {said:#?}");
        assert_eq!(said.err, "", "{line}");
        let json = said.json();
        assert_eq!(json["verdict"], *verdict, "{line}");
        let all = json["requirements"].as_array().expect("requirements are a list");
        let violated =
            |name: &str| all.iter().any(|r| r["name"] == name && r["verdict"] == "violated");
        match *broken {
            "" => assert!(all.iter().all(|r| r["verdict"] == "holds"), "{line}: {json:#}"),
            name => assert!(violated(name), "{line}: {name} is not violated: {json:#}"),
        }
    }
}

#[test]
fn what_is_printed_can_be_run_again() {
    for (line, code, verdict, _) in CHECKS.iter().filter(|case| case.2 == "violated") {
        let said = quorate(&format!("check {line} --format json"));
        let json = said.json();
        let again = json["reproduce"].as_str().expect("there is a line to reproduce it");
        let again = pasted(&format!("{again} --format json"));
        assert_eq!((again.code, &again.json()["verdict"]), (*code, &json["verdict"]), "{line}");
        let run = json["run"].as_str().unwrap_or_else(|| panic!("{line} shows no run: {json:#}"));
        let made = pasted(&format!("{run} --format json"));
        assert_eq!(made.code, *code, "{line}: {run}: {made:#?}");
        assert_eq!(made.json()["verdict"], *verdict, "{line}: {run}");
        assert_eq!(made.json()["processes"], json["processes"], "{line}: {run}");
        let run_of_run =
            made.json()["reproduce"].as_str().expect("a run can be made again").to_string();
        assert_eq!(pasted(&run_of_run).code, *code, "{line}: {run_of_run}");
    }
}

#[test]
fn the_text_shows_the_same_lines() {
    let said = quorate("check om -n 3 -f 1");
    assert_eq!(said.line("reproduce:"), Some("quorate check om -n 3 -f 1"));
    let run = said.line("this run:").expect("the run is shown").to_string();
    assert_eq!(pasted(&run).code, 11);
    assert!(said.out.contains("1 lie") && said.out.contains("ic2"), "{}", said.out);
}

#[test]
fn an_expectation_makes_it_0_or_1() {
    let holds = "check om -n 4 -f 1";
    let breaks = "check om -n 3 -f 1";
    let one = "run om -n 3 -f 1 --lie p2@2:p1=retreat";
    for (line, expect, code) in [
        (holds, "holds", 0),
        (holds, "violated", 1),
        (holds, "impossible", 1),
        (breaks, "violated", 0),
        (breaks, "holds", 1),
        (breaks, "impossible", 1),
        (one, "violated", 0),
        (one, "holds", 1),
        ("run om -n 4 -f 1", "holds", 0),
        ("run om -n 4 -f 1", "violated", 1),
        ("check om -n 7 -f 2 --budget 50ms", "holds", 20),
    ] {
        let said = quorate(&format!("{line} --expect {expect}"));
        assert_eq!(said.code, code, "{line} --expect {expect}: {said:#?}");
    }
}

#[test]
fn a_search_that_was_stopped_never_says_proved() {
    for line in [
        "om -n 7 -f 2 --budget 50ms",
        "om -n 10 -f 3 --budget 50ms",
        "flood-set -n 9 -f 5 --budget 50ms",
        "phase-king -n 9 -f 2 --budget 50ms",
        "phase-king-3f -n 7 -f 2 --memory 1M",
        "flood-set -n 4 -f 2 --rounds 65535 --budget 50ms",
    ] {
        let said = quorate(&format!("check {line}"));
        assert_eq!(said.code, 20, "{line}: {said:#?}");
        assert!(!said.out.contains("proved") && said.out.contains("stopped"), "{}", said.out);
        let said = quorate(&format!("check {line} --format json"));
        assert_eq!(said.json()["verdict"], "inconclusive", "{line}");
    }
}

#[test]
fn a_run_that_was_stopped_says_so() {
    let said = quorate("run om -n 24 -f 4 --budget 1ms");
    assert_eq!((said.code, said.out.as_str()), (20, ""), "{said:#?}");
    assert!(said.err.contains("--budget"), "{}", said.err);
}

#[test]
fn symmetry_and_threads_change_no_count() {
    let runs = |said: Said| said.json()["work"]["runs"].clone();
    for line in ["om -n 4 -f 1", "flood-set -n 4 -f 1", "sm -n 3 -f 1", "phase-king -n 3 -f 1"] {
        let plain = runs(quorate(&format!("check {line} --format json")));
        for option in ["--no-symmetry", "--threads 1", "--threads 3"] {
            let other = runs(quorate(&format!("check {line} {option} --format json")));
            assert_eq!(plain, other, "{line} {option}");
        }
    }
}

#[test]
fn a_flip_without_a_bit_falls_on_one_that_there_is() {
    for seed in 1..=20 {
        for flip in ["p1@1", "p2@2", "p0@2"] {
            let said = quorate(&format!("run om -n 4 -f 1 --flip {flip} --seed {seed}"));
            assert!(said.out.contains("survive"), "{flip}, seed {seed}: {}", said.out);
        }
    }
}

#[test]
fn a_size_that_nobody_named_fits_the_protocol() {
    let said = quorate("run two-generals -f 1 --format json");
    assert_eq!((said.code, said.json()["n"].as_u64()), (0, Some(2)), "{said:#?}");
}
