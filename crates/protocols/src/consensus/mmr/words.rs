//! What is sent.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{Message, Value, inspect};

/// A set of the two values.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Pair {
    /// Whether 0 is in it.
    pub zero: bool,
    /// Whether 1 is in it.
    pub one: bool,
}

inspect!(Pair { zero, one });

impl Pair {
    pub(super) const BOTH: Self = Self { zero: true, one: true };

    /// The set of one value.
    pub fn of(value: Value) -> Self {
        Self { zero: value == Value(0), one: value == Value(1) }
    }

    pub(super) fn contains(self, value: Value) -> bool {
        Self::of(value).is_within(self) && value.0 < 2
    }

    pub(super) fn is_within(self, other: Self) -> bool {
        self.zero <= other.zero && self.one <= other.one
    }

    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self { zero: self.zero || other.zero, one: self.one || other.one }
    }

    /// The members, in order.
    pub fn iter(self) -> impl Iterator<Item = Value> {
        [Value(0), Value(1)].into_iter().filter(move |value| self.contains(*value))
    }
}

/// What is sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Words {
    /// A value that somebody correct may hold in a round.
    Bval(u32, Value),
    /// The first valid value of a round.
    Aux(u32, Value),
    /// The valid values that n-f sent in a round.
    Conf(u32, Pair),
    /// What was decided, and the last round that the sender takes part in.
    Term(u32, Value),
}

inspect!(
    enum Words {
        Bval(round, value),
        Aux(round, value),
        Conf(round, values),
        Term(round, value),
    }
);

impl Message for Words {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        match self {
            Self::Bval(round, value) => format!("bval {round}: {}", name(*value)),
            Self::Aux(round, value) => format!("aux {round}: {}", name(*value)),
            Self::Conf(round, values) => {
                let names: Vec<String> = values.iter().map(name).collect();
                format!("conf {round}: {}", names.join(", "))
            }
            Self::Term(round, value) => format!("term {round}: {}", name(*value)),
        }
    }
}
