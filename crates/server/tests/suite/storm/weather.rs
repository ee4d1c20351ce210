//! What goes wrong, and when.

use bytes::Bytes;
use quorate_kernel::Process;
use quorate_server::Ask;
use quorate_wal::memory::Fault;
use tokio::sync::oneshot::channel;

use super::Stormy;
use super::seat::{Flaw, Mail};
use super::world::{Event, MS, World};

/// How bad it is.
pub(crate) struct Weather {
    /// Of a thousand messages, how many are lost, doubled, and slow.
    loss: u64,
    double: u64,
    slow: u64,
    /// How long there is between two things that go wrong, at most.
    every: u64,
    /// From whom to whom nothing comes through.
    cut: Vec<Vec<bool>>,
}

impl Weather {
    pub(crate) fn calm(n: u16) -> Self {
        let none = vec![false; n.into()];
        Self { loss: 0, double: 0, slow: 0, every: 1, cut: vec![none; n.into()] }
    }
}

impl<L: Stormy> World<L> {
    /// The weather of this run, and the disks that may be lost for good: of f processes at most.
    pub(crate) fn begin_storm(&mut self) {
        self.weather.loss = [0, 20, 100, 250][self.below(4) as usize];
        self.weather.double = [0, 50, 200][self.below(3) as usize];
        self.weather.slow = [0, 50, 200][self.below(3) as usize];
        self.weather.every = [20, 60, 150][self.below(3) as usize] * MS;
        for _ in 0..self.below(u64::from(self.group.f) + 1) {
            let p = self.anybody();
            let flaw = match self.below(5) {
                0 | 1 => Flaw::Flips,
                2 => Flaw::Silent(Fault::Lost),
                3 => Flaw::Silent(Fault::Misdirected(1 + self.below(4))),
                _ => Flaw::Silent(Fault::Lies),
            };
            self.seats[p.index()].flaw = Some(flaw);
        }
        let first = self.below(self.weather.every);
        self.soon(first, Event::Weather);
    }

    fn anybody(&mut self) -> Process {
        Process(self.below(self.group.n.into()) as u16)
    }

    /// A message is on its way.
    pub(crate) fn send(&mut self, from: Process, to: Process, bytes: &Bytes) {
        let Weather { loss, double, slow, .. } = self.weather;
        if self.weather.cut[from.index()][to.index()] || self.below(1_000) < loss {
            self.tally.lost += 1;
            return;
        }
        let twice = self.below(1_000) < double;
        self.tally.doubled += u64::from(twice);
        for _ in 0..=u64::from(twice) {
            let late = if self.below(1_000) < slow { self.below(80 * MS) } else { 0 };
            let delay = MS / 2 + self.below(2 * MS) + late;
            self.soon(delay, Event::Heard { to, from, bytes: bytes.clone() });
        }
    }

    /// Something goes wrong.
    pub(crate) fn weather(&mut self) {
        if self.calm {
            return;
        }
        let next = self.below(self.weather.every) + 1;
        self.soon(next, Event::Weather);
        let p = self.anybody();
        let time = self.below(150 * MS);
        match self.below(16) {
            0 | 1 => self.crash(p),
            2..5 => self.arm(p, Fault::Stops),
            5 | 6 => self.arm(p, Fault::Fails),
            7 | 8 => {
                self.seats[p.index()].disk.set_room(0);
                self.soon(time, Event::Room(p));
            }
            9 | 10 => {
                let until = self.now + time;
                let seat = &mut self.seats[p.index()];
                seat.paused_until = seat.paused_until.max(until);
                self.tally.pauses += 1;
            }
            11..13 => self.cut(2 * time),
            13 => self.hand_over(p),
            _ => self.silently(p),
        }
    }

    /// The machine stops between two operations of the disk.
    fn crash(&mut self, p: Process) {
        let seat = &self.seats[p.index()];
        if seat.node.is_some() && seat.may_end() {
            self.tally.crashes += 1;
            self.end(p, true);
        }
    }

    fn arm(&mut self, p: Process, fault: Fault) {
        let operation = 1 + self.below(10);
        let seat = &mut self.seats[p.index()];
        if seat.node.is_some() && seat.is_sound() {
            seat.arm(operation, fault);
        }
    }

    fn silently(&mut self, p: Process) {
        let operation = 1 + self.below(10);
        let seat = &mut self.seats[p.index()];
        if let Some(Flaw::Silent(fault)) = seat.flaw
            && seat.node.is_some()
            && seat.is_sound()
        {
            seat.flaw = None;
            seat.arm(operation, fault);
            self.tally.silent += 1;
        }
    }

    /// Who leads, as far as it knows, hands that over and ends.
    fn hand_over(&mut self, p: Process) {
        let seat = &self.seats[p.index()];
        let leads = seat.shared.known().leader == Some(p.0);
        if seat.node.is_some() && leads && seat.is_sound() {
            self.tally.handed_over += 1;
            self.post(p, Mail::Ask(Ask::HandOver(channel().0)));
            self.post(p, Mail::Stop);
        }
    }

    /// Nothing comes through between two parts of the group, one way or both, for some time.
    fn cut(&mut self, time: u64) {
        self.tally.cuts += 1;
        let side = self.below(1 << self.group.n);
        let ways = self.below(4);
        for from in self.group.processes() {
            for to in self.group.processes() {
                let parts = [from, to].map(|p| side >> p.0 & 1);
                let stops = match ways {
                    0 => parts == [0, 1],
                    _ => parts[0] != parts[1],
                };
                self.weather.cut[from.index()][to.index()] |= stops;
            }
        }
        self.soon(time, Event::Heal);
    }

    pub(crate) fn heal(&mut self) {
        self.weather.cut.iter_mut().for_each(|row| row.fill(false));
    }

    /// Nothing more goes wrong, and whoever is down and can be started is.
    pub(crate) fn begin_calm(&mut self) {
        self.calm = true;
        self.calm_from = self.now;
        self.weather = Weather::calm(self.group.n);
        for p in self.group.processes() {
            let seat = &mut self.seats[p.index()];
            seat.disk.set_room(u64::MAX);
            seat.paused_until = self.now;
            if seat.armed.take().is_some() {
                seat.disk.restart();
            }
            self.turn_at(p, self.now);
        }
        self.calm_clients();
        self.soon(self.quiet, Event::Check);
    }
}
