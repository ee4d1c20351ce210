//! Every run on a network: verdicts with their bounds, pinned counts, runs that are saved.

use crate::program::{folder, quorate, words};

const TWO_PROPOSERS: &str =
    "check paxos -n 3 --inputs 0,1,- --set start=all --timing asynchronous --timers 0 --crashes 1";

#[test]
fn paxos_with_a_crash_and_a_restart_is_proved_and_says_its_bounds() {
    for (options, states) in [("", "109,852"), (" --no-reduction", "652,301")] {
        let said = quorate(&format!("{TWO_PROPOSERS}{options}"));
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:#?}");
        assert!(said.out.starts_with(&format!("proved: all {states} states")), "{}", said.out);
        let bounds = "within: 0 timers go off; 1 crash; 1 restart; every message lost, or repeated";
        assert!(said.out.contains(bounds), "{}", said.out);
        let json = quorate(&format!("{TWO_PROPOSERS}{options} --format json")).json();
        assert_eq!(json["verdict"], "proved");
        assert_eq!(json["work"]["states"].to_string(), states.replace(',', ""));
        assert_eq!(json["bounds"][1], "1 crash", "{json:#}");
    }
}

#[test]
fn states_that_differ_in_names_alone_count_as_one_and_the_verdict_says_so() {
    let question = "check uniform -n 4 -f 1 --inputs 1,-,-,-";
    let said = quorate(question);
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.out.starts_with("proved: all 682 states"), "{}", said.out);
    let names = "interchangeable: processes p1..p3; states that differ in their names alone count";
    assert!(said.out.contains(names), "{}", said.out);
    let said = quorate(&format!("{question} --no-symmetry"));
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.out.starts_with("proved: all 3,865 states"), "{}", said.out);
    assert!(!said.out.contains("interchangeable"), "{}", said.out);
    let json = quorate(&format!("{question} --no-symmetry --format json")).json();
    let again = json["reproduce"].as_str().unwrap_or_default();
    assert!(again.ends_with("--no-symmetry"), "{json:#}");
}

#[test]
fn a_disk_that_forgets_breaks_paxos_in_a_run_that_replays() {
    let at = folder("forgets");
    let saved = at.join("run.jsonl").display().to_string();
    let said = quorate(&format!("{TWO_PROPOSERS} --forgetful --require agreement --trace {saved}"));
    assert_eq!(said.code, 10, "{said:#?}");
    assert!(said.out.starts_with("violated: agreement"), "{}", said.out);
    let replay = words(&["replay", &saved, "--format", "json"]);
    assert_eq!(replay.code, 0, "{replay:#?}");
    assert_eq!(replay.json()["notes"][0], "replayed: every event is as it was");
}

#[test]
fn a_traitor_cannot_split_four_and_can_block_three() {
    for inputs in ["1,-,-,-", "-,-,-,1", "-,-,-,-"] {
        let said =
            quorate(&format!("check bracha -n 4 --inputs {inputs} --set about=0 --traitor p3"));
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:#?}");
        assert!(said.out.contains("any number of lies"), "{}", said.out);
    }
    let said = quorate("check bracha -n 3 -f 1 --inputs 1,-,- --set about=0");
    assert_eq!(said.code, 12, "{said:#?}");
    assert!(said.out.starts_with("violated: validity"), "{}", said.out);
}

#[test]
fn what_a_search_cannot_ask_is_said() {
    for line in [
        "check heartbeat -n 2 --timing synchronous",
        "check paxos -n 3 --crash p0@1ms",
        "check ben-or -n 65",
        "check paxos -n 40",
        "check paxos -n 3 --loss 10",
        "run ben-or -n 3 --rounds 2",
        "check paxos -n 3 --timers many",
    ] {
        let said = quorate(line);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{line}: {said:#?}");
    }
    let said = quorate("check paxos -n 3 --budget 100ms");
    assert_eq!(said.code, 20, "{said:#?}");
    assert!(said.out.contains("stopped early"), "{}", said.out);
}
