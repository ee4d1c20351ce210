//! From an experiment to a run or a search, whichever protocol it is about.

use std::time::{Duration, Instant};

use quorate_checker::{Answer, Budget, Finding, Progress, Question, Shown, Stop, search};
use quorate_kernel::{
    Breach, Class, End, Faults, Ledger, Problem, Process, ProcessSet, Requirement, Rounds, Value,
    named,
};
use quorate_protocols::{Catalogued, Visitor};
use quorate_trace::{Closing, Faulty, Header, Judged, SCHEMA, Special, Trace, VERSION, What};
use quorate_world::{
    Adversary, Arena, Fault, Finished, Judgement, Manner, Model, Recorder, Script, header_rules,
    judge, run,
};

use crate::experiment::{Behaviour, Experiment};
use crate::failure::{Failure, exit, hint};
use crate::progress;
use crate::report::{Judgment, ProcessLine, Report, Verdict, WorkDone};
use crate::reproduce;
use crate::scripted::{Reading, Scripted};

/// A protocol with everything that a run or a search of it needs.
pub(crate) struct Stage<'e, R: Catalogued> {
    pub(crate) experiment: &'e Experiment,
    pub(crate) config: R::Config,
    pub(crate) model: Model,
    pub(crate) last: u16,
    pub(crate) requirements: Vec<&'static Requirement<R::Problem>>,
}

impl<'e, R: Catalogued> Stage<'e, R> {
    fn new(experiment: &'e Experiment) -> Result<Self, Failure> {
        let config = R::configure(&experiment.setup()).map_err(Failure::usage)?;
        let group = experiment.group;
        let mut model = Model::of(group, experiment.faults);
        model.flips_max = experiment.flips;
        if experiment.flips > 0 && experiment.traitors.is_empty() && !names_faulty(experiment) {
            // A flipped bit is a fault of its own: nobody else fails unless that is asked for.
            (model.faults, model.faulty_max) = (Faults::None, 0);
        }
        let last = experiment.rounds.unwrap_or_else(|| R::rounds(group, &config));
        let late = experiment.written.iter().find(|(round, _)| *round > last);
        if let Some((round, _)) = late {
            return Err(Failure::usage(format!(
                "nothing can fail in round {round}: this run has {last} (more with --rounds)"
            )));
        }
        let requirements = requirements::<R>(experiment)?;
        Ok(Self { experiment, config, model, last, requirements })
    }

