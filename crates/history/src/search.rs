//! The search for a linearization: Wing and Gong ("Testing and verifying concurrent objects", JPDC
//! 1993, section 3) with Lowe's memory of what was seen ("Testing for linearizability", CCPE 2017,
//! section 3): a state and what is linearized in it are looked at once.
//!
//! What is linearized is kept as its complement: all operations that were asked for before the
//! first answer that is not yet explained, but for those listed. So an entry grows with what goes
//! on at the same time, and not with the history.
//!
//! An operation without an answer is never owed. Among those that do the same, the one that was
//! asked for first is always taken first, so they are one class with a count. A class is dropped
//! where nobody left could see what it does, and a configuration is not looked at if one was seen
//! that differs only in that it has used less.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::time::Instant;

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHasher};

/// What an object does. States are numbers that it gives out itself.
pub trait Specification {
    /// The first state.
    fn start(&self) -> u32;

    /// Adds every state that an operation can lead to from here, with the answer that it gave:
    /// none, if it cannot have happened here; several, if the object is not deterministic.
    fn step(&mut self, state: u32, operation: u32, next: &mut Vec<u32>);

    /// Whether an operation never changes the state that it is asked in.
    fn observes(&self, operation: u32) -> bool;

    /// Two operations with the same number do the same in every state. Asked of those without
    /// answer.
    fn class(&self, operation: u32) -> u64;

    /// The place of the last answer that can depend on this operation, which has no answer itself.
    fn matters_until(&self, operation: u32) -> u32;

    /// The bytes that it holds.
    fn bytes(&self) -> usize {
        0
    }
}

/// When an operation was under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The place of its invocation. No two events have one place.
    pub invoked: u32,
    /// The place of its answer, if there was one.
    pub returned: Option<u32>,
}

/// When to give up.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A point in time.
    pub deadline: Option<Instant>,
    /// The bytes that may be held.
    pub bytes: usize,
}

impl Limits {
    /// Without end.
    pub const NONE: Self = Self { deadline: None, bytes: usize::MAX };
}

/// What is spent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spent {
    /// The time.
    Time,
    /// The memory.
    Memory,
}

/// What came of a search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// An order that explains all answers.
    Linearizable(Vec<u32>),
    /// There is none.
    Not,
    /// It was given up.
    Stopped(Spent),
}

/// How often the limits are looked at, in configurations.
const LOOK_EVERY: u64 = 64;

/// Searches an order of the operations `0..spans.len()`. The count of configurations that were
/// looked at is added to `configurations`.
pub fn search<S: Specification>(
    object: &mut S,
    spans: &[Span],
    limits: Limits,
    configurations: &mut u64,
) -> Outcome {
    let mut search = Search::new(object, spans);
    let outcome = search.run(limits);
    *configurations += search.looked;
    outcome
}

/// Operations without an answer that do the same.
struct Class {
    operations: Vec<u32>,
    /// Where each was asked for, in order.
    invoked: Vec<u32>,
    matters_until: u32,
    used: u32,
}

impl Class {
    /// The first that is left and was asked for before a place.
    fn next(&self, before: u32) -> Option<u32> {
        let at = self.used as usize;
        (*self.invoked.get(at)? < before).then(|| self.operations[at])
    }
}

#[derive(Clone, Copy)]
enum Choice {
    Done(u32),
    Open(u32),
}

struct Frame {
    choice: Choice,
    state: u32,
    base: usize,
}

struct Search<'s, S> {
    object: &'s mut S,
    line: Line,
    classes: Vec<Class>,
    seen: Seen,
    /// What can be done in the configurations on the way here; those of this one from `base` on.
    choices: Vec<(Choice, u32)>,
    frames: Vec<Frame>,
    base: usize,
    looked: u64,
    /// Room to work in.
    near: Vec<u32>,
    next: Vec<u32>,
    key: Vec<u32>,
}

impl<'s, S: Specification> Search<'s, S> {
    fn new(object: &'s mut S, spans: &[Span]) -> Self {
        let classes = classes(object, spans);
        Self {
            object,
            line: Line::new(spans),
            classes,
            seen: Seen::default(),
            choices: Vec::new(),
            frames: Vec::new(),
            base: 0,
            looked: 0,
            near: Vec::new(),
            next: Vec::new(),
            key: Vec::new(),
        }
    }

