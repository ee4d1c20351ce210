//! A protocol on a network, without its type: what every command about runs in time needs of it.

use std::collections::BTreeMap;

use quorate_kernel::{
    Class, Faults, Group, InputOf, Ledger, Problem, Process, Protocol, Requirement, Rule, Value,
};
use quorate_protocols::{Claim, Cost, Hosted, HostedVisitor, Request, Tail};
use quorate_simulator::{
    Arena, Asked, Fate, Judged, Letter, Plan, Ran, Recorder, Runner, Swarm, fates, fingerprinted,
    run,
};
use quorate_trace::Event;
use quorate_world::Manner;

use crate::experiment::{Behaviour, Experiment};
use crate::failure::{Failure, hint};
use crate::timed::{Timed, value_of};

/// The most processes that a network is simulated for.
const PROCESSES_MAX: u16 = 2_000;

/// A requirement, without the type of its problem.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demand {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    pub(crate) class: Class,
}

/// A run that was made and recorded.
pub(crate) struct Recorded {
    pub(crate) judged: Judged,
    /// What each process handed out first, for people, and when.
    pub(crate) decisions: Vec<Option<(String, u64)>>,
    pub(crate) events: Option<Vec<Event>>,
}

/// A protocol on a network, without its type.
pub(crate) trait Place: Runner {
    /// The place as whatever makes runs.
    fn as_runner(&self) -> &dyn Runner;
    /// What must hold.
    fn demands(&self) -> Vec<Demand>;
    /// The rules of the protocol.
    fn rules(&self) -> Vec<Rule>;
    /// The problem's name, and whether each process is to hand out one decision.
    fn problem(&self) -> (&'static str, bool);
    /// Whether messages are signed.
    fn signed(&self) -> bool;
    /// How long after the last failure all that is owed has come.
    fn calm_ticks(&self) -> u64;
    /// How long a round lasts, for a synchronous protocol.
    fn round_ticks(&self) -> Option<u64>;
    /// What is asked of whom if the processes are given these values, and what is asked beside.
    fn requests(&self, inputs: &[Option<Value>]) -> Vec<Asked>;
    /// One run with its record.
    fn recorded(&self, plan: &Plan, recorder: Recorder) -> Recorded;
    /// What a run without failures costs.
    fn cost(&self, inputs: &[Option<Value>]) -> Option<Cost>;
    /// The probability that somebody is undecided after so many rounds.
    fn tail(&self, inputs: &[Option<Value>], round: u32) -> Option<Tail>;
}

/// Finds the place of an experiment.
pub(crate) struct Find<'e>(pub(crate) &'e Experiment);

impl<'e> HostedVisitor for Find<'e> {
    type Out = Result<Box<dyn Place + 'e>, Failure>;

    fn visit<P: Hosted>(self) -> Self::Out {
        Ok(Box::new(Hosting::<P>::new(self.0)?))
    }
}

/// The place of an experiment.
pub(crate) fn find<'e>(experiment: &'e Experiment) -> Result<Box<dyn Place + 'e>, Failure> {
    let name = experiment.card.name;
    quorate_protocols::visit_hosted(name, Find(experiment)).ok_or_else(|| {
        Failure::internal(format!("the catalogue lists {name} and does not have it"))
    })?
}

/// The inputs of a single run: as given, or 0, 1, 0, 1, ...
pub(crate) fn inputs(experiment: &Experiment) -> Vec<Option<Value>> {
    let one = experiment.card.one_input;
    let proposes = |p: Process| !one || p == experiment.special;
    let default = |p: Process| if one { 1 } else { p.0 % experiment.domain.size };
    let asked = experiment.timed.as_ref().is_some_and(|timed| !timed.asked.is_empty());
    let all = experiment.group.processes();
    match &experiment.inputs {
        Some(given) => given.clone(),
        None if asked => all.map(|_| None).collect(),
        None => all.map(|p| proposes(p).then(|| Value(default(p)))).collect(),
    }
}

/// A protocol with everything that runs of it on a network need.
struct Hosting<'e, P: Hosted> {
    experiment: &'e Experiment,
    config: P::Config,
    requirements: Vec<&'static Requirement<P::Problem>>,
    /// Requests beside those that the values lead to.
    beside: Vec<Request<InputOf<P>>>,
    swarm: Swarm,
}

