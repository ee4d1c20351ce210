//! Every run within the bounds: the exhaustive search of the synchronous model, and in [`network`]
//! that of runs on a network.
//!
//! The search of the synchronous model goes through the runs round by round. What makes it fast is
//! exact:
//!
//! - Receivers are independent. Given who crashes, what one receiver gets says nothing about what
//!   another gets; so the search first finds, for each receiver alone, the distinct states that
//!   the adversary can put it in, and only then combines them. Lies that a receiver cannot tell
//!   apart, and messages whose loss changes nothing, are one case, with their number kept.
//! - A local step is run once for each distinct (process, state, inbox).
//! - After the last round only decisions count, so states are forgotten there.
//! - The faulty set and the inputs are fixed for a whole run: each such *case* is searched on its
//!   own, and cases that differ by a permutation of processes that play the same part are one,
//!   with their number kept.
//!
//! The number of runs that is reported is the number of runs of the model, before any of this.
//! For every requirement the run with the fewest faults that breaks it is kept.

mod case;
mod cases;
mod choices;
mod expand;
pub mod network;
mod question;
mod search;
mod table;
mod trail;

pub use question::{Answer, Budget, Finding, Progress, Question, Shown, Slowest, Stop, Work};
pub use search::search;
