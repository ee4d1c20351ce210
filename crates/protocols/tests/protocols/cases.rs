//! The cases that papers, textbooks and the course work out by hand.

use std::collections::BTreeSet;

use quorate_kernel::{Faults, Liar, Message, Process, Rounds, Value, named};
use quorate_protocols::Catalogued;
use quorate_protocols::consensus::early_deciding::EarlyDeciding;
use quorate_protocols::consensus::eig::Eig;
use quorate_protocols::consensus::phase_king::PhaseKing;
use quorate_protocols::consensus::phase_king_3f::PhaseKing3f;
use quorate_protocols::consensus::turpin_coan::TurpinCoan;
use quorate_protocols::consensus::wait_for_all::WaitForAll;
use quorate_protocols::generals::om::Om;
use quorate_protocols::generals::sm::Sm;

use crate::driver::{Experiment, Fate, Random, Run, group, inputs, run, setup};

/// A traitor's words by round, speaker and listener, as their labels.
type Said<'a> = &'a dyn Fn(u16, u16, u16) -> Option<String>;

struct Case<'a> {
    /// n, f, and how many values there are.
    size: (u16, u16, u16),
    set: &'a [(&'a str, &'a str)],
    /// How many rounds fewer than the protocol asks for.
    less: u16,
    values: &'a [u16],
    traitors: &'a [u16],
}

fn play<R: Catalogued>(case: &Case<'_>, said: Said<'_>) -> Run<R> {
    let (n, f, values) = case.size;
    let settings: Vec<_> = case.set.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    let config = R::configure(&setup(group(n, f), values, &settings)).expect("a valid case");
    let faulty: Vec<Process> = case.traitors.iter().map(|p| Process(*p)).collect();
    let experiment = Experiment {
        group: group(n, f),
        config: &config,
        last: R::rounds(group(n, f), &config) - case.less,
        inputs: &inputs::<R>(case.values),
        faulty: &faulty,
        faults: Faults::Byzantine,
    };
    let script = |round, me: Process, to: Process, liar: &Liar<'_, R>| {
        let label = said(round, me.0, to.0)?;
        let vocabulary = R::vocabulary(liar, round, to);
        if vocabulary.size() == Some(0) {
            return None;
        }
        let word = vocabulary.words().find(|word| word.label(&|v| v.to_string()) == label);
        Some(word.unwrap_or_else(|| panic!("{label} is no word of {me} to {to} in {round}")))
    };
    run(&experiment, &mut Random(0), Some(&script))
}

/// What the correct decide, in order.
fn decided<R: Rounds>(run: &Run<R>) -> Vec<quorate_kernel::RoundOutput<R>> {
    run.decisions.iter().flatten().map(|(output, _)| output.clone()).collect()
}

fn values(list: &[u16]) -> Vec<Value> {
    list.iter().map(|value| Value(*value)).collect()
}

fn orders(to: &'static [u16]) -> impl Fn(u16, u16, u16) -> Option<String> {
    move |round, _, listener| (round == 1).then(|| to[usize::from(listener)].to_string())
}

/// Four generals whose commander is the traitor and orders each something of its own.
fn four_generals(order: &'static [u16], tie: &str) -> Vec<Value> {
    let case =
        Case { size: (4, 1, 5), set: &[("tie", tie)], less: 0, values: &[0; 4], traitors: &[0] };
    decided(&play::<Om>(&case, &orders(order)))
}

#[test]
fn four_generals_agree_whatever_the_commander_says() {
    assert_eq!(four_generals(&[0, 1, 4, 4], "default"), values(&[4, 4, 4]));
    assert_eq!(four_generals(&[0, 4, 4, 1], "median"), values(&[4, 4, 4]));
    assert_eq!(four_generals(&[0, 1, 3, 4], "default"), values(&[0, 0, 0]));
    assert_eq!(four_generals(&[0, 1, 3, 4], "median"), values(&[3, 3, 3]));
    // Each lieutenant follows its own word: no agreement, although n > 3f.
    assert_eq!(four_generals(&[0, 1, 3, 4], "commander"), values(&[1, 3, 4]));
}

#[test]
fn four_generals_obey_a_loyal_commander_whatever_a_lieutenant_says() {
    let case = Case { size: (4, 1, 5), set: &[], less: 0, values: &[4; 4], traitors: &[3] };
    let run = play::<Om>(&case, &|round, _, _| (round == 2).then(|| "1".into()));
    assert_eq!(decided(&run), values(&[4, 4, 4]));
    assert!(run.broken.is_empty());
}

