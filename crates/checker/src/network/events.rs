//! The events of a state, each on its own.

use super::expand::{Base, Expander, Kind, Owed, Sink, Step};
use super::state::{Overtaken, Spent, State, members};
use super::tables::{Mishap, WEAK};

impl Expander<'_> {
    /// Every event on its own.
    pub(super) fn one_by_one(&mut self, state: State<'_>, sink: &mut impl Sink) -> Owed {
        let Base { roll, spent, .. } = self.base;
        let mut owed = Owed { messages: self.messages(state, sink), ..Owed::default() };
        for at in members(roll.up & (roll.spoken_to | roll.asked)) {
            self.words(state, at, sink);
            let asked = self.requests(state, at, sink);
            owed.requests |= asked && roll.mark_of(at as u16) == 0;
        }
        let may = !(spent.calm && (owed.messages || owed.requests));
        for at in members(roll.up & roll.timed) {
            let running = self.timers(state, at, sink, may);
            owed.timers |= running && roll.mark_of(at as u16) == 0;
        }
        let mishaps = if spent.calm { 0 } else { roll.up & roll.mishaps };
        for at in members(mishaps) {
            self.mishaps(state, at, sink);
        }
        owed
    }

    /// Lets messages arrive; true if one must.
    fn messages(&mut self, state: State<'_>, sink: &mut impl Sink) -> bool {
        let mut owed = false;
        let mut before = u32::MAX;
        let mut link = None;
        let mut link_from = 0;
        for (place, event) in state.messages().iter().enumerate() {
            let info = self.tables.event(*event);
            let wires = self.base.wires;
            let up = self.base.roll.is_up(info.to);
            let waits = up && self.waits(state, info.to, event & !WEAK);
            owed |= up && !waits && event & WEAK == 0;
            if wires.fifo {
                if link != Some((info.from, info.to)) {
                    link = Some((info.from, info.to));
                    link_from = place;
                } else if !wires.lossy {
                    continue;
                }
            } else if *event == before {
                continue;
            }
            before = *event;
            if !up {
                continue;
            }
            if !wires.any_number {
                self.gone.extend(if wires.fifo { link_from } else { place }..=place);
            }
            if !waits {
                self.happens(state, info.to, Kind::Deliver, event & !WEAK, sink);
            }
            let Spent { flips, calm, .. } = self.base.spent;
            if flips < self.scope.flips && !calm {
                let garbled = self.tables.garbled(event & !WEAK);
                self.happens(state, info.to, Kind::Garble, garbled, sink);
            }
            self.gone.clear();
        }
        owed
    }

    /// Whether a message waits, since it would change nothing now.
    #[inline]
    pub(crate) fn waits(&mut self, state: State<'_>, to: u16, event: u32) -> bool {
        if !self.scope.selective || self.scope.fifo {
            return false;
        }
        let seat = state.seats()[usize::from(to)];
        let (from, to) = self.tables.land(seat, event);
        let landings = &self.tables.known[from as usize..to as usize];
        landings.iter().all(|known| known.still && known.landing.cited == 0)
    }

    /// Lets traitors speak to a process.
    pub(crate) fn words(&mut self, state: State<'_>, at: usize, sink: &mut impl Sink) {
        if self.base.roll.spies != 0 {
            for word in self.signed_words(state, at) {
                self.happens(state, at as u16, Kind::Word, word, sink);
            }
            return;
        }
        let seat = state.seats()[at];
        for k in 0..self.tables.seat(seat).words.len() {
            let word = self.tables.seat(seat).words[k];
            self.happens(state, at as u16, Kind::Word, word, sink);
        }
    }

    /// Lets a process be asked; true if there is anything to ask.
    pub(crate) fn requests(&mut self, state: State<'_>, at: usize, sink: &mut impl Sink) -> bool {
        let Some(event) = self.tables.seat(state.seats()[at]).request else { return false };
        self.happens(state, at as u16, Kind::Request, event, sink);
        true
    }

    /// Whether timers may still go off.
    pub(crate) fn timers_left(&self) -> bool {
        let Spent { calm, timers, .. } = self.base.spent;
        calm || self.scope.timers.is_none_or(|most| timers < most)
    }

    /// Lets timers go off; true if any is running.
    pub(crate) fn timers(
        &mut self,
        state: State<'_>,
        at: usize,
        sink: &mut impl Sink,
        may: bool,
    ) -> bool {
        let seat = state.seats()[at];
        let running = self.tables.seat(seat).timers.len();
        if running > 0 && !self.timers_left() {
            self.base.cut_off.timers |= !self.scope.calm;
            return true;
        }
        let may = may && !self.too_fast(state, at) && !self.is_patient(state, at);
        for k in (0..running).filter(|_| may) {
            let event = self.tables.seat(seat).timers[k];
            self.happens(state, at as u16, Kind::Timer, event, sink);
        }
        running > 0
    }

    /// Who else has a timer running that must go off.
    fn others_running(
        &mut self,
        state: State<'_>,
        at: usize,
    ) -> impl Iterator<Item = usize> + use<> {
        let roll = self.base.roll;
        let running = |place: &usize| {
            let who = *place as u16;
            let counts = *place != at && roll.is_up(who) && roll.mark_of(who) == 0;
            counts && !self.tables.seat(state.seats()[*place]).timers.is_empty()
        };
        let all: Vec<usize> = (0..self.n).filter(running).collect();
        all.into_iter()
    }

    /// Whether a timer of a process waits for its messages to arrive.
    fn is_patient(&mut self, state: State<'_>, at: usize) -> bool {
        let sent = |event: &u32| usize::from(self.tables.event(*event).from) == at;
        self.scope.patient && state.messages().iter().any(sent)
    }

    /// Whether a process would overtake another once too often with a timer.
    fn too_fast(&mut self, state: State<'_>, at: usize) -> bool {
        let Spent { calm, overtaken, .. } = self.base.spent;
        let Some(pace) = self.scope.pace.filter(|_| calm) else { return false };
        self.others_running(state, at).any(|other| overtaken.of(other) >= pace)
    }

    /// Who was overtaken how often after a step in the calm.
    pub(crate) fn overtaken_after(
        &mut self,
        state: State<'_>,
        step: Step,
        known: usize,
    ) -> Overtaken {
        let at = usize::from(step.process);
        let landing = &self.tables.known[known].landing;
        let (next, sets) = (landing.seat, !landing.how.sets.is_empty());
        let mut overtaken = self.base.spent.overtaken;
        if step.kind == Kind::Timer {
            overtaken = overtaken.more(self.others_running(state, at));
        }
        let fresh = step.kind == Kind::Timer || sets || self.tables.seat(next).timers.is_empty();
        if fresh { overtaken.not(at) } else { overtaken }
    }

    /// Lets crashes, restarts and flips happen to one process.
    pub(crate) fn mishaps(&mut self, state: State<'_>, at: usize, sink: &mut impl Sink) {
        let seat = state.seats()[at];
        for k in 0..self.tables.seat(seat).mishaps.len() {
            let (mishap, event) = self.tables.seat(seat).mishaps[k];
            if let Some(kind) = self.may(mishap) {
                self.happens(state, at as u16, kind, event, sink);
            }
        }
    }

    /// What kind of step a mishap is, if it may happen now.
    pub(crate) fn may(&self, mishap: Mishap) -> Option<Kind> {
        let spent = self.base.spent;
        let (crash, for_good) = self.base.crash;
        let (may, kind) = match mishap {
            Mishap::Crash => (crash && !for_good, Kind::Crash),
            Mishap::CrashForGood => (crash && for_good, Kind::Crash),
            Mishap::Restart => (spent.restarts < self.scope.restarts, Kind::Restart),
            Mishap::Flip => (spent.flips < self.scope.flips, Kind::Flip),
        };
        may.then_some(kind)
    }

    /// Whether a process may crash now, and whether it would be for good.
    pub(crate) fn crashes(&self) -> (bool, bool) {
        let Spent { crashes, restarts, calm, .. } = self.base.spent;
        let for_good = restarts >= self.scope.restarts;
        let down = self.base.roll.down.count_ones();
        // Whoever crashes must come back if too many are down; so there must be restarts enough.
        let back = u32::from(self.scope.restarts.saturating_sub(restarts));
        let room = down < u32::from(self.scope.faulty_max) + back;
        (!calm && crashes < self.scope.crashes && room, for_good)
    }
}
