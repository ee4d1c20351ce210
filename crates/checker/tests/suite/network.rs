//! Counts of states and transitions, beside those that others have published.

use quorate_checker::network::{Findings, explore};
use quorate_checker::{Budget, Progress};

use crate::models::two_phase;

fn counts(found: &Findings) -> (u64, u64, u32) {
    assert_eq!(found.stopped, None, "the search must end");
    (found.explored.states, found.explored.transitions, found.explored.depth)
}

/// tlaplus/Examples, `transaction_commit/TwoPhase`: TLC, SPIN and Stateright agree.
#[test]
fn two_phase_commit_has_its_published_counts() {
    let _ = Budget::default();
    for (managers, distinct, generated, depth) in
        [(3, 288, 1_146, 11), (5, 8_832, 58_146, 17), (7, 296_448, 2_744_706, 23)]
    {
        for threads in [1, 2] {
            let inquiry = two_phase::inquiry(managers);
            let found = explore(&inquiry, threads, &Progress::default());
            assert_eq!(counts(&found), (distinct, generated, depth), "{managers} managers");
            assert!(found.broken.is_empty(), "two-phase commit is consistent");
        }
    }
}
