//! Interned states and messages, and local steps that are run once.

use std::hash::Hash;
use std::rc::Rc;

use indexmap::IndexSet;
use quorate_kernel::{
    Bits, Inbox, Ledger, Liar, Margin, Outgoing, Pen, Problem, Process, RoundInput, Seen, Traitor,
    engine,
};
use quorate_world::Arena;
use rustc_hash::{FxBuildHasher, FxHashMap};

/// Values by number, from 1; 0 stands for none.
pub(crate) struct Numbered<T>(IndexSet<T, FxBuildHasher>);

impl<T: Hash + Eq> Numbered<T> {
    fn new() -> Self {
        Self(IndexSet::default())
    }

    pub(crate) fn number(&mut self, value: T) -> u32 {
        self.0.insert_full(value).0 as u32 + 1
    }

    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        self.0.get_index((number as usize).checked_sub(1)?)
    }

    pub(crate) fn at(&self, number: u32) -> &T {
        self.get(number).expect("every number was given out by this table")
    }
}

impl Numbered<Box<[u32]>> {
    /// The number of a list of numbers, which is copied only if it is new.
    pub(crate) fn list(&mut self, list: &[u32]) -> u32 {
        match self.0.get_index_of(list) {
            Some(at) => at as u32 + 1,
            None => self.number(list.into()),
        }
    }
}

/// What a local step leads to: the next state and the decision, by number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Landing {
    pub(crate) state: u32,
    pub(crate) output: u32,
}

/// Round, process, state, inbox.
type StepKey = (u16, u16, u32, u32);

/// The words of one traitor for one recipient: the number of each distinct message, with a
/// reading of the odometer that says it.
pub(crate) struct Words {
    pub(crate) said: Vec<(u32, Vec<u32>)>,
    pub(crate) silence_is_a_word: bool,
}

/// The messages of one round by number, one inbox after the other.
pub(crate) struct Inboxes {
    pub(crate) size: usize,
    pub(crate) numbers: Vec<u32>,
}

impl Inboxes {
    /// The inbox of one process.
    pub(crate) fn of(&self, to: usize) -> &[u32] {
        &self.numbers[to * self.size..][..self.size]
    }
}

/// The inbox of the step that was run last: the next one differs from it in a message or two.
struct Opened<M> {
    numbers: Vec<u32>,
    came: Vec<Option<M>>,
}

impl<M: Clone + Hash + Eq> Opened<M> {
    fn show(&mut self, inbox: &[u32], messages: &Numbered<M>) {
        self.numbers.resize(inbox.len(), 0);
        self.came.resize(inbox.len(), None);
        for (at, number) in inbox.iter().enumerate() {
            if self.numbers[at] != *number {
                self.numbers[at] = *number;
                self.came[at] = messages.get(*number).cloned();
            }
        }
    }
}

/// The tables of one worker.
pub(crate) struct Tables<'a, R: Traitor> {
    pub(crate) arena: Arena<'a, R>,
    pub(crate) states: Numbered<R>,
    pub(crate) messages: Numbered<R::Message>,
    pub(crate) outputs: Numbered<<R::Problem as Problem>::Output>,
    pub(crate) ledgers: Numbered<<R::Problem as Problem>::Ledger>,
    /// What traitors have seen, as sorted lists of messages.
    pub(crate) knowledge: Numbered<Vec<u32>>,
    /// Inboxes, as the numbers of the messages in order of sender.
    pub(crate) inboxes: Numbered<Box<[u32]>>,
    opened: Opened<R::Message>,
    pens: Vec<Pen>,
    margin: Margin,
    rows: FxHashMap<(u16, u16, u32), Rc<[u32]>>,
    steps: FxHashMap<StepKey, Landing>,
    observed: FxHashMap<(u32, u16, u16, u32), u32>,
    pub(crate) cited: u64,
}

/// The most words of one vocabulary that are enumerated.
pub(crate) const WORDS_MAX: u64 = 1 << 20;

impl<'a, R: Traitor> Tables<'a, R> {
    pub(crate) fn new(arena: Arena<'a, R>) -> Self {
        Self {
            arena,
            states: Numbered::new(),
            messages: Numbered::new(),
            outputs: Numbered::new(),
            ledgers: Numbered::new(),
            knowledge: Numbered::new(),
            inboxes: Numbered::new(),
            opened: Opened { numbers: Vec::new(), came: Vec::new() },
            pens: arena.group.processes().map(engine::pen).collect(),
            margin: Margin::new(false).flawed(arena.flaw),
            rows: FxHashMap::default(),
            steps: FxHashMap::default(),
            observed: FxHashMap::default(),
            cited: 0,
        }
    }

    /// About how many bytes the states, messages and ledgers take that were numbered.
    pub(crate) fn interned_bytes(&self) -> u64 {
        let all = self.states.0.len() + self.messages.0.len() + self.ledgers.0.len();
        all as u64 * 192
    }

    /// About how many bytes the local steps take that were run.
    pub(crate) fn kept_bytes(&self) -> u64 {
        let each = 72 + 4 * u64::from(self.arena.group.n);
        self.steps.len() as u64 * each + self.rows.len() as u64 * each
    }

    /// Forgets the local steps that were run: they are kept only to save time.
    pub(crate) fn forget(&mut self) {
        self.steps = FxHashMap::default();
        self.rows = FxHashMap::default();
    }

    pub(crate) fn start(&mut self, who: Process, input: Option<&RoundInput<R>>) -> u32 {
        let view = self.arena.view(&self.pens[who.index()], &self.margin);
        let state = engine::start::<R>(input.cloned(), &view);
        self.cited |= self.margin.take_cited();
        self.states.number(state)
    }

