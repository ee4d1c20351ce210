//! The local states and events of one protocol, and what its handlers make of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexSet;
use quorate_kernel::{
    Deceit, End, InputOf, Ledger, Margin, OutputOf, Problem, Process, ProcessSet, Protocol,
    RecordOf, Seen,
};
use rustc_hash::FxBuildHasher;

use super::circles::Circles;
use super::collapse::Locals;
use super::mirrors::Mirrors;
use super::parts::Parts;
use super::past::Past;
use super::scope::{Agenda, Inquiry};
use super::tables::{Case, EventInfo, Landing, Mishap, SeatInfo, Standing};
use super::undecided::either;

/// Values by number, from 0.
type Numbered<T> = IndexSet<T, FxBuildHasher>;

/// The place of one process, whatever its state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Seat<P: Protocol> {
    pub(super) process: Process,
    /// The first beginning in which the process plays the same part.
    pub(super) beginning: u16,
    pub(super) body: Body<P>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Body<P: Protocol> {
    Up(Up<P>),
    Down(Kept<P>),
    /// It never comes back.
    Gone,
    Traitor,
    /// A traitor where messages are signed, with all that it was sent.
    Spy(BTreeSet<P::Message>),
}

/// A process that is up.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Up<P: Protocol> {
    pub(super) state: P,
    pub(super) timers: BTreeSet<P::Timer>,
    /// Whether it has not crashed, so that what is asked at the start comes first.
    pub(super) fresh: bool,
    pub(super) kept: Kept<P>,
}

/// What survives a crash.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Kept<P: Protocol> {
    pub(super) stable: P::Stable,
    /// The records, where disks can forget or flip.
    pub(super) disk: Vec<RecordOf<P>>,
    /// How much was asked of it, and done.
    pub(super) asked: u16,
}

/// What can happen to a process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Event<P: Protocol> {
    Message {
        from: Process,
        to: Process,
        message: P::Message,
    },
    /// The next thing asked.
    Request {
        who: Process,
    },
    Timer {
        who: Process,
        timer: P::Timer,
    },
    Crash {
        who: Process,
        for_good: bool,
    },
    Restart {
        who: Process,
    },
    Flip {
        who: Process,
    },
    Cut {
        event: u32,
        for_good: bool,
    },
    Garbled {
        event: u32,
    },
}

impl<P: Protocol> Event<P> {
    /// Whether it can happen without end: what is counted cannot.
    fn is_unbounded(&self) -> bool {
        matches!(self, Self::Message { .. } | Self::Timer { .. })
    }

    fn info(&self, events: &Numbered<Self>) -> EventInfo {
        let at = |who: &Process| EventInfo { from: who.0, to: who.0 };
        match self {
            Self::Message { from, to, .. } => EventInfo { from: from.0, to: to.0 },
            Self::Request { who }
            | Self::Timer { who, .. }
            | Self::Crash { who, .. }
            | Self::Restart { who }
            | Self::Flip { who } => at(who),
            Self::Cut { event, .. } | Self::Garbled { event } => {
                events[*event as usize].info(events)
            }
        }
    }
}

/// Something that is entered into the ledger.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Entry<P: Protocol> {
    Input(InputOf<P>),
    Output(OutputOf<P>),
    Crashed,
    Restarted,
}

/// The tables of one search.
pub(super) struct Roles<'q, P: Deceit> {
    pub(super) inquiry: &'q Inquiry<'q, P>,
    pub(super) seats: Numbered<Seat<P>>,
    pub(super) infos: Vec<Arc<SeatInfo>>,
    pub(super) events: Numbered<Event<P>>,
    pub(super) event_infos: Vec<EventInfo>,
    /// What is entered at once, in order; nothing first.
    pub(super) entries: Numbered<Vec<Entry<P>>>,
    pub(super) ledgers: Numbered<<P::Problem as Problem>::Ledger>,
    pub(super) margin: Margin,
    /// Whether disks are kept record by record.
    pub(super) keeps: bool,
    /// Whether runs can go on for ever.
    pub(super) circles: Circles,
    /// The requirements that ask for something that must come in the end.
    pub(super) owed: u64,
    /// Whether lots or coins decide where steps lead.
    pub(super) lots: bool,
    /// Which names may be exchanged.
    pub(super) mirrors: Mirrors,
    /// Which messages are past.
    pub(super) past: Past,
    /// Which beginnings are the same for a process.
    pub(super) parts: Parts,
    /// What processes can do with what is on its way to them, as far as workers found out.
    pub(super) locals: Locals,
    /// About how many bytes these take.
    pub(super) locals_bytes: u64,
}

