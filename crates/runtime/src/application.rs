//! What a protocol serves: whoever asks it, and takes what it hands out.

use std::collections::VecDeque;

use bytes::Bytes;
use quorate_kernel::{InputOf, OutputOf, Process, Protocol, RecordOf};
use quorate_trace::What;

/// The side of a process that asks its protocol, and takes what comes of it.
///
/// What a protocol hands out is taken at once, but nobody outside may see it before the step that
/// handed it out is safe on the disk: answers are kept until [`Application::stored`].
///
/// An application may have a state that the protocol's outputs make, and that stands for them once
/// the protocol drops what they were made of: then it goes to the disk and to other processes
/// beside the protocol's own.
pub trait Application<P: Protocol>: 'static {
    /// What it is asked for.
    type Ask: Send + 'static;

    /// Somebody asks: whatever the protocol has to be given for it.
    fn ask(&mut self, ask: Self::Ask, stable: &P::Stable) -> Option<InputOf<P>>;

    /// What a trace is to tell of those who ask, in order.
    fn note(&mut self) -> Option<Note> {
        None
    }

    /// The protocol hands something out.
    fn take(&mut self, output: OutputOf<P>, state: Option<&P>, stable: &P::Stable);

    /// Everything so far is safe on the disk: what was kept back may be said.
    fn stored(&mut self, state: &P, stable: &P::Stable);

    /// The application of another process says something: whatever the protocol has to be given
    /// for it.
    fn hear(&mut self, from: Process, words: &[u8]) -> Vec<InputOf<P>> {
        let _ = (from, words);
        Vec::new()
    }

    /// What it has to say to the application of another process.
    fn say(&mut self) -> Option<(Process, Bytes)> {
        None
    }

    /// The process boots, and this is the state that was on its disk; false if it is none.
    fn restore(&mut self, state: &[u8]) -> bool {
        state.is_empty()
    }

    /// Whether a record drops what made the state.
    fn drops(&self, record: &RecordOf<P>) -> bool {
        let _ = record;
        false
    }

    /// A step has dropped something, and what it handed out is taken next: the state is to be kept
    /// as it is when all that was dropped is in it, and nothing else.
    fn dropped(&mut self, stable: &P::Stable) {
        let _ = stable;
    }

    /// The state that was kept last, once: from then on it is on the disk.
    fn take_sealed(&mut self) -> Bytes {
        Bytes::new()
    }

    /// Whether a message makes its receiver drop something, so that the state has to go with it.
    fn goes_with(&self, message: &P::Message) -> bool {
        let _ = message;
        false
    }

    /// A message comes with a state; false if these do not belong together.
    fn open(&mut self, message: &P::Message, state: Bytes) -> bool {
        let _ = (message, state);
        false
    }
}

/// What a trace tells of a client of an application.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// It asks: the fields are those of [`What::Call`].
    Call {
        /// Which call of this life of the process it is.
        number: u64,
        /// What kind of call.
        call: &'static str,
        /// What is asked, for people.
        asks: String,
        /// The same, exactly.
        bytes: String,
        /// Whether any state of the past will do.
        local: bool,
    },
    /// It is answered: the fields are those of [`What::Return`].
    Return {
        /// Which call.
        number: u64,
        /// How it went.
        outcome: &'static str,
        /// The answer.
        answer: String,
    },
}

impl Note {
    pub(crate) fn told(self) -> What {
        match self {
            Self::Call { number, call, asks, bytes, local } => {
                What::Call { number, call: call.into(), asks, bytes, local }
            }
            Self::Return { number, outcome, answer } => {
                What::Return { number, outcome: outcome.into(), answer }
            }
        }
    }
}

/// An application that gives the protocol what it is told to, and keeps what comes of it.
#[derive(Debug)]
pub struct Plain<P: Protocol> {
    kept: Vec<OutputOf<P>>,
    said: VecDeque<OutputOf<P>>,
}

impl<P: Protocol> Default for Plain<P> {
    fn default() -> Self {
        Self { kept: Vec::new(), said: VecDeque::new() }
    }
}

impl<P: Protocol> Plain<P> {
    /// The next thing that was handed out and is safe.
    pub fn pop(&mut self) -> Option<OutputOf<P>> {
        self.said.pop_front()
    }
}

impl<P: Protocol> Application<P> for Plain<P> {
    type Ask = InputOf<P>;

    fn ask(&mut self, ask: InputOf<P>, _: &P::Stable) -> Option<InputOf<P>> {
        Some(ask)
    }

    fn take(&mut self, output: OutputOf<P>, _: Option<&P>, _: &P::Stable) {
        self.kept.push(output);
    }

    fn stored(&mut self, _: &P, _: &P::Stable) {
        self.said.extend(self.kept.drain(..));
    }
}
