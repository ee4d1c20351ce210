//! The protocols, one file each, grouped by the problem that they solve, and the catalogue.
//!
//! A file reads like the page of its paper: problem, source, resilience, what differs and why;
//! then state, messages, and the rules in the paper's order, cited as they fire.
#![no_std]

extern crate alloc;

mod ballot;
mod card;
mod catalogue;
mod chance;
pub mod consensus;
pub mod detector;
pub mod generals;
mod hosted;
pub mod log;
pub mod multicast;
pub mod museum;
mod part;
mod promises;
mod tally;
pub mod theorems;
mod tree;
pub mod two_armies;
pub mod vector;

pub use ballot::Ballot;
pub use card::{
    Bound, Catalogued, Claim, Cost, First, Hosted, Listed, Parameter, Request, Setup, Tail, Weaker,
};
pub use catalogue::{Card, HostedVisitor, Visitor, cards, visit, visit_hosted};
pub use part::Staged;
pub use promises::{Terms, is_kept, promised};
