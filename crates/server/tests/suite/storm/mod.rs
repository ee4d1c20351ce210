//! The server but its sockets, in virtual time, in a world where everything fails that may.
//!
//! A run is decided by its seed. Links lose, double, delay and cut; processes stop, also in the
//! middle of a commit, and are paused; disks tear, fail, fill up, and one that may be lost for good
//! flips a bit, loses, misdirects or makes light of a write. Clients write and read meanwhile. Then
//! all is calm, and everything that was promised is judged.

mod book;
mod clients;
mod seat;
mod tally;
mod verdict;
mod watched;
mod weather;
mod world;

use quorate_protocols::log::multi_paxos::{MultiPaxos, Words as Paxos};
use quorate_protocols::log::raft::{Full, Raft, Words};
use quorate_server::{Item, Log};

pub(crate) use tally::Tally;

/// A protocol that a storm can be made for.
pub(crate) trait Stormy: Log {
    /// Whether a message with a state comes from a leader; else it came with a vote.
    fn is_install(message: &Self::Message) -> bool;
}

impl Stormy for Raft<Item, Full> {
    fn is_install(message: &Words<Item>) -> bool {
        matches!(message, Words::Install { .. })
    }
}

impl Stormy for MultiPaxos<Item> {
    fn is_install(message: &Paxos<Item>) -> bool {
        matches!(message, Paxos::Install(_))
    }
}

/// The protocols that there are storms for.
pub(crate) const PROTOCOLS: &[&str] = &["raft", "multi-paxos"];

/// One run: what happened, or what is wrong.
pub(crate) fn storm(protocol: &str, seed: u64) -> Result<Tally, String> {
    match protocol {
        "raft" => world::World::<Raft<Item, Full>>::new(seed)?.run(),
        "multi-paxos" => world::World::<MultiPaxos<Item>>::new(seed)?.run(),
        other => Err(format!("there are no storms for {other}: take {}", PROTOCOLS.join(" or "))),
    }
}
