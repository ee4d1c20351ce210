//! Certificates: made, read again, and of no use to anybody else.

use std::path::Path;

use quorate_wire::certs::{self, Identity};
use quorate_wire::{Delivery, Error, Security, Settings};
use tempfile::TempDir;

use crate::group::{group, listeners, message, number, settings, soon, start, until};

/// A folder with certificates.
pub(crate) fn folder(cluster: u64, n: u16) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    certs::make(folder.path(), cluster, n).expect("an empty folder");
    folder
}

pub(crate) fn load(folder: &Path, cluster: u64, me: u16) -> Identity {
    certs::load(folder, cluster, me).expect("they were made so")
}

fn with(folder: &Path, settings: Settings) -> Settings {
    let identity = load(folder, settings.cluster, settings.me);
    Settings { security: Security::Tls(identity), ..settings }
}

#[test]
fn keys_are_for_their_owner_and_nothing_is_replaced() {
    let at = tempfile::tempdir().expect("a folder");
    let folder = at.path().join("certs");
    certs::make(&folder, 7, 3).expect("there is nothing yet");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("it is there")
        .map(|entry| entry.expect("it can be read").file_name().into_string().expect("a name"))
        .collect();
    names.sort_unstable();
    let due = ["ca.key", "ca.pem", "p0.key", "p0.pem", "p1.key", "p1.pem", "p2.key", "p2.pem"];
    assert_eq!(names, due);
    #[cfg(unix)]
    for name in &names {
        use std::os::unix::fs::PermissionsExt;
        let mode = folder.join(name).metadata().expect("it is there").permissions().mode();
        let readable = if name.ends_with(".key") { 0 } else { 0o044 };
        assert_eq!(mode & 0o177, readable, "{name}: {mode:o}");
    }
    let before = std::fs::read(folder.join("p2.key")).expect("it is there");
    std::fs::remove_file(folder.join("ca.key")).expect("it is there");
    let error = certs::make(&folder, 7, 3).expect_err("it is not empty");
    assert!(error.to_string().contains("ca.pem: it is there already"), "{error}");
    assert_eq!(std::fs::read(folder.join("p2.key")).expect("it is there"), before);
    assert!(!folder.join("ca.key").exists(), "something was written");
}

#[test]
fn what_cannot_be_used_is_named() {
    let (one, other) = (folder(7, 2), folder(7, 2));
    let refused = |cluster, me, due: [&str; 2]| {
        let error = certs::load(one.path(), cluster, me).expect_err("it is of no use").to_string();
        assert!(due.iter().all(|due| error.contains(due)), "{error}");
    };
    refused(7, 2, ["p2.pem", "have to be made first"]);
    refused(8, 1, ["p1.pem", "not valid for name"]);
    let copy = |from: &Path, to: &str| std::fs::copy(from, one.path().join(to)).expect("a copy");
    copy(&one.path().join("p0.key"), "p1.key");
    refused(7, 1, ["p1.key", "copy the file again"]);
    copy(&other.path().join("p1.key"), "p1.key");
    copy(&other.path().join("p1.pem"), "p1.pem");
    refused(7, 1, ["p1.pem", "copy the file again"]);
    copy(&one.path().join("p0.pem"), "p1.pem");
    refused(7, 1, ["p1.pem", "not valid for name"]);
    std::fs::write(one.path().join("p0.pem"), "no certificate").expect("it can be written");
    refused(7, 0, ["p0.pem", "no PEM file"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_with_certificates_carry_messages_of_any_length() {
    let folder = folder(7, 3);
    let ends = group(3, Delivery::Reliable, |settings| {
        *settings = with(folder.path(), settings.clone());
    });
    let mut ends = ends.await;
    let long = bytes::Bytes::from(vec![3; 5 << 20]);
    for at in 0..1_000 {
        ends[0].links.send(2, message(at)).expect("there is room");
    }
    ends[0].links.send(2, long.clone()).expect("there is room");
    for at in 0..1_000 {
        let (from, bytes) = soon("it arrives", ends[2].arrivals.recv()).await.expect("it lives");
        assert_eq!((from, number(&bytes)), (0, at));
    }
    let (_, bytes) = soon("it arrives", ends[2].arrivals.recv()).await.expect("it lives");
    assert!(bytes == long, "the long one came otherwise");
}

#[tokio::test]
async fn nobody_without_a_certificate_of_the_same_authority_is_let_in() {
    let (one, other) = (folder(7, 2), folder(7, 2));
    let (listeners, peers) = listeners(2);
    let [a, b] = <[_; 2]>::try_from(listeners).expect("two");
    let a = start(with(one.path(), settings(0, &peers, Delivery::Lossy)), a, 1).expect("it fits");
    let stranger = b.try_clone().expect("it can be cloned");
    let b = start(with(other.path(), settings(1, &peers, Delivery::Lossy)), b, 1).expect("it fits");
    for (end, peer) in [(&a, 1), (&b, 0)] {
        until("it is told", || end.links.trouble(peer).is_some()).await;
        until("it is refused", || end.links.door().refused.get() > 0).await;
        let trouble = end.links.trouble(peer).expect("there was trouble");
        assert!(trouble.contains("TLS"), "{trouble}");
        assert_eq!(end.links.connected().borrow()[usize::from(peer)], Default::default());
    }
    soon("it ends", b.links.close()).await;
    let plain = start(settings(1, &peers, Delivery::Lossy), stranger, 1).expect("it fits");
    until("it is told", || plain.links.trouble(0).is_some()).await;
    assert_eq!(a.links.counters(1).expect("a peer").accepted.get(), 0);
}

#[tokio::test]
async fn a_process_with_anothers_address_or_certificate_is_refused() {
    let folder = folder(7, 3);
    let (listeners, mut peers) = listeners(3);
    // p2 is where p0 looks for p1.
    peers.swap(1, 2);
    let mut listeners = listeners.into_iter();
    let (a, c) = (listeners.next().expect("three"), listeners.nth(1).expect("three"));
    let first = with(folder.path(), settings(0, &peers, Delivery::Lossy));
    let a = start(first.clone(), a, 1).expect("it fits");
    let _c = start(with(folder.path(), settings(2, &peers, Delivery::Lossy)), c, 1).expect("fits");
    until("it is told", || a.links.trouble(1).is_some_and(|why| why.contains("not valid"))).await;
    assert_eq!(a.links.counters(1).expect("a peer").dialled.get(), 0);
    let mistaken = Settings { me: 1, ..first };
    let (spare, _) = crate::group::listeners(1);
    let spare = spare.into_iter().next().expect("one");
    let refused = start(mistaken, spare, 1).err().expect("the certificates are p0's");
    assert!(matches!(refused, Error::Settings(_)), "{refused}");
}
