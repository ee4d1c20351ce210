//! Links without certificates.

use bytes::Bytes;
use quorate_wire::Delivery::{Lossy, Reliable};

use crate::group::{End, group, message, number, send, soon};

const MANY: u64 = 10_000;

/// Sends many messages each way, and has all of them arrive in order.
async fn exchange(ends: Vec<End>) {
    let both = ends.into_iter().enumerate().map(|(me, mut end)| async move {
        let to = 1 - me as u16;
        let sent = async {
            for at in 0..MANY {
                send(&end.links, to, message(at)).await;
            }
            end.links.flushed().await;
        };
        let received = async {
            for at in 0..MANY {
                let (from, bytes) = end.arrivals.recv().await.expect("the links live");
                assert_eq!((from, number(&bytes)), (to, at));
            }
        };
        tokio::join!(sent, received);
        let counters = end.links.counters(to).expect("there is such a peer");
        assert_eq!(counters.sent_messages.get(), MANY);
        assert_eq!(counters.received_messages.get(), MANY);
        assert_eq!((counters.dialled.get(), counters.dropped_messages.get()), (1, 0));
        assert_eq!((counters.queued_messages.get(), counters.queued_bytes.get()), (0, 0));
        end
    });
    let mut both = both.map(tokio::spawn);
    let (a, b) = (both.next().expect("one"), both.next().expect("another"));
    let (a, b) = soon("all messages arrive", async { tokio::join!(a, b) }).await;
    drop((a.expect("it is well"), b.expect("it is well")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reliable_links_deliver_all_that_is_sent_both_ways() {
    exchange(group(2, Reliable, |_| {}).await).await;
}

#[tokio::test]
async fn lossy_links_lose_nothing_as_long_as_there_is_room() {
    exchange(group(2, Lossy, |_| {}).await).await;
}

#[tokio::test]
async fn each_process_hears_each_other_and_who_it_is() {
    let mut ends = group(5, Reliable, |_| {}).await;
    for (me, end) in ends.iter().enumerate() {
        for to in (0..5).filter(|to| usize::from(*to) != me) {
            end.links.send(to, message(me as u64)).expect("there is room");
        }
    }
    for (me, end) in ends.iter_mut().enumerate() {
        let mut heard = Vec::new();
        for _ in 0..4 {
            let (from, bytes) = soon("it arrives", end.arrivals.recv()).await.expect("it lives");
            assert_eq!(u64::from(from), number(&bytes));
            heard.push(from);
        }
        heard.sort_unstable();
        let others: Vec<u16> = (0..5).filter(|other| usize::from(*other) != me).collect();
        assert_eq!(heard, others);
    }
}

#[tokio::test]
async fn a_long_message_goes_in_pieces_between_short_ones() {
    let mut ends = group(2, Reliable, |_| {}).await;
    let long: Bytes = (0..20 << 20).map(|at: u32| (at ^ at >> 11) as u8).collect();
    let (mut to, from) = (ends.pop().expect("two"), ends.pop().expect("two"));
    for bytes in [message(1), long.clone(), message(2), Bytes::new(), message(3)] {
        send(&from.links, 1, bytes).await;
    }
    for due in [message(1), long, message(2), Bytes::new(), message(3)] {
        let (_, bytes) = soon("it arrives", to.arrivals.recv()).await.expect("it lives");
        assert!(bytes == due, "{} bytes came where {} were due", bytes.len(), due.len());
    }
    soon("all is acknowledged", from.links.flushed()).await;
}
