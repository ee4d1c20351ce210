//! Protocols for multicast: reliable, uniform, ordered.

mod letter;
mod orders;

pub mod b_multicast;
pub mod bracha;
pub mod causal;
pub mod consensus_order;
pub mod fifo;
pub mod isis;
pub mod reliable;
pub mod sequencer;
pub mod uniform;

pub use letter::{Config, Flood, Id, Letter};
pub use orders::Orders;
