//! A disk in memory that fails as disks do.
//!
//! What was written and not synced survives a crash sector by sector, or not, as it falls; what was
//! made, renamed and removed survives up to some moment. A sync that fails forgets what it should
//! have brought to the disk, and the next one says that all is well (Rebello et al. 2020).

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::rc::Rc;

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::disk::Disk;
use crate::sector::SECTOR_BYTES;

/// What is to go wrong, by the number of the operation, counted from 1 over all that change
/// anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The operation fails. A write may have been made in part; a sync forgets what it was to bring
    /// to the disk.
    Fails,
    /// A write is not made, and nobody is told.
    Lost,
    /// A write is made so many sectors further on, and nobody is told.
    Misdirected(u64),
    /// A sync of a file does nothing, and nobody is told.
    Lies,
    /// A sync of names does nothing, and nobody is told.
    ForgetsNames,
    /// The machine stops before the operation is over: it may be made in part, and it and all that
    /// follow fail.
    Stops,
}

/// A file, whatever its name.
#[derive(Clone, Debug, Default)]
struct Body {
    /// What is on the disk.
    durable: Vec<u8>,
    /// What is read.
    now: Vec<u8>,
    /// The sectors in which these differ and that the next sync brings to the disk.
    dirty: BTreeSet<usize>,
}

/// A change of names.
#[derive(Clone, Debug)]
enum Change {
    Make(String, usize),
    Rename(String, String),
    Remove(String),
}

/// A disk in memory. A clone is the same disk.
#[derive(Clone, Debug)]
pub struct Memory(Rc<RefCell<State>>);

#[derive(Debug)]
struct State {
    bodies: Vec<Body>,
    durable: BTreeMap<String, usize>,
    now: BTreeMap<String, usize>,
    /// What changes the names on the disk into those of now.
    changes: Vec<Change>,
    faults: BTreeMap<u64, Fault>,
    /// How many operations there were that change anything.
    operations: u64,
    stopped: bool,
    /// How many bytes there is room for.
    room: u64,
    chance: Pcg64Mcg,
}

impl Memory {
    /// An empty disk, on which what is not sure is drawn from a seed.
    pub fn new(seed: u64) -> Self {
        Self(Rc::new(RefCell::new(State {
            bodies: Vec::new(),
            durable: BTreeMap::new(),
            now: BTreeMap::new(),
            changes: Vec::new(),
            faults: BTreeMap::new(),
            operations: 0,
            stopped: false,
            room: u64::MAX,
            chance: Pcg64Mcg::seed_from_u64(seed),
        })))
    }

    fn state(&self) -> RefMut<'_, State> {
        self.0.borrow_mut()
    }

    /// Lets something go wrong in an operation that is still to come: 1 is the next.
    pub fn let_fail(&self, operation: u64, fault: Fault) {
        let mut state = self.state();
        let at = state.operations + operation;
        state.faults.insert(at, fault);
    }

    /// How many operations there were that change anything.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// There is room for so many bytes in all.
    pub fn set_room(&self, bytes: u64) {
        self.state().room = bytes;
    }

    /// The machine stops and starts: what was not sure to survive does or does not. Nothing more is
    /// to go wrong.
    pub fn crash(&self) {
        self.state().crash();
    }

    /// The process ends and another begins: what is read is as it was. Nothing more is to go wrong.
    pub fn restart(&self) {
        self.state().faults.clear();
    }

    /// Flips a bit of a file, on the disk and in what is read.
    pub fn flip(&self, name: &str, byte: usize, bit: u8) {
        let mut state = self.state();
        if let Ok(body) = state.body(name) {
            for bytes in [&mut body.durable, &mut body.now] {
                if let Some(byte) = bytes.get_mut(byte) {
                    *byte ^= 1 << (bit % 8);
                }
            }
        }
    }

    /// A number below another, as it falls.
    pub fn below(&self, many: u64) -> u64 {
        self.state().below(many)
    }
}

impl State {
    fn crash(&mut self) {
        let sure = self.below(self.changes.len() as u64 + 1) as usize;
        for change in self.changes.drain(..).take(sure) {
            change.apply(&mut self.durable);
        }
        self.now = self.durable.clone();
        for at in 0..self.bodies.len() {
            let dirty = std::mem::take(&mut self.bodies[at].dirty);
            for sector in dirty {
                if self.below(2) == 0 {
                    self.bodies[at].bring(sector);
                }
            }
            let body = &mut self.bodies[at];
            body.now = body.durable.clone();
        }
        (self.stopped, self.room) = (false, u64::MAX);
        self.faults.clear();
    }

    fn below(&mut self, many: u64) -> u64 {
        self.chance.next_u64() % many.max(1)
    }

    /// What goes wrong in the next operation.
    fn next(&mut self) -> io::Result<Option<Fault>> {
        if self.stopped {
            return Err(io::Error::other("the machine has stopped"));
        }
        self.operations += 1;
        Ok(self.faults.remove(&self.operations))
    }

