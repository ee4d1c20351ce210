//! A judge who has to stop says so, and names no verdict.

use std::fmt::Write;
use std::time::Instant;

use quorate_history::{Limits, Spent, Verdict, judge};

use crate::history;

/// Writes at one time, of values that come twice, and a read of what nobody wrote.
fn hard(writers: u32) -> String {
    let mut text = String::new();
    for process in 0..writers {
        let _ = writeln!(text, "{process} :invoke :append {process}");
    }
    let _ = writeln!(text, "900 :invoke :append 0");
    for process in 0..writers {
        let _ = writeln!(text, "{process} :ok :append {process}");
    }
    let _ = writeln!(text, "900 :ok :append 0");
    let _ = writeln!(text, "901 :invoke :read nil\n901 :ok :read [77]");
    text
}

#[test]
fn a_budget_that_is_spent_gives_no_verdict() {
    let history = history(&hard(5));
    let now = Limits { deadline: Some(Instant::now()), ..Limits::NONE };
    assert_eq!(judge(&history, now).verdict, Verdict::Inconclusive(Spent::Time));
    assert!(matches!(judge(&history, Limits::NONE).verdict, Verdict::Violated(_)));
}

#[test]
fn memory_is_bounded() {
    let history = history(&hard(14));
    let limits = Limits { bytes: 1 << 20, ..Limits::NONE };
    let judgement = judge(&history, limits);
    assert_eq!(judgement.verdict, Verdict::Inconclusive(Spent::Memory));
    assert!(judgement.configurations < 200_000, "{}", judgement.configurations);
}

#[test]
fn a_violation_elsewhere_is_found_although_one_key_is_too_hard() {
    let hard = hard(14);
    let keyed = |line: &str| {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        let [process, kind, f, value] = words[..] else { panic!("{line}") };
        format!("{{:process {process}, :type {kind}, :f {f}, :key 1, :value {value}}}\n")
    };
    let mut text: String = hard.lines().map(keyed).collect();
    for kind in [":invoke", ":ok"] {
        let _ = writeln!(text, "{{:process 1, :type {kind}, :f :read, :key 2, :value [5]}}");
    }
    let limits = Limits { bytes: 1 << 20, ..Limits::NONE };
    let Verdict::Violated(witness) = judge(&history(&text), limits).verdict else {
        panic!("the second key is violated")
    };
    assert_eq!(witness.operations.len(), 1);
    assert!(witness.minimal);
}
