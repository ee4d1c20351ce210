//! What a protocol is.
//!
//! A protocol is written once, against the traits of this crate, as a pure state machine. The
//! synchronous engine, the exhaustive search, and (as they come) the simulator and the runtime
//! all execute that same code.
//!
//! - [`Rounds`] is the synchronous model in the textbook's form: send, receive, decide.
//! - [`Protocol`] is the general form: inputs, messages, timers, and records that survive a crash.
//! - [`Lockstep`] makes any `Rounds` a `Protocol`.
//! - [`Coded`] is data as bytes, for a wire and a disk.
//! - [`Problem`] is what is to be solved: the types at its border and the requirements there.
//! - [`Traitor`] says which lies a protocol's messages admit; [`Bits`] which bits can flip;
//!   [`Renamed`] where processes and values are named.
//!
//! This crate knows no clock, socket, thread, file or operating system.
#![no_std]

extern crate alloc;

mod bits;
mod coded;
mod data;
pub mod engine;
mod flaws;
mod lockstep;
mod model;
mod problem;
mod protocol;
mod renamed;
mod rounds;
mod rules;
mod signed;
mod traitor;

pub use bits::{Bits, Fields};
pub use coded::{Coded, Garbled, Notary, Reader, Writer};
pub use data::{
    Data, Domain, Group, Process, ProcessSet, Value, marked, marked_within, moment, named, timed,
};
pub use flaws::{Flaw, Mutant};
pub use lockstep::{InRound, Lockstep, LockstepConfig};
pub use model::{Faults, Links, Timing};
pub use problem::{Breach, Class, End, Ledger, Problem, Requirement, Seen};
pub use protocol::{
    Context, Effects, InputOf, Oracle, OutputOf, Part, Protocol, RecordOf, Released, Stable,
    TimerAsk,
};
pub use renamed::{Renamed, Renaming};
pub use rounds::{Inbox, Message, Outgoing, RoundInput, RoundOutput, Rounds, View};
pub use rules::{Cite, Margin, Note, Rule};
pub use signed::{Pen, Signed};
pub use traitor::{Deceit, Liar, Traitor, Turncoat, Vocabulary};