#[test]
fn three_generals_disobey_with_one_tie_rule_and_disagree_with_the_other() {
    let size = (3, 1, 2);
    let case = Case { size, set: &[], less: 0, values: &[1; 3], traitors: &[2] };
    let run = play::<Om>(&case, &|round, _, _| (round == 2).then(|| "0".into()));
    assert_eq!(run.broken, BTreeSet::from(["ic2"]));

    let set = &[("tie", "commander")];
    let case = Case { size, set, less: 0, values: &[0; 3], traitors: &[0] };
    assert_eq!(play::<Om>(&case, &orders(&[0, 0, 1])).broken, BTreeSet::from(["ic1"]));
}

#[test]
fn following_the_commander_on_a_tie_is_wrong_with_five_generals_too() {
    let set = &[("tie", "commander")];
    let case = Case { size: (5, 1, 2), set, less: 0, values: &[0; 5], traitors: &[0] };
    assert_eq!(play::<Om>(&case, &orders(&[0, 0, 0, 1, 1])).broken, BTreeSet::from(["ic1"]));
}

#[test]
fn a_traitor_with_three_generals_has_two_words_at_a_time() {
    let config = Om::configure(&setup(group(3, 1), 2, &[])).expect("valid");
    for (me, round, to) in [(0, 1, 1), (0, 1, 2), (1, 2, 2), (2, 2, 1)] {
        let liar = Liar::<Om> {
            me: Process(me),
            group: group(3, 1),
            config: &config,
            last: 2,
            pens: &[],
            seen: &[],
        };
        let words = Om::vocabulary_of(&liar, round, Process(to));
        assert_eq!(words, (Some(2), true));
    }
}

/// How many words there are, and whether one of them is as good as silence.
trait VocabularyOf: Catalogued {
    fn vocabulary_of(liar: &Liar<'_, Self>, round: u16, to: Process) -> (Option<u64>, bool) {
        let words = Self::vocabulary(liar, round, to);
        (words.size(), words.silence_is_a_word())
    }
}

impl<R: Catalogued> VocabularyOf for R {}

#[test]
fn a_two_round_king_fails_at_four_processes() {
    let case = Case { size: (4, 1, 2), set: &[], less: 0, values: &[0; 4], traitors: &[0] };
    let run = play::<PhaseKing>(&case, &|round, _, _| (round <= 3).then(|| "1".into()));
    assert_eq!(decided(&run), values(&[1, 1, 1]));
    assert!(run.broken.contains("integrity"));
}

#[test]
fn a_three_round_king_fails_at_three_processes() {
    // The liar echoes to each its own value, whoever is king.
    let case = Case { size: (3, 1, 2), set: &[], less: 0, values: &[0, 1, 0], traitors: &[2] };
    let echo = |round: u16, _, to: u16| (!round.is_multiple_of(3)).then(|| to.to_string());
    let run = play::<PhaseKing3f>(&case, &echo);
    assert_eq!(decided(&run), values(&[0, 1]));
    assert!(run.broken.contains("agreement"));
}

#[test]
fn turpin_and_coan_fail_at_three_processes() {
    let case = Case { size: (3, 1, 3), set: &[], less: 0, values: &[1, 2, 0], traitors: &[2] };
    let echo = |round: u16, _, to: u16| (round <= 2).then(|| (to + 1).to_string());
    let run = play::<TurpinCoan>(&case, &echo);
    assert_eq!(decided(&run), values(&[1, 2]));
    assert!(run.broken.contains("agreement"));
}

#[test]
fn a_commander_that_signs_two_orders_divides_those_who_do_not_compare() {
    let said = |round, _, to: u16| (round == 1).then(|| format!("{}:p0", to - 1));
    let case = Case { size: (3, 1, 2), set: &[], less: 1, values: &[0; 3], traitors: &[0] };
    assert_eq!(play::<Sm>(&case, &said).broken, BTreeSet::from(["ic1"]));

    let run = play::<Sm>(&Case { less: 0, ..case }, &said);
    assert!(run.broken.is_empty());
    let notes: Vec<String> = run.notes.iter().map(|n| named(n, &|v| v.to_string())).collect();
    assert_eq!(notes, ["signed both 0 and 1", "signed both 0 and 1"]);
}

#[test]
fn an_order_released_in_the_last_round_divides_one_round_too_early() {
    // p0 says 1 to all in time; p3 holds back what p0 signed besides.
    let said = |round, me, to| match (round, me, to) {
        (1, 0, _) => Some("1:p0".to_string()),
        (2, 3, 1) => Some("0:p0.p3".to_string()),
        _ => None,
    };
    let case = Case { size: (4, 2, 2), set: &[], less: 1, values: &[0; 4], traitors: &[0, 3] };
    assert_eq!(play::<Sm>(&case, &said).broken, BTreeSet::from(["ic1"]));
    assert!(play::<Sm>(&Case { less: 0, ..case }, &said).broken.is_empty());
}

