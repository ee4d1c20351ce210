//! Clients: each writes and reads at one process, one thing after the other.

use quorate_history::Action;
use quorate_kernel::Process;
use quorate_server::Ask;
use quorate_service::{Outcome, Unavailable};
use quorate_store::{
    Command, Compare, Delete, Done, KeyValue, Operation, Put, Range, Relation, Store, Txn, Wanted,
};
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::oneshot::{Receiver, channel};

use super::Stormy;
use super::book::{Change, form};
use super::seat::Mail;
use super::world::{Event, MS, World};

/// How many keys there are.
pub(crate) const KEYS: u8 = 4;

/// What a client wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wish {
    Put,
    /// To put a value where it finds this one.
    Swap(Option<i64>),
    Delete,
    Read,
}

/// What it waits for.
enum Waits {
    Outcome(Receiver<Result<Outcome, Unavailable>>),
    Barrier(Receiver<Result<(), Unavailable>>),
    /// Nothing: it is about to look.
    Looks,
}

/// What it is doing.
struct Doing {
    at: usize,
    key: u8,
    value: i64,
    wish: Wish,
    /// The highest revision that anybody knew when it was asked for.
    floor: i64,
    waits: Waits,
    until: u64,
}

/// A client.
pub(crate) struct Client {
    home: Process,
    doing: Option<Doing>,
    asked: i64,
    /// What is there, as far as it knows.
    known: [Option<i64>; KEYS as usize],
    /// The keys that it has still to read at the end.
    left: Vec<u8>,
}

impl Client {
    pub(crate) fn new(home: Process) -> Self {
        Self { home, doing: None, asked: 0, known: [None; KEYS as usize], left: Vec::new() }
    }
}

pub(crate) fn name(key: u8) -> String {
    format!("k{key}")
}

pub(crate) fn value_of(found: Option<&KeyValue>) -> Option<i64> {
    let bytes = found?.value.first_chunk::<8>()?;
    Some(i64::from_le_bytes(*bytes))
}

/// What is at a key of a store, and the revision of that.
fn look(store: &Store, key: u8) -> Result<(Option<i64>, i64), String> {
    let range = Range { wanted: Wanted::one(name(key).as_bytes()), ..Range::default() };
    let found = store.range(&range).map_err(|error| error.to_string())?;
    Ok((value_of(found.found.first()), found.revision))
}

/// A value as it is written: unique, with more or less behind it.
fn bytes(value: i64) -> Vec<u8> {
    let mut bytes = value.to_le_bytes().to_vec();
    bytes.resize(8 + (value as usize).wrapping_mul(0x9e37) % 400, 0);
    bytes
}

/// The command for a wish; none for a read.
fn command(key: u8, wish: Wish, value: i64) -> Option<Command> {
    let key = name(key).into_bytes();
    let wanted = Wanted::one(&key);
    let put = Put { key, value: bytes(value).into(), previous: value % 2 == 0, ..Put::default() };
    Some(match wish {
        Wish::Put => Command::Put(put),
        Wish::Delete => Command::Delete(Delete { wanted, previous: true }),
        Wish::Swap(found) => {
            let compare = match found {
                None => Compare::Version(wanted.clone(), Relation::Equal, 0),
                Some(found) => Compare::Value(wanted.clone(), Relation::Equal, bytes(found)),
            };
            let range = Range { wanted, ..Range::default() };
            let (success, failure) = (vec![Operation::Put(put)], vec![Operation::Range(range)]);
            Command::Txn(Txn { compare: vec![compare], success, failure })
        }
        Wish::Read => return None,
    })
}

