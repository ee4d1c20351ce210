//! The exhaustive search of runs on a network: every order of deliveries, crashes, restarts, lost
//! and repeated messages, timers, flipped bits and lies, within stated bounds.

mod ask;
mod chase;
mod circles;
mod collapse;
mod components;
mod cut_off;
#[cfg(test)]
mod digraphs;
mod endless;
mod equivariance;
mod events;
mod expand;
mod fair;
mod falls;
mod findings;
mod gather;
mod graph;
mod layers;
mod mirrors;
mod offers;
mod orbits;
mod order;
mod plain;
mod plan;
mod print;
mod roles;
mod rounds;
mod rove;
mod scope;
mod search;
mod sinks;
mod spill;
mod state;
mod steps;
mod swarm;
mod symmetry;
mod tables;
mod trail;
mod valence;
mod visited;
mod watch;

pub use ask::{Orders, TIMERS, Told, Wavering, all_inputs, ask, waver};
pub use cut_off::CutOff;
pub use endless::Forever;
pub use fair::Fairness;
pub use findings::{Broken, Explored, Findings};
pub use order::Order;
pub use plan::STEP_TICKS;
pub use scope::{Agenda, Beginning, Inquiry, PACE_MAX, PACED_MAX, Scope};
pub use search::{explore, explore_in};
pub use symmetry::Symmetry;
pub use trail::{Done, Move, Shown, What};
pub use valence::Undecided;
