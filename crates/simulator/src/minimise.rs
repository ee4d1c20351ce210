//! Making a failing run as simple as it gets: fewest faults, fewest odd messages, plainest times.
//!
//! Greedy removal to a fixed point, in the order of what a reader most wants gone (after Zeller and
//! Hildebrandt 2002): whole groups first, then one by one. A change stays if the run still breaks
//! the same requirement.

use quorate_kernel::Class;
use quorate_world::{CutShort, Manner, Upset};

use crate::plan::{Letter, Plan};
use crate::run::{Judged, Runner};
use crate::weather::{Fate, Weather};

/// How much longer than the run to begin with a simpler one may be: so many times, and so many
/// events more. What goes on for longer is no simpler to read, and takes the time of many others.
const LONGER: (u64, u64) = (4, 10_000);

/// A failing plan on its way to the simplest.
pub struct Minimiser<'a> {
    runner: &'a dyn Runner,
    /// The place of the requirement that must stay broken.
    requirement: usize,
    class: Class,
    /// How many events all runs may have together: time would make the result depend on the
    /// machine.
    events_max: u64,
    /// How many processes may fail for good: as many as the conditions allow, or as in the run to
    /// begin with, if somebody asked for more.
    failing_max: usize,
    /// How many events a run may have.
    longest: u64,
    /// How many runs were made.
    pub tried: u64,
    /// How many events they had.
    pub events: u64,
}

impl<'a> Minimiser<'a> {
    /// A minimiser of runs that break the requirement at this place, of this class. It stops when
    /// its runs have had so many events.
    pub fn new(
        runner: &'a dyn Runner,
        (requirement, class): (usize, Class),
        events_max: u64,
    ) -> Self {
        let (longest, failing_max) = (u64::MAX, usize::MAX);
        let (tried, events) = (0, 0);
        Self { runner, requirement, class, events_max, failing_max, longest, tried, events }
    }

    /// Whether a plan's run breaks the requirement.
    fn breaks(&mut self, plan: &Plan) -> bool {
        let judged = self.made(plan);
        judged.breaches.iter().any(|(place, _)| *place == self.requirement)
    }

    fn made(&mut self, plan: &Plan) -> Judged {
        let judged = self.runner.run(plan, self.longest);
        self.tried += 1;
        self.events += judged.outcome.events + 1;
        judged
    }

    fn spent(&self) -> bool {
        self.events >= self.events_max
    }

    /// The simplest plan found whose run breaks the requirement.
    pub fn minimise(&mut self, plan: &Plan) -> Plan {
        let mut best = plan.clone();
        let events = self.made(plan).outcome.events;
        self.failing_max = plan.failing().len().max(plan.conditions.faulty_max.into());
        self.longest = events.saturating_mul(LONGER.0).saturating_add(LONGER.1);
        loop {
            let size = weight(&best);
            self.plain_traitors(&mut best);
            self.drop_from(&mut best, |plan| &mut plan.upsets);
            self.drop_from(&mut best, |plan| &mut plan.traitors);
            self.drop_from(&mut best, |plan| &mut plan.omitting);
            // What is owed is owed to those who asked: a run in which nobody asks shows nothing.
            if self.class != Class::Liveness {
                self.drop_from(&mut best, |plan| &mut plan.requests);
            }
            self.plain_crashes(&mut best);
            self.steady_weather(&mut best);
            self.drop_fates(&mut best);
            self.drop_lots(&mut best);
            self.plain_times(&mut best);
            if self.spent() || weight(&best) >= size {
                return best;
            }
        }
    }

    /// Goes on with a candidate if it breaks the requirement too. One in which more fail than may
    /// shows nothing of what is promised: without its restart, who comes back is gone for good.
    fn keep(&mut self, best: &mut Plan, candidate: Plan) -> bool {
        let allowed = candidate.failing().len() <= self.failing_max;
        let better = allowed && !self.spent() && self.breaks(&candidate);
        if better {
            *best = candidate;
        }
        better
    }

    /// Leaves out as many items of one list as can be left out. What was healed before is not
    /// left cut for ever: then it goes with what healed it.
    fn drop_from<T>(&mut self, best: &mut Plan, list: fn(&mut Plan) -> &mut Vec<T>) {
        let mut width = list(best).len();
        while width > 0 {
            let mut at = 0;
            while at < list(best).len() {
                let mut candidate = best.clone();
                let items = list(&mut candidate);
                items.drain(at..(at + width).min(items.len()));
                if open_cuts(&best.upsets).is_empty() {
                    for place in open_cuts(&candidate.upsets).into_iter().rev() {
                        candidate.upsets.remove(place);
                    }
                }
                if !self.keep(best, candidate) {
                    at += width;
                }
            }
            width /= 2;
        }
    }

