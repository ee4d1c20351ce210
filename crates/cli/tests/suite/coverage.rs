//! What a search came to: rules, the phases that faults met, and what was at stake.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::program::quorate;

fn coverage(line: &str) -> Json {
    let said = quorate(&format!("{line} --format json"));
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{line}: {said:#?}");
    said.json()
}

fn phases(met: &Json, fault: &str) -> BTreeSet<String> {
    let phases = met[fault].as_object();
    phases.map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

fn idle(json: &Json) -> Vec<String> {
    let all = json["coverage"]["occasions"].as_array().expect("there are requirements");
    let idle = all.iter().filter(|one| one["occasion"] == false);
    idle.map(|one| one["name"].as_str().unwrap_or_default().to_string()).collect()
}

#[test]
fn a_search_meets_every_phase_that_drawn_runs_meet() {
    for question in ["uniform -n 3 -f 1 --inputs 1,-,-", "ben-or -n 3 -f 1 --inputs 1,1,1"] {
        let searched = coverage(&format!("check {question}"));
        let swept = coverage(&format!("sweep {question} --runs 400"));
        let (met, drawn) = (&searched["coverage"]["met"], &swept["sweep"]["met"]);
        let (all, some) = (phases(met, "crash"), phases(drawn, "crash"));
        assert!(some.len() > 1, "{drawn:#}");
        assert!(all.is_superset(&some), "{all:?} {some:?}");
        assert!(met.get("restart").is_none() && met.get("lie").is_none(), "{met:#}");
    }
}

#[test]
fn a_fault_that_the_bounds_leave_no_room_for_met_nothing() {
    let question = "check bracha -n 4 --inputs 1,-,-,- --set about=0 --traitor p3";
    let free = coverage(question);
    assert_eq!(phases(&free["coverage"]["met"], "lie").len(), 3, "{free:#}");
    let bound = quorate(&format!("{question} --lies 0"));
    assert!(bound.out.contains("\n  lie                met nothing\n"), "{}", bound.out);
}

#[test]
fn every_fault_is_told_by_its_name_and_threads_change_nothing() {
    let question = "check paxos -n 3 --inputs 0,1,- --set start=all --timing asynchronous \
                    --timers 0 --crashes 1 --rounds 1";
    let json = coverage(&format!("{question} --threads 1"));
    let met = &json["coverage"]["met"];
    for fault in ["crash", "crash in a step", "restart", "lost message", "repeated message"] {
        assert!(!phases(met, fault).is_empty(), "{fault}: {met:#}");
    }
    // A process that was lost a message had not to have done anything, one that got it again had.
    assert!(phases(met, "lost message").contains("(none)"), "{met:#}");
    assert!(!phases(met, "repeated message").contains("(none)"), "{met:#}");
    for other in ["--threads 2", "--search depth", "--search directed --threads 2"] {
        let other = coverage(&format!("{question} {other}"));
        assert_eq!(json["coverage"], other["coverage"]);
    }
}

#[test]
fn a_requirement_that_nothing_could_break_had_no_occasion() {
    let question = "check paxos -n 3 --set start=all --timers 0 --crashes 0 --timing asynchronous";
    let two = coverage(&format!("{question} --inputs 0,1,-"));
    assert!(idle(&two).is_empty(), "{two:#}");
    let one = coverage(&format!("{question} --inputs 1,1,-"));
    let all = ["agreement", "uniform-agreement", "irrevocability", "validity-proposed"];
    assert_eq!(idle(&one), all);
    let said = quorate(&format!("{question} --inputs 1,1,-"));
    assert!(said.out.contains("\nagreement had no occasion: nothing"), "{}", said.out);
    // What is broken had its occasion, and what is owed has it as long as it has not come.
    let broken = quorate("check bracha -n 3 -f 1 --inputs 1,-,- --set about=0 --format json");
    let json = broken.json();
    let had = json["coverage"]["occasions"].as_array().into_iter().flatten();
    let had: Vec<&Json> = had.filter(|one| one["name"] == "validity").collect();
    assert_eq!(had[0]["occasion"], true, "{json:#}");
}
