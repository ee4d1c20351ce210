//! Pictures of a run.
//!
//! A [`Trace`](quorate_trace::Trace) is all that this crate knows. It is drawn as:
//!
//! - [`text`]: the space-time diagram for a terminal, one row a message;
//! - [`table`]: who received what from whom, and the state of every process, round by round;
//! - [`svg`]: the space-time diagram as one standalone picture;
//! - [`html`]: one page that opens from disk and steps through the run.
//!
//! It is converted for other programs to:
//!
//! - [`mermaid`]: a sequence diagram for documents that render Mermaid;
//! - [`shiviz`]: a log with vector clocks for ShiViz;
//! - [`itf`]: a sequence of states in the trace format of Apalache and Quint.
//!
//! What many runs come to is drawn by [`plot`], what clients saw by [`intervals_svg`].
//!
//! A run in rounds is drawn round by round. A run in time, one whose header says what holds of
//! time, is drawn on a scale of it: each message from when it is sent to when it arrives.
//!
//! No picture trusts its trace. A damaged one may name processes and events that are not there;
//! such events are left out, and the picture says so. A run too large to draw is cut, and the
//! picture says what is missing.
#![no_std]

extern crate alloc;

mod canvas;
mod clock;
mod html;
mod intervals;
mod itf;
mod mermaid;
pub mod plot;
mod scene;
mod shiviz;
mod steps;
mod svg;
mod table;
mod text;
mod words;

pub use html::html;
pub use intervals::{Interval, intervals_svg};
pub use itf::itf;
pub use mermaid::mermaid;
pub use shiviz::shiviz;
pub use svg::svg;
pub use table::table;
pub use text::text;

/// How a picture for the terminal is to look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextOptions {
    /// The columns that a line may take; fewer than 40 are treated as 40.
    pub width: usize,
    /// Whether to colour it with the terminal's escape sequences. No mark depends on colour alone.
    pub colour: bool,
    /// Whether to draw with lines and arrows; otherwise with the characters of ASCII.
    pub unicode: bool,
    /// Whether to say before what was run, and after it what it means; or to draw only.
    pub framed: bool,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self { width: 100, colour: false, unicode: true, framed: true }
    }
}
