//! Keeping the record of a run as a trace.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Debug;

use quorate_kernel::{
    Fields, Message, Note, Process, ProcessSet, Rule, Value, marked, marked_within, named,
};
use quorate_trace::{Event, Flipped, RuleText, What};

use crate::plan::{Edit, Letter};

/// The names of the values that may be proposed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Names(pub Vec<String>);

impl Names {
    /// The name of a value: its own if it has one, else its number.
    pub fn of(&self, value: Value) -> String {
        self.0.get(usize::from(value.0)).cloned().unwrap_or_else(|| value.to_string())
    }
}

/// The rules of a protocol as the header of a trace lists them.
pub fn header_rules(rules: &[Rule]) -> Vec<RuleText> {
    rules.iter().map(|rule| RuleText { id: rule.id.into(), text: rule.text.into() }).collect()
}

/// Writes down what happens, event by event.
#[derive(Debug)]
pub struct Recorder {
    names: Names,
    rules: Vec<&'static str>,
    events: Vec<Event>,
    /// The rules cited by each process when it spoke in this round.
    spoke: Vec<u64>,
    /// What is on its way to each process: sender, sending event, and whether it will be missed.
    arrivals: Vec<Vec<(Process, u32, bool)>>,
}

impl Recorder {
    /// A recorder for a group of `n` processes.
    pub fn new(n: u16, names: Names, rules: &[Rule]) -> Self {
        let rules = rules.iter().map(|rule| rule.id).collect();
        let arrivals = vec![Vec::new(); usize::from(n)];
        Self { names, rules, events: Vec::new(), spoke: Vec::new(), arrivals }
    }

    /// The events so far.
    pub fn into_events(self) -> Vec<Event> {
        self.events
    }

    pub(crate) fn name(&self, value: Value) -> String {
        self.names.of(value)
    }

    fn ids(&self, cited: u64) -> Vec<String> {
        let fired = self.rules.iter().enumerate().filter(|(at, _)| cited >> at & 1 == 1);
        fired.map(|(_, id)| id.to_string()).collect()
    }

    fn push(&mut self, round: u16, process: Process, cited: u64, what: What) -> u32 {
        let i = self.events.len() as u32;
        let rules = self.ids(cited);
        self.events.push(Event { i, round, at: None, process: process.0, copy: 0, what, rules });
        i
    }

    pub(crate) fn input(&mut self, who: Process, value: &dyn Debug) {
        let value = named(&marked(value), &|value| self.names.of(value));
        self.push(0, who, 0, What::Input { value });
    }

    pub(crate) fn spoke(&mut self, cited: u64) {
        if self.spoke.len() == self.arrivals.len() {
            self.spoke.clear();
        }
        self.spoke.push(cited);
    }

    pub(crate) fn crashed(&mut self, round: u16, who: Process, reached: &ProcessSet) {
        let reached = reached.iter().filter(|p| *p != who).map(|p| p.0).collect();
        self.push(round, who, 0, What::Crash { reached, within: None, forgotten: 0 });
    }

    pub(crate) fn flipped<R: Fields>(
        &mut self,
        round: u16,
        who: Process,
        bit: u32,
        before: &R,
        after: &R,
    ) {
        let name = |value| self.names.of(value);
        let (old, new) = (fields_of(before, &name), fields_of(after, &name));
        let changed = old.iter().zip(&new).find(|(b, a)| b != a);
        let (before, after) = changed.map_or_else(Default::default, |((name, b), (_, a))| {
            (format!("{name} = {b}"), format!("{name} = {a}"))
        });
        self.push(round, who, 0, What::Flip { bit, before, after });
    }

    pub(crate) fn carried<M: Message>(
        &mut self,
        round: u16,
        letter: &Letter<'_, M>,
        sent: Option<&M>,
    ) {
        let names = self.names.clone();
        let name = |value| names.of(value);
        let label = |m: Option<&M>| m.map(|m| m.label(&name)).unwrap_or_default();
        let (from, to) = (letter.from, letter.to);
        let cited = self.spoke.get(from.index()).copied().unwrap_or(0);
        let Some(message) = sent else {
            let cause = match letter.edit {
                _ if letter.cut => "crash",
                Some(Edit::Say(..)) => "silence",
                _ => "omission",
            };
            if letter.honest.is_some_and(|honest| honest.messages(to) > 0) {
                let what = What::Unsent {
                    to: to.0,
                    message: label(letter.honest),
                    cause: cause.to_string(),
                };
                self.push(round, from, 0, what);
            }
            return;
        };
        let (mut should, mut word, mut flipped) = (None, None, None);
        match letter.edit {
            Some(Edit::Say(_, reading)) if Some(message) != letter.honest => {
                should = Some(label(letter.honest));
                word = reading.map(<[u32]>::to_vec);
            }
            Some(Edit::Flip(bit)) => {
                flipped = Some(Flipped { bit: *bit, before: label(letter.honest) });
            }
            _ => {}
        }
        let (message, count) = (message.label(&name), message.messages(to));
        let rules = if should.is_some() { 0 } else { cited };
        let what = What::Send { to: to.0, message, should, word, flipped, count, unasked: false };
        let sent = self.push(round, from, rules, what);
        let missed = matches!(letter.edit, Some(Edit::Miss));
        self.arrivals[to.index()].push((from, sent, missed));
    }

