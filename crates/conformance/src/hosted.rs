//! A protocol on a network, as something that makes runs and is judged by requirements.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use quorate_kernel::{
    Domain, Faults, Flaw, Group, InputOf, Links, Problem, Process, Protocol, Timing, Value,
};
use quorate_protocols::{Claim, Hosted, Request, Setup, Weaker};
use quorate_simulator::{Director, Progress, Said, Swarm, Sweep, Swept};
use quorate_world::Conditions;

/// How many runs are made between two looks at how long they are.
const BLOCK: u64 = 20;

/// A protocol set up for a group, under conditions.
pub type Troupe<P> = quorate_simulator::Troupe<P, Binary<P>>;

/// Gives the processes what was said, or else zeros and ones: in one run of four all the same.
#[derive(Debug)]
pub struct Binary<P> {
    group: Group,
    settings: Vec<(String, String)>,
    delay_ticks: u64,
    /// Who is asked for what, and when, besides what all are given.
    pub beside: Vec<(u64, Process, Value)>,
    /// What the processes are given in every run, if that is not to be drawn.
    pub given: Option<Vec<Option<Value>>>,
    of: PhantomData<fn() -> P>,
}

impl<P> Binary<P> {
    fn setup(&self) -> Setup<'_> {
        let (settings, delay_ticks) = (&self.settings[..], self.delay_ticks);
        Setup { settings, delay_ticks, ..Setup::of(self.group, Domain::BINARY) }
    }
}

impl<P: Hosted> Director<P> for Binary<P> {
    fn inputs(&self, seed: u64) -> Vec<Option<Value>> {
        if let Some(given) = &self.given {
            return given.clone();
        }
        let mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
        let proposes = |p: Process| !P::ONE_INPUT || p == Process(0);
        let same = mixed.is_multiple_of(4);
        let value = |p: Process| Value((mixed >> (8 + if same { 0 } else { p.0 % 40 })) as u16 & 1);
        self.group.processes().map(|p| proposes(p).then(|| value(p))).collect()
    }

    fn requests(
        &self,
        config: &P::Config,
        inputs: &[Option<Value>],
    ) -> Vec<(u64, Process, InputOf<P>)> {
        let made = |inputs: &[Option<Value>]| P::requests(&self.setup(), config, inputs);
        let mut all = made(inputs);
        // What is asked for whatever the values are is asked once.
        let anyway = made(&vec![None; self.group.size()]);
        for (at, process, value) in &self.beside {
            let given = |p: Process| (p == *process).then_some(*value);
            let alone: Vec<Option<Value>> = self.group.processes().map(given).collect();
            let later = made(&alone).into_iter().filter(|one| !anyway.contains(one));
            all.extend(later.map(|one| Request { at_ticks: at + one.at_ticks, ..one }));
        }
        all.into_iter().map(|one| (one.at_ticks, one.process, one.input)).collect()
    }
}

/// Sets a protocol up, to be judged by the requirements of these names.
///
/// # Errors
/// If the protocol refuses the group.
pub fn troupe<P: Hosted>(
    group: Group,
    conditions: Conditions,
    settings: &[(String, String)],
    names: &[&str],
) -> Result<Troupe<P>, String> {
    let director = Binary {
        group,
        settings: settings.to_vec(),
        delay_ticks: conditions.delay_ticks,
        beside: Vec::new(),
        given: None,
        of: PhantomData,
    };
    let config = P::configure(&director.setup())?;
    let known = <<P as Protocol>::Problem as Problem>::requirements().iter();
    let requirements = known.filter(|one| names.contains(&one.name)).collect();
    let swarm = Swarm {
        group,
        conditions,
        traitors: None,
        late_requests: P::round_ticks(&config).is_none(),
        calm_ticks: P::calm_ticks(group, &config),
        said: Said::default(),
    };
    let deadline_ticks = P::deadline_ticks(group, &config);
    Ok(Troupe { group, config, requirements, deadline_ticks, swarm, director, flaw: Flaw::None })
}

/// Many runs, up to the first that breaks something; fewer where runs are so long that all of them
/// together would have more than `events_max` events.
pub fn sweep<P: Hosted>(troupe: &Troupe<P>, runs: u64, events_max: u64, audited: bool) -> Swept {
    let names: Vec<&'static str> = troupe.requirements.iter().map(|one| one.name).collect();
    let progress = Progress::default();
    let part = |from: u64| Sweep {
        runner: troupe,
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
