//! A process of a group on a machine: any protocol of the catalogue between sockets and disks, and
//! the replicated store that a protocol with a log drives.

mod certs;
mod config;
mod failing;
mod handed;
mod item;
mod kv;
mod log;
mod metrics;
mod replica;
mod sealed;
mod seen;
mod serve;
mod shared;
mod waiting;

pub use certs::make_certificates;
pub use config::{Config, Member};
pub use item::Item;
pub use kv::{Ask, Kv};
pub use log::{Log, Pulse};
pub use replica::Handle;
pub use seen::text_of;
pub use serve::{
    Failure, Keeper, STORES, Settings, StoreVisitor, keep_store, listen, serve_store, visit_store,
};
pub use shared::{Known, Shared};
