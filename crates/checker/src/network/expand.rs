//! The successors of a state.

use super::collapse::Locals;
use super::coverage::taken;
use super::cut_off::CutOff;
pub(crate) use super::offers::{Kind, Offer, Sink, Step};
use super::orbits::Orbits;
use super::print::{Part, Print, mix};
use super::scope::Scope;
use super::state::{
    Change, Coins, Roll, Spent, State, TOSSES_MAX, Wires, addressed, compose, members, spent_print,
};
use super::tables::{Case, Tables, WEAK};

/// What else is known of a state once it was expanded.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Expanded {
    /// If nothing more must happen: the ledger, and the case for the judge.
    pub(crate) end: Option<(u32, Case)>,
    /// Whether something more must happen, and a bound forbids it.
    pub(crate) cut_off: CutOff,
}

/// Makes successors.
pub(crate) struct Expander<'s> {
    pub(crate) tables: Tables<'s>,
    pub(crate) scope: &'s Scope,
    pub(crate) n: usize,
    pub(crate) base: Base,
    out: Vec<u32>,
    /// The messages that the step under way takes, by their places in order.
    pub(crate) gone: Vec<usize>,
    /// The steps before the last one.
    pub(crate) before: Vec<Step>,
    /// What processes can do with what is on its way to them.
    pub(crate) locals: Locals,
    /// Whether chance is weighed: deliveries are put off only where that changes no probability.
    pub(crate) weighs: bool,
    /// What names may be exchanged, if any.
    pub(crate) orbits: Option<Orbits>,
    /// The bits of a print that are kept.
    pub(crate) mask: Print,
    /// Whether messages that are past are dropped.
    pub(crate) drops: bool,
}

/// What all successors of a state have in common.
#[derive(Clone, Copy)]
pub(crate) struct Base {
    pub(crate) print: Print,
    pub(crate) roll: Roll,
    pub(crate) wires: Wires,
    pub(crate) spent: Spent,
    pub(crate) cut_off: CutOff,
    /// The rules that fired in steps that are put off.
    pub(crate) cited: u64,
    /// Whether steps can be plain.
    pub(crate) plain: bool,
    /// Whether a process may crash, and whether it would be for good.
    pub(crate) crash: (bool, bool),
}

/// What is still owed in a state.
#[derive(Clone, Copy, Default)]
pub(crate) struct Owed {
    pub(crate) messages: bool,
    pub(crate) requests: bool,
    pub(crate) timers: bool,
}

impl<'s> Expander<'s> {
    pub(crate) fn new(tables: Tables<'s>, scope: &'s Scope, n: usize) -> Self {
        let base = Base {
            print: 0,
            roll: Roll::default(),
            wires: Wires::of(scope, false),
            spent: Spent::default(),
            cut_off: CutOff::default(),
            cited: 0,
            plain: false,
            crash: (false, false),
        };
        let drops = tables.source().drops();
        Self {
            tables,
            scope,
            n,
            base,
            out: Vec::new(),
            gone: Vec::new(),
            before: Vec::new(),
            locals: Locals::default(),
            weighs: false,
            orbits: None,
            mask: Print::MAX,
            drops,
        }
    }

    /// Hands every successor of a state to `sink`.
    pub(crate) fn expand(&mut self, words: &[u32], print: Print, sink: &mut impl Sink) -> Expanded {
        let state = State { words, n: self.n };
        let spent = state.spent();
        let mut roll = Roll::of(state, &mut self.tables);
        if spent.calm {
            // Nothing fails any more: whoever was to stop has stopped.
            roll.up &= !roll.doomed | roll.traitors;
        }
        let wires = Wires::of(self.scope, spent.calm);
        let (cut_off, crash) = (CutOff::default(), (false, false));
        self.base = Base { print, roll, wires, spent, cut_off, cited: 0, plain: false, crash };
        self.base.plain = self.is_plain();
        self.base.crash = self.crashes();
        if roll.spies != 0 && self.overhear(state, sink) {
            return Expanded { end: None, cut_off: self.base.cut_off };
        }
        if let Some(at) = members(roll.up & roll.first).next() {
            self.requests(state, at, sink);
            self.mishaps(state, at, sink);
            return Expanded { end: None, cut_off: self.base.cut_off };
        }
        let collapse = self.scope.collapse && roll.spies == 0;
        let owed = match collapse && !wires.fifo && !spent.calm {
            true => self.put_off(state, sink),
            false => self.one_by_one(state, sink),
        };
        if !spent.calm {
            for at in members(roll.down) {
                self.mishaps(state, at, sink);
            }
            self.calm(state, sink);
        }
        let all_up = roll.down.count_ones() <= u32::from(self.scope.faulty_max);
        let done = !owed.messages && !owed.requests && !owed.timers;
        let over = done && all_up && (spent.calm || !self.scope.calm);
        let end = over.then(|| (state.ledger(), self.case(state, true)));
        Expanded { end, cut_off: self.base.cut_off }
    }