    /// A traitor that says nothing is plainer than one that lies.
    fn plain_traitors(&mut self, best: &mut Plan) {
        for place in 0..best.traitors.len() {
            if best.traitors[place].1 != Manner::Silent {
                let mut candidate = best.clone();
                candidate.traitors[place].1 = Manner::Silent;
                self.keep(best, candidate);
            }
        }
    }

    /// A crash between two steps is plainer than one in a step.
    fn plain_crashes(&mut self, best: &mut Plan) {
        for place in 0..best.upsets.len() {
            let (at, upset) = best.upsets[place].clone();
            let Upset::Crash { process, within, forgotten } = upset else { continue };
            let Some(cut) = within else { continue };
            let whole = CutShort { stored: u32::MAX, ..cut.clone() };
            for within in [None, Some(whole)] {
                let mut candidate = best.clone();
                candidate.upsets[place] = (at, Upset::Crash { process, within, forgotten });
                if self.keep(best, candidate) {
                    break;
                }
            }
        }
    }

    /// Every message takes the same time, but for those that may not: first all fates are written
    /// out, then as many as possible are forgotten again. A run of which most must be kept is told
    /// by its weather in fewer words.
    fn steady_weather(&mut self, best: &mut Plan) {
        let delay = best.conditions.delay_ticks;
        let steady = Weather {
            slow_factor: best.weather.slow_factor,
            ..Weather::steady((delay / 2).max(1))
        };
        if best.weather == steady || self.spent() {
            return;
        }
        let mut candidate = best.clone();
        candidate.weather = steady.clone();
        if self.keep(best, candidate) {
            return;
        }
        let mut told = best.clone();
        told.weather = steady;
        told.fates = self.runner.fates(best);
        let all = told.fates.len();
        if self.breaks(&told) {
            self.drop_fates(&mut told);
            if told.fates.len() <= all / 2 {
                *best = told;
            }
        }
    }

    fn drop_fates(&mut self, best: &mut Plan) {
        let mut width = best.fates.len();
        while width > 0 && !self.spent() {
            let letters: Vec<Letter> = best.fates.keys().copied().collect();
            for chunk in letters.chunks(width) {
                let mut candidate = best.clone();
                candidate.fates.retain(|letter, _| chunk.binary_search(letter).is_err());
                self.keep(best, candidate);
            }
            width /= 2;
        }
        let letters: Vec<Letter> = best.fates.keys().copied().collect();
        let delay = best.conditions.delay_ticks;
        for letter in letters {
            let plain = match best.fates[&letter] {
                Fate::Arrives(ticks) => Fate::Arrives(rounded(ticks, delay)),
                Fate::Twice(ticks, again) => {
                    Fate::Twice(rounded(ticks, delay), rounded(again, delay))
                }
                other => other,
            };
            if plain != best.fates[&letter] {
                let mut candidate = best.clone();
                candidate.fates.insert(letter, plain);
                self.keep(best, candidate);
            }
        }
    }

    /// Lots fall on the first option. Not where something is owed: it comes with a chance of one,
    /// and coins that never turn can keep it away for ever.
    fn drop_lots(&mut self, best: &mut Plan) {
        if best.plain_lots || self.class == Class::Liveness {
            return;
        }
        let mut candidate = best.clone();
        candidate.plain_lots = true;
        self.keep(best, candidate);
    }

    fn plain_times(&mut self, best: &mut Plan) {
        let delay = best.conditions.delay_ticks;
        for place in 0..best.upsets.len() {
            let mut candidate = best.clone();
            candidate.upsets[place].0 = rounded(candidate.upsets[place].0, delay);
            if candidate.upsets[place].0 != best.upsets[place].0 {
                candidate.sort();
                self.keep(best, candidate);
            }
        }
        for place in 0..best.requests.len() {
            for at in [0, rounded(best.requests[place].at, delay)] {
                if at < best.requests[place].at {
                    let mut candidate = best.clone();
                    candidate.requests[place].at = at;
                    candidate.sort();
                    self.keep(best, candidate);
                    break;
                }
            }
        }
        let last = best.troubled_until();
        if last < best.calm_from {
            let mut candidate = best.clone();
            let earlier = best.calm_from - last;
            candidate.calm_from = last;
            candidate.over_at -= earlier.min(candidate.over_at);
            self.keep(best, candidate);
        }
    }
}

