//! Answers of the store as those of the interface.

use quorate_store::{Deleted, Done, KeyValue, PutDone, Ranged, TxnDone};

use crate::proto::etcdserverpb as pb;
use crate::proto::etcdserverpb::response_op::Response;
use crate::proto::mvccpb;
use crate::replica::Status;

/// Who answers, and at which revision.
pub(crate) fn header(status: &Status, revision: i64) -> Option<pb::ResponseHeader> {
    Some(pb::ResponseHeader {
        cluster_id: status.cluster,
        member_id: status.member,
        revision,
        raft_term: status.term,
    })
}

/// What is in a transaction has a header with the revision alone.
fn inner(revision: i64) -> Option<pb::ResponseHeader> {
    Some(pb::ResponseHeader { revision, ..pb::ResponseHeader::default() })
}

fn key_value(one: KeyValue) -> mvccpb::KeyValue {
    mvccpb::KeyValue {
        key: one.key.to_vec(),
        create_revision: one.created,
        mod_revision: one.modified,
        version: one.version,
        value: one.value.to_vec(),
        lease: one.lease,
    }
}

fn key_values(all: Vec<KeyValue>) -> Vec<mvccpb::KeyValue> {
    all.into_iter().map(key_value).collect()
}

pub(crate) fn range(header: Option<pb::ResponseHeader>, done: Ranged) -> pb::RangeResponse {
    pb::RangeResponse { header, kvs: key_values(done.found), more: done.more, count: done.count }
}

pub(crate) fn put(header: Option<pb::ResponseHeader>, done: PutDone) -> pb::PutResponse {
    pb::PutResponse { header, prev_kv: done.previous.map(key_value) }
}

pub(crate) fn delete(header: Option<pb::ResponseHeader>, done: Deleted) -> pb::DeleteRangeResponse {
    pb::DeleteRangeResponse { header, deleted: done.deleted, prev_kvs: key_values(done.previous) }
}

pub(crate) fn txn(header: Option<pb::ResponseHeader>, done: TxnDone) -> pb::TxnResponse {
    let responses = done.done.into_iter().map(operation).collect();
    pb::TxnResponse { header, succeeded: done.succeeded, responses }
}

fn operation(done: Done) -> pb::ResponseOp {
    let response = match done {
        Done::Range(done) => Some(Response::ResponseRange(range(inner(done.revision), done))),
        Done::Put(done) => Some(Response::ResponsePut(put(inner(done.revision), done))),
        Done::Delete(done) => {
            Some(Response::ResponseDeleteRange(delete(inner(done.revision), done)))
        }
        Done::Txn(done) => Some(Response::ResponseTxn(txn(inner(done.revision), done))),
        // No operation of a transaction compacts.
        Done::Compact(_) => None,
    };
    pb::ResponseOp { response }
}
