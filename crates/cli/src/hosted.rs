//! One run in time, told as a trace and as a report.

use std::time::Instant;

use quorate_kernel::{Breach, Faults, Process, Timing, Value, named, timed};
use quorate_simulator::{Judged as Came, Minimiser, Outcome, Plan, RECORDED_MAX, Rate, Recorder};
use quorate_trace::{
    Closing, Event, Faulty, Header, Judged, SCHEMA, Special, Time, Trace, VERSION, What,
};
use quorate_world::{Manner, Upset, header_rules};

use crate::coverage::{Coverage, coverage_of};
use crate::experiment::{Behaviour, Experiment};
use crate::failure::Failure;
use crate::place::{self, Demand, Place, Recorded};
use crate::report::{Judgment, ProcessLine, Report, Verdict, When};
use crate::reproduce;
use crate::stage::exposed;
use crate::sweep::MINIMISE_EVENTS;
use crate::timed::{TICKS_PER_MS, Timed, ms_text};

/// An experiment in time, with its place.
pub(crate) struct Stage<'e> {
    pub(crate) experiment: &'e Experiment,
    pub(crate) timed: &'e Timed,
    pub(crate) place: Box<dyn Place + 'e>,
    pub(crate) demands: Vec<Demand>,
}

/// Makes one run.
pub(crate) fn run(experiment: &Experiment) -> Result<Report, Failure> {
    let stage = Stage::new(experiment)?;
    stage.refuse_rounds()?;
    let (mut plan, mut notes) = stage.worst(stage.plan()?);
    stage.lie(&mut plan)?;
    notes.extend(stage.unmet(&plan));
    let mut report = stage.report(&plan, "run", &reproduce::in_time("run", experiment));
    report.notes.splice(0..0, notes);
    Ok(report)
}

/// How many runs are made in search of the worst that traitors can do, and of how many events.
const WORST_RUNS: u64 = 20_000;
const WORST_EVENTS: u64 = 5_000_000;

impl<'e> Stage<'e> {
    pub(crate) fn new(experiment: &'e Experiment) -> Result<Self, Failure> {
        let timed = experiment
            .timed
            .as_ref()
            .ok_or_else(|| Failure::internal("a run on a network needs an experiment in time"))?;
        let place = place::find(experiment)?;
        let demands = place.demands();
        Ok(Self { experiment, timed, place, demands })
    }

