//! The world: what happens next, to whom.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use quorate_kernel::{Group, Oracle, Process};
use quorate_runtime::{Fate, Place};
use quorate_server::{Ask, Pulse};
use quorate_wal::Error;
use quorate_wal::memory::Fault;
use tokio::sync::oneshot::channel;

use super::book::Book;
use super::clients::Client;
use super::seat::{Flaw, Mail, Opening, Seat};
use super::watched::Truth;
use super::weather::Weather;
use super::{Stormy, Tally};

/// Ticks in a millisecond.
pub(crate) const MS: u64 = 1_000;
const BEAT: Duration = Duration::from_millis(10);
const ELECTION: Duration = Duration::from_millis(50);
/// How long a storm lasts at most.
const STORM: u64 = 3_000 * MS;
/// Within what time after it everybody has to have everything: a hundred elections.
const BOUND: u64 = 5_000 * MS;
/// How long to wait before a disk that is full is tried again.
const FULL: u64 = 20 * MS;

/// What happens.
pub(crate) enum Event {
    Heard {
        to: Process,
        from: Process,
        bytes: Bytes,
    },
    Turn(Process),
    Commit(Process, u64),
    Restart(Process),
    /// A client goes on.
    Client(usize),
    /// A client looks, in that life of its process.
    Look(usize, u64),
    /// A process asks where to read, so that it hears of a leader.
    Touch(Process),
    Weather,
    Heal,
    Room(Process),
    Calm,
    Check,
}

/// A group in virtual time.
pub(crate) struct World<L: Stormy> {
    pub(crate) now: u64,
    pub(crate) group: Group,
    config: L::Config,
    events: BTreeMap<(u64, u64), Event>,
    count: u64,
    chance: Fate,
    seed: u64,
    pub(crate) seats: Vec<Seat<L>>,
    pub(crate) clients: Vec<Client>,
    pub(crate) weather: Weather,
    pub(crate) book: Book,
    pub(crate) truth: Rc<RefCell<Truth>>,
    pub(crate) tally: Tally,
    pub(crate) calm: bool,
    pub(crate) calm_from: u64,
    /// For how long nothing may happen until all is taken to be over.
    pub(crate) quiet: u64,
    /// How long a client waits at least.
    pub(crate) patience: u64,
    /// How much everybody had applied when that was looked at last.
    pub(crate) checked: Option<u64>,
}

impl<L: Stormy> World<L> {
    /// A world that a seed decides.
    pub(crate) fn new(seed: u64) -> Result<Self, String> {
        let mut chance = Fate::seeded(seed, 7);
        let five = chance.choose(3) == 0;
        let group = if five { Group { n: 5, f: 2 } } else { Group { n: 3, f: 1 } };
        let snapshot = 5 + chance.choose(16);
        let settings = [("snapshot".into(), snapshot.to_string())];
        let pulse = Pulse { beat: BEAT, election: ELECTION };
        let config = L::configure(group, pulse, &settings)?;
        let each = 1 + chance.choose(3);
        let homes = group.processes().flat_map(|p| (0..each).map(move |_| p));
        let mut world = Self {
            now: 0,
            group,
            config,
            events: BTreeMap::new(),
            count: 0,
            chance,
            seed,
            seats: group.processes().map(|p| Seat::new(p, seed)).collect(),
            clients: homes.map(Client::new).collect(),
            weather: Weather::calm(group.n),
            book: Book::default(),
            truth: Rc::default(),
            tally: Tally { runs: 1, five: five.into(), ..Tally::default() },
            calm: false,
            calm_from: 0,
            quiet: 500 * MS,
            patience: 300 * MS,
            checked: None,
        };
        for p in group.processes() {
            world.soon(0, Event::Restart(p));
            let first = world.below(50 * MS);
            world.soon(first, Event::Touch(p));
        }
        (0..world.clients.len()).for_each(|number| world.soon(MS, Event::Client(number)));
        world.begin_storm();
        let long = STORM / 4 + world.below(STORM * 3 / 4);
        world.soon(long, Event::Calm);
        Ok(world)
    }

