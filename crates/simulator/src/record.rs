//! Keeping the record of a run in time as a trace.

use std::fmt::Debug;

use quorate_kernel::{
    Fields, InputOf, Margin, Message, OutputOf, Problem, Process, ProcessSet, Protocol, Rule,
    Stable, named,
};
use quorate_trace::{Event, Flipped, What, Within};
use quorate_world::{Names, fields_of, fields_within, worded};

use crate::happenings::Lie;
use crate::plan::Twin;

/// How many events are kept at most: a longer run is made, but not told.
pub const RECORDED_MAX: usize = 400_000;

/// Writes down what happens, event by event.
#[derive(Debug)]
pub struct Recorder {
    names: Names,
    rules: Vec<&'static str>,
    /// Whether outputs are decisions: each process is to hand out one.
    decisions: bool,
    events: Vec<Event>,
    /// The rules that fired in the step under way.
    cited: u64,
    /// What the step under way drew.
    pub drawn: Vec<What>,
    /// Of each field of a state how many bytes are told, and only if that has changed; all of all
    /// fields if not said.
    told: Option<usize>,
    /// What each process last showed of its state.
    shown: Vec<Vec<(String, String)>>,
    /// Further copies of processes: of each, whose name it bears and which copy it is.
    twins: Vec<(Process, u16)>,
}

impl Recorder {
    /// A recorder for a group of `n` processes.
    pub fn new(n: u16, names: Names, rules: &[Rule], decisions: bool) -> Self {
        let rules = rules.iter().map(|rule| rule.id).collect();
        let shown = vec![Vec::new(); usize::from(n)];
        let (events, drawn, twins) = (Vec::new(), Vec::new(), Vec::new());
        Self { names, rules, decisions, events, cited: 0, drawn, told: None, shown, twins }
    }

    /// The same, which tells of a state only the fields that have changed, and of each this many
    /// bytes: what states have in them may grow as long as a run goes on.
    #[must_use]
    pub fn brief(self, bytes: usize) -> Self {
        Self { told: Some(bytes), ..self }
    }

    /// The recorder of a run with further copies of some processes.
    pub(crate) fn with_twins(mut self, twins: &[Twin]) -> Self {
        for twin in twins {
            let copy = 1 + self.twins.iter().filter(|(of, _)| *of == twin.of).count() as u16;
            self.twins.push((twin.of, copy));
            self.shown.push(Vec::new());
        }
        self
    }

    /// The name of a process, and which copy it is of all that bear it.
    fn named(&self, who: Process) -> (Process, u16) {
        let first = self.shown.len() - self.twins.len();
        let twin = who.index().checked_sub(first).and_then(|at| self.twins.get(at));
        twin.copied().unwrap_or((who, 0))
    }

    /// The events, unless there were more than [`RECORDED_MAX`].
    pub fn into_events(self) -> Option<Vec<Event>> {
        (self.events.len() <= RECORDED_MAX).then_some(self.events)
    }

    fn push(&mut self, at: u64, who: Process, what: What) -> u32 {
        let i = self.events.len() as u32;
        if self.events.len() > RECORDED_MAX {
            return i;
        }
        let rules = self.fired();
        let (Process(process), copy) = self.named(who);
        self.events.push(Event { i, round: 0, at: Some(at), process, copy, what, rules });
        i
    }

    /// The ids of the rules that fired in the step under way.
    pub(crate) fn fired(&self) -> Vec<String> {
        let fired = self.rules.iter().enumerate().filter(|(place, _)| self.cited >> place & 1 == 1);
        fired.map(|(_, id)| id.to_string()).collect()
    }

    /// What was written down since the last call.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Changes what a process last showed of its state.
    pub(crate) fn swap_shown(&mut self, who: Process, shown: &mut Vec<(String, String)>) {
        std::mem::swap(&mut self.shown[who.index()], shown);
    }

    /// Something outside any step.
    pub fn note(&mut self, at: u64, who: Process, what: What) {
        self.cited = 0;
        self.push(at, who, what);
    }

    /// Something, for people.
    pub fn text(&self, thing: &dyn Debug) -> String {
        worded(thing, &|value| self.names.of(value))
    }

    /// A message, for people.
    pub fn label<M: Message>(&self, message: &M) -> String {
        message.label(&|value| self.names.of(value))
    }

    /// It received a message, for the first time or once more.
    pub fn received(&mut self, at: u64, who: Process, from: Process, sent: u32, again: bool) {
        let from = self.named(from).0.0;
        let what = if again { What::Again { from, sent } } else { What::Receive { from, sent } };
        self.note(at, who, what);
    }

    pub(crate) fn lost(&mut self, at: u64, who: Process, from: Process, sent: u32, cause: &str) {
        let from = self.named(from).0.0;
        self.note(at, who, What::Lost { from, sent, cause: cause.into() });
    }

    pub(crate) fn missed(&mut self, at: u64, who: Process, from: Process, sent: u32) {
        let from = self.named(from).0.0;
        self.note(at, who, What::Missed { from, sent });
    }

