//! Links between the processes of a group, over TCP.
//!
//! Each process dials each other, so that there are two connections between any two: each is for
//! messages in one direction and for the acknowledgements of those. What goes over a connection is
//! [frames](frame), each with a checksum. The first say who speaks ([`hello`]); before that is
//! known a connection can cost little, and there are few of them.
//!
//! # What is promised
//!
//! Lossy links hand out messages once and in the order in which they were sent, but for those that
//! are lost. Reliable links lose none as long as both processes live: messages have numbers, the
//! receiver acknowledges them, and after a connection has ended what was not acknowledged goes over
//! the next one. What was handed to the owner is acknowledged; whether the owner did anything with
//! it is not known.
//!
//! A process that begins anew has another incarnation, and does not know what arrived before. What
//! was on its way to it then is lost, as it is where a process crashes. What is sent after a first
//! message of the new incarnation has arrived is not among that.
//!
//! # What is bounded
//!
//! What waits for a peer, by messages and bytes; more is refused, or dropped by lossy links. What
//! has arrived and was not taken, by the capacity of the owner's channel. A frame, to 1 MiB, and
//! a message, by a setting; memory for it is taken as it arrives.
//!
//! # Who is there
//!
//! With certificates of the group's own authority ([`certs`]), each end has to show that of the
//! process that it is to be. Without, anybody can say that he is anybody, so only loopback
//! addresses are allowed then.

pub mod certs;
mod counters;
mod dial;
mod door;
mod error;
pub mod frame;
pub mod hello;
mod links;
pub mod message;
mod outbox;
mod security;
mod settings;
mod shared;
mod source;
mod stream;

pub use counters::{Counter, Counters, DoorCounters};
pub use error::Error;
pub use links::Links;
pub use security::Security;
pub use settings::{Delivery, Settings};
pub use shared::Connected;
pub use source::Arrival;
