//! The successors of a state.

use super::print::{Part, Print, mix};
use super::scope::Scope;
use super::state::{
    Change, Coins, Roll, Spent, State, TOSSES_MAX, Wires, addressed, compose, spent_print,
};
use super::tables::{Case, Mishap, Tables, WEAK};

/// A step of the system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Step {
    pub(crate) kind: Kind,
    /// The process to which it happens.
    pub(crate) process: u16,
    /// The event, cut short or not.
    pub(crate) event: u32,
    /// Which of the event's landings.
    pub(crate) landing: u32,
}

/// What kind of step it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A message arrives.
    Deliver,
    /// A message arrives with a flipped bit.
    Garble,
    /// Something is asked.
    Request,
    /// A timer goes off.
    Timer,
    /// A traitor's word arrives.
    Word,
    /// A crash between two steps.
    Crash,
    /// A restart.
    Restart,
    /// A bit flips in a process or on its disk.
    Flip,
    /// From here on nothing fails.
    Calm,
}

/// A successor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer {
    pub(crate) print: Print,
    pub(crate) step: Step,
    /// The ledger of it, and who is faulty: for the judge, where one of them has changed.
    pub(crate) judged: Option<(u32, Case)>,
    /// The rules that fired.
    pub(crate) cited: u64,
}

/// Whoever takes successors.
pub(crate) trait Sink {
    /// Takes one; `write` puts it into words.
    fn offer(&mut self, offer: &Offer, write: &mut dyn FnMut(&mut Vec<u32>));
}

/// What else is known of a state once it was expanded.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Expanded {
    /// If nothing more must happen: the ledger, and the case for the judge.
    pub(crate) end: Option<(u32, Case)>,
    /// Whether something more must happen, and a bound forbids it.
    pub(crate) cut_off: CutOff,
}

/// Which bounds cut runs off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CutOff {
    /// A timer was due, and the bound on timers was reached.
    pub timers: bool,
    /// A step would have led beyond the last round.
    pub rounds: bool,
    /// The common coin would have been tossed too often.
    pub tosses: bool,
}

impl CutOff {
    /// Whether any did.
    pub fn any(self) -> bool {
        self.timers || self.rounds || self.tosses
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.timers |= other.timers;
        self.rounds |= other.rounds;
        self.tosses |= other.tosses;
    }
}

/// Makes successors.
pub(crate) struct Expander<'s> {
    pub(crate) tables: Tables<'s>,
    pub(crate) scope: &'s Scope,
    n: usize,
    known: Base,
    out: Vec<u32>,
    gone: Option<(usize, usize)>,
}

/// What all successors of a state have in common.
#[derive(Clone, Copy)]
struct Base {
    print: Print,
    roll: Roll,
    wires: Wires,
    spent: Spent,
    cut_off: CutOff,
}

impl<'s> Expander<'s> {
    pub(crate) fn new(tables: Tables<'s>, scope: &'s Scope, n: usize) -> Self {
        let roll = Roll { up: 0, down: 0, traitors: 0 };
        let known = Base {
            print: 0,
            roll,
            wires: Wires::of(scope, false),
            spent: Spent::default(),
            cut_off: CutOff::default(),
        };
        Self { tables, scope, n, known, out: Vec::new(), gone: None }
    }

    /// Hands every successor of a state to `sink`.
    pub(crate) fn expand(&mut self, words: &[u32], print: Print, sink: &mut impl Sink) -> Expanded {
        let state = State { words, n: self.n };
        let spent = state.spent();
        let roll = Roll::of(state, &mut self.tables);
        let wires = Wires::of(self.scope, spent.calm);
        self.known = Base { print, roll, wires, spent, cut_off: CutOff::default() };
        let first = (0..self.n).find(|at| {
            let info = self.tables.seat(state.seats()[*at]);
            roll.is_up(*at as u16) && info.first
        });
        if let Some(at) = first {
            self.requests(state, at, sink);
            self.mishaps(state, at, sink, true);
            return Expanded { end: None, cut_off: self.known.cut_off };
        }
        let owed = self.messages(state, sink);
        let mut asked = false;
        let mut timers = false;
        for at in (0..self.n).filter(|at| roll.is_up(*at as u16)) {
            asked |= self.requests(state, at, sink);
        }
        for at in (0..self.n).filter(|at| roll.is_up(*at as u16)) {
            timers |= self.timers(state, at, sink, !(spent.calm && (owed || asked)));
        }
        if !spent.calm {
            for at in 0..self.n {
                self.mishaps(state, at, sink, false);
            }
            self.calm(state, sink);
        }
        let all_up = roll.down.count_ones() <= u32::from(self.scope.faulty_max);
        let over = !owed && !asked && !timers && all_up && (spent.calm || !self.scope.calm);
        let end = over.then(|| (state.ledger(), self.case(state, true)));
        Expanded { end, cut_off: self.known.cut_off }
    }

