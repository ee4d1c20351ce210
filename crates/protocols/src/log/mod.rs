//! Protocols that replicate a log: all apply the same commands in the same order.

pub mod multi_paxos;