    /// A number below another, as it falls.
    pub(crate) fn below(&mut self, many: u64) -> u64 {
        u64::from(self.chance.choose(many.max(1) as u32))
    }

    /// Something happens after so many ticks.
    pub(crate) fn soon(&mut self, ticks: u64, event: Event) {
        self.count += 1;
        self.events.insert((self.now + ticks, self.count), event);
    }

    /// All of it: what happened, or what is wrong.
    pub(crate) fn run(mut self) -> Result<Tally, String> {
        while let Some(((now, _), event)) = self.events.pop_first() {
            self.now = now;
            let over = self.happens(event).map_err(|wrong| self.when(&wrong))?;
            let wrong = self.truth.borrow_mut().wrong.take();
            if let Some(wrong) = wrong {
                return Err(self.when(&wrong));
            }
            if over {
                break;
            }
            if self.calm && now > self.calm_from + BOUND {
                let wrong = self.lagging();
                return Err(self.when(&wrong));
            }
        }
        self.verdict()
    }

    fn when(&self, wrong: &str) -> String {
        format!("at {} ms: {wrong}", self.now / MS)
    }

    fn happens(&mut self, event: Event) -> Result<bool, String> {
        match event {
            Event::Heard { to, from, bytes } => self.post(to, Mail::Heard(from, bytes)),
            Event::Turn(p) => self.turn(p)?,
            Event::Commit(p, life) => self.commit(p, life)?,
            Event::Restart(p) => self.restart(p)?,
            Event::Client(number) => self.client(number)?,
            Event::Look(number, life) => self.look(number, life)?,
            Event::Touch(p) => {
                if L::READS {
                    self.post(p, Mail::Ask(Ask::Barrier(channel().0)));
                    self.soon(50 * MS, Event::Touch(p));
                }
            }
            Event::Weather => self.weather(),
            Event::Heal => self.heal(),
            Event::Room(p) => self.seats[p.index()].disk.set_room(u64::MAX),
            Event::Calm => self.begin_calm(),
            Event::Check => return Ok(self.is_over()),
        }
        Ok(false)
    }

    /// Something comes to a process; it is lost if that is down.
    pub(crate) fn post(&mut self, p: Process, mail: Mail) {
        let seat = &mut self.seats[p.index()];
        if seat.node.is_some() {
            seat.mail.push_back(mail);
            self.turn_at(p, self.now);
        }
    }

    /// A process looks at its mail and timers, then or sooner.
    pub(crate) fn turn_at(&mut self, p: Process, at: u64) {
        let seat = &mut self.seats[p.index()];
        let at = at.max(seat.paused_until);
        if at < seat.turn_at && seat.node.is_some() {
            seat.turn_at = at;
            self.soon(at - self.now, Event::Turn(p));
        }
    }

    fn turn(&mut self, p: Process) -> Result<(), String> {
        let seat = &self.seats[p.index()];
        if seat.turn_at != self.now || seat.node.is_none() {
            return Ok(());
        }
        let paused = seat.paused_until;
        self.seats[p.index()].turn_at = u64::MAX;
        if paused > self.now {
            self.turn_at(p, paused);
            return Ok(());
        }
        if self.seats[p.index()].commits {
            // Its end is when it looks again.
            return Ok(());
        }
        let most = 1 + self.below(12) as usize;
        let now = self.now;
        self.seats[p.index()].turn(most, now)?;
        self.refuse_early(p)?;
        self.commit_soon(p);
        Ok(())
    }

    /// The steps so far go to the disk, which takes a while.
    fn commit_soon(&mut self, p: Process) {
        let seat = &mut self.seats[p.index()];
        seat.commits = true;
        let life = seat.life;
        let takes = self.below(MS / 2) + if self.below(50) == 0 { self.below(20 * MS) } else { 0 };
        self.soon(takes, Event::Commit(p, life));
    }

