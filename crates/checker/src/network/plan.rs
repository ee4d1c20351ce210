//! A run that the search found, as a plan for the simulator: made again there, it is judged by
//! another engine, drawn, saved and replayed like any run in time.

use std::collections::BTreeMap;

use quorate_kernel::{Links, Process};
use quorate_simulator::{Asked, Fate, Letter, Plan, Twin};
use quorate_world::{CutShort, Manner, Upset, Word};

use super::trail::{Done, Move, Shown, What};

/// How many ticks there are between two steps: a millisecond.
pub const STEP_TICKS: u64 = 1_000;
/// Longer than any run.
const NEVER: u64 = 1 << 40;

impl Shown {
    /// Writes the run into a plan that has its conditions and inputs: one step each millisecond.
    ///
    /// Traitors are mute but for their words, unless further copies of them are given: then each
    /// follows the protocol in several copies. `over` says that nothing more must happen after the
    /// last step: what has not arrived by then never does. Otherwise it is still on its way when
    /// the run ends. `hear` says that the run tells what traitors hear, and when.
    pub fn schedule(
        &self,
        (traitors, twins, doomed): (&[Process], Option<&[Twin]>, &[Process]),
        (over, hear): (bool, bool),
        plan: &mut Plan,
    ) {
        let end = (self.moves.len() as u64 + 1) * STEP_TICKS;
        plan.over_at = if over { NEVER } else { end };
        plan.weather.delay_ticks = (1, 1);
        match twins {
            None => plan.traitors = traitors.iter().map(|who| (*who, Manner::Silent)).collect(),
            Some(twins) => {
                plan.faulty = traitors.to_vec();
                plan.twins = twins.to_vec();
            }
        }
        plan.requests.clear();
        plan.plain_lots = true;
        let mut clock = Clock {
            plan,
            sent: BTreeMap::new(),
            carried: BTreeMap::new(),
            lots: BTreeMap::new(),
            settings: BTreeMap::new(),
        };
        for (who, boot) in self.boots.iter().enumerate() {
            clock.done(Process(who as u16), boot, 0);
        }
        for (at, one) in self.moves.iter().enumerate() {
            clock.step(one, (at as u64 + 1) * STEP_TICKS);
        }
        if let Some(circle) = self.circle {
            clock.plan.circle = Some((circle as u64 + 1) * STEP_TICKS - STEP_TICKS / 4);
        }
        for who in doomed {
            let last = self.moves.iter().rposition(|one| one.process == *who);
            if last.is_some_and(|last| self.circle.is_some_and(|circle| last >= circle)) {
                clock.plan.faulty.push(*who);
                continue;
            }
            let at = last.map_or(0, |last| (last as u64 + 1) * STEP_TICKS) + STEP_TICKS / 2;
            let crash = Upset::Crash { process: *who, within: None, forgotten: 0 };
            clock.plan.upsets.push((at, crash));
        }
        let mut faulty: Vec<Process> = traitors.iter().chain(doomed).copied().collect();
        let group = clock.plan.inputs.len();
        faulty.extend((group..self.boots.len()).map(|at| Process(at as u16)));
        let deaf = if twins.is_some() || hear { &[] } else { traitors };
        clock.rest((deaf, &faulty), over.then_some(end));
        plan.sort();
    }
}

/// Turns an order of steps into times.
struct Clock<'p> {
    plan: &'p mut Plan,
    /// When each message was sent.
    sent: BTreeMap<Letter, u64>,
    carried: BTreeMap<(Process, Process), u32>,
    lots: BTreeMap<Process, u32>,
    /// When each process set each of its timers.
    settings: BTreeMap<Process, Vec<u64>>,
}

