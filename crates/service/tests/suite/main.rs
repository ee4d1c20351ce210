//! The interface over a replica that is alone: with clients made of the same messages, with etcdctl,
//! and beside etcd.
#![allow(clippy::print_stderr)]

mod keys;
mod local;
