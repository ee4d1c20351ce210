//! Runs of a protocol in virtual time.
//!
//! A [`Plan`] decides a run: with the same code it gives the same events, byte for byte, on any
//! machine. Draws are functions of the seed and of what is drawn for, so a run costs no more than
//! its events, and a plan can be made simpler one fault at a time without changing the rest.

mod accept;
mod actor;
mod arena;
mod circle;
mod digest;
mod happenings;
mod hearing;
mod lots;
mod minimise;
mod network;
mod outcome;
mod plan;
mod queue;
mod record;
mod run;
mod simulation;
mod spread;
mod swarm;
mod sweep;
mod timers;
mod troupe;
mod twins;
mod weather;
mod words;
mod written;

pub use accept::Refused;
pub use arena::Arena;
pub use happenings::Lie;
pub use minimise::Minimiser;
pub use outcome::Outcome;
pub use plan::{Asked, Letter, Omitting, Plan, Twin};
pub use record::{RECORDED_MAX, Recorder};
pub use run::{Judged, Ran, Runner, fates, fingerprinted, offered, run};
pub use simulation::{EVENTS_MAX, Offered};
pub use spread::Spread;
pub use swarm::{Said, Swarm};
pub use sweep::{Failure, Progress, Sweep, Swept, Tally};
pub use troupe::{Director, Troupe};
pub use weather::{Fate, Rate, Weather};
pub use words::{Speaker, Spoken, speak, word_of};
