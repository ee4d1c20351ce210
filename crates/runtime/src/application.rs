//! What a protocol serves: whoever asks it, and takes what it hands out.

use std::collections::VecDeque;

use quorate_kernel::{InputOf, OutputOf, Protocol, RecordOf};

/// The side of a process that asks its protocol, and takes what comes of it.
///
/// What a protocol hands out is taken at once, but nobody outside may see it before the step that
/// handed it out is safe on the disk: answers are kept until [`Application::stored`].
pub trait Application<P: Protocol>: Send + 'static {
    /// What it is asked for.
    type Ask: Send + 'static;

    /// Somebody asks: whatever the protocol has to be given for it.
    fn ask(&mut self, ask: Self::Ask, stable: &P::Stable) -> Option<InputOf<P>>;

    /// The protocol hands something out.
    fn take(&mut self, output: OutputOf<P>, stable: &P::Stable);

    /// Everything so far is safe on the disk: what was kept back may be said.
    fn stored(&mut self, state: &P, stable: &P::Stable);

    /// Whether a record drops what made the application's state: then its state has to take the
    /// place of the records, see [`Application::seal`].
    fn drops(&self, record: &RecordOf<P>) -> bool {
        let _ = record;
        false
    }

    /// The step that dropped something is over, and all that it handed out was taken: keeps the
    /// state as it is now, for [`Application::put_into`].
    fn seal(&mut self, stable: &P::Stable) {
        let _ = stable;
    }

    /// Puts the state that was kept into what survives a crash, before it is written as a whole.
    fn put_into(&self, stable: &mut P::Stable) {
        let _ = stable;
    }

    /// Puts the state that was kept into a message that brings it to somebody who lacks it.
    fn dress(&self, message: P::Message) -> P::Message {
        message
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
    pub fn next(&mut self) -> Option<OutputOf<P>> {
        self.said.pop_front()
    }
}

impl<P: Protocol> Application<P> for Plain<P> {
    type Ask = InputOf<P>;

    fn ask(&mut self, ask: InputOf<P>, _: &P::Stable) -> Option<InputOf<P>> {
        Some(ask)
    }

    fn take(&mut self, output: OutputOf<P>, _: &P::Stable) {
        self.kept.push(output);
    }

    fn stored(&mut self, _: &P, _: &P::Stable) {
        self.said.extend(self.kept.drain(..));
    }
}
