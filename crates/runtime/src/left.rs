//! What a process has left of its part of a trace, however it ended.
//!
//! A batch of events is in the file, with an empty line after it, before its records go to the log;
//! and each batch of the log says how many events there were then. So all that others were told is
//! in both, whenever the process is killed. What may be in one alone is the last batch: it is cut
//! off if the log does not have its records, since nothing of it was said to anybody. The file is
//! not synced: if the machine fails its end may be gone, which is noticed where the log says so.

use std::fmt;
use std::io::{self, BufRead};

use quorate_kernel::Process;
use quorate_trace::{Closing, Event, Header, What};

/// What stands in the file of a part, after what has to be cut off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Left {
    /// How many bytes of the file that is.
    pub bytes: u64,
    /// How many events.
    pub events: u32,
    /// How many records they stored.
    pub records: u32,
    /// How many requests there were.
    pub requests: u32,
    /// When the last event was, in ticks.
    pub at: u64,
}

/// Why a process cannot go on with its part of a trace.
#[derive(Debug)]
pub enum Unfit {
    /// The file cannot be read.
    File(io::Error),
    /// A line is not what it should be.
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// The log has more than the part.
    Short {
        /// How many events there were by the log.
        told: u64,
        /// How many there are.
        events: u32,
    },
    /// The part has more than the log.
    Unlogged {
        /// The line after which the log has nothing, from 1.
        line: usize,
    },
    /// Records are in the log of which the part was not told.
    Untraced,
}

impl fmt::Display for Unfit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => write!(out, "it cannot be read: {error}"),
            Self::Line { line, what } => write!(out, "line {line}: {what}"),
            Self::Short { told, events } => write!(
                out,
                "the log was written after {told} events, and only {events} are there: the \
                 machine failed before the end of the trace was on the disk, or the file is of \
                 another log"
            ),
            Self::Unlogged { line } => write!(
                out,
                "what was stored before line {line} is not in the log, and the trace goes on: the \
                 file is of another log"
            ),
            Self::Untraced => out.write_str(
                "the log has records of which the trace does not tell: the process has run \
                 without it",
            ),
        }
    }
}

impl std::error::Error for Unfit {}

impl Left {
    /// Reads the part of a process among `n`, whose log was last written when the part had so many
    /// events; `None` if the log does not say. There may be nothing left of it.
    ///
    /// # Errors
    /// If the log and the part cannot be of one process, or the part is none.
    pub fn read(
        part: &mut dyn BufRead,
        (me, n): (Process, u16),
        told: Option<u64>,
    ) -> Result<Option<(Header, Self)>, Unfit> {
        let told = told.ok_or(Unfit::Untraced)?;
        let mut lines = Lines { part, line: Vec::new(), number: 0 };
        if !lines.next()? {
            return if told == 0 { Ok(None) } else { Err(Unfit::Short { told, events: 0 }) };
        }
        let header = serde_json::from_slice(&lines.line)
            .map_err(|error| lines.bad(format!("this is not the header of a trace: {error}")))?;
        let mut left = Self { bytes: lines.line.len() as u64, ..Self::default() };
        let mut batch = left;
        // Where a batch ended whose records are not in the log.
        let mut unlogged = None;
        while lines.next()? {
            batch.bytes += lines.line.len() as u64;
            if lines.line == b"\n" {
                let stores = batch.records > left.records && u64::from(batch.events) > told;
                match unlogged {
                    None if stores => unlogged = Some(lines.number),
                    None => left = batch,
                    Some(_) => {}
                }
            } else if lines.is_closing() {
                if lines.next()? {
                    return Err(lines.bad("the trace goes on after its end".into()));
                }
                break;
            } else if let Some(line) = unlogged {
                return Err(Unfit::Unlogged { line });
            } else {
                batch.take(&lines, (me, n))?;
            }
        }
        if u64::from(left.events) < told {
            return Err(Unfit::Short { told, events: left.events });
        }
        Ok(Some((header, left)))
    }

    fn take(&mut self, lines: &Lines<'_>, (me, n): (Process, u16)) -> Result<(), Unfit> {
        let event: Event = serde_json::from_slice(&lines.line)
            .map_err(|error| lines.bad(format!("this is not an event: {error}")))?;
        let index = index(self.events, (me, n));
        if (event.i, event.process) != (index, me.0) {
            let (i, process) = (event.i, event.process);
            let what = format!("event {i} of p{process} is where event {index} of {me} should be");
            return Err(lines.bad(what));
        }
        self.events = self.events.saturating_add(1);
        self.at = self.at.max(event.at.unwrap_or(0));
        match event.what {
            What::Store { records } => {
                self.records = self.records.saturating_add(records.len() as u32);
            }
            What::Request { .. } => self.requests = self.requests.saturating_add(1),
            _ => {}
        }
        Ok(())
    }
}

/// The index of an event of a process among `n` that has written so many.
pub(crate) fn index(written: u32, (me, n): (Process, u16)) -> u32 {
    written.saturating_mul(n.into()).saturating_add(me.0.into())
}

/// The lines of a file that are whole.
struct Lines<'p> {
    part: &'p mut dyn BufRead,
    line: Vec<u8>,
    number: usize,
}

impl Lines<'_> {
    /// Goes to the next line; false if there is none, or only the beginning of one.
    fn next(&mut self) -> Result<bool, Unfit> {
        self.line.clear();
        self.number += 1;
        self.part.read_until(b'\n', &mut self.line).map_err(Unfit::File)?;
        Ok(self.line.ends_with(b"\n"))
    }

    fn is_closing(&self) -> bool {
        serde_json::from_slice::<Closing>(&self.line).is_ok()
    }

    fn bad(&self, what: String) -> Unfit {
        Unfit::Line { line: self.number, what }
    }
}