    /// The case of a state that is not being expanded.
    pub(crate) fn case_of(&mut self, state: State<'_>, settled: bool) -> Case {
        self.known.roll = Roll::of(state, &mut self.tables);
        self.case(state, settled)
    }

    fn case(&self, state: State<'_>, settled: bool) -> Case {
        let Roll { down, traitors, .. } = self.known.roll;
        Case { down, traitors, settled, lost: u32::from(!state.messages().is_empty()) }
    }

    /// Lets messages arrive; true if one must.
    fn messages(&mut self, state: State<'_>, sink: &mut impl Sink) -> bool {
        let mut owed = false;
        let mut before = u32::MAX;
        let mut link = None;
        let mut link_from = 0;
        for (place, event) in state.messages().iter().enumerate() {
            let info = self.tables.event(*event);
            let wires = self.known.wires;
            let up = self.known.roll.is_up(info.to);
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
            let from = if wires.fifo { link_from } else { place };
            self.gone = (!wires.any_number).then_some((from, place + 1));
            if !waits {
                self.happens(state, info.to, Kind::Deliver, event & !WEAK, sink);
            }
            let Spent { flips, calm, .. } = self.known.spent;
            if flips < self.scope.flips && !calm {
                let garbled = self.tables.garbled(event & !WEAK);
                self.happens(state, info.to, Kind::Garble, garbled, sink);
            }
            self.gone = None;
        }
        owed
    }

    /// Whether a message waits, since it would change nothing now.
    #[inline]
    fn waits(&mut self, state: State<'_>, to: u16, event: u32) -> bool {
        if !self.scope.selective || self.scope.fifo {
            return false;
        }
        let seat = state.seats()[usize::from(to)];
        let (from, to) = self.tables.land(seat, event);
        let landings = &self.tables.known[from as usize..to as usize];
        landings.iter().all(|known| known.landing.is_still(seat) && known.landing.cited == 0)
    }

    /// Lets a process be asked; true if there is anything to ask.
    fn requests(&mut self, state: State<'_>, at: usize, sink: &mut impl Sink) -> bool {
        let Some(event) = self.tables.seat(state.seats()[at]).request else { return false };
        self.happens(state, at as u16, Kind::Request, event, sink);
        true
    }

    /// Lets timers go off; true if any is running.
    fn timers(&mut self, state: State<'_>, at: usize, sink: &mut impl Sink, may: bool) -> bool {
        let seat = state.seats()[at];
        let running = self.tables.seat(seat).timers.len();
        let Spent { calm, timers, .. } = self.known.spent;
        if running > 0 && !calm && self.scope.timers.is_some_and(|most| timers >= most) {
            self.known.cut_off.timers = true;
            return true;
        }
        for k in (0..running).filter(|_| may) {
            let event = self.tables.seat(seat).timers[k];
            self.happens(state, at as u16, Kind::Timer, event, sink);
        }
        running > 0
    }

    /// Lets crashes, restarts, lies and flips happen to one process.
    fn mishaps(&mut self, state: State<'_>, at: usize, sink: &mut impl Sink, first: bool) {
        let seat = state.seats()[at];
        let spent = self.known.spent;
        let (crash, for_good) = self.crashes();
        for k in 0..self.tables.seat(seat).mishaps.len() {
            let (mishap, event) = self.tables.seat(seat).mishaps[k];
            let (may, kind) = match mishap {
                Mishap::Crash => (crash && !for_good, Kind::Crash),
                Mishap::CrashForGood => (crash && for_good, Kind::Crash),
                Mishap::Restart => (spent.restarts < self.scope.restarts, Kind::Restart),
                Mishap::Word(traitor) => {
                    let more = self.scope.lies.is_none_or(|most| spent.lies < most);
                    (more && !first && self.known.roll.is_traitor(traitor), Kind::Word)
                }
                Mishap::Flip => (spent.flips < self.scope.flips, Kind::Flip),
            };
            if may {
                self.happens(state, at as u16, kind, event, sink);
            }
        }
    }

