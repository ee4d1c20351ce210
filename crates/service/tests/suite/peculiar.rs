//! The server beside etcd: random requests, and those that nobody sends by chance.

use quorate_service::proto::etcdserverpb::compare::TargetUnion;
use quorate_service::proto::etcdserverpb::request_op::Request;
use quorate_service::proto::etcdserverpb::{
    CompactionRequest, Compare, DeleteRangeRequest, HashKvRequest, PutRequest, RangeRequest,
    RequestOp, TxnRequest,
};

use crate::beside::{self, Asked, Server};
use crate::etcd::Etcd;
use crate::local::{Running, Trouble};

/// Both, with nothing in them; `None` and a line where etcd is not installed.
async fn both() -> Option<(Running, Server, Etcd, Server)> {
    let Some(etcd) = Etcd::start().await else {
        eprintln!("skipped: etcd is not installed here");
        return None;
    };
    let running = Running::start(Trouble::default()).await;
    let ours = Server::connect(&running.url).await.expect("it listens");
    let theirs = Server::connect(&etcd.url).await.expect("it listens");
    Some((running, ours, etcd, theirs))
}

#[tokio::test]
async fn random_requests_are_answered_as_etcd_answers_them() {
    let Some((running, mut ours, _etcd, mut theirs)) = both().await else { return };
    let count = beside::compare(&mut ours, &mut theirs, 1, 3000).await;
    let count = count.unwrap_or_else(|otherwise| panic!("{otherwise}"));
    assert!(count.refused > 300 && count.hashes > 30 && count.revision > 500, "{count:?}");
    drop(ours);
    running.stop().await;
}

fn put(key: &[u8], value: &[u8]) -> PutRequest {
    PutRequest { key: key.into(), value: value.into(), ..PutRequest::default() }
}

fn txn(compare: Vec<Compare>, success: Vec<Request>) -> Asked {
    let operation = |request| RequestOp { request: Some(request) };
    let success = success.into_iter().map(operation).collect();
    Asked::Txn(TxnRequest { compare, success, failure: Vec::new() })
}

/// Comparisons with numbers that mean nothing, or with what belongs to another.
fn compares() -> Vec<Asked> {
    let unions = [
        None,
        Some(TargetUnion::Version(1)),
        Some(TargetUnion::CreateRevision(2)),
        Some(TargetUnion::ModRevision(2)),
        Some(TargetUnion::Value(b"1".into())),
        Some(TargetUnion::Lease(0)),
    ];
    let mut all = Vec::new();
    for key in [&b"a"[..], b"nothing"] {
        for result in [0, 1, 2, 3, 4, -1] {
            for target in [0, 1, 2, 3, 4, 5, -1] {
                for target_union in unions.clone() {
                    let (key, range_end) = (key.into(), Vec::new());
                    let compare = Compare { result, target, key, target_union, range_end };
                    all.push(txn(vec![compare], vec![]));
                }
            }
        }
    }
    all
}

fn ranges() -> Vec<Asked> {
    let extremes = [i64::MIN, -1, 0, 1, 2, 3, 4, i64::MAX];
    let all = || RangeRequest { key: vec![0], range_end: vec![0], ..RangeRequest::default() };
    let mut asked = Vec::new();
    for revision in extremes {
        let range = RangeRequest { revision, ..all() };
        asked.push(Asked::Range(range.clone()));
        asked.push(txn(vec![], vec![Request::RequestRange(range)]));
        asked.push(Asked::Hash(HashKvRequest { revision }));
    }
    for bound in extremes {
        asked.push(Asked::Range(RangeRequest { limit: bound, ..all() }));
        asked.push(Asked::Range(RangeRequest { min_mod_revision: bound, ..all() }));
        asked.push(Asked::Range(RangeRequest { max_create_revision: bound, ..all() }));
    }
    asked
}

fn changes() -> Vec<Asked> {
    let compact = |revision| Asked::Compact(CompactionRequest { revision, physical: true });
    let gone = |key: &[u8], end: &[u8]| DeleteRangeRequest {
        key: key.into(),
        range_end: end.into(),
        prev_kv: true,
    };
    let puts = |many: usize| {
        (0..many).map(|at| Request::RequestPut(put(format!("{at}").as_bytes(), b"x"))).collect()
    };
    let nothing = RequestOp { request: None };
    let success = vec![nothing];
    vec![
        Asked::Txn(TxnRequest { success, ..TxnRequest::default() }),
        Asked::Txn(TxnRequest::default()),
        Asked::Put(PutRequest { lease: i64::MIN, ..put(b"a", b"1") }),
        Asked::Put(PutRequest { ignore_lease: true, lease: 1, ..put(b"a", b"1") }),
        Asked::Put(PutRequest { ignore_value: true, ..put(b"a", b"1") }),
        Asked::Put(PutRequest { ignore_value: true, ..put(b"new", b"") }),
        Asked::Put(put(b"\xff\x00", b"\x00\xfe")),
        Asked::Put(put(b"large", &vec![7; 1_500_000])),
        Asked::Put(put(b"large", &vec![7; 1_572_865])),
        txn(vec![], puts(128)),
        txn(vec![], puts(129)),
        Asked::Delete(gone(b"b", b"a")),
        Asked::Delete(gone(b"", b"a")),
        Asked::Delete(gone(b"0", b"2")),
        compact(i64::MIN),
        compact(-1),
        compact(0),
        compact(0),
        compact(i64::MAX),
        compact(3),
        compact(2),
        Asked::Delete(gone(b"\x00", b"\x00")),
    ]
}

#[tokio::test]
async fn peculiar_requests_are_answered_as_etcd_answers_them() {
    let Some((running, mut ours, _etcd, mut theirs)) = both().await else { return };
    let first = vec![Asked::Put(put(b"a", b"1")), Asked::Put(put(b"b", b""))];
    let (changes, hash) = (changes(), Asked::Hash(HashKvRequest::default()));
    for asked in [first, compares(), ranges(), changes, ranges(), vec![hash]].concat() {
        let (said, expected) = (ours.ask(&asked).await, theirs.ask(&asked).await);
        assert_eq!(said, expected, "{asked:?}");
    }
    drop(ours);
    running.stop().await;
}
