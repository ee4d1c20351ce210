//! Protocols in which every process proposes and all decide the vector of proposals.

pub mod from_consensus;
pub mod interactive_consistency;
pub mod interactive_consistency_signed;
pub mod side_by_side;
