//! Links between processes that all live in this one, over loopback.

mod group;
mod plain;