    fn arena(&self) -> Arena<'_, R> {
        Arena { group: self.experiment.group, config: &self.config, last: self.last }
    }

    /// The inputs of a run: as given, or 1 for a commander and 0, 1, 0, 1, ... for the others.
    fn inputs(&self) -> Vec<Option<Value>> {
        let experiment = self.experiment;
        let proposes = |p: Process| !experiment.card.one_input || p == experiment.special;
        let default =
            |p: Process| if experiment.card.one_input { 1 } else { p.0 % experiment.domain.size };
        experiment.inputs.clone().unwrap_or_else(|| {
            let all = experiment.group.processes();
            all.map(|p| proposes(p).then(|| Value(default(p)))).collect()
        })
    }

    /// The inputs of a search: as given, or every value that each process may propose.
    fn all_inputs(&self) -> Vec<Vec<Option<Value>>> {
        let experiment = self.experiment;
        if let Some(given) = &experiment.inputs {
            return given.iter().map(|input| vec![*input]).collect();
        }
        let every: Vec<Option<Value>> = experiment.domain.values().map(Some).collect();
        let proposes = |p: Process| !experiment.card.one_input || p == experiment.special;
        let all = experiment.group.processes();
        all.map(|p| if proposes(p) { every.clone() } else { vec![None] }).collect()
    }

    fn question(&self, budget: Budget, symmetry: bool) -> Question<'_, R> {
        let traitors: ProcessSet = self.experiment.traitors.iter().map(|(p, _)| *p).collect();
        Question {
            arena: self.arena(),
            model: self.model.clone(),
            inputs: self.all_inputs(),
            faulty: (!traitors.is_empty()).then_some(traitors),
            requirements: self.requirements.clone(),
            symmetry,
            budget,
        }
    }

    fn recorder(&self) -> Recorder {
        Recorder::new(self.experiment.group.n, self.experiment.names.clone(), &R::rules())
    }

    /// One run with its record, told as a trace.
    fn told(
        &self,
        inputs: &[Option<Value>],
        faulty: ProcessSet,
        adversary: &mut dyn Adversary<R>,
        reproduce: &str,
    ) -> Result<Told<R>, Failure> {
        let recorder = recordable(self.experiment, self.last).then(|| self.recorder());
        let recorded = recorder.is_some();
        let finished = run(self.arena(), &self.model, inputs, faulty, adversary, recorder)
            .map_err(Failure::usage)?;
        let judged = judge(&self.requirements, &finished.ledger, &finished.end);
        let trace = recorded.then(|| self.trace(&finished, &judged, reproduce));
        Ok(Told { finished, judged, trace })
    }

    fn trace(
        &self,
        finished: &Finished<R>,
        judged: &[Judgement<R::Problem>],
        reproduce: &str,
    ) -> Trace {
        let experiment = self.experiment;
        let special =
            R::SPECIAL.map(|part| Special { process: experiment.special.0, part: part.into() });
        let header = Header {
            schema: SCHEMA.into(),
            version: VERSION,
            protocol: R::NAME.into(),
            problem: <R::Problem as Problem>::NAME.into(),
            n: experiment.group.n,
            f: experiment.group.f,
            model: quorate_trace::Model {
                timing: "synchronous".into(),
                faults: self.model.word(),
                signed: <R as Rounds>::SIGNED,
            },
            seed: experiment.seed,
            build: env!("CARGO_PKG_VERSION").into(),
            rounds: self.last,
            values: experiment.names.0.clone(),
            settings: experiment.settings.iter().cloned().collect(),
            special,
            rules: header_rules(&R::rules()),
            faulty: self.faulty_list(finished),
            reproduce: reproduce.into(),
        };
        let violated = judged.iter().any(|judgement| judgement.breach.is_some());
        let closing = Closing {
            verdict: if violated { "violated" } else { "holds" }.into(),
            requirements: judged.iter().map(|one| self.told_judgement(one, finished)).collect(),
            rounds: finished.cost.rounds,
            messages: finished.cost.messages,
            bits: finished.cost.bits,
        };
        Trace { header, events: finished.events.clone(), closing }
    }

    fn told_judgement(&self, judgement: &Judgement<R::Problem>, finished: &Finished<R>) -> Judged {
        let breach = judgement.breach.as_ref();
        let witnesses: Vec<u16> =
            breach.map(|b| b.witnesses.iter().map(|p| p.0).collect()).unwrap_or_default();
        let shows = |p: &u16| {
            let of = |e: &&quorate_trace::Event| e.process == *p;
            let decision =
                |e: &&quorate_trace::Event| matches!(e.what, quorate_trace::What::Decide { .. });
            let input =
                |e: &&quorate_trace::Event| matches!(e.what, quorate_trace::What::Input { .. });
            let events = || finished.events.iter().filter(of);
            events().find(decision).or_else(|| events().find(input)).map(|event| event.i)
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

    /// What a breach shows, values by name.
    fn said(&self, breach: &Breach) -> String {
        named(&breach.text, &|value| self.experiment.names.of(value))
    }

    fn faulty_list(&self, finished: &Finished<R>) -> Vec<Faulty> {
        let kind = match self.model.faults {
            Faults::Byzantine => "traitor",
            Faults::Crash => "crash",
            _ => "omission",
        };
        let failed = finished.end.faulty.iter().map(|p| (p, kind));
        let hit = finished.hit.iter().filter(|p| finished.end.correct(*p)).map(|p| (p, "flip"));
        failed.chain(hit).map(|(p, kind)| Faulty { process: p.0, kind: kind.into() }).collect()
    }

    fn processes(&self, inputs: &[Option<Value>], told: &Told<R>) -> Vec<ProcessLine> {
        let faulty = self.faulty_list(&told.finished);
        let name = |value: Value| self.experiment.names.of(value);
        let decided = |p: Process| told.finished.ledger.decision(p);
        let line = |p: Process| {
            let kind = faulty.iter().find(|faulty| faulty.process == p.0);
            let decision = decided(p);
            ProcessLine {
                process: p.0,
                faulty: kind.is_some_and(|faulty| faulty.kind != "flip"),
                fault: kind.map(|faulty| faulty.kind.clone()),
                input: inputs[p.index()].map(name),
                output: decision.map(|(output, _)| <R::Problem as Problem>::show(output, &name)),
                at: decision.map(|(_, round)| round),
            }
        };
        self.experiment.group.processes().map(line).collect()
    }

    fn report(&self, command: &'static str, verdict: Verdict) -> Report {
        let experiment = self.experiment;
        Report {
            command,
            title: experiment.title.clone(),
            card: experiment.card.clone(),
            group: experiment.group,
            rounds: self.last,
            faults: self.model.word(),
            verdict,
            requirements: Vec::new(),
            primary: None,
            slowest: Vec::new(),
            showing: None,
            work: None,
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

    fn judgment(&self, requirement: &Requirement<R::Problem>) -> Judgment {
        Judgment {
            name: requirement.name,
            text: requirement.text,
            class: requirement.class,
            verdict: Verdict::Holds,
            witnesses: Vec::new(),
            because: String::new(),
            remark: String::new(),
        }
    }

    fn single(&self, inputs: &[Option<Value>]) -> Result<Cast<R::Message>, Failure> {
        let mut scripted = Scripted::<R::Message>::new(self.experiment);
        let mut notes = Vec::new();
        let worst: ProcessSet = self
            .experiment
            .traitors
            .iter()
            .filter(|(_, behaviour)| *behaviour == Behaviour::Worst)
            .map(|(p, _)| *p)
            .collect();
        if !worst.is_empty() {
            self.worst(inputs, &worst, &mut scripted, &mut notes)?;
        }
        let faulty = scripted.faulty();
        Ok((faulty, scripted, notes))
    }

    /// Finds the worst that traitors can do: the fewest lies that break a requirement.
    fn worst(
        &self,
        inputs: &[Option<Value>],
        worst: &ProcessSet,
        scripted: &mut Scripted<R::Message>,
        notes: &mut Vec<String>,
    ) -> Result<(), Failure> {
        let names: Vec<String> = worst.iter().map(|p| p.to_string()).collect();
        let who = names.join(" and ");
        let fallback = |scripted: &mut Scripted<R::Message>| {
            for p in worst.iter() {
                scripted.behave(p, Manner::Equivocate);
            }
        };
        let alone = worst.len() == self.experiment.traitors.len()
            && self.experiment.written.is_empty()
            && self.model.flips_max == 0
            && self.experiment.group.n <= SEARCHED_MAX;
        if !alone {
            notes.push(format!(
                "the worst is searched for when all faults are left to it and n is at most {SEARCHED_MAX}: here {who} equivocates"
            ));
            fallback(scripted);
            return Ok(());
        }
        let soon = Instant::now() + self.experiment.budget.unwrap_or(WORST_BUDGET);
        let budget = Budget {
            deadline: Some(soon),
            after_violation: Some(Duration::ZERO),
            ..Budget::default()
        };
        let mut question = self.question(budget, true);
        question.inputs = inputs.iter().map(|input| vec![*input]).collect();
        let answer = progress::shown("searching for the worst lie", |progress| {
            search(&question, threads(None), progress)
        });
        match best(&self.requirements, &answer.findings) {
            Some(finding) => {
                notes.push(format!(
                    "the worst that {who} can do was searched for: {}",
                    deviations(finding)
                ));
                scripted.script = finding.run.script.clone();
                scripted.traitors = worst.clone();
            }
            None if answer.stopped.is_none() => {
                let runs = answer.work.runs;
                notes.push(format!(
                    "nothing that {who} can say breaks a requirement ({runs} runs, all of them): shown equivocating"
                ));
                fallback(scripted);
            }
            None => {
                notes.push(format!(
                    "no lie of {who} that breaks a requirement was found in time: shown equivocating"
                ));
                fallback(scripted);
            }
        }
        Ok(())
    }
}

/// How long `run` searches for the worst that a traitor can do.
const WORST_BUDGET: Duration = Duration::from_secs(5);
/// The largest group for which the exhaustive search is tried.
pub(crate) const SEARCHED_MAX: u16 = 64;
/// How long a search goes on after the first violation, to judge the other requirements.
const AFTER_VIOLATION: Duration = Duration::from_secs(20);
/// The most messages of one run.
const MESSAGES_MAX: u64 = 100_000_000_000;
/// How long a search, or a run, takes at most if no budget is given.
const CHECK_BUDGET: Duration = Duration::from_secs(600);

/// Who is faulty from the start, what they will do, and what to say about that.
type Cast<M> = (ProcessSet, Scripted<M>, Vec<String>);

/// A run that was made, and told.
struct Told<R: Catalogued> {
    finished: Finished<R>,
    judged: Vec<Judgement<R::Problem>>,
    trace: Option<Trace>,
}

fn names_faulty(experiment: &Experiment) -> bool {
    let flip = |written: &crate::experiment::Written| {
        matches!(written, crate::experiment::Written::Flip { .. })
    };
    let named = !experiment.named.is_empty() || experiment.faults_given;
    named || experiment.written.iter().any(|(_, written)| !flip(written))
}

/// Whether the record of a run is worth keeping: at most so many messages.
fn recordable(experiment: &Experiment, last: u16) -> bool {
    let n = u64::from(experiment.group.n);
    n * n * u64::from(last) <= 400_000
}

/// The requirements of an experiment: those asked for, or what the protocol claims for the model.
fn requirements<R: Catalogued>(
    experiment: &Experiment,
) -> Result<Vec<&'static Requirement<R::Problem>>, Failure> {
    let known = <R::Problem as Problem>::requirements();
    if experiment.require.is_empty() {
        let claims = R::claims();
        let promised = |name: &str, kind: Option<Faults>| {
            claims.iter().any(|claim| {
                claim.requirement == name
                    && kind.is_none_or(|kind| claim.faults >= kind)
                    && claim.is_promise()
            })
        };
        let here = known.iter().any(|r| promised(r.name, Some(experiment.faults)));
        let kind = here.then_some(experiment.faults);
        let overridden = experiment.rounds.is_some();
        let chosen = known.iter().filter(|r| promised(r.name, kind));
        return Ok(chosen.filter(|r| !(overridden && r.name == "deadline")).collect());
    }
    let named = |name: &String| {
        let mut found = known.iter().filter(|r| r.name == name);
        let mut aliased = known.iter().filter(|r| r.aliases.contains(&name.as_str()));
        found.next().or_else(|| aliased.next()).ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|r| r.name).collect();
            let (near, all) = (hint(name, names.iter().copied()), names.join(", "));
            let problem = <R::Problem as Problem>::NAME;
            Failure::usage(format!("{problem} has no requirement {name:?}; it has {all}{near}"))
        })
    };
    experiment.require.iter().map(named).collect()
}