    /// Whether a process may crash now, and whether it would be for good.
    fn crashes(&self) -> (bool, bool) {
        let Spent { crashes, restarts, calm, .. } = self.known.spent;
        let for_good = restarts >= self.scope.restarts;
        let down = self.known.roll.down.count_ones();
        // Whoever crashes must come back if too many are down; so there must be restarts enough.
        let back = u32::from(self.scope.restarts - restarts);
        let room = down < u32::from(self.scope.faulty_max) + back;
        (!calm && crashes < self.scope.crashes && room, for_good)
    }

    /// Lets an event happen to a process, in full and cut short by a crash.
    fn happens(
        &mut self,
        state: State<'_>,
        process: u16,
        kind: Kind,
        event: u32,
        sink: &mut impl Sink,
    ) {
        self.lands(state, process, kind, event, sink);
        let (crash, for_good) = self.crashes();
        let steps = !matches!(kind, Kind::Crash | Kind::Flip);
        if crash && steps {
            let cut = self.tables.cut(event, for_good);
            self.lands(state, process, kind, cut, sink);
        }
    }

    fn lands(
        &mut self,
        state: State<'_>,
        process: u16,
        kind: Kind,
        event: u32,
        sink: &mut impl Sink,
    ) {
        let seat = state.seats()[usize::from(process)];
        let (from, to) = self.tables.land(seat, event);
        for at in from..to {
            let step = Step { kind, process, event, landing: at - from };
            self.land(state, seat, step, at as usize, sink);
        }
    }

    fn spend(&self, kind: Kind, crashed: bool) -> Spent {
        let mut spent = self.known.spent;
        match kind {
            Kind::Timer if !spent.calm && self.scope.timers.is_some() => spent.timers += 1,
            Kind::Restart => spent.restarts += 1,
            Kind::Flip | Kind::Garble => spent.flips += 1,
            Kind::Word if self.scope.lies.is_some() => spent.lies += 1,
            _ => {}
        }
        spent.crashes += u8::from(crashed);
        spent
    }

    #[inline]
    fn land(&mut self, state: State<'_>, seat: u32, step: Step, at: usize, sink: &mut impl Sink) {
        let landing = &self.tables.known[at].landing;
        let still = landing.is_still(seat);
        let cited = landing.cited;
        if still && self.gone.is_none() && (cited == 0 || step.kind != Kind::Deliver) {
            return;
        }
        let (next, entry, crashed) = (landing.seat, landing.entry, landing.crashed);
        if landing.tosses.iter().any(|(toss, _)| *toss >= TOSSES_MAX) {
            self.known.cut_off.tosses = true;
            return;
        }
        let coins = Coins(state.coins()).with(&landing.tosses);
        let Some(Coins(coins)) = coins else { return };
        if let Some(last) = self.scope.rounds
            && self.tables.seat(next).round > last
        {
            self.known.cut_off.rounds = true;
            return;
        }
        let ledger = self.tables.enter(state.ledger(), step.process, entry);
        let spent = self.spend(step.kind, crashed);
        let restarted = step.kind == Kind::Restart;
        let change = Shape { next, ledger, coins, spent, crashed, restarted };
        self.emit(state, step, at, change, cited, sink);
    }