    /// About how many bytes the tables take, those of the other workers not counted.
    pub(crate) fn bytes(&self) -> u64 {
        let orbits = self.orbits.as_ref().map_or(0, Orbits::bytes);
        self.tables.bytes() + orbits
    }

    /// The case of a state that is not being expanded.
    pub(crate) fn case_of(&mut self, state: State<'_>, settled: bool) -> Case {
        self.base.roll = Roll::of(state, &mut self.tables);
        self.case(state, settled)
    }

    fn case(&self, state: State<'_>, settled: bool) -> Case {
        let Roll { down, traitors, doomed, .. } = self.base.roll;
        let lost = u32::from(!state.messages().is_empty());
        Case { down: down | doomed, traitors, settled, lost }
    }

    /// Every event that changes more than what a process remembers, after the deliveries that
    /// matter to it.
    fn put_off(&mut self, state: State<'_>, sink: &mut impl Sink) -> Owed {
        let roll = self.base.roll;
        let mut owed = Owed::default();
        for at in members(roll.up) {
            let correct = roll.mark_of(at as u16) == 0;
            owed.messages |= self.compounds(state, at, sink) && correct;
            let info = self.tables.seat(state.seats()[at]);
            owed.requests |= info.request.is_some() && correct;
            let running = !info.timers.is_empty();
            owed.timers |= running && correct;
            // Where a calm follows, every run goes on in it.
            self.base.cut_off.timers |= running && !self.timers_left() && !self.scope.calm;
        }
        owed
    }

