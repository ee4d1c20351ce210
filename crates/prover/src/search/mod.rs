//! The search: the graph of views, its components, and what shows the answer.

mod adversary;
mod chain;
mod components;
mod crash;
mod graph;
mod layers;
mod limits;
mod omission;
mod paths;
mod prove;
mod states;
mod table;
mod views;

pub use limits::{Limits, Stopped};
pub use prove::{Counts, Means, Proof, prove, prove_by};
