//! Answers, in the words of the recording.

use quorate_store::{Deleted, Done, KeyValue, PutDone, Ranged, Store, TxnDone};
use serde_json::{Map, Value as Json, json};

use crate::reading;

/// Leaves out what is empty, as the recording does.
fn filled(json: Json) -> Json {
    let Json::Object(fields) = json else { return json };
    let is_empty = |value: &Json| match value {
        Json::Null => true,
        Json::Bool(value) => !value,
        Json::Number(number) => number.as_i64() == Some(0),
        Json::String(text) => text.is_empty(),
        Json::Array(all) => all.is_empty(),
        Json::Object(_) => false,
    };
    Json::Object(fields.into_iter().filter(|(_, value)| !is_empty(value)).collect())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("recorded keys and values are text")
}

fn key_value(one: &KeyValue) -> Json {
    filled(json!({
        "key": text(&one.key), "create_revision": one.created, "mod_revision": one.modified,
        "version": one.version, "value": text(&one.value), "lease": one.lease,
    }))
}

fn ranged(done: &Ranged) -> Json {
    let found: Vec<Json> = done.found.iter().map(key_value).collect();
    filled(json!({
        "revision": done.revision, "kvs": found, "more": done.more, "count": done.count,
    }))
}

fn put(done: &PutDone) -> Json {
    let previous = done.previous.as_ref().map(key_value);
    filled(json!({ "revision": done.revision, "prev_kv": previous }))
}

fn deleted(done: &Deleted) -> Json {
    let previous: Vec<Json> = done.previous.iter().map(key_value).collect();
    filled(json!({
        "revision": done.revision, "deleted": done.deleted, "prev_kvs": previous,
    }))
}

fn txn(done: &TxnDone) -> Json {
    let one = |done: &Done| match done {
        Done::Range(done) => json!({ "response_range": ranged(done) }),
        Done::Put(done) => json!({ "response_put": put(done) }),
        Done::Delete(done) => json!({ "response_delete_range": deleted(done) }),
        Done::Txn(done) => json!({ "response_txn": txn(done) }),
        Done::Compact(_) => unreachable!("no operation of a transaction compacts"),
    };
    let all: Vec<Json> = done.done.iter().map(one).collect();
    filled(json!({ "revision": done.revision, "succeeded": done.succeeded, "responses": all }))
}

/// What the store answers to a recorded request.
pub(crate) fn answer(store: &mut Store, line: &Json) -> Json {
    let request = &line["request"];
    let answer = match line["kind"].as_str().expect("a line has a kind") {
        "range" => store.range(&reading::range(request)).map(|done| ranged(&done)),
        "put" => store.put(&reading::put(request)).map(|done| put(&done)),
        "delete" => store.delete(&reading::delete(request)).map(|done| deleted(&done)),
        "txn" => store.txn(&reading::txn(request)).map(|done| txn(&done)),
        "compact" => {
            let revision = request["revision"].as_i64().unwrap_or_default();
            store.compact(revision).map(|()| json!({ "revision": store.revision() }))
        }
        _ => store.hash(0).map(|hash| {
            let compacted = store.compacted().unwrap_or(-1);
            json!({ "hash": hash, "revision": store.revision(), "compacted": compacted })
        }),
    };
    answer.unwrap_or_else(|error| Json::String(error.to_string()))
}

/// What etcd answered.
pub(crate) fn said(line: &Json) -> Json {
    match &line["error"] {
        Json::Null => without_empty_headers(&line["answer"]),
        error => error.clone(),
    }
}

/// An inner transaction has a header without a revision.
fn without_empty_headers(json: &Json) -> Json {
    match json {
        Json::Object(fields) => {
            let mut kept = Map::new();
            for (name, value) in fields {
                if name != "revision" || value.as_i64() != Some(0) {
                    kept.insert(name.clone(), without_empty_headers(value));
                }
            }
            Json::Object(kept)
        }
        Json::Array(all) => Json::Array(all.iter().map(without_empty_headers).collect()),
        other => other.clone(),
    }
}
