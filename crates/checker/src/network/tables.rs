//! Local states and events by number, and what each worker knows of them.
//!
//! A handler is a function of local state, event, and answers; so each pair of a seat and an event
//! is run once, and after that a step of the system is a look into a table. Numbers are given out
//! by one [`Source`], which alone knows the protocol's types; workers keep copies.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use super::collapse::Local;
use super::logged::Asked;
use super::print::{Part, Print, mix};
use super::search::Root;
pub(crate) use super::seats::{SeatInfo, Standing, traits};

/// Marks a message on its way that need not arrive.
pub(crate) const WEAK: u32 = 1 << 31;

/// What can happen to a process besides what is asked, arrives and goes off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mishap {
    Crash,
    /// A crash after which no restart is left.
    CrashForGood,
    Restart,
    Flip,
}

/// Who an event happens to; for a message, also from whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventInfo {
    pub(crate) from: u16,
    pub(crate) to: u16,
}

/// Where an event leads from a local state.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Landing {
    pub(crate) seat: u32,
    /// The messages that are sent, as events.
    pub(crate) sends: Box<[u32]>,
    /// What is entered into the ledger; 0 if nothing is.
    pub(crate) entry: u32,
    /// The tosses of the common coin that it needs to have fallen so.
    pub(crate) tosses: Box<[(u64, bool)]>,
    /// The rules that fired.
    pub(crate) cited: u64,
    /// Whether the process crashed in this step.
    pub(crate) crashed: bool,
    /// Whether nothing changed but what the process remembers.
    pub(crate) silent: bool,
    /// What makes this very step again.
    pub(crate) how: Box<How>,
}

/// What was left open in a step, and how it went.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct How {
    /// The lots drawn, in order.
    pub(crate) lots: Vec<u32>,
    /// How likely lots that lead here are, coins apart, as a fraction; 0 of 0 if that is not known.
    pub(crate) chance: (u64, u64),
    /// Which bit flipped, and in which record if it was on a disk.
    pub(crate) bit: Option<(Option<u32>, u32)>,
    /// Where a crash cut it short.
    pub(crate) cut: Option<Cut>,
    /// How many records a disk forgot.
    pub(crate) forgotten: u32,
    /// The timers that were set, as events, in order.
    pub(crate) sets: Vec<u32>,
}

/// A crash within a step that goes on in steps of its own, one for each message to itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cut {
    /// How many of these were done that store or send anything.
    pub(crate) passed: u32,
    /// How many records of the next were stored.
    pub(crate) stored: u32,
    /// Who got its messages.
    pub(crate) reached: u64,
}

impl Landing {
    /// Whether it changes nothing at a process in this seat, and sends nothing.
    #[inline]
    pub(crate) fn is_still(&self, seat: u32) -> bool {
        self.seat == seat && self.sends.is_empty() && self.entry == 0
    }

    /// The print of the messages that are sent, if each is one of a multiset.
    fn print(&self, mark: u32) -> Print {
        let prints = self.sends.iter().map(|event| mix(Part::Message, u64::from(event | mark)));
        prints.fold(0, Print::wrapping_add)
    }
}

/// What is numbered and bears names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Thing {
    Seat,
    Event,
    Ledger,
}

/// What the exchanges of names in use make of a thing, and the places that processes have in it:
/// numbers that an exchange of processes takes along.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) thing: Thing,
    pub(crate) number: u32,
    pub(crate) images: Box<[u32]>,
    pub(crate) places: Box<[u32]>,
}