/// The violation to show: fewest faults, then fewest lost messages, then the first requirement.
fn best<'f, R: Catalogued>(
    _: &[&'static Requirement<R::Problem>],
    findings: &'f [Finding<R>],
) -> Option<&'f Finding<R>> {
    findings.iter().min_by_key(|finding| (finding.faults, finding.lost, finding.requirement))
}

/// What a run deviates by, in words.
fn deviations<R: Catalogued>(finding: &Finding<R>) -> String {
    let mut counts: Vec<(&str, &str, usize)> = Vec::new();
    for (_, fault) in &finding.run.script.faults {
        let (one, many) = match fault {
            Fault::Crash { .. } => ("crash", "crashes"),
            Fault::Omit { .. } | Fault::Miss { .. } => ("lost message", "lost messages"),
            Fault::Lie { said: None, .. } => ("silence", "silences"),
            Fault::Lie { .. } => ("lie", "lies"),
            Fault::FlipMessage { .. } | Fault::FlipState { .. } => ("flipped bit", "flipped bits"),
        };
        match counts.iter_mut().find(|(known, _, _)| *known == one) {
            Some((_, _, count)) => *count += 1,
            None => counts.push((one, many, 1)),
        }
    }
    let words: Vec<String> = counts
        .iter()
        .map(|(one, many, count)| format!("{count} {}", if *count == 1 { one } else { many }))
        .collect();
    if words.is_empty() { "no fault at all".into() } else { words.join(", ") }
}

