//! One process: its disk, and what runs on it, if it is up.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use quorate_kernel::{Oracle, Process};
use quorate_runtime::{Damage, Fate, Node, Place, Storage};
use quorate_server::{Ask, Kv, Shared};
use quorate_wal::memory::{Fault, Memory};
use quorate_wal::{Disk, Error, SECTOR_BYTES, Settings};

use super::Stormy;
use super::watched::{Truth, Watched};

/// Segments so small that they are often full.
const SETTINGS: Settings = Settings { segment_bytes: 8 * SECTOR_BYTES as u64 };
/// After how many commands servers compare their states.
pub(crate) const COMPARED: u64 = 16;
/// How many operations there are at most until two batches after a write are on the disk.
const LATER: u64 = 40;

/// What comes to a process.
pub(crate) enum Mail {
    Heard(Process, Bytes),
    Ask(Ask),
    Stop,
}

/// What a disk that may be lost for good does once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// A bit flips while the process is down.
    Flips,
    /// A write is lost, misdirected or made light of, and nobody is told.
    Silent(Fault),
}

/// How it went to open a log.
pub(crate) enum Opening {
    Up,
    /// The machine stopped, or the disk failed, before it was open.
    Again,
    /// There is no room to begin a log.
    Full,
    /// The log is damaged.
    Refused(Error),
}

/// One process.
pub(crate) struct Seat<L: Stormy> {
    pub(crate) me: Process,
    pub(crate) disk: Memory,
    pub(crate) node: Option<Node<L, Watched<L>, Memory>>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) mail: VecDeque<Mail>,
    /// How many lives have ended.
    pub(crate) life: u64,
    /// Whether a commit is under way.
    pub(crate) commits: bool,
    pub(crate) stops: bool,
    pub(crate) paused_until: u64,
    /// When it looks at its mail and timers next.
    pub(crate) turn_at: u64,
    /// What is about to go wrong with the disk.
    pub(crate) armed: Option<Fault>,
    pub(crate) flaw: Option<Flaw>,
    /// The operation that nobody was told was not made.
    silent_at: Option<u64>,
    /// Whether something has damaged the disk.
    pub(crate) may_be_damaged: bool,
    /// Whether the process has found that itself, and ended.
    pub(crate) found: bool,
    /// Whether it is gone for good, since its log is damaged.
    pub(crate) refused: bool,
    /// The last place at which its state was compared.
    pub(crate) compared: u64,
}

impl<L: Stormy> Seat<L> {
    pub(crate) fn new(me: Process, seed: u64) -> Self {
        Self {
            me,
            disk: Memory::new(seed.wrapping_mul(31) + u64::from(me.0)),
            node: None,
            shared: Arc::default(),
            mail: VecDeque::new(),
            life: 0,
            commits: false,
            stops: false,
            paused_until: 0,
            turn_at: u64::MAX,
            armed: None,
            flaw: None,
            silent_at: None,
            may_be_damaged: false,
            found: false,
            refused: false,
            compared: 0,
        }
    }

    /// Whether this may end it: not while what its disk did in silence is in the last batch, since
    /// nobody could tell.
    pub(crate) fn may_end(&self) -> bool {
        self.silent_at.is_none_or(|at| self.disk.operations() >= at + LATER)
    }

    /// Lets something go wrong with the disk, in so many operations.
    pub(crate) fn arm(&mut self, operation: u64, fault: Fault) {
        self.disk.let_fail(operation, fault);
        if matches!(fault, Fault::Stops | Fault::Fails) {
            self.armed = Some(fault);
        } else {
            self.silent_at = Some(self.disk.operations() + operation);
            self.may_be_damaged = true;
        }
    }

    /// Whether nothing is wrong with the disk, nor about to be.
    pub(crate) fn is_sound(&self) -> bool {
        self.armed.is_none() && self.may_end()
    }

    /// The process ends; whatever it was about to say is not said. The machine goes on, or stops.
    pub(crate) fn end(&mut self, machine: bool) {
        self.node = None;
        self.mail.clear();
        self.life += 1;
        (self.commits, self.stops, self.turn_at) = (false, false, u64::MAX);
        self.armed = None;
        if machine {
            self.disk.crash();
        } else {
            self.disk.restart();
        }
    }

    /// Flips a bit somewhere.
    pub(crate) fn flip(&mut self, chance: &mut Fate) -> bool {
        let names = self.disk.names().unwrap_or_default();
        let logs: Vec<&String> = names.iter().filter(|name| *name != "new.log").collect();
        let Some(name) = logs.get(chance.choose(logs.len().max(1) as u32) as usize) else {
            return false;
        };
        let bytes = self.disk.size(name).unwrap_or(0);
        self.disk.flip(name, chance.choose(bytes as u32) as usize, chance.choose(8) as u8);
        true
    }

    /// Opens the log, and boots.
    pub(crate) fn open(
        &mut self,
        place: Place<L>,
        fate: Fate,
        truth: &Rc<RefCell<Truth>>,
        now: u64,
    ) -> Result<Opening, String> {
        let (me, n) = (place.me, place.group.n);
        let found = match Storage::open::<L>(self.disk.clone(), SETTINGS, n) {
            Ok(found) => found,
            Err(Damage::Log(Error::Disk { .. })) if self.armed.is_some() => {
                return Ok(Opening::Again);
            }
            Err(Damage::Log(Error::Full { .. })) => return Ok(Opening::Full),
            Err(Damage::Log(error @ Error::Damaged { .. })) => return Ok(Opening::Refused(error)),
            Err(other) => return Err(format!("{me} cannot open its log: {other}")),
        };
        truth.borrow_mut().tally.torn += u64::from(found.torn);
        self.shared = Arc::default();
        let store = Kv::<L>::new(me, n, self.shared.clone(), self.life << 32);
        let store = store.compared_every(COMPARED);
        let watched = Watched::new(me, store, truth.clone());
        let node = Node::new(place, found, fate, watched);
        let mut node = node.map_err(|damage| format!("{me}: {damage}"))?;
        node.boot(now);
        node.application().booted = true;
        self.node = Some(node);
        self.compared = 0;
        Ok(Opening::Up)
    }

    /// Takes some of what has come, and lets the timers go off that are due.
    pub(crate) fn turn(&mut self, most: usize, now: u64) -> Result<(), String> {
        let Some(node) = &mut self.node else { return Ok(()) };
        for _ in 0..most {
            let Some(mail) = self.mail.pop_front() else { break };
            match mail {
                Mail::Heard(from, bytes) => {
                    node.application().installs = false;
                    let heard = node.hear(from, &bytes, now);
                    heard.map_err(|_| format!("{} cannot read what {from} sent", self.me))?;
                }
                Mail::Ask(ask) => node.ask(ask, now),
                Mail::Stop => self.stops = true,
            }
        }
        node.application().installs = false;
        node.wake(now);
        Ok(())
    }
}