/// Numbers states, events and ledgers, and runs what is not known yet.
pub(crate) trait Source: Send {
    /// What is known of the seats from this number on.
    fn seats(&self, from: usize) -> &[Arc<SeatInfo>];
    /// What is known of the events from this number on.
    fn events(&self, from: usize) -> &[EventInfo];
    /// The states that runs begin with, by beginning.
    fn roots(&mut self) -> Vec<Root>;
    /// Where an event leads from a seat.
    fn land(&mut self, seat: u32, event: u32) -> Vec<Landing>;
    /// Whether messages that are past are dropped.
    fn drops(&self) -> bool;
    /// Whether a message can change nothing in a seat or after it.
    fn is_past(&mut self, seat: u32, event: u32) -> bool;
    /// What some worker found that a process can do.
    fn local(&self, key: &[u32]) -> Option<Arc<Local>> {
        let _ = key;
        None
    }
    /// Keeps that for the others.
    fn keep_local(&mut self, key: &[u32], local: &Arc<Local>) {
        let _ = (key, local);
    }
    /// The event that the same step is cut short by a crash, after which a restart is left or not.
    fn cut(&mut self, event: u32, for_good: bool) -> u32;
    /// What can be said to the process of the first seat by traitors who know what those of the
    /// others have heard, as messages.
    fn signed_words(&mut self, seats: &[u32]) -> Box<[u32]>;
    /// The event that a bit of a message flips on arrival.
    fn garbled(&mut self, event: u32) -> u32;
    /// The ledger after an entry of a process.
    fn enter(&mut self, ledger: u32, process: u16, entry: u32) -> u32;
    /// Who has not decided: bit p stands for process p.
    fn undecided(&self, ledger: u32) -> u64;
    /// Which requirements are broken: bit k stands for the k-th.
    fn judge(&mut self, ledger: u32, case: Case) -> u64;
    /// What became known of images, after so much.
    fn images(&mut self, from: usize) -> Vec<Image>;
    /// The lowest round but 0 in a seat or an event.
    fn lowest(&mut self, thing: Thing, number: u32) -> Option<u32>;
    /// The same seat or event with every round lower by so much, or higher if negative.
    fn lowered(&mut self, thing: Thing, number: u32, by: i64) -> u32;
    /// What was asked so far, if that is kept.
    fn log(&self) -> &[Asked] {
        &[]
    }
    /// About how many bytes the tables take.
    fn bytes(&self) -> u64;
}

/// What a judge has to know besides the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Case {
    /// Who is down.
    pub(crate) down: u64,
    /// Who is a traitor.
    pub(crate) traitors: u64,
    /// Whether all that is owed must be there.
    pub(crate) settled: bool,
    /// How many messages between correct processes never arrived.
    pub(crate) lost: u32,
}

/// A landing as a worker has it, with the prints of its messages.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) landing: Landing,
    /// By how much the print changes with the seat.
    pub(crate) turn: Print,
    pub(crate) strong: Print,
    pub(crate) weak: Print,
    /// Whether nobody crashes in it and no coin is tossed.
    pub(crate) plain: bool,
    /// Where the ledgers after what it enters are.
    column: u32,
    /// Whether it changes nothing.
    pub(crate) still: bool,
    /// When it was taken, if it was.
    pub(crate) taken: u8,
}

/// How many of the landings are found without a look into the map.
const RECENT: usize = 1 << 13;

/// How many ledgers a column has at most.
const COLUMN: usize = 1 << 14;
/// A ledger that is not known.
const UNKNOWN: u32 = u32::MAX;

/// A worker's copy of the tables.
pub(crate) struct Tables<'s> {
    source: &'s Mutex<dyn Source + 's>,
    pub(crate) seats: Vec<Arc<SeatInfo>>,
    traits: Vec<u16>,
    pub(crate) events: Vec<EventInfo>,
    pub(crate) known: Vec<Known>,
    landings: FxHashMap<u64, (u32, u32)>,
    /// Those met last, by some bits of their keys; a key counts from 1.
    recent: Vec<(u64, (u32, u32))>,
    cuts: FxHashMap<(u32, bool), u32>,
    garbled: FxHashMap<u32, u32>,
    signed: FxHashMap<Vec<u32>, Box<[u32]>>,
    ledgers: FxHashMap<(u32, u16, u32), u32>,
    /// For each entry of a process, the ledgers after it, by those before: the first ones.
    columns: Vec<Vec<u32>>,
    column_of: FxHashMap<(u16, u32), u32>,
    judged: FxHashMap<(u32, Case), u64>,
    past: FxHashMap<u64, bool>,
}

