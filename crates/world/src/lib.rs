//! The only semantics of n processes, links and faults.
//!
//! In the synchronous part a run is a list of [`Fault`]s and nothing else: everything that
//! no fault touches is determined. An [`Adversary`] chooses faults while it watches, a
//! [`Script`] repeats them, and the exhaustive search enumerates them; [`Rounded`] performs them
//! and refuses what the model does not grant.
//!
//! In a round, (0) a bit of a state may flip; (1) every live process sends from its state at the
//! end of the round before; (2) the adversary, having seen all of it, picks who crashes and which
//! recipients a crashing process still reaches, which messages are lost, what a traitor says to
//! whom, which bits flip on the way; (3) survivors receive, change their state, may decide.
//!
//! Outside the synchronous model, [`Host`] is one process with its disk and says what a step, a
//! crash and a restart are; [`Upset`] is what can go wrong at a moment, and [`Conditions`] what
//! may be relied on. Who decides when a message arrives is an engine's.
#![no_std]

extern crate alloc;

mod adversary;
mod conditions;
mod fault;
mod host;
mod plan;
mod record;
mod rounded;
mod run;

pub use adversary::{Adversary, Manner, Script, Strategist};
pub use conditions::{Conditions, Upset, Word};
pub use fault::{Fault, Model};
pub use host::{CutShort, Host, Stage};
pub use quorate_kernel::engine::Occurrence;
pub use record::{Names, Recorder, fields_of, fields_within, header_rules, worded};
pub use rounded::{Arena, Cost, Rounded};
pub use run::{Finished, Judgement, ending, judge, run, time_to_decide};
