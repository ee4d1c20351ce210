//! How likely decisions are, beside what is known or can be computed by hand.

use serde_json::Value as Json;

use crate::program::{pasted, quorate};

/// The least and the greatest probabilities, round by round, with the counts of states.
fn odds(line: &str) -> (Vec<(String, String)>, u64) {
    let said = quorate(&format!("check {line} --format json"));
    assert_eq!(said.err, "", "{line}: {said:#?}");
    let json = said.json();
    assert_eq!(json["odds"]["exact"], true, "{json:#}");
    let text = |one: &Json| one.as_str().unwrap_or_default().to_string();
    let by = json["odds"]["by_round"].as_array().expect("there are rounds");
    let by = by.iter().map(|by| (text(&by["least"]), text(&by["greatest"])));
    (by.collect(), json["odds"]["states"].as_u64().unwrap_or(0))
}

fn same(line: &str, expected: &[&str]) {
    let expected: Vec<_> = expected.iter().map(|one| (one.to_string(), one.to_string())).collect();
    let (by, states) = odds(line);
    assert_eq!(by, expected, "{line}");
    let (by, all) = odds(&format!("{line} --no-reduction"));
    assert_eq!(by, expected, "{line}: every delivery a step");
    assert!(all >= states);
}

/// Two processes that wait for each other decide in the first round in which their values are the
/// same: at once, or with probability 1/2 in each round after the first.
#[test]
fn two_coins_come_to_agree_with_one_half_a_round() {
    let question = "ben-or -n 2 -f 0 --rounds 2 --odds 4";
    same(&format!("{question} --inputs 0,1"), &["0", "1/2", "3/4", "7/8"]);
    same(&format!("{question} --inputs 1,1"), &["1", "1", "1", "1"]);
    let text = |one: &str| (one.to_string(), "1".to_string());
    let (by, _) = odds(question);
    assert_eq!(by, ["0", "1/2", "3/4", "7/8"].map(text), "the inputs are the adversary's");
}

/// Of four that wait for all, more than two must have the same value: 10 of the 16 falls of four
/// coins are so.
#[test]
fn four_coins_agree_well_enough_with_five_eighths() {
    let (by, _) = odds("ben-or -n 4 -f 0 --inputs 0,0,1,1 --rounds 1 --odds 2");
    let same = |one: &str| (one.to_string(), one.to_string());
    assert_eq!(by, ["0", "5/8"].map(same));
}

/// Where all estimates are the same, a common coin lets all decide when it shows that value;
/// otherwise the first coin makes them the same (Mostefaoui, Moumen, Raynal 2014).
#[test]
fn a_common_coin_decides_with_one_half_a_round() {
    same("mmr -n 2 -f 0 --inputs 1,1 --rounds 1 --odds 3", &["1/2", "3/4", "7/8"]);
    same("mmr -n 2 -f 0 --inputs 0,1 --rounds 1 --odds 3", &["0", "1/2", "3/4"]);
}

/// A scheduler that may leave one out of three decides whether the first round is enough.
#[test]
fn a_scheduler_can_prevent_and_bring_about() {
    let question = "ben-or -n 3 -f 1 --inputs 0,1,1 --rounds 1 --odds 1 --require agreement";
    let (by, _) = odds(question);
    assert_eq!(by, [("0".to_string(), "1".to_string())]);
}

#[test]
fn the_report_has_a_table_and_can_be_asked_for_again() {
    let said = quorate("check ben-or -n 2 -f 0 --rounds 3 --odds 2 --require termination");
    let table = "probability that all correct processes have decided by a round, whatever the \
                 schedule and the faults:\n  round                       least                  \
                 greatest\n  1                               0                         1\n  2  \
                                           1/2                         1\n";
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(squeezed(&said.out).contains(&squeezed(table)), "{}", said.out);
    assert!(said.out.contains("in every fair run, with probability 1"), "{}", said.out);
    let json = quorate("check ben-or -n 2 -f 0 --inputs 0,1 --rounds 2 --odds 2 --format json");
    let again = json.json()["reproduce"].as_str().map(|line| format!("{line} --format json"));
    let again = pasted(&again.expect("there is a command")).json();
    assert_eq!(json.json()["odds"], again["odds"]);
}

#[test]
fn what_was_cut_off_is_told_as_bounds() {
    let line = "check ben-or -n 3 -f 1 --inputs 0,1,1 --rounds 1 --odds 3 --require agreement \
                --memory 3M";
    let said = quorate(&format!("{line} --format json")).json();
    assert_eq!(said["odds"]["exact"], false, "{said:#}");
    let said = quorate(line);
    assert!(said.out.contains("so that these are bounds"), "{}", said.out);
    assert!(said.out.contains("at least 0"), "{}", said.out);
}

#[test]
fn where_there_is_no_such_probability_that_is_said() {
    for (line, why) in [
        ("paxos -n 3 --rounds 1 --timing asynchronous --odds 2", "--restarts 0"),
        ("uniform -n 3 -f 1 --inputs 1,-,- --odds 2", "nobody has to decide"),
        ("om -n 3 -f 1 --odds 2", "synchronous"),
    ] {
        let said = quorate(&format!("check {line}"));
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{line}: {said:#?}");
        assert!(said.err.contains(why), "{}", said.err);
    }
}