impl<L: Stormy> World<L> {
    /// A client comes back: it goes on, or does not wait any longer.
    pub(crate) fn client(&mut self, number: usize) -> Result<(), String> {
        let client = &mut self.clients[number];
        if let Some(doing) = &client.doing {
            if doing.until > self.now {
                return Ok(());
            }
            client.doing = None;
            self.tally.unknown += 1;
        }
        let pause = if self.calm { MS } else { self.below(20 * MS) + MS / 2 };
        let home = self.clients[number].home;
        if self.seats[home.index()].refused {
            return Ok(());
        }
        if self.seats[home.index()].node.is_none() {
            self.soon(pause, Event::Client(number));
            return Ok(());
        }
        let Some((key, wish)) = self.wish(number) else { return Ok(()) };
        let value = (number as i64 + 1) * 10_000 + self.clients[number].asked;
        self.clients[number].asked += 1;
        let action = match wish {
            Wish::Put => Action::Write(form(Some(value))),
            Wish::Swap(found) => Action::Cas(form(found), form(Some(value))),
            Wish::Delete => Action::Write(form(None)),
            Wish::Read => Action::Read(None),
        };
        if matches!(wish, Wish::Put | Wish::Swap(_)) {
            self.book.values.insert(value);
        }
        let at = self.book.asks(number, &name(key), action);
        let (waits, ask) = match command(key, wish, value) {
            None => {
                let (to, waits) = channel();
                (Waits::Barrier(waits), Ask::Barrier(to))
            }
            Some(command) => {
                let (to, waits) = channel();
                (Waits::Outcome(waits), Ask::Propose(command.encode(), to))
            }
        };
        let until = self.now + self.patience + self.below(self.patience);
        let floor = self.book.revision;
        self.clients[number].doing = Some(Doing { at, key, value, wish, floor, waits, until });
        self.soon(until - self.now, Event::Client(number));
        self.post(home, Mail::Ask(ask));
        Ok(())
    }

    /// What a client wants next; at the end, to read every key, and then nothing more.
    fn wish(&mut self, number: usize) -> Option<(u8, Wish)> {
        if self.calm {
            return self.clients[number].left.last().map(|key| (*key, Wish::Read));
        }
        let key = self.below(u64::from(KEYS)) as u8;
        let known = self.clients[number].known[usize::from(key)];
        Some(match self.below(20) {
            0..7 => (key, Wish::Put),
            7..12 => (key, Wish::Swap(known)),
            12..14 => (key, Wish::Delete),
            _ => (key, Wish::Read),
        })
    }

    /// Nothing is answered before the steps that it rests on are on the disk.
    pub(crate) fn refuse_early(&self, p: Process) -> Result<(), String> {
        let here = self.clients.iter().filter(|client| client.home == p);
        let early =
            here.filter_map(|client| client.doing.as_ref()).any(|doing| match &doing.waits {
                Waits::Outcome(from) => !from.is_empty() && !from.is_terminated(),
                Waits::Barrier(from) => !from.is_empty() && !from.is_terminated(),
                Waits::Looks => false,
            });
        if early { Err(format!("{p} answers before its steps are on the disk")) } else { Ok(()) }
    }

    /// Answers may have come from a process.
    pub(crate) fn poll(&mut self, p: Process) -> Result<(), String> {
        for number in 0..self.clients.len() {
            let client = &mut self.clients[number];
            let Some(doing) = client.doing.as_mut().filter(|_| client.home == p) else { continue };
            let answer = match &mut doing.waits {
                Waits::Looks => continue,
                Waits::Barrier(from) => from.try_recv().map(|done| done.map(|()| None)),
                Waits::Outcome(from) => from.try_recv().map(|outcome| outcome.map(Some)),
            };
            match answer {
                Err(TryRecvError::Empty) => {}
                Ok(Ok(None)) => {
                    doing.waits = Waits::Looks;
                    let (life, later) = (self.seats[p.index()].life, self.below(2 * MS));
                    self.soon(later, Event::Look(number, life));
                }
                Ok(Ok(Some(outcome))) => self.told(number, &outcome)?,
                Err(TryRecvError::Closed) | Ok(Err(Unavailable::TimedOut)) => self.lost(number),
                Ok(Err(other)) => return Err(format!("{p} refuses: {other}")),
            }
        }
        Ok(())
    }