impl<'q, P: Deceit> Roles<'q, P> {
    pub(super) fn new(inquiry: &'q Inquiry<'q, P>) -> Self {
        let mut entries = Numbered::default();
        entries.insert(Vec::new());
        Self {
            inquiry,
            seats: Numbered::default(),
            infos: Vec::new(),
            events: Numbered::default(),
            event_infos: Vec::new(),
            entries,
            ledgers: Numbered::default(),
            margin: Margin::new(false).flawed(inquiry.scope.flaw),
            keeps: inquiry.scope.forgetful || inquiry.scope.flips > 0,
            circles: Circles::default(),
            owed: 0,
            lots: false,
            mirrors: Mirrors::default(),
            past: Past::default(),
            parts: Parts::of(inquiry),
            locals: Locals::default(),
            locals_bytes: 0,
        }
    }

    pub(super) fn info_of(&self, seat: u32) -> Arc<SeatInfo> {
        Arc::clone(&self.infos[seat as usize])
    }

    pub(super) fn receiver(&self, event: u32) -> u16 {
        self.event_infos[event as usize].to
    }

    pub(super) fn event(&mut self, event: Event<P>) -> u32 {
        let (number, new) = self.events.insert_full(event);
        if new {
            self.event_infos.push(self.events[number].info(&self.events));
        }
        number as u32
    }

