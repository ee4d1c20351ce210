//! Links that fail in part, and leaders that stop: as long as somebody reaches a majority, Raft
//! goes on.

use crate::program::{folder, quorate};

/// The links are whole again at this time.
const HEALED: u64 = 20_000_000;

/// What was handed out in a scenario: when, in ticks, by whom, and what.
fn handed_out(name: &str) -> Vec<(u64, u64, String)> {
    handed_out_with(name, "")
}

/// The same with options.
fn handed_out_with(name: &str, options: &str) -> Vec<(u64, u64, String)> {
    let kept = format!("partitions-{name}{}", options.replace(' ', "-"));
    let path = format!("{}/../../scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    handed_out_in(&format!("{path} {options}"), &kept)
}

/// The same of any run, whose trace goes to a folder of this name.
fn handed_out_in(run: &str, kept: &str) -> Vec<(u64, u64, String)> {
    let saved = folder(kept).join("run.jsonl").display().to_string();
    let said = quorate(&format!("run {run} --trace {saved} -q"));
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{run}: {said:#?}");
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
    applied_with(name, process, "")
}

/// The same with options.
fn applied_with(name: &str, process: u64, options: &str) -> u64 {
    let command = format!("(p{process}'s command");
    let all = handed_out_with(name, options);
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
    breaks("raft-figure-8", "any-term", "log-agreement");
}

/// A scenario breaks with a mutant, which the protocol survives as it is meant.
fn breaks(name: &str, mutant: &str, requirement: &str) {
    let path = format!("{}/../../scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let said = quorate(&format!("run {path} --mutant {mutant} --expect violated --format json"));
    assert_eq!(said.code, 0, "{said:#?}");
    let requirements = said.json()["requirements"].clone();
    let all = requirements.as_array().expect("requirements are a list");
    let one = all.iter().find(|one| one["name"] == requirement).expect("it is judged");
    assert_eq!(one["verdict"], "violated", "{name} {mutant}");
}

/// What each scenario of members that change is about.
#[test]
fn members_that_change_break_what_has_no_rule_for_it() {
    breaks("raft-single-server-2015", "change-before-term", "log-agreement");
    breaks("raft-single-server-unreverted", "unreverted", "log-agreement");
    breaks("raft-single-server-stale-state", "stale-members", "log-agreement");
    breaks("raft-rejoin", "any-session", "termination");
}

#[test]
fn who_was_taken_out_deposes_no_leader_once_it_is_told() {
    assert_eq!(terms_after("raft-removed", 96_000), 0);
    assert!(terms_after("raft-plain-removed", 96_000) > 10);
}

/// The members have become four, one of which was cut off and stood in a later term, and one of
/// the others is down: the three are all needed.
#[test]
fn a_later_term_stops_no_pre_vote_while_members_change() {
    let done = applied("raft-pre-vote-behind", 2);
    assert!(done < 400_000 + 4 * 120_000, "{done}");
    let late = applied_with("raft-pre-vote-behind", 2, "--mutant keeps-term");
    assert!(late > HEALED, "{late}");
}

/// The members are others than the only process that reaches a majority of them has heard of.
#[test]
fn who_does_not_know_the_members_asks_those_that_are_named() {
    for (name, asked, at) in [("raft-named", 2, 500_000), ("raft-named-by-strangers", 3, 700_000)] {
        let done = applied(name, asked);
        assert!(done < at + 4 * 240_000, "{name}: {done}");
        let late = applied_with(name, asked, "--mutant without-named");
        assert!(late > HEALED, "{name}: {late}");
    }
}

/// Of five, one sees only one of the other three, and one only another of them.
#[test]
fn pairs_that_are_cut_off_depose_no_leader() {
    assert_eq!(terms_after("raft-cut-pairs", 96_000), 0);
    assert!(terms_after("raft-plain-cut-pairs", 96_000) > 10);
}

/// Two come and the leader and another go, in one change: the leader leads until that is committed.
#[test]
fn a_leader_takes_itself_out_and_others_go_on() {
    let all = handed_out("raft-members");
    let text = |who: u64, what: &str| {
        let mut own = all.iter().filter(|(_, p, _)| *p == who);
        own.any(|(_, _, said)| said.contains(what))
    };
    for who in [2, 3, 4] {
        assert!(text(who, "members p2 p3 p4"), "p{who} has the new members");
    }
    assert!(text(2, "change 1 is done"));
    let next = all.iter().filter(|(_, _, what)| what.starts_with("leads")).nth(1);
    assert!(matches!(next, Some((_, 2..=4, _))), "{next:?}");
}

#[test]
fn who_is_cut_off_in_part_deposes_no_leader() {
    assert_eq!(terms_after("raft-half-cut", 96_000), 0);
    assert!(terms_after("raft-plain-half-cut", 96_000) > 0);
}

/// What p0 reads last: it is stopped from 46 ms to 400 ms, and asked at 49.5 ms, in vain till then.
fn read_last(name: &str) -> (u64, String) {
    let mut all = handed_out(name);
    all.retain(|(_, who, what)| *who == 0 && what.contains(": read"));
    let (at, _, what) = all.pop().expect("p0 reads");
    (at, what)
}

#[test]
fn a_stopped_leader_reads_what_was_there_before_unless_it_asks() {
    let (at, what) = read_last("raft-stale-read");
    assert_eq!((at, what.as_str()), (400_000, "slot 4: read 1"));
    let (at, what) = read_last("raft-stale-read-asked");
    assert_eq!((at, what.as_str()), (420_000, "slot 7: read 0"));
}

/// It leads from 20 ms on, and one exchange later knows that it does.
#[test]
fn a_new_leader_reads_for_itself_at_once() {
    let all = handed_out("raft-stale-read-asked");
    let first = all.iter().find(|(_, who, what)| *who == 0 && what.contains("read"));
    assert_eq!(first.map(|(at, _, what)| (*at, what.as_str())), Some((30_000, "slot 3: read 1")));
}

/// Beats of 21 ms, and 3 to 8 of them until somebody stands; an exchange for promises and one for
/// acceptances, of 10 ms at most each way.
#[test]
fn a_leader_of_ballots_that_is_gone_is_followed_soon() {
    let run = "multi-paxos -n 3 --crash p0@1s --ask p0@0ms=1 --ask p1@1001ms=1";
    for seed in 1..=20 {
        let all = handed_out_in(&format!("{run} --seed {seed}"), &format!("ballots-{seed}"));
        let own = all.iter().find(|(_, who, what)| *who == 1 && what.contains("(p1's command"));
        let (at, ..) = own.unwrap_or_else(|| panic!("seed {seed}: it is applied"));
        assert!(*at <= 1_001_000 + 8 * 21_000 + 4 * 10_000, "seed {seed}: {at}");
    }
}

/// No clock is read, so a lease is only taken to hold.
#[test]
fn linearizability_is_not_claimed_of_reads_by_lease() {
    for (reads, claimed) in [("index", true), ("lease", false)] {
        let said = quorate(&format!("run raft -n 3 -f 1 --set reads={reads} --format json"));
        assert_eq!(said.code, 0, "{said:#?}");
        let json = said.json();
        let all = json["requirements"].as_array().expect("requirements are a list");
        let judged = all.iter().any(|one| one["name"] == "linearizability");
        assert_eq!(judged, claimed, "{json:#}");
        let note = json["notes"].to_string().contains("not judged: linearizability");
        assert_eq!(note, !claimed, "{json:#}");
    }
    let card = quorate("explain raft").out;
    let claim = card.lines().skip_while(|line| !line.starts_with("  linearizability "));
    let claim: Vec<&str> = claim.take(3).map(str::trim).collect();
    assert!(claim.join(" ").contains("but not with reads=lease"), "{card}");
}