    fn commit(&mut self, p: Process, life: u64) -> Result<(), String> {
        let now = self.now;
        let seat = &mut self.seats[p.index()];
        if seat.life != life {
            return Ok(());
        }
        let Some(node) = &mut seat.node else { return Ok(()) };
        if seat.paused_until > now {
            let later = seat.paused_until - now;
            self.soon(later, Event::Commit(p, life));
            return Ok(());
        }
        let mut sent = Vec::new();
        let done = node.commit(now, |to, bytes| sent.push((to, bytes)));
        match done {
            Ok(()) => {}
            Err(Error::Full { .. }) if sent.is_empty() => {
                self.tally.full += 1;
                self.soon(FULL, Event::Commit(p, life));
                return Ok(());
            }
            Err(Error::Disk { .. }) if seat.armed.is_some() && sent.is_empty() => {
                self.failed(p);
                return Ok(());
            }
            // The state that another needs is read back once what comes before it is said.
            Err(Error::Damaged { .. }) if seat.may_be_damaged => {
                seat.found = true;
                self.tally.found += 1;
                sent.iter().for_each(|(to, bytes)| self.send(p, *to, bytes));
                self.end(p, false);
                return Ok(());
            }
            Err(other) => return Err(format!("{p} said {} things and then: {other}", sent.len())),
        }
        let (pending, wakes) = (node.is_pending(), node.wakes_at());
        sent.iter().for_each(|(to, bytes)| self.send(p, *to, bytes));
        self.poll(p)?;
        self.compare(p)?;
        if pending {
            // As the real loop does: what is due goes into the commit of what it told itself.
            self.seats[p.index()].turn(0, now)?;
            self.commit_soon(p);
            return Ok(());
        }
        self.seats[p.index()].commits = false;
        if self.seats[p.index()].stops {
            self.end(p, false);
            return Ok(());
        }
        let waits = !self.seats[p.index()].mail.is_empty();
        let at = if waits { now } else { wakes.unwrap_or(u64::MAX).max(now + 1) };
        self.turn_at(p, at);
        Ok(())
    }

    /// The disk did not do what it was asked for.
    fn failed(&mut self, p: Process) {
        let stops = self.seats[p.index()].armed == Some(Fault::Stops);
        if stops {
            self.tally.crashes += 1;
            self.tally.in_commits += 1;
        } else {
            self.tally.fails += 1;
        }
        // After an operation that failed, the process ends; the machine may stop as well.
        let machine = stops || self.below(3) == 0;
        self.end(p, machine);
    }

    /// A process ends, and begins anew after some time.
    pub(crate) fn end(&mut self, p: Process, machine: bool) {
        self.seats[p.index()].end(machine);
        self.hang_up(p);
        let down = self.below(120 * MS);
        self.soon(down, Event::Restart(p));
    }

    fn restart(&mut self, p: Process) -> Result<(), String> {
        let fate = Fate::seeded(self.seed << 20 ^ self.now << 4 ^ u64::from(p.0), 7);
        let place = Place { me: p, group: self.group, config: self.config.clone() };
        let (often, operation) = (self.below(10), 1 + self.below(5));
        let seat = &mut self.seats[p.index()];
        if seat.node.is_some() || seat.refused {
            return Ok(());
        }
        if !self.calm && often == 0 {
            seat.arm(operation, Fault::Stops);
        }
        let flaw = seat.flaw.filter(|flaw| *flaw == Flaw::Flips && often < 6 && seat.life > 0);
        if flaw.is_some() && seat.flip(&mut self.chance) {
            seat.flaw = None;
            seat.may_be_damaged = true;
            self.tally.flips += 1;
        }
        match seat.open(place, fate, &self.truth, self.now)? {
            Opening::Up if seat.found => Err(format!("{p} starts on what it has found damaged")),
            Opening::Up => {
                self.commit_soon(p);
                Ok(())
            }
            Opening::Again => {
                self.tally.crashes += 1;
                self.tally.in_openings += 1;
                self.end(p, true);
                Ok(())
            }
            Opening::Full => {
                self.end(p, false);
                Ok(())
            }
            Opening::Refused(_) if seat.may_be_damaged => {
                seat.refused = true;
                self.tally.refused += 1;
                Ok(())
            }
            Opening::Refused(error) => Err(format!("{p}: {error}, and nothing damaged it")),
        }
    }
}
