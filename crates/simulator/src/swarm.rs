//! What goes wrong in each run of a sweep: every seed draws its own rates and its own faults, so
//! that one run is all loss and the next one crash after crash (swarm testing, Groce et al. 2012).

use std::collections::BTreeMap;

use quorate_kernel::{Faults, Group, Links, Process, ProcessSet, Timing};
use quorate_world::{Conditions, CutShort, Manner, Upset, Word};

use crate::plan::{Asked, Letter, Omitting, Plan};
use crate::weather::{Fate, Purpose, Rate, Weather, below, draw};

/// Draws plans.
#[derive(Clone, Debug)]
pub struct Swarm {
    /// The group.
    pub group: Group,
    /// What may be relied on, and what may fail.
    pub conditions: Conditions,
    /// Who the traitors are and what they do, if that is not to be drawn.
    pub traitors: Option<Vec<(Process, Manner)>>,
    /// Whether requests may come later than they are meant: not where all must begin at once.
    pub late_requests: bool,
    /// How long after the last failure all that is owed has come.
    pub calm_ticks: u64,
    /// What is not drawn.
    pub said: Said,
}

/// What happens in every run because somebody said so: nothing else of its kind is drawn.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// The least and the most that a message takes.
    pub delay_ticks: Option<(u64, u64)>,
    /// How often a message takes longer than the bound.
    pub slow: Option<Rate>,
    /// How often a message is lost.
    pub loss: Option<Rate>,
    /// How often a message arrives twice.
    pub again: Option<Rate>,
    /// What goes wrong, and when.
    pub upsets: Vec<(u64, Upset)>,
    /// Who counts as faulty for what is said of single messages.
    pub faulty: Vec<Process>,
    /// The fates of some messages.
    pub fates: BTreeMap<Letter, Fate>,
    /// How some lots fall.
    pub choices: BTreeMap<(Process, u32), u32>,
    /// Whether all other lots fall on the first option.
    pub plain_lots: bool,
    /// From when on nothing fails.
    pub calm_from: Option<u64>,
    /// When a run ends at the latest.
    pub over_at: Option<u64>,
}

impl Said {
    fn any(&self, kind: fn(&Upset) -> bool) -> bool {
        self.upsets.iter().any(|(_, upset)| kind(upset))
    }

    /// Whether it says who fails, and how.
    fn of_failures(&self) -> bool {
        let fails = |upset: &Upset| matches!(upset, Upset::Crash { .. } | Upset::Restart { .. });
        !self.faulty.is_empty() || self.any(fails)
    }

    fn of_links(&self) -> bool {
        self.any(|upset| matches!(upset, Upset::Cut { .. } | Upset::Heal { .. }))
    }

    fn of_clocks(&self) -> bool {
        self.any(Upset::is_of_clock)
    }

    fn of_flips(&self) -> bool {
        let kind = |upset: &Upset| {
            use Upset::{FlipMessage, FlipRecord, FlipState};
            matches!(upset, FlipState { .. } | FlipRecord { .. } | FlipMessage { .. })
        };
        self.any(kind)
    }

    fn put_in(&self, plan: &mut Plan) {
        let weather = &mut plan.weather;
        weather.delay_ticks = self.delay_ticks.unwrap_or(weather.delay_ticks);
        weather.slow = self.slow.unwrap_or(weather.slow);
        weather.loss = self.loss.unwrap_or(weather.loss);
        weather.again = self.again.unwrap_or(weather.again);
        plan.upsets.extend_from_slice(&self.upsets);
        plan.faulty.clone_from(&self.faulty);
        plan.fates.clone_from(&self.fates);
        plan.choices.clone_from(&self.choices);
        plan.plain_lots = self.plain_lots;
    }
}

/// A sequence of draws for one seed.
struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    fn next(&mut self) -> u64 {
        self.thrown += 1;
        draw(self.seed, Purpose::Swarm, self.thrown)
    }

    fn below(&mut self, bound: u64) -> u64 {
        let drawn = self.next();
        below(drawn, bound.max(1))
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    fn process(&mut self, group: Group) -> Process {
        Process(self.below(group.n.into()) as u16)
    }

    /// A set in which everybody is with a chance of one half.
    fn some(&mut self, group: Group) -> ProcessSet {
        group.processes().filter(|_| self.next() & 1 == 1).collect()
    }

    /// So many different processes.
    fn several(&mut self, group: Group, count: usize) -> Vec<Process> {
        let mut all: Vec<Process> = group.processes().collect();
        for at in 0..count.min(all.len()) {
            let other = at + self.below((all.len() - at) as u64) as usize;
            all.swap(at, other);
        }
        all.truncate(count);
        all
    }
}

