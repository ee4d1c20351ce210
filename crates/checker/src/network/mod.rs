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
mod graph;
mod layers;
mod mirrors;
mod orbits;
mod plan;
mod print;
mod roles;
mod rounds;
mod scope;
mod search;
mod sinks;
mod state;
mod steps;
mod symmetry;
mod tables;
mod trail;
mod valence;
mod visited;

pub use ask::{Orders, TIMERS, Told, Wavering, all_inputs, ask, waver};
pub use cut_off::CutOff;
pub use endless::Forever;
pub use fair::Fairness;
pub use plan::STEP_TICKS;
pub use scope::{Agenda, Beginning, Inquiry, PACE_MAX, PACED_MAX, Scope};
pub use search::{Broken, Explored, Findings, explore};
pub use symmetry::Symmetry;
pub use trail::{Done, Move, Shown, What};
pub use valence::Undecided;
