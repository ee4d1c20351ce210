//! Keys, values and revisions: the state machine that a replicated log drives, as etcd 3.4 has it.
//!
//! Every request that changes anything raises the revision by one, whatever it changes; within it,
//! changes are numbered from 0. What was at an earlier revision can be read until it is compacted.
//! Nothing here reads a clock, draws a lot or fails for want of room: whoever is given the same
//! requests has the same state, and [`Store::hash`] says so in a number.
//!
//! Source: etcd's `rpc.proto` and `kv.proto`, and what 3.4.23 answers where these leave it open.

mod check;
mod command;
mod compact;
mod compare;
mod error;
mod hash;
mod range;
mod request;
mod snapshot;
mod store;
mod txn;
mod value;
mod wire;

pub use check::OPERATIONS_MAX;
pub use command::{Command, DEPTH_MAX};
pub use error::Error;
pub use request::{
    Bytes, Compare, Delete, Deleted, Done, KeyValue, Operation, Order, Put, PutDone, Range, Ranged,
    Relation, Target, Txn, TxnDone, Wanted,
};
pub use store::{Revision, Store};
pub use value::Value;
pub use wire::Damaged;