impl Clock<'_> {
    fn step(&mut self, one: &Move, at: u64) {
        let who = one.process;
        let before = at - 1;
        match &one.what {
            What::Deliver { from, number } => {
                self.arrives(Letter { from: *from, to: who, number: *number }, at, one);
            }
            What::Request { number } => {
                self.plan.requests.push(Asked { number: *number, at, process: who });
            }
            What::Timer { setting } => {
                let set = self.settings.get(&who).and_then(|all| all.get(*setting as usize));
                let ticks = at - set.copied().unwrap_or(0);
                self.plan.timers.insert((who, *setting), ticks);
            }
            What::Word { from, reading } => {
                let word = Word::Reading(reading.clone());
                self.plan.upsets.push((before, Upset::Say { from: *from, to: who, word }));
            }
            What::Crash => {
                let forgotten = one.forgotten;
                self.plan.upsets.push((at, Upset::Crash { process: who, within: None, forgotten }));
            }
            What::Restart => self.plan.upsets.push((at, Upset::Restart { process: who })),
            What::Flip => {
                let (record, bit) = one.bit.unwrap_or_default();
                self.plan.upsets.push((
                    at,
                    match record {
                        None => Upset::FlipState { process: who, bit },
                        Some(record) => Upset::FlipRecord { process: who, record, bit },
                    },
                ));
            }
            What::Calm => self.plan.calm_from = at,
        }
        if let Some((passed, stored, reached)) = &one.cut {
            let reached = reached.iter().copied().collect();
            let within = Some(CutShort { passed: *passed, stored: *stored, reached });
            let crash = Upset::Crash { process: who, within, forgotten: one.forgotten };
            self.plan.upsets.push((before, crash));
        }
        self.done(who, &one.done, at);
    }

    fn arrives(&mut self, letter: Letter, at: u64, one: &Move) {
        let sent = self.sent.get(&letter).copied().unwrap_or(0);
        let delay = at - sent;
        let fate = match self.plan.fates.get(&letter) {
            Some(Fate::Arrives(first)) => Fate::Twice(*first, delay),
            _ => Fate::Arrives(delay),
        };
        self.plan.fates.insert(letter, fate);
        if let Some((_, bit)) = one.bit {
            let flip = Upset::FlipMessage { from: letter.from, to: letter.to, bit };
            self.plan.upsets.push((sent.saturating_sub(1), flip));
        }
    }

    fn done(&mut self, who: Process, done: &Done, at: u64) {
        let lots = self.lots.entry(who).or_default();
        for lot in &done.lots {
            self.plan.choices.insert((who, *lots), *lot);
            *lots += 1;
        }
        self.plan.coins.extend(done.tosses.iter().copied());
        let settings = self.settings.entry(who).or_default();
        settings.extend((0..done.sets).map(|_| at));
        for to in &done.sends {
            let carried = self.carried.entry((who, *to)).or_default();
            self.sent.insert(Letter { from: who, to: *to, number: *carried }, at);
            *carried += 1;
        }
    }

    /// What has not arrived never does, or not before the run ends; so with timers.
    ///
    /// At the end of a run that is over, what correct processes sent to each other over links that
    /// lose nothing arrives last of all, where it changes nothing.
    fn rest(&mut self, (traitors, faulty): (&[Process], &[Process]), over: Option<u64>) {
        let keeps = self.plan.conditions.links != Links::Lossy;
        let mut last = over.unwrap_or(0);
        for (letter, sent) in self.sent.iter().filter(|(l, _)| !traitors.contains(&l.to)) {
            let sure = keeps && !faulty.contains(&letter.from) && !faulty.contains(&letter.to);
            if self.plan.fates.contains_key(letter) {
                continue;
            }
            let fate = match over {
                None => Fate::Arrives(NEVER),
                Some(_) if sure => {
                    last += STEP_TICKS;
                    Fate::Arrives(last - sent)
                }
                Some(_) => Fate::Lost,
            };
            self.plan.fates.insert(*letter, fate);
        }
        for (who, settings) in &self.settings {
            for setting in 0..settings.len() as u32 {
                self.plan.timers.entry((*who, setting)).or_insert(2 * NEVER);
            }
        }
    }
}