/// Choices written down in advance, and 0 after the last.
struct Written(&'static [u32], usize);

impl Fate for Written {
    fn choose(&mut self, _: u32) -> u32 {
        self.1 += 1;
        self.0.get(self.1 - 1).copied().unwrap_or(0)
    }
}

fn crash<R: Catalogued>(n: u16, f: u16, proposals: &[u16], fate: &'static [u32]) -> Run<R> {
    let config = R::configure(&setup(group(n, f), 2, &[])).expect("valid");
    let experiment = Experiment {
        group: group(n, f),
        config: &config,
        last: R::rounds(group(n, f), &config),
        inputs: &inputs::<R>(proposals),
        faulty: &(0..f).map(Process).collect::<Vec<_>>(),
        faults: Faults::Crash,
    };
    run(&experiment, &mut Written(fate, 0), None)
}

#[test]
fn deciding_at_once_is_not_uniform() {
    // p0 crashes in round 1 having reached p1 alone, and p1 in round 2 having reached nobody.
    let run = crash::<EarlyDeciding>(3, 2, &[0, 1, 1], &[1, 1, 0, 0, 1, 0, 0]);
    assert_eq!(decided(&run), values(&[0, 1]));
    assert!(run.broken.contains("uniform-agreement") && !run.broken.contains("agreement"));
}

#[test]
fn who_waits_for_all_waits_for_ever() {
    let run = crash::<WaitForAll>(2, 1, &[0, 1], &[1, 0]);
    assert_eq!(decided(&run), []);
    assert!(run.broken.contains("termination"));
}

#[test]
fn no_majority_is_a_decision_that_all_reach_together() {
    let case = Case {
        size: (2, 0, 2),
        set: &[("rule", "majority")],
        less: 0,
        values: &[0, 1],
        traitors: &[],
    };
    let run = play::<WaitForAll>(&case, &|_, _, _| None);
    assert_eq!(decided(&run), [Value::BOTTOM, Value::BOTTOM]);
    assert!(run.broken.contains("validity-proposed") && !run.broken.contains("agreement"));
}

fn quiet<R: Catalogued>(n: u16, f: u16, size: u16) -> Run<R> {
    let ones = vec![1; usize::from(n)];
    play(
        &Case { size: (n, f, size), set: &[], less: 0, values: &ones, traitors: &[] },
        &|_, _, _| None,
    )
}

#[test]
fn hearsay_grows_as_counted() {
    for (n, f, messages) in
        [(3, 1, 4), (4, 1, 9), (5, 1, 16), (6, 2, 85), (7, 2, 156), (10, 3, 3_609)]
    {
        let run = quiet::<Om>(n, f, 2);
        assert_eq!((run.messages, run.items, run.bits), (messages, messages, messages));
    }
    for (n, f, items) in [(4, 1, 48), (5, 1, 100), (7, 2, 1_554), (10, 3, 52_740)] {
        let run = quiet::<Eig>(n, f, 5);
        let exchanges = u64::from(f + 1) * u64::from(n) * u64::from(n - 1);
        assert_eq!((run.messages, run.items, run.bits), (exchanges, items, 3 * items));
    }
}

#[test]
fn kings_send_single_bits() {
    for (n, f) in [(5u64, 1u64), (9, 2)] {
        let run = quiet::<PhaseKing>(n as u16, f as u16, 2);
        assert_eq!(run.bits, (f + 1) * (n * n - 1));
    }
    for (n, f) in [(4u64, 1u64), (7, 2)] {
        let run = quiet::<PhaseKing3f>(n as u16, f as u16, 2);
        assert_eq!(run.bits, (f + 1) * (n - 1) * (3 * n + 1));
    }
}

#[test]
fn what_does_not_fit_is_refused_with_a_way_out() {
    let refused = PhaseKing3f::configure(&setup(group(4, 1), 3, &[])).expect_err("binary only");
    assert!(refused.contains("turpin-coan"), "{refused}");
    let refused = Eig::configure(&setup(group(1000, 333), 2, &[])).expect_err("too large");
    assert!(refused.contains("phase-king"), "{refused}");
    let wrong = [("tie".to_string(), "coin".to_string())];
    let refused = Om::configure(&setup(group(4, 1), 2, &wrong)).expect_err("no such word");
    assert!(refused.contains("median"), "{refused}");
}
