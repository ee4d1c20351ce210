//! Traitors that are several copies of the honest process, in protocols that know nothing of them.

use quorate_checker::Progress;
use quorate_checker::network::{Findings, Scope, What, explore};
use quorate_kernel::Process;

use crate::echo;

fn search(n: u16, traitors: &[u16], copies: u8, reduced: bool) -> Findings {
    let mut inquiry = echo::inquiry(n, traitors, copies);
    let (collapse, symmetry) = (reduced, reduced);
    inquiry.scope = Scope { collapse, symmetry, ..inquiry.scope };
    let found = explore(&inquiry, 1, &Progress::default());
    assert_eq!(found.stopped, None, "the search must end");
    found
}

fn broken(found: &Findings) -> Vec<usize> {
    found.broken.iter().map(|broken| broken.requirement).collect()
}

/// Three echoes of the same value among four are by two correct processes at least, whatever two
/// copies of one say; two echoes among three need not be.
#[test]
fn two_copies_of_the_sender_split_three_and_not_four() {
    for reduced in [true, false] {
        assert_eq!(broken(&search(3, &[0], 2, reduced)), [0], "agreement, {reduced}");
        assert!(search(4, &[0], 2, true).broken.is_empty());
        assert!(search(3, &[2], 2, reduced).broken.is_empty(), "the sender is correct, {reduced}");
    }
}

/// One copy is a process that may be cut off at any moment: it splits nobody.
#[test]
fn one_copy_is_no_liar() {
    assert!(search(3, &[0], 1, true).broken.is_empty());
}

/// Everybody sends to a name, and all who bear it may hear.
#[test]
fn names_stand_for_their_copies() {
    let found = search(3, &[0], 2, true);
    let run = &found.broken[0].run;
    assert_eq!(run.boots.len(), 4, "three processes, and one more copy");
    let copies = run.moves.iter().filter(|one| [Process(0), Process(3)].contains(&one.process));
    assert!(copies.count() > 1, "both copies take steps: {run:#?}");
    let says = |one: &quorate_checker::network::Move| matches!(one.what, What::Word { .. });
    assert!(!run.moves.iter().any(says), "no word is said that nobody has sent");
    let whom = run.moves.iter().flat_map(|one| one.done.sends.iter());
    assert!(whom.clone().any(|to| *to == Process(3)), "what is sent to p0 goes to every copy");
}