impl<'s> Tables<'s> {
    pub(crate) fn new(source: &'s Mutex<dyn Source + 's>) -> Self {
        let mut new = Self {
            source,
            seats: Vec::new(),
            traits: Vec::new(),
            events: Vec::new(),
            known: Vec::new(),
            landings: FxHashMap::default(),
            recent: vec![(0, (0, 0)); RECENT],
            cuts: FxHashMap::default(),
            garbled: FxHashMap::default(),
            signed: FxHashMap::default(),
            ledgers: FxHashMap::default(),
            columns: Vec::new(),
            column_of: FxHashMap::default(),
            judged: FxHashMap::default(),
            past: FxHashMap::default(),
        };
        new.catch_up();
        new
    }

    /// Whoever numbers, for a question that workers keep no copies of.
    pub(crate) fn source(&self) -> MutexGuard<'s, dyn Source + 's> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Copies what others have numbered since.
    #[cold]
    pub(crate) fn catch_up(&mut self) {
        let source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let new = source.seats(self.seats.len());
        self.traits.extend(new.iter().map(|info| info.traits()));
        self.seats.extend_from_slice(new);
        self.events.extend_from_slice(source.events(self.events.len()));
    }

    /// What is known of a seat.
    #[inline]
    pub(crate) fn seat(&mut self, seat: u32) -> &SeatInfo {
        if seat as usize >= self.seats.len() {
            self.catch_up();
        }
        &self.seats[seat as usize]
    }

    /// What a seat is like.
    #[inline]
    pub(crate) fn traits(&mut self, seat: u32) -> u16 {
        if seat as usize >= self.traits.len() {
            self.catch_up();
        }
        self.traits[seat as usize]
    }

    /// Whom an event concerns.
    #[inline]
    pub(crate) fn event(&mut self, event: u32) -> EventInfo {
        let event = (event & !WEAK) as usize;
        if event >= self.events.len() {
            self.catch_up();
        }
        self.events[event]
    }

    /// Where an event leads from a seat: a range of [`Tables::known`].
    #[inline(always)]
    pub(crate) fn land(&mut self, seat: u32, event: u32) -> (u32, u32) {
        let key = u64::from(seat) << 32 | u64::from(event);
        let place = (seat.wrapping_mul(0x9e37_79b1) >> 13 ^ event) as usize % RECENT;
        let (known, range) = self.recent[place];
        if known == key + 1 {
            return range;
        }
        self.look_up((key, place), seat, event)
    }

    #[inline(never)]
    fn look_up(&mut self, (key, place): (u64, usize), seat: u32, event: u32) -> (u32, u32) {
        let range = self.landings.get(&key).copied();
        let range = range.unwrap_or_else(|| self.ask(key, seat, event));
        self.recent[place] = (key + 1, range);
        range
    }

    #[cold]
    fn ask(&mut self, key: u64, seat: u32, event: u32) -> (u32, u32) {
        let landings = {
            let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
            source.land(seat, event)
        };
        self.catch_up();
        let from = self.known.len() as u32;
        let process = self.event(event).to;
        for landing in landings {
            let (strong, weak) = (landing.print(0), landing.print(WEAK));
            let seat_print = |seat: u32| mix(Part::Seat, u64::from(seat));
            let turn = seat_print(landing.seat).wrapping_sub(seat_print(seat));
            let plain = !landing.crashed && landing.tosses.is_empty();
            let still = landing.is_still(seat);
            let column = self.column(process, landing.entry);
            self.known.push(Known { landing, turn, strong, weak, plain, still, column, taken: 0 });
        }
        let range = (from, self.known.len() as u32);
        self.landings.insert(key, range);
        range
    }

    /// Whether a message can change nothing in a seat or after it.
    #[inline]
    pub(crate) fn is_past(&mut self, seat: u32, event: u32) -> bool {
        let (source, event) = (self.source, event & !WEAK);
        *self.past.entry(u64::from(seat) << 32 | u64::from(event)).or_insert_with(|| {
            source.lock().unwrap_or_else(PoisonError::into_inner).is_past(seat, event)
        })
    }

