//! What a search came to: which faults met a process after which of its rules, and which
//! requirements anything was at stake for.
//!
//! Both are read off the local steps that were taken, after the search. A fault can depend on
//! nothing but the local state that it meets, so that local states are counted, and a local state
//! counts for each rule that can have been the last to fire on a way to it.

use std::collections::BTreeMap;

use quorate_kernel::{Deceit, Ledger, Links, Process, Seen};
use rustc_hash::{FxHashMap, FxHashSet};

use super::expand::{Expander, Kind, Step};
use super::roles::{Entry, Event, Roles};
use super::tables::Case;

/// How many times it is asked at most what an output would have broken.
const TRIES: usize = 200_000;

/// By fault, how many local states it met, by the rule that fired last on a way there; `u8::MAX`
/// where none had.
pub type Met = BTreeMap<String, BTreeMap<u8, u64>>;

/// The phase of a process none of whose rules has fired.
const BEFORE: u8 = u8::MAX;
/// The bit of that phase in a set of phases.
const NONE: u128 = 1 << 64;

/// Marks a local step that was taken, before the calm or in it.
pub(crate) mod taken {
    pub(crate) const BEFORE_CALM: u8 = 1;
    pub(crate) const IN_CALM: u8 = 1 << 1;
}

/// A local step: where it begins, what happens, and where it leads.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Local {
    pub(crate) seat: u32,
    pub(crate) event: u32,
    pub(crate) next: u32,
    /// Whether it flips a bit on a disk.
    pub(crate) disk: bool,
}

/// The local steps that were taken, and what was judged.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Taken {
    /// With the rules that fired, and when it was taken.
    pub(crate) steps: FxHashMap<Local, (u64, u8)>,
    pub(crate) judged: FxHashSet<(u32, Case)>,
}

impl Taken {
    /// Adds what a worker did.
    pub(crate) fn add(&mut self, expander: &mut Expander<'_>) {
        for (seat, event, known) in expander.tables.landed() {
            if known.taken != 0 {
                let landing = &known.landing;
                let disk = landing.how.bit.is_some_and(|(record, _)| record.is_some());
                let step = Local { seat, event, next: landing.seat, disk };
                self.note(step, landing.cited, known.taken);
            }
        }
        self.judged.extend(expander.tables.judged_cases());
        for (seat, steps) in expander.put_off_steps() {
            let mut seat = seat;
            for step in steps {
                let (from, _) = expander.tables.land(seat, step.event);
                let landing = &expander.tables.known[from as usize].landing;
                let local = Local { seat, event: step.event, next: landing.seat, disk: false };
                (seat, _) = (landing.seat, self.note(local, landing.cited, taken::BEFORE_CALM));
            }
        }
    }

    pub(crate) fn note(&mut self, step: Local, cited: u64, when: u8) {
        let (rules, known) = self.steps.entry(step).or_default();
        *rules |= cited;
        *known |= when;
    }

    pub(crate) fn merge(&mut self, other: Self) {
        other.steps.into_iter().for_each(|(step, (cited, when))| self.note(step, cited, when));
        self.judged.extend(other.judged);
    }

    /// In order, so that what is made of it does not depend on how workers shared the work.
    fn sorted(&self) -> Vec<(Local, u64, u8)> {
        let mut all: Vec<_> = self.steps.iter().map(|(step, (c, w))| (*step, *c, *w)).collect();
        all.sort_unstable_by_key(|(step, ..)| *step);
        all
    }
}

/// The phases of seats, as sets: bit k if rule k can have been the last to fire.
struct Phases(Vec<u128>);

impl Phases {
    fn new<P: Deceit>(roles: &mut Roles<'_, P>, steps: &[(Local, u64, u8)]) -> Self {
        let mut phases = Self(vec![0; roles.seats.len()]);
        let mut waiting = Vec::new();
        for beginning in 0..roles.inquiry.beginnings.len() as u16 {
            for who in roles.inquiry.group.processes() {
                for landing in roles.first(who, beginning) {
                    phases.0.resize(roles.seats.len(), 0);
                    phases.enter(landing.seat, after(NONE, landing.cited), &mut waiting);
                }
            }
        }
        let mut from: FxHashMap<u32, Vec<(u32, u64)>> = FxHashMap::default();
        for (step, cited, _) in steps {
            from.entry(step.seat).or_default().push((step.next, *cited));
        }
        while let Some(seat) = waiting.pop() {
            let here = phases.of(seat);
            for (next, cited) in from.get(&seat).into_iter().flatten() {
                phases.enter(*next, after(here, *cited), &mut waiting);
            }
        }
        phases
    }

    fn of(&self, seat: u32) -> u128 {
        self.0.get(seat as usize).copied().unwrap_or(0)
    }

    fn enter(&mut self, seat: u32, phases: u128, waiting: &mut Vec<u32>) {
        let known = &mut self.0[seat as usize];
        if phases & !*known != 0 {
            *known |= phases;
            waiting.push(seat);
        }
    }
}

/// The phases after a step in which these rules fired: the last of them by number, as in a sweep.
fn after(phases: u128, cited: u64) -> u128 {
    match cited {
        0 => phases,
        cited => 1 << (63 - cited.leading_zeros()),
    }
}

