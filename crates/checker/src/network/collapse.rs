//! Deliveries that are put off until they matter: a reduction of the order of deliveries.
//!
//! A delivery is *silent* if it changes only what the receiver remembers: it sends, stores and
//! hands out nothing, and sets no timer. Nobody else can tell when it happens. So in any run it may
//! be moved to the right, past whatever happens elsewhere, up to the next event at its receiver,
//! and past that event too if the two commute there. What is left, once no silent delivery can be
//! moved, is a run in *compound moves*: at one process, silent deliveries each of which matters to
//! the event that follows, and that event. A silent delivery that matters to no event is never
//! made: it would change nothing that a requirement can see. A message that is ignored is silent
//! too: it matters to an event after which it would not be ignored. The words of traitors are
//! delivered in the same way, and need not be said until they matter.
//!
//! Every run of the whole model has a run in compound moves with the same outputs in the same order
//! at each process, so that the same requirements break, those included that are judged once all
//! that must arrive has arrived. This is the idea of reductions by commutativity (Lipton 1975;
//! Godefroid 1996), with dependence decided by looking at local steps themselves.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::expand::{Expander, Kind, Sink, Step};
use super::state::State;
use super::tables::WEAK;

/// The most ways to remember silent deliveries that are looked at for one local state.
const NODES_MAX: usize = 1 << 14;
/// The most deliveries that are looked at: one bit for each in the set of those made.
const ITEMS_MAX: usize = 63;

/// Something that can be delivered: a message on its way, or a word.
#[derive(Clone, Copy)]
struct Item {
    event: u32,
    kind: Kind,
    /// Whether it must arrive.
    owed: bool,
}

/// A process after some silent deliveries.
struct Node {
    seat: u32,
    /// Which items were delivered, and in which order.
    used: u64,
    order: Vec<u8>,
    cited: u64,
}

/// Silent deliveries, and the event to which each of them matters.
#[derive(Debug)]
struct Compound {
    before: Vec<Step>,
    last: Step,
    /// The seat from which the last step starts.
    seat: u32,
    /// Which of the messages on their way to the process are taken.
    taken: Vec<u8>,
    cited: u64,
}

/// What one process can do with what is on its way to it.
#[derive(Debug)]
pub(crate) struct Local {
    compounds: Vec<Compound>,
    /// Whether all that must arrive can arrive silently.
    settles: bool,
    /// Whether there was too much to look at, so that every event is a move of its own.
    plain: bool,
}

impl Local {
    /// The silent deliveries that come before each event.
    pub(crate) fn chains(&self) -> impl Iterator<Item = &[Step]> {
        self.compounds.iter().map(|compound| &compound.before[..])
    }

    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> u64 {
        let steps: usize = self.compounds.iter().map(|c| c.before.capacity()).sum();
        let compounds = self.compounds.capacity() * (size_of::<Compound>() + 16);
        (steps * size_of::<Step>() + compounds + 96) as u64
    }
}

impl Default for Local {
    fn default() -> Self {
        Self { compounds: Vec::new(), settles: false, plain: true }
    }
}

/// A seat, what may happen to it, and the messages on their way to it.
pub(crate) type Locals = FxHashMap<Box<[u32]>, Arc<Local>>;

