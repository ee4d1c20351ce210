//! Reliability and order of multicast.

use quorate_kernel::{End, Group, Ledger, Problem, Process, Seen, Value};
use quorate_problems::{Delivery, Histories, Multicast};

use super::{P0, P1, P2, broken, end, objection};

/// What happened at one process: it multicast a payload, or delivered one of a sender and number.
enum Did {
    Sent(u16),
    Got(Process, u16, u16),
}
use Did::{Got, Sent};

/// A ledger in which p0, p1, p2 did these things in this order.
fn ledger(histories: [&[Did]; 3]) -> Histories {
    let mut ledger = <Histories as Ledger<Multicast>>::open(Group { n: 3, f: 1 });
    for (who, history) in histories.iter().enumerate() {
        for (at, did) in history.iter().enumerate() {
            let (who, at) = (Process(who as u16), at as u64);
            match *did {
                Sent(payload) => ledger.observe(who, at, Seen::Input(&Value(payload))),
                Got(sender, number, payload) => {
                    let delivery = Delivery { sender, number, payload: Value(payload) };
                    ledger.observe(who, at, Seen::Output(&delivery));
                }
            }
        }
    }
    ledger
}

fn breaks(histories: [&[Did]; 3], end: &End) -> Vec<&'static str> {
    broken::<Multicast>(&ledger(histories), end)
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_good_run_breaks_nothing() {
    let p0: &[Did] = &[Sent(5), Got(P0, 1, 5), Sent(6), Got(P0, 2, 6), Got(P1, 1, 7)];
    let p1: &[Did] = &[Got(P0, 1, 5), Sent(7), Got(P0, 2, 6), Got(P1, 1, 7)];
    let p2: &[Did] = &[Got(P0, 1, 5), Got(P0, 2, 6), Got(P1, 1, 7)];
    assert_eq!(breaks([p0, p1, p2], &end(&[], &[])), NOTHING);
    let histories = ledger([p0, p1, p2]);
    let first = Ledger::<Multicast>::decision(&histories, P1).map(|(delivery, at)| (*delivery, at));
    assert_eq!(first, Some((Delivery { sender: P0, number: 1, payload: Value(5) }, 0)));
    let shown = Multicast::show(&first.expect("it delivered").0, &|value| format!("v{}", value.0));
    assert_eq!(shown, "p0#1 = v5");
}

#[test]
fn validity_is_owed_to_the_correct_once_settled() {
    let histories: [&[Did]; 3] = [&[Sent(5)], &[], &[]];
    assert_eq!(breaks(histories, &end(&[], &[])), ["validity"]);
    assert_eq!(breaks(histories, &end(&[P0], &[])), NOTHING);
    assert_eq!(breaks(histories, &End { settled: false, ..end(&[], &[]) }), NOTHING);
    let text = objection::<Multicast>("validity", &ledger(histories), &end(&[], &[]));
    assert_eq!(text, "p0 multicast p0#1 = v5 and has not delivered it");
}

#[test]
fn a_message_is_delivered_once() {
    let once: &[Did] = &[Got(P0, 1, 5)];
    let twice: &[Did] = &[Got(P0, 1, 5), Got(P0, 1, 5)];
    let p0: &[Did] = &[Sent(5), Got(P0, 1, 5)];
    assert_eq!(breaks([p0, twice, once], &end(&[], &[])), ["no-duplication"]);
    assert_eq!(breaks([p0, twice, once], &end(&[P1], &[])), ["no-duplication"]);
    assert_eq!(breaks([p0, twice, once], &end(&[P1], &[P1])), NOTHING);
}

#[test]
fn nothing_is_made_up_but_by_liars() {
    let all: &[Did] = &[Got(P0, 1, 5)];
    assert_eq!(breaks([all, all, all], &end(&[], &[])), ["integrity"]);
    assert_eq!(breaks([all, all, all], &end(&[P0], &[P0])), NOTHING);
    // The right sender and number, but not what it said; and a sender that does not exist.
    let p0: &[Did] = &[Sent(6), Got(P0, 1, 5)];
    assert_eq!(breaks([p0, all, all], &end(&[P0], &[])), ["integrity"]);
    let stranger: &[Did] = &[Got(Process(9), 1, 5)];
    assert_eq!(breaks([stranger, stranger, stranger], &end(&[], &[])), ["integrity"]);
}

#[test]
fn agreement_is_about_the_correct_and_its_uniform_form_about_all() {
    let p0: &[Did] = &[Sent(5), Got(P0, 1, 5)];
    let both = ["agreement", "uniform-agreement", "totality"];
    assert_eq!(breaks([p0, &[Got(P0, 1, 5)], &[]], &end(&[P0], &[])), both);
    assert_eq!(breaks([p0, &[], &[]], &end(&[P0], &[])), ["uniform-agreement"]);
    assert_eq!(breaks([p0, &[], &[]], &end(&[P0], &[P0])), NOTHING);
    let unsettled = End { settled: false, ..end(&[P0], &[]) };
    assert_eq!(breaks([p0, &[Got(P0, 1, 5)], &[]], &unsettled), NOTHING);
}

