//! The picture of a witness.

use quorate_history::{Operation, draw};

use crate::history;

#[test]
fn intervals_overlap_as_they_did() {
    let text = "0 :invoke :write 1\n1 :invoke :write 2\n1 :info :write 2\n0 :ok :write 1\n\
                2 :invoke :read nil\n2 :ok :read 2\n";
    let history = history(text);
    let all: Vec<&Operation> = history.operations.iter().collect();
    let expected = "  process 0  ├ write 1 ┤\n  process 1   ├ write 2 ────────────?\n\
                    \u{20} process 2              ├ read 2 ┤\n";
    assert_eq!(draw(&all), expected, "{}", draw(&all));
}