    /// A run of a protocol that has no last round ends by time.
    pub(crate) fn refuse_rounds(&self) -> Result<(), Failure> {
        let card = &self.experiment.card;
        if self.experiment.rounds.is_none() || card.in_rounds {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "{} does not run for a number of rounds: leave out --rounds (--until ends a run)",
            card.name
        )))
    }

    /// The plan of a single run.
    pub(crate) fn plan(&self) -> Result<Plan, Failure> {
        let (experiment, timed) = (self.experiment, self.timed);
        let mut plan = Plan::calm(experiment.seed, timed.conditions.clone(), 0);
        plan.weather = timed.weather.clone();
        plan.inputs = place::inputs(experiment);
        plan.requests = self.place.requests(&plan.inputs, &[]);
        let said = timed.said(self.place.round_ticks());
        plan.upsets = said.upsets;
        plan.sort();
        (plan.faulty, plan.fates) = (said.faulty, said.fates);
        (plan.choices, plan.plain_lots) = (said.choices, said.plain_lots);
        for (process, behaviour) in &experiment.traitors {
            let manner = match behaviour {
                Behaviour::Manner(manner) => *manner,
                Behaviour::Worst => Manner::Random,
            };
            plan.traitors.push((*process, manner));
        }
        let last = plan.troubled_until();
        let last_asked = plan.requests.last().map_or(0, |one| one.at);
        let loses = plan.weather.loss != Rate::NEVER || plan.weather.again != Rate::NEVER;
        let stretch = match timed.conditions.timing {
            Timing::Asynchronous => u64::from(plan.weather.slow_factor),
            _ => 1,
        };
        let calm_ticks = self.place.calm_ticks().saturating_mul(stretch);
        let unsaid = if loses { 20 * timed.conditions.delay_ticks } else { 0 };
        plan.calm_from = timed.calm_from.unwrap_or(unsaid.max(last));
        plan.over_at =
            timed.said.over_at.unwrap_or(plan.calm_from.max(last_asked).saturating_add(calm_ticks));
        self.refuse_too_many(&plan)?;
        Ok(plan)
    }

    /// The worst that traitors can do, where that was asked for: the simplest of the runs found
    /// that break something, and what is to be said of it.
    fn worst(&self, mut plan: Plan) -> (Plan, Vec<String>) {
        let left = |behaviour: &Behaviour| *behaviour == Behaviour::Worst;
        let worst = self.experiment.traitors.iter().filter(|(_, how)| left(how));
        let worst: Vec<Process> = worst.map(|(who, _)| *who).collect();
        if worst.is_empty() {
            return (plan, Vec::new());
        }
        let names: Vec<String> = worst.iter().map(|who| who.to_string()).collect();
        let who = names.join(" and ");
        let runner = self.place.as_runner();
        let mut left = WORST_EVENTS;
        for seed in 1..=WORST_RUNS {
            if left == 0 {
                break;
            }
            let drawn = runner.plan(seed);
            let judged = runner.run(&drawn, left);
            left = left.saturating_sub(judged.outcome.events + 1);
            let Some((place, _)) = judged.breaches.into_iter().next() else { continue };
            let which = (place, self.demands[place].class);
            let simplest = Minimiser::new(runner, which, MINIMISE_EVENTS).minimise(&drawn);
            let note = format!("the worst that {who} can do was looked for: run {seed} broke");
            return (simplest, vec![format!("{note} {}", self.demands[place].name)]);
        }
        for (process, manner) in &mut plan.traitors {
            if worst.contains(process) {
                *manner = Manner::Equivocate;
            }
        }
        let note = format!(
            "the worst that {who} can do was looked for, and nothing broke in the runs made: \
             shown equivocating"
        );
        (plan, vec![note])
    }

    /// Puts single lies into a plan: the words are looked up one after the other, since each may
    /// change what is said after it.
    fn lie(&self, plan: &mut Plan) -> Result<(), Failure> {
        for (letter, word) in &self.timed.lies {
            let word = self.place.word(plan, *letter, word)?;
            plan.lies.insert(*letter, word);
        }
        Ok(())
    }

    /// What was said of messages that are never sent.
    fn unmet(&self, plan: &Plan) -> Vec<String> {
        let said = &self.timed.said.fates;
        if said.is_empty() {
            return Vec::new();
        }
        let sent = self.place.as_runner().fates(plan);
        let never = said.keys().filter(|letter| !sent.contains_key(letter));
        never.map(|letter| place::never_sent(*letter).text).collect()
    }

    /// The model grants so many failures, and no more.
    fn refuse_too_many(&self, plan: &Plan) -> Result<(), Failure> {
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
        let liars = plan.traitors.iter().map(|one| one.0);
        let mut failed: Vec<Process> =
            dead.chain(liars).chain(plan.faulty.iter().copied()).collect();
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
        let (_, decisions) = self.place.problem();
        Recorder::new(self.experiment.group.n, names, &self.place.rules(), decisions)
    }

    /// One run with its record.
    pub(crate) fn recorded(&self, plan: &Plan) -> Recorded {
        self.place.recorded(plan, self.recorder())
    }

    /// A run as a report, with the command that makes it again.
    pub(crate) fn report(&self, plan: &Plan, command: &'static str, reproduce: &str) -> Report {
        let (experiment, started) = (self.experiment, Instant::now());
        let mut recorded = self.recorded(plan);
        let events = recorded.events.take();
        let outcome = &recorded.judged.outcome;
        let mut report = self.blank(command, verdict_of(&recorded.judged));
        report.requirements = self.judgments(&recorded.judged);
        report.cost = Some(quorate_world::Cost {
            rounds: outcome.rounds.unwrap_or(0).min(u16::MAX.into()) as u16,
            messages: outcome.messages,
            items: outcome.messages,
            bits: outcome.bits,
        });
        let undisturbed = plan.upsets.is_empty()
            && plan.traitors.is_empty()
            && plan.faulty.is_empty()
            && plan.twins.is_empty()
            && outcome.lost == 0
            && outcome.end.settled
            && experiment.rounds.is_none();
        if undisturbed && self.timed.asked.is_empty() {
            report.expected_cost = self.place.cost(&plan.inputs);
        }
        report.processes = self.processes(plan, &recorded, events.as_deref());
        report.coverage = coverage_of(&self.place.rules(), outcome.cited);
        report.notes = self.notes(outcome);
        report.trace = events.map(|events| self.trace(plan, &recorded, events, reproduce));
        report.notes.extend(exposed(report.trace.as_ref()));
        report.notes.extend(report.trace.is_none().then(too_long));
        report.reproduce = reproduce.into();
        report.seconds = started.elapsed().as_secs_f64();
        report
    }

    /// What the protocol promises elsewhere, and not in this model.
    pub(crate) fn unpromised(&self) -> Vec<String> {
        let names = self.place.unpromised();
        if names.is_empty() || !self.experiment.require.is_empty() {
            return Vec::new();
        }
        vec![format!("not promised in this model, and not judged: {}", names.join(", "))]
    }

    /// What is worth saying of a run beside its verdict.
    fn notes(&self, outcome: &Outcome) -> Vec<String> {
        let mut notes = self.unpromised();
        if outcome.broken > 0 {
            notes.push(format!(
                "a synchronous protocol was run where its assumption does not hold: {} messages \
                 came outside their round",
                outcome.broken
            ));
        }
        if !outcome.end.settled {
            notes.push(format!(
                "at {} the run was cut off before all that is owed had to have come: what had \
                 not come by then was not judged",
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
            bounds: Vec::new(),
            notes: Vec::new(),
            trace: None,
            coverage: Coverage::default(),
            odds: None,
            seconds: 0.0,
        }
    }

    /// What is said of every requirement after a run.
    pub(crate) fn judgments(&self, came: &Came) -> Vec<Judgment> {
        self.lines(&came.breaches, &came.open)
    }

    /// The lines of requirements, some of which broke and of some of which nothing can be said.
    pub(crate) fn lines(
        &self,
        breaches: &[(usize, Breach)],
        open: &[(usize, Breach)],
    ) -> Vec<Judgment> {
        let line = |(at, demand): (usize, &Demand)| {
            let of = |all: &[(usize, Breach)]| {
                all.iter().find(|(place, _)| *place == at).map(|(_, breach)| breach.clone())
            };
            let (broken, open) = (of(breaches), of(open));
            let verdict = match (&broken, &open) {
                (Some(_), _) => Verdict::Violated,
                (None, Some(_)) => Verdict::Inconclusive,
                (None, None) => Verdict::Holds,
            };
            let breach = broken.as_ref().or(open.as_ref());
            Judgment {
                name: demand.name,
                text: demand.text,
                class: demand.class,
                verdict,
                witnesses: breach.map(witnesses).unwrap_or_default(),
                because: breach.map(|breach| self.said(breach)).unwrap_or_default(),
                remark: String::new(),
            }
        };
        self.demands.iter().enumerate().map(line).collect()
    }

    /// What a breach shows, values by name.
    pub(crate) fn said(&self, breach: &Breach) -> String {
        let text = timed(&breach.text, &ms_text);
        named(&text, &|value| self.experiment.names.of(value))
    }

    fn faulty_list(&self, outcome: &Outcome) -> Vec<Faulty> {
        let kind = |p: Process| match self.timed.conditions.faults {
            _ if outcome.end.liars.contains(p) => "traitor",
            Faults::Omission | Faults::GeneralOmission => "omission",
            _ => "crash",
        };
        let failed = outcome.end.faulty.iter().map(|p| (p, kind(p)));
        let hit = outcome.hit.iter().filter(|p| outcome.end.correct(*p)).map(|p| (p, "flip"));
        failed.chain(hit).map(|(p, kind)| Faulty { process: p.0, kind: kind.into() }).collect()
    }

    fn processes(
        &self,
        plan: &Plan,
        recorded: &Recorded,
        events: Option<&[Event]>,
    ) -> Vec<ProcessLine> {
        let asked = |p: Process| plan.requests.iter().any(|one| one.process == p);

        let faulty = self.faulty_list(&recorded.judged.outcome);
        let name = |value: Value| self.experiment.names.of(value);
        let line = |p: Process| {
            let kind = faulty.iter().find(|faulty| faulty.process == p.0);
            let decision = recorded.decisions.get(p.index()).cloned().flatten();
            let outputs = events.unwrap_or_default().iter().filter(|event| is_output(event, p.0));
            ProcessLine {
                process: p.0,
                faulty: kind.is_some_and(|faulty| faulty.kind != "flip"),
                fault: kind.map(|faulty| faulty.kind.clone()),
                input: plan.inputs.get(p.index()).copied().flatten().filter(|_| asked(p)).map(name),
                at: decision.as_ref().map(|(_, at)| When::Ticks(*at)),
                output: decision.map(|(output, _)| output),
                more: outputs.count().saturating_sub(1),
            }
        };
        self.experiment.group.processes().map(line).collect()
    }

    /// What stands at the head of the trace of a real process, and which requirements it is to be
    /// judged by: as of a run without failures, but for traitors.
    pub(crate) fn part(&self) -> Result<(Header, Closing), Failure> {
        let plan = self.plan()?;
        let recorded = self.recorded(&plan);
        let trace = self.trace(&plan, &recorded, Vec::new(), "");
        Ok((trace.header, crate::cluster::unjudged(trace.closing)))
    }

    /// A run as a trace.
    pub(crate) fn trace(
        &self,
        plan: &Plan,
        recorded: &Recorded,
        events: Vec<Event>,
        reproduce: &str,
    ) -> Trace {
        let outcome = &recorded.judged.outcome;
        let header = self.header(plan, outcome, reproduce);
        let lines = self.judgments(&recorded.judged);
        let closing = Closing {
            verdict: verdict_of(&recorded.judged).word().into(),
            requirements: lines.iter().map(|line| told(line, &events)).collect(),
            rounds: outcome.rounds.unwrap_or(0).min(u16::MAX.into()) as u16,
            messages: outcome.messages,
            bits: outcome.bits,
            done_at: outcome.done_at,
        };
        Trace { header, events, closing }
    }

    fn header(&self, plan: &Plan, outcome: &Outcome, reproduce: &str) -> Header {
        let experiment = self.experiment;
        let conditions = &plan.conditions;
        let inputs = plan.inputs.iter().map(|input| input.map(|v| experiment.names.of(v)));
        let asks = self.timed.asked.iter();
        let asks = asks.map(|(at, who, value)| format!("{who}@{at}us={value}")).collect();
        let time = Time {
            ticks_per_ms: TICKS_PER_MS,
            delay_ticks: conditions.delay_ticks,
            calm_from: plan.calm_from,
            over_at: outcome.end.over_at,
            round_ticks: self.place.round_ticks(),
            links: conditions.links.word().into(),
            fifo: conditions.fifo,
            restarts: conditions.restarts,
            forgetful: conditions.forgetful,
            settled: outcome.end.settled,
            plan: plan.written(inputs.collect(), asks),
        };
        let special = experiment.card.special;
        Header {
            schema: SCHEMA.into(),
            version: VERSION,
            protocol: experiment.card.name.into(),
            problem: self.place.problem().0.into(),
            n: experiment.group.n,
            f: experiment.group.f,
            model: quorate_trace::Model {
                timing: conditions.timing.word().into(),
                faults: conditions.word(),
                signed: self.place.signed(),
            },
            seed: plan.seed,
            build: env!("CARGO_PKG_VERSION").into(),
            rounds: experiment.rounds.filter(|_| experiment.card.in_rounds).unwrap_or(0),
            values: experiment.names.0.clone(),
            settings: experiment.settings.iter().cloned().collect(),
            mutant: experiment.mutant.as_ref().map(|piece| piece.id.clone()),
            special: special
                .map(|part| Special { process: experiment.special.0, part: part.into() }),
            rules: header_rules(&self.place.rules()),
            faulty: self.faulty_list(outcome),
            reproduce: reproduce.into(),
            time: Some(time),
        }
    }
}

/// That there is no record of a run.
pub(crate) fn too_long() -> String {
    format!("the run has more than {RECORDED_MAX} events: it cannot be drawn or saved")
}

pub(crate) fn verdict_of(came: &Came) -> Verdict {
    match (came.breaches.is_empty(), came.open.is_empty()) {
        (false, _) => Verdict::Violated,
        (true, false) => Verdict::Inconclusive,
        (true, true) => Verdict::Holds,
    }
}

fn witnesses(breach: &Breach) -> Vec<u16> {
    breach.witnesses.iter().map(|p| p.0).collect()
}

fn is_output(event: &Event, who: u16) -> bool {
    event.process == who && matches!(event.what, What::Decide { .. } | What::Output { .. })
}

/// A judgement as a trace tells it, with the events that show it.
fn told(line: &Judgment, events: &[Event]) -> Judged {
    let shows = |p: &u16| {
        let request = |e: &&Event| e.process == *p && matches!(e.what, What::Request { .. });
        let output = events.iter().rfind(|event| is_output(event, *p));
        output.or_else(|| events.iter().find(request)).map(|event| event.i)
    };
    Judged {
        name: line.name.into(),
        text: line.text.into(),
        verdict: line.verdict.word().into(),
        events: line.witnesses.iter().filter_map(shows).collect(),
        witnesses: line.witnesses.clone(),
        because: line.because.clone(),
    }
}