impl<'e, P: Hosted> Hosting<'e, P> {
    fn new(experiment: &'e Experiment) -> Result<Self, Failure> {
        let timed = experiment
            .timed
            .as_ref()
            .ok_or_else(|| Failure::internal("a run on a network needs an experiment in time"))?;
        refuse_large(experiment.group)?;
        let config = P::configure(&experiment.setup()).map_err(Failure::usage)?;
        let dated = P::deadline_ticks(experiment.group, &config).is_some();
        let known = <P::Problem as Problem>::requirements();
        let names: Vec<(&str, &[&str])> = known.iter().map(|r| (r.name, r.aliases)).collect();
        let problem = <P::Problem as Problem>::NAME;
        let chosen = chosen(experiment, timed, &P::claims(), (problem, &names, dated))?;
        let requirements = chosen.into_iter().map(|place| &known[place]).collect();
        let calm_ticks = P::calm_ticks(experiment.group, &config);
        let together = P::round_ticks(&config).is_some();
        let mut beside = Vec::new();
        for (at, process, value) in asked(experiment, timed)? {
            let alone: Vec<Option<Value>> =
                experiment.group.processes().map(|p| (p == process).then_some(value)).collect();
            let made = P::requests(&experiment.setup(), &config, &alone);
            beside
                .extend(made.into_iter().map(|one| Request { at_ticks: at + one.at_ticks, ..one }));
        }
        let swarm = swarm(experiment, timed, calm_ticks, together);
        Ok(Self { experiment, config, requirements, beside, swarm })
    }

    fn all_requests(&self, inputs: &[Option<Value>]) -> Vec<Request<InputOf<P>>> {
        let mut all = P::requests(&self.experiment.setup(), &self.config, inputs);
        all.extend_from_slice(&self.beside);
        all
    }

    fn with_arena<T>(&self, plan: &Plan, run: impl FnOnce(Arena<'_, P>) -> T) -> T {
        let all = self.all_requests(&plan.inputs);
        let inputs: Vec<InputOf<P>> = all.into_iter().map(|one| one.input).collect();
        let (group, config) = (self.experiment.group, &self.config);
        run(Arena {
            group,
            config,
            inputs: &inputs,
            calm_ticks: self.swarm.calm_ticks,
            deadline_ticks: P::deadline_ticks(group, config),
        })
    }

    fn judged(&self, ran: &Ran<P>) -> Judged {
        let breach = |requirement: &&Requirement<P::Problem>| {
            (requirement.judge)(&ran.ledger, &ran.outcome.end).err()
        };
        let breaches = self.requirements.iter().map(breach).enumerate();
        let breaches = breaches.filter_map(|(place, breach)| Some((place, breach?))).collect();
        Judged { outcome: ran.outcome.clone(), breaches }
    }
}

impl<P: Hosted> Runner for Hosting<'_, P> {
    fn plan(&self, seed: u64) -> Plan {
        let inputs = match &self.experiment.inputs {
            None if self.beside.is_empty() => drawn(self.experiment, seed),
            _ => inputs(self.experiment),
        };
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

impl<P: Hosted> Place for Hosting<'_, P> {
    fn as_runner(&self) -> &dyn Runner {
        self
    }

    fn demands(&self) -> Vec<Demand> {
        let all = self.requirements.iter();
        all.map(|r| Demand { name: r.name, text: r.text, class: r.class }).collect()
    }

    fn rules(&self) -> Vec<Rule> {
        P::rules()
    }

    fn problem(&self) -> (&'static str, bool) {
        let known = <P::Problem as Problem>::requirements();
        let has = |name: &str| known.iter().any(|one| one.name == name);
        (<P::Problem as Problem>::NAME, has("termination") && !has("log-agreement"))
    }

    fn signed(&self) -> bool {
        <P as Protocol>::SIGNED
    }

    fn calm_ticks(&self) -> u64 {
        self.swarm.calm_ticks
    }

    fn round_ticks(&self) -> Option<u64> {
        P::round_ticks(&self.config)
    }

    fn requests(&self, inputs: &[Option<Value>]) -> Vec<Asked> {
        let all = self.all_requests(inputs).into_iter().zip(0..);
        all.map(|(one, number)| Asked { number, at: one.at_ticks, process: one.process }).collect()
    }

    fn recorded(&self, plan: &Plan, recorder: Recorder) -> Recorded {
        let ran = self.with_arena(plan, |arena| run(arena, plan, Some(recorder)));
        let name = |value: Value| self.experiment.names.of(value);
        let first = |p: Process| {
            let decision = ran.ledger.decision(p);
            decision.map(|(output, at)| (P::Problem::show(output, &name), at))
        };
        let decisions = self.experiment.group.processes().map(first).collect();
        Recorded { judged: self.judged(&ran), decisions, events: ran.events }
    }

    fn cost(&self, inputs: &[Option<Value>]) -> Option<Cost> {
        P::cost(self.experiment.group, &self.config, inputs)
    }

    fn tail(&self, inputs: &[Option<Value>], round: u32) -> Option<Tail> {
        P::tail(self.experiment.group, &self.config, inputs, round)
    }
}

fn refuse_large(group: Group) -> Result<(), Failure> {
    if group.n <= PROCESSES_MAX {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "a network of {} processes is too large: take at most {PROCESSES_MAX}",
        group.n
    )))
}