    fn run(&mut self, limits: Limits) -> Outcome {
        let mut state = self.object.start();
        loop {
            if self.line.is_done() {
                return Outcome::Linearizable(self.order());
            }
            self.looked += 1;
            if self.looked % LOOK_EVERY == 1
                && let Some(spent) = self.spent(limits)
            {
                return Outcome::Stopped(spent);
            }
            self.expand(state);
            loop {
                if self.choices.len() > self.base
                    && let Some((choice, next)) = self.choices.pop()
                {
                    self.frames.push(Frame { choice, state, base: self.base });
                    self.base = self.choices.len();
                    self.take(choice);
                    state = next;
                    break;
                }
                let Some(frame) = self.frames.pop() else { return Outcome::Not };
                self.give_back(frame.choice);
                (state, self.base) = (frame.state, frame.base);
            }
        }
    }

    fn spent(&self, limits: Limits) -> Option<Spent> {
        if limits.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Some(Spent::Time);
        }
        let stack = self.choices.capacity() * size_of::<(Choice, u32)>()
            + self.frames.capacity() * size_of::<Frame>();
        let held = stack + self.seen.bytes() + self.line.bytes() + self.object.bytes();
        (held > limits.bytes).then_some(Spent::Memory)
    }

    /// Finds what can be done in a configuration that was not seen before.
    fn expand(&mut self, state: u32) {
        let (first, limit) = self.line.near(&mut self.near);
        self.key.clear();
        self.key.extend([state, first]);
        self.key.extend(&self.near);
        if !self.seen.insert(&self.key, &self.classes, limit) {
            return;
        }
        for (number, class) in self.classes.iter().enumerate() {
            if class.matters_until < limit {
                continue;
            }
            let Some(operation) = class.next(limit) else { continue };
            self.next.clear();
            self.object.step(state, operation, &mut self.next);
            let fresh = self.next.iter().filter(|next| **next != state);
            self.choices.extend(fresh.map(|next| (Choice::Open(number as u32), *next)));
        }
        for operation in self.near.iter().rev() {
            self.next.clear();
            self.object.step(state, *operation, &mut self.next);
            if self.next == [state] && self.object.observes(*operation) {
                // It can happen here and changes nothing: whatever else is possible is so after it.
                self.choices.truncate(self.base);
                self.choices.push((Choice::Done(*operation), state));
                return;
            }
            self.choices.extend(self.next.iter().map(|next| (Choice::Done(*operation), *next)));
        }
    }

    fn take(&mut self, choice: Choice) {
        match choice {
            Choice::Done(operation) => self.line.take(operation),
            Choice::Open(class) => self.classes[class as usize].used += 1,
        }
    }

    fn give_back(&mut self, choice: Choice) {
        match choice {
            Choice::Done(operation) => self.line.give_back(operation),
            Choice::Open(class) => self.classes[class as usize].used -= 1,
        }
    }

    fn order(&self) -> Vec<u32> {
        let mut used = vec![0; self.classes.len()];
        let one = |frame: &Frame| match frame.choice {
            Choice::Done(operation) => operation,
            Choice::Open(class) => {
                let class = class as usize;
                used[class] += 1;
                self.classes[class].operations[used[class] - 1]
            }
        };
        self.frames.iter().map(one).collect()
    }
}

fn classes<S: Specification>(object: &S, spans: &[Span]) -> Vec<Class> {
    let mut classes: Vec<Class> = Vec::new();
    let mut known: HashMap<u64, usize, FxBuildHasher> = HashMap::default();
    let open = spans.iter().enumerate().filter(|(_, span)| span.returned.is_none());
    let mut open: Vec<(u32, u32)> = open.map(|(at, span)| (span.invoked, at as u32)).collect();
    open.sort_unstable();
    for (invoked, operation) in open {
        let matters_until = object.matters_until(operation);
        if matters_until < invoked {
            continue;
        }
        let at = *known.entry(object.class(operation)).or_insert(classes.len());
        if at == classes.len() {
            let (operations, invoked) = (Vec::new(), Vec::new());
            classes.push(Class { operations, invoked, matters_until, used: 0 });
        }
        classes[at].operations.push(operation);
        classes[at].invoked.push(invoked);
        classes[at].matters_until = classes[at].matters_until.max(matters_until);
    }
    classes
}

/// The invocations and answers of what is not yet linearized, in order: a list in both directions,
/// so that what is taken out is put back in a few steps, in reverse.
struct Line {
    /// For each event: operation, place, and whether it is an answer. The first stands for the
    /// ends.
    events: Vec<(u32, u32, bool)>,
    after: Vec<u32>,
    before: Vec<u32>,
    /// For each operation, its two events.
    of: Vec<(u32, u32)>,
}

