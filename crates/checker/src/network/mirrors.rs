//! What exchanges of names make of numbered things.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quorate_kernel::{Deceit, InputOf, Process, ProcessSet, Renamed, Renaming, Value, engine};
use rustc_hash::{FxHashMap, FxHashSet};

use super::roles::{Body, Entry, Event, Kept, Roles, Seat};
use super::scope::Beginning;
use super::symmetry::{PROCESSES_MAX, Swap, Symmetry};
use super::tables::{Case, Image, Landing, SeatInfo, Thing};

/// A number that is not known yet.
pub(crate) const UNKNOWN: u32 = u32::MAX;

/// Something that must agree with its images.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Ask {
    Step { seat: u32, event: u32 },
    Entry { ledger: u32, process: u16, entry: u32 },
    Judgment { ledger: u32, case: Case },
}

/// The exchanges in use, and where they lead.
pub(super) struct Mirrors {
    pub(super) symmetry: Symmetry,
    swaps: Vec<Swap>,
    renamings: Vec<Renaming>,
    /// By exchange, the beginning that each beginning becomes.
    pub(super) beginnings: Vec<Vec<u16>>,
    /// Which exchanges make something else of anything.
    moves: Vec<bool>,
    /// Which exchanges have failed.
    pub(super) failed: Vec<bool>,
    /// By kind of thing, number and exchange, the number that it becomes.
    images: [Vec<u32>; 3],
    places: [Places; 3],
    entries: FxHashMap<(u32, usize), u32>,
    /// What all exchanges are known for.
    is_known: [FxHashSet<u32>; 3],
    /// The same, in the order in which this became known.
    known: Vec<(Thing, u32)>,
    /// The landings of the steps that are being compared.
    pub(super) landings: FxHashMap<(u32, u32), Arc<[Landing]>>,
    asked: FxHashSet<Ask>,
    pub(super) pending: Vec<Ask>,
    /// Exchanges that failed in this search or an earlier one.
    refused: FxHashSet<Swap>,
    /// Whether one failed in this search, so that it must begin again.
    pub(super) lapsed: Arc<AtomicBool>,
}

/// The places that processes have in things of one kind, up to permutations of processes: sets of
/// pairs of a number and a process that are united when an exchange maps one to the other.
#[derive(Default)]
struct Places {
    above: Vec<u32>,
}

impl Places {
    fn root(&mut self, mut at: u32) -> u32 {
        for new in self.above.len()..=at as usize {
            self.above.push(new as u32);
        }
        while self.above[at as usize] != at {
            let next = self.above[at as usize];
            self.above[at as usize] = self.above[next as usize];
            at = next;
        }
        at
    }

    fn unite(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.above[a.max(b) as usize] = a.min(b);
    }
}

impl Default for Mirrors {
    fn default() -> Self {
        Self {
            symmetry: Symmetry::default(),
            swaps: Vec::new(),
            renamings: Vec::new(),
            beginnings: Vec::new(),
            moves: Vec::new(),
            failed: Vec::new(),
            images: Default::default(),
            places: Default::default(),
            entries: FxHashMap::default(),
            is_known: Default::default(),
            known: Vec::new(),
            landings: FxHashMap::default(),
            asked: FxHashSet::default(),
            pending: Vec::new(),
            refused: FxHashSet::default(),
            lapsed: Arc::new(AtomicBool::new(false)),
        }
    }
}

impl Mirrors {
    pub(super) fn in_use(&self) -> impl Iterator<Item = usize> + use<> {
        let failed = self.failed.clone();
        (0..failed.len()).filter(move |swap| !failed[*swap])
    }

    pub(super) fn refuse(&mut self, swap: usize) {
        self.failed[swap] = true;
        self.refused.insert(self.swaps[swap]);
        self.lapsed.store(true, Ordering::Relaxed);
    }

