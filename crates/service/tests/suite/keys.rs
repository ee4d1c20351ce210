//! Keys, as a client sees them.

use quorate_service::Unavailable;
use quorate_service::proto::etcdserverpb::kv_client::KvClient;
use quorate_service::proto::etcdserverpb::{
    DeleteRangeRequest, PutRequest, RangeRequest, RequestOp, ResponseHeader, TxnRequest,
    request_op, response_op,
};
use tonic::transport::Channel;
use tonic::{Code, Request};

use crate::local::{CLUSTER, MEMBER, Running, Trouble};

async fn started(trouble: Trouble) -> (Running, KvClient<Channel>) {
    let running = Running::start(trouble).await;
    let client = KvClient::connect(running.url.clone()).await.expect("it listens");
    (running, client)
}

fn put(key: &str, value: &str) -> PutRequest {
    PutRequest { key: key.into(), value: value.into(), ..PutRequest::default() }
}

fn range(key: &str) -> RangeRequest {
    RangeRequest { key: key.into(), ..RangeRequest::default() }
}

fn reading(range: RangeRequest) -> RequestOp {
    RequestOp { request: Some(request_op::Request::RequestRange(range)) }
}

fn header(revision: i64) -> Option<ResponseHeader> {
    Some(ResponseHeader { cluster_id: CLUSTER, member_id: MEMBER, revision, raft_term: 2 })
}

#[tokio::test]
async fn what_is_put_can_be_read_and_removed() {
    let (running, mut client) = started(Trouble::default()).await;
    let done = client.put(put("a", "1")).await.expect("it is put").into_inner();
    assert_eq!((done.header, done.prev_kv), (header(2), None));
    let read = client.range(range("a")).await.expect("it is read").into_inner();
    assert_eq!((read.header, read.count, read.kvs[0].value.as_slice()), (header(2), 1, &b"1"[..]));
    let all = DeleteRangeRequest { key: "a".into(), range_end: vec![0], prev_kv: true };
    let gone = client.delete_range(all).await.expect("it is removed").into_inner();
    assert_eq!((gone.header, gone.deleted, gone.prev_kvs), (header(3), 1, read.kvs));
    running.stop().await;
}

/// A refusal, by code and text.
fn said<T: std::fmt::Debug>(answer: Result<T, tonic::Status>) -> (Code, String) {
    let status = answer.expect_err("it is refused");
    (status.code(), status.message().into())
}

#[tokio::test]
async fn what_cannot_be_replicated_is_refused_in_etcds_words() {
    for (why, code, text) in [
        (Unavailable::TimedOut, Code::Unavailable, "etcdserver: request timed out"),
        (Unavailable::NoLeader, Code::Unavailable, "etcdserver: no leader"),
        (Unavailable::Stopped, Code::Unavailable, "etcdserver: server stopped"),
        (Unavailable::TooManyRequests, Code::ResourceExhausted, "etcdserver: too many requests"),
        (
            Unavailable::NoSpace,
            Code::ResourceExhausted,
            "etcdserver: mvcc: database space exceeded",
        ),
        (Unavailable::Corrupt, Code::DataLoss, "etcdserver: corrupt cluster"),
    ] {
        let trouble = Trouble { refuses: Some(why), stale: Some(why), ..Trouble::default() };
        let (running, mut client) = started(trouble).await;
        assert_eq!(said(client.put(put("a", "1")).await), (code, text.into()));
        assert_eq!(said(client.range(range("a")).await), (code, text.into()));
        // What is wrong with a request by itself is said first.
        let (code, text) = (Code::InvalidArgument, "etcdserver: key is not provided".into());
        assert_eq!(said(client.put(put("", "1")).await), (code, text));
        running.stop().await;
    }
}

