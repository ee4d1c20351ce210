//! Requests of the interface as those of the store.

use quorate_store::{
    Compare, Delete, Error, Operation, Order, Put, Range, Relation, Target, Txn, Wanted,
};

use crate::proto::etcdserverpb::compare::TargetUnion;
use crate::proto::etcdserverpb::request_op::Request;
use crate::proto::etcdserverpb::{self as pb, compare, range_request};

/// Refuses an order that there is not: an unknown target ends a process of etcd 3.4.23, and later
/// versions refuse both.
pub(crate) fn range(asked: pb::RangeRequest) -> Result<Range, Error> {
    use range_request::{SortOrder, SortTarget};
    let order = SortOrder::try_from(asked.sort_order).map_err(|_| Error::SortOption)?;
    let target = SortTarget::try_from(asked.sort_target).map_err(|_| Error::SortOption)?;
    Ok(Range {
        wanted: Wanted { key: asked.key, end: asked.range_end },
        limit: asked.limit,
        revision: asked.revision,
        order: match order {
            SortOrder::None => Order::None,
            SortOrder::Ascend => Order::Ascending,
            SortOrder::Descend => Order::Descending,
        },
        target: match target {
            SortTarget::Key => Target::Key,
            SortTarget::Version => Target::Version,
            SortTarget::Create => Target::Created,
            SortTarget::Mod => Target::Modified,
            SortTarget::Value => Target::Value,
        },
        keys_only: asked.keys_only,
        count_only: asked.count_only,
        modified_min: asked.min_mod_revision,
        modified_max: asked.max_mod_revision,
        created_min: asked.min_create_revision,
        created_max: asked.max_create_revision,
    })
}

pub(crate) fn put(asked: pb::PutRequest) -> Put {
    Put {
        key: asked.key,
        value: asked.value.into(),
        lease: asked.lease,
        previous: asked.prev_kv,
        ignore_value: asked.ignore_value,
        ignore_lease: asked.ignore_lease,
    }
}

pub(crate) fn delete(asked: pb::DeleteRangeRequest) -> Delete {
    Delete { wanted: Wanted { key: asked.key, end: asked.range_end }, previous: asked.prev_kv }
}

pub(crate) fn txn(asked: pb::TxnRequest) -> Result<Txn, Error> {
    let operations =
        |all: Vec<pb::RequestOp>| all.into_iter().map(operation).collect::<Result<_, _>>();
    Ok(Txn {
        compare: asked.compare.into_iter().map(compare).collect(),
        success: operations(asked.success)?,
        failure: operations(asked.failure)?,
    })
}

/// One that asks for nothing is refused with these words by etcd.
fn operation(asked: pb::RequestOp) -> Result<Operation, Error> {
    Ok(match asked.request.ok_or(Error::KeyNotFound)? {
        Request::RequestRange(asked) => Operation::Range(range(asked)?),
        Request::RequestPut(asked) => Operation::Put(put(asked)),
        Request::RequestDeleteRange(asked) => Operation::Delete(delete(asked)),
        Request::RequestTxn(asked) => Operation::Txn(txn(asked)?),
    })
}

fn compare(asked: pb::Compare) -> Compare {
    use compare::{CompareResult, CompareTarget};
    let target = CompareTarget::try_from(asked.target).ok();
    let result = CompareResult::try_from(asked.result).ok();
    let wanted = Wanted { key: asked.key, end: asked.range_end };
    let said = asked.target_union;
    // As etcd has it: a relation that it does not know holds, but of a value only where there is
    // one; and a target that it does not know is equal. No version is below 0, and where there is a
    // key, it is above.
    let (target, relation) = match (target, result) {
        (Some(CompareTarget::Value), None) => {
            return Compare::Version(wanted, Relation::Greater, 0);
        }
        (_, None) | (None, Some(CompareResult::Equal)) => {
            return Compare::Version(wanted, Relation::NotEqual, -1);
        }
        (None, Some(_)) => return Compare::Version(wanted, Relation::Less, 0),
        (Some(target), Some(CompareResult::Equal)) => (target, Relation::Equal),
        (Some(target), Some(CompareResult::Greater)) => (target, Relation::Greater),
        (Some(target), Some(CompareResult::Less)) => (target, Relation::Less),
        (Some(target), Some(CompareResult::NotEqual)) => (target, Relation::NotEqual),
    };
    // A number or a value of another target says nothing of this one.
    match (target, said) {
        (CompareTarget::Version, Some(TargetUnion::Version(said))) => {
            Compare::Version(wanted, relation, said)
        }
        (CompareTarget::Version, _) => Compare::Version(wanted, relation, 0),
        (CompareTarget::Create, Some(TargetUnion::CreateRevision(said))) => {
            Compare::Created(wanted, relation, said)
        }
        (CompareTarget::Create, _) => Compare::Created(wanted, relation, 0),
        (CompareTarget::Mod, Some(TargetUnion::ModRevision(said))) => {
            Compare::Modified(wanted, relation, said)
        }
        (CompareTarget::Mod, _) => Compare::Modified(wanted, relation, 0),
        (CompareTarget::Value, Some(TargetUnion::Value(said))) => {
            Compare::Value(wanted, relation, said)
        }
        (CompareTarget::Value, _) => Compare::Value(wanted, relation, Vec::new()),
        (CompareTarget::Lease, Some(TargetUnion::Lease(said))) => {
            Compare::Lease(wanted, relation, said)
        }
        (CompareTarget::Lease, _) => Compare::Lease(wanted, relation, 0),
    }
}
