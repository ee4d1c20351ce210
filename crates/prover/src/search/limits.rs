//! When to give up.

use std::fmt;
use std::time::Instant;

/// When to give up.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A point in time.
    pub deadline: Option<Instant>,
    /// The bytes that may be held.
    pub bytes: usize,
}

impl Limits {
    /// Without end.
    pub const NONE: Self = Self { deadline: None, bytes: usize::MAX };

    /// Looks whether to go on, holding so many bytes.
    pub(crate) fn look(self, bytes: usize) -> Result<(), Stopped> {
        if bytes > self.bytes {
            return Err(Stopped::Memory);
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(Stopped::Time),
            _ => Ok(()),
        }
    }
}

/// Why a search was given up. Nothing is known then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// The time is spent.
    Time,
    /// The memory is spent.
    Memory,
    /// There are more views or executions than can be numbered.
    Size,
    /// There is no graph for other numbers of liars than one.
    Liars,
    /// Neither an algorithm nor an impossibility was found by the means that there are.
    Open,
}

impl fmt::Display for Stopped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Time => "the time is spent",
            Self::Memory => "the memory is spent",
            Self::Size => "there are more views than can be numbered",
            Self::Liars => "the graph of views is built for one liar only",
            Self::Open => {
                "to decide the least value heard of is not enough, and no set of executions shows \
                 by parity that nothing is"
            }
        })
    }
}

impl std::error::Error for Stopped {}
