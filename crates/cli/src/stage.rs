//! A protocol set up for an experiment, its runs told as traces, and what is said of them.

use std::time::Duration;

use quorate_checker::{Budget, Finding, Question, Stop};
use quorate_kernel::{
    Breach, Class, Faults, Ledger, Problem, Process, ProcessSet, Requirement, Rounds, Timing,
    Value, named,
};
use quorate_protocols::{Catalogued, Terms};
use quorate_trace::{Closing, Faulty, Header, Judged, SCHEMA, Special, Trace, VERSION, What};
use quorate_world::{
    Adversary, Arena, Fault, Finished, Judgement, Model, Recorder, header_rules, judge, run,
};

use crate::coverage::Coverage;
use crate::demands::demanded;
use crate::experiment::Experiment;
use crate::failure::Failure;
use crate::report::{Judgment, ProcessLine, Report, Verdict, When};

/// The largest group for which the exhaustive search is tried.
pub(crate) const SEARCHED_MAX: u16 = 64;
/// How long a search, or a run, takes at most if no budget is given.
pub(crate) const CHECK_BUDGET: Duration = Duration::from_secs(600);

/// A protocol with everything that a run or a search of it needs.
pub(crate) struct Stage<'e, R: Catalogued> {
    pub(crate) experiment: &'e Experiment,
    pub(crate) config: R::Config,
    pub(crate) model: Model,
    pub(crate) last: u16,
    pub(crate) requirements: Vec<&'static Requirement<R::Problem>>,
}

impl<'e, R: Catalogued> Stage<'e, R> {
    pub(crate) fn new(experiment: &'e Experiment) -> Result<Self, Failure> {
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
        let terms = Terms::in_rounds(group, experiment.faults);
        let dated = experiment.rounds.is_none();
        let requirements = demanded(experiment, &R::claims(), terms, dated)?;
        Ok(Self { experiment, config, model, last, requirements })
    }

    pub(crate) fn arena(&self) -> Arena<'_, R> {
        Arena {
            group: self.experiment.group,
            config: &self.config,
            last: self.last,
            flaw: self.experiment.flaw(),
        }
    }

    /// The inputs of a run: as given, or 1 for a commander and 0, 1, 0, 1, ... for the others.
    pub(crate) fn inputs(&self) -> Vec<Option<Value>> {
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
    pub(crate) fn all_inputs(&self) -> Vec<Vec<Option<Value>>> {
        let experiment = self.experiment;
        if let Some(given) = &experiment.inputs {
            return given.iter().map(|input| vec![*input]).collect();
        }
        let every: Vec<Option<Value>> = experiment.domain.values().map(Some).collect();
        let proposes = |p: Process| !experiment.card.one_input || p == experiment.special;
        let all = experiment.group.processes();
        all.map(|p| if proposes(p) { every.clone() } else { vec![None] }).collect()
    }

    pub(crate) fn question(&self, budget: Budget, symmetry: bool) -> Question<'_, R> {
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

    pub(crate) fn recorder(&self) -> Recorder {
        Recorder::new(self.experiment.group.n, self.experiment.names.clone(), &R::rules())
    }

    /// One run with its record, told as a trace.
    pub(crate) fn told(
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

    pub(crate) fn trace(
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
            mutant: experiment.mutant.as_ref().map(|piece| piece.id.clone()),
            special,
            rules: header_rules(&R::rules()),
            faulty: self.faulty_list(finished),
            reproduce: reproduce.into(),
            time: None,
        };
        let violated = judged.iter().any(|judgement| judgement.breach.is_some());
        let closing = Closing {
            verdict: if violated { "violated" } else { "holds" }.into(),
            requirements: judged.iter().map(|one| self.told_judgement(one, finished)).collect(),
            rounds: finished.cost.rounds,
            messages: finished.cost.messages,
            bits: finished.cost.bits,
            done_at: None,
        };
        Trace { header, events: finished.events.clone(), closing }
    }

    pub(crate) fn told_judgement(
        &self,
        judgement: &Judgement<R::Problem>,
        finished: &Finished<R>,
    ) -> Judged {
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
    pub(crate) fn said(&self, breach: &Breach) -> String {
        named(&breach.text, &|value| self.experiment.names.of(value))
    }

    pub(crate) fn faulty_list(&self, finished: &Finished<R>) -> Vec<Faulty> {
        let kind = match self.model.faults {
            Faults::Byzantine => "traitor",
            Faults::Crash => "crash",
            _ => "omission",
        };
        let failed = finished.end.faulty.iter().map(|p| (p, kind));
        let hit = finished.hit.iter().filter(|p| finished.end.correct(*p)).map(|p| (p, "flip"));
        failed.chain(hit).map(|(p, kind)| Faulty { process: p.0, kind: kind.into() }).collect()
    }

    pub(crate) fn processes(&self, inputs: &[Option<Value>], told: &Told<R>) -> Vec<ProcessLine> {
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
                at: decision.map(|(_, round)| When::Round(round)),
                more: 0,
            }
        };
        self.experiment.group.processes().map(line).collect()
    }

    pub(crate) fn report(&self, command: &'static str, verdict: Verdict) -> Report {
        let experiment = self.experiment;
        Report {
            command,
            title: experiment.title.clone(),
            card: experiment.card.clone(),
            group: experiment.group,
            rounds: self.last,
            timing: Timing::Synchronous,
            in_time: false,
            faults: self.model.word(),
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

    pub(crate) fn judgment(&self, requirement: &Requirement<R::Problem>) -> Judgment {
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
}

/// A run that was made, and told.
pub(crate) struct Told<R: Catalogued> {
    pub(crate) finished: Finished<R>,
    pub(crate) judged: Vec<Judgement<R::Problem>>,
    pub(crate) trace: Option<Trace>,
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

/// The violation to show: fewest faults, then fewest lost messages, then the first requirement.
pub(crate) fn best<'f, R: Catalogued>(
    _: &[&'static Requirement<R::Problem>],
    findings: &'f [Finding<R>],
) -> Option<&'f Finding<R>> {
    findings.iter().min_by_key(|finding| (finding.faults, finding.lost, finding.requirement))
}

/// What a run deviates by, in words.
pub(crate) fn deviations<R: Catalogued>(finding: &Finding<R>) -> String {
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

/// Who is caught lying in a run, by whom, and by what evidence.
pub(crate) fn exposed(trace: Option<&Trace>) -> Vec<String> {
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

/// Why a search stopped, and what to do about it.
pub(crate) fn why(stop: Stop) -> String {
    match stop {
        Stop::Time => "the time was up (raise it with --budget)".into(),
        Stop::Halt => "it was told to stop".into(),
        Stop::Memory => "the memory was full (raise it with --memory)".into(),
        Stop::Disk(kind) => format!(
            "states that waited could not be kept on disk: {kind} (name another folder in the \
             environment as TMPDIR, or raise --memory)"
        ),
        Stop::Vocabulary => {
            "a traitor has more words for one message than can be enumerated".into()
        }
    }
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