    /// A timer went off.
    pub fn timer<T: Debug>(&mut self, at: u64, who: Process, timer: &T) {
        let timer = self.text(timer);
        self.note(at, who, What::Timer { timer });
    }

    /// It was asked for something.
    pub fn request<P: Protocol>(&mut self, at: u64, who: Process, number: u32, input: &InputOf<P>) {
        let request = self.text(input);
        self.note(at, who, What::Request { request, number });
    }

    /// A step begins: what it drew, and what it noted in the margin.
    pub fn step(&mut self, at: u64, who: Process, cited: u64, margin: &Margin) {
        self.cited = cited;
        for what in std::mem::take(&mut self.drawn) {
            self.push(at, who, what);
        }
        for assumption in margin.take_broken() {
            self.push(at, who, What::Broken { assumption });
        }
        for note in margin.take_notes() {
            let evidence = named(&note.evidence, &|value| self.names.of(value));
            self.push(at, who, What::Expose { liar: note.liar.0, evidence });
        }
    }

    /// What the step stored.
    pub fn stored<R: Debug>(&mut self, at: u64, who: Process, records: &[R]) {
        if !records.is_empty() {
            let records = records.iter().map(|record| self.text(record)).collect();
            self.push(at, who, What::Store { records });
        }
    }

    /// What the step handed out.
    pub fn output<P: Protocol>(&mut self, at: u64, who: Process, output: &OutputOf<P>) {
        let value = P::Problem::show(output, &|value| self.names.of(value));
        let what = if self.decisions { What::Decide { value } } else { What::Output { value } };
        self.push(at, who, what);
    }

    /// What the step sent, with the event that this is; or what a traitor said in its place.
    pub fn sent<P: Protocol>(
        &mut self,
        at: u64,
        from: Process,
        to: Process,
        message: &P::Message,
        flipped: Option<(u32, P::Message)>,
        lie: Option<Lie<P>>,
    ) -> u32 {
        let unasked = lie.as_ref().is_some_and(|lie| lie.honest.is_none());
        let should = lie
            .as_ref()
            .map(|lie| lie.honest.as_ref().map(|honest| self.label(honest)).unwrap_or_default());
        let flipped = flipped.map(|(bit, before)| Flipped { bit, before: self.label(&before) });
        let word = lie.and_then(|lie| lie.reading);
        let to = self.named(to).0;
        let (count, message) = (message.messages(to), self.label(message));
        let what = What::Send { to: to.0, message, should, word, flipped, count, unasked };
        self.push(at, from, what)
    }

    /// What it did not send, though it should have.
    pub fn unsent<M: Message>(
        &mut self,
        at: u64,
        from: Process,
        to: Process,
        message: &M,
        cause: &str,
    ) {
        let (message, to) = (self.label(message), self.named(to).0.0);
        self.push(at, from, What::Unsent { to, message, cause: cause.into() });
    }

    /// The state at the end of a step, if it changed.
    pub fn state<P: Protocol, S: Stable>(&mut self, at: u64, who: Process, state: &P, stable: &S) {
        let name = |value| self.names.of(value);
        let bytes = self.told.unwrap_or(usize::MAX);
        let mut fields = fields_within(stable, &name, bytes);
        fields.extend(fields_within(state, &name, bytes));
        let shown = &mut self.shown[who.index()];
        if *shown == fields {
            return;
        }
        let before = std::mem::replace(shown, fields.clone());
        let changes = self.told.is_some() && !before.is_empty();
        if changes {
            let mut old = before.iter();
            fields.retain(|field| old.next() != Some(field));
        }
        self.push(at, who, What::State { fields, changes });
    }

    pub(crate) fn crashed(
        &mut self,
        at: u64,
        who: Process,
        forgotten: u32,
        within: Option<((u32, u32), u32, ProcessSet)>,
    ) {
        let reached = within.as_ref().map_or_else(Vec::new, |(_, _, reached)| {
            reached.iter().filter(|p| *p != who).map(|p| p.0).collect()
        });
        let within =
            within.map(|((records, messages), stored, _)| Within { records, stored, messages });
        self.shown[who.index()].clear();
        self.note(at, who, What::Crash { reached, within, forgotten });
    }

    pub(crate) fn flipped<S: Fields>(
        &mut self,
        at: u64,
        who: Process,
        bit: u32,
        before: &S,
        after: &S,
    ) {
        let name = |value| self.names.of(value);
        let (old, new) = (fields_of(before, &name), fields_of(after, &name));
        let changed = old.iter().zip(&new).find(|(b, a)| b != a);
        let (before, after) = changed.map_or_else(Default::default, |((name, b), (_, a))| {
            (format!("{name} = {b}"), format!("{name} = {a}"))
        });
        self.note(at, who, What::Flip { bit, before, after });
    }

    pub(crate) fn flipped_record<R: Debug>(
        &mut self,
        at: u64,
        who: Process,
        (record, bit): (u32, u32),
        before: &R,
        after: &R,
    ) {
        let (before, after) = (self.text(before), self.text(after));
        self.note(at, who, What::FlipRecord { record, bit, before, after });
    }
}
