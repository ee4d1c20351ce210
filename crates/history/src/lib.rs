//! Histories of operations on an object that many use at once, and the judge who says whether they
//! are linearizable.
//!
//! A history is read from text ([`read`]), and judged key by key ([`judge()`]): where all values
//! are unique, by their zones, in n log n; else by a search of an order that explains every answer,
//! which can be bounded in time and memory. If there is none, the least set of operations that
//! shows it is found, and drawn ([`draw`]).
//!
//! ```
//! use quorate_history::{Limits, Verdict, judge, read};
//!
//! let text = "0 :invoke :write 1\n0 :ok :write 1\n1 :invoke :read nil\n1 :ok :read nil\n";
//! let history = read(text, None)?;
//! let Verdict::Violated(witness) = judge(&history, Limits::NONE).verdict else { panic!() };
//! assert_eq!(witness.operations, [0, 1]);
//! # Ok::<(), quorate_history::BadHistory>(())
//! ```

#![forbid(unsafe_code)]

mod draw;
mod edn;
mod history;
mod judge;
mod object;
mod read;
mod search;
mod unique;

pub use draw::draw;
pub use edn::{Form, Mistake, Reader};
pub use history::{Action, History, Model, Operation};
pub use judge::{Judgement, Verdict, Witness, judge};
pub use read::{BadHistory, read};
pub use search::{Limits, Outcome, Span, Specification, Spent, search};