    /// Lets an event happen to a process, in full and cut short by a crash.
    #[inline]
    pub(crate) fn happens(
        &mut self,
        state: State<'_>,
        process: u16,
        kind: Kind,
        event: u32,
        sink: &mut impl Sink,
    ) {
        self.lands(state, process, kind, event, sink);
        let (crash, for_good) = self.base.crash;
        if crash && !matches!(kind, Kind::Crash | Kind::Flip) {
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

    /// Hands out where the last step of a move lands, if it may be taken and changes anything.
    #[inline]
    pub(crate) fn land(
        &mut self,
        state: State<'_>,
        seat: u32,
        step: Step,
        at: usize,
        sink: &mut impl Sink,
    ) {
        if !(self.base.plain && self.land_plainly(state, (seat, step), at, sink)) {
            self.land_anyhow(state, seat, step, at, sink);
        }
    }

    #[inline]
    fn spend(&self, kind: Kind, crashed: bool) -> Option<Spent> {
        let mut spent = self.base.spent;
        if matches!(kind, Kind::Deliver | Kind::Request) && !crashed && self.scope.lies.is_none() {
            return Some(spent);
        }
        match kind {
            Kind::Timer if !spent.calm && self.scope.timers.is_some() => spent.timers += 1,
            Kind::Restart => spent.restarts += 1,
            Kind::Flip | Kind::Garble => spent.flips += 1,
            _ => {}
        }
        if let Some(most) = self.scope.lies {
            let said = |step: &&Step| step.kind == Kind::Word;
            let words = self.before.iter().filter(said).count() as u16;
            spent.lies += words + u16::from(kind == Kind::Word);
            if spent.lies > most {
                return None;
            }
        }
        spent.crashes += u8::from(crashed);
        Some(spent)
    }

    /// As [`Expander::land`], for any step.
    fn land_anyhow(
        &mut self,
        state: State<'_>,
        seat: u32,
        step: Step,
        at: usize,
        sink: &mut impl Sink,
    ) {
        let landing = &self.tables.known[at].landing;
        // In the calm it is counted how often a timer goes off, even one that changes nothing.
        let counted = step.kind == Kind::Timer && self.base.spent.calm && self.scope.pace.is_some();
        let still = landing.is_still(seat) && !counted;
        let cited = landing.cited;
        if still && self.gone.is_empty() {
            if cited == 0 || step.kind != Kind::Deliver {
                return sink.still(step);
            }
            if self.before.is_empty() && landing.tosses.is_empty() {
                self.tables.known[at].taken |= self.when();
                return sink.stay(step, cited);
            }
        }
        let (next, entry, crashed) = (landing.seat, landing.entry, landing.crashed);
        if landing.tosses.iter().any(|(toss, _)| *toss >= TOSSES_MAX) {
            self.base.cut_off.tosses = true;
            return;
        }
        let coins = Coins(state.coins()).with(&landing.tosses);
        let (Some(Coins(coins)), Some(mut spent)) = (coins, self.spend(step.kind, crashed)) else {
            return;
        };
        if spent.calm && self.scope.pace.is_some() {
            spent.overtaken = self.overtaken_after(state, step, at);
        }
        if let Some(last) = self.scope.rounds
            && self.tables.seat(next).round > last
        {
            self.base.cut_off.rounds = true;
            return;
        }
        let ledger = self.tables.enter(state.ledger(), step.process, entry);
        let restarted = step.kind == Kind::Restart;
        let shape = Shape { next, ledger, coins, spent, crashed, restarted };
        self.emit(state, (step, seat), at, shape, cited, sink);
    }

    fn emit(
        &mut self,
        state: State<'_>,
        (step, seat): (Step, u32),
        at: usize,
        shape: Shape,
        cited: u64,
        sink: &mut impl Sink,
    ) {
        let Base { roll, wires, spent, .. } = self.base;
        let place = usize::from(step.process);
        self.tables.known[at].taken |= self.when();
        let sends = std::mem::take(&mut self.tables.known[at].landing.sends);
        let gone = std::mem::take(&mut self.gone);
        let change = Change {
            process: place,
            seat: shape.next,
            ledger: shape.ledger,
            coins: shape.coins,
            spent: shape.spent.pack(),
            gone: &gone,
            sends: &sends,
            crashed: shape.crashed,
            restarts_left: self.scope.restarts > spent.restarts && !spent.calm,
            drops: self.drops,
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
        let whole = wires.fifo || moved || self.drops;
        if whole {
            compose(state, &change, (roll, wires), &mut self.tables, &mut self.out);
        }
        let print = self.mask
            & match whole {
                true => State { words: &self.out, n: self.n }.print(wires.fifo, &mut self.tables),
                false => self.print_after(state, &change, (seat, at)),
            };
        let orbit = match self.orbits.as_ref().map(|orbits| orbits.met(print)) {
            None => print,
            Some(Some(orbit)) => orbit,
            Some(None) => {
                if !whole {
                    compose(state, &change, (roll, wires), &mut self.tables, &mut self.out);
                }
                self.orbit_of_out(print)
            }
        };
        self.before.push(step);
        let cited = cited | self.base.cited;
        let offer = Offer { print, orbit, steps: &self.before, judged, cited };
        let tables = &mut self.tables;
        sink.offer(&offer, &mut |out| compose(state, &change, (roll, wires), tables, out));
        self.before.pop();
        self.gone = gone;
        self.tables.known[at].landing.sends = sends;
    }

    /// The mark of a local step that is taken now.
    fn when(&self) -> u8 {
        if self.base.spent.calm { taken::IN_CALM } else { taken::BEFORE_CALM }
    }

    /// The print of the orbit of the state that was put into words last.
    fn orbit_of_out(&mut self, print: Print) -> Print {
        let words = std::mem::take(&mut self.out);
        let orbit = self.orbit(State { words: &words, n: self.n }, print);
        self.out = words;
        orbit
    }

    /// The print under which a state is remembered.
    pub(crate) fn orbit(&mut self, state: State<'_>, print: Print) -> Print {
        match &mut self.orbits {
            None => print,
            Some(orbits) => orbits.print(state, print, self.scope.fifo, &mut self.tables),
        }
    }

    /// The print after a change, from the print before.
    #[inline]
    fn print_after(
        &mut self,
        state: State<'_>,
        change: &Change<'_>,
        (seat, at): (u32, usize),
    ) -> Print {
        let Base { roll, wires, spent, mut print, .. } = self.base;
        let swap = |print: Print, part: Part, old: u32, new: u32| {
            if old == new {
                return print;
            }
            print.wrapping_sub(mix(part, u64::from(old))).wrapping_add(mix(part, u64::from(new)))
        };
        let before = state.seats()[change.process];
        print = match before == seat {
            true => print.wrapping_add(self.tables.known[at].turn),
            false => swap(print, Part::Seat, before, change.seat),
        };
        print = swap(print, Part::Ledger, state.ledger(), change.ledger);
        print = swap(print, Part::Coins, state.coins(), change.coins);
        let before = spent.pack();
        if before != change.spent {
            print = print
                .wrapping_sub(spent_print(before[0], before[1]))
                .wrapping_add(spent_print(change.spent[0], change.spent[1]));
        }
        for place in change.gone {
            print = print.wrapping_sub(mix(Part::Message, u64::from(state.messages()[*place])));
        }
        if roll.down | roll.traitors | roll.doomed == 0 && !wires.any_number {
            let known = &self.tables.known[at];
            return print.wrapping_add(if wires.mark == 0 { known.strong } else { known.weak });
        }
        let own = roll.mark_of(change.process as u16);
        for (k, event) in change.sends.iter().enumerate() {
            let receiver = self.tables.event(*event).to;
            let sent = addressed(*event, receiver, roll, wires, change.restarts_left);
            let Some(event) = sent.map(|event| event | own) else { continue };
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
        let down = self.base.roll.down.count_ones();
        if !self.scope.calm || down > u32::from(self.scope.faulty_max) {
            return;
        }
        let spent = Spent { calm: true, ..Spent::default() }.pack();
        self.out.clear();
        self.out.extend_from_slice(state.seats());
        self.out.extend([state.ledger(), state.coins(), spent[0], spent[1]]);
        if !self.base.wires.lossy {
            self.out.extend_from_slice(state.messages());
        }
        let words = std::mem::take(&mut self.out);
        let next = State { words: &words, n: self.n };
        let print = self.mask & next.print(self.scope.fifo, &mut self.tables);
        let orbit = self.orbit(next, print);
        let steps = [Step { kind: Kind::Calm, process: 0, event: 0, landing: 0 }];
        let offer = Offer { print, orbit, steps: &steps, judged: None, cited: 0 };
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