pub(crate) fn threads(given: Option<usize>) -> usize {
    given.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1)
}

/// Makes one run.
pub(crate) struct Run<'e>(pub(crate) &'e Experiment);

impl Visitor for Run<'_> {
    type Out = Result<Report, Failure>;

    fn visit<R: Catalogued>(self) -> Self::Out {
        Stage::<R>::new(self.0)?.run(None)
    }
}

/// Makes a run again, with the words of its lies as readings of the vocabulary.
pub(crate) struct Again<'e> {
    pub(crate) experiment: &'e Experiment,
    pub(crate) readings: Vec<Reading>,
}

impl Visitor for Again<'_> {
    type Out = Result<Report, Failure>;

    fn visit<R: Catalogued>(self) -> Self::Out {
        Stage::<R>::new(self.experiment)?.run(Some(self.readings))
    }
}

impl<R: Catalogued> Stage<'_, R> {
    fn run(self, readings: Option<Vec<Reading>>) -> Result<Report, Failure> {
        let (stage, experiment, started) = (&self, self.experiment, Instant::now());
        let inputs = stage.inputs();
        let (faulty, mut scripted, notes) = stage.single(&inputs)?;
        stage.refuse_endless(&inputs)?;
        scripted.readings = readings;
        scripted.until(Instant::now() + experiment.budget.unwrap_or(CHECK_BUDGET));
        let reproduce = reproduce::command("run", experiment);
        let told = stage.told(&inputs, faulty, &mut scripted, &reproduce);
        let code = |failure| Failure { code: exit::INCONCLUSIVE, ..failure };
        let told = told.map_err(|f| if scripted.is_late() { code(f) } else { f })?;
        let violated = told.judged.iter().any(|judgement| judgement.breach.is_some());
        let mut report =
            stage.report("run", if violated { Verdict::Violated } else { Verdict::Holds });
        for judgement in &told.judged {
            let mut line = stage.judgment(judgement.requirement);
            if let Some(breach) = &judgement.breach {
                line.verdict = Verdict::Violated;
                line.witnesses = breach.witnesses.iter().map(|p| p.0).collect();
                line.because = stage.said(breach);
            }
            report.requirements.push(line);
        }
        report.notes = notes;
        if !told.finished.hit.is_empty() {
            report.notes.extend(stage.survival(&told));
        }
        let undisturbed = told.finished.end.faulty.is_empty()
            && told.finished.hit.is_empty()
            && experiment.rounds.is_none();
        if undisturbed {
            report.expected_cost = R::cost(experiment.group, &stage.config, &inputs);
        }
        report.cost = Some(told.finished.cost);
        report.processes = stage.processes(&inputs, &told);
        report.coverage = coverage::<R>(told.finished.cited);
        report.notes.extend(exposed(told.trace.as_ref()));
        report.trace = told.trace;
        report.reproduce = reproduce;
        report.seconds = started.elapsed().as_secs_f64();
        Ok(report)
    }
}