    /// What another worker found that a process can do with what is on its way to it.
    pub(crate) fn local(&self, key: &[u32]) -> Option<Arc<Local>> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner).local(key)
    }

    /// Tells other workers what a process can do.
    pub(crate) fn keep_local(&self, key: &[u32], local: &Arc<Local>) {
        self.source.lock().unwrap_or_else(PoisonError::into_inner).keep_local(key, local);
    }

    /// The local steps that are known: seat, event, and where it leads.
    pub(crate) fn landed(&self) -> impl Iterator<Item = (u32, u32, &Known)> {
        self.landings.iter().flat_map(|(key, (from, to))| {
            let known = self.known[*from as usize..*to as usize].iter();
            known.map(|known| ((*key >> 32) as u32, *key as u32, known))
        })
    }

    /// What was judged.
    pub(crate) fn judged_cases(&self) -> impl Iterator<Item = (u32, Case)> {
        self.judged.keys().copied()
    }

    /// The same step, cut short by a crash.
    pub(crate) fn cut(&mut self, event: u32, for_good: bool) -> u32 {
        let source = self.source;
        *self.cuts.entry((event, for_good)).or_insert_with(|| {
            source.lock().unwrap_or_else(PoisonError::into_inner).cut(event, for_good)
        })
    }

    /// What traitors can say to the first of some seats who know what the others have heard.
    pub(crate) fn signed_words(&mut self, seats: Vec<u32>) -> Box<[u32]> {
        if let Some(known) = self.signed.get(&seats) {
            return known.clone();
        }
        let words = self.source().signed_words(&seats);
        self.signed.insert(seats, words.clone());
        words
    }

    /// The same message, with a bit that flips.
    pub(crate) fn garbled(&mut self, event: u32) -> u32 {
        let source = self.source;
        *self
            .garbled
            .entry(event)
            .or_insert_with(|| source.lock().unwrap_or_else(PoisonError::into_inner).garbled(event))
    }

    /// The ledger after an entry of a process.
    #[inline]
    pub(crate) fn enter(&mut self, ledger: u32, process: u16, entry: u32) -> u32 {
        if entry == 0 {
            return ledger;
        }
        let source = self.source;
        *self.ledgers.entry((ledger, process, entry)).or_insert_with(|| {
            source.lock().unwrap_or_else(PoisonError::into_inner).enter(ledger, process, entry)
        })
    }

    /// The ledger after what a landing enters.
    #[inline]
    pub(crate) fn enter_of(&mut self, ledger: u32, process: u16, known: usize) -> u32 {
        let Known { landing: Landing { entry, .. }, column, .. } = &self.known[known];
        let (entry, column) = (*entry, *column as usize);
        match self.columns[column].get(ledger as usize) {
            Some(after) if *after != UNKNOWN => *after,
            _ => self.enter_in(column, ledger, process, entry),
        }
    }

    #[inline(never)]
    fn enter_in(&mut self, column: usize, ledger: u32, process: u16, entry: u32) -> u32 {
        let after = self.enter(ledger, process, entry);
        let (column, place) = (&mut self.columns[column], ledger as usize);
        if place < COLUMN {
            column.resize(column.len().max(place + 1), UNKNOWN);
            column[place] = after;
        }
        after
    }

    /// The column of an entry of a process.
    fn column(&mut self, process: u16, entry: u32) -> u32 {
        let next = self.columns.len() as u32;
        let column = *self.column_of.entry((process, entry)).or_insert(next);
        if column == next {
            self.columns.push(Vec::new());
        }
        column
    }

    /// Which requirements are broken.
    #[inline]
    pub(crate) fn judge(&mut self, ledger: u32, case: Case) -> u64 {
        let source = self.source;
        *self.judged.entry((ledger, case)).or_insert_with(|| {
            source.lock().unwrap_or_else(PoisonError::into_inner).judge(ledger, case)
        })
    }

    /// What became known of images, after so much.
    pub(crate) fn images(&self, from: usize) -> Vec<Image> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner).images(from)
    }

    /// About how many bytes the tables of the source take.
    pub(crate) fn bytes(&self) -> u64 {
        self.source.lock().unwrap_or_else(PoisonError::into_inner).bytes()
    }
}
