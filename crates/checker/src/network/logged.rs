//! What was asked of a source, in order: asked the same again, it gives out the same numbers.
//!
//! Numbers are given out as things are met, so that a number means nothing without the questions
//! before it. A search that is to go on later keeps these, which is less than the things themselves
//! and needs no protocol to know how its states are written down.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use quorate_kernel::Deceit;

use super::checkpoint::Saved;
use super::collapse;
use super::coverage::Local;
use super::print::scramble;
use super::roles::{Body, Event, Roles};
use super::search::Root;
use super::state::{HEAD, State};
use super::symmetry::Symmetry;
use super::tables::{Case, EventInfo, Image, Landing, SeatInfo, Source, Thing, WEAK};

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

    /// Asks everything again; false if an answer is another, or a question is about nothing that
    /// there is.
    pub(super) fn replay(&mut self, log: &[Asked]) -> bool {
        log.iter().all(|(call, answer)| self.can_ask(*call) && self.ask(*call) == *answer)
    }

    /// Whether all that a question names is there: what a search asks is, a file can hold anything.
    fn can_ask(&self, call: Call) -> bool {
        let Roles { seats, events, ledgers, entries, .. } = &self.roles;
        let is_in = |number: u32, count: usize| (number as usize) < count;
        match call {
            Call::Begin | Call::Words => true,
            Call::Land(seat, event) | Call::Past(seat, event) => self.can_land(seat, event),
            Call::Cut(event, _) | Call::Garbled(event) => is_in(event, events.len()),
            Call::Enter(ledger, process, entry) => {
                let process = usize::from(process) < self.roles.inquiry.seats();
                process && is_in(ledger, ledgers.len()) && is_in(entry, entries.len())
            }
            Call::Judge(ledger, _) => is_in(ledger, ledgers.len()),
            Call::From(seat) => is_in(seat, seats.len()),
        }
    }

    /// Whether an event can happen to the process of a seat.
    fn can_land(&self, number: u32, event: u32) -> bool {
        let roles = &self.roles;
        let Some(seat) = roles.seats.get_index(number as usize) else { return false };
        let Some(happens) = roles.events.get_index(event as usize) else { return false };
        let within = match happens {
            Event::Cut { event, .. } => &roles.events[*event as usize],
            other => other,
        };
        let asks = matches!(within, Event::Request { .. }) && matches!(seat.body, Body::Up(_));
        let beginning = usize::from(seat.beginning);
        roles.receiver(event) == seat.process.0
            && !(asks && roles.next_request(number, beginning).is_none())
    }

    /// Whether all that the states of a search name is there.
    pub(super) fn knows(&self, saved: &Saved) -> bool {
        let roles = &self.roles;
        let (n, is_in) = (roles.inquiry.seats(), |number: u32, count| (number as usize) < count);
        let seat = |(at, seat): (usize, &u32)| {
            let seat = roles.seats.get_index(*seat as usize);
            seat.is_some_and(|seat| seat.process.index() == at)
        };
        let state = |words: &[u32]| {
            let state = State { words, n };
            words.len() >= n + HEAD
                && state.seats().iter().enumerate().all(seat)
                && is_in(state.ledger(), roles.ledgers.len())
                && state.messages().iter().all(|one| is_in(one & !WEAK, roles.events.len()))
        };
        let step = |step: &Local| {
            let seats = is_in(step.seat.max(step.next), roles.seats.len());
            seats && is_in(step.event, roles.events.len())
        };
        let mut chunks =
            saved.layer.iter().flatten().chain(saved.done.iter().flat_map(|done| &done.chunks));
        saved.begun.iter().all(|root| self.begun.contains(root))
            && chunks.all(|chunk| (0..chunk.len()).all(|at| state(chunk.get(at).0)))
            && saved.taken.steps.keys().all(step)
            && saved.taken.judged.iter().all(|(one, _)| is_in(*one, roles.ledgers.len()))
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

    fn local(&self, key: &[u32]) -> Option<Arc<collapse::Local>> {
        self.roles.local(key)
    }

    fn keep_local(&mut self, key: &[u32], local: &Arc<collapse::Local>) {
        self.roles.keep_local(key, local);
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

#[cfg(test)]
mod tests {
    use quorate_kernel::{Domain, Group, Links, Process, ProcessSet, Value};
    use quorate_protocols::consensus::mmr::{Config, Mmr};

    use super::super::scope::{Beginning, Inquiry, Scope};
    use super::*;

    /// With a process that is asked nothing, and one that is a traitor.
    fn inquiry(config: &Config) -> Inquiry<'_, Mmr> {
        Inquiry {
            group: Group { n: 3, f: 0 },
            config,
            scope: Scope { collapse: true, crashes: 1, ..Scope::of(Links::Reliable) },
            beginnings: vec![Beginning {
                traitors: [Process(2)].into_iter().collect(),
                doomed: ProcessSet::new(),
                requests: vec![(1, vec![(0, Value(0))]), (0, Vec::new()), (0, Vec::new())],
            }],
            requirements: Vec::new(),
            budget: Default::default(),
            wide: false,
        }
    }

    /// A file can hold any question: whatever it is, it has an answer, or it is not asked.
    #[test]
    fn questions_about_nothing_that_there_is_are_not_asked() {
        let config = Config { domain: Domain::BINARY, confirm: true, delay_ticks: 10 };
        let inquiry = inquiry(&config);
        let mut known = Logged::new(Roles::new(&inquiry), true);
        assert!(known.begin());
        let (far, case) = (u32::MAX, Case { down: !0, traitors: !0, settled: true, lost: 9 });
        for call in [
            Call::Land(far, 0),
            Call::Land(0, far),
            Call::Cut(far, true),
            Call::Garbled(far),
            Call::Enter(far, 0, 0),
            Call::Enter(0, 3, 0),
            Call::Enter(0, 0, far),
            Call::Judge(far, case),
            Call::Past(far, 0),
            Call::Past(0, far),
            Call::From(far),
        ] {
            assert!(!known.replay(&[(call, 0)]), "{call:?}");
        }
        let (seats, events) =
            (known.roles.seats.len() as u32, known.roles.events.len().min(20) as u32);
        let mut asked = 0;
        for event in 0..events {
            for call in [Call::Cut(event, true), Call::Garbled(event)] {
                assert!(known.can_ask(call));
                known.ask(call);
            }
        }
        let each =
            (0..seats.min(8)).flat_map(|seat| (0..2 * events).map(move |event| (seat, event)));
        for (seat, event) in each {
            for call in [Call::Land(seat, event), Call::Past(seat, event), Call::From(seat)] {
                if known.can_ask(call) {
                    known.ask(call);
                    asked += 1;
                }
            }
        }
        assert!(asked > seats, "some of them can be asked");
        known.ask(Call::Words);
        known.ask(Call::Judge(0, case));
        let log = known.log().to_vec();
        let mut again = Logged::new(Roles::new(&inquiry), true);
        assert!(again.replay(&log), "what was asked can be asked again");
        let mut nothing = Logged::new(Roles::new(&inquiry), true);
        assert!(!nothing.replay(&log[1..]), "before it has begun there is nothing to ask about");
    }
}