impl<R: Catalogued> Stage<'_, R> {
    /// A run of so many messages would not end, or not fit.
    fn refuse_endless(&self, inputs: &[Option<Value>]) -> Result<(), Failure> {
        let (n, rounds) = (u64::from(self.experiment.group.n), u64::from(self.last));
        let known = R::cost(self.experiment.group, &self.config, inputs);
        let messages = known.map_or(n * n * rounds, |cost| cost.messages);
        if messages.saturating_add(n * rounds) <= MESSAGES_MAX {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "this run would send {} messages in {} rounds, and a run is made of at most {}: take \
             a smaller n or f",
            grouped(messages.into()),
            grouped(rounds.into()),
            grouped(MESSAGES_MAX.into()),
        )))
    }

    /// What a flipped bit left standing: for all, for all but whom it hit, or for nobody.
    fn survival(&self, told: &Told<R>) -> Vec<String> {
        let spared = End {
            faulty: told.finished.end.faulty.iter().chain(told.finished.hit.iter()).collect(),
            ..told.finished.end.clone()
        };
        let others = judge(&self.requirements, &told.finished.ledger, &spared);
        let hit: Vec<String> = told.finished.hit.iter().map(|p| p.to_string()).collect();
        let hit = hit.join(", ");
        let mut kept = [Vec::new(), Vec::new(), Vec::new()];
        for (all, rest) in told.judged.iter().zip(&others) {
            let place = match (&all.breach, &rest.breach) {
                (None, _) => 0,
                (Some(_), None) => 1,
                (Some(_), Some(_)) => 2,
            };
            kept[place].push(all.requirement.name);
        }
        let texts = [
            format!("survives the flipped bit, also at {hit}, which was hit"),
            format!("survives only if {hit}, which was hit, is counted as faulty"),
            "does not survive the flipped bit".to_string(),
        ];
        let lines = texts.iter().zip(&kept).filter(|(_, names)| !names.is_empty());
        lines.map(|(text, names)| format!("{text}: {}", names.join(", "))).collect()
    }
}

