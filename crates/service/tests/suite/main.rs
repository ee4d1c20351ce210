//! The interface over a replica that is alone: with clients made of the same messages, with
//! etcdctl, and beside etcd.
#![allow(clippy::print_stderr)]

mod beside;
#[allow(dead_code)]
#[path = "../../../store/tests/suite/draw.rs"]
mod draw;
mod etcd;
mod etcdctl;
mod http;
mod keys;
mod local;
mod messages;
mod peculiar;
mod serving;