    /// What is asked of the process of a seat, in order, and how much of it comes first.
    pub(super) fn requests(&self, seat: &Seat<P>) -> &'q Agenda<InputOf<P>> {
        &self.inquiry.beginnings[usize::from(seat.beginning)].requests[seat.process.index()]
    }

    /// The number, in a run with this beginning, of what the process of a seat is asked next.
    pub(super) fn next_request(&self, seat: u32, beginning: usize) -> Option<u32> {
        let seat = &self.seats[seat as usize];
        let Body::Up(up) = &seat.body else { return None };
        let (_, all) = &self.inquiry.beginnings[beginning].requests[seat.process.index()];
        all.get(usize::from(up.kept.asked)).map(|(number, _)| *number)
    }

    pub(super) fn seat(&mut self, seat: Seat<P>) -> u32 {
        if let Some(number) = self.seats.get_index_of(&seat) {
            return number as u32;
        }
        let info = self.info(&seat);
        self.infos.push(Arc::new(info));
        self.seats.insert_full(seat).0 as u32
    }

    fn info(&mut self, seat: &Seat<P>) -> SeatInfo {
        let mut info = SeatInfo {
            standing: Standing::Down,
            timers: Box::default(),
            request: None,
            first: false,
            doomed: false,
            copy: false,
            spy: false,
            words: Box::default(),
            mishaps: Box::default(),
            round: 0,
        };
        let who = seat.process;
        match &seat.body {
            Body::Up(up) => {
                let (first, all) = self.requests(seat);
                let more = usize::from(up.kept.asked) < all.len();
                info.standing = Standing::Up;
                let beginning = &self.inquiry.beginnings[usize::from(seat.beginning)];
                info.copy = self.is_copy(seat);
                info.doomed = info.copy || beginning.doomed.contains(who);
                info.first = up.fresh && up.kept.asked < *first && !info.doomed;
                info.round = up.state.round();
                info.request = more.then(|| self.event(Event::Request { who }));
                let timer = |timer: &P::Timer| self.event(Event::Timer { who, timer: *timer });
                info.timers = up.timers.iter().map(timer).collect();
                if !info.copy {
                    info.mishaps = self.mishaps(who);
                }
                if self.inquiry.scope.copies == 0 && !P::SIGNED {
                    info.words = self.said_to(who, &up.state, seat.beginning);
                }
            }
            Body::Down(_) => {
                let restart = self.event(Event::Restart { who });
                info.mishaps = [(Mishap::Restart, restart)].into();
            }
            Body::Gone => {}
            Body::Traitor => info.standing = Standing::Traitor,
            Body::Spy(_) => {
                info.standing = Standing::Up;
                (info.spy, info.doomed) = (true, true);
            }
        }
        info
    }

    fn mishaps(&mut self, who: Process) -> Box<[(Mishap, u32)]> {
        let scope = &self.inquiry.scope;
        let mut all = Vec::new();
        if scope.crashes > 0 {
            all.push((Mishap::Crash, self.event(Event::Crash { who, for_good: false })));
            all.push((Mishap::CrashForGood, self.event(Event::Crash { who, for_good: true })));
        }
        if scope.flips > 0 {
            all.push((Mishap::Flip, self.event(Event::Flip { who })));
        }
        all.into()
    }

    pub(super) fn entries_of(&self, entry: u32) -> &[Entry<P>] {
        &self.entries[entry as usize]
    }

    pub(super) fn entry(&mut self, entries: Vec<Entry<P>>) -> u32 {
        self.entries.insert_full(entries).0 as u32
    }

    pub(super) fn ledger(&mut self, ledger: <P::Problem as Problem>::Ledger) -> u32 {
        self.ledgers.insert_full(ledger).0 as u32
    }

    pub(super) fn end(&self, case: Case) -> End {
        let set = |mask: u64| -> ProcessSet {
            self.inquiry.group.processes().filter(|p| mask >> p.0 & 1 == 1).collect()
        };
        End {
            group: self.inquiry.group,
            faulty: set(case.down | case.traitors),
            liars: set(case.traitors),
            settled: case.settled,
            deadline: u64::MAX,
            calm_from: 0,
            over_at: 0,
            lost: u64::from(case.lost),
        }
    }

    /// The seat of a process at the start of a run, and what booting makes it do.
    pub(super) fn first(&mut self, who: Process, beginning: u16) -> Vec<Landing> {
        let beginning = self.parts.of_beginning(who, beginning);
        let silent = match self.inquiry.named(beginning, who) {
            Some(name) => {
                let traitors = &self.inquiry.beginnings[usize::from(beginning)].traitors;
                traitors.contains(name) && self.inquiry.scope.copies == 0
            }
            None => true,
        };
        if silent {
            let body =
                if who.index() < self.inquiry.group.size() { self.mute() } else { Body::Traitor };
            let seat = self.seat(Seat { process: who, beginning, body });
            return vec![Landing { seat, ..Landing::default() }];
        }
        let kept = Kept { stable: P::Stable::default(), disk: Vec::new(), asked: 0 };
        self.booted(who, beginning, kept, true)
    }

    /// Where an event leads from a seat, each way once.
    pub(super) fn landed(&mut self, from: u32, number: u32) -> Vec<Landing> {
        let (seat, event) =
            (self.seats[from as usize].clone(), self.events[number as usize].clone());
        let mut landings: Vec<Landing> = Vec::new();
        for landing in self.lands(&seat, &event) {
            let same = |known: &Landing| {
                known.seat == landing.seat
                    && known.sends == landing.sends
                    && known.entry == landing.entry
                    && known.tosses == landing.tosses
                    && known.cited == landing.cited
            };
            match landings.iter_mut().find(|known| same(known)) {
                None => landings.push(landing),
                Some(known) => known.how.chance = either(known.how.chance, landing.how.chance),
            }
        }
        landings
    }

    /// Notes which steps can happen without end.
    pub(super) fn note_circles(&mut self, seat: u32, event: u32, landings: &[Landing]) {
        let happens = &self.events[event as usize];
        if !happens.is_unbounded() {
            return;
        }
        let timer = matches!(happens, Event::Timer { .. });
        self.lots |= landings.len() > 1;
        for landing in landings {
            self.circles.lands(seat, (event, timer), landing);
        }
    }

    /// The ledger after an entry of a process.
    pub(super) fn entered(&mut self, ledger: u32, process: u16, entry: u32) -> u32 {
        if entry == 0 {
            return ledger;
        }
        let (who, mut after) = (Process(process), self.ledgers[ledger as usize].clone());
        for entry in &self.entries[entry as usize] {
            match entry {
                Entry::Input(input) => after.observe(who, 0, Seen::Input(input)),
                Entry::Output(output) => after.observe(who, 0, Seen::Output(output)),
                Entry::Crashed => after.crashed(who, 0),
                Entry::Restarted => after.restarted(who, 0),
            }
        }
        self.ledger(after)
    }

    /// Which requirements are broken.
    pub(super) fn judged(&mut self, ledger: u32, case: Case) -> u64 {
        let ledger = &self.ledgers[ledger as usize];
        let broken = |settled: bool| self.breaks(ledger, Case { settled, ..case });
        let (now, in_the_end) = (broken(false), broken(true));
        self.owed |= now ^ in_the_end;
        if case.settled { in_the_end } else { now }
    }

    /// Which requirements a ledger breaks.
    pub(super) fn breaks(&self, ledger: &<P::Problem as Problem>::Ledger, case: Case) -> u64 {
        let end = self.end(case);
        let requirements = self.inquiry.requirements.iter().enumerate();
        let broken = requirements.filter(|(_, one)| (one.judge)(ledger, &end).is_err());
        broken.fold(0u64, |set, (at, _)| set | 1 << at)
    }
}
