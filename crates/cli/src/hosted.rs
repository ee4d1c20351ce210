//! A protocol on a network with delays: one run of it, told as a trace.

use std::time::Instant;

use quorate_kernel::{
    Breach, Faults, Group, InputOf, Ledger, OutputOf, Problem, Process, Protocol, Requirement,
    Timing, Value, named,
};
use quorate_protocols::{Claim, Hosted, HostedVisitor};
use quorate_simulator::{Arena, Asked, Outcome, Plan, Ran, Recorder, run};
use quorate_trace::{
    Closing, Event, Faulty, Header, Judged, SCHEMA, Special, Time, Trace, VERSION, What,
};
use quorate_world::{CutShort, Judgement, Manner, Upset, header_rules, judge};

use crate::experiment::{Behaviour, Experiment};
use crate::failure::{Failure, hint};
use crate::report::{Judgment, ProcessLine, Report, Verdict, When};
use crate::reproduce;
use crate::stage::{coverage, exposed};
use crate::timed::{TICKS_PER_MS, Timed, value_of};

/// The most processes that a network is simulated for.
const PROCESSES_MAX: u16 = 2_000;

/// Makes one run.
pub(crate) struct RunHosted<'e>(pub(crate) &'e Experiment);

impl HostedVisitor for RunHosted<'_> {
    type Out = Result<Report, Failure>;

    fn visit<P: Hosted>(self) -> Self::Out {
        let hosting = Hosting::<P>::new(self.0)?;
        let plan = hosting.plan()?;
        hosting.report(&plan, &hosting.inputs(), "run")
    }
}

/// A protocol with everything that runs of it on a network need.
pub(crate) struct Hosting<'e, P: Hosted> {
    pub(crate) experiment: &'e Experiment,
    pub(crate) timed: &'e Timed,
    pub(crate) config: P::Config,
    pub(crate) requirements: Vec<&'static Requirement<P::Problem>>,
}

impl<'e, P: Hosted> Hosting<'e, P> {
    pub(crate) fn new(experiment: &'e Experiment) -> Result<Self, Failure> {
        let timed = experiment
            .timed
            .as_ref()
            .ok_or_else(|| Failure::internal("a run on a network needs an experiment in time"))?;
        if experiment.group.n > PROCESSES_MAX {
            return Err(Failure::usage(format!(
                "a network of {} processes is too large: take at most {PROCESSES_MAX}",
                experiment.group.n
            )));
        }
        let config = P::configure(&experiment.setup()).map_err(Failure::usage)?;
        let requirements = requirements::<P>(experiment, timed, &config)?;
        Ok(Self { experiment, timed, config, requirements })
    }

