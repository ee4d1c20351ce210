//! The built-in models as one: a list of tokens that operations set, extend, compare and read.
//!
//! A register holds a list of one token, its value. A log holds what was appended. A string that is
//! appended to holds its pieces, as long as no piece begins with another, so that each string is
//! read in one way; else it holds its letters.
//!
//! An object can be asked about some of its operations only. The others are not denied then: what
//! they wrote may be there at any time. So fewer operations never explain less, and the least set
//! that cannot be explained is well-defined. Tokens that were appended by an operation outside are
//! struck from all lists, where a token tells which operations wrote it. What an operation outside
//! has set, or appended as letters, makes every list that contains it one that may be found at any
//! time.

use std::collections::HashMap;
use std::ops::Range;

use rustc_hash::FxBuildHasher;

use crate::edn::Form;
use crate::history::{Action, Model, Operation};
use crate::search::{Span, Specification};

type Map<K, V> = HashMap<K, V, FxBuildHasher>;

/// A part of the tokens of a subject.
pub(crate) type Part = Range<u32>;

/// What an operation does to the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Act {
    Read(Part),
    Set(Part),
    Cas(Part, Part),
    Push(Part),
}

/// The operations on one key, in tokens.
#[derive(Default)]
pub(crate) struct Subject {
    pub(crate) acts: Vec<Act>,
    pub(crate) spans: Vec<Span>,
    /// The place of each in the history.
    pub(crate) origin: Vec<usize>,
    tokens: Vec<u32>,
    start: Part,
    /// Whether tokens are letters, which do not tell who wrote them.
    letters: bool,
    pushed: Map<u32, u32>,
    set: Map<u32, u32>,
    set_to_nothing: u32,
}

/// Gives tokens to values.
struct Tokens {
    model: Model,
    numbers: Map<Form, u32>,
    /// Whether strings are lists.
    grows: bool,
    letters: bool,
    /// By length, so that pieces are found.
    pieces: Map<String, u32>,
    longest: usize,
}

impl Tokens {
    fn number(&mut self, form: &Form) -> u32 {
        if let Some(number) = self.numbers.get(form) {
            return *number;
        }
        let number = self.numbers.len() as u32;
        self.numbers.insert(form.clone(), number);
        number
    }

    /// Prepares for strings that grow: they are made of the pieces that were written.
    fn pieces(&mut self, operations: &[&Operation]) {
        self.grows = operations.iter().any(|one| matches!(one.action, Action::Append(_)));
        if self.model != Model::Kv || !self.grows {
            return;
        }
        let mut pieces: Vec<&str> = Vec::new();
        for operation in operations {
            match &operation.action {
                Action::Write(form) | Action::Cas(_, form) | Action::Append(form) => {
                    pieces.push(string(form));
                }
                _ => {}
            }
        }
        pieces.sort_unstable();
        pieces.dedup();
        pieces.retain(|piece| !piece.is_empty());
        self.letters = pieces.windows(2).any(|two| two[1].starts_with(two[0]));
        self.longest = pieces.iter().map(|piece| piece.len()).max().unwrap_or(0);
        for piece in pieces {
            let number = self.number(&Form::Text(piece.into()));
            self.pieces.insert(piece.into(), number);
        }
    }

    fn list(&mut self, form: &Form, whole: bool, out: &mut Vec<u32>) {
        match (self.model, form) {
            (Model::Log, Form::Nil) if whole => {}
            (Model::Log, Form::Vector(parts)) if whole => {
                out.extend(parts.iter().map(|part| self.number(part)));
            }
            (Model::Kv, _) if self.grows => self.split(string(form), out),
            (Model::Kv, Form::Nil) => out.push(self.number(&Form::Text(String::new()))),
            _ => out.push(self.number(form)),
        }
    }

