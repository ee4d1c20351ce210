//! Ends that do not belong together, and addresses that are not allowed.

use std::net::TcpListener;

use bytes::Bytes;
use quorate_wire::{Delivery, Error, Settings};

use crate::group::{group, listeners, settings, start, until};

/// Starts two of which the second has other settings; what each says of the other.
async fn differ(change: impl Fn(&mut Settings), due: &str) {
    let (listeners, peers) = listeners(2);
    let mut ends = Vec::new();
    for (me, listener) in listeners.into_iter().enumerate() {
        let mut settings = settings(me as u16, &peers, Delivery::Reliable);
        if me == 1 {
            change(&mut settings);
        }
        ends.push(start(settings, listener, 1).expect("the settings fit"));
    }
    for (me, end) in ends.iter().enumerate() {
        let links = &end.links;
        let there = 1 - me as u16;
        until("the one that dials is told", || {
            links.trouble(there).is_some_and(|why| why.contains(due) && why.contains("refused by"))
        })
        .await;
        until("the other one says so too", || {
            links.door_trouble().is_some_and(|why| why.contains(due))
        })
        .await;
        let counters = links.counters(there).expect("there is such a peer");
        assert_eq!((counters.dialled.get(), counters.accepted.get()), (0, 0));
        assert!(counters.failed.get() > 0 && links.door().refused.get() > 0);
        assert_eq!(links.connected().borrow()[usize::from(there)], Default::default());
    }
}

#[tokio::test]
async fn another_cluster_is_refused() {
    differ(|settings| settings.cluster = 0xa8, "00000000000000a8").await;
}

#[tokio::test]
async fn another_configuration_is_refused_and_both_are_told() {
    differ(|settings| settings.fingerprint = 0xb7, "00000000000000b7").await;
    differ(|settings| settings.fingerprint = 0xb7, "000000000000000b").await;
}

#[tokio::test]
async fn other_promises_are_refused() {
    differ(|settings| settings.delivery = Delivery::Lossy, "give both the same").await;
}

#[tokio::test]
async fn another_process_than_the_one_that_is_wanted_is_refused() {
    let (listeners, mut peers) = listeners(3);
    peers.swap(1, 2);
    let mut ends = Vec::new();
    for (me, listener) in listeners.into_iter().enumerate() {
        let settings = settings(me as u16, &peers, Delivery::Lossy);
        ends.push(start(settings, listener, 1).expect("the settings fit"));
    }
    let due = "p1 was wanted, and p2 is there";
    until("it is told", || ends[0].links.trouble(1).is_some_and(|why| why.contains(due))).await;
    let said = || ends[2].links.door_trouble().is_some_and(|why| why.contains(due));
    until("it is said there", said).await;
    assert_eq!(ends[0].links.counters(1).expect("a peer").dialled.get(), 0);
}

#[tokio::test]
async fn without_certificates_only_loopback_addresses_are_allowed() {
    let (mut own, peers) = listeners(1);
    let own = own.pop().expect("one");
    let elsewhere = vec![peers[0].clone(), "192.0.2.1:4000".into()];
    let refused = start(settings(0, &elsewhere, Delivery::Lossy), own, 1).err();
    assert!(matches!(refused, Some(Error::Plain { .. })));
    let sentence = refused.expect("it is refused").to_string();
    assert!(sentence.contains("192.0.2.1:4000 is not a loopback address"), "{sentence}");
    let everywhere = TcpListener::bind("0.0.0.0:0").expect("a free port");
    let refused = start(settings(0, &peers, Delivery::Lossy), everywhere, 1).err();
    assert!(matches!(refused, Some(Error::Plain { .. })));
}

#[tokio::test]
async fn settings_that_do_not_fit_and_messages_to_nobody_are_refused() {
    let refused = |change: fn(&mut Settings)| {
        let (mut own, peers) = listeners(1);
        let mut settings = settings(0, &peers, Delivery::Reliable);
        change(&mut settings);
        start(settings, own.pop().expect("one"), 1).err().expect("it is refused").to_string()
    };
    assert!(refused(|settings| settings.me = 1).contains("none of the list"));
    assert!(refused(|settings| settings.silence = settings.keepalive).contains("silence"));
    let short = |settings: &mut Settings| settings.message_max = 10;
    let ends = group(2, Delivery::Reliable, short).await;
    let sent = |to, bytes| ends[0].links.send(to, Bytes::from(vec![0; bytes]));
    assert!(matches!(sent(0, 1), Err(Error::NoPeer { to: 0, n: 2 })));
    assert!(matches!(sent(2, 1), Err(Error::NoPeer { to: 2, n: 2 })));
    assert!(matches!(sent(1, 11), Err(Error::TooLong { bytes: 11, most: 10 })));
    sent(1, 10).expect("it is not too long");
}

#[test]
fn links_say_that_they_need_a_runtime() {
    let (mut own, peers) = listeners(1);
    let refused = start(settings(0, &peers, Delivery::Lossy), own.pop().expect("one"), 1).err();
    assert!(matches!(refused, Some(Error::NoRuntime)));
}