    /// The symmetry in use, without values that nothing names.
    pub(super) fn in_effect(&self) -> Symmetry {
        let Symmetry { processes, values } = &self.symmetry;
        let mut first = processes.iter().map(|set| set.len() - 1).sum();
        let moves = |set: &&Vec<Value>| {
            let from = first;
            first += set.len() - 1;
            self.moves[from..first].contains(&true)
        };
        Symmetry {
            processes: processes.clone(),
            values: values.iter().filter(moves).cloned().collect(),
        }
    }

    fn known_image(&self, thing: Thing, number: u32, swap: usize) -> u32 {
        let at = number as usize * self.swaps.len() + swap;
        self.images[thing as usize].get(at).copied().unwrap_or(UNKNOWN)
    }

    /// Enters an image; the exchange must be its own inverse.
    fn enter(&mut self, thing: Thing, number: u32, swap: usize, image: u32) {
        let at = number as usize * self.swaps.len() + swap;
        let images = &mut self.images[thing as usize];
        if images.len() <= at {
            images.resize((number as usize + 1) * self.swaps.len(), UNKNOWN);
        }
        images[at] = image;
        self.moves[swap] |= image != number;
        let back = self.known_image(thing, image, swap);
        if back != UNKNOWN && back != number {
            self.refuse(swap);
        }
    }

    pub(super) fn ask(&mut self, ask: Ask) {
        if self.asked.insert(ask) {
            self.pending.push(ask);
        }
    }

    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> u64 {
        let images: usize = self.images.iter().map(Vec::capacity).sum();
        let places: usize = self.places.iter().map(|places| places.above.capacity()).sum();
        let asked = self.asked.capacity() * (size_of::<Ask>() + 1);
        let entries = self.entries.capacity() * 24;
        ((images + places) * 4 + asked + entries + self.known.capacity() * 16) as u64
    }

    pub(super) fn swapped(&self, swap: usize, process: u16) -> u16 {
        self.renamings[swap].process(Process(process)).0
    }

    pub(super) fn swapped_set(&self, swap: usize, set: u64) -> u64 {
        let members = (0..64u16).filter(|at| set >> at & 1 == 1);
        members.fold(0, |all, at| all | 1 << self.swapped(swap, at))
    }
}

/// What two beginnings must have in common to be the same question.
type Key<I> = (ProcessSet, ProcessSet, Vec<(u16, Vec<I>)>);

fn key<I: Clone>(beginning: &Beginning<I>, copies: u8) -> Key<I> {
    let requests = beginning.requests.iter().enumerate().map(|(at, (first, all))| {
        // Nobody asks a traitor that says its words.
        match copies == 0 && beginning.traitors.contains(Process(at as u16)) {
            true => (0, Vec::new()),
            false => (*first, all.iter().map(|(_, input)| input.clone()).collect()),
        }
    });
    (beginning.traitors.clone(), beginning.doomed.clone(), requests.collect())
}

fn renamed<I: Renamed + Clone>(key: &Key<I>, by: &Renaming) -> Key<I> {
    let mut new = key.clone();
    new.0.rename(by);
    new.1.rename(by);
    by.by_process(&mut new.2);
    new
}

