//! What traitors can say: a vocabulary for each state of whoever listens, and where messages are
//! signed, only what traitors can sign or have seen signed by others.
//!
//! So with signatures a traitor has a state: all that it was sent. It hears at once whatever is
//! sent to it, and traitors share what they know. Nothing is lost by that: to have heard something
//! earlier takes no word away, and changes nothing for anybody else. What they can say to a process
//! is asked of the vocabulary for each pair of the process's state and of what they know.

use std::collections::BTreeSet;

use quorate_kernel::{Deceit, Process, engine};

use super::expand::{Expander, Kind, Sink};
use super::roles::{Body, Event, Roles, Seat};
use super::state::{State, members};
use super::tables::{How, Landing};

impl Expander<'_> {
    /// Lets traitors hear what was sent to them, one message after the other; false if there is
    /// nothing that they have not heard.
    pub(super) fn overhear(&mut self, state: State<'_>, sink: &mut impl Sink) -> bool {
        let spies = self.base.roll.spies;
        for (place, event) in state.messages().iter().enumerate() {
            let to = self.tables.event(*event).to;
            if spies >> to & 1 == 0 {
                continue;
            }
            let event = event & !super::tables::WEAK;
            if self.base.wires.any_number && self.has_heard(state.seats()[usize::from(to)], event) {
                continue;
            }
            if !self.base.wires.any_number {
                self.gone.push(place);
            }
            self.happens(state, to, Kind::Deliver, event, sink);
            self.gone.clear();
            return true;
        }
        false
    }

    fn has_heard(&mut self, seat: u32, event: u32) -> bool {
        let (from, to) = self.tables.land(seat, event);
        let landings = &self.tables.known[from as usize..to as usize];
        landings.iter().all(|known| known.landing.is_still(seat))
    }

    /// What traitors can say to a process by what they have heard.
    pub(super) fn signed_words(&mut self, state: State<'_>, at: usize) -> Box<[u32]> {
        let spies = members(self.base.roll.spies).map(|spy| state.seats()[spy]);
        let key: Vec<u32> = std::iter::once(state.seats()[at]).chain(spies).collect();
        self.tables.signed_words(key)
    }
}

impl<P: Deceit> Roles<'_, P> {
    /// The place of a traitor that says its words.
    pub(super) fn mute(&self) -> Body<P> {
        if P::SIGNED { Body::Spy(BTreeSet::new()) } else { Body::Traitor }
    }

    /// A traitor hears something.
    pub(super) fn heard(
        &mut self,
        seat: &Seat<P>,
        seen: &BTreeSet<P::Message>,
        event: &Event<P>,
    ) -> Vec<Landing> {
        let Event::Message { message, .. } = event else { return Vec::new() };
        let mut seen = seen.clone();
        seen.insert(message.clone());
        let seat = self.seat(Seat { body: Body::Spy(seen), ..seat.clone() });
        vec![Landing { seat, silent: true, how: Box::new(How::default()), ..Landing::default() }]
    }

    /// What traitors can say to the process of the first seat who know what the others do.
    pub(super) fn said_by(&mut self, seats: &[u32]) -> Box<[u32]> {
        let [listener, spies @ ..] = seats else { return Box::default() };
        let listener = self.seats[*listener as usize].clone();
        let Body::Up(up) = &listener.body else { return Box::default() };
        let mut seen = BTreeSet::new();
        let mut traitors: Vec<Process> = Vec::new();
        for spy in spies {
            let spy = &self.seats[*spy as usize];
            traitors.push(spy.process);
            if let Body::Spy(heard) = &spy.body {
                seen.extend(heard.iter().cloned());
            }
        }
        let seen: Vec<P::Message> = seen.into_iter().collect();
        let mut all: Vec<u32> = Vec::new();
        for from in traitors {
            let to = listener.process;
            for (message, _) in self.words((from, to), &up.state, listener.beginning, &seen) {
                let word = self.event(Event::Message { from, to, message });
                if !all.contains(&word) {
                    all.push(word);
                }
            }
        }
        all.into()
    }

    /// What traitors can say to a process in this state, as messages.
    pub(super) fn said_to(&mut self, who: Process, state: &P, beginning: u16) -> Box<[u32]> {
        let mut all = Vec::new();
        for from in self.inquiry.beginnings[usize::from(beginning)].traitors.iter() {
            for (message, _) in self.words((from, who), state, beginning, &[]) {
                all.push(self.event(Event::Message { from, to: who, message }));
            }
        }
        all.into()
    }

    /// The reading of a traitor's vocabulary by which it says a message to the process of a seat.
    pub(super) fn reading(
        &self,
        seat: u32,
        from: Process,
        (message, seen): (&P::Message, &[P::Message]),
    ) -> Vec<u32> {
        let seat = &self.seats[seat as usize];
        let Body::Up(up) = &seat.body else { return Vec::new() };
        let words = self.words((from, seat.process), &up.state, seat.beginning, seen);
        let said = words.into_iter().find(|(word, _)| word == message);
        said.map(|(_, reading)| reading).unwrap_or_default()
    }

    /// The pens of all traitors of a beginning.
    pub(super) fn pens(&self, beginning: u16) -> Vec<quorate_kernel::Pen> {
        let traitors = &self.inquiry.beginnings[usize::from(beginning)].traitors;
        traitors.iter().map(engine::pen).collect()
    }
}