    fn body(&mut self, name: &str) -> io::Result<&mut Body> {
        let at = *self.now.get(name).ok_or(ErrorKind::NotFound)?;
        self.bodies.get_mut(at).ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// Whether an operation is made, after what goes wrong with it.
    fn may(&mut self, fault: Option<Fault>) -> io::Result<()> {
        match fault {
            Some(Fault::Fails) => Err(io::Error::other("the disk failed")),
            Some(Fault::Stops) => {
                self.stopped = true;
                Err(io::Error::other("the machine stopped"))
            }
            _ => Ok(()),
        }
    }

    fn change(&mut self, change: Change) -> io::Result<()> {
        let fault = self.next()?;
        let half = matches!(fault, Some(Fault::Stops | Fault::Fails)) && self.below(2) == 0;
        if half || self.may(fault).is_ok() {
            change.apply(&mut self.now);
            self.changes.push(change);
        }
        self.may(fault)
    }
}

impl Body {
    fn bring(&mut self, sector: usize) {
        let from = sector * SECTOR_BYTES;
        let until = (from + SECTOR_BYTES).min(self.now.len());
        if self.durable.len() < self.now.len() {
            self.durable.resize(self.now.len(), 0);
        }
        self.durable[from..until].copy_from_slice(&self.now[from..until]);
    }

    fn put(&mut self, at: usize, bytes: &[u8]) -> io::Result<()> {
        let until = at + bytes.len();
        if until > self.now.len() {
            return Err(io::Error::other("nothing is written behind the end of a file"));
        }
        self.now[at..until].copy_from_slice(bytes);
        self.dirty.extend(at / SECTOR_BYTES..until.div_ceil(SECTOR_BYTES));
        Ok(())
    }
}

impl Change {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Make(name, at) => {
                names.insert(name.clone(), *at);
            }
            Self::Rename(from, to) => {
                if let Some(at) = names.remove(from) {
                    names.insert(to.clone(), at);
                }
            }
            Self::Remove(name) => {
                names.remove(name);
            }
        }
    }
}

impl State {
    fn create(&mut self, name: &str, bytes: u64) -> io::Result<()> {
        let fault = self.next()?;
        let held: u64 = self.now.values().map(|at| self.bodies[*at].now.len() as u64).sum();
        if held + bytes > self.room {
            return Err(ErrorKind::StorageFull.into());
        }
        self.may(fault)?;
        let zeros = vec![0; bytes as usize];
        let dirty = (0..zeros.len().div_ceil(SECTOR_BYTES)).collect();
        self.bodies.push(Body { durable: Vec::new(), now: zeros, dirty });
        let change = Change::Make(name.into(), self.bodies.len() - 1);
        change.apply(&mut self.now);
        self.changes.push(change);
        Ok(())
    }

    fn read(&mut self, name: &str, at: u64, into: &mut [u8]) -> io::Result<()> {
        let from = at as usize;
        let there = self.body(name)?.now.get(from..from + into.len());
        into.copy_from_slice(there.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write(&mut self, name: &str, at: u64, bytes: &[u8]) -> io::Result<()> {
        let fault = self.next()?;
        let many = match fault {
            Some(Fault::Lost) => return Ok(()),
            Some(Fault::Fails | Fault::Stops) => self.below(bytes.len() as u64 + 1) as usize,
            _ => bytes.len(),
        };
        // A sector is written whole or not at all.
        let many = if many < bytes.len() { many / SECTOR_BYTES * SECTOR_BYTES } else { many };
        let aside = match fault {
            Some(Fault::Misdirected(sectors)) => sectors as usize * SECTOR_BYTES,
            _ => 0,
        };
        let body = self.body(name)?;
        let at = (at as usize + aside).min(body.now.len().saturating_sub(many));
        body.put(at, &bytes[..many])?;
        self.may(fault)
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        let fault = self.next()?;
        let luck = self.below(u64::MAX);
        let body = self.body(name)?;
        let dirty = std::mem::take(&mut body.dirty);
        match fault {
            Some(Fault::Lies) => {}
            Some(Fault::Fails) => {
                let some = dirty.iter().filter(|sector| luck >> (**sector % 64) & 1 == 1);
                some.for_each(|sector| body.bring(*sector));
            }
            Some(Fault::Stops) => body.dirty = dirty,
            _ => dirty.iter().for_each(|sector| body.bring(*sector)),
        }
        self.may(fault)
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        if !self.now.contains_key(from) {
            return Err(ErrorKind::NotFound.into());
        }
        self.change(Change::Rename(from.into(), to.into()))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        if !self.now.contains_key(name) {
            return Err(ErrorKind::NotFound.into());
        }
        self.change(Change::Remove(name.into()))
    }

    fn sync_names(&mut self) -> io::Result<()> {
        let fault = self.next()?;
        if !matches!(fault, Some(Fault::ForgetsNames | Fault::Fails | Fault::Stops)) {
            let changes = std::mem::take(&mut self.changes);
            changes.iter().for_each(|change| change.apply(&mut self.durable));
        }
        self.may(fault)
    }
}

impl Disk for Memory {
    fn names(&mut self) -> io::Result<Vec<String>> {
        Ok(self.state().now.keys().cloned().collect())
    }

    fn size(&mut self, name: &str) -> io::Result<u64> {
        Ok(self.state().body(name)?.now.len() as u64)
    }

    fn create(&mut self, name: &str, bytes: u64) -> io::Result<()> {
        self.state().create(name, bytes)
    }

    fn read(&mut self, name: &str, at: u64, into: &mut [u8]) -> io::Result<()> {
        self.state().read(name, at, into)
    }

    fn write(&mut self, name: &str, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.state().write(name, at, bytes)
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        self.state().sync(name)
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.state().rename(from, to)
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.state().remove(name)
    }

    fn sync_names(&mut self) -> io::Result<()> {
        self.state().sync_names()
    }
}
