//! etcd's gRPC interface over a replicated store, so that its clients and `etcdctl` can use it:
//! reads and writes of keys, transactions and compactions, and what is asked of a member.
//!
//! Whoever has a replica implements [`Replica`] and calls [`serve`]. Answers, errors and their
//! texts are those of etcd 3.4.23.

mod answers;
mod authority;
mod cluster;
mod gate;
mod health;
mod http;
mod kv;
mod maintenance;
pub mod proto;
mod refused;
mod replica;
mod requests;
mod serve;

pub use replica::{Member, Outcome, Read, Replica, Status, Unavailable};
pub use serve::serve;

/// The version of etcd whose answers are given.
pub const VERSION: &str = "3.4.23";

/// How many bytes a request that changes something has at most, as etcd has it.
pub const REQUEST_MAX: usize = 3 << 19;
