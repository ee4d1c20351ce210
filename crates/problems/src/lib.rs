//! The problem statements.
//!
//! A requirement is stated once, as a judge over what an observer at the border saw: inputs,
//! outputs, and who failed. It serves every protocol of the problem and every engine. Where the
//! literature means different things by one word, each meaning is here under a name of its own.
#![no_std]

extern crate alloc;

mod consensus;
mod coordinated_attack;
mod detector;
mod generals;
mod multicast;
mod one_shot;
mod replicated_log;
mod vector;

pub use consensus::Consensus;
pub use coordinated_attack::CoordinatedAttack;
pub use detector::{FailureDetection, Opinion, Opinions, Outage};
pub use generals::Generals;
pub use multicast::{Delivery, Event, Histories, Multicast};
pub use one_shot::OneShot;
pub use replicated_log::{
    Aim, Applied, Asker, Call, Change, Line, Lines, LogLedger, Membership, Payload, Place, Refusal,
    ReplicatedLog,
};
pub use vector::InteractiveConsistency;