/// The requests at a time, with their values read.
fn asked(experiment: &Experiment, timed: &Timed) -> Result<Vec<(u64, Process, Value)>, Failure> {
    let names = &experiment.names;
    let read = |(at, process, text): &(u64, Process, String)| {
        let value = value_of(text, names).filter(|v| experiment.domain.contains(*v));
        let value = value.ok_or_else(|| {
            let known = names.0.join(", ");
            Failure::usage(format!("{text:?} is not a value; the values are {known}"))
        })?;
        Ok((*at, *process, value))
    };
    timed.asked.iter().map(read).collect()
}

/// Inputs of a sweep where none were given: drawn, all of them equal in one run of four.
fn drawn(experiment: &Experiment, seed: u64) -> Vec<Option<Value>> {
    let size = u64::from(experiment.domain.size);
    let mix = |k: u64| {
        let mixed = (seed ^ k << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32
    };
    let same = mix(1).is_multiple_of(4);
    let proposes = |p: Process| !experiment.card.one_input || p == experiment.special;
    let value = |p: Process| mix(if same { 2 } else { 3 + u64::from(p.0) }) % size;
    let all = experiment.group.processes();
    all.map(|p| proposes(p).then(|| Value(value(p) as u16))).collect()
}

fn swarm(experiment: &Experiment, timed: &Timed, calm_ticks: u64, together: bool) -> Swarm {
    let fixed = |behaviour: &Behaviour| match behaviour {
        Behaviour::Manner(manner) => *manner,
        Behaviour::Worst => Manner::Random,
    };
    let traitors: Vec<(Process, Manner)> =
        experiment.traitors.iter().map(|(who, how)| (*who, fixed(how))).collect();
    let mut conditions = timed.conditions.clone();
    conditions.flips_max = experiment.flips;
    Swarm {
        group: experiment.group,
        conditions,
        traitors: (!traitors.is_empty()).then_some(traitors),
        late_requests: !together,
        calm_ticks,
    }
}

/// The places of the requirements of an experiment in time: those asked for, or what the protocol
/// claims there.
fn chosen(
    experiment: &Experiment,
    timed: &Timed,
    claims: &[Claim],
    (problem, known, dated): (&str, &[(&str, &[&str])], bool),
) -> Result<Vec<usize>, Failure> {
    if experiment.require.is_empty() {
        let promised = promised(experiment.group, experiment.faults, timed, claims);
        let counts = |(_, (name, _)): &(usize, &(&str, &[&str]))| {
            promised.contains(name) && (dated || *name != "deadline")
        };
        return Ok(known.iter().enumerate().filter(counts).map(|(place, _)| place).collect());
    }
    let named = |name: &String| {
        let exact = known.iter().position(|(known, _)| known == name);
        let alias = || known.iter().position(|(_, aliases)| aliases.contains(&name.as_str()));
        exact.or_else(alias).ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let (near, all) = (hint(name, names.iter().copied()), names.join(", "));
            Failure::usage(format!("{problem} has no requirement {name:?}; it has {all}{near}"))
        })
    };
    experiment.require.iter().map(named).collect()
}

/// The names of what is promised under these conditions, if the group is large enough; if nothing
/// is, what is said of these faults at all; if nothing is, every promise.
fn promised<'c>(group: Group, faults: Faults, timed: &Timed, claims: &'c [Claim]) -> Vec<&'c str> {
    let conditions = &timed.conditions;
    let large = Group { n: u16::MAX, f: group.f };
    let admits = |claim: &Claim| (claim.within.admits)(large) || (claim.within.admits)(group);
    let covers = |claim: &Claim| {
        claim.faults >= faults
            && claim.timing >= conditions.timing
            && claim.links >= conditions.links
            && (claim.restarts || !conditions.restarts)
    };
    let tests: [&dyn Fn(&Claim) -> bool; 3] = [
        &|claim| covers(claim) && admits(claim),
        &|claim| claim.faults >= faults && claim.is_promise(),
        &Claim::is_promise,
    ];
    let fits = tests.into_iter().find(|fits| claims.iter().any(fits));
    let counts = |claim: &&Claim| fits.is_some_and(|fits| fits(claim));
    claims.iter().filter(counts).map(|claim| claim.requirement).collect()
}