/// A time to half a delay.
fn rounded(ticks: u64, delay: u64) -> u64 {
    let half = (delay / 2).max(1);
    ticks / half * half
}

/// What is to become small, most important first.
fn weight(plan: &Plan) -> (usize, usize, usize, u64) {
    let times: u64 = plan.upsets.iter().map(|(at, _)| *at).sum();
    (plan.faults(), plan.requests.len(), plan.fates.len(), times)
}

/// The places of the cuts that nothing heals.
fn open_cuts(upsets: &[(u64, Upset)]) -> Vec<usize> {
    let mut open: Vec<usize> = Vec::new();
    for (place, (_, upset)) in upsets.iter().enumerate() {
        match upset {
            Upset::Cut { .. } => open.push(place),
            Upset::Heal { from, to } => {
                let same = |cut: &usize| match &upsets[*cut].1 {
                    Upset::Cut { from: cut_from, to: cut_to } => (cut_from, cut_to) == (from, to),
                    _ => false,
                };
                if let Some(healed) = open.iter().position(same) {
                    open.remove(healed);
                }
            }
            _ => {}
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use quorate_kernel::{Breach, Faults, Group, Links, Process, Timing};
    use quorate_world::Conditions;

    use super::*;
    use crate::outcome::Outcome;

    /// Runs of three processes that break the only requirement if p0 and p1 crash.
    struct BothCrash {
        faulty_max: u16,
    }

    const GROUP: Group = Group { n: 3, f: 1 };
    const BOTH: [Process; 2] = [Process(0), Process(1)];

    impl Runner for BothCrash {
        fn plan(&self, seed: u64) -> Plan {
            let crash = |at, process| (at, Upset::Crash { process, within: None, forgotten: 0 });
            let back = |at, process| (at, Upset::Restart { process });
            let [p0, p1] = BOTH;
            let timing = Timing::Partial;
            let mut conditions = Conditions::of(GROUP, timing, Links::Reliable, Faults::Crash);
            (conditions.faulty_max, conditions.restarts) = (self.faulty_max, true);
            let mut plan = Plan::calm(seed, conditions, 1_000);
            plan.upsets = vec![
                crash(10, p0),
                crash(20, Process(2)),
                back(30, p0),
                back(40, Process(2)),
                crash(50, p1),
                back(60, p1),
            ];
            plan
        }

        fn run(&self, plan: &Plan, _: u64) -> Judged {
            let crashes = |who: &Process| {
                let of =
                    |upset: &Upset| matches!(upset, Upset::Crash { process, .. } if process == who);
                plan.upsets.iter().any(|(_, upset)| of(upset))
            };
            let breach = || (0, Breach { witnesses: Vec::new(), text: "both crash".into() });
            let breaches = BOTH.iter().all(crashes).then(breach).into_iter().collect();
            Judged { outcome: Outcome::new(GROUP), breaches, open: Vec::new() }
        }

        fn fingerprinted(&self, plan: &Plan) -> Judged {
            self.run(plan, u64::MAX)
        }

        fn fates(&self, _: &Plan) -> BTreeMap<Letter, Fate> {
            BTreeMap::new()
        }
    }

    #[test]
    fn no_more_fail_for_good_than_may() {
        for (faulty_max, restarts) in [(0, 2), (1, 1), (2, 0)] {
            let runner = BothCrash { faulty_max };
            let mut minimiser = Minimiser::new(&runner, (0, Class::Liveness), u64::MAX);
            let plan = minimiser.minimise(&runner.plan(0));
            assert_eq!(plan.upsets.len(), 2 + restarts, "{:?}", plan.upsets);
            assert_eq!(plan.failing().len(), usize::from(faulty_max));
            assert_eq!(runner.run(&plan, u64::MAX).breaches.len(), 1);
        }
    }

    #[test]
    fn who_lets_more_fail_is_shown_so_many() {
        let runner = BothCrash { faulty_max: 0 };
        let mut plan = runner.plan(0);
        plan.upsets.retain(|(_, upset)| matches!(upset, Upset::Crash { .. }));
        let mut minimiser = Minimiser::new(&runner, (0, Class::Liveness), u64::MAX);
        assert_eq!(minimiser.minimise(&plan).failing(), BOTH.into_iter().collect());
    }
}