#[tokio::test]
async fn a_read_that_may_be_old_asks_nobody() {
    let trouble = Trouble { stale: Some(Unavailable::TimedOut), ..Trouble::default() };
    let (running, mut client) = started(trouble).await;
    client.put(put("a", "1")).await.expect("it is put");
    let old = RangeRequest { serializable: true, ..range("a") };
    let read = client.range(old.clone()).await.expect("it is read").into_inner();
    assert_eq!(read.count, 1);
    let txn = |success: Vec<RequestOp>| TxnRequest { success, ..TxnRequest::default() };
    let read = client.txn(txn(vec![reading(old.clone())])).await.expect("it is read").into_inner();
    let Some(response_op::Response::ResponseRange(inner)) = &read.responses[0].response else {
        panic!("a read is answered by a read: {read:?}");
    };
    assert_eq!(
        (inner.count, inner.header),
        (1, Some(ResponseHeader { revision: 2, ..Default::default() }))
    );
    let timed_out = (Code::Unavailable, "etcdserver: request timed out".to_owned());
    for success in [vec![], vec![reading(range("a"))], vec![reading(old), reading(range("a"))]] {
        assert_eq!(said(client.txn(txn(success)).await), timed_out);
    }
    running.stop().await;
}

#[tokio::test]
async fn who_wants_a_leader_hears_that_there_is_none() {
    let (running, mut client) = started(Trouble { leaderless: true, ..Trouble::default() }).await;
    let old = || Request::new(RangeRequest { serializable: true, ..range("a") });
    client.range(old()).await.expect("nobody asked for a leader");
    let mut asks = old();
    asks.metadata_mut().insert("hasleader", "true".parse().expect("it is a word"));
    let no_leader = (Code::Unavailable, "etcdserver: no leader".into());
    assert_eq!(said(client.range(asks).await), no_leader);
    running.stop().await;
}

#[tokio::test]
async fn a_learner_answers_only_what_it_can_by_itself() {
    let (running, mut client) = started(Trouble { learner: true, ..Trouble::default() }).await;
    let old = RangeRequest { serializable: true, ..range("a") };
    client.range(old).await.expect("it is read here");
    let text = "etcdserver: rpc not supported for learner".to_owned();
    let refused = (Code::FailedPrecondition, text);
    assert_eq!(said(client.range(range("a")).await), refused);
    assert_eq!(said(client.put(put("a", "1")).await), refused);
    running.stop().await;
}

#[tokio::test]
async fn a_request_is_so_large_and_no_larger() {
    let (running, mut client) = started(Trouble::default()).await;
    let most = quorate_service::REQUEST_MAX;
    let value = |bytes| PutRequest { value: vec![b'x'; bytes], ..put("a", "") };
    client.put(value(most - 64)).await.expect("it is not too large");
    let too_large = (Code::InvalidArgument, "etcdserver: request is too large".into());
    assert_eq!(said(client.put(value(most)).await), too_large);
    running.stop().await;
}

#[tokio::test]
async fn an_order_that_there_is_not_is_refused() {
    let (running, mut client) = started(Trouble::default()).await;
    let refused = (Code::InvalidArgument, "etcdserver: invalid sort option".to_owned());
    for (sort_order, sort_target) in [(3, 0), (0, 5), (-1, 0), (1, i32::MAX)] {
        let asked = RangeRequest { sort_order, sort_target, ..range("a") };
        assert_eq!(said(client.range(asked.clone()).await), refused);
        let txn = TxnRequest { failure: vec![reading(asked)], ..TxnRequest::default() };
        assert_eq!(said(client.txn(txn).await), refused);
    }
    running.stop().await;
}

/// `depth` transactions around a put.
fn nested(depth: usize) -> TxnRequest {
    let inner = request_op::Request::RequestPut(put("deep", "1"));
    (0..depth).fold(TxnRequest::default(), |txn, at| {
        let request = if at == 0 { inner.clone() } else { request_op::Request::RequestTxn(txn) };
        let success = vec![RequestOp { request: Some(request) }];
        TxnRequest { success, ..TxnRequest::default() }
    })
}

#[tokio::test]
async fn transactions_are_in_transactions_so_deep_and_no_deeper() {
    let (running, mut client) = started(Trouble::default()).await;
    let done = client.txn(nested(49)).await.expect("it is done").into_inner();
    assert_eq!(done.header, header(2));
    for depth in [51, 5000] {
        let (code, text) = said(client.txn(nested(depth)).await);
        assert_eq!(code, Code::Internal);
        assert!(text.contains("recursion limit"), "{text}");
    }
    let after = client.put(put("a", "1")).await.expect("it still answers").into_inner();
    assert_eq!(after.header, header(3));
    running.stop().await;
}
