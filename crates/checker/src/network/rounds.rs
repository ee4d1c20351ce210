//! States that are the same but for the number of the round: what goes on for ever in ever higher
//! rounds comes back to such a state.
//!
//! A state is in *normal form* if its lowest round, ballot or phase is one of the first n. Lowering
//! all of them by a multiple of n leads there, so that whose turn it is stays the same. Whether
//! handlers treat rounds alike is not declared by a protocol. Every local step that is used is
//! taken again with all rounds raised by n and by a thousand times n, and must lead to the same,
//! raised likewise; and a run that goes round is followed twice, step by step, with the rounds that
//! it really has.
//!
//! Whoever has not begun yet will begin with the first round, whatever the others do. So as long as
//! a timer or a request of some process does not do the same in higher rounds, nothing is lowered.

use quorate_kernel::{Deceit, Renamed, Renaming};
use rustc_hash::FxHashMap;

use super::print::Print;
use super::roles::{Body, Event, Kept, Roles};
use super::search::Root;
use super::state::{HEAD, State};
use super::tables::{Landing, Tables, Thing, WEAK};

impl<P: Deceit> Roles<'_, P> {
    /// Whether nobody fails in what begins with a root.
    pub(super) fn is_plain(&self, root: &Root) -> bool {
        let beginning = &self.inquiry.beginnings[root.beginning];
        beginning.traitors.is_empty() && beginning.doomed.is_empty()
    }

    /// The number of a seat or an event in which something was done to the rounds.
    pub(super) fn with_rounds(&mut self, thing: Thing, number: u32, by: &Renaming) -> u32 {
        if thing == Thing::Event {
            let mut event = self.events[number as usize].clone();
            match &mut event {
                Event::Message { message, .. } => message.rename(by),
                Event::Timer { timer, .. } => timer.rename(by),
                Event::Cut { event, .. } | Event::Garbled { event } => {
                    *event = self.with_rounds(Thing::Event, *event, by);
                }
                _ => return number,
            }
            return self.event(event);
        }
        let mut seat = self.seats[number as usize].clone();
        let kept = |kept: &mut Kept<P>| {
            kept.stable.rename(by);
            kept.disk.rename(by);
        };
        match &mut seat.body {
            Body::Up(up) => {
                up.state.rename(by);
                up.timers.rename(by);
                kept(&mut up.kept);
            }
            Body::Down(down) => kept(down),
            Body::Gone | Body::Traitor | Body::Spy(_) => return number,
        }
        self.seat(seat)
    }
}

/// What is known of rounds in seats and events.
#[derive(Default)]
pub(super) struct Heights {
    n: u32,
    lowest: FxHashMap<(Thing, u32), Option<u32>>,
    lowered: FxHashMap<(Thing, u32, i64), u32>,
    alike: FxHashMap<(u32, u32), bool>,
    pinned: FxHashMap<u32, bool>,
}

impl Heights {
    pub(super) fn new(n: usize) -> Self {
        Self { n: n as u32, ..Self::default() }
    }

    fn lowest(&mut self, tables: &Tables<'_>, thing: Thing, number: u32) -> Option<u32> {
        *self.lowest.entry((thing, number)).or_insert_with(|| tables.source().lowest(thing, number))
    }

    /// A seat or an event with every round lower by so much.
    pub(super) fn lowered(
        &mut self,
        tables: &Tables<'_>,
        thing: Thing,
        number: u32,
        by: i64,
    ) -> u32 {
        if by == 0 {
            return number;
        }
        *self
            .lowered
            .entry((thing, number, by))
            .or_insert_with(|| tables.source().lowered(thing, number, by))
    }

    /// By how much all rounds of a state can be lowered.
    pub(super) fn height(&mut self, tables: &Tables<'_>, state: State<'_>) -> i64 {
        let seats = state.seats().iter().map(|seat| (Thing::Seat, *seat));
        let events = state.messages().iter().map(|event| (Thing::Event, event & !WEAK));
        let all: Vec<_> = seats.chain(events).collect();
        let lowest = all.into_iter().filter_map(|(thing, at)| self.lowest(tables, thing, at)).min();
        lowest.map_or(0, |lowest| i64::from((lowest - 1) / self.n * self.n))
    }

