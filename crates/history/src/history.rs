//! A history: who asked for what, when, and what came of it.

use std::fmt::{self, Display};

use crate::edn::Form;

/// What an operation does, and what it answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// A read or a get. Without a value, the answer is not known.
    Read(Option<Form>),
    /// A write or a put.
    Write(Form),
    /// A compare-and-set that found the first value and put the second in its place.
    Cas(Form, Form),
    /// An append to a string or a list.
    Append(Form),
    /// A lock was taken.
    Acquire,
    /// A lock was given back.
    Release,
}

impl Display for Action {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(Some(value)) => write!(out, "read {value}"),
            Self::Read(None) => out.write_str("read"),
            Self::Write(value) => write!(out, "write {value}"),
            Self::Cas(old, new) => write!(out, "cas {old} to {new}"),
            Self::Append(value) => write!(out, "append {value}"),
            Self::Acquire => out.write_str("acquire"),
            Self::Release => out.write_str("release"),
        }
    }
}

/// An operation that took effect, or may have. One that failed is left out: it did not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operation {
    /// Who asked for it.
    pub process: Form,
    /// The part of the state that it is about, where there are several.
    pub key: Option<Form>,
    /// What it did.
    pub action: Action,
    /// The place of its invocation among the events of the history.
    pub invoked: u32,
    /// The place of its answer. Without one, it may have taken effect at any time after its
    /// invocation, or never.
    pub returned: Option<u32>,
    /// The line of its invocation, from 1.
    pub line: u32,
}

/// What the operations are about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Model {
    /// Reads and writes of a register that is nil at first.
    Register,
    /// The same with compare-and-set.
    Cas,
    /// A lock that is free at first, can be acquired when it is free and released when it is held,
    /// by whomever.
    Lock,
    /// A store by key: get, put, append, compare-and-set. A missing key is the empty string, and so
    /// is nil. Values are strings if anything is appended.
    Kv,
    /// Lists: append, and reads of the whole list. It is empty at first.
    Log,
}

impl Model {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Register, Self::Cas, Self::Lock, Self::Kv, Self::Log];

    /// Its name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Cas => "cas",
            Self::Lock => "lock",
            Self::Kv => "kv",
            Self::Log => "log",
        }
    }

    /// Whether it has operations of this kind.
    pub(crate) const fn has(self, action: &Action) -> bool {
        match self {
            Self::Register => matches!(action, Action::Read(_) | Action::Write(_)),
            Self::Cas => matches!(action, Action::Read(_) | Action::Write(_) | Action::Cas(..)),
            Self::Lock => matches!(action, Action::Acquire | Action::Release),
            Self::Kv => !matches!(action, Action::Acquire | Action::Release),
            Self::Log => matches!(action, Action::Read(_) | Action::Append(_)),
        }
    }
}

/// Operations in the order of their invocations, and what they are about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct History {
    /// What they are about.
    pub model: Model,
    /// The operations.
    pub operations: Vec<Operation>,
    /// How many failed, and were left out.
    pub failed: u32,
}