impl Expander<'_> {
    /// Hands out every compound move of one process; true if something must still arrive that is
    /// not silent.
    pub(super) fn compounds(&mut self, state: State<'_>, at: usize, sink: &mut impl Sink) -> bool {
        let seat = state.seats()[at];
        let mut places = Vec::new();
        let mut key = vec![seat, self.permits()];
        for (place, event) in state.messages().iter().enumerate() {
            if usize::from(self.tables.event(*event).to) == at {
                places.push(place);
                key.push(*event);
            }
        }
        let local = match self.locals.get(key.as_slice()) {
            Some(local) => Arc::clone(local),
            None => {
                let local = self.tables.local(&key).unwrap_or_else(|| {
                    let who = (at as u16, seat);
                    let local = self.local(who, &key[2..], true);
                    let local = local.or_else(|| self.local(who, &key[2..], false));
                    let local = Arc::new(local.unwrap_or_default());
                    self.tables.keep_local(&key, &local);
                    local
                });
                self.locals.insert(key.into(), Arc::clone(&local));
                local
            }
        };
        if local.plain {
            return self.plainly(state, at, &places, sink);
        }
        let once = !self.base.wires.any_number;
        for compound in &local.compounds {
            if once {
                self.gone.extend(compound.taken.iter().map(|k| places[usize::from(*k)]));
            }
            self.before.extend_from_slice(&compound.before);
            self.base.cited = compound.cited;
            let (from, _) = self.tables.land(compound.seat, compound.last.event);
            let known = (from + compound.last.landing) as usize;
            self.land(state, compound.seat, compound.last, known, sink);
            self.base.cited = 0;
            self.before.clear();
            self.gone.clear();
        }
        !local.settles
    }

    /// What may happen besides deliveries, and whether chance is weighed, as one number.
    fn permits(&self) -> u32 {
        let (crash, for_good) = self.base.crash;
        let flips = self.base.spent.flips < self.scope.flips;
        let flags = [self.timers_left(), crash, for_good, flips, self.weighs];
        flags.iter().enumerate().fold(0, |set, (at, flag)| set | u32::from(*flag) << at)
    }

    /// What a process can do with these messages, `late` ones included or with words alone put off;
    /// `None` if there is too much to look at.
    fn local(&mut self, who: (u16, u32), messages: &[u32], late: bool) -> Option<Local> {
        let (process, seat) = who;
        let message = |event: &u32| {
            let owed = event & WEAK == 0;
            Item { event: event & !WEAK, kind: Kind::Deliver, owed }
        };
        let mut items: Vec<Item> = messages.iter().map(message).collect();
        let mut compounds = Vec::new();
        let mut nodes = vec![Node { seat, used: 0, order: Vec::new(), cited: 0 }];
        let mut met = FxHashSet::from_iter([(seat, 0u64)]);
        let mut next = 0;
        while next < nodes.len() {
            if nodes.len() > NODES_MAX || !self.more_words(nodes[next].seat, &mut items) {
                return None;
            }
            self.triggers((process, seat, late), (&items, &nodes[next]), &mut compounds);
            for place in 0..items.len() {
                let waits = late || items[place].kind == Kind::Word;
                if !waits || !may_use(&items, nodes[next].used, place) {
                    continue;
                }
                let (item, node) = (items[place], &nodes[next]);
                let Some((after, cited)) = self.silent(node.seat, item.event) else { continue };
                let used = node.used | 1 << place;
                // A word can be said again, so that only what it left behind counts.
                let taken = used & ((1 << messages.len()) - 1);
                // A message that is ignored is gone all the same, unless it can arrive again.
                let again = self.base.wires.any_number || item.kind == Kind::Word;
                if (after == node.seat && again) || !met.insert((after, taken)) {
                    continue;
                }
                let mut order = node.order.clone();
                order.push(place as u8);
                let cited = node.cited | cited;
                nodes.push(Node { seat: after, used, order, cited });
            }
            next += 1;
        }
        let settles = match late {
            true => self.can_take_all(seat, &items),
            false => !items.iter().any(|item| item.owed),
        };
        Some(Local { compounds, settles, plain: false })
    }

    /// Adds what traitors can say to a process in this state, if that is not too much.
    fn more_words(&mut self, seat: u32, items: &mut Vec<Item>) -> bool {
        for event in &self.tables.seat(seat).words {
            let known = |item: &Item| item.kind == Kind::Word && item.event == *event;
            if !items.iter().any(known) {
                items.push(Item { event: *event, kind: Kind::Word, owed: false });
            }
        }
        items.len() <= ITEMS_MAX
    }

    /// Hands out every event of one process on its own, where there is too much to look at what
    /// can be put off; true if something must still arrive.
    fn plainly(
        &mut self,
        state: State<'_>,
        at: usize,
        places: &[usize],
        sink: &mut impl Sink,
    ) -> bool {
        let process = at as u16;
        let mut owed = false;
        let mut before = u32::MAX;
        for place in places {
            let event = state.messages()[*place];
            owed |= event & WEAK == 0;
            if event == before {
                continue;
            }
            before = event;
            if !self.base.wires.any_number {
                self.gone.push(*place);
            }
            self.happens(state, process, Kind::Deliver, event & !WEAK, sink);
            if self.base.spent.flips < self.scope.flips {
                let garbled = self.tables.garbled(event & !WEAK);
                self.happens(state, process, Kind::Garble, garbled, sink);
            }
            self.gone.clear();
        }
        self.words(state, at, sink);
        self.requests(state, at, sink);
        self.timers(state, at, sink, true);
        self.mishaps(state, at, sink);
        owed
    }

    /// Where a delivery leads, and the rules that fired, if it is silent and can go one way only.
    fn silent(&mut self, seat: u32, event: u32) -> Option<(u32, u64)> {
        let (from, to) = self.tables.land(seat, event);
        if to != from + 1 {
            return None;
        }
        let landing = &self.tables.known[from as usize].landing;
        let (next, cited) = (landing.seat, landing.cited);
        if !landing.silent || self.weighs && self.changes_round(seat, next) {
            return None;
        }
        Some((next, cited))
    }

    /// Whether a step leads into another round, by which probabilities are told.
    fn changes_round(&mut self, seat: u32, next: u32) -> bool {
        self.tables.seat(seat).round != self.tables.seat(next).round
    }

    /// Whether everything that must arrive can arrive silently.
    fn can_take_all(&mut self, seat: u32, items: &[Item]) -> bool {
        let owed: Vec<u32> = items.iter().filter(|i| i.owed).map(|i| i.event).collect();
        let all = (1u64 << owed.len()) - 1;
        let mut nodes = vec![(seat, 0u64)];
        let mut met = FxHashSet::from_iter([(seat, 0u64)]);
        while let Some((seat, used)) = nodes.pop() {
            if used == all {
                return true;
            }
            for (place, event) in owed.iter().enumerate().filter(|(at, _)| used >> at & 1 == 0) {
                if let Some((after, _)) = self.silent(seat, *event)
                    && met.insert((after, used | 1 << place))
                {
                    nodes.push((after, used | 1 << place));
                }
            }
        }
        false
    }

    /// Every event that is not silent after these silent deliveries, if each matters to it.
    fn triggers(
        &mut self,
        who: (u16, u32, bool),
        (items, node): (&[Item], &Node),
        out: &mut Vec<Compound>,
    ) {
        let seat = node.seat;
        let mut events: Vec<(Kind, u32, Option<u8>)> = Vec::new();
        let flips = self.base.spent.flips < self.scope.flips;
        for place in (0..items.len()).filter(|place| may_use(items, node.used, *place)) {
            let Item { event, kind, .. } = items[place];
            let taken = (kind == Kind::Deliver).then_some(place as u8);
            events.push((kind, event, taken));
            if kind == Kind::Deliver && flips {
                events.push((Kind::Garble, self.tables.garbled(event), taken));
            }
        }
        let timers_left = self.timers_left();
        let info = Arc::clone(&self.tables.seats[seat as usize]);
        events.extend(info.request.map(|event| (Kind::Request, event, None)));
        let timers = info.timers.iter().filter(|_| timers_left);
        events.extend(timers.map(|event| (Kind::Timer, *event, None)));
        for (mishap, event) in &info.mishaps {
            events.extend(self.may(*mishap).map(|kind| (kind, *event, None)));
        }
        let (crash, for_good) = self.base.crash;
        for (kind, event, taken) in events {
            self.trigger(who, (items, node), (kind, event, taken), out);
            if crash && !matches!(kind, Kind::Crash | Kind::Flip) {
                let cut = self.tables.cut(event, for_good);
                self.trigger(who, (items, node), (kind, cut, taken), out);
            }
        }
    }

    fn trigger(
        &mut self,
        (process, start, late): (u16, u32, bool),
        (items, node): (&[Item], &Node),
        (kind, event, taken): (Kind, u32, Option<u8>),
        out: &mut Vec<Compound>,
    ) {
        let silent = self.silent(node.seat, event).is_some();
        let delivered = kind == Kind::Word || (late && kind == Kind::Deliver);
        if silent && delivered {
            return;
        }
        let (from, to) = self.tables.land(node.seat, event);
        for known in from..to {
            // Where chance is weighed, what matters to one way of an event is done before all.
            let ways = if self.weighs { from..to } else { known..known + 1 };
            if !self.all_matter(start, items, node, event, ways) {
                continue;
            }
            let step = |place: &u8| {
                let Item { kind, event, .. } = items[usize::from(*place)];
                Step { kind, process, event, landing: 0 }
            };
            let message = |place: &&u8| items[usize::from(**place)].kind == Kind::Deliver;
            let mut taken: Vec<u8> =
                node.order.iter().filter(message).copied().chain(taken).collect();
            taken.sort_unstable();
            out.push(Compound {
                before: node.order.iter().map(step).collect(),
                last: Step { kind, process, event, landing: known - from },
                seat: node.seat,
                taken,
                cited: node.cited,
            });
        }
    }

    /// Whether every one of some silent deliveries matters to a landing that follows them, of
    /// these: it cannot be made after it, with the same result.
    fn all_matter(
        &mut self,
        start: u32,
        items: &[Item],
        node: &Node,
        event: u32,
        ways: std::ops::Range<u32>,
    ) -> bool {
        (0..node.order.len()).all(|left_out| {
            let mut seat = start;
            for (k, place) in node.order.iter().enumerate() {
                if k == left_out {
                    continue;
                }
                match self.silent(seat, items[usize::from(*place)].event) {
                    Some((after, _)) => seat = after,
                    None => return true,
                }
            }
            let late = items[usize::from(node.order[left_out])].event;
            ways.clone().any(|known| !self.comes_to_the_same(seat, event, late, known))
        })
    }

    /// Whether an event and then a late delivery lead where a landing leads.
    fn comes_to_the_same(&mut self, seat: u32, event: u32, late: u32, known: u32) -> bool {
        let (from, to) = self.tables.land(seat, event);
        for other in from..to {
            let wanted = &self.tables.known[known as usize].landing;
            let landing = &self.tables.known[other as usize].landing;
            let alike = landing.sends == wanted.sends
                && landing.entry == wanted.entry
                && landing.tosses == wanted.tosses
                && landing.crashed == wanted.crashed
                && !(self.weighs && landing.how.chance != wanted.how.chance);
            let (next, goal, crashed) = (landing.seat, wanted.seat, wanted.crashed);
            if !alike {
                continue;
            }
            let same = match crashed {
                true => next == goal,
                false => self.silent(next, late).is_some_and(|(after, _)| after == goal),
            };
            if same {
                return true;
            }
        }
        false
    }
}

/// Whether an item may be used next: of several that are alike, the first that is left.
fn may_use(items: &[Item], used: u64, place: usize) -> bool {
    let free = |at: usize| used >> at & 1 == 0;
    let alike =
        |at: usize| items[at].event == items[place].event && items[at].kind == items[place].kind;
    free(place) && (place == 0 || !alike(place - 1) || !free(place - 1))
}
