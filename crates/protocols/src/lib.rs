//! The protocols, one file each, grouped by the problem that they solve, and the catalogue.
//!
//! A file reads like the page of its paper: problem, source, resilience, what differs and why;
//! then state, messages, and the rules in the paper's order, cited as they fire.
#![no_std]

extern crate alloc;

mod card;
mod catalogue;
pub mod consensus;
pub mod generals;
mod part;
mod tally;
mod tree;
pub mod vector;

pub use card::{Bound, Catalogued, Claim, Cost, Parameter, Setup};
pub use catalogue::{Card, Visitor, cards, visit};
pub use part::Staged;