    pub(crate) fn arena(&self) -> Arena<'_, P> {
        let (group, config) = (self.experiment.group, &self.config);
        Arena {
            group,
            config,
            calm_ticks: P::calm_ticks(group, config),
            deadline_ticks: P::deadline_ticks(group, config),
        }
    }

    /// The inputs of a single run: as given, or 0, 1, 0, 1, ...
    pub(crate) fn inputs(&self) -> Vec<Option<Value>> {
        let experiment = self.experiment;
        let proposes = |p: Process| !experiment.card.one_input || p == experiment.special;
        let default =
            |p: Process| if experiment.card.one_input { 1 } else { p.0 % experiment.domain.size };
        let all = experiment.group.processes();
        match &experiment.inputs {
            Some(given) => given.clone(),
            None if !self.timed.asked.is_empty() => all.map(|_| None).collect(),
            None => all.map(|p| proposes(p).then(|| Value(default(p)))).collect(),
        }
    }

    /// What is asked of whom if the processes are given these values.
    pub(crate) fn requests(&self, inputs: &[Option<Value>]) -> Vec<Asked<InputOf<P>>> {
        let made = P::requests(&self.experiment.setup(), &self.config, inputs);
        let mut asked: Vec<Asked<InputOf<P>>> = made
            .into_iter()
            .zip(0..)
            .map(|(one, number)| Asked {
                at: one.at_ticks,
                process: one.process,
                input: one.input,
                number,
            })
            .collect();
        asked.sort_by_key(|one| one.at);
        asked
    }

    /// Requests at a time, as they were given.
    fn asks(&self, first: u32) -> Result<Vec<Asked<InputOf<P>>>, Failure> {
        let mut asks = Vec::new();
        for (at, process, text) in &self.timed.asked {
            let names = &self.experiment.names;
            let value = value_of(text, names).filter(|v| self.experiment.domain.contains(*v));
            let value = value.ok_or_else(|| {
                let known = names.0.join(", ");
                Failure::usage(format!("{text:?} is not a value; the values are {known}"))
            })?;
            let alone: Vec<Option<Value>> = self
                .experiment
                .group
                .processes()
                .map(|p| (p == *process).then_some(value))
                .collect();
            for mut one in self.requests(&alone) {
                one.number = first + asks.len() as u32;
                asks.push(Asked { at: *at + one.at, ..one });
            }
        }
        Ok(asks)
    }

    /// The plan of a single run.
    pub(crate) fn plan(&self) -> Result<Plan<P>, Failure> {
        let (experiment, timed) = (self.experiment, self.timed);
        let arena = self.arena();
        let mut plan = Plan::calm(experiment.seed, timed.conditions.clone(), 0);
        plan.weather = timed.weather.clone();
        plan.requests = self.requests(&self.inputs());
        let asks = self.asks(plan.requests.len() as u32)?;
        plan.requests.extend(asks);
        plan.requests.sort_by_key(|one| one.at);
        plan.upsets = timed.upsets.clone();
        for (round, process, reached) in &timed.in_rounds {
            let ticks = P::round_ticks(&self.config).unwrap_or_default();
            let within = Some(CutShort::reaching(reached.iter().copied().collect()));
            let crash = Upset::Crash { process: *process, within, forgotten: 0 };
            plan.upsets.push((u64::from(*round - 1) * ticks, crash));
        }
        plan.upsets.sort_by_key(|(at, _)| *at);
        plan.fates.clone_from(&timed.fates);
        plan.choices.clone_from(&timed.choices);
        plan.plain_lots = timed.plain_lots;
        for (process, behaviour) in &experiment.traitors {
            let manner = match behaviour {
                Behaviour::Manner(manner) => *manner,
                Behaviour::Worst => Manner::Random,
            };
            plan.traitors.push((*process, manner));
        }
        let last = plan.upsets.last().map_or(0, |(at, _)| *at + 1);
        let last_asked = plan.requests.last().map_or(0, |one| one.at);
        let loses = plan.weather.loss != quorate_simulator::Rate::NEVER
            || plan.weather.again != quorate_simulator::Rate::NEVER;
        let stretch = match timed.conditions.timing {
            Timing::Asynchronous => u64::from(plan.weather.slow_factor),
            _ => 1,
        };
        let calm_ticks = arena.calm_ticks.saturating_mul(stretch);
        let unsaid = if loses { 20 * timed.conditions.delay_ticks } else { 0 };
        plan.calm_from = timed.calm_from.unwrap_or(unsaid.max(last));
        plan.over_at =
            timed.over_at.unwrap_or(plan.calm_from.max(last_asked).saturating_add(calm_ticks));
        self.refuse_too_many(&plan)?;
        Ok(plan)
    }

    /// The model grants so many failures, and no more.
    fn refuse_too_many(&self, plan: &Plan<P>) -> Result<(), Failure> {
        let conditions = &self.timed.conditions;
        let back = |who: Process, from: usize| {
            conditions.restarts
                && plan.upsets[from..]
                    .iter()
                    .any(|(_, upset)| *upset == Upset::Restart { process: who })
        };
        let dead = plan.upsets.iter().enumerate().filter_map(|(place, (_, upset))| match upset {
            Upset::Crash { process, .. } if !back(*process, place) => Some(*process),
            _ => None,
        });
        let mut failed: Vec<Process> = dead.chain(plan.traitors.iter().map(|one| one.0)).collect();
        failed.sort();
        failed.dedup();
        if failed.len() <= usize::from(conditions.faulty_max) {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "{} processes fail for good, and f is {}: take -f {}",
            failed.len(),
            conditions.faulty_max,
            failed.len()
        )))
    }

    pub(crate) fn recorder(&self) -> Recorder {
        let names = self.experiment.names.clone();
        Recorder::new(self.experiment.group.n, names, &P::rules(), decides::<P>())
    }

    /// One run with its record and its verdict.
    pub(crate) fn told(
        &self,
        plan: &Plan<P>,
        inputs: &[Option<Value>],
        reproduce: &str,
    ) -> Told<P> {
        let Ran { outcome, events } = run(self.arena(), plan, Some(self.recorder()));
        let judged = judge(&self.requirements, outcome.ledger(), &outcome.end);
        let trace =
            events.map(|events| self.trace((plan, inputs), &outcome, &judged, events, reproduce));
        Told { outcome, judged, trace }
    }

    /// A run as a report.
    pub(crate) fn report(
        &self,
        plan: &Plan<P>,
        inputs: &[Option<Value>],
        command: &'static str,
    ) -> Result<Report, Failure> {
        self.report_of(plan, inputs, command, &reproduce::in_time(command, self.experiment))
    }

    /// The same, with the command that makes it again.
    pub(crate) fn report_of(
        &self,
        plan: &Plan<P>,
        inputs: &[Option<Value>],
        command: &'static str,
        reproduce: &str,
    ) -> Result<Report, Failure> {
        let (experiment, started) = (self.experiment, Instant::now());
        let told = self.told(plan, inputs, reproduce);
        let violated = told.judged.iter().any(|judgement| judgement.breach.is_some());
        let verdict = if violated { Verdict::Violated } else { Verdict::Holds };
        let mut report = self.blank(command, verdict);
        report.requirements = told.judged.iter().map(|one| self.judgment(one)).collect();
        report.cost = Some(quorate_world::Cost {
            rounds: told.outcome.rounds.unwrap_or(0).min(u16::MAX.into()) as u16,
            messages: told.outcome.messages,
            items: told.outcome.messages,
            bits: told.outcome.bits,
        });
        let undisturbed = plan.upsets.is_empty()
            && plan.traitors.is_empty()
            && told.outcome.lost == 0
            && experiment.rounds.is_none();
        if undisturbed && self.timed.asked.is_empty() {
            report.expected_cost = P::cost(experiment.group, &self.config, inputs);
        }
        report.processes = self.processes(inputs, &told);
        report.coverage = coverage::<P>(told.outcome.cited);
        report.notes = self.notes(&told.outcome);
        report.notes.extend(exposed(told.trace.as_ref()));
        report.trace = told.trace;
        report.reproduce = reproduce.into();
        report.seconds = started.elapsed().as_secs_f64();
        Ok(report)
    }

    /// What is worth saying of a run beside its verdict.
    fn notes(&self, outcome: &Outcome<P>) -> Vec<String> {
        let mut notes = Vec::new();
        if outcome.broken > 0 {
            notes.push(format!(
                "a synchronous protocol was run where its assumption does not hold: {} messages \
                 came outside their round",
                outcome.broken
            ));
        }
        if !outcome.end.settled {
            notes.push(format!(
                "at {} the run was cut off before all that is owed had to have come: what is \
                 owed was not judged",
                ms_text(outcome.end.over_at)
            ));
        }
        notes
    }

    pub(crate) fn blank(&self, command: &'static str, verdict: Verdict) -> Report {
        let experiment = self.experiment;
        Report {
            command,
            title: experiment.title.clone(),
            card: experiment.card.clone(),
            group: experiment.group,
            rounds: 0,
            timing: self.timed.conditions.timing,
            in_time: true,
            faults: self.timed.conditions.word(),
            verdict,
            requirements: Vec::new(),
            primary: None,
            slowest: Vec::new(),
            showing: None,
            work: None,
            swept: None,
            cost: None,
            expected_cost: None,
            processes: Vec::new(),
            seed: experiment.seed,
            reproduce: String::new(),
            this_run: None,
            notes: Vec::new(),
            trace: None,
            coverage: Vec::new(),
            seconds: 0.0,
        }
    }

    pub(crate) fn judgment(&self, judgement: &Judgement<P::Problem>) -> Judgment {
        let breach = judgement.breach.as_ref();
        Judgment {
            name: judgement.requirement.name,
            text: judgement.requirement.text,
            class: judgement.requirement.class,
            verdict: if breach.is_some() { Verdict::Violated } else { Verdict::Holds },
            witnesses: breach
                .map(|b| b.witnesses.iter().map(|p| p.0).collect())
                .unwrap_or_default(),
            because: breach.map(|b| self.said(b)).unwrap_or_default(),
            remark: String::new(),
        }
    }

    /// What a breach shows, values by name.
    pub(crate) fn said(&self, breach: &Breach) -> String {
        named(&breach.text, &|value| self.experiment.names.of(value))
    }

    fn faulty_list(&self, outcome: &Outcome<P>) -> Vec<Faulty> {
        let kind = |p: Process| match self.timed.conditions.faults {
            _ if outcome.end.liars.contains(p) => "traitor",
            Faults::Omission | Faults::GeneralOmission => "omission",
            _ => "crash",
        };
        let failed = outcome.end.faulty.iter().map(|p| (p, kind(p)));
        let hit = outcome.hit.iter().filter(|p| outcome.end.correct(*p)).map(|p| (p, "flip"));
        failed.chain(hit).map(|(p, kind)| Faulty { process: p.0, kind: kind.into() }).collect()
    }

    fn processes(&self, inputs: &[Option<Value>], told: &Told<P>) -> Vec<ProcessLine> {
        let faulty = self.faulty_list(&told.outcome);
        let name = |value: Value| self.experiment.names.of(value);
        let line = |p: Process| {
            let kind = faulty.iter().find(|faulty| faulty.process == p.0);
            let decision = told.outcome.ledger().decision(p);
            let show = |output: &OutputOf<P>| P::Problem::show(output, &name);
            ProcessLine {
                process: p.0,
                faulty: kind.is_some_and(|faulty| faulty.kind != "flip"),
                fault: kind.map(|faulty| faulty.kind.clone()),
                input: inputs.get(p.index()).copied().flatten().map(name),
                output: decision.map(|(output, _)| show(output)),
                at: decision.map(|(_, at)| When::Ticks(at)),
                more: told.outputs(p).saturating_sub(1),
            }
        };
        self.experiment.group.processes().map(line).collect()
    }

    pub(crate) fn trace(
        &self,
        (plan, inputs): (&Plan<P>, &[Option<Value>]),
        outcome: &Outcome<P>,
        judged: &[Judgement<P::Problem>],
        events: Vec<Event>,
        reproduce: &str,
    ) -> Trace {
        let header = self.header(plan, inputs, outcome, reproduce);
        let violated = judged.iter().any(|judgement| judgement.breach.is_some());
        let closing = Closing {
            verdict: if violated { "violated" } else { "holds" }.into(),
            requirements: judged.iter().map(|one| self.told_judgement(one, &events)).collect(),
            rounds: outcome.rounds.unwrap_or(0).min(u16::MAX.into()) as u16,
            messages: outcome.messages,
            bits: outcome.bits,
            done_at: outcome.done_at,
        };
        Trace { header, events, closing }
    }

    fn header(
        &self,
        plan: &Plan<P>,
        inputs: &[Option<Value>],
        outcome: &Outcome<P>,
        reproduce: &str,
    ) -> Header {
        let experiment = self.experiment;
        let conditions = &plan.conditions;
        let inputs = inputs.iter().map(|input| input.map(|v| experiment.names.of(v)));
        let asks = self.timed.asked.iter();
        let asks = asks.map(|(at, who, value)| format!("{who}@{at}us={value}")).collect();
        let time = Time {
            ticks_per_ms: TICKS_PER_MS,
            delay_ticks: conditions.delay_ticks,
            calm_from: plan.calm_from,
            over_at: plan.over_at,
            round_ticks: P::round_ticks(&self.config),
            links: conditions.links.word().into(),
            fifo: conditions.fifo,
            restarts: conditions.restarts,
            forgetful: conditions.forgetful,
            settled: outcome.end.settled,
            plan: plan.written(inputs.collect(), asks),
        };
        Header {
            schema: SCHEMA.into(),
            version: VERSION,
            protocol: P::NAME.into(),
            problem: <P::Problem as Problem>::NAME.into(),
            n: experiment.group.n,
            f: experiment.group.f,
            model: quorate_trace::Model {
                timing: conditions.timing.word().into(),
                faults: conditions.word(),
                signed: <P as Protocol>::SIGNED,
            },
            seed: plan.seed,
            build: env!("CARGO_PKG_VERSION").into(),
            rounds: experiment.rounds.unwrap_or(0),
            values: experiment.names.0.clone(),
            settings: experiment.settings.iter().cloned().collect(),
            special: P::SPECIAL
                .map(|part| Special { process: experiment.special.0, part: part.into() }),
            rules: header_rules(&P::rules()),
            faulty: self.faulty_list(outcome),
            reproduce: reproduce.into(),
            time: Some(time),
        }
    }

    fn told_judgement(&self, judgement: &Judgement<P::Problem>, events: &[Event]) -> Judged {
        let breach = judgement.breach.as_ref();
        let witnesses: Vec<u16> =
            breach.map(|b| b.witnesses.iter().map(|p| p.0).collect()).unwrap_or_default();
        let shows = |p: &u16| {
            let of = || events.iter().filter(|e| e.process == *p);
            let output = |e: &&Event| matches!(e.what, What::Decide { .. } | What::Output { .. });
            let request = |e: &&Event| matches!(e.what, What::Request { .. });
            of().rfind(output).or_else(|| of().find(request)).map(|event| event.i)
        };
        Judged {
            name: judgement.requirement.name.into(),
            text: judgement.requirement.text.into(),
            verdict: if breach.is_some() { "violated" } else { "holds" }.into(),
            events: witnesses.iter().filter_map(shows).collect(),
            witnesses,
            because: breach.map(|b| self.said(b)).unwrap_or_default(),
        }
    }
}