impl Swarm {
    /// The plan of one seed.
    pub fn plan(&self, seed: u64, requests: Vec<Asked>) -> Plan {
        let mut dice = Dice { seed, thrown: 0 };
        let delay = self.conditions.delay_ticks;
        let first_act = delay * dice.one(&[2, 6, 15, 40]);
        let mut plan = Plan::calm(seed, self.conditions.clone(), 0);
        plan.weather = self.weather(&mut dice);
        plan.requests = requests;
        if self.late_requests && dice.below(2) == 1 {
            for asked in &mut plan.requests {
                asked.at += dice.below(first_act / 2);
            }
        }
        self.failures(&mut plan, first_act, &mut dice);
        self.disturbances(&mut plan, first_act, &mut dice);
        self.said.put_in(&mut plan);
        plan.sort();
        plan.calm_from =
            self.said.calm_from.unwrap_or_else(|| first_act.max(plan.troubled_until()));
        let stretch = match self.conditions.timing {
            Timing::Asynchronous => u64::from(plan.weather.slow_factor),
            _ => 1,
        };
        let owed_by = plan.calm_from.saturating_add(self.calm_ticks.saturating_mul(stretch));
        plan.over_at = self.said.over_at.unwrap_or(owed_by);
        plan
    }

    fn weather(&self, dice: &mut Dice) -> Weather {
        let delay = self.conditions.delay_ticks;
        let most = 1 + dice.below(delay);
        let between = 1 + dice.below(most);
        let least = dice.one(&[1, most, between]);
        let lossy = self.conditions.links == Links::Lossy;
        let bounded = self.conditions.timing == Timing::Synchronous;
        let rate = |dice: &mut Dice, on: bool, of: &[u32]| {
            let permille = dice.one(of);
            if on { Rate::permille(permille) } else { Rate::NEVER }
        };
        Weather {
            delay_ticks: (least.min(most), most),
            slow: rate(dice, !bounded, &[0, 10, 100, 400]),
            slow_factor: dice.one(&[3, 10, 30]),
            loss: rate(dice, lossy, &[0, 10, 50, 200, 400]),
            again: rate(dice, lossy, &[0, 20, 200]),
            orphaned: rate(dice, self.conditions.links != Links::Strong, &[0, 300, 1000]),
        }
    }

    /// Processes that fail.
    fn failures(&self, plan: &mut Plan, act: u64, dice: &mut Dice) {
        if self.said.of_failures() {
            return;
        }
        let most = usize::from(self.conditions.faulty_max);
        // Most often as many as may fail: fewer seldom break what more do not.
        let count = match dice.below(4) {
            0 => dice.below(most as u64 + 1) as usize,
            _ => most,
        };
        let failing = dice.several(self.group, count);
        match self.conditions.faults {
            Faults::None => {}
            Faults::Crash => {
                for process in failing {
                    let at = dice.below(act);
                    let crash = self.crash(process, dice);
                    plan.upsets.push((at, crash));
                }
            }
            Faults::Omission | Faults::GeneralOmission => {
                let receives = self.conditions.faults == Faults::GeneralOmission;
                for process in failing {
                    let sends = Rate::permille(dice.one(&[0, 100, 500, 1000]));
                    let misses = Rate::permille(dice.one(&[0, 100, 500, 1000]));
                    let receives = if receives { misses } else { Rate::NEVER };
                    plan.omitting.push(Omitting { process, sends, receives });
                }
            }
            Faults::Byzantine => self.treason(plan, failing, act, dice),
        }
        if self.conditions.restarts {
            self.comebacks(plan, act, dice);
        }
    }

    fn crash(&self, process: Process, dice: &mut Dice) -> Upset {
        let within = (dice.below(3) > 0).then(|| CutShort {
            passed: 0,
            stored: dice.one(&[0, 1, 2, u32::MAX, u32::MAX]),
            reached: dice.some(self.group),
        });
        let forgets = self.conditions.forgetful && dice.below(2) == 1;
        let forgotten = if forgets { dice.one(&[1, 2, 3, u32::MAX]) } else { 0 };
        Upset::Crash { process, within, forgotten }
    }

