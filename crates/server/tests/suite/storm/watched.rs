//! The store as the application of a log, and whoever looks over its shoulder.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::rc::Rc;

use bytes::Bytes;
use quorate_kernel::{InputOf, OutputOf, Process, RecordOf};
use quorate_problems::Applied;
use quorate_runtime::Application;
use quorate_server::{Ask, Item, Kv};

use super::{Stormy, Tally};

/// A command with who proposed it and its number; none for what does nothing.
type Line = Option<(Process, u32, Item)>;

/// What is so for all processes and lives.
#[derive(Default)]
pub(crate) struct Truth {
    slots: BTreeMap<u64, Line>,
    /// The revision and the hash of the store after so many commands.
    states: BTreeMap<u64, (i64, u32)>,
    /// What was found wrong first.
    pub(crate) wrong: Option<String>,
    pub(crate) tally: Tally,
}

impl Truth {
    fn line(&mut self, me: Process, slot: u64, line: Line) {
        let before = match self.slots.entry(slot) {
            Entry::Vacant(place) => {
                place.insert(line);
                return;
            }
            Entry::Occupied(before) => before.into_mut(),
        };
        if *before != line {
            let said = |line: &Line| line.as_ref().map(|(client, number, _)| (*client, *number));
            let text = format!(
                "{me} applies {:?} in slot {slot}, and another applied {:?}",
                said(&line),
                said(before)
            );
            self.wrong.get_or_insert(text);
        }
    }

    /// The state of a process after so many commands: the same as that of any other.
    pub(crate) fn state(&mut self, me: Process, slot: u64, state: (i64, u32)) {
        self.tally.compared += 1;
        let before = *self.states.entry(slot).or_insert(state);
        if before != state {
            let text = format!(
                "after {slot} commands {me} has revision and hash {state:?}, another had {before:?}"
            );
            self.wrong.get_or_insert(text);
        }
    }
}

/// The store, watched.
pub(crate) struct Watched<L> {
    me: Process,
    inner: Kv<L>,
    truth: Rc<RefCell<Truth>>,
    /// How many commands, and entries that do nothing, are applied.
    slot: u64,
    /// Whether it has booted: what it takes over from then on was not on its disk.
    pub(crate) booted: bool,
    /// Whether what is heard is a state of a leader.
    pub(crate) installs: bool,
}

impl<L: Stormy> Watched<L> {
    pub(crate) fn new(me: Process, inner: Kv<L>, truth: Rc<RefCell<Truth>>) -> Self {
        Self { me, inner, truth, slot: 0, booted: false, installs: false }
    }

    /// How many commands, and entries that do nothing, are applied.
    pub(crate) fn slot(&self) -> u64 {
        self.slot
    }

    fn next(&mut self, slot: u64, line: Line) {
        let mut truth = self.truth.borrow_mut();
        if slot != self.slot + 1 {
            let text = format!("{} applies slot {slot} right after {}", self.me, self.slot);
            truth.wrong.get_or_insert(text);
        }
        self.slot = slot;
        truth.line(self.me, slot, line);
    }

    fn installed(&mut self, through: u64) {
        if self.slot < through && self.booted {
            let tally = &mut self.truth.borrow_mut().tally;
            *(if self.installs { &mut tally.installed } else { &mut tally.brought }) += 1;
        }
        self.slot = self.slot.max(through);
    }
}

impl<L: Stormy> Application<L> for Watched<L> {
    type Ask = Ask;

    fn ask(&mut self, ask: Ask, stable: &L::Stable) -> Option<InputOf<L>> {
        self.inner.ask(ask, stable)
    }

    fn take(&mut self, output: OutputOf<L>, state: Option<&L>, stable: &L::Stable) {
        match &output {
            Applied::Command { slot, client, number, payload } => {
                self.next(*slot, Some((*client, *number, payload.clone())));
            }
            Applied::Noop { slot } | Applied::Members { slot, .. } => self.next(*slot, None),
            Applied::Installed { through, .. } => self.installed(*through),
            _ => {}
        }
        self.inner.take(output, state, stable);
    }

    fn stored(&mut self, state: &L, stable: &L::Stable) {
        self.inner.stored(state, stable);
    }

    fn hear(&mut self, from: Process, words: &[u8]) -> Vec<InputOf<L>> {
        self.inner.hear(from, words)
    }

    fn say(&mut self) -> Option<(Process, Bytes)> {
        self.inner.say()
    }

    fn restore(&mut self, state: &[u8]) -> bool {
        self.inner.restore(state)
    }

    fn drops(&self, record: &RecordOf<L>) -> bool {
        self.inner.drops(record)
    }

    fn dropped(&mut self, stable: &L::Stable) {
        self.truth.borrow_mut().tally.checkpoints += 1;
        self.inner.dropped(stable);
    }

    fn take_sealed(&mut self) -> Bytes {
        self.inner.take_sealed()
    }

    fn goes_with(&self, message: &L::Message) -> bool {
        self.inner.goes_with(message)
    }

    fn open(&mut self, message: &L::Message, state: Bytes) -> bool {
        self.installs = L::is_install(message);
        self.inner.open(message, state)
    }
}
