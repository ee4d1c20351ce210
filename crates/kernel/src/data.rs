//! Processes, groups, and the values that they agree on.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Debug, Display, Write};
use core::hash::Hash;

/// Plain data: compared, hashed and copied as a value, so that engines may intern and replay it.
pub trait Data: Clone + Eq + Hash + Debug + Send + Sync + 'static {}

impl<T: Clone + Eq + Hash + Debug + Send + Sync + 'static> Data for T {}

/// A process, named by its position in the group: p0, p1, ...
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Process(pub u16);

impl Process {
    /// The position in the group, from 0.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl Debug for Process {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "p{}", self.0)
    }
}

impl Display for Process {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "p{}", self.0)
    }
}

/// The symbols of the literature: `n` processes, at most `f` of which are faulty.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Group {
    /// How many processes there are.
    pub n: u16,
    /// How many of them the protocol is built to tolerate as faulty.
    pub f: u16,
}

impl Group {
    /// All processes, in order.
    pub fn processes(self) -> impl DoubleEndedIterator<Item = Process> + Clone {
        (0..self.n).map(Process)
    }

    /// All processes but one, in order.
    pub fn others(self, me: Process) -> impl DoubleEndedIterator<Item = Process> + Clone {
        self.processes().filter(move |&p| p != me)
    }

    /// `n` as an index bound.
    pub fn size(self) -> usize {
        usize::from(self.n)
    }
}

/// A set of processes, of any size.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ProcessSet {
    /// 64 processes a word; never ends in a zero word, so that equal sets are equal values.
    words: Vec<u64>,
}

impl ProcessSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every process of a group.
    pub fn all(group: Group) -> Self {
        group.processes().collect()
    }

    /// Puts a process in; true if it was not there.
    pub fn insert(&mut self, p: Process) -> bool {
        let (word, bit) = (p.index() / 64, 1u64 << (p.index() % 64));
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        let new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        new
    }

    /// Takes a process out; true if it was there.
    pub fn remove(&mut self, p: Process) -> bool {
        let had = self.contains(p);
        if had {
            self.words[p.index() / 64] &= !(1u64 << (p.index() % 64));
            while self.words.last() == Some(&0) {
                self.words.pop();
            }
        }
        had
    }

    /// Whether a process is in the set.
    pub fn contains(&self, p: Process) -> bool {
        self.words.get(p.index() / 64).is_some_and(|word| word >> (p.index() % 64) & 1 == 1)
    }

    /// How many processes are in the set.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether nobody is in the set.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The members, in order.
    pub fn iter(&self) -> impl Iterator<Item = Process> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            (0..64u16)
                .filter(move |bit| word >> bit & 1 == 1)
                .map(move |bit| Process(at as u16 * 64 + bit))
        })
    }
}

impl FromIterator<Process> for ProcessSet {
    fn from_iter<T: IntoIterator<Item = Process>>(members: T) -> Self {
        let mut set = Self::new();
        for p in members {
            set.insert(p);
        }
        set
    }
}

impl Debug for ProcessSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.iter()).finish()
    }
}

/// What processes agree on: a number below the size of the [`Domain`], or [`Value::BOTTOM`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Value(pub u16);

impl Value {
    /// ⊥, "no value": it may be decided where a protocol says so, and never be proposed.
    pub const BOTTOM: Self = Self(u16::MAX);

    /// The value that the literature calls RETREAT, or simply the default.
    pub const DEFAULT: Self = Self(0);

    /// Whether this is ⊥.
    pub fn is_bottom(self) -> bool {
        self == Self::BOTTOM
    }
}

impl Debug for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = if out.precision() == Some(MARKING) { MARKS } else { ("", "") };
        match self.is_bottom() {
            true => out.write_str("⊥"),
            false => write!(out, "{open}{}{close}", self.0),
        }
    }
}

/// A precision that asks values, however deep in a structure, to print themselves between marks.
const MARKING: usize = 9_999;
const MARKS: (&str, &str) = ("\u{2}", "\u{3}");

/// Text in which every value stands between marks, so that [`named`] can put names in.
pub fn marked(thing: &dyn Debug) -> String {
    format!("{thing:.MARKING$?}")
}

