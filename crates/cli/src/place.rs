//! A protocol on a network, without its type: what every command about runs in time needs of it.

use quorate_checker::network::{self, Told};
use quorate_kernel::{
    Bits, Class, Group, InputOf, Ledger, Message, Problem, Process, Protocol, Rule, Timing, Value,
};
use quorate_protocols::{Cost, Hosted, HostedVisitor, Tail, Terms};
use quorate_simulator::{
    Asked, Director, Judged, Letter, Plan, Ran, Recorder, Refused, Runner, Swarm, Troupe, Twin,
};
use quorate_trace::{Event, Time, Trace, What};
use quorate_world::{Manner, Word};

use crate::demands::demanded;
use crate::experiment::{Behaviour, Experiment};
use crate::failure::Failure;
use crate::letters::letter_text;
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
pub(crate) trait Place {
    /// The place as whatever makes runs.
    fn as_runner(&self) -> &dyn Runner;
    /// What must hold.
    fn demands(&self) -> Vec<Demand>;
    /// The names of what the protocol promises in other models, and is not judged by here.
    fn unpromised(&self) -> Vec<&'static str>;
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
    /// What is asked of whom if the processes, and further copies of some, are given these values,
    /// and what is asked beside.
    fn requests(&self, inputs: &[Option<Value>], twins: &[Twin]) -> Vec<Asked>;
    /// One run with its record.
    fn recorded(&self, plan: &Plan, recorder: Recorder) -> Recorded;
    /// Follows a trace by its causes, as far as the protocol's code allows it.
    fn accepted(&self, trace: &Trace, time: &Time, recorder: Recorder)
    -> Result<Recorded, Refused>;
    /// What the sender of a message says in its place, by the word that somebody wrote down.
    fn word(&self, plan: &Plan, letter: Letter, word: &str) -> Result<Word, Failure>;
    /// What a run without failures costs.
    fn cost(&self, inputs: &[Option<Value>]) -> Option<Cost>;
    /// Whether a requirement asks if messages were lost.
    fn counts_losses(&self) -> bool;
    /// Whether a requirement asks when somebody crashed.
    fn watches_crashes(&self) -> bool;
    /// Searches every run, from where a search was stopped if it was kept.
    fn explore(
        &self,
        orders: &network::Orders,
        saved: Option<network::Saved>,
        progress: &quorate_checker::Progress,
    ) -> Told;
    /// Keeps a run undecided for so many steps.
    fn waver(&self, orders: &network::Orders, steps: usize) -> Option<network::Wavering>;
    /// How likely it is that all have decided by each round, at the least and at the most.
    fn odds(
        &self,
        orders: &network::Orders,
        last: u32,
        progress: &quorate_checker::Progress,
    ) -> Result<network::Odds, &'static str>;
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
struct Hosting<'e, P: Hosted>(Troupe<P, Script<'e, P>>);

/// What an experiment says that processes are given and asked.
struct Script<'e, P: Hosted> {
    experiment: &'e Experiment,
    /// Requests beside those that the values lead to.
    beside: Vec<(u64, Process, InputOf<P>)>,
}

impl<P: Hosted> Director<P> for Script<'_, P> {
    fn inputs(&self, seed: u64) -> Vec<Option<Value>> {
        match &self.experiment.inputs {
            None if self.beside.is_empty() => drawn(self.experiment, seed),
            _ => inputs(self.experiment),
        }
    }

    fn requests(
        &self,
        config: &P::Config,
        inputs: &[Option<Value>],
    ) -> Vec<(u64, Process, InputOf<P>)> {
        let mut all = requests::<P>(self.experiment, config, inputs);
        all.extend_from_slice(&self.beside);
        all
    }
}

/// What a protocol makes of values.
fn requests<P: Hosted>(
    experiment: &Experiment,
    config: &P::Config,
    inputs: &[Option<Value>],
) -> Vec<(u64, Process, InputOf<P>)> {
    let made = P::requests(&experiment.setup(), config, inputs);
    made.into_iter().map(|one| (one.at_ticks, one.process, one.input)).collect()
}