/// The rules that fired, by id, and those that did not.
fn coverage<R: Catalogued>(cited: u64) -> Vec<(&'static str, bool)> {
    let rules = R::rules();
    rules.iter().enumerate().map(|(at, rule)| (rule.id, cited >> at & 1 == 1)).collect()
}

/// Searches every run.
pub(crate) struct Check<'e> {
    pub(crate) experiment: &'e Experiment,
    pub(crate) symmetry: bool,
    pub(crate) threads: usize,
    pub(crate) memory_bytes: u64,
}

impl Visitor for Check<'_> {
    type Out = Result<Report, Failure>;

    fn visit<R: Catalogued>(self) -> Self::Out {
        let experiment = self.experiment;
        let stage = Stage::<R>::new(experiment)?;
        refuse_fixed(experiment)?;
        let started = Instant::now();
        let budget = Budget {
            deadline: Some(started + experiment.budget.unwrap_or(CHECK_BUDGET)),
            after_violation: Some(AFTER_VIOLATION),
            memory_bytes: self.memory_bytes,
        };
        let question = stage.question(budget, self.symmetry);
        let answer = progress::shown("searching", |progress: &Progress| {
            search(&question, self.threads, progress)
        });
        let seconds = started.elapsed().as_secs_f64();
        let verdict = match (answer.findings.is_empty(), answer.stopped) {
            (false, _) => Verdict::Violated,
            (true, None) => Verdict::Proved,
            (true, Some(_)) => Verdict::Inconclusive,
        };
        let mut report = stage.report("check", verdict);
        report.reproduce = reproduce::command("check", experiment);
        report.requirements = stage.judgments(&answer);
        report.coverage = coverage::<R>(answer.cited);
        if let Some(stop) = answer.stopped {
            report.notes.push(stopped(stop, &answer));
        }
        let work = answer.work;
        report.work = Some(WorkDone { work, seconds, complete: answer.stopped.is_none() });
        match best(&stage.requirements, &answer.findings) {
            Some(finding) => stage.show(finding, &mut report)?,
            None => stage.show_clean(&answer, &mut report)?,
        }
        Ok(report)
    }
}