    /// Nothing more is heard of what a client is doing.
    fn lost(&mut self, number: usize) {
        self.clients[number].doing = None;
        self.tally.unknown += 1;
        self.soon(MS, Event::Client(number));
    }

    /// A process has ended: whoever waits for it learns nothing.
    pub(crate) fn hang_up(&mut self, p: Process) {
        for number in 0..self.clients.len() {
            if self.clients[number].home == p && self.clients[number].doing.is_some() {
                self.lost(number);
            }
        }
    }

    /// The store has what it should: a client looks, at any time after that.
    pub(crate) fn look(&mut self, number: usize, life: u64) -> Result<(), String> {
        let seat = &self.seats[self.clients[number].home.index()];
        let waits = |doing: &mut Doing| matches!(doing.waits, Waits::Looks);
        if seat.life != life {
            return Ok(());
        }
        let Some(doing) = self.clients[number].doing.take_if(waits) else { return Ok(()) };
        let (value, revision) = look(&seat.shared.store(), doing.key)?;
        self.tally.reads += 1;
        let action = Action::Read(Some(form(value)));
        self.book.answered(doing.at, action, (doing.floor, revision))?;
        if self.calm {
            self.clients[number].left.retain(|key| *key != doing.key);
        }
        self.knows(number, doing.key, value);
        Ok(())
    }

    fn knows(&mut self, number: usize, key: u8, value: Option<i64>) {
        self.clients[number].known[usize::from(key)] = value;
        let pause = if self.calm { MS } else { self.below(15 * MS) };
        self.soon(pause, Event::Client(number));
    }

    /// A client is told what came of its command.
    fn told(&mut self, number: usize, outcome: &Outcome) -> Result<(), String> {
        let Some(doing) = self.clients[number].doing.take() else { return Ok(()) };
        let Doing { at, key, value, wish, floor, .. } = doing;
        let done = outcome.answer.as_ref().map_err(|error| format!("{wish:?} fails: {error}"))?;
        let (written, removed) = (form(Some(value)), form(None));
        let (action, now, changes) = match (wish, done) {
            (Wish::Put, Done::Put(done)) => {
                let before = form(value_of(done.previous.as_ref()));
                let action = match value % 2 {
                    0 => Action::Cas(before, written),
                    _ => Action::Write(written),
                };
                (action, Some(value), true)
            }
            (Wish::Swap(found), Done::Txn(done)) if done.succeeded => {
                (Action::Cas(form(found), written), Some(value), true)
            }
            (Wish::Swap(found), Done::Txn(done)) => {
                let Some(Done::Range(read)) = done.done.first() else {
                    return Err(format!("{wish:?} answers {done:?}"));
                };
                let there = value_of(read.found.first());
                if there == found {
                    return Err(format!("{wish:?} did not find {there:?}, which is there"));
                }
                (Action::Read(Some(form(there))), there, false)
            }
            (Wish::Delete, Done::Delete(done)) => match done.previous.first() {
                None => (Action::Read(Some(removed)), None, false),
                before => (Action::Cas(form(value_of(before)), removed), None, true),
            },
            (wish, done) => return Err(format!("{wish:?} answers {done:?}")),
        };
        self.tally.acknowledged += 1;
        let revision = outcome.revision;
        self.book.answered(at, action, (floor, revision))?;
        if changes {
            let change = Change { revision, key: name(key), value: now };
            self.book.changed(floor, change)?;
        }
        self.knows(number, key, now);
        Ok(())
    }

    /// From now on clients read every key once more, and then nothing.
    pub(crate) fn calm_clients(&mut self) {
        for number in 0..self.clients.len() {
            self.clients[number].left = (0..KEYS).collect();
            self.soon(MS, Event::Client(number));
        }
    }

    /// Whether every client has read all, but those of processes that are gone for good.
    pub(crate) fn have_all_read(&self) -> bool {
        self.clients.iter().all(|one| one.left.is_empty() || self.seats[one.home.index()].refused)
    }
}