/// The same, and what comes after so many bytes cut off: no more than that is put into words.
pub fn marked_within(thing: &dyn Debug, bytes: usize) -> String {
    let mut out = Short { text: String::new(), bytes };
    if write!(out, "{thing:.MARKING$?}").is_ok() {
        return out.text;
    }
    // No mark may be left without its second.
    if let Some(open) = out.text.rfind(MARKS.0).filter(|open| !out.text[*open..].contains(MARKS.1))
    {
        out.text.truncate(open);
    }
    out.text.push('\u{2026}');
    out.text
}

/// Takes so many bytes and refuses more.
struct Short {
    text: String,
    bytes: usize,
}

impl Write for Short {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = self.bytes - self.text.len();
        let ends = |at: &usize| more.is_char_boundary(*at);
        let fits = (0..=room.min(more.len())).rfind(ends).unwrap_or(0);
        self.text.push_str(&more[..fits]);
        if fits < more.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

/// A time in a marked text, so that [`timed`] can put it in a reader's unit.
pub fn moment(ticks: u64) -> String {
    format!("{}{MOMENT}{ticks}{}", MARKS.0, MARKS.1)
}

/// What a time between marks begins with; a value there is a number alone.
const MOMENT: char = 't';

/// Marked text with every time in a reader's unit.
pub fn timed(text: &str, show: &dyn Fn(u64) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let opening = format!("{}{MOMENT}", MARKS.0);
    for (at, part) in text.split(&*opening).enumerate() {
        match part.split_once(MARKS.1).filter(|_| at > 0) {
            Some((ticks, rest)) => {
                out.push_str(&ticks.parse().map_or_else(|_| ticks.into(), show));
                out.push_str(rest);
            }
            None => out.push_str(part),
        }
    }
    out
}

/// Marked text with the name of every value in its place; times are left as they are.
pub fn named(text: &str, name: &dyn Fn(Value) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, part) in text.split(MARKS.0).enumerate() {
        match part.split_once(MARKS.1).filter(|_| at > 0) {
            Some((number, rest)) => {
                let value = number.parse().map(Value);
                let time = || number.trim_start_matches(MOMENT).into();
                out.push_str(&value.map_or_else(|_| time(), name));
                out.push_str(rest);
            }
            None => out.push_str(part),
        }
    }
    out
}

impl Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(self, out)
    }
}

/// The values that may be proposed: 0, 1, ..., `size` - 1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Domain {
    /// How many values there are; at least 2, at most 65,534.
    pub size: u16,
}

impl Domain {
    /// The two values of the classical statements.
    pub const BINARY: Self = Self { size: 2 };

    /// Every value, in order.
    pub fn values(self) -> impl DoubleEndedIterator<Item = Value> + Clone {
        (0..self.size).map(Value)
    }

    /// Whether `value` may be proposed; anything else on a wire is garbage.
    pub fn contains(self, value: Value) -> bool {
        value.0 < self.size
    }

    /// How many bits one value takes on a wire.
    #[inline]
    pub fn width(self) -> u32 {
        u16::BITS - (self.size.max(2) - 1).leading_zeros()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;

    #[test]
    fn names_stand_where_values_are_and_nowhere_else() {
        let thing = (Process(1), 1u16, vec![Some(Value(1)), None], Value::BOTTOM);
        let name = |value: Value| if value.0 == 1 { "4pm".to_string() } else { "?".to_string() };
        assert_eq!(named(&marked(&thing), &name), "(p1, 1, [Some(4pm), None], ⊥)");
        assert_eq!(format!("{thing:?}"), "(p1, 1, [Some(1), None], ⊥)");
    }

    #[test]
    fn what_is_long_is_cut_off_and_no_mark_is_torn() {
        let thing = (vec![Value(1); 3], "⊥");
        let whole = marked(&thing);
        let name = |value: Value| format!("v{}", value.0);
        for bytes in 0..whole.len() {
            let cut = marked_within(&thing, bytes);
            let text = cut.strip_suffix('…').expect("it does not fit");
            assert!(text.len() <= bytes && whole.starts_with(text), "{bytes}: {cut:?}");
            assert!(!named(&cut, &name).contains(['\u{2}', '\u{3}']), "{bytes}: {cut:?}");
        }
        assert_eq!(marked_within(&thing, whole.len()), whole);
        assert_eq!(marked_within(&thing, usize::MAX), whole);
        assert_eq!(named(&marked_within(&thing, 10), &name), "([v1, v1…");
    }
}
