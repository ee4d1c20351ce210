//! The store as the application of a log.

use std::collections::{BTreeMap, VecDeque};
use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use quorate_kernel::{Process, RecordOf};
use quorate_problems::{Applied, Call};
use quorate_runtime::{Application, Note};
use quorate_service::{Outcome, Unavailable};
use quorate_store::{Command, Store};
use tokio::sync::oneshot::Sender;

use crate::handed::{Handed, Handing};
use crate::item::Item;
use crate::log::Log;
use crate::sealed::{mixed, pair, read};
use crate::seen::called;
use crate::shared::Shared;
use crate::waiting::{Held, Waiting, Write};

/// How many bytes of commands of this process may wait until they are applied.
const WAITING_BYTES: usize = 64 << 20;
/// How many reads may wait until it is known where to read.
const READS: usize = 1 << 15;
/// What a command takes besides its bytes, about.
const WRITE_BYTES: usize = 128;
/// After how many commands the state is compared with that of others, if nothing else is said.
const COMPARED: u64 = 1 << 10;
/// How many digests are kept to be compared.
const DIGESTS: usize = 64;
/// What the words between stores begin with.
const DIGEST: u8 = 0;
const LEAD: u8 = 1;
const HAND_ON: u8 = 2;

/// What the store is asked for.
#[derive(Debug)]
pub enum Ask {
    /// To replicate a command, and say what came of it.
    Propose(Vec<u8>, Sender<Result<Outcome, Unavailable>>),
    /// The same, for the call of this number, which a trace is to tell.
    Call(u64, Vec<u8>, Sender<Result<Outcome, Unavailable>>),
    /// To have a trace tell something.
    Note(Note),
    /// To say when it has everything that was done before.
    Barrier(Sender<Result<(), Unavailable>>),
    /// To let another lead, before this process ends.
    HandOver(Sender<Result<(), Unavailable>>),
}

/// The store, driven by a log.
#[derive(Debug)]
pub struct Kv<L> {
    me: Process,
    n: u16,
    shared: Arc<Shared>,
    /// How many commands, and entries that do nothing, are applied.
    applied: u64,
    /// A digest of all of them, in order.
    digest: u64,
    digests: VecDeque<(u64, u64)>,
    /// After how many commands it is compared.
    every: u64,
    /// What the next command of a client of this process is called: no two are the same, not even
    /// in different lives.
    token: u64,
    /// What the first of this life was called.
    life: u64,
    /// Commands of clients of this process that are not applied, as they were given.
    writes: VecDeque<Write>,
    waiting_bytes: usize,
    /// Those that are for the leader to propose, since the last commit.
    handing: Handing,
    /// What it was handed itself, as the leader.
    handed: Handed,
    /// Reads without an entry, by number; how many were asked for in this life, and whether the
    /// last of them is so new that it is for whoever reads now.
    reads: VecDeque<(u64, Sender<Result<(), Unavailable>>)>,
    asked: u64,
    fresh: bool,
    held: Vec<Held>,
    words: VecDeque<(Process, Bytes)>,
    notes: VecDeque<Note>,
    /// When how many are applied the state is to be kept, with the index that it is named by.
    keep: Option<(u64, u64)>,
    /// That state until it is on the disk.
    kept: Bytes,
    /// States that came with messages, by how many commands are in each: not more than there are
    /// processes, of which each may offer one.
    opened: BTreeMap<u64, (u64, Store)>,
    term: u64,
    /// Who leads, and in which term, as of the last commit.
    leader: Option<Process>,
    led: u64,
    log: PhantomData<fn() -> L>,
}

impl<L: Log> Kv<L> {
    /// An empty store of one process among `n`. The commands of its clients are called by numbers
    /// from `token` on, which no other life of it may use.
    pub fn new(me: Process, n: u16, shared: Arc<Shared>, token: u64) -> Self {
        Self {
            me,
            n,
            shared,
            applied: 0,
            digest: 0,
            digests: VecDeque::new(),
            every: COMPARED,
            token,
            life: token,
            writes: VecDeque::new(),
            waiting_bytes: 0,
            handing: Handing::default(),
            handed: Handed::default(),
            reads: VecDeque::new(),
            asked: 0,
            fresh: false,
            held: Vec::new(),
            words: VecDeque::new(),
            notes: VecDeque::new(),
            keep: None,
            kept: Bytes::new(),
            opened: BTreeMap::new(),
            term: 0,
            leader: None,
            led: 0,
            log: PhantomData,
        }
    }

