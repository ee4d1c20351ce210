//! Traitors where messages are signed: they say what they can sign, and pass on what they saw.

use quorate_checker::Progress;
use quorate_checker::network::{What, explore};
use quorate_kernel::{Links, Process, Value};

use crate::sealed::{Config, inquiry};

/// What happens in the shortest run that breaks agreement, if any does.
fn broken(given: &[u16], own: u16, traitors: &[u16], links: Links) -> Option<Vec<What>> {
    let given = given.iter().map(|p| Process(*p)).collect();
    let config = Config { given, own: Value(own) };
    let mut inquiry = inquiry(&config, traitors);
    inquiry.scope.links = links;
    inquiry.scope.any_number = links == Links::Lossy;
    let found = explore(&inquiry, 1, &Progress::default());
    assert_eq!(found.stopped, None, "the search must end");
    let run = found.broken.first().map(|broken| &broken.run);
    run.map(|run| run.moves.iter().map(|one| one.what.clone()).collect())
}

/// p2 gets nothing but through the traitor p1, which can pass on a 0 and make no 1 of it.
#[test]
fn nobody_forges_what_another_signs() {
    for links in [Links::Reliable, Links::Lossy] {
        assert_eq!(broken(&[1], 0, &[1], links), None, "{links:?}");
        assert_eq!(broken(&[1, 2], 0, &[1], links), None, "{links:?}");
    }
}

/// Where p0 itself hands out 1, a 0 that reaches p2 shows: it does so after it reached the traitor.
#[test]
fn what_a_traitor_has_seen_it_can_pass_on() {
    for links in [Links::Reliable, Links::Lossy] {
        let run = broken(&[1], 1, &[1], links).expect("the traitor passes it on");
        let from = Process(0);
        assert!(matches!(run[0], What::Request { .. }), "{run:?}");
        assert_eq!(run[1], What::Deliver { from, number: 0 }, "{run:?}");
        assert!(matches!(run[2], What::Word { from: Process(1), .. }), "{run:?}");
        assert_eq!(run.len(), 3);
        assert_eq!(broken(&[], 1, &[1], links), None, "what it has not seen it cannot");
    }
}

/// Two correct processes are told two values by whoever signs both.
#[test]
fn a_traitor_signs_for_itself_whatever_it_likes() {
    assert_eq!(broken(&[], 0, &[0], Links::Reliable).map(|run| run.len()), Some(2));
    assert_eq!(broken(&[], 0, &[1, 2], Links::Reliable), None, "nobody else is correct");
}
