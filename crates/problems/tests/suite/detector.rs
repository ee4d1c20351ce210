//! Completeness, accuracy and detection time.

use quorate_kernel::{End, Group, Ledger, Problem, Process, Seen};
use quorate_problems::{FailureDetection, Opinion, Opinions};

use super::{P0, P1, P2, broken, end, objection};
use Opinion::{Suspect, Trust};

/// A ledger in which p2 was down as said, and these opinions were handed out.
fn ledger(down: Option<(u64, Option<u64>)>, opinions: &[(Process, u64, Opinion)]) -> Opinions {
    let mut ledger = <Opinions as Ledger<FailureDetection>>::open(Group { n: 3, f: 1 });
    if let Some((from, until)) = down {
        ledger.crashed(P2, from);
        if let Some(until) = until {
            ledger.restarted(P2, until);
        }
    }
    for (who, at, opinion) in opinions {
        ledger.observe(*who, *at, Seen::Output(opinion));
    }
    ledger
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_crash_must_be_noticed_by_all_for_good() {
    let gone = end(&[P2], &[]);
    let both = [(P0, 200, Suspect(P2)), (P1, 210, Suspect(P2))];
    assert_eq!(broken::<FailureDetection>(&ledger(Some((100, None)), &both), &gone), NOTHING);
    let one = ledger(Some((100, None)), &both[..1]);
    assert_eq!(broken::<FailureDetection>(&one, &gone), ["strong-completeness"]);
    let text = objection::<FailureDetection>("strong-completeness", &one, &gone);
    assert_eq!(text, "p2 crashed at 100, and p1 does not suspect it in the end");
    let mind_changed = [both[0], both[1], (P1, 300, Trust(P2))];
    let changed = ledger(Some((100, None)), &mind_changed);
    assert_eq!(broken::<FailureDetection>(&changed, &gone), ["strong-completeness"]);
    // Nothing is owed yet, or p2 is up again, or it is p1 that has crashed too.
    assert_eq!(broken::<FailureDetection>(&one, &End { settled: false, ..gone.clone() }), NOTHING);
    assert_eq!(broken::<FailureDetection>(&ledger(Some((100, Some(300))), &[]), &gone), NOTHING);
    assert_eq!(broken::<FailureDetection>(&one, &end(&[P1, P2], &[])), NOTHING);
}

#[test]
fn a_suspicion_before_the_crash_is_a_wrong() {
    let early = [(P0, 90, Suspect(P2)), (P1, 100, Suspect(P2))];
    let ledger = ledger(Some((100, None)), &early);
    assert_eq!(broken::<FailureDetection>(&ledger, &end(&[P2], &[])), ["strong-accuracy"]);
    let text = objection::<FailureDetection>("strong-accuracy", &ledger, &end(&[P2], &[]));
    assert_eq!(text, "p0 suspected p2 at 90, when it had not crashed");
    assert_eq!(broken::<FailureDetection>(&ledger, &end(&[P0, P2], &[])), ["strong-accuracy"]);
    assert_eq!(broken::<FailureDetection>(&ledger, &end(&[P0, P2], &[P0])), NOTHING);
}

#[test]
fn mistakes_may_be_made_in_the_first_half_of_the_calm() {
    let calm = End { calm_from: 200, ..end(&[], &[]) };
    let early = ledger(None, &[(P0, 500, Suspect(P2)), (P0, 600, Trust(P2))]);
    assert_eq!(broken::<FailureDetection>(&early, &calm), ["strong-accuracy"]);
    let both = ["strong-accuracy", "eventual-accuracy"];
    let late = ledger(None, &[(P0, 500, Suspect(P2)), (P0, 601, Trust(P2))]);
    assert_eq!(broken::<FailureDetection>(&late, &calm), both);
    let again = ledger(None, &[(P0, 700, Suspect(P2)), (P0, 701, Trust(P2))]);
    assert_eq!(broken::<FailureDetection>(&again, &calm), both);
    let text = objection::<FailureDetection>("eventual-accuracy", &again, &calm);
    assert_eq!(text, "p0 suspects p2 after 600, although it is correct");
    // Not by the faulty, not of the faulty, and not in a run that never was calm.
    for exempt in [
        end(&[P0], &[]),
        end(&[P2], &[]),
        End { settled: false, ..calm.clone() },
        End { calm_from: 1_000, ..calm },
    ] {
        assert_eq!(broken::<FailureDetection>(&again, &exempt), ["strong-accuracy"]);
    }
}

#[test]
fn a_crash_is_noticed_by_its_deadline() {
    let due = End { deadline: 100, ..end(&[P2], &[]) };
    let on_time = [(P0, 250, Suspect(P2)), (P1, 300, Suspect(P2))];
    assert_eq!(broken::<FailureDetection>(&ledger(Some((200, None)), &on_time), &due), NOTHING);
    let late = [(P0, 250, Suspect(P2)), (P1, 301, Suspect(P2))];
    let late = ledger(Some((200, None)), &late);
    assert_eq!(broken::<FailureDetection>(&late, &due), ["detection-time"]);
    let text = objection::<FailureDetection>("detection-time", &late, &due);
    assert_eq!(text, "p2 crashed at 200, and p1 did not suspect it at 300");
    assert_eq!(broken::<FailureDetection>(&late, &end(&[P2], &[])), NOTHING);
    // The run was over before, or p2 was up again.
    assert_eq!(
        broken::<FailureDetection>(&late, &End { over_at: 299, ..due.clone() }),
        ["strong-completeness"]
    );
    assert_eq!(broken::<FailureDetection>(&ledger(Some((200, Some(300))), &[]), &due), NOTHING);
    assert_eq!(
        broken::<FailureDetection>(&ledger(Some((200, Some(301))), &[]), &due),
        ["detection-time"]
    );
}

#[test]
fn an_opinion_reads_as_a_sentence() {
    let name = |_| String::new();
    assert_eq!(FailureDetection::show(&Suspect(P1), &name), "suspects p1");
    assert_eq!(FailureDetection::show(&Trust(P1), &name), "trusts p1");
    let ledger = ledger(None, &[(P0, 7, Suspect(P1)), (P0, 9, Trust(P1))]);
    let first = Ledger::<FailureDetection>::decision(&ledger, P0);
    assert_eq!(first, Some((&Suspect(P1), 7)));
}
