//! The tables of one search, as those who search ask them.

use std::sync::Arc;

use quorate_kernel::{Deceit, Ledger, Links, Problem, Process, engine};

use super::collapse::Local;
use super::roles::{Event, Roles, Seat};
use super::search::Root;
use super::tables::{Case, EventInfo, Image, Landing, SeatInfo, Source, Thing, WEAK};

impl<P: Deceit> Source for Roles<'_, P> {
    fn undecided(&self, ledger: u32) -> u64 {
        self.have_not_decided(ledger)
    }

    fn lowest(&mut self, thing: Thing, number: u32) -> Option<u32> {
        engine::lowest(|look| {
            self.with_rounds(thing, number, look);
        })
    }

    fn lowered(&mut self, thing: Thing, number: u32, by: i64) -> u32 {
        self.with_rounds(thing, number, &engine::lowered(by))
    }

    fn seats(&self, from: usize) -> &[Arc<SeatInfo>] {
        &self.infos[from.min(self.infos.len())..]
    }

    fn events(&self, from: usize) -> &[EventInfo] {
        &self.event_infos[from.min(self.event_infos.len())..]
    }

    fn roots(&mut self) -> Vec<Root> {
        let ledger = <P::Problem as Problem>::Ledger::open(self.inquiry.group);
        let open = self.ledger(ledger);
        if self.is_mirrored() {
            self.check_boots(open);
        }
        let mut roots = Vec::new();
        for beginning in 0..self.inquiry.beginnings.len() as u16 {
            let mut partial = vec![(Vec::new(), open, Vec::new())];
            for who in (0..self.inquiry.seats() as u16).map(Process) {
                let landings = self.first(who, beginning);
                let mut next = Vec::new();
                for (seats, ledger, messages) in partial {
                    for landing in &landings {
                        let mut seats: Vec<u32> = seats.clone();
                        seats.push(landing.seat);
                        let ledger = self.enter(ledger, who.0, landing.entry);
                        let mut messages: Vec<u32> = messages.clone();
                        messages.extend_from_slice(&landing.sends);
                        next.push((seats, ledger, messages));
                    }
                }
                partial = next;
            }
            let lossy = self.inquiry.scope.links == Links::Lossy;
            roots.extend(partial.into_iter().map(|(mut words, ledger, messages)| {
                let seats = words.clone();
                let may_stop = |who: u16| self.infos[seats[usize::from(who)] as usize].doomed;
                words.extend([ledger, 0, 0, 0]);
                words.extend(messages.into_iter().map(|event| {
                    let on = self.event_infos[event as usize];
                    let weak = lossy || may_stop(on.from) || may_stop(on.to);
                    if weak { event | WEAK } else { event }
                }));
                Root { beginning: usize::from(beginning), words }
            }));
        }
        roots
    }

    fn land(&mut self, seat: u32, event: u32) -> Vec<Landing> {
        let landings = if self.is_mirrored() {
            self.mirrored_step(seat, event).to_vec()
        } else {
            let landings = self.landed(seat, event);
            self.note_circles(seat, event, &landings);
            landings
        };
        if self.drops() {
            self.note_after(seat, &landings);
        }
        landings
    }

    fn local(&self, key: &[u32]) -> Option<Arc<Local>> {
        self.locals.get(key).map(Arc::clone)
    }

    fn keep_local(&mut self, key: &[u32], local: &Arc<Local>) {
        // What two workers found out at once counts once.
        if self.locals.insert(key.into(), Arc::clone(local)).is_none() {
            self.locals_bytes += local.bytes() + 4 * key.len() as u64;
        }
    }

    fn drops(&self) -> bool {
        Roles::drops(self)
    }

    fn is_past(&mut self, seat: u32, event: u32) -> bool {
        Roles::is_past(self, seat, event)
    }

    fn cut(&mut self, event: u32, for_good: bool) -> u32 {
        self.event(Event::Cut { event, for_good })
    }

    fn signed_words(&mut self, seats: &[u32]) -> Box<[u32]> {
        self.said_by(seats)
    }

    fn garbled(&mut self, event: u32) -> u32 {
        self.event(Event::Garbled { event })
    }

    fn enter(&mut self, ledger: u32, process: u16, entry: u32) -> u32 {
        if entry != 0 && self.is_mirrored() {
            self.mirrored_entry(ledger, process, entry);
        }
        self.entered(ledger, process, entry)
    }

    fn judge(&mut self, ledger: u32, case: Case) -> u64 {
        if self.is_mirrored() {
            self.mirrored_judgment(ledger, case);
        }
        self.judged(ledger, case)
    }

    fn images(&mut self, from: usize) -> Vec<Image> {
        self.images_from(from)
    }

    fn bytes(&self) -> u64 {
        // A rough guess: what a state of maps and sets takes on the heap is not known.
        let seats = self.seats.len() * (size_of::<Seat<P>>() + 768);
        let ledgers = self.ledgers.len() * 256;
        let tables = (seats + ledgers + self.events.len() * 96) as u64;
        tables + self.locals_bytes + self.mirrors.bytes()
    }
}