    /// The same, which compares its state with that of others after so many commands, at least 1,
    /// instead of 1,024.
    #[must_use]
    pub fn compared_every(self, commands: u64) -> Self {
        Self { every: commands.max(1), ..self }
    }

    /// A command goes into the log: by way of the leader, who proposes it as its own. So nothing
    /// of it is stored here before it is there. Who knows of no other leader proposes it; so does
    /// one that would not miss a leader that is gone if it had nothing of its own to propose.
    fn write(&mut self, command: &[u8], waiting: Waiting) -> Option<Call<Item>> {
        let token = self.token;
        self.token = token.wrapping_add(1);
        let item = Item::titled(self.me, token, command);
        let bytes = item.0.len() + WRITE_BYTES;
        self.waiting_bytes += bytes;
        let handed = self.leader.filter(|leader| L::READS && *leader != self.me).map(|_| self.led);
        self.writes.push_back(Write { token, bytes, handed, waiting });
        if handed.is_none() {
            return Some(Call::Write(item));
        }
        self.handing.push(&item);
        None
    }

    fn propose(
        &mut self,
        command: &[u8],
        to: Sender<Result<Outcome, Unavailable>>,
    ) -> Option<Call<Item>> {
        if self.shared.known().corrupt {
            let _ = to.send(Err(Unavailable::Corrupt));
            return None;
        }
        if self.waiting_bytes > WAITING_BYTES {
            let _ = to.send(Err(Unavailable::TooManyRequests));
            return None;
        }
        self.write(command, Waiting::Outcome(to))
    }

    fn barrier(&mut self, to: Sender<Result<(), Unavailable>>) -> Option<Call<Item>> {
        if !L::READS {
            return self.write(&[], Waiting::Barrier(to));
        }
        if self.reads.len() >= READS {
            // Those who do not wait any more make room.
            self.reads.retain(|(_, to)| !to.is_closed());
            if self.reads.len() >= READS {
                let _ = to.send(Err(Unavailable::TooManyRequests));
                return None;
            }
        }
        // Where to read is found out only by messages that leave after the next commit.
        let asks = !self.fresh;
        if asks {
            (self.asked, self.fresh) = (self.asked + 1, true);
        }
        self.reads.push_back((self.asked, to));
        asks.then_some(Call::Read)
    }

    /// A command of the log: what came of it goes to whoever waits, if a client of this process
    /// gave it.
    fn apply(&mut self, slot: u64, item: &Item) {
        self.applied = slot;
        self.digest = mixed(self.digest, slot, &item.0);
        let Some((origin, token, command)) = item.parts() else { return self.passed() };
        let title = item.0.len() - command.len();
        let answer = match Command::decode_within(&item.0, title) {
            Ok(command) => {
                let mut store = self.shared.store_mut();
                let answer = store.apply(&command);
                let revision = store.revision();
                Some(Outcome { answer, revision, term: self.term })
            }
            Err(_) => None,
        };
        if origin == self.me {
            self.answer(token, answer);
        }
        self.passed();
    }

    /// What came of a command. One that was given before, and was not applied before, was lost on
    /// its way, or is after it in the log: what comes of it is not known.
    fn answer(&mut self, token: u64, mut outcome: Option<Outcome>) {
        let first = self.writes.front().map_or(token, |write| write.token);
        // One of an earlier life is before all of this one, or far after them.
        let many = token.wrapping_sub(first);
        if many >= self.token.wrapping_sub(first) {
            return;
        }
        while self.writes.front().is_some_and(|one| one.token.wrapping_sub(first) <= many) {
            let Some(write) = self.writes.pop_front() else { return };
            let known = if write.token == token { outcome.take() } else { None };
            // Whoever gave a later command had everything before: so a read does.
            self.let_go(write, known, true);
        }
    }