#[test]
fn two_contents_of_one_number_are_inconsistent_though_total() {
    let (a, b): (&[Did], &[Did]) = (&[Got(P0, 1, 5)], &[Got(P0, 1, 6)]);
    let torn = ["agreement", "uniform-agreement", "consistency"];
    assert_eq!(breaks([&[], a, b], &end(&[P0], &[P0])), torn);
    assert_eq!(breaks([&[], a, a], &end(&[P0], &[P0])), NOTHING);
    let text = objection::<Multicast>("consistency", &ledger([&[], a, b]), &end(&[P0], &[P0]));
    assert_eq!(text, "p1 delivered p0#1 = v5 and p2 p0#1 = v6");
}

#[test]
fn fifo_wants_the_messages_of_one_sender_in_its_order() {
    let p0: &[Did] = &[Sent(5), Sent(6), Got(P0, 1, 5), Got(P0, 2, 6)];
    let turned: &[Did] = &[Got(P0, 2, 6), Got(P0, 1, 5)];
    let found = breaks([p0, turned, turned], &end(&[P0], &[]));
    assert_eq!(found, ["fifo", "causal", "uniform-total-order"]);
    assert_eq!(breaks([p0, turned, turned], &end(&[P0], &[P0])), NOTHING);
    // The earlier one is missing altogether.
    let gap: &[Did] = &[Got(P0, 2, 6)];
    let found = breaks([&[Sent(5), Sent(6)], gap, gap], &end(&[P0], &[]));
    assert_eq!(found, ["fifo", "causal"]);
}

#[test]
fn causes_come_first_whether_multicast_or_delivered_by_the_sender() {
    let p0: &[Did] = &[Sent(5), Got(P0, 1, 5), Got(P1, 1, 7)];
    let p1: &[Did] = &[Got(P0, 1, 5), Sent(7), Got(P1, 1, 7)];
    let turned: &[Did] = &[Got(P1, 1, 7), Got(P0, 1, 5)];
    let unordered = ["causal", "total-order", "uniform-total-order"];
    assert_eq!(breaks([p0, p1, turned], &end(&[], &[])), unordered);
    let text = objection::<Multicast>("causal", &ledger([p0, p1, turned]), &end(&[], &[]));
    assert_eq!(text, "p2 delivered p1#1 = v7 before p0#1 = v5, which precedes it");
    // Multicast before p1 delivered the other, the two are concurrent.
    let early: &[Did] = &[Sent(7), Got(P0, 1, 5), Got(P1, 1, 7)];
    let orders = ["total-order", "uniform-total-order"];
    assert_eq!(breaks([p0, early, turned], &end(&[], &[])), orders);
    // Three in a chain: the first is a cause of the last through the second alone.
    let p0: &[Did] = &[Sent(5), Got(P0, 1, 5), Got(P1, 1, 6), Got(P2, 1, 7)];
    let p1: &[Did] = &[Got(P0, 1, 5), Sent(6), Got(P1, 1, 6), Got(P2, 1, 7)];
    let p2: &[Did] = &[Got(P0, 1, 5), Got(P1, 1, 6), Sent(7), Got(P2, 1, 7)];
    assert_eq!(breaks([p0, p1, p2], &end(&[], &[])), NOTHING);
}

#[test]
fn total_order_has_no_turns_and_no_gaps() {
    let p0: &[Did] = &[Sent(5), Got(P0, 1, 5), Got(P1, 1, 6)];
    let p1: &[Did] = &[Sent(6), Got(P1, 1, 6), Got(P0, 1, 5)];
    let p2: &[Did] = &[Got(P0, 1, 5), Got(P1, 1, 6)];
    let orders = ["total-order", "uniform-total-order"];
    assert_eq!(breaks([p0, p1, p2], &end(&[], &[])), orders);
    assert_eq!(breaks([p0, p1, p2], &end(&[P1], &[])), ["uniform-total-order"]);
    assert_eq!(breaks([p0, p1, p2], &end(&[P1], &[P1])), NOTHING);
    // p2 leaves the first out: its order has a gap, even before anything is settled.
    let p1: &[Did] = &[Sent(6), Got(P0, 1, 5), Got(P1, 1, 6)];
    let unsettled = End { settled: false, ..end(&[], &[]) };
    assert_eq!(breaks([p0, p1, &[Got(P1, 1, 6)]], &unsettled), orders);
    // A later message that is merely missing is none.
    assert_eq!(breaks([p0, p1, &[Got(P0, 1, 5)]], &unsettled), NOTHING);
}
