//! Protocols in which every process proposes and all decide one value.

pub mod ben_or;
pub mod ben_or_byzantine;
pub mod chandra_toueg;
pub mod early_deciding;
pub mod early_stopping;
pub mod eig;
pub mod flood_set;
pub mod from_order;
pub mod from_vector;
pub mod min_flood;
pub mod mmr;
pub mod paxos;
pub mod phase_king;
pub mod phase_king_3f;
pub mod turpin_coan;
pub mod wait_for_all;