    /// Crashes of any process, which comes back.
    fn comebacks(&self, plan: &mut Plan, act: u64, dice: &mut Dice) {
        for _ in 0..dice.one(&[0, 1, 2, 4, 8]) {
            let process = dice.process(self.group);
            let at = dice.below(act);
            let down = 1 + dice.below(act / 2);
            plan.upsets.push((at, self.crash(process, dice)));
            plan.upsets.push((at + down, Upset::Restart { process }));
        }
        if plan.upsets.iter().any(|(_, upset)| matches!(upset, Upset::Restart { .. })) {
            self.keep_the_dead_down(plan);
        }
    }

    /// Whoever is to fail for good is not brought back by the restart of an earlier crash, and no
    /// more fail for good than may.
    fn keep_the_dead_down(&self, plan: &mut Plan) {
        let last = |plan: &Plan, who: Process, restart: bool| {
            let of = plan.upsets.iter().filter(|(_, upset)| match upset {
                Upset::Crash { process, .. } => !restart && *process == who,
                Upset::Restart { process } => restart && *process == who,
                _ => false,
            });
            of.map(|(at, _)| *at).max()
        };
        let mut dead = 0;
        for who in self.group.processes() {
            let (Some(crash), back) = (last(plan, who, false), last(plan, who, true)) else {
                continue;
            };
            if back.is_none_or(|back| back < crash) {
                dead += 1;
                if dead > self.conditions.faulty_max {
                    plan.upsets.push((crash + 1, Upset::Restart { process: who }));
                }
            }
        }
    }

    fn treason(&self, plan: &mut Plan, failing: Vec<Process>, act: u64, dice: &mut Dice) {
        plan.traitors = match &self.traitors {
            Some(fixed) => fixed.clone(),
            None => {
                let manners = [
                    Manner::Random,
                    Manner::Random,
                    Manner::Equivocate,
                    Manner::Silent,
                    Manner::Flip,
                ];
                failing.into_iter().map(|process| (process, dice.one(&manners))).collect()
            }
        };
        for (process, manner) in plan.traitors.clone() {
            if manner == Manner::Silent {
                continue;
            }
            for _ in 0..dice.one(&[0, 0, 4, 16]) {
                let to = dice.process(self.group);
                let word = Word::Drawn(dice.next());
                plan.upsets.push((dice.below(act), Upset::Say { from: process, to, word }));
            }
        }
    }

    /// What is nobody's failure: cuts, pauses, clocks, flipped bits.
    fn disturbances(&self, plan: &mut Plan, act: u64, dice: &mut Dice) {
        let untimed = self.conditions.timing != Timing::Synchronous;
        if (untimed || self.conditions.links == Links::Lossy) && !self.said.of_links() {
            for _ in 0..dice.one(&[0, 0, 1, 3]) {
                let (from, to) = (dice.some(self.group), dice.some(self.group));
                let at = dice.below(act);
                let until = at + 1 + dice.below(act);
                let both = dice.below(2) == 1;
                let mut cut = |from: &ProcessSet, to: &ProcessSet| {
                    let (from, to) = (from.clone(), to.clone());
                    plan.upsets.push((at, Upset::Cut { from: from.clone(), to: to.clone() }));
                    plan.upsets.push((until, Upset::Heal { from, to }));
                };
                cut(&from, &to);
                if both {
                    cut(&to, &from);
                }
            }
        }
        if untimed && !self.said.of_clocks() {
            for _ in 0..dice.one(&[0, 0, 1, 3]) {
                let process = dice.process(self.group);
                let at = dice.below(act);
                let upset = match dice.below(3) {
                    0 => Upset::Pause { process, ticks: 1 + dice.below(act / 2) },
                    1 => {
                        let ticks = dice.below(act) as i64 - (act / 2) as i64;
                        Upset::Step { process, ticks }
                    }
                    _ => Upset::Drift { process, ppm: dice.below(400_000) as i32 - 200_000 },
                };
                plan.upsets.push((at, upset));
                if let Upset::Drift { process, .. } = plan.upsets[plan.upsets.len() - 1].1 {
                    plan.upsets.push((act, Upset::Drift { process, ppm: 0 }));
                }
            }
        }
        let flips = if self.said.of_flips() { 0 } else { self.conditions.flips_max };
        for _ in 0..dice.below(u64::from(flips) + 1) {
            let (process, other) = (dice.process(self.group), dice.process(self.group));
            let bit = dice.next() as u32;
            let upset = match dice.below(3) {
                0 => Upset::FlipState { process, bit },
                1 => Upset::FlipRecord { process, record: dice.next() as u32, bit },
                _ => Upset::FlipMessage { from: process, to: other, bit },
            };
            plan.upsets.push((dice.below(act), upset));
        }
    }
}