    fn split(&mut self, mut text: &str, out: &mut Vec<u32>) {
        while !text.is_empty() {
            if !self.letters {
                let ends =
                    (1..=self.longest.min(text.len())).filter(|at| text.is_char_boundary(*at));
                let mut pieces = ends.filter_map(|at| Some((at, *self.pieces.get(&text[..at])?)));
                if let Some((at, number)) = pieces.next() {
                    out.push(number);
                    text = &text[at..];
                    continue;
                }
            }
            // A letter, or one that nobody wrote. It is no piece: those are strings.
            let letter = text.chars().next().map_or(0, char::len_utf8);
            out.push(self.number(&Form::Word(text[..letter].into())));
            text = &text[letter..];
        }
    }
}

fn string(form: &Form) -> &str {
    if let Form::Text(text) = form { text } else { "" }
}

impl Subject {
    pub(crate) fn new(model: Model, operations: &[(usize, &Operation)]) -> Self {
        let plain: Vec<&Operation> = operations.iter().map(|(_, one)| *one).collect();
        let mut tokens = Tokens {
            model,
            numbers: Map::default(),
            grows: false,
            letters: false,
            pieces: Map::default(),
            longest: 0,
        };
        tokens.pieces(&plain);
        let mut subject = Self { letters: tokens.letters, ..Self::default() };
        let (free, held) = (Form::Keyword("free".into()), Form::Keyword("held".into()));
        let start = if model == Model::Lock { &free } else { &Form::Nil };
        subject.start = subject.part(&mut tokens, start, true);
        for (place, operation) in operations {
            let mut part = |form, whole| subject.part(&mut tokens, form, whole);
            let act = match &operation.action {
                // What is not known to have been answered tells nothing.
                Action::Read(None) => continue,
                Action::Read(Some(_)) if operation.returned.is_none() => continue,
                Action::Read(Some(form)) => Act::Read(part(form, true)),
                Action::Write(form) => Act::Set(part(form, true)),
                Action::Cas(old, new) => Act::Cas(part(old, true), part(new, true)),
                Action::Append(form) => Act::Push(part(form, false)),
                Action::Acquire => Act::Cas(part(&free, true), part(&held, true)),
                Action::Release => Act::Cas(part(&held, true), part(&free, true)),
            };
            subject.count(&act);
            subject.acts.push(act);
            let (invoked, returned) = (operation.invoked, operation.returned);
            subject.spans.push(Span { invoked, returned });
            subject.origin.push(*place);
        }
        subject
    }

    fn part(&mut self, tokens: &mut Tokens, form: &Form, whole: bool) -> Part {
        let start = self.tokens.len() as u32;
        tokens.list(form, whole, &mut self.tokens);
        start..self.tokens.len() as u32
    }

    pub(crate) fn tokens(&self, part: &Part) -> &[u32] {
        &self.tokens[part.start as usize..part.end as usize]
    }

    /// The list that is there at first.
    pub(crate) fn start(&self) -> &[u32] {
        self.tokens(&self.start)
    }

    fn count(&mut self, act: &Act) {
        match act {
            Act::Push(part) => {
                for token in self.tokens(part).to_vec() {
                    *self.pushed.entry(token).or_default() += 1;
                }
            }
            Act::Set(part) | Act::Cas(_, part) => match self.tokens(part) {
                [] => self.set_to_nothing += 1,
                &[token] => *self.set.entry(token).or_default() += 1,
                _ => {}
            },
            Act::Read(_) => {}
        }
    }

    /// The object that some of the operations are about, if the others may have happened at any
    /// time.
    pub(crate) fn object(&self, kept: &[u32]) -> Object {
        Object::new(self, &Outside::new(self, kept), kept)
    }

    pub(crate) fn spans(&self, kept: &[u32]) -> Vec<Span> {
        kept.iter().map(|at| self.spans[*at as usize]).collect()
    }
}

/// What the operations that are left out can have done.
struct Outside<'s> {
    subject: &'s Subject,
    pushed: Map<u32, u32>,
    set: Map<u32, u32>,
    set_to_nothing: u32,
    /// In letters: what was written outside.
    written: Vec<&'s [u32]>,
    none: bool,
}

