//! Protocols in which a commander gives an order and the lieutenants obey the same one.

pub mod dolev_strong;
pub mod from_consensus;
pub mod from_vector;
pub mod om;
pub mod sm;
