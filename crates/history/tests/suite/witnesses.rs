//! What is shown of a violation.

use quorate_history::Model;

use crate::{history, holds, judged, witness};

fn lines(text: &str) -> Vec<u32> {
    let history = history(text);
    let witness = witness(&history).expect("it is violated");
    witness.operations.iter().map(|at| history.operations[*at].line).collect()
}

/// Operations one after the other, each by its own process.
fn sequence(operations: &[(&str, &str)]) -> String {
    let one = |(at, (asked, answered)): (usize, &(&str, &str))| {
        format!("{at} :invoke {asked}\n{at} :ok {answered}\n")
    };
    operations.iter().enumerate().map(one).collect()
}

fn writes(values: &[u32]) -> Vec<(String, String)> {
    values.iter().map(|v| (format!(":write {v}"), format!(":write {v}"))).collect()
}

#[test]
fn a_stale_read_is_shown_by_the_write_it_saw_and_the_one_it_missed() {
    let mut operations = writes(&(1..=50).collect::<Vec<_>>());
    operations.push((":read nil".into(), ":read 20".into()));
    let text = |more: &[(String, String)]| {
        let all: Vec<(&str, &str)> =
            operations.iter().chain(more).map(|(a, b)| (&**a, &**b)).collect();
        sequence(&all)
    };
    // Unique values, and the search.
    for more in [writes(&[]), writes(&[7])] {
        let of = lines(&text(&more));
        assert_eq!(of.len(), 3, "{of:?}");
        assert_eq!((of[0], of[2]), (39, 101), "{of:?}");
    }
}

#[test]
fn a_value_that_nobody_wrote_is_shown_alone() {
    let text = sequence(&[(":write 1", ":write 1"), (":read nil", ":read 2")]);
    assert_eq!(lines(&text), [3]);
}

#[test]
fn a_lock_that_two_hold_is_shown_by_both() {
    let (take, give) = ((":acquire nil", ":acquire nil"), (":release nil", ":release nil"));
    assert!(holds(&sequence(&[take, give, take, give])));
    // With the release before: left out, it might have come later.
    assert_eq!(lines(&sequence(&[take, give, take, take])), [3, 5, 7]);
    assert_eq!(lines(&sequence(&[take, take])), [1, 3]);
}

#[test]
fn an_append_that_a_later_read_lacks_is_shown_by_both() {
    let append = |value| (format!(":append {value}"), format!(":append {value}"));
    let (one, two) = (append(1), append(2));
    let read = |list| (":read nil", list);
    let with = |list| {
        let pairs = [&one, &two].map(|(a, b)| (&**a, &**b));
        sequence(&[pairs[0], pairs[1], read(list)])
    };
    assert!(holds(&with(":read [1 2]")));
    assert_eq!(lines(&with(":read [1]")), [3, 5]);
    assert_eq!(lines(&with(":read [2 1]")), [1, 3, 5]);
}

#[test]
fn an_operation_without_answer_may_happen_late_or_never() {
    let asked = "9 :invoke :write 5\n9 :info :write 5 :timed-out\n";
    let seen = sequence(&[(":read nil", ":read nil"), (":read nil", ":read 5")]);
    assert!(holds(&format!("{asked}{seen}")));
    let back = sequence(&[(":read nil", ":read 5"), (":read nil", ":read nil")]);
    assert!(!holds(&format!("{asked}{back}")));
    // Not before it was asked for.
    assert_eq!(lines(&format!("{}{asked}", sequence(&[(":read nil", ":read 5")]))), [1, 3]);
    // Once only.
    let other = [(":read nil", ":read 5"), (":write 6", ":write 6"), (":read nil", ":read 5")];
    assert!(!holds(&format!("{asked}{}", sequence(&other))));
}

#[test]
fn a_failed_operation_did_not_happen() {
    let text = "0 :invoke :cas [1 2]\n0 :fail :cas [1 2]\n1 :invoke :write 1\n1 :ok :write 1\n\
                2 :invoke :read nil\n2 :ok :read 1\n";
    let judgement = judged(text, Some(Model::Cas));
    assert_eq!(judgement.verdict, quorate_history::Verdict::Holds);
}

#[test]
fn a_store_that_nothing_is_appended_to_holds_anything() {
    let put = (":put 5", ":put 5");
    assert!(holds(&sequence(&[(":get nil", ":get nil"), put, (":get nil", ":get 5")])));
    assert_eq!(lines(&sequence(&[put, (":get nil", ":get \"\"")])), [1, 3]);
}