impl<'s> Outside<'s> {
    fn new(subject: &'s Subject, kept: &[u32]) -> Self {
        let mut inside = Subject { tokens: Vec::new(), ..Subject::default() };
        let none = kept.len() == subject.acts.len();
        let mut written = Vec::new();
        if subject.letters && !none {
            let mut is_kept = vec![false; subject.acts.len()];
            kept.iter().for_each(|at| is_kept[*at as usize] = true);
            let out = subject.acts.iter().zip(is_kept).filter(|(_, kept)| !kept);
            written = out.filter_map(|(act, _)| effect(act)).map(|p| subject.tokens(p)).collect();
        } else if !none {
            for at in kept {
                inside.tally(subject, &subject.acts[*at as usize]);
            }
        }
        let Subject { pushed, set, set_to_nothing, .. } = inside;
        Self { subject, pushed, set, set_to_nothing, written, none }
    }

    /// Whether an operation outside appended this token.
    fn struck(&self, token: u32) -> bool {
        !self.none && !self.subject.letters && more(&self.subject.pushed, &self.pushed, token)
    }

    /// Whether this list may be there at any time.
    fn frees(&self, list: &[u32]) -> bool {
        if self.none {
            return false;
        }
        if self.subject.letters {
            let contains = |part: &&[u32]| {
                part.is_empty() || list.windows(part.len()).any(|window| window == *part)
            };
            return self.written.iter().any(contains);
        }
        self.subject.set_to_nothing > self.set_to_nothing
            || list.iter().any(|token| more(&self.subject.set, &self.set, *token))
    }
}

fn more(all: &Map<u32, u32>, some: &Map<u32, u32>, token: u32) -> bool {
    all.get(&token).is_some_and(|all| *all > some.get(&token).copied().unwrap_or(0))
}

fn effect(act: &Act) -> Option<&Part> {
    match act {
        Act::Read(_) => None,
        Act::Set(part) | Act::Cas(_, part) | Act::Push(part) => Some(part),
    }
}

impl Subject {
    /// Counts an operation of another subject.
    fn tally(&mut self, of: &Self, act: &Act) {
        self.tokens.clear();
        let Some(part) = effect(act) else { return };
        self.tokens.extend_from_slice(of.tokens(part));
        let whole = 0..self.tokens.len() as u32;
        self.count(&match act {
            Act::Push(_) => Act::Push(whole),
            _ => Act::Set(whole),
        });
    }
}

/// An operation on numbered lists. The flag says that the list it finds may be there at any time.
#[derive(Clone, Copy)]
enum Step {
    Read(u32, bool),
    Set(u32),
    Cas(u32, u32, bool),
    /// Appends the tokens between two places; the last is the list that they are alone.
    Push(u32, u32, u32),
}

/// The object of a search: lists that share their beginnings, by number.
pub(crate) struct Object {
    steps: Vec<Step>,
    start: u32,
    grown: Map<(u32, u32), u32>,
    pushed: Vec<u32>,
    matters_until: Vec<u32>,
}

impl Object {
    fn new(subject: &Subject, outside: &Outside<'_>, kept: &[u32]) -> Self {
        let mut object = Self {
            steps: Vec::with_capacity(kept.len()),
            start: 0,
            grown: Map::default(),
            pushed: Vec::new(),
            matters_until: Vec::new(),
        };
        object.start = object.list(outside, subject.start());
        for at in kept {
            let step = match &subject.acts[*at as usize] {
                Act::Read(part) => {
                    let tokens = subject.tokens(part);
                    Step::Read(object.list(outside, tokens), outside.frees(tokens))
                }
                Act::Set(part) => Step::Set(object.list(outside, subject.tokens(part))),
                Act::Cas(old, new) => {
                    let tokens = subject.tokens(old);
                    let found = object.list(outside, tokens);
                    let new = object.list(outside, subject.tokens(new));
                    Step::Cas(found, new, outside.frees(tokens))
                }
                Act::Push(part) => {
                    let start = object.pushed.len() as u32;
                    let tokens = subject.tokens(part).iter().copied();
                    object.pushed.extend(tokens.filter(|token| !outside.struck(*token)));
                    let alone = object.list(outside, subject.tokens(part));
                    Step::Push(start, object.pushed.len() as u32, alone)
                }
            };
            object.steps.push(step);
        }
        object.matters_until = matters_until(subject, kept);
        object
    }

