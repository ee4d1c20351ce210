//! Protocols for multicast: reliable, uniform, ordered.

mod letter;

pub mod b_multicast;
pub mod bracha;
pub mod causal;
pub mod fifo;
pub mod isis;
pub mod reliable;
pub mod sequencer;
pub mod uniform;

pub use letter::{Config, Flood, Id, Letter};