    pub(crate) fn open(&mut self, inputs: &[Option<RoundInput<R>>]) -> u32 {
        let mut ledger = <R::Problem as Problem>::Ledger::open(self.arena.group);
        for (who, input) in self.arena.group.processes().zip(inputs) {
            if let Some(input) = input {
                ledger.observe(who, 0, Seen::Input(input));
            }
        }
        self.ledgers.number(ledger)
    }

    /// What `who` sends in `round` from `state`: the message for each process, by number.
    pub(crate) fn row(&mut self, round: u16, who: Process, state: u32) -> Rc<[u32]> {
        if let Some(row) = self.rows.get(&(round, who.0, state)) {
            return Rc::clone(row);
        }
        let view = self.arena.view(&self.pens[who.index()], &self.margin);
        let outgoing = engine::send(self.states.at(state), round, &view);
        self.cited |= self.margin.take_cited();
        let mut row = vec![0; self.arena.group.size()];
        match outgoing {
            Outgoing::Nothing => {}
            Outgoing::All(message) => row.fill(self.messages.number(message)),
            Outgoing::To(list) => {
                for (to, message) in list {
                    row[to.index()] = self.messages.number(message);
                }
            }
        }
        let row: Rc<[u32]> = row.into();
        self.rows.insert((round, who.0, state), Rc::clone(&row));
        row
    }

    /// Where `who` lands from `state` when it receives `inbox`.
    pub(crate) fn step(&mut self, round: u16, who: Process, state: u32, inbox: &[u32]) -> Landing {
        let key = (round, who.0, state, self.inboxes.list(inbox));
        if let Some(landing) = self.steps.get(&key) {
            return *landing;
        }
        self.opened.show(inbox, &self.messages);
        let mut next = self.states.at(state).clone();
        let view = self.arena.view(&self.pens[who.index()], &self.margin);
        let inbox = Inbox::new(&self.opened.came, &[]);
        let output = engine::receive(&mut next, round, &inbox, &view);
        self.cited |= self.margin.take_cited();
        // After the last round only decisions count: the state is forgotten.
        let state = if round >= self.arena.last { 0 } else { self.states.number(next) };
        let output = output.map_or(0, |decided| self.outputs.number(decided));
        let landing = Landing { state, output };
        self.steps.insert(key, landing);
        landing
    }

    /// The ledger after `who` handed out `output` in `round`.
    pub(crate) fn observe(&mut self, ledger: u32, round: u16, who: Process, output: u32) -> u32 {
        if output == 0 {
            return ledger;
        }
        let key = (ledger, round, who.0, output);
        if let Some(after) = self.observed.get(&key) {
            return *after;
        }
        let mut entry = self.ledgers.at(ledger).clone();
        entry.observe(who, u64::from(round), Seen::Output(self.outputs.at(output)));
        let after = self.ledgers.number(entry);
        self.observed.insert(key, after);
        after
    }

    /// Whether the words of a traitor that has seen nothing are few enough to enumerate.
    pub(crate) fn can_list_words(
        &self,
        round: u16,
        from: Process,
        to: Process,
        traitors: &[Process],
    ) -> bool {
        let pens: Vec<Pen> = traitors.iter().map(|p| engine::pen(*p)).collect();
        let (group, config, last) = (self.arena.group, self.arena.config, self.arena.last);
        let liar = Liar::<R> { me: from, group, config, last, pens: &pens, seen: &[] };
        R::vocabulary(&liar, round, to).size().is_some_and(|size| size <= WORDS_MAX)
    }

    /// The distinct words of a traitor; `None` if there are too many to enumerate.
    pub(crate) fn words(
        &mut self,
        round: u16,
        from: Process,
        to: Process,
        traitors: &[Process],
        knowledge: u32,
    ) -> Option<Words> {
        let pens: Vec<Pen> = traitors.iter().map(|p| engine::pen(*p)).collect();
        let heard = self.knowledge.get(knowledge).map(Vec::as_slice).unwrap_or_default();
        let seen: Vec<R::Message> = heard.iter().map(|m| self.messages.at(*m).clone()).collect();
        let (group, config, last) = (self.arena.group, self.arena.config, self.arena.last);
        let liar = Liar::<R> { me: from, group, config, last, pens: &pens, seen: &seen };
        let vocabulary = R::vocabulary(&liar, round, to);
        if vocabulary.size().is_none_or(|size| size > WORDS_MAX) {
            return None;
        }
        let mut said: Vec<(u32, Vec<u32>)> = Vec::new();
        let mut known = rustc_hash::FxHashSet::default();
        for reading in vocabulary.readings() {
            let Some(word) = vocabulary.word(&reading) else { continue };
            let number = self.messages.number(word);
            if known.insert(number) {
                said.push((number, reading));
            }
        }
        Some(Words { said, silence_is_a_word: vocabulary.silence_is_a_word() })
    }

    /// A message with one bit flipped, for every bit: the bit, and the number of what it becomes.
    pub(crate) fn flipped_messages(&mut self, message: u32) -> Vec<(u32, u32)> {
        let domain = R::domain(self.arena.config);
        let width = self.messages.at(message).bits(domain);
        let mut flip = |bit: u32| {
            let mut flipped = self.messages.at(message).clone();
            flipped.flip(bit, domain);
            (bit, self.messages.number(flipped))
        };
        (0..width).map(&mut flip).collect()
    }

    /// A state with one bit flipped, for every bit.
    pub(crate) fn flipped_states(&mut self, state: u32) -> Vec<(u32, u32)> {
        let domain = R::domain(self.arena.config);
        let width = self.states.at(state).bits(domain);
        let mut flip = |bit: u32| {
            let mut flipped = self.states.at(state).clone();
            flipped.flip(bit, domain);
            (bit, self.states.number(flipped))
        };
        (0..width).map(&mut flip).collect()
    }
}