impl<P: Deceit> Roles<'_, P> {
    /// Finds the exchanges of names that the question admits, without those that were refused:
    /// before a search, and again after one that lapsed.
    pub(super) fn find_symmetry(&mut self) {
        let inquiry = self.inquiry;
        let n = inquiry.group.n;
        let refused = std::mem::take(&mut self.mirrors).refused;
        // Who was overtaken is counted by number, which an exchange does not map.
        let counted = inquiry.scope.calm && inquiry.scope.pace.is_some();
        let large = inquiry.seats() > usize::from(PROCESSES_MAX);
        // What traitors can say by what they have heard is not compared with its images.
        let spied = P::SIGNED
            && inquiry.scope.copies == 0
            && inquiry.beginnings.iter().any(|one| !one.traitors.is_empty());
        if !inquiry.scope.symmetry || counted || spied || large {
            return;
        }
        let keys: Vec<Key<InputOf<P>>> =
            inquiry.beginnings.iter().map(|one| key(one, inquiry.scope.copies)).collect();
        let by_key = keys.iter().zip(0u16..).collect::<FxHashMap<_, _>>();
        let domain = P::domain(inquiry.config);
        let renaming = |swap: Swap| {
            let mut processes: Vec<Process> = inquiry.group.processes().collect();
            let mut values: Vec<Value> = domain.values().collect();
            match swap {
                Swap::Processes(a, b) => processes.swap(a.into(), b.into()),
                Swap::Values(a, b) => values.swap(a.into(), b.into()),
            }
            engine::renaming(processes, values)
        };
        let beginnings = |swap: Swap| -> Option<Vec<u16>> {
            let by = renaming(swap);
            keys.iter().map(|key| by_key.get(&renamed(key, &by)).copied()).collect()
        };
        let may = |swap: Swap| !refused.contains(&swap) && beginnings(swap).is_some();
        let symmetry = Symmetry::of(n, domain.size, may);
        let swaps = symmetry.swaps();
        self.mirrors = Mirrors {
            renamings: swaps.iter().map(|swap| renaming(*swap)).collect(),
            beginnings: swaps.iter().filter_map(|swap| beginnings(*swap)).collect(),
            moves: vec![false; swaps.len()],
            failed: vec![false; swaps.len()],
            symmetry,
            swaps,
            refused,
            ..Mirrors::default()
        };
    }

    /// Whether an exchange of names failed since the symmetry was found.
    pub(super) fn has_lapsed(&self) -> bool {
        self.mirrors.lapsed.load(Ordering::Relaxed)
    }

    /// Whether exchanges of names are in use.
    pub(super) fn is_mirrored(&self) -> bool {
        !self.mirrors.swaps.is_empty()
    }

    /// What an exchange makes of a thing; if there is nothing like that, it fails.
    pub(super) fn image(&mut self, thing: Thing, number: u32, swap: usize) -> u32 {
        let known = self.mirrors.known_image(thing, number, swap);
        if known != UNKNOWN {
            return known;
        }
        if self.mirrors.failed[swap] {
            return number;
        }
        let image = match thing {
            Thing::Seat => self.seat_image(number, swap),
            Thing::Event => Some(self.event_image(number, swap)),
            Thing::Ledger => {
                let mut ledger = self.ledgers[number as usize].clone();
                ledger.rename(&self.mirrors.renamings[swap]);
                self.ledgers.get_index_of(&ledger).map(|at| at as u32)
            }
        };
        let Some(image) = image else {
            self.mirrors.refuse(swap);
            return number;
        };
        self.mirrors.enter(thing, number, swap, image);
        if thing == Thing::Seat && !self.infos_agree(number, image, swap) {
            self.mirrors.refuse(swap);
        }
        image
    }

    fn seat_image(&self, number: u32, swap: usize) -> Option<u32> {
        let by = &self.mirrors.renamings[swap];
        let mut seat: Seat<P> = self.seats[number as usize].clone();
        seat.process.rename(by);
        let beginning = self.mirrors.beginnings[swap][usize::from(seat.beginning)];
        seat.beginning = self.parts.of_beginning(seat.process, beginning);
        match &mut seat.body {
            Body::Up(up) => {
                up.state.rename(by);
                up.timers.rename(by);
                rename_kept(&mut up.kept, by);
            }
            Body::Down(kept) => rename_kept(kept, by),
            Body::Gone | Body::Traitor | Body::Spy(_) => {}
        }
        self.seats.get_index_of(&seat).map(|at| at as u32)
    }

    fn event_image(&mut self, number: u32, swap: usize) -> u32 {
        let mut event: Event<P> = self.events[number as usize].clone();
        let by = &self.mirrors.renamings[swap];
        match &mut event {
            Event::Message { from, to, message } => {
                from.rename(by);
                to.rename(by);
                message.rename(by);
            }
            Event::Timer { who, timer } => {
                who.rename(by);
                timer.rename(by);
            }
            Event::Request { who }
            | Event::Crash { who, .. }
            | Event::Restart { who }
            | Event::Flip { who } => who.rename(by),
            Event::Cut { event, .. } | Event::Garbled { event } => {
                *event = self.image(Thing::Event, *event, swap);
            }
        }
        self.event(event)
    }

    pub(super) fn entry_image(&mut self, number: u32, swap: usize) -> u32 {
        if let Some(known) = self.mirrors.entries.get(&(number, swap)) {
            return *known;
        }
        let mut entries = self.entries[number as usize].clone();
        let by = &self.mirrors.renamings[swap];
        for entry in &mut entries {
            match entry {
                Entry::Input(input) => input.rename(by),
                Entry::Output(output) => output.rename(by),
                Entry::Crashed | Entry::Restarted => {}
            }
        }
        let image = self.entry(entries);
        self.mirrors.entries.insert((number, swap), image);
        image
    }

    /// Whether what can happen to a process is the same, but for names.
    fn infos_agree(&mut self, seat: u32, image: u32, swap: usize) -> bool {
        let (one, other) = (self.info_of(seat), self.info_of(image));
        let events = |roles: &mut Self, events: &[u32]| {
            let mut all: Vec<u32> =
                events.iter().map(|event| roles.image(Thing::Event, *event, swap)).collect();
            all.sort_unstable();
            all
        };
        let sorted = |events: &[u32]| {
            let mut all = events.to_vec();
            all.sort_unstable();
            all
        };
        let plain = |info: &SeatInfo| (info.standing, info.first, info.doomed, info.round);
        let mishaps = one.mishaps.iter().zip(&other.mishaps).all(|(one, other)| {
            one.0 == other.0 && self.image(Thing::Event, one.1, swap) == other.1
        });
        let request = one.request.map(|event| self.image(Thing::Event, event, swap));
        plain(&one) == plain(&other)
            && mishaps
            && one.mishaps.len() == other.mishaps.len()
            && request == other.request
            && events(self, &one.timers) == sorted(&other.timers)
            && events(self, &one.words) == sorted(&other.words)
    }

    /// Makes known what every exchange makes of a thing.
    pub(super) fn make_known(&mut self, thing: Thing, number: u32) {
        if !self.mirrors.is_known[thing as usize].insert(number) {
            return;
        }
        let width = self.mirrors.swaps.len();
        let n = self.inquiry.seats() as u32;
        for swap in 0..width {
            let image = self.image(thing, number, swap);
            self.mirrors.enter(thing, number, swap, image);
            if matches!(self.mirrors.swaps[swap], Swap::Processes(..)) {
                for p in 0..n {
                    let other = u32::from(self.mirrors.swapped(swap, p as u16));
                    let places = &mut self.mirrors.places[thing as usize];
                    places.unite(number * n + p, image * n + other);
                }
            }
        }
        self.mirrors.known.push((thing, number));
    }

    /// What became known after so much.
    pub(super) fn images_from(&mut self, from: usize) -> Vec<Image> {
        let n = self.inquiry.seats() as u32;
        let width = self.mirrors.swaps.len();
        let mut all = Vec::new();
        for at in from..self.mirrors.known.len() {
            let (thing, number) = self.mirrors.known[at];
            let first = number as usize * width;
            let images = self.mirrors.images[thing as usize][first..first + width].into();
            let places = &mut self.mirrors.places[thing as usize];
            let places = (0..n).map(|p| places.root(number * n + p)).collect();
            all.push(Image { thing, number, images, places });
        }
        all
    }
}

fn rename_kept<P: Deceit>(kept: &mut Kept<P>, by: &Renaming) {
    kept.stable.rename(by);
    kept.disk.rename(by);
}
