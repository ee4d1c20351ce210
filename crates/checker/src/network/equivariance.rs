//! Whether exchanges of names map local steps to local steps, looked up as the search needs them.

use std::sync::Arc;

use quorate_kernel::{Deceit, Process};

use super::mirrors::Ask;
use super::roles::Roles;
use super::tables::{Case, Landing, Thing};

impl<P: Deceit> Roles<'_, P> {
    /// Checks the beginnings: what processes do when they boot, and the empty ledger.
    pub(super) fn check_boots(&mut self, open: u32) {
        self.make_known(Thing::Ledger, open);
        for swap in self.mirrors.in_use() {
            if self.image(Thing::Ledger, open, swap) != open {
                self.mirrors.refuse(swap);
            }
        }
        let mut boots = Vec::new();
        for beginning in 0..self.inquiry.beginnings.len() as u16 {
            for who in (0..self.inquiry.seats() as u16).map(Process) {
                boots.push((who, beginning, self.first(who, beginning)));
            }
        }
        let n = self.inquiry.seats();
        for (who, beginning, landings) in &boots {
            self.know(landings);
            for swap in self.mirrors.in_use() {
                let who = usize::from(self.mirrors.swapped(swap, who.0));
                let beginning = self.mirrors.beginnings[swap][usize::from(*beginning)];
                let image = &boots[usize::from(beginning) * n + who].2;
                self.compare(landings, image, swap);
            }
        }
    }

    fn know(&mut self, landings: &[Landing]) {
        for landing in landings {
            self.make_known(Thing::Seat, landing.seat);
            for event in &landing.sends {
                self.make_known(Thing::Event, *event);
            }
        }
    }

    /// Compares the images of some landings with others.
    fn compare(&mut self, landings: &[Landing], others: &[Landing], swap: usize) {
        let mut images: Vec<_> = landings.iter().map(|one| self.plain(one, Some(swap))).collect();
        let mut others: Vec<_> = others.iter().map(|one| self.plain(one, None)).collect();
        images.sort_unstable();
        images.dedup();
        others.sort_unstable();
        others.dedup();
        if images != others {
            self.mirrors.refuse(swap);
        }
    }

    /// What counts of a landing, or of its image.
    fn plain(&mut self, one: &Landing, swap: Option<usize>) -> Plain {
        let image = |roles: &mut Self, thing, number| match swap {
            Some(swap) => roles.image(thing, number, swap),
            None => number,
        };
        let seat = image(self, Thing::Seat, one.seat);
        let mut sends: Vec<u32> =
            one.sends.iter().map(|event| image(self, Thing::Event, *event)).collect();
        match self.inquiry.scope.fifo {
            true => sends.sort_by_key(|event| self.receiver(*event)),
            false => sends.sort_unstable(),
        }
        let entry = swap.map_or(one.entry, |swap| self.entry_image(one.entry, swap));
        let flags = (one.crashed, one.silent);
        (seat, sends, entry, one.tosses.to_vec(), one.cited, flags)
    }

    /// The landings of a local step, of which all images are asked for too.
    pub(super) fn mirrored_step(&mut self, seat: u32, event: u32) -> Arc<[Landing]> {
        self.mirrors.ask(Ask::Step { seat, event });
        self.settle();
        let landings = self.landings(seat, event);
        // No other step that may be asked for is an image of one of these.
        self.mirrors.landings.clear();
        landings
    }

    /// Enters a ledger's step, of which all images are asked for too.
    pub(super) fn mirrored_entry(&mut self, ledger: u32, process: u16, entry: u32) {
        self.mirrors.ask(Ask::Entry { ledger, process, entry });
        self.settle();
    }

    pub(super) fn mirrored_judgment(&mut self, ledger: u32, case: Case) {
        self.mirrors.ask(Ask::Judgment { ledger, case });
        self.settle();
    }

    fn landings(&mut self, seat: u32, event: u32) -> Arc<[Landing]> {
        if let Some(known) = self.mirrors.landings.get(&(seat, event)) {
            return Arc::clone(known);
        }
        let landings: Arc<[Landing]> = self.landed(seat, event).into();
        self.mirrors.landings.insert((seat, event), Arc::clone(&landings));
        landings
    }

    fn settle(&mut self) {
        while let Some(ask) = self.mirrors.pending.pop() {
            match ask {
                Ask::Step { seat, event } => self.settle_step(seat, event),
                Ask::Entry { ledger, process, entry } => {
                    self.settle_entry(ledger, process, entry);
                }
                Ask::Judgment { ledger, case } => self.settle_judgment(ledger, case),
            }
        }
    }

    fn settle_step(&mut self, seat: u32, event: u32) {
        let landings = self.landings(seat, event);
        self.note_circles(seat, event, &landings);
        let mut images = Vec::new();
        for swap in self.mirrors.in_use() {
            let seat = self.image(Thing::Seat, seat, swap);
            let event = self.image(Thing::Event, event, swap);
            if !self.mirrors.failed[swap] {
                images.push((swap, self.landings(seat, event)));
                self.mirrors.ask(Ask::Step { seat, event });
            }
        }
        self.know(&landings);
        for (swap, others) in images {
            self.compare(&landings, &others, swap);
        }
    }

    fn settle_entry(&mut self, ledger: u32, process: u16, entry: u32) {
        let after = self.entered(ledger, process, entry);
        let mut images = Vec::new();
        for swap in self.mirrors.in_use() {
            let ledger = self.image(Thing::Ledger, ledger, swap);
            let process = self.mirrors.swapped(swap, process);
            let entry = self.entry_image(entry, swap);
            images.push((swap, self.entered(ledger, process, entry)));
            self.mirrors.ask(Ask::Entry { ledger, process, entry });
        }
        self.make_known(Thing::Ledger, after);
        for (swap, other) in images {
            if self.image(Thing::Ledger, after, swap) != other {
                self.mirrors.refuse(swap);
            }
        }
    }

    fn settle_judgment(&mut self, ledger: u32, case: Case) {
        let broken = self.judged(ledger, case);
        for swap in self.mirrors.in_use() {
            let ledger = self.image(Thing::Ledger, ledger, swap);
            let down = self.mirrors.swapped_set(swap, case.down);
            let traitors = self.mirrors.swapped_set(swap, case.traitors);
            let case = Case { down, traitors, ..case };
            if self.judged(ledger, case) != broken {
                self.mirrors.refuse(swap);
            }
            self.mirrors.ask(Ask::Judgment { ledger, case });
        }
    }
}

/// A landing without how it came about: seat, messages, entry, tosses, rules, flags.
type Plain = (u32, Vec<u32>, u32, Vec<(u64, bool)>, u64, (bool, bool));
