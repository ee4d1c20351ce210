//! Most steps of most models: nobody is down, lies or may stop, no name is exchanged, and nothing
//! is spent. Then a successor differs in a seat, the ledger and the messages alone, and its print
//! is found from what is known of the landing.

use super::expand::{Expander, Kind, Offer, Sink, Step};
use super::print::{Part, Print, mix};
use super::state::{HEAD, State, Wires};
use super::tables::{Case, Landing};

impl Expander<'_> {
    /// Whether steps of the state under way can be plain.
    pub(super) fn is_plain(&self) -> bool {
        let (scope, base) = (self.scope, &self.base);
        let all_up = base.roll.down | base.roll.traitors | base.roll.doomed == 0;
        let uncounted = scope.lies.is_none() && scope.rounds.is_none();
        all_up
            && uncounted
            && !base.spent.calm
            && !scope.fifo
            && self.orbits.is_none()
            && !self.drops
    }

    /// Takes a step if it is plain; false if it is to be taken otherwise.
    #[inline(always)]
    pub(super) fn land_plainly(
        &mut self,
        state: State<'_>,
        (seat, step): (u32, Step),
        at: usize,
        sink: &mut impl Sink,
    ) -> bool {
        let known = &self.tables.known[at];
        let process = usize::from(step.process);
        let free = match step.kind {
            Kind::Deliver | Kind::Request => true,
            Kind::Timer => self.scope.timers.is_none(),
            _ => false,
        };
        if !(known.plain && free && state.seats()[process] == seat)
            || (known.still && self.gone.is_empty())
        {
            return false;
        }
        let any_number = self.base.wires.any_number;
        let mark = self.base.wires.mark;
        let sent = match (any_number, known.landing.sends.is_empty()) {
            (_, true) => 0,
            (true, false) => sent_anew(state, &known.landing, mark),
            (false, false) if mark == 0 => known.strong,
            (false, false) => known.weak,
        };
        let mut print = self.base.print.wrapping_add(known.turn).wrapping_add(sent);
        for place in &self.gone {
            let event = u64::from(state.messages()[*place]);
            print = print.wrapping_sub(mix(Part::Message, event));
        }
        let cited = known.landing.cited | self.base.cited;
        let mut ledger = state.ledger();
        let mut judged = None;
        if known.landing.entry != 0 {
            ledger = self.tables.enter_of(ledger, step.process, at);
            if ledger != state.ledger() {
                print = print
                    .wrapping_sub(mix(Part::Ledger, u64::from(state.ledger())))
                    .wrapping_add(mix(Part::Ledger, u64::from(ledger)));
                let lost = u32::from(!state.messages().is_empty());
                judged = Some((ledger, Case { down: 0, traitors: 0, settled: false, lost }));
            }
        }
        let print = print & self.mask;
        self.before.push(step);
        let offer = Offer { print, orbit: print, steps: &self.before, judged, cited };
        let landing = &self.tables.known[at].landing;
        let step = Move { process, landing, ledger };
        sink.offer_plain(&offer, (&step, at as u32), &self.gone, self.base.wires, state);
        self.before.pop();
        true
    }
}

/// A plain step: who takes it, where it lands, and the ledger then.
pub(crate) struct Move<'l> {
    pub(crate) process: usize,
    pub(crate) landing: &'l Landing,
    pub(crate) ledger: u32,
}

/// The print of those messages sent that were not there already, where each counts once.
fn sent_anew(state: State<'_>, landing: &Landing, mark: u32) -> Print {
    let mut print: Print = 0;
    for (k, event) in landing.sends.iter().enumerate() {
        let new = state.messages().binary_search(&(event | mark)).is_err()
            && !landing.sends[..k].contains(event);
        if new {
            print = print.wrapping_add(mix(Part::Message, u64::from(event | mark)));
        }
    }
    print
}

/// Writes the state after a plain step; the places of messages that are gone come last first.
pub(crate) fn write(
    state: State<'_>,
    step: &Move<'_>,
    gone: impl Iterator<Item = usize>,
    wires: Wires,
    out: &mut Vec<u32>,
) {
    out.clear();
    out.extend_from_slice(state.words);
    out[step.process] = step.landing.seat;
    out[state.n] = step.ledger;
    let head = state.n + HEAD;
    for place in gone {
        out.remove(head + place);
    }
    for event in &step.landing.sends {
        let event = event | wires.mark;
        let place = head + out[head..].partition_point(|other| *other < event);
        if !(wires.any_number && out.get(place) == Some(&event)) {
            out.insert(place, event);
        }
    }
}
