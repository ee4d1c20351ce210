//! What the adversary can do to one receiver in one round.

use std::rc::Rc;

use quorate_kernel::{Faults, Process, Traitor};
use rustc_hash::FxHashMap;

use crate::question::{Price, Stop, Watch};
use crate::table::{Landing, Tables, Words};

/// Everything about a round that is fixed before receivers are looked at one by one.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) round: u16,
    /// Who crashes in this round.
    pub(crate) crashing: u64,
    /// How many bits may still flip.
    pub(crate) flips_left: u16,
    /// What traitors have seen, this round included.
    pub(crate) knowledge: u32,
}

/// Something that can become of one message to one receiver.
#[derive(Clone, Debug)]
pub(crate) struct Alternative {
    /// What arrives; 0 for nothing.
    pub(crate) message: u32,
    pub(crate) price: Price,
    pub(crate) flips: u16,
    /// In how many ways the adversary brings it about.
    pub(crate) ways: u128,
    pub(crate) deed: Deed,
}

/// What the adversary does for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Deed {
    Nothing,
    Cut,
    Omit,
    Miss,
    /// The reading of the vocabulary; `None` if the word is the truth or silence.
    Say(Option<Vec<u32>>),
    Flip(u32),
}

/// A sender whose message to the receiver the adversary has a say in.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) sender: usize,
    pub(crate) alternatives: Vec<Alternative>,
}

/// A state and decision that the adversary can bring a receiver to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    pub(crate) landing: Landing,
    pub(crate) price: Price,
    pub(crate) flips: u16,
    pub(crate) ways: u128,
}

/// Faulty set, round, receiver, its state, who crashes, flips left, knowledge, inbox.
type Key = (u64, u16, u16, u32, u64, u16, u32, u32);

/// The choices of every receiver, each found once.
pub(crate) struct Chooser {
    faults: Faults,
    traitors: Vec<Process>,
    mask: u64,
    /// The most faults that a run may have in this search.
    limit: u32,
    found: FxHashMap<Key, Rc<[Choice]>>,
    words: FxHashMap<(u64, u16, u16, u16, u32), Rc<Words>>,
}

impl Chooser {
    pub(crate) fn new(faults: Faults, limit: u32) -> Self {
        let (found, words) = Default::default();
        Self { faults, traitors: Vec::new(), mask: 0, limit, found, words }
    }

    /// About how many bytes the choices take that were found.
    pub(crate) fn kept_bytes(&self) -> u64 {
        self.found.len() as u64 * 256
    }

    /// Forgets the choices that were found: they are kept only to save time.
    pub(crate) fn forget(&mut self) {
        self.found = FxHashMap::default();
    }

    /// Turns to another set of faulty processes.
    pub(crate) fn faulty(&mut self, set: impl Iterator<Item = Process>) {
        self.traitors = set.collect();
        self.mask = self.traitors.iter().fold(0, |mask, p| mask | 1 << p.0);
    }

    pub(crate) fn is_faulty(&self, p: Process) -> bool {
        self.mask >> p.0 & 1 == 1
    }