    fn list(&mut self, outside: &Outside<'_>, tokens: &[u32]) -> u32 {
        tokens.iter().fold(
            0,
            |list, token| {
                if outside.struck(*token) { list } else { self.grow(list, *token) }
            },
        )
    }

    fn grow(&mut self, list: u32, token: u32) -> u32 {
        let fresh = self.grown.len() as u32 + 1;
        *self.grown.entry((list, token)).or_insert(fresh)
    }
}

impl Specification for Object {
    fn start(&self) -> u32 {
        self.start
    }

    fn step(&mut self, state: u32, operation: u32, next: &mut Vec<u32>) {
        match self.steps[operation as usize] {
            Step::Read(list, free) if list == state || free => next.push(list),
            Step::Set(list) => next.push(list),
            Step::Cas(found, list, free) if found == state || free => next.push(list),
            Step::Push(start, end, _) => {
                let list = (start..end).fold(state, |list, at| {
                    let token = self.pushed[at as usize];
                    self.grow(list, token)
                });
                next.push(list);
            }
            Step::Read(..) | Step::Cas(..) => {}
        }
    }

    fn observes(&self, operation: u32) -> bool {
        match self.steps[operation as usize] {
            Step::Read(..) => true,
            Step::Cas(found, list, _) => found == list,
            Step::Push(start, end, _) => start == end,
            Step::Set(_) => false,
        }
    }

    fn class(&self, operation: u32) -> u64 {
        let word = |a: u32, b: u32, kind: u64| u64::from(a) << 34 | u64::from(b) << 3 | kind;
        match self.steps[operation as usize] {
            Step::Read(list, free) => word(0, list, u64::from(free)),
            Step::Cas(found, list, free) => word(found, list, 2 | u64::from(free)),
            Step::Set(list) => word(0, list, 4),
            Step::Push(_, _, alone) => word(0, alone, 5),
        }
    }

    fn matters_until(&self, operation: u32) -> u32 {
        self.matters_until[operation as usize]
    }

    fn bytes(&self) -> usize {
        self.grown.capacity() * 16 + self.pushed.capacity() * 4 + self.steps.len() * 20
    }
}

/// For each operation without an answer, the last answer that can show it: one that found a list
/// with what it wrote. Before anything shows it, it is as if it had not happened.
fn matters_until(subject: &Subject, kept: &[u32]) -> Vec<u32> {
    let mut until = vec![0; kept.len()];
    let open = |at: &u32| subject.spans[*at as usize].returned.is_none();
    if !kept.iter().any(open) {
        return until;
    }
    let mut shown: Map<u32, u32> = Map::default();
    let mut last = 0;
    let mut lists = Vec::new();
    for at in kept {
        let (Act::Read(part) | Act::Cas(part, _)) = &subject.acts[*at as usize] else { continue };
        let place = subject.spans[*at as usize].returned.unwrap_or(u32::MAX);
        last = last.max(place);
        lists.push((subject.tokens(part), place));
        for token in subject.tokens(part) {
            let until = shown.entry(*token).or_default();
            *until = place.max(*until);
        }
    }
    for (at, until) in kept.iter().zip(&mut until) {
        let Some(part) = effect(&subject.acts[*at as usize]).filter(|_| open(at)) else { continue };
        *until = match subject.tokens(part) {
            [] => last,
            [one] => shown.get(one).copied().unwrap_or(0),
            many => {
                let shows = |(list, place): &(&[u32], u32)| {
                    list.windows(many.len()).any(|window| window == many).then_some(*place)
                };
                lists.iter().filter_map(shows).max().unwrap_or(0)
            }
        };
    }
    until
}
