//! Requests as they were recorded.

use quorate_store::{Compare, Delete, Operation, Order, Put, Range, Relation, Target, Txn, Wanted};
use serde_json::Value as Json;

fn text(json: &Json, name: &str) -> Vec<u8> {
    json[name].as_str().unwrap_or_default().as_bytes().to_vec()
}

fn number(json: &Json, name: &str) -> i64 {
    json[name].as_i64().unwrap_or_default()
}

fn flag(json: &Json, name: &str) -> bool {
    json[name].as_bool().unwrap_or_default()
}

fn list(json: &Json, name: &str) -> Vec<Json> {
    json[name].as_array().cloned().unwrap_or_default()
}

fn wanted(json: &Json) -> Wanted {
    Wanted { key: text(json, "key"), end: text(json, "range_end") }
}

pub(crate) fn range(json: &Json) -> Range {
    Range {
        wanted: wanted(json),
        limit: number(json, "limit"),
        revision: number(json, "revision"),
        order: match json["sort_order"].as_str() {
            Some("ASCEND") => Order::Ascending,
            Some("DESCEND") => Order::Descending,
            _ => Order::None,
        },
        target: match json["sort_target"].as_str() {
            Some("VERSION") => Target::Version,
            Some("CREATE") => Target::Created,
            Some("MOD") => Target::Modified,
            Some("VALUE") => Target::Value,
            _ => Target::Key,
        },
        keys_only: flag(json, "keys_only"),
        count_only: flag(json, "count_only"),
        modified_min: number(json, "min_mod_revision"),
        modified_max: number(json, "max_mod_revision"),
        created_min: number(json, "min_create_revision"),
        created_max: number(json, "max_create_revision"),
    }
}

pub(crate) fn put(json: &Json) -> Put {
    Put {
        key: text(json, "key"),
        value: text(json, "value").into(),
        lease: number(json, "lease"),
        previous: flag(json, "prev_kv"),
        ignore_value: flag(json, "ignore_value"),
        ignore_lease: flag(json, "ignore_lease"),
    }
}

pub(crate) fn delete(json: &Json) -> Delete {
    Delete { wanted: wanted(json), previous: flag(json, "prev_kv") }
}

fn compare(json: &Json) -> Compare {
    let relation = match json["result"].as_str() {
        Some("GREATER") => Relation::Greater,
        Some("LESS") => Relation::Less,
        Some("NOT_EQUAL") => Relation::NotEqual,
        _ => Relation::Equal,
    };
    let wanted = wanted(json);
    match json["target"].as_str() {
        Some("CREATE") => Compare::Created(wanted, relation, number(json, "create_revision")),
        Some("MOD") => Compare::Modified(wanted, relation, number(json, "mod_revision")),
        Some("VALUE") => Compare::Value(wanted, relation, text(json, "value")),
        Some("LEASE") => Compare::Lease(wanted, relation, number(json, "lease")),
        _ => Compare::Version(wanted, relation, number(json, "version")),
    }
}

fn operation(json: &Json) -> Operation {
    let fields = json.as_object().expect("an operation is an object");
    let (name, inner) = fields.iter().next().expect("it has a kind");
    match name.as_str() {
        "request_range" => Operation::Range(range(inner)),
        "request_put" => Operation::Put(put(inner)),
        "request_delete_range" => Operation::Delete(delete(inner)),
        _ => Operation::Txn(txn(inner)),
    }
}

pub(crate) fn txn(json: &Json) -> Txn {
    let operations = |name| list(json, name).iter().map(operation).collect();
    Txn {
        compare: list(json, "compare").iter().map(compare).collect(),
        success: operations("success"),
        failure: operations("failure"),
    }
}
