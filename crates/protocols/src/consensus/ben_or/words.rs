//! What is sent.

use alloc::format;
use alloc::string::String;

use quorate_kernel::{Message, Value, inspect};

/// What is sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Words {
    /// The estimate in a round.
    Report(u32, Value),
    /// What the reports of a round speak for, if anything.
    Proposal(u32, Option<Value>),
    /// What was decided.
    Decided(Value),
}

inspect!(
    enum Words {
        Report(round, value),
        Proposal(round, value),
        Decided(value),
    }
);

impl Message for Words {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        match self {
            Self::Report(round, value) => format!("report {round}: {}", name(*value)),
            Self::Proposal(round, Some(value)) => format!("propose {round}: {}", name(*value)),
            Self::Proposal(round, None) => format!("propose {round}: ?"),
            Self::Decided(value) => format!("decided {}", name(*value)),
        }
    }
}