impl<P: Deceit> Roles<'_, P> {
    /// Which faults met how many local states, by phase; nothing of a fault that met none although
    /// the bounds have it.
    pub(super) fn met(&mut self, taken: &Taken) -> Met {
        let steps = taken.sorted();
        let phases = Phases::new(self, &steps);
        let mut places: FxHashSet<(&'static str, u32)> = FxHashSet::default();
        for (step, _, when) in &steps {
            if when & taken::BEFORE_CALM != 0 {
                places.extend(self.faults_in(step));
            }
        }
        let doomed = |seat: &u32| phases.of(*seat) != 0 && self.info_of(*seat).doomed;
        places.extend((0..self.seats.len() as u32).filter(doomed).map(|seat| ("crash", seat)));
        let mut met: Met = self.expected().map(|word| (word.into(), BTreeMap::new())).collect();
        for (word, seat) in places {
            let all = met.entry(word.into()).or_default();
            let set = phases.of(seat);
            for bit in (0..=64).filter(|bit| set >> bit & 1 == 1) {
                *all.entry(if 1 << bit == NONE { BEFORE } else { bit as u8 }).or_default() += 1;
            }
        }
        met
    }

    /// The faults that the bounds have.
    fn expected(&self) -> impl Iterator<Item = &'static str> {
        let (scope, beginnings) = (&self.inquiry.scope, &self.inquiry.beginnings);
        let all = [
            (scope.crashes > 0 || beginnings.iter().any(|one| !one.doomed.is_empty()), "crash"),
            (scope.crashes > 0 && scope.restarts > 0, "restart"),
            (scope.links == Links::Lossy, "lost message"),
            (scope.any_number, "repeated message"),
            (beginnings.iter().any(|one| !one.traitors.is_empty()), "lie"),
        ];
        all.into_iter().filter_map(|(there, word)| there.then_some(word))
    }

    /// The faults that a step before the calm shows, and the seats that they meet.
    fn faults_in(&self, step: &Local) -> Vec<(&'static str, u32)> {
        let (scope, seat) = (&self.inquiry.scope, step.seat);
        match &self.events[step.event as usize] {
            Event::Crash { .. } => vec![("crash", seat)],
            Event::Cut { .. } => vec![("crash in a step", seat)],
            Event::Restart { .. } => vec![("restart", seat)],
            Event::Flip { .. } if step.disk => vec![("flip on a disk", seat)],
            Event::Flip { .. } => vec![("flip in a state", seat)],
            Event::Garbled { .. } => vec![("flip in a message", seat)],
            Event::Message { from, .. } if self.is_traitor_at(seat, *from) => vec![("lie", seat)],
            // Over lossy links a message that arrives need not have, and may do so again.
            Event::Message { .. } => {
                let lost = (scope.links == Links::Lossy).then_some(("lost message", seat));
                let again = scope.any_number.then_some(("repeated message", step.next));
                lost.into_iter().chain(again).collect()
            }
            Event::Request { .. } | Event::Timer { .. } => Vec::new(),
        }
    }

    fn is_traitor_at(&self, seat: u32, who: Process) -> bool {
        let beginning = self.seats[seat as usize].beginning;
        self.inquiry.beginnings[usize::from(beginning)].traitors.contains(who)
    }

    /// For which requirements anything was at stake: bit k for the k-th; and whether all was asked
    /// that there is to ask.
    ///
    /// What is owed was at stake if a run that had ended somewhere would have broken it. Anything
    /// else was if some process that was up could have broken it by handing out next what some
    /// process handed out in some run.
    pub(super) fn occasions(&mut self, taken: &Taken, broken: u64) -> (u64, bool) {
        let all = (1u64 << self.inquiry.requirements.len()) - 1;
        let mut had = (self.owed | broken) & all;
        let mut cases: Vec<(u32, Case)> = taken.judged.iter().copied().collect();
        cases.sort_unstable_by_key(|(ledger, case)| {
            (std::cmp::Reverse(*ledger), case.settled, case.down, case.traitors, case.lost)
        });
        let outputs: Vec<u32> = self.outputs();
        let mut tries = 0;
        for (ledger, case) in cases {
            let case = Case { settled: false, ..case };
            let before = self.breaks(&self.ledgers[ledger as usize], case);
            for entry in &outputs {
                for who in self.inquiry.group.processes() {
                    let out = (case.down | case.traitors) >> who.0 & 1 == 1;
                    if had == all || out {
                        continue;
                    }
                    tries += 1;
                    if tries > TRIES {
                        return (had, false);
                    }
                    let mut after = self.ledgers[ledger as usize].clone();
                    for entry in self.entries_of(*entry) {
                        if let Entry::Output(output) = entry {
                            after.observe(who, 0, Seen::Output(output));
                        }
                    }
                    had |= self.breaks(&after, case) & !before;
                }
            }
        }
        (had, true)
    }

    /// The entries with outputs.
    fn outputs(&self) -> Vec<u32> {
        let has =
            |entry: &u32| self.entries_of(*entry).iter().any(|one| matches!(one, Entry::Output(_)));
        (0..self.entries.len() as u32).filter(has).collect()
    }
}

impl Expander<'_> {
    /// The silent deliveries that were put off, in order, with the seats from which they start;
    /// those with words left out where words are counted.
    fn put_off_steps(&self) -> Vec<(u32, Vec<Step>)> {
        let counted = self.scope.lies.is_some();
        let all = self.locals.iter().flat_map(|(key, local)| {
            let chains = local.chains().map(|steps| (key[0], steps.to_vec()));
            chains.collect::<Vec<_>>()
        });
        let said = |steps: &[Step]| steps.iter().any(|s| s.kind == Kind::Word);
        all.filter(|(_, steps)| !(steps.is_empty() || counted && said(steps))).collect()
    }
}
