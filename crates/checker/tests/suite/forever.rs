//! Runs without end: circles and joins, what is fair, and what chance is worth.

use quorate_checker::Progress;
use quorate_checker::network::{Fairness, Findings, explore};

use crate::walk::{self, Edge, GOAL};

const WEAK: Fairness = Fairness { strong: false, chance: false };
const STRONG: Fairness = Fairness { strong: true, chance: false };
const CHANCE: Fairness = Fairness { strong: false, chance: true };

/// The lengths of stem and loop of a run without end, or of the run that ends too early and
/// nothing; `None` if the goal is always reached.
fn misses(edges: &'static [Edge], fairness: Fairness) -> Option<(usize, usize)> {
    let found: Findings = explore(&walk::inquiry(&edges, fairness), 1, &Progress::default());
    assert_eq!(found.stopped, None, "the search must end");
    let open = found.cut_off.any() || found.endless;
    assert!(!found.broken.is_empty() || !open, "nothing is left open where nothing is found");
    found.broken.first().map(|broken| {
        let moves = broken.run.moves.len();
        let circle = broken.run.circle.unwrap_or(moves);
        (circle, moves - circle)
    })
}

/// The two cases that Stateright's documentation names as answered wrongly: a way that joins
/// another that was looked at before, and a circle.
#[test]
fn joins_and_circles_are_answered_rightly() {
    let join: &[Edge] = &[(0, 0, &[1]), (0, 1, &[2]), (1, 0, &[3]), (2, 0, &[3])];
    assert_eq!(misses(join, WEAK), Some((2, 0)), "both ways end in 3, which is not the goal");
    let around: &[Edge] =
        &[(0, 0, &[1]), (0, 1, &[2]), (1, 0, &[3]), (2, 0, &[3]), (3, 0, &[GOAL])];
    assert_eq!(misses(around, WEAK), None);
    let circle: &[Edge] = &[(0, 0, &[1]), (1, 0, &[2]), (2, 0, &[1])];
    assert_eq!(misses(circle, WEAK), Some((1, 2)));
    let itself: &[Edge] = &[(0, 0, &[0])];
    assert_eq!(misses(itself, STRONG), Some((0, 1)), "a step that changes nothing, for ever");
    let into_a_join: &[Edge] =
        &[(0, 0, &[1]), (0, 1, &[3]), (1, 0, &[2]), (2, 0, &[3]), (3, 0, &[4]), (4, 0, &[3])];
    assert_eq!(misses(into_a_join, WEAK), Some((1, 2)), "a circle behind a join");
}

#[test]
fn what_can_happen_all_the_time_happens() {
    // Timer 1 runs in both places of the circle.
    let edges: &[Edge] = &[(0, 0, &[1]), (1, 0, &[0]), (0, 1, &[GOAL]), (1, 1, &[GOAL])];
    assert_eq!(misses(edges, WEAK), None);
    // In one of two places, it can happen again and again, but not all the time.
    let edges: &[Edge] = &[(0, 0, &[1]), (1, 0, &[0]), (1, 1, &[GOAL])];
    assert_eq!(misses(edges, WEAK), Some((0, 2)));
    assert_eq!(misses(edges, STRONG), None);
}

/// A big circle that is fair only if it goes through a small one that is not.
#[test]
fn strong_fairness_looks_again_at_what_is_left() {
    let edges: &[Edge] = &[(0, 0, &[1]), (1, 0, &[0]), (1, 1, &[2]), (2, 0, &[1]), (2, 2, &[GOAL])];
    assert_eq!(misses(edges, WEAK), Some((0, 2)));
    assert_eq!(misses(edges, STRONG), None, "1 leads to 2 some time, and 2 to the goal");
    let edges: &[Edge] = &[(0, 0, &[1]), (1, 0, &[0]), (0, 1, &[2]), (2, 0, &[0]), (3, 0, &[GOAL])];
    assert_eq!(misses(edges, STRONG), Some((0, 4)), "the loop takes all that can happen in it");
}

#[test]
fn chance_leaves_a_circle_in_the_end() {
    let lots: &[Edge] = &[(0, 0, &[0, GOAL])];
    assert_eq!(misses(lots, STRONG), Some((0, 1)), "an adversary draws the lots");
    assert_eq!(misses(lots, CHANCE), None, "with probability 1");
    // A scheduler that may choose between lots and a way around them.
    let choice: &[Edge] = &[(0, 0, &[0, GOAL]), (0, 1, &[1]), (1, 1, &[0])];
    assert_eq!(misses(choice, CHANCE), Some((0, 2)), "the lots are never drawn");
    let pressed: &[Edge] = &[(0, 0, &[0, GOAL]), (0, 1, &[1]), (1, 1, &[0]), (1, 0, &[1, GOAL])];
    assert_eq!(misses(pressed, CHANCE), None, "they wait all the time, so they are drawn");
    // Lots that lead into a trap.
    let trap: &[Edge] = &[(0, 0, &[GOAL, 1]), (1, 0, &[2]), (2, 0, &[1])];
    assert_eq!(misses(trap, CHANCE), Some((1, 2)));
}
