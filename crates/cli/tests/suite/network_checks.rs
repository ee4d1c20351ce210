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

/// A fourth comes and goes: every order of deliveries, over links that keep theirs.
#[test]
fn members_that_come_and_go_are_searched_to_the_end() {
    for (protocol, states) in [("raft", "8,881"), ("raft-single-server", "5,047")] {
        let said = quorate(&format!(
            "check {protocol} -n 4 -f 0 --inputs -,-,-,- --set members=3 --set change=p0:+3,p0:-3 \
             --timing asynchronous --links reliable --fifo --timers 0 --crashes 0 \
             --require log-agreement,election-safety,true-refusals"
        ));
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:#?}");
        assert!(said.out.starts_with(&format!("proved: all {states} states")), "{}", said.out);
    }
}

const MEMBERS: &str = "-n 4 --inputs -,-,-,- --set members=3 --timing asynchronous \
                       --links reliable --fifo --require log-agreement,election-safety,\
                       log-matching,leader-completeness,monotone-commit,durability,true-refusals";

/// One comes, while any process crashes and comes back, between any two steps or in one.
#[test]
fn a_member_that_comes_is_searched_with_a_crash() {
    for (protocol, states) in [("raft", "70,464"), ("raft-single-server", "47,487")] {
        let said = quorate(&format!(
            "check {protocol} {MEMBERS} -f 1 --set change=p0:+3 --timers 0 --crashes 1 --restarts 1"
        ));
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:#?}");
        assert!(said.out.starts_with(&format!("proved: all {states} states")), "{}", said.out);
    }
}

