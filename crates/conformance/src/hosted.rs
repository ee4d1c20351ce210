//! A protocol on a network, as something that makes runs and is judged by requirements.

use std::collections::BTreeMap;

use quorate_kernel::{
    Domain, Faults, Group, InputOf, Links, Problem, Process, Requirement, Timing, Value,
};
use quorate_protocols::{Claim, Hosted, Setup, Weaker};
use quorate_simulator::{
    Arena, Asked, Fate, Judged, Letter, Plan, Progress, Ran, Runner, Swarm, Sweep, Swept, fates,
    fingerprinted, run,
};
use quorate_world::Conditions;

/// How many runs are made between two looks at how long they are.
const BLOCK: u64 = 20;

/// A protocol set up for a group, under conditions.
pub struct Troupe<P: Hosted> {
    /// The group.
    pub group: Group,
    /// The configuration.
    pub config: P::Config,
    /// What must hold.
    pub requirements: Vec<&'static Requirement<P::Problem>>,
    swarm: Swarm,
    settings: Vec<(String, String)>,
}

impl<P: Hosted> Troupe<P> {
    /// Sets a protocol up, to be judged by the requirements of these names.
    ///
    /// # Errors
    /// If the protocol refuses the group.
    pub fn new(
        group: Group,
        conditions: Conditions,
        settings: &[(String, String)],
        names: &[&str],
    ) -> Result<Self, String> {
        let setup = Setup { settings, ..Setup::of(group, Domain::BINARY) };
        let config = P::configure(&setup)?;
        let known = <P::Problem as Problem>::requirements().iter();
        let requirements = known.filter(|one| names.contains(&one.name)).collect();
        let swarm = Swarm {
            group,
            conditions,
            traitors: None,
            late_requests: P::round_ticks(&config).is_none(),
            calm_ticks: P::calm_ticks(group, &config),
        };
        Ok(Self { group, config, requirements, swarm, settings: settings.to_vec() })
    }

    fn setup(&self) -> Setup<'_> {
        Setup { settings: &self.settings, ..Setup::of(self.group, Domain::BINARY) }
    }

    /// A plan in which every message takes half the bound and nothing goes wrong.
    pub fn calm(&self, inputs: &[Option<Value>]) -> Plan {
        let mut plan = Plan::calm(1, self.swarm.conditions.clone(), self.swarm.calm_ticks);
        plan.weather = quorate_simulator::Weather::steady(Setup::DELAY_TICKS / 2);
        plan.inputs = inputs.to_vec();
        plan.requests = self.requests(inputs);
        plan.sort();
        plan
    }

    fn requests(&self, inputs: &[Option<Value>]) -> Vec<Asked> {
        let made = P::requests(&self.setup(), &self.config, inputs).into_iter().zip(0..);
        made.map(|(one, number)| Asked { number, at: one.at_ticks, process: one.process }).collect()
    }

    fn with_arena<T>(&self, plan: &Plan, run: impl FnOnce(Arena<'_, P>) -> T) -> T {
        let made = P::requests(&self.setup(), &self.config, &plan.inputs);
        let inputs: Vec<InputOf<P>> = made.into_iter().map(|one| one.input).collect();
        let (group, config) = (self.group, &self.config);
        run(Arena {
            group,
            config,
            inputs: &inputs,
            calm_ticks: self.swarm.calm_ticks,
            deadline_ticks: P::deadline_ticks(group, config),
        })
    }

    fn judged(&self, ran: &Ran<P>) -> Judged {
        let breach = |one: &&Requirement<P::Problem>| (one.judge)(&ran.ledger, &ran.outcome.end);
        let all = self.requirements.iter().map(breach).enumerate();
        let breaches = all.filter_map(|(place, judged)| Some((place, judged.err()?))).collect();
        Judged { outcome: ran.outcome.clone(), breaches }
    }

    /// Many runs, up to the first that breaks something; fewer where runs are so long that all of
    /// them together would have more than `events_max` events.
    pub fn sweep(&self, runs: u64, events_max: u64, audited: bool) -> Swept {
        let names: Vec<&'static str> = self.requirements.iter().map(|one| one.name).collect();
        let progress = Progress::default();
        let part = |from: u64| Sweep {
            runner: self,
            requirements: &names,
            seeds: (from, (from + BLOCK).min(1 + runs)),
            threads: 1,
            keep_going: false,
            audited,
            progress: &progress,
        };
        let mut swept = part(1).make();
        while swept.failure.is_none()
            && swept.objection.is_none()
            && swept.done_to <= runs
            && swept.tally.events < events_max
        {
            let next = part(swept.done_to).make();
            swept.tally.merge(&next.tally);
            swept = Swept { tally: swept.tally, ..next };
        }
        swept
    }
}

impl<P: Hosted> Runner for Troupe<P> {
    fn plan(&self, seed: u64) -> Plan {
        let mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
        let proposes = |p: Process| !P::ONE_INPUT || p == Process(0);
        let same = mixed.is_multiple_of(4);
        let value = |p: Process| Value((mixed >> (8 + if same { 0 } else { p.0 % 40 })) as u16 & 1);
        let all = self.group.processes();
        let inputs: Vec<Option<Value>> = all.map(|p| proposes(p).then(|| value(p))).collect();
        let mut plan = self.swarm.plan(seed, self.requests(&inputs));
        plan.inputs = inputs;
        plan
    }

    fn run(&self, plan: &Plan) -> Judged {
        self.judged(&self.with_arena(plan, |arena| run(arena, plan, None)))
    }

    fn fingerprinted(&self, plan: &Plan) -> Judged {
        self.judged(&self.with_arena(plan, |arena| fingerprinted(arena, plan)))
    }

    fn fates(&self, plan: &Plan) -> BTreeMap<Letter, Fate> {
        self.with_arena(plan, |arena| fates(arena, plan))
    }
}

/// The conditions at the edge of a claim: the least that it needs, and all failures that it stands.
pub fn edge(claim: &Claim, group: Group) -> Conditions {
    let mut conditions = Conditions::of(group, claim.timing, claim.links, claim.faults);
    conditions.restarts = claim.restarts;
    conditions
}

/// The conditions just beyond a claim.
pub fn beyond(claim: &Claim, group: Group, weaker: Weaker) -> Conditions {
    let mut conditions = edge(claim, group);
    match weaker {
        Weaker::Timing(timing) => conditions.timing = timing.max(Timing::Synchronous),
        Weaker::Links(links) => conditions.links = links.max(Links::Strong),
        Weaker::Faults(faults) => {
            let kind = if faults == Faults::None { 0 } else { group.f };
            (conditions.faults, conditions.faulty_max) = (faults, kind);
        }
        Weaker::Restarts => conditions.restarts = true,
        Weaker::Forgetful => (conditions.forgetful, conditions.restarts) = (true, true),
    }
    conditions
}

/// The smallest groups that a claim admits: with as many failures as it stands, and n up to 5.
pub fn inside(claim: &Claim) -> Vec<Group> {
    let admits = |group: &Group| group.f < group.n && (claim.within.admits)(*group);
    let all = (1..=5).flat_map(|n| (0..n).map(move |f| Group { n, f })).filter(admits);
    let mut most: BTreeMap<u16, Group> = BTreeMap::new();
    for group in all {
        most.insert(group.n, group);
    }
    let first = (6..=8).map(|n| Group { n, f: 1 }).find(admits);
    let faulty = most.values().any(|group| group.f > 0);
    let mut groups: Vec<Group> = most.into_values().filter(|group| group.n >= 2).collect();
    groups.extend(first.filter(|_| !faulty));
    groups
}