impl Line {
    fn new(spans: &[Span]) -> Self {
        let mut events = vec![(0, 0, false)];
        for (operation, span) in spans.iter().enumerate() {
            if let Some(returned) = span.returned {
                events.push((operation as u32, span.invoked, false));
                events.push((operation as u32, returned, true));
            }
        }
        events[1..].sort_unstable_by_key(|(_, place, _)| *place);
        let count = events.len() as u32;
        let mut of = vec![(0, 0); spans.len()];
        for (at, (operation, _, answer)) in events.iter().enumerate().skip(1) {
            let of = &mut of[*operation as usize];
            *(if *answer { &mut of.1 } else { &mut of.0 }) = at as u32;
        }
        let after = (0..count).map(|at| (at + 1) % count).collect();
        let before = (0..count).map(|at| (at + count - 1) % count).collect();
        Self { events, after, before, of }
    }

    fn is_done(&self) -> bool {
        self.after[0] == 0
    }

    /// The operations that can be next: those asked for before the first answer. Gives the
    /// operation of that answer, and its place.
    fn near(&self, near: &mut Vec<u32>) -> (u32, u32) {
        near.clear();
        let mut at = self.after[0];
        loop {
            let (operation, place, answer) = self.events[at as usize];
            if answer {
                return (operation, place);
            }
            near.push(operation);
            at = self.after[at as usize];
        }
    }

    fn take(&mut self, operation: u32) {
        let (asked, answered) = self.of[operation as usize];
        for at in [asked, answered] {
            let (before, after) = (self.before[at as usize], self.after[at as usize]);
            self.after[before as usize] = after;
            self.before[after as usize] = before;
        }
    }

    fn give_back(&mut self, operation: u32) {
        let (asked, answered) = self.of[operation as usize];
        for at in [answered, asked] {
            let (before, after) = (self.before[at as usize], self.after[at as usize]);
            self.after[before as usize] = at;
            self.before[after as usize] = at;
        }
    }

    fn bytes(&self) -> usize {
        self.events.len() * (size_of::<(u32, u32, bool)>() + 16)
    }
}

/// The configurations that were seen, word by word: a key, and how much of each class was used
/// there. One that has used no less of anything than one that was seen can do nothing that the
/// other cannot, so it is not looked at.
#[derive(Default)]
struct Seen {
    words: Vec<u32>,
    table: HashTable<Entry>,
    /// Where what was used of each class stands in `words`, and which of these comes next.
    used: Vec<(u32, u32, u32)>,
}

struct Entry {
    start: u32,
    len: u32,
    /// The last place in `used` with this key.
    used: u32,
}

/// The end of a list.
const NONE: u32 = u32::MAX;

impl Seen {
    /// Whether it is new.
    fn insert(&mut self, key: &[u32], classes: &[Class], limit: u32) -> bool {
        let Self { words, table, used } = self;
        // Over 16 GiB of configurations: what comes then is looked at again and again.
        if words.len() + key.len() + 2 * classes.len() > NONE as usize {
            return true;
        }
        let hash = hash_of(key);
        let found = table.find_mut(hash, |entry| part(words, entry.start, entry.len) == key);
        let mut at = found.as_ref().map_or(NONE, |entry| entry.used);
        while at != NONE {
            let (start, len, next) = used[at as usize];
            let pairs = part(words, start, len).chunks_exact(2);
            if pairs.into_iter().all(|pair| classes[pair[0] as usize].used >= pair[1]) {
                return false;
            }
            at = next;
        }
        let fresh = used.len() as u32;
        let before = match found {
            Some(entry) => std::mem::replace(&mut entry.used, fresh),
            None => {
                let (start, len) = (words.len() as u32, key.len() as u32);
                words.extend_from_slice(key);
                let entry = Entry { start, len, used: fresh };
                let rehash = |entry: &Entry| hash_of(part(words, entry.start, entry.len));
                table.insert_unique(hash, entry, rehash);
                NONE
            }
        };
        let start = words.len() as u32;
        for (number, class) in classes.iter().enumerate() {
            if class.used > 0 && class.matters_until >= limit {
                words.extend([number as u32, class.used]);
            }
        }
        used.push((start, words.len() as u32 - start, before));
        true
    }

    fn bytes(&self) -> usize {
        self.words.capacity() * 4 + self.table.capacity() * 14 + self.used.capacity() * 12
    }
}

fn part(words: &[u32], start: u32, len: u32) -> &[u32] {
    &words[start as usize..(start + len) as usize]
}

fn hash_of(key: &[u32]) -> u64 {
    let mut hasher = FxHasher::default();
    key.hash(&mut hasher);
    hasher.finish()
}
