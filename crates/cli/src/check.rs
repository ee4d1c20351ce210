//! `check`: every run within the bounds.

use std::time::{Duration, Instant};

use quorate_checker::{Answer, Budget, Finding, Shown, Stop, search};
use quorate_kernel::{Faults, Process, ProcessSet, Value};
use quorate_protocols::{Catalogued, Visitor};
use quorate_world::{Manner, Script, judge, run};

use crate::coverage::coverage;
use crate::experiment::{Behaviour, Experiment};
use crate::failure::Failure;
use crate::progress;
use crate::report::{Judgment, Report, Verdict, WorkDone};
use crate::reproduce;
use crate::scripted::Scripted;
use crate::stage::{
    CHECK_BUDGET, SEARCHED_MAX, Stage, Told, best, deviations, exposed, grouped, why,
};

/// How long a search goes on after the first violation, to judge the other requirements.
const AFTER_VIOLATION: Duration = Duration::from_secs(20);
/// How long runs are drawn at random after a search that was not done and found nothing.
const DRAWN: Duration = Duration::from_secs(5);

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
            steps_max: None,
            after_violation: Some(AFTER_VIOLATION),
            endless: None,
            memory_bytes: self.memory_bytes,
        };
        let question = stage.question(budget, self.symmetry);
        let shown = progress::Shown::new("searching");
        let answer = search(&question, self.threads, &shown.progress);
        drop(shown);
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
        report.work =
            Some(WorkDone { work, seconds, complete: answer.stopped.is_none(), by_state: false });
        match best(&stage.requirements, &answer.findings) {
            Some(finding) => stage.show(finding, &mut report)?,
            None if answer.stopped.is_some() && stage.draw(&mut report)? => {}
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
    let why = why(stop);
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
        self.explain(&told, report);
        let shown = report.requirements[finding.requirement].because.clone();
        if shown.is_empty() {
            return Err(Failure::internal(
                "the run that the search found does not break the requirement when it is made again",
            ));
        }
        report.primary = Some(finding.requirement);
        report.cost = Some(told.finished.cost);
        if !told.finished.hit.is_empty() {
            report.notes.extend(self.survival(&told));
        }
        report.processes = self.processes(&finding.run.inputs, &told);
        report.trace = told.trace;
        report.this_run = Some(this_run);
        Ok(())
    }

    /// After a search of traitors that was not done: draws runs at random, and shows the first that
    /// breaks a requirement. A run that is drawn proves nothing if it breaks none.
    fn draw(&self, report: &mut Report) -> Result<bool, Failure> {
        if self.model.faults != Faults::Byzantine || self.model.faulty_max == 0 {
            return Ok(false);
        }
        let until =
            Instant::now() + self.experiment.budget.map_or(DRAWN, |budget| budget.min(DRAWN));
        let mut drawn = 0u64;
        while Instant::now() < until {
            drawn += 1;
            let experiment = drawn_experiment(self.experiment, drawn);
            let stage = Stage::<R>::new(&experiment)?;
            let inputs = stage.inputs();
            let mut scripted = Scripted::<R::Message>::new(&experiment);
            let faulty = scripted.faulty();
            let done = run(stage.arena(), &self.model, &inputs, faulty, &mut scripted, None)
                .map_err(Failure::internal)?;
            let judged = judge(&self.requirements, &done.ledger, &done.end);
            let Some(broken) = judged.iter().position(|j| j.breach.is_some()) else { continue };
            let this_run = reproduce::command("run", &experiment);
            let mut scripted = Scripted::<R::Message>::new(&experiment);
            let told = stage.told(&inputs, scripted.faulty(), &mut scripted, &this_run)?;
            self.explain(&told, report);
            for line in report.requirements.iter_mut().filter(|line| !line.because.is_empty()) {
                line.verdict = Verdict::Violated;
                line.remark = format!("in run {drawn} of those drawn at random: not the simplest");
            }
            report.verdict = Verdict::Violated;
            report.primary = Some(broken);
            report.cost = Some(told.finished.cost);
            self.present(&inputs, told, this_run, report)?;
            return Ok(true);
        }
        report.notes.push(format!(
            "{} runs drawn at random break nothing either, which proves nothing",
            grouped(drawn.into())
        ));
        Ok(false)
    }

    /// Says of every requirement that a run breaks how it does.
    fn explain(&self, told: &Told<R>, report: &mut Report) {
        for (line, judgement) in report.requirements.iter_mut().zip(&told.judged) {
            if let Some(breach) = &judgement.breach {
                line.witnesses = breach.witnesses.iter().map(|p| p.0).collect();
                line.because = self.said(breach);
            }
        }
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

/// An experiment with as many traitors as may be, drawn by a seed, each lying in some manner.
fn drawn_experiment(experiment: &Experiment, seed: u64) -> Experiment {
    let mut drawn = Experiment { seed, ..experiment.clone() };
    let n = u64::from(experiment.group.n);
    // Two odd multipliers spread seeds and places over the group; the lies have a generator.
    let spread = |k: u64| {
        let mixed =
            seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ k.wrapping_mul(0xD1B5_4A32_D192_ED03);
        mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33
    };
    if drawn.traitors.is_empty() {
        for k in 0..n * 4 {
            let p = Process((spread(k) % n) as u16);
            let known = drawn.traitors.iter().any(|(q, _)| *q == p);
            if !known && drawn.traitors.len() < usize::from(experiment.group.f) {
                let manner = [Manner::Random, Manner::Equivocate][(seed % 2) as usize];
                drawn.traitors.push((p, Behaviour::Manner(manner)));
            }
        }
    } else {
        for (_, behaviour) in &mut drawn.traitors {
            *behaviour = Behaviour::Manner(Manner::Random);
        }
    }
    if drawn.inputs.is_none() {
        let size = u64::from(experiment.domain.size);
        let value = |p: Process| Value((spread(1000 + u64::from(p.0)) % size) as u16);
        let proposes = |p: Process| !experiment.card.one_input || p == experiment.special;
        let all = experiment.group.processes();
        drawn.inputs = Some(all.map(|p| proposes(p).then(|| value(p))).collect());
    }
    drawn
}