    fn let_go(&mut self, write: Write, outcome: Option<Outcome>, passed: bool) {
        self.waiting_bytes -= write.bytes;
        self.held.push(write.let_go(outcome, passed));
    }

    /// What was given before something happened may never come, or was passed over: nobody waits
    /// for it any more.
    fn give_up(&mut self, which: impl Fn(&Write) -> bool) {
        let (gone, kept) = std::mem::take(&mut self.writes).into_iter().partition(which);
        self.writes = kept;
        let gone: VecDeque<Write> = gone;
        gone.into_iter().for_each(|write| self.let_go(write, None, false));
    }

    /// One more is applied: the state may be kept or compared.
    fn passed(&mut self) {
        if self.keep.is_some_and(|(when, _)| when == self.applied) {
            self.seal();
        }
        if self.applied.is_multiple_of(self.every) {
            self.compare();
        }
    }

    fn seal(&mut self) {
        let Some((_, index)) = self.keep.take() else { return };
        let mut kept = Vec::new();
        kept.extend([index, self.applied, self.digest].map(u64::to_le_bytes).as_flattened());
        self.shared.store().save_to(&mut kept);
        self.kept = kept.into();
    }

    /// Tells the others the digest of so many commands.
    fn compare(&mut self) {
        if self.digests.len() == DIGESTS {
            self.digests.pop_front();
        }
        self.digests.push_back((self.applied, self.digest));
        let mut words = vec![DIGEST];
        words.extend(self.applied.to_le_bytes());
        words.extend(self.digest.to_le_bytes());
        let words = Bytes::from(words);
        let others = (0..self.n).map(Process).filter(|p| *p != self.me);
        self.words.extend(others.map(|p| (p, words.clone())));
    }

    /// What another has after so many commands.
    fn compared(&mut self, from: Process, words: &[u8]) {
        let Some((slot, digest)) = pair(words) else { return };
        let own = self.digests.iter().find(|(at, _)| *at == slot);
        let Some((_, own)) = own else { return };
        let mut known = self.shared.lock();
        known.compared = known.compared.max(slot);
        if *own != digest {
            known.corrupt = true;
            tracing::error!(%from, slot, "the state differs from another's: no more is taken");
        }
    }

    fn begin_with(&mut self, applied: u64, (digest, store): (u64, Store)) {
        *self.shared.store_mut() = store;
        (self.applied, self.digest) = (applied, digest);
        self.digests.clear();
    }

    /// The process begins anew, as a new member with an empty log.
    fn empty(&mut self) {
        *self.shared.store_mut() = Store::default();
        (self.applied, self.digest) = (0, 0);
        self.digests.clear();
        self.passed();
    }

    /// All through a slot is in the state that has come, or was here.
    fn installed(&mut self, through: u64) {
        if self.applied < through {
            let state = self.opened.remove(&through);
            // No message is taken without it, and no disk has one without the other.
            let state = state.expect("a state comes with its store");
            self.begin_with(through, state);
            self.give_up(|_| true);
        }
        self.opened.retain(|slots, _| *slots > through);
        self.passed();
    }
}

impl<L: Log> Application<L> for Kv<L> {
    type Ask = Ask;

    fn ask(&mut self, ask: Ask, _: &L::Stable) -> Option<Call<Item>> {
        match ask {
            Ask::Propose(command, to) => self.propose(&command, to),
            Ask::Call(number, command, to) => {
                let token = self.token;
                let input = self.propose(&command, to);
                // What is refused at once has no name.
                let taken = self.token != token;
                let item = taken.then(|| Item::titled(self.me, token, &command));
                self.notes.push_back(called(number, &command, item));
                input
            }
            Ask::Note(note) => {
                self.notes.push_back(note);
                None
            }
            Ask::Barrier(to) => self.barrier(to),
            Ask::HandOver(to) => {
                // Whoever is asked stands for election; this process ends in any case.
                let others = (1..self.n).map(|step| Process((self.me.0 + step) % self.n));
                if self.leader == Some(self.me) {
                    self.words.extend(others.map(|p| (p, Bytes::from_static(&[LEAD]))).take(1));
                }
                self.held.push(Held::Barrier(to, Ok(())));
                None
            }
        }
    }