/// A run that was made, and told.
pub(crate) struct Told<P: Hosted> {
    pub(crate) outcome: Outcome<P>,
    pub(crate) judged: Vec<Judgement<P::Problem>>,
    pub(crate) trace: Option<Trace>,
}

impl<P: Hosted> Told<P> {
    /// How many things a process handed out.
    fn outputs(&self, who: Process) -> usize {
        let of = |event: &&Event| {
            let output = matches!(event.what, What::Decide { .. } | What::Output { .. });
            output && event.process == who.0
        };
        self.trace.iter().flat_map(|trace| &trace.events).filter(of).count()
    }
}

/// Whether each process is to hand out one thing, a decision.
pub(crate) fn decides<P: Hosted>() -> bool {
    let known = <P::Problem as Problem>::requirements();
    known.iter().any(|requirement| requirement.name == "irrevocability")
        || ["byzantine-generals", "coordinated-attack", "interactive-consistency"]
            .contains(&<P::Problem as Problem>::NAME)
}

/// A time for people.
pub(crate) fn ms_text(ticks: u64) -> String {
    let ms = ticks as f64 / TICKS_PER_MS as f64;
    if ms >= 10_000.0 { format!("{:.3} s", ms / 1000.0) } else { format!("{ms} ms") }
}

/// The requirements of an experiment in time: those asked for, or what the protocol claims there.
fn requirements<P: Hosted>(
    experiment: &Experiment,
    timed: &Timed,
    config: &P::Config,
) -> Result<Vec<&'static Requirement<P::Problem>>, Failure> {
    let known = <P::Problem as Problem>::requirements();
    let group = experiment.group;
    let without_deadline = P::deadline_ticks(group, config).is_none();
    if experiment.require.is_empty() {
        let claims = P::claims();
        let conditions = &timed.conditions;
        let large = Group { n: u16::MAX, f: group.f };
        let admits = |claim: &Claim| (claim.within.admits)(large) || (claim.within.admits)(group);
        let covers = |claim: &Claim| {
            claim.faults >= experiment.faults
                && claim.timing >= conditions.timing
                && claim.links >= conditions.links
                && (claim.restarts || !conditions.restarts)
        };
        let tests: [&dyn Fn(&Claim) -> bool; 3] = [
            &|claim| covers(claim) && admits(claim),
            &|claim| claim.faults >= experiment.faults && claim.is_promise(),
            &Claim::is_promise,
        ];
        let fits = tests.into_iter().find(|fits| claims.iter().any(fits));
        let promised = |name: &str| {
            let counts = |claim: &Claim| fits.is_some_and(|fits| fits(claim));
            claims.iter().any(|claim| claim.requirement == name && counts(claim))
        };
        let chosen = known.iter().filter(|r| promised(r.name));
        return Ok(chosen.filter(|r| !(without_deadline && r.name == "deadline")).collect());
    }
    let named = |name: &String| {
        let mut found = known.iter().filter(|r| r.name == name);
        let mut aliased = known.iter().filter(|r| r.aliases.contains(&name.as_str()));
        found.next().or_else(|| aliased.next()).ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|r| r.name).collect();
            let (near, all) = (hint(name, names.iter().copied()), names.join(", "));
            let problem = <P::Problem as Problem>::NAME;
            Failure::usage(format!("{problem} has no requirement {name:?}; it has {all}{near}"))
        })
    };
    experiment.require.iter().map(named).collect()
}