impl<'e, P: Hosted> Hosting<'e, P> {
    fn new(experiment: &'e Experiment) -> Result<Self, Failure> {
        let timed = experiment
            .timed
            .as_ref()
            .ok_or_else(|| Failure::internal("a run on a network needs an experiment in time"))?;
        refuse_large(experiment.group)?;
        let config = P::configure(&experiment.setup()).map_err(Failure::usage)?;
        let group = experiment.group;
        let deadline_ticks = P::deadline_ticks(group, &config);
        let conditions = &timed.conditions;
        // Where clocks do as somebody says, what rests on them is not promised.
        let clocks = timed.said.upsets.iter().any(|(_, upset)| upset.is_of_clock());
        let timing =
            if clocks { conditions.timing.max(Timing::Partial) } else { conditions.timing };
        let terms = Terms {
            group,
            faults: experiment.faults,
            timing,
            links: conditions.links,
            restarts: conditions.restarts,
        };
        let requirements = demanded(experiment, &P::claims(), terms, deadline_ticks.is_some())?;
        let calm_ticks = P::calm_ticks(group, &config);
        let round_ticks = P::round_ticks(&config);
        // What is asked for whatever the values are is asked once.
        let anyway = requests::<P>(experiment, &config, &vec![None; group.size()]);
        let mut beside = Vec::new();
        for (at, process, value) in asked(experiment, timed)? {
            let alone: Vec<Option<Value>> =
                group.processes().map(|p| (p == process).then_some(value)).collect();
            let made = requests::<P>(experiment, &config, &alone);
            let made = made.into_iter().filter(|one| !anyway.contains(one));
            beside.extend(made.map(|(after, who, input)| (at + after, who, input)));
        }
        let swarm = swarm(experiment, timed, calm_ticks, round_ticks);
        let (director, flaw) = (Script { experiment, beside }, experiment.flaw());
        Ok(Self(Troupe { group, config, requirements, deadline_ticks, swarm, director, flaw }))
    }

    fn experiment(&self) -> &'e Experiment {
        self.0.director.experiment
    }

    /// A run, without its type.
    fn told(&self, ran: Ran<P>) -> Recorded {
        let experiment = self.experiment();
        let name = |value: Value| experiment.names.of(value);
        let first = |p: Process| {
            let decision = ran.ledger.decision(p);
            decision.map(|(output, at)| (P::Problem::show(output, &name), at))
        };
        let decisions = experiment.group.processes().map(first).collect();
        Recorded { judged: self.0.judged(&ran), decisions, events: ran.events }
    }
}