    /// The distinct landings of `who`, which is in `state` and would receive `inbox`.
    pub(crate) fn choices<R: Traitor>(
        &mut self,
        tables: &mut Tables<'_, R>,
        watch: &mut Watch<'_>,
        setting: &Setting,
        who: Process,
        state: u32,
        inbox: &[u32],
    ) -> Result<Rc<[Choice]>, Stop> {
        let key: Key = (
            self.mask,
            setting.round,
            who.0,
            state,
            setting.crashing,
            setting.flips_left,
            setting.knowledge,
            tables.inboxes.list(inbox),
        );
        if let Some(found) = self.found.get(&key) {
            return Ok(Rc::clone(found));
        }
        let points = self.points(tables, setting, who, inbox)?;
        let mut stopped = Ok(());
        let mut found: Vec<Choice> = Vec::new();
        let mut places: FxHashMap<(Landing, u16), usize> = FxHashMap::default();
        let free = Choice { landing: NOWHERE, price: Price::FREE, flips: 0, ways: 1 };
        let mut walk = Walk { limit: self.limit, flips_left: setting.flips_left, points: &points };
        walk.go(0, &mut inbox.to_vec(), free, &mut Vec::new(), &mut |inbox, so_far, _| {
            stopped = watch.look();
            if stopped.is_err() {
                return false;
            }
            let landing = tables.step(setting.round, who, state, inbox);
            let place = *places.entry((landing, so_far.flips)).or_insert_with(|| {
                found.push(Choice { landing, ways: 0, ..so_far });
                found.len() - 1
            });
            let choice = &mut found[place];
            choice.ways = choice.ways.saturating_add(so_far.ways);
            choice.price = choice.price.min(so_far.price);
            true
        });
        stopped?;
        let found: Rc<[Choice]> = found.into();
        self.found.insert(key, Rc::clone(&found));
        Ok(found)
    }

    /// The deeds of one cheapest way to a choice, by sender.
    pub(crate) fn deeds<R: Traitor>(
        &mut self,
        tables: &mut Tables<'_, R>,
        setting: &Setting,
        (who, state): (Process, u32),
        inbox: &[u32],
        wanted: &Choice,
    ) -> Result<Vec<(usize, Alternative)>, Stop> {
        let points = self.points(tables, setting, who, inbox)?;
        let mut deeds = Vec::new();
        let free = Choice { landing: NOWHERE, price: Price::FREE, flips: 0, ways: 1 };
        let mut walk = Walk { limit: self.limit, flips_left: setting.flips_left, points: &points };
        walk.go(0, &mut inbox.to_vec(), free, &mut Vec::new(), &mut |inbox, so_far, taken| {
            let fits = so_far.price == wanted.price
                && so_far.flips == wanted.flips
                && tables.step(setting.round, who, state, inbox) == wanted.landing;
            if fits {
                let each = points.iter().zip(taken);
                deeds = each.map(|(p, at)| (p.sender, p.alternatives[*at].clone())).collect();
            }
            !fits
        });
        Ok(deeds)
    }

    fn points<R: Traitor>(
        &mut self,
        tables: &mut Tables<'_, R>,
        setting: &Setting,
        who: Process,
        inbox: &[u32],
    ) -> Result<Vec<Point>, Stop> {
        let mut points = Vec::new();
        for (sender, &honest) in inbox.iter().enumerate() {
            if sender == who.index() {
                continue;
            }
            let from = Process(sender as u16);
            if !self.may_touch(setting, from, who, honest) {
                continue;
            }
            let mut alternatives = vec![Alternative {
                message: honest,
                price: Price::FREE,
                flips: 0,
                ways: 1,
                deed: Deed::Nothing,
            }];
            if setting.crashing >> sender & 1 == 1 {
                cut(&mut alternatives, honest);
            } else if self.is_faulty(from) && self.faults == Faults::Byzantine {
                if self.is_faulty(who) {
                    continue;
                }
                self.lies(tables, setting, (from, who), &mut alternatives)?;
            } else {
                self.losses(from, who, honest, &mut alternatives);
            }
            if setting.flips_left > 0 && honest != 0 {
                for (bit, message) in tables.flipped_messages(honest) {
                    let (price, deed) = (Price::FAULT, Deed::Flip(bit));
                    alternatives.push(Alternative { message, price, flips: 1, ways: 1, deed });
                }
            }
            if alternatives.len() > 1 || alternatives[0].ways > 1 {
                points.push(Point { sender, alternatives });
            }
        }
        Ok(points)
    }

    /// Whether the adversary may have a say in what becomes of a message.
    fn may_touch(&self, setting: &Setting, from: Process, to: Process, honest: u32) -> bool {
        let crashes = setting.crashing >> from.0 & 1 == 1;
        let flips = setting.flips_left > 0 && honest != 0;
        crashes || flips || self.is_faulty(from) || self.is_faulty(to)
    }

