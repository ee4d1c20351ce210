//! Requests of the store as those of the interface: the way back from what the server does.

use quorate_service::proto::etcdserverpb as pb;
use quorate_service::proto::etcdserverpb::compare::TargetUnion;
use quorate_service::proto::etcdserverpb::request_op::Request;
use quorate_store::{Compare, Delete, Operation, Put, Range, Relation, Txn, Wanted};

pub(crate) fn range(range: Range) -> pb::RangeRequest {
    pb::RangeRequest {
        key: range.wanted.key,
        range_end: range.wanted.end,
        limit: range.limit,
        revision: range.revision,
        sort_order: range.order as i32,
        sort_target: range.target as i32,
        serializable: false,
        keys_only: range.keys_only,
        count_only: range.count_only,
        min_mod_revision: range.modified_min,
        max_mod_revision: range.modified_max,
        min_create_revision: range.created_min,
        max_create_revision: range.created_max,
    }
}

pub(crate) fn put(put: Put) -> pb::PutRequest {
    pb::PutRequest {
        key: put.key,
        value: put.value.to_vec(),
        lease: put.lease,
        prev_kv: put.previous,
        ignore_value: put.ignore_value,
        ignore_lease: put.ignore_lease,
    }
}

pub(crate) fn delete(delete: Delete) -> pb::DeleteRangeRequest {
    let Wanted { key, end: range_end } = delete.wanted;
    pb::DeleteRangeRequest { key, range_end, prev_kv: delete.previous }
}

fn operation(operation: Operation) -> pb::RequestOp {
    let request = Some(match operation {
        Operation::Range(one) => Request::RequestRange(range(one)),
        Operation::Put(one) => Request::RequestPut(put(one)),
        Operation::Delete(one) => Request::RequestDeleteRange(delete(one)),
        Operation::Txn(one) => Request::RequestTxn(txn(one)),
    });
    pb::RequestOp { request }
}

fn compare(compare: Compare) -> pb::Compare {
    let (target, (wanted, relation, said)) = match compare {
        Compare::Version(wanted, relation, said) => {
            (0, (wanted, relation, TargetUnion::Version(said)))
        }
        Compare::Created(wanted, relation, said) => {
            (1, (wanted, relation, TargetUnion::CreateRevision(said)))
        }
        Compare::Modified(wanted, relation, said) => {
            (2, (wanted, relation, TargetUnion::ModRevision(said)))
        }
        Compare::Value(wanted, relation, said) => (3, (wanted, relation, TargetUnion::Value(said))),
        Compare::Lease(wanted, relation, said) => (4, (wanted, relation, TargetUnion::Lease(said))),
    };
    let result = match relation {
        Relation::Equal => 0,
        Relation::Greater => 1,
        Relation::Less => 2,
        Relation::NotEqual => 3,
    };
    let Wanted { key, end: range_end } = wanted;
    pb::Compare { result, target, key, range_end, target_union: Some(said) }
}

pub(crate) fn txn(txn: Txn) -> pb::TxnRequest {
    let operations = |all: Vec<Operation>| all.into_iter().map(operation).collect();
    pb::TxnRequest {
        compare: txn.compare.into_iter().map(compare).collect(),
        success: operations(txn.success),
        failure: operations(txn.failure),
    }
}