/// A search tries every fault: what fixes one belongs to a run.
fn refuse_fixed(experiment: &Experiment) -> Result<(), Failure> {
    if experiment.group.n > SEARCHED_MAX {
        let n = experiment.group.n;
        return Err(Failure::usage(format!(
            "a search of every run takes at most {SEARCHED_MAX} processes, not {n}; `quorate run` takes {n}"
        )));
    }
    if !experiment.written.is_empty() || !experiment.named.is_empty() {
        return Err(Failure::usage(
            "check tries every crash, lie, loss and flip within the bounds: name single ones with \
             `quorate run` (for flips, say how many may happen: --flips 1)",
        ));
    }
    let manner = experiment.traitors.iter().find(|(_, b)| *b != Behaviour::Worst);
    match manner {
        Some((p, _)) => Err(Failure::usage(format!(
            "check tries everything that {p} can say: name it as --traitor {p}, without a manner"
        ))),
        None => Ok(()),
    }
}

fn stopped<R: Catalogued>(stop: Stop, answer: &Answer<R>) -> String {
    let why = match stop {
        Stop::Time => "the time was up (raise it with --budget)",
        Stop::Memory => "the memory was full (raise it with --memory)",
        Stop::Vocabulary => "a traitor has more words for one message than can be enumerated",
    };
    format!("the search stopped early: {why}; {} cases were done", answer.work.cases)
}

