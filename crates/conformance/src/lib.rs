//! The suite that every catalogued protocol passes with no line of its own.
//!
//! Everything here is generic over the protocol: what it promises comes from its claims, how many
//! rounds and messages it takes from its cost, what may be said from its vocabulary. The tests in
//! `tests/suite` go through the catalogue.

mod bench;
mod explored;
mod hosted;
pub mod museum;
mod naive;
mod vocabulary;

pub use bench::{Bench, Tried, groups};
pub use explored::{Depth, explored, inputs};
pub use hosted::{Binary, Troupe, beyond, edge, inside, sweep, troupe};
pub use naive::{Count, enumerate};
pub use vocabulary::{Gap, gaps};