    /// Brings a state into normal form; by how much its rounds were lowered.
    pub(super) fn normalise(
        &mut self,
        tables: &mut Tables<'_>,
        words: &mut [u32],
        n: usize,
        fifo: bool,
    ) -> (i64, Print) {
        let height = self.height(tables, State { words, n });
        let pinned = height > 0 && words[..n].iter().any(|seat| self.is_pinned(tables, *seat));
        let by = if pinned { 0 } else { height };
        if by > 0 {
            for seat in &mut words[..n] {
                *seat = self.lowered(tables, Thing::Seat, *seat, by);
            }
            let coins = &mut words[n + 1];
            *coins = coins.checked_shr(2 * by as u32).unwrap_or(0);
            for event in &mut words[n + HEAD..] {
                *event = self.lowered(tables, Thing::Event, *event & !WEAK, by) | *event & WEAK;
            }
            if !fifo {
                words[n + HEAD..].sort_unstable();
            }
        }
        (by, State { words, n }.print(fifo, tables))
    }

    /// Whether something that waits at a process does not do the same in higher rounds.
    fn is_pinned(&mut self, tables: &mut Tables<'_>, seat: u32) -> bool {
        if let Some(known) = self.pinned.get(&seat) {
            return *known;
        }
        let info = tables.seat(seat);
        if info.spy {
            // What was heard stays what it was.
            return true;
        }
        let waiting: Vec<u32> = info.timers.iter().copied().chain(info.request).collect();
        let pinned = waiting.into_iter().any(|event| !self.is_alike(tables, seat, event));
        self.pinned.insert(seat, pinned);
        pinned
    }

    /// Whether a step of a state may be taken for the same step in higher rounds.
    pub(super) fn may_be_lowered(
        &mut self,
        tables: &mut Tables<'_>,
        seat: u32,
        event: u32,
    ) -> bool {
        self.is_alike(tables, seat, event) || self.is_pinned(tables, seat)
    }

    /// Whether a local step is the same in higher rounds.
    fn is_alike(&mut self, tables: &mut Tables<'_>, seat: u32, event: u32) -> bool {
        if let Some(known) = self.alike.get(&(seat, event)) {
            return *known;
        }
        let alike = self.looks_alike(tables, seat, event);
        self.alike.insert((seat, event), alike);
        alike
    }

    fn looks_alike(&mut self, tables: &mut Tables<'_>, seat: u32, event: u32) -> bool {
        let (from, to) = tables.land(seat, event);
        let known = from as usize..to as usize;
        let landings: Vec<Landing> =
            tables.known[known].iter().map(|known| known.landing.clone()).collect();
        [1, 1_000].into_iter().all(|times| {
            let by = -i64::from(times * self.n);
            let seat = self.lowered(tables, Thing::Seat, seat, by);
            let event = self.lowered(tables, Thing::Event, event, by);
            let (from, to) = tables.land(seat, event);
            (to - from) as usize == landings.len()
                && landings.iter().enumerate().all(|(at, landing)| {
                    let sends: Vec<u32> = landing
                        .sends
                        .iter()
                        .map(|sent| self.lowered(tables, Thing::Event, *sent, by))
                        .collect();
                    let next = self.lowered(tables, Thing::Seat, landing.seat, by);
                    let other = &tables.known[from as usize + at].landing;
                    other.seat == next
                        && *other.sends == *sends
                        && other.entry == landing.entry
                        && other.crashed == landing.crashed
                        && other.tosses.len() == landing.tosses.len()
                        && other.tosses.iter().zip(&landing.tosses).all(|(other, one)| {
                            i128::from(other.0) == i128::from(one.0) - i128::from(by)
                                && other.1 == one.1
                        })
                })
        })
    }
}