impl<R: Catalogued> Stage<'_, R> {
    fn judgments(&self, answer: &Answer<R>) -> Vec<Judgment> {
        let covered = answer.stopped.is_none();
        let all = self.requirements.iter().enumerate().map(|(at, requirement)| {
            let mut line = self.judgment(requirement);
            match answer.findings.iter().find(|finding| finding.requirement == at) {
                None if covered => {
                    line.remark = format!("in all {} runs", grouped(answer.work.runs));
                }
                None => line.verdict = Verdict::Inconclusive,
                Some(finding) => {
                    line.verdict = Verdict::Violated;
                    let share = if covered {
                        let (bad, all) = (grouped(finding.runs), grouped(answer.work.runs));
                        format!("in {bad} of {all} runs, ")
                    } else {
                        String::new()
                    };
                    line.remark = format!("{share}the simplest with {}", deviations(finding));
                }
            }
            line
        });
        all.collect()
    }

    /// Shows the run of a finding.
    fn show(&self, finding: &Finding<R>, report: &mut Report) -> Result<(), Failure> {
        let this_run = reproduce::shown::<R>(self.experiment, &finding.run);
        let told = self.again(&finding.run, &this_run)?;
        for (line, judgement) in report.requirements.iter_mut().zip(&told.judged) {
            if let Some(breach) = &judgement.breach {
                line.witnesses = breach.witnesses.iter().map(|p| p.0).collect();
                line.because = self.said(breach);
            }
        }
        let shown = report.requirements[finding.requirement].because.clone();
        if shown.is_empty() {
            return Err(Failure::internal(
                "the run that the search found does not break the requirement when it is made again",
            ));
        }
        report.primary = Some(finding.requirement);
        report.cost = Some(told.finished.cost);
        report.processes = self.processes(&finding.run.inputs, &told);
        report.trace = told.trace;
        report.this_run = Some(this_run);
        Ok(())
    }

    /// Makes a run of the search again.
    fn again(&self, shown: &Shown<R>, reproduce: &str) -> Result<Told<R>, Failure> {
        let mut script = shown.script.clone();
        self.told(&shown.inputs, shown.faulty.clone(), &mut script, reproduce)
    }

    /// After a search that found nothing: the cost of the run in which nothing goes wrong, and a
    /// run worth looking at: the slowest, if the protocol promises to be early, or one in which
    /// the process with the special part lies.
    fn show_clean(&self, answer: &Answer<R>, report: &mut Report) -> Result<(), Failure> {
        let inputs = self.inputs();
        let plain = reproduce::command("run", self.experiment);
        let told = self.told(&inputs, ProcessSet::new(), &mut Script::default(), &plain)?;
        report.cost = Some(told.finished.cost);
        let early = |failures| R::deadline(self.experiment.group, &self.config, failures);
        let promises = early(0) < early(self.model.faulty_max);
        if promises {
            report.slowest =
                answer.slowest.iter().map(|s| (s.failures, s.round, early(s.failures))).collect();
        }
        let latest = answer.slowest.iter().rev().max_by_key(|slowest| slowest.round);
        if let Some(slowest) = latest.filter(|_| promises) {
            let this_run = reproduce::shown::<R>(self.experiment, &slowest.run);
            let told = self.again(&slowest.run, &this_run)?;
            report.showing = Some("the slowest of these runs".into());
            return self.present(&slowest.run.inputs, told, this_run, report);
        }
        if self.model.faults != Faults::Byzantine || self.model.faulty_max == 0 {
            return self.present(&inputs, told, plain, report);
        }
        let mut liar = self.experiment.clone();
        let who = self.experiment.special;
        liar.traitors = vec![(who, Behaviour::Manner(Manner::Equivocate))];
        let this_run = reproduce::command("run", &liar);
        let mut scripted = Scripted::<R::Message>::new(&liar);
        let told = self.told(&inputs, scripted.faulty(), &mut scripted, &this_run)?;
        report.showing =
            Some(format!("one of these runs: {who} says different things to different processes"));
        self.present(&inputs, told, this_run, report)
    }

    fn present(
        &self,
        inputs: &[Option<Value>],
        told: Told<R>,
        this_run: String,
        report: &mut Report,
    ) -> Result<(), Failure> {
        report.processes = self.processes(inputs, &told);
        report.notes.extend(exposed(told.trace.as_ref()));
        report.trace = told.trace;
        report.this_run = Some(this_run);
        Ok(())
    }
}

/// Who is caught lying in a run, by whom, and by what evidence.
fn exposed(trace: Option<&Trace>) -> Vec<String> {
    let mut caught: Vec<(u16, String, Vec<String>)> = Vec::new();
    for event in trace.iter().flat_map(|trace| &trace.events) {
        let What::Expose { liar, evidence } = &event.what else { continue };
        let by = format!("p{}", event.process);
        match caught.iter_mut().find(|(known, what, _)| known == liar && what == evidence) {
            Some((_, _, witnesses)) if witnesses.contains(&by) => {}
            Some((_, _, witnesses)) => witnesses.push(by),
            None => caught.push((*liar, evidence.clone(), vec![by])),
        }
    }
    let line = |(liar, evidence, by): &(u16, String, Vec<String>)| {
        format!("p{liar} is caught by {}: it {evidence}", by.join(" and "))
    };
    caught.iter().map(line).collect()
}

/// A number with its thousands apart; its first digits and its size if it is huge.
pub(crate) fn grouped(number: u128) -> String {
    if number == u128::MAX {
        return "more than 3.4e38".into();
    }
    if number >= 1_000_000_000_000_000 {
        return format!("{:.2e}", number as f64);
    }
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The exit code of a class of requirement.
pub(crate) fn code(class: Class) -> u8 {
    use crate::failure::exit;
    match class {
        Class::Safety => exit::SAFETY,
        Class::Validity => exit::VALIDITY,
        Class::Liveness => exit::TERMINATION,
    }
}
