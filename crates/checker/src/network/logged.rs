//! What was asked of a source, in order: asked the same again, it gives out the same numbers.
//!
//! Numbers are given out as things are met, so that a number means nothing without the questions
//! before it. A search that is to go on later keeps these, which is less than the things themselves
//! and needs no protocol to know how its states are written down.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use quorate_kernel::Deceit;

use super::print::scramble;
use super::roles::Roles;
use super::search::Root;
use super::symmetry::Symmetry;
use super::tables::{Case, EventInfo, Image, Landing, SeatInfo, Source, Thing};

/// A question whose answer may give out numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Call {
    /// Which names may be exchanged, as far as is known, and where runs begin.
    Begin,
    Land(u32, u32),
    Cut(u32, bool),
    Garbled(u32),
    Enter(u32, u16, u32),
    Judge(u32, Case),
    Past(u32, u32),
    /// One of the seats, in order, from which the next [`Call::Words`] is asked.
    From(u32),
    Words,
}

/// A question, and what stands for its answer.
pub(crate) type Asked = (Call, u64);

/// The tables of one search, with what was asked of them.
pub(super) struct Logged<'q, P: Deceit> {
    pub(super) roles: Roles<'q, P>,
    /// The states that runs begin with.
    pub(super) begun: Vec<Root>,
    log: Option<Vec<Asked>>,
    /// The seats from which words are asked next.
    from: Vec<u32>,
}

impl<'q, P: Deceit> Logged<'q, P> {
    pub(super) fn new(roles: Roles<'q, P>, keeps: bool) -> Self {
        Self { roles, begun: Vec::new(), log: keeps.then(Vec::new), from: Vec::new() }
    }

    /// Finds which names may be exchanged, and where runs begin; false if that has to be done
    /// again.
    pub(super) fn begin(&mut self) -> bool {
        self.ask(Call::Begin);
        !self.roles.has_lapsed()
    }

    /// Asks everything again; false if an answer is another.
    pub(super) fn replay(&mut self, log: &[Asked]) -> bool {
        log.iter().all(|(call, answer)| self.ask(*call) == *answer)
    }

    pub(super) fn symmetry(&self) -> (Symmetry, Arc<AtomicBool>) {
        let mirrors = &self.roles.mirrors;
        (mirrors.symmetry.clone(), Arc::clone(&mirrors.lapsed))
    }

    fn ask(&mut self, call: Call) -> u64 {
        match call {
            Call::Begin => {
                self.roles.find_symmetry();
                self.begun = self.roles.roots();
                let words = self.begun.iter().flat_map(|root| root.words.iter());
                let answer = digest(words.map(|word| u64::from(*word)));
                self.note(call, answer)
            }
            Call::Land(seat, event) => digest_of(&self.land(seat, event)),
            Call::Cut(event, for_good) => self.cut(event, for_good).into(),
            Call::Garbled(event) => self.garbled(event).into(),
            Call::Enter(ledger, process, entry) => self.enter(ledger, process, entry).into(),
            Call::Judge(ledger, case) => self.judge(ledger, case),
            Call::Past(seat, event) => self.is_past(seat, event).into(),
            Call::From(seat) => {
                self.from.push(seat);
                0
            }
            Call::Words => {
                let seats = std::mem::take(&mut self.from);
                digest(self.signed_words(&seats).iter().map(|word| u64::from(*word)))
            }
        }
    }

    fn note(&mut self, call: Call, answer: u64) -> u64 {
        if let Some(log) = &mut self.log {
            log.push((call, answer));
        }
        answer
    }
}

fn digest(words: impl Iterator<Item = u64>) -> u64 {
    words.fold(0, |sum, word| scramble(sum ^ scramble(word.wrapping_add(1))))
}

fn digest_of(landings: &[Landing]) -> u64 {
    digest(landings.iter().flat_map(|landing| {
        let head = [landing.seat.into(), landing.entry.into(), landing.cited];
        head.into_iter().chain(landing.sends.iter().map(|event| u64::from(*event)))
    }))
}

impl<P: Deceit> Source for Logged<'_, P> {
    fn seats(&self, from: usize) -> &[Arc<SeatInfo>] {
        self.roles.seats(from)
    }

    fn events(&self, from: usize) -> &[EventInfo] {
        self.roles.events(from)
    }

    fn roots(&mut self) -> Vec<Root> {
        self.begun.clone()
    }

    fn land(&mut self, seat: u32, event: u32) -> Vec<Landing> {
        let landings = self.roles.land(seat, event);
        if self.log.is_some() {
            self.note(Call::Land(seat, event), digest_of(&landings));
        }
        landings
    }

    fn cut(&mut self, event: u32, for_good: bool) -> u32 {
        let cut = self.roles.cut(event, for_good);
        self.note(Call::Cut(event, for_good), cut.into());
        cut
    }

    fn garbled(&mut self, event: u32) -> u32 {
        let garbled = self.roles.garbled(event);
        self.note(Call::Garbled(event), garbled.into());
        garbled
    }

    fn enter(&mut self, ledger: u32, process: u16, entry: u32) -> u32 {
        let after = self.roles.enter(ledger, process, entry);
        self.note(Call::Enter(ledger, process, entry), after.into());
        after
    }

    fn judge(&mut self, ledger: u32, case: Case) -> u64 {
        let broken = self.roles.judge(ledger, case);
        self.note(Call::Judge(ledger, case), broken)
    }

    fn drops(&self) -> bool {
        self.roles.drops()
    }

    fn is_past(&mut self, seat: u32, event: u32) -> bool {
        let past = self.roles.is_past(seat, event);
        self.note(Call::Past(seat, event), past.into());
        past
    }

    fn signed_words(&mut self, seats: &[u32]) -> Box<[u32]> {
        let words = self.roles.signed_words(seats);
        for seat in seats {
            self.note(Call::From(*seat), 0);
        }
        self.note(Call::Words, digest(words.iter().map(|word| u64::from(*word))));
        words
    }

    fn undecided(&self, ledger: u32) -> u64 {
        self.roles.undecided(ledger)
    }

    fn images(&mut self, from: usize) -> Vec<Image> {
        self.roles.images(from)
    }

    fn lowest(&mut self, thing: Thing, number: u32) -> Option<u32> {
        self.roles.lowest(thing, number)
    }

    fn lowered(&mut self, thing: Thing, number: u32, by: i64) -> u32 {
        self.roles.lowered(thing, number, by)
    }

    fn log(&self) -> &[Asked] {
        self.log.as_deref().unwrap_or_default()
    }

    fn bytes(&self) -> u64 {
        self.roles.bytes() + size_of_val(self.log()) as u64
    }
}
