//! What a node did, as its part of a trace.

use std::fmt;
use std::io::{self, Write};

use quorate_kernel::{InputOf, Message, OutputOf, Process, Protocol, RecordOf};
use quorate_simulator::{Lie, Recorder};
use quorate_trace::{Event, What};

use crate::left::{Left, index};

/// Writes down what a node does. Of `n` nodes the k-th uses the indices k, k + n, k + 2n and so on,
/// so that the parts can be put together; where it was sent a message, it names the event of the
/// sender.
pub struct Recording {
    me: Process,
    n: u16,
    recorder: Recorder,
    /// How many events there were before those that the recorder has.
    written: u32,
    waiting: u32,
    /// How many requests there were.
    requests: u32,
    /// What an earlier life of the process has left.
    before: Left,
    /// Whether the last batch has its end.
    ended: bool,
    to: Box<dyn Write + Send>,
    failed: Option<io::Error>,
}

impl fmt::Debug for Recording {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Recording({} events)", self.written)
    }
}

impl Recording {
    /// The part of a process among `n`, which goes line by line to a file that has the header.
    pub fn new(me: Process, n: u16, recorder: Recorder, to: Box<dyn Write + Send>) -> Self {
        let before = Left::default();
        let (written, waiting, requests) = (0, 0, 0);
        let (ended, failed) = (true, None);
        Self { me, n, recorder, written, waiting, requests, before, ended, to, failed }
    }

    /// The same, which goes on after what an earlier life of the process has left.
    #[must_use]
    pub fn after(self, left: Left) -> Self {
        Self { written: left.events, requests: left.requests, before: left, ..self }
    }

    /// When the last event of an earlier life was, in ticks; 0 if there was none.
    pub fn went_on_until(&self) -> u64 {
        self.before.at
    }

    /// The process boots; after a crash, if it has run before. When that was nobody has seen: it
    /// did nothing more after the last event.
    pub(crate) fn boots(&mut self, at: u64) {
        let Left { events, records, at: last, .. } = self.before;
        if events == 0 {
            return;
        }
        let crash = What::Crash { reached: Vec::new(), within: None, forgotten: 0 };
        self.recorder.note(last, self.me, crash);
        self.recorder.note(at.max(last), self.me, What::Restart { records });
        self.settle();
    }

    /// The index that the next event will have.
    fn next(&self) -> u32 {
        index(self.written.saturating_add(self.waiting), (self.me, self.n))
    }

    /// Something that is no part of any step.
    pub(crate) fn note(&mut self, at: u64, what: What) {
        self.recorder.note(at, self.me, what);
        self.settle();
    }

    pub(crate) fn received(&mut self, at: u64, from: Process, sent: u32) {
        self.recorder.received(at, self.me, from, sent, false);
        self.waiting += 1;
    }

    pub(crate) fn timer<T: fmt::Debug>(&mut self, at: u64, timer: &T) {
        self.recorder.timer(at, self.me, timer);
        self.waiting += 1;
    }

    pub(crate) fn request<P: Protocol>(&mut self, at: u64, input: &InputOf<P>) {
        self.recorder.request::<P>(at, self.me, self.requests, input);
        self.requests = self.requests.saturating_add(1);
        self.waiting += 1;
    }

    /// What the step did before it said anything.
    pub(crate) fn step(
        &mut self,
        at: u64,
        drawn: Vec<quorate_trace::What>,
        margin: &quorate_kernel::Margin,
    ) {
        self.recorder.drawn = drawn;
        self.recorder.step(at, self.me, margin.take_cited(), margin);
        self.settle();
    }

    pub(crate) fn stored<P: Protocol>(&mut self, at: u64, records: &[RecordOf<P>]) {
        self.recorder.stored(at, self.me, records);
        self.settle();
    }

    pub(crate) fn output<P: Protocol>(&mut self, at: u64, output: &OutputOf<P>) {
        self.recorder.output::<P>(at, self.me, output);
        self.settle();
    }

    /// A message, and the index of the event that it is.
    pub(crate) fn sent<P: Protocol>(
        &mut self,
        at: u64,
        to: Process,
        message: &P::Message,
        lie: Option<Lie<P>>,
    ) -> u32 {
        let index = self.next();
        self.recorder.sent::<P>(at, self.me, to, message, None, lie);
        self.settle();
        index
    }

    pub(crate) fn unsent<M: Message>(&mut self, at: u64, to: Process, message: &M) {
        self.recorder.unsent(at, self.me, to, message, "silence");
        self.settle();
    }

    pub(crate) fn state<P: Protocol>(&mut self, at: u64, state: &P, stable: &P::Stable) {
        self.recorder.state(at, self.me, state, stable);
        self.settle();
    }

    /// Gives what the recorder has its place among all events, and writes it.
    fn settle(&mut self) {
        self.waiting = 0;
        for event in self.recorder.take_events() {
            let event = Event { i: self.next(), ..event };
            self.ended = false;
            self.written = self.written.saturating_add(1);
            let line = serde_json::to_string(&event).map_err(io::Error::other);
            let written = line.and_then(|line| writeln!(self.to, "{line}"));
            if let Err(error) = written {
                self.failed.get_or_insert(error);
            }
        }
    }

    /// Brings everything so far to the file, with an empty line after it: what has none after it
    /// was told to nobody. How many events that makes.
    pub(crate) fn flush(&mut self) -> u64 {
        if !self.ended {
            let flushed = writeln!(self.to).and_then(|()| self.to.flush());
            self.failed = self.failed.take().or(flushed.err());
            self.ended = true;
        }
        self.written.into()
    }

    /// Whether something could not be written: then the trace is not whole.
    pub fn failed(&self) -> Option<&io::Error> {
        self.failed.as_ref()
    }
}