/// One comes in place of the leader, and anybody stands for election: whoever does not lead with
/// the log that a vote brings it lacks what is committed.
#[test]
fn a_leader_that_goes_is_searched_with_an_election() {
    let question =
        format!("check raft {MEMBERS} -f 0 --set change=p0:+3-0 --timers 1 --rounds 2 --crashes 0");
    let said = quorate(&question);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:#?}");
    assert!(said.out.starts_with("proved: all 443,855 states"), "{}", said.out);
    let said = quorate(&format!("{question} --mutant ignores-offer"));
    assert_eq!(said.code, 10, "{said:#?}");
    assert!(said.out.starts_with("violated: leader-completeness"), "{}", said.out);
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

const TWINS: &str = "check bracha -n 3 -f 1 --inputs 0,-,- --traitor p0 --liar twins";

#[test]
fn two_copies_of_a_traitor_break_three_in_a_run_that_replays() {
    let at = folder("twins");
    let saved = at.join("run.jsonl").display().to_string();
    let said = quorate(&format!("{TWINS} --trace {saved}"));
    assert_eq!(said.code, 10, "{said:#?}");
    assert!(said.out.starts_with("violated: agreement"), "{}", said.out);
    for words in ["each traitor is 2 copies", ", against twins", "may be broken by another lie"] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    assert!(said.line("reproduce:").is_some_and(|line| line.ends_with("--liar twins")));
    let replay = words(&["replay", &saved, "--format", "json"]);
    assert_eq!(replay.code, 0, "{replay:#?}");
    assert_eq!(replay.json()["notes"][0], "replayed: every event is as it was");
    let judged = words(&["judge", &saved]);
    assert!(judged.err.contains("quorate replay makes it again"), "{judged:#?}");
}

/// In timed rounds over a network that keeps no bounds a signature does not make up for a message
/// that comes too late; but no order is obeyed that the commander has not signed.
#[test]
fn traitors_in_signed_protocols_say_what_they_have_seen() {
    let at = folder("signed");
    let saved = at.join("run.jsonl").display().to_string();
    for (question, broken) in [
        ("sm -n 3 --timing partial", "ic1"),
        ("dolev-strong -n 3 --timing asynchronous", "ic1"),
        ("sm -n 4 -f 1 --traitor p1 --inputs 1 --links lossy --require ic1", "ic1"),
    ] {
        let timing = if question.contains("--timing") { "" } else { " --timing asynchronous" };
        let said = quorate(&format!("check {question}{timing} --trace {saved}"));
        assert_eq!(said.code, 10, "{question}: {said:#?}");
        assert!(said.out.starts_with(&format!("violated: {broken}")), "{}", said.out);
        let replay = words(&["replay", &saved, "--format", "json"]);
        assert_eq!(replay.json()["notes"][0], "replayed: every event is as it was", "{question}");
    }
}

/// Two copies of an honest process say nothing that some traitor does not say: who is broken by
/// twins is broken by words. The last two run timed rounds over a network that keeps no bounds.
#[test]
fn words_break_whatever_twins_break() {
    for question in [
        "bracha -n 3 -f 1 --inputs 0,-,- --traitor p0 --set about=0 --require agreement",
        "bracha -n 3 -f 1 --inputs 0,-,- --traitor p0 --set about=0 --require totality",
        "bracha -n 3 -f 1 --inputs 1,-,- --set about=0 --require validity",
        "mmr -n 3 -f 1 --rounds 1 --inputs 0,0,0 --require termination",
        "sm -n 3 -f 1 --timing asynchronous --require ic2",
        "om -n 3 -f 1 --timing asynchronous --require ic1",
    ] {
        let said = ["twins", "words"].map(|liar| {
            let said = quorate(&format!("check {question} --faults byzantine --liar {liar}"));
            assert!(said.out.starts_with("violated"), "{question}, {liar}: {said:#?}");
            said.code
        });
        assert_eq!(said[0], said[1], "{question}");
    }
}

#[test]
fn what_cannot_be_asked_of_twins_is_said() {
    for line in [
        "check paxos -n 3 --liar twins",
        "check om -n 3 --liar twins",
        "check bracha -n 3 --liar twins --lies 2",
        "check bracha -n 3 --liar twins --crashes 1",
        "check bracha -n 3 --liar twins --undecided 5",
        "check bracha -n 3 --liar cousins",
    ] {
        let said = quorate(line);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{line}: {said:#?}");
    }
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
    let said = quorate("check paxos -n 3 --timers 2 --budget 100ms");
    assert_eq!(said.code, 20, "{said:#?}");
    assert!(said.out.contains("stopped early"), "{}", said.out);
}

/// What all that is asked takes too long for, a narrower question answers in part.
#[test]
fn a_question_without_bounds_is_answered_as_far_as_a_search_ends() {
    let said = quorate("check chandra-toueg -n 3 --budget 300ms --format json");
    assert_eq!(said.code, 20, "{said:#?}");
    let json = said.json();
    let of = |name: &str| {
        let all = json["requirements"].as_array().expect("requirements are a list");
        all.iter().find(|r| r["name"] == name).map(|r| r["verdict"].clone())
    };
    assert_eq!(of("agreement"), Some("holds".into()), "{json:#}");
    assert_eq!(of("termination"), Some("inconclusive".into()), "{json:#}");
    let again = json["reproduce"].as_str().expect("a line").replacen("quorate ", "", 1);
    assert!(again.contains("--timing asynchronous"), "{again}");
    let narrow = quorate(&again);
    assert_eq!(narrow.code, 0, "{narrow:#?}");
    let notes = json["notes"].as_array().expect("notes are a list");
    let wider = |note: &&serde_json::Value| {
        note.as_str().is_some_and(|note| note.starts_with("a wider search did not come to an end"))
    };
    assert_eq!(notes.iter().filter(wider).count(), 1, "{json:#}");
}

/// Every message arrives, every timer goes off, and nobody ever decides.
#[test]
fn proposers_that_duel_for_ever_are_a_loop_that_replays() {
    let at = folder("duels");
    let saved = at.join("run.jsonl").display().to_string();
    let asked = "check paxos -n 3 --require termination --timing asynchronous";
    let said = quorate(&format!("{asked} --trace {saved}"));
    assert_eq!(said.code, 12, "{said:#?}");
    assert!(said.out.starts_with("violated: termination"), "{}", said.out);
    for words in ["from here on, again and again", "and so on for ever", "go round for ever"] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    assert!(said.out.contains("but for rounds that are higher by"), "{}", said.out);
    let replay = words(&["replay", &saved, "--format", "json"]);
    assert_eq!(replay.json()["notes"][0], "replayed: every event is as it was", "{replay:#?}");
}

#[test]
fn with_a_bound_on_time_they_decide() {
    let asked = "check paxos -n 3 --require termination --timers 0 --crashes 1 --restarts 0";
    let said = quorate(asked);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:#?}");
    assert!(said.out.starts_with("proved: all 27,432 states"), "{}", said.out);
    assert!(said.out.contains("no timer overtaken by more than 2 others"), "{}", said.out);
}

#[test]
fn local_coins_end_every_fair_run_unless_an_adversary_draws_them() {
    let asked = "check ben-or -n 2 -f 0 --require termination --rounds 4";
    let said = quorate(asked);
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.out.contains("in every fair run, with probability 1"), "{}", said.out);
    let said = quorate(&format!("{asked} --any-lots"));
    assert_eq!(said.code, 12, "{said:#?}");
    assert!(said.out.contains("go round for ever"), "{}", said.out);
}

/// Fischer, Lynch, Paterson 1985, as a run of the catalogue's own code.
#[test]
fn a_run_is_kept_undecided_for_as_long_as_asked() {
    let asked = "check paxos -n 3 --inputs 0,1,- --timing asynchronous --undecided 60";
    let said = quorate(asked);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:#?}");
    assert!(said.out.contains("kept undecided for 60 steps"), "{}", said.out);
    assert!(said.out.contains("from the end of the run: "), "{}", said.out);
    let same = quorate("check paxos -n 3 --inputs 1,1,1 --timing asynchronous --undecided 60");
    assert_eq!(same.code, 20, "one value can be decided, and no other: {same:#?}");
}

#[test]
fn a_search_in_another_order_says_what_its_verdict_is_worth() {
    let small = "check paxos -n 3 --inputs 0,1,- --timing asynchronous --timers 0 --crashes 0";
    let json = |options: &str| quorate(&format!("{small} --format json {options}")).json();
    let states = json("")["work"]["states"].clone();
    for order in ["depth", "directed"] {
        let told = json(&format!("--search {order}"));
        assert_eq!((&told["verdict"], &told["work"]["states"]), (&"proved".into(), &states));
        let again = told["reproduce"].as_str().unwrap_or_default().to_string();
        assert!(again.contains(&format!("--search {order}")), "{again}");
    }
    let said = quorate(&format!("{small} --search swarm --seed 5 --budget 300ms"));
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.out.starts_with("no-violation"), "{}", said.out);
    assert!(said.out.contains("random walks came to"), "{}", said.out);
    for order in ["depth", "directed", "swarm"] {
        let line = format!("check bracha -n 3 -f 1 --inputs 1,-,- --set about=0 --search {order}");
        let said = quorate(&line);
        assert_eq!(said.code, 12, "{said:#?}");
        assert!(!said.out.contains("no shorter run"), "{}", said.out);
    }
    let said = quorate("check om -n 3 -f 1 --search depth");
    assert_eq!((said.code, said.out.as_str()), (2, ""), "{said:#?}");
}