    pub(crate) fn received<R: Fields>(
        &mut self,
        round: u16,
        who: Process,
        cited: u64,
        decided: Option<String>,
        notes: Vec<Note>,
        state: &R,
    ) {
        for (from, sent, missed) in core::mem::take(&mut self.arrivals[who.index()]) {
            let from = from.0;
            let what =
                if missed { What::Missed { from, sent } } else { What::Receive { from, sent } };
            self.push(round, who, 0, what);
        }
        for Note { liar, evidence } in notes {
            let evidence = named(&evidence, &|value| self.names.of(value));
            self.push(round, who, cited, What::Expose { liar: liar.0, evidence });
        }
        if let Some(value) = decided {
            self.push(round, who, cited, What::Decide { value });
        }
        let fields = fields_of(state, &|value| self.names.of(value));
        self.push(round, who, cited, What::State { fields, changes: false });
    }
}

/// The fields of a state for people, by name, in the order of the table.
pub fn fields_of<S: Fields>(state: &S, name: &dyn Fn(Value) -> String) -> Vec<(String, String)> {
    fields_within(state, name, usize::MAX)
}

/// The same, and of each field what comes after so many bytes cut off.
pub fn fields_within<S: Fields>(
    state: &S,
    name: &dyn Fn(Value) -> String,
    bytes: usize,
) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    state.fields(&mut |field: &'static str, content: &dyn Debug| {
        fields.push((field.to_string(), named(&plain(&marked_within(content, bytes)), name)));
    });
    fields
}

/// A record, a timer or a request for people: `Accepted(1.0, 0)` is "accepted 1.0: 0".
pub fn worded(thing: &dyn Debug, name: &dyn Fn(Value) -> String) -> String {
    named(&in_words(&plain(&marked(thing))), name)
}

/// The text with the names of variants and structures as plain words, and what a variant holds
/// behind it without brackets.
fn in_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // For each open bracket, whether it belongs to a name and goes.
    let mut open: Vec<bool> = Vec::new();
    let mut letters = text.chars().peekable();
    let (mut in_name, mut quoted) = (false, false);
    while let Some(letter) = letters.next() {
        let after_name = in_name;
        quoted ^= letter == '"' && !out.ends_with('\\');
        in_name = !quoted && (letter.is_alphabetic() || after_name && letter.is_alphanumeric());
        match letter {
            _ if quoted => out.push(letter),
            _ if letter.is_uppercase() => {
                out.push_str(if after_name { " " } else { "" });
                out.extend(letter.to_lowercase());
            }
            '(' | '[' | '{' => {
                let goes = letter == '(' && after_name;
                open.push(goes);
                out.push(if goes { ' ' } else { letter });
            }
            ')' | ']' | '}' => {
                let goes = open.pop().unwrap_or(false);
                out.extend((!goes).then_some(letter));
            }
            ',' if open.last() == Some(&true) && letters.peek() == Some(&' ') => out.push(':'),
            _ => out.push(letter),
        }
    }
    out
}

/// A field for people: what is there as it is, what is not there as a dash.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // For each open parenthesis, whether it belongs to a `Some` and goes.
    let mut open: Vec<bool> = Vec::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let word_before = out.ends_with(|c: char| c.is_alphanumeric());
        if let Some(after) = rest.strip_prefix("Some(").filter(|_| !word_before) {
            open.push(true);
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("None").filter(|_| !word_before) {
            out.push('-');
            rest = after;
            continue;
        }
        let dropped = match next {
            '(' => {
                open.push(false);
                false
            }
            ')' => open.pop().unwrap_or(false),
            _ => false,
        };
        if !dropped {
            out.push(next);
        }
        rest = &rest[next.len_utf8()..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_shown_as_it_is() {
        assert_eq!(plain("[Some(3), None]"), "[3, -]");
        assert_eq!(plain("Some(Then(None))"), "Then(-)");
    }

    #[test]
    fn records_are_told_in_words() {
        let cases = [
            ("Own(0)", "own 0"),
            ("Accepted(1.0, 0)", "accepted 1.0: 0"),
            ("Inner(0, Promised(1.0))", "inner 0: promised 1.0"),
            ("Learned(1.0, 3, [(0, 1), (2, 3)])", "learned 1.0: 3: [(0, 1), (2, 3)]"),
            (
                "Snapshot(Snapshot { slot: 3, own: 9 }, 2)",
                "snapshot snapshot { slot: 3, own: 9 }: 2",
            ),
            ("LookAgain", "look again"),
            ("{p0, p1}", "{p0, p1}"),
            ("Own(\"Said (B, C)\")", "own \"Said (B, C)\""),
        ];
        for (text, words) in cases {
            assert_eq!(in_words(text), words);
        }
    }
}
