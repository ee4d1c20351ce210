//! Links between processes that all live in this one, over loopback.

mod certs;
mod cut;
mod frames;
mod group;
mod hostile;
mod plain;
mod refused;
mod trial;
