//! The store beside what etcd 3.4.23 answered to the same requests, and beside a model that keeps
//! every state.
#![allow(clippy::print_stderr)]

mod answers;
mod damage;
mod draw;
mod kept;
mod model;
mod reading;

use quorate_store::{Delete, Error, Operation, Put, Store, Txn, Wanted};
use serde_json::Value as Json;

/// Requests and answers, recorded from etcd; a line each.
const RECORDED: &str = include_str!("../golden/etcd-3.4.23.jsonl");

/// Works off what was recorded, and compares every answer and every hash.
fn replay(recorded: &str) -> usize {
    let mut store = Store::default();
    for (at, line) in recorded.lines().enumerate() {
        let line: Json = serde_json::from_str(line).expect("a line is an object");
        let given = answers::answer(&mut store, &line);
        let said = answers::said(&line);
        assert_eq!(given, said, "line {}: {line:#}", at + 1);
    }
    recorded.lines().count()
}

#[test]
fn it_answers_as_etcd_does() {
    assert!(replay(RECORDED) > 500);
}

/// A longer recording, where there is one.
#[test]
fn it_answers_as_etcd_does_for_long() {
    let Some(path) = std::env::var_os("QUORATE_ETCD_RECORDED") else {
        return eprintln!("skipped: QUORATE_ETCD_RECORDED names no recording");
    };
    let recorded = std::fs::read_to_string(&path).expect("the recording can be read");
    eprintln!("{} requests answered alike", replay(&recorded));
}

/// Requests of this kind end a process of etcd, and every one that begins anew with its log.
#[test]
fn a_transaction_that_cannot_be_done_to_the_end_changes_nothing() {
    let mut store = Store::default();
    let put = Put { key: b"b".into(), value: b"1".into(), ..Put::default() };
    store.put(&put).expect("it has a key");
    let before = store.clone();
    let gone = Operation::Delete(Delete { wanted: Wanted::from(b"a", b"\0"), previous: false });
    let new = Operation::Put(Put { key: b"a".into(), value: b"2".into(), ..Put::default() });
    let kept = Operation::Put(Put { key: b"b".into(), ignore_value: true, ..Put::default() });
    let txn = Txn { success: vec![new, gone, kept], ..Txn::default() };
    assert_eq!(store.txn(&txn), Err(Error::KeyNotFound));
    assert_eq!(store, before);
}