    fn note(&mut self) -> Option<Note> {
        self.notes.pop_front()
    }

    fn take(&mut self, output: Applied<Item>, state: Option<&L>, _: &L::Stable) {
        self.term = state.map_or(0, |state| u64::from(state.round()));
        match output {
            Applied::Command { slot, payload, .. } => self.apply(slot, &payload),
            Applied::Noop { slot } => {
                // A leader begins its term: what an earlier one was handed may be lost.
                let term = self.term;
                self.give_up(|write| write.handed.is_some_and(|before| before < term));
                self.applied = slot;
                self.passed();
            }
            Applied::Members { slot, .. } => {
                self.applied = slot;
                self.passed();
            }
            Applied::Installed { through, .. } => self.installed(through),
            Applied::Answer { number, .. } => {
                self.fresh = false;
                let number = u64::from(number);
                while self.reads.front().is_some_and(|(asked, _)| *asked <= number) {
                    let Some((_, to)) = self.reads.pop_front() else { break };
                    self.held.push(Held::Barrier(to, Ok(())));
                }
            }
            Applied::Anew { .. } => self.empty(),
            // Without sessions nobody is told.
            Applied::Told { .. }
            | Applied::Leads { .. }
            | Applied::Stored { .. }
            | Applied::Committed { .. }
            | Applied::Changed { .. } => {}
        }
    }

    fn stored(&mut self, state: &L, stable: &L::Stable) {
        self.held.drain(..).for_each(Held::say);
        self.fresh = false;
        let words = self.leader.and_then(|_| self.handing.take(HAND_ON, self.led, self.life));
        self.words.extend(self.leader.zip(words));
        self.leader = state.leader();
        self.term = state.round().into();
        self.led = self.term;
        let mut known = self.shared.lock();
        known.term = self.term;
        known.leader = self.leader.map(|leader| leader.0);
        known.commit = state.commit();
        known.last = L::last(stable);
        known.commands = self.applied;
        known.commits += 1;
    }

    fn hear(&mut self, from: Process, words: &[u8]) -> Vec<Call<Item>> {
        match words.split_first() {
            Some((&DIGEST, digest)) => self.compared(from, digest),
            Some((&LEAD, [])) => return vec![Call::Lead],
            Some((&HAND_ON, words)) if self.leader == Some(self.me) => {
                let new = self.handed.take(from, words, self.led);
                return new.into_iter().map(Call::Write).collect();
            }
            _ => {}
        }
        Vec::new()
    }

    fn say(&mut self) -> Option<(Process, Bytes)> {
        self.words.pop_front()
    }

    fn restore(&mut self, state: &[u8]) -> bool {
        if state.is_empty() {
            return true;
        }
        let Some((_, applied, kept)) = read(state) else { return false };
        self.begin_with(applied, kept);
        true
    }

    fn drops(&self, record: &RecordOf<L>) -> bool {
        L::drops(record)
    }

    fn dropped(&mut self, stable: &L::Stable) {
        let (index, slots) = L::dropped(stable);
        self.keep = Some((slots, index));
        if self.applied == slots {
            self.seal();
        }
    }

    fn take_sealed(&mut self) -> Bytes {
        std::mem::take(&mut self.kept)
    }

    fn goes_with(&self, message: &L::Message) -> bool {
        L::carries(message).is_some()
    }

    fn open(&mut self, message: &L::Message, state: Bytes) -> bool {
        let Some((index, applied, state)) = read(&state) else { return false };
        if L::carries(message) != Some((index, applied)) {
            return false;
        }
        self.opened.insert(applied, state);
        if self.opened.len() > usize::from(self.n) {
            self.opened.pop_first();
        }
        true
    }
}