    fn emit(
        &mut self,
        state: State<'_>,
        step: Step,
        at: usize,
        shape: Shape,
        cited: u64,
        sink: &mut impl Sink,
    ) {
        let Base { roll, wires, spent, .. } = self.known;
        let place = usize::from(step.process);
        let packed = shape.spent.pack();
        let sends = std::mem::take(&mut self.tables.known[at].landing.sends);
        let gone = self.gone.unwrap_or((0, 0));
        let change = Change {
            process: place,
            seat: shape.next,
            ledger: shape.ledger,
            coins: shape.coins,
            spent: packed,
            gone,
            sends: &sends,
            crashed: shape.crashed,
            restarts_left: self.scope.restarts > spent.restarts && !spent.calm,
        };
        let moved = shape.crashed || shape.restarted;
        let judged = (shape.ledger != state.ledger() || moved).then(|| {
            let (mut case, bit) = (self.case(state, false), 1u64 << place);
            if shape.crashed {
                case.down |= bit;
            } else if shape.restarted {
                case.down &= !bit;
            }
            (shape.ledger, case)
        });
        let print = if wires.fifo || moved {
            compose(state, &change, (roll, wires), &mut self.tables, &mut self.out);
            let next = State { words: &self.out, n: self.n };
            next.print(wires.fifo, &mut self.tables)
        } else {
            self.print_after(state, &change, at)
        };
        let offer = Offer { print, step, judged, cited };
        let tables = &mut self.tables;
        sink.offer(&offer, &mut |out| compose(state, &change, (roll, wires), tables, out));
        self.tables.known[at].landing.sends = sends;
    }

    /// The print after a change, from the print before.
    #[inline]
    fn print_after(&mut self, state: State<'_>, change: &Change<'_>, at: usize) -> Print {
        let Base { roll, wires, spent, mut print, .. } = self.known;
        let swap = |print: Print, part: Part, old: u32, new: u32| {
            if old == new {
                return print;
            }
            print.wrapping_sub(mix(part, u64::from(old))).wrapping_add(mix(part, u64::from(new)))
        };
        print = swap(print, Part::Seat, state.seats()[change.process], change.seat);
        print = swap(print, Part::Ledger, state.ledger(), change.ledger);
        print = swap(print, Part::Coins, state.coins(), change.coins);
        let before = spent.pack();
        if before != change.spent {
            print = print
                .wrapping_sub(spent_print(before[0], before[1]))
                .wrapping_add(spent_print(change.spent[0], change.spent[1]));
        }
        for event in &state.messages()[change.gone.0..change.gone.1] {
            print = print.wrapping_sub(mix(Part::Message, u64::from(*event)));
        }
        if roll.down | roll.traitors == 0 && !wires.any_number {
            let known = &self.tables.known[at];
            return print.wrapping_add(if wires.mark == 0 { known.strong } else { known.weak });
        }
        for (k, event) in change.sends.iter().enumerate() {
            let receiver = self.tables.event(*event).to;
            let sent = addressed(*event, receiver, roll, wires, change.restarts_left);
            let Some(event) = sent else { continue };
            // In a set, what is there already, or sent twice in one step, counts once.
            let known = wires.any_number
                && (state.messages().binary_search(&event).is_ok()
                    || change.sends[..k].iter().any(|sent| sent | WEAK == event | WEAK));
            if !known {
                print = print.wrapping_add(mix(Part::Message, u64::from(event)));
            }
        }
        print
    }

    /// From here on nothing fails: what is on its way over lossy links has arrived or never will.
    fn calm(&mut self, state: State<'_>, sink: &mut impl Sink) {
        let down = self.known.roll.down.count_ones();
        if !self.scope.calm || down > u32::from(self.scope.faulty_max) {
            return;
        }
        let spent = Spent { calm: true, ..Spent::default() }.pack();
        self.out.clear();
        self.out.extend_from_slice(state.seats());
        self.out.extend([state.ledger(), state.coins(), spent[0], spent[1]]);
        if !self.known.wires.lossy {
            self.out.extend_from_slice(state.messages());
        }
        let words = std::mem::take(&mut self.out);
        let next = State { words: &words, n: self.n };
        let print = next.print(self.scope.fifo, &mut self.tables);
        let step = Step { kind: Kind::Calm, process: 0, event: 0, landing: 0 };
        let offer = Offer { print, step, judged: None, cited: 0 };
        sink.offer(&offer, &mut |out| {
            out.clear();
            out.extend_from_slice(&words);
        });
        self.out = words;
    }
}

/// What a step changes, before the messages.
#[derive(Clone, Copy)]
struct Shape {
    next: u32,
    ledger: u32,
    coins: u32,
    spent: Spent,
    crashed: bool,
    restarted: bool,
}
