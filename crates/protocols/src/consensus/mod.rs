//! Protocols in which every process proposes and all decide one value.

pub mod flood_set;