    fn losses(&self, from: Process, to: Process, honest: u32, out: &mut Vec<Alternative>) {
        let deed = match self.faults {
            Faults::Omission | Faults::GeneralOmission if self.is_faulty(from) => Deed::Omit,
            Faults::GeneralOmission if self.is_faulty(to) => Deed::Miss,
            _ => return,
        };
        if honest != 0 {
            out.push(Alternative { message: 0, price: Price::FAULT, flips: 0, ways: 1, deed });
        }
    }

    /// All that a traitor may say instead of the truth, one alternative for each distinct message.
    fn lies<R: Traitor>(
        &mut self,
        tables: &mut Tables<'_, R>,
        setting: &Setting,
        (from, to): (Process, Process),
        out: &mut Vec<Alternative>,
    ) -> Result<(), Stop> {
        let honest = out[0].message;
        let key = (self.mask, setting.round, from.0, to.0, setting.knowledge);
        let words = match self.words.get(&key) {
            Some(words) => Rc::clone(words),
            None => {
                let words = tables
                    .words(setting.round, from, to, &self.traitors, setting.knowledge)
                    .map(Rc::new)
                    .ok_or(Stop::Vocabulary)?;
                self.words.insert(key, Rc::clone(&words));
                words
            }
        };
        let lie = |message, reading| Alternative {
            message,
            price: Price::FAULT,
            flips: 0,
            ways: 1,
            deed: Deed::Say(reading),
        };
        // Silence that some word already stands for is no case of its own.
        let silent = words.silence_is_a_word && !words.said.is_empty();
        if honest != 0 && !silent {
            out.push(lie(0, None));
        } else if honest == 0 && silent {
            out[0].ways = 0;
        }
        for (message, reading) in words.said.iter().filter(|(message, _)| *message != honest) {
            out.push(lie(*message, Some(reading.clone())));
        }
        Ok(())
    }
}

/// A crashing process reaches the receiver or does not.
fn cut(alternatives: &mut Vec<Alternative>, honest: u32) {
    if honest == 0 {
        alternatives[0].ways = 2;
        return;
    }
    let deed = Deed::Cut;
    alternatives.push(Alternative { message: 0, price: Price::LOST, flips: 0, ways: 1, deed });
}

const NOWHERE: Landing = Landing { state: 0, output: 0 };

/// What to do with an inbox, the sum so far, and the alternatives taken; `false` ends the walk.
type Leaf<'l> = dyn FnMut(&[u32], Choice, &[usize]) -> bool + 'l;

/// A walk through every combination of the alternatives of some points.
struct Walk<'p> {
    limit: u32,
    flips_left: u16,
    points: &'p [Point],
}

impl Walk<'_> {
    /// Calls `leaf` with the inbox, the sum so far and the alternatives taken, until it says no.
    fn go(
        &mut self,
        at: usize,
        inbox: &mut Vec<u32>,
        so_far: Choice,
        taken: &mut Vec<usize>,
        leaf: &mut Leaf<'_>,
    ) -> bool {
        let Some(point) = self.points.get(at) else { return leaf(inbox, so_far, taken) };
        let honest = inbox[point.sender];
        for (index, alternative) in point.alternatives.iter().enumerate() {
            let next = Choice {
                landing: NOWHERE,
                price: so_far.price.plus(alternative.price),
                flips: so_far.flips + alternative.flips,
                ways: so_far.ways.saturating_mul(alternative.ways),
            };
            if next.flips > self.flips_left || next.price.faults > self.limit {
                continue;
            }
            inbox[point.sender] = alternative.message;
            taken.push(index);
            let go_on = self.go(at + 1, inbox, next, taken, leaf);
            taken.pop();
            inbox[point.sender] = honest;
            if !go_on {
                return false;
            }
        }
        true
    }
}