impl<P: Hosted> Place for Hosting<'_, P> {
    fn as_runner(&self) -> &dyn Runner {
        &self.0
    }

    fn demands(&self) -> Vec<Demand> {
        let all = self.0.requirements.iter();
        all.map(|r| Demand { name: r.name, text: r.text, class: r.class }).collect()
    }

    fn unpromised(&self) -> Vec<&'static str> {
        let claims = P::claims();
        let promised =
            |name: &str| claims.iter().any(|claim| claim.requirement == name && claim.is_promise());
        let judged = |name: &str| self.0.requirements.iter().any(|one| one.name == name);
        let dated = self.0.deadline_ticks.is_some();
        let known = <P::Problem as Problem>::requirements().iter().map(|one| one.name);
        known
            .filter(|name| promised(name) && !judged(name) && (dated || *name != "deadline"))
            .collect()
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
        self.0.swarm.calm_ticks
    }

    fn round_ticks(&self) -> Option<u64> {
        P::round_ticks(&self.0.config)
    }

    fn requests(&self, inputs: &[Option<Value>], twins: &[Twin]) -> Vec<Asked> {
        self.0.requests(inputs, twins)
    }

    fn recorded(&self, plan: &Plan, recorder: Recorder) -> Recorded {
        self.told(self.0.recorded(plan, recorder))
    }

    fn accepted(
        &self,
        trace: &Trace,
        time: &Time,
        recorder: Recorder,
    ) -> Result<Recorded, Refused> {
        let experiment = self.experiment();
        let mut texts: Vec<&str> = Vec::new();
        for event in &trace.events {
            if let What::Request { request, .. } = &event.what {
                texts.push(request);
            }
        }
        texts.sort_unstable();
        texts.dedup();
        let anyway = requests::<P>(experiment, &self.0.config, &vec![None; self.0.group.size()]);
        let mut inputs: Vec<InputOf<P>> = anyway.into_iter().map(|(_, _, input)| input).collect();
        for value in (0..experiment.domain.size).map(Value) {
            let name = experiment.names.of(value);
            // Some requests name no value, and are made only of who proposes one.
            if value.0 == 0 || texts.iter().any(|text| text.contains(&name)) {
                let all = vec![Some(value); experiment.group.size()];
                let made = requests::<P>(experiment, &self.0.config, &all);
                inputs.extend(made.into_iter().map(|(_, _, input)| input));
            }
        }
        self.0.accept(trace, time, inputs, recorder).map(|ran| self.told(ran))
    }

    fn word(&self, plan: &Plan, letter: Letter, word: &str) -> Result<Word, Failure> {
        if word.is_empty() {
            return Ok(Word::Silence);
        }
        let names = &self.experiment().names;
        let domain = P::domain(&self.0.config);
        let offered = self.0.offered(plan, letter).ok_or_else(|| never_sent(letter))?;
        let label = |said: &P::Message| said.label(&|value| names.of(value));
        let plain = |said: &P::Message| said.label(&|value| value.to_string());
        let mut words = offered.words.iter();
        let named = words.clone().find(|(_, said)| label(said) == word);
        if let Some((reading, _)) = named.or_else(|| words.find(|(_, said)| plain(said) == word)) {
            return Ok(Word::Reading(reading.clone()));
        }
        let width = offered.honest.bits(domain);
        let flipped = (0..width).find(|bit| {
            let mut garbled = offered.honest.clone();
            garbled.flip(*bit, domain);
            label(&garbled) == word || plain(&garbled) == word
        });
        if let Some(bit) = flipped {
            return Ok(Word::garbled(bit, width));
        }
        let some: Vec<String> = offered.words.iter().take(8).map(|(_, said)| label(said)).collect();
        let (who, to, place) = (letter.from, letter.to, letter_text(letter));
        let truth = label(&offered.honest);
        Err(Failure::usage(if some.is_empty() {
            format!(
                "{who} has no other word for {to} in place of {place} ({truth:?}): an empty one \
                 is silence"
            )
        } else {
            let list = some.join("; ");
            format!(
                "{who} cannot say {word:?} to {to} in place of {place} ({truth:?}); it can say \
                 {list}"
            )
        }))
    }

    fn cost(&self, inputs: &[Option<Value>]) -> Option<Cost> {
        P::cost(self.0.group, &self.0.config, inputs)
    }

    fn counts_losses(&self) -> bool {
        <P::Problem as Problem>::COUNTS_LOSSES
    }

    fn watches_crashes(&self) -> bool {
        <P::Problem as Problem>::WATCHES_CRASHES
    }

    fn explore(
        &self,
        orders: &network::Orders,
        saved: Option<network::Saved>,
        progress: &quorate_checker::Progress,
    ) -> Told {
        network::ask(&self.0, orders, saved, progress)
    }

    fn odds(
        &self,
        orders: &network::Orders,
        last: u32,
        progress: &quorate_checker::Progress,
    ) -> Result<network::Odds, &'static str> {
        network::odds(&self.0, orders, last, progress)
    }

    fn waver(&self, orders: &network::Orders, steps: usize) -> Option<network::Wavering> {
        network::waver(&self.0, orders, steps)
    }

    fn tail(&self, inputs: &[Option<Value>], round: u32) -> Option<Tail> {
        P::tail(self.0.group, &self.0.config, inputs, round)
    }
}

/// A message that somebody spoke of, and that never comes.
pub(crate) fn never_sent(letter: Letter) -> Failure {
    let (from, to, place) = (letter.from, letter.to, letter_text(letter));
    Failure::usage(format!(
        "there is no message {place} in this run: {from} sends fewer to {to}, counted from 0"
    ))
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

fn swarm(
    experiment: &Experiment,
    timed: &Timed,
    calm_ticks: u64,
    round_ticks: Option<u64>,
) -> Swarm {
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
        late_requests: round_ticks.is_none() && timed.asked.is_empty(),
        calm_ticks,
        said: timed.said(round_ticks),
    }
}