/// Breadth first 191,727 states are searched until agreement breaks after 11 steps.
#[test]
fn a_directed_search_finds_a_deep_violation_sooner() {
    let line = format!("{TWO_PROPOSERS} --forgetful --require agreement --search directed");
    let said = quorate(&format!("{line} --threads 1 --format json"));
    assert_eq!(said.code, 10, "{said:#?}");
    let states = said.json()["work"]["states"].as_u64().unwrap_or(u64::MAX);
    assert!(states < 20_000, "{states} states");
}

/// Deliveries were once put off even where the message would have been ignored, and so lost.
#[test]
fn a_message_that_comes_too_early_and_is_ignored_is_lost() {
    let asked = "check fifo -n 2 -f 0 --set each=2 --inputs 1,- --mutant without-hold-back";
    for options in ["", " --no-reduction"] {
        let said = quorate(&format!("{asked}{options}"));
        assert_eq!(said.code, 10, "{said:#?}");
        assert!(said.out.starts_with("violated: agreement"), "{}", said.out);
    }
}

/// What raft must keep in any case, as far as a search of every run gets in a test.
const RAFT: &str = "-n 3 -f 1 --timing asynchronous --rounds 2 --require log-agreement,\
                    election-safety,log-matching,leader-completeness,monotone-commit,durability,\
                    exactly-once,in-order";

#[test]
fn three_processes_of_raft_are_searched_through_two_terms() {
    for (question, states) in [
        ("raft-plain --inputs 1,-,- --timers 0 --crashes 1 --restarts 1", "1,116"),
        ("raft-plain --set snapshot=1 --inputs -,-,- --timers 1 --crashes 0", "6,645"),
        ("raft --inputs 1,-,- --timers 1 --crashes 0 --links reliable --fifo", "34,972"),
        (
            "raft --inputs 0,1,- --timers 0 --crashes 1 --restarts 1 --links reliable --fifo",
            "15,771",
        ),
        (
            "raft --set witness=p2 --inputs 1,-,- --timers 1 --crashes 0 --links reliable --fifo",
            "18,838",
        ),
    ] {
        let said = quorate(&format!("check {question} {RAFT}"));
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{question}: {said:#?}");
        let proved = format!("proved: all {states} states");
        assert!(said.out.starts_with(&proved), "{question}: {}", said.out);
        let silent = said.out.lines().find(|line| line.ends_with("fired in no run"));
        let installs = silent.is_some_and(|line| !line.contains("7 install"));
        assert_eq!(installs, question.contains("snapshot"), "{question}: {silent:?}");
    }
}
