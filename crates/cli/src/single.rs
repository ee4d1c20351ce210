//! `run`: one run, with the faults that were asked for or the worst that traitors can do.

use std::time::{Duration, Instant};

use quorate_checker::{Budget, search};
use quorate_kernel::{End, ProcessSet, Value};
use quorate_protocols::{Catalogued, Visitor};
use quorate_world::{Manner, judge};

use crate::coverage::coverage;
use crate::experiment::{Behaviour, Experiment};
use crate::failure::{Failure, exit};
use crate::progress;
use crate::report::{Report, Verdict};
use crate::reproduce;
use crate::scripted::{Reading, Scripted};
use crate::stage::{
    CHECK_BUDGET, SEARCHED_MAX, Stage, Told, best, deviations, exposed, grouped, threads,
};

/// How many steps `run` makes in search of the worst that a traitor can do: a few seconds of work.
/// Which run is shown must not depend on how fast the machine is.
const WORST_STEPS: u64 = 4_000_000;
/// The most messages of one run.
const MESSAGES_MAX: u64 = 100_000_000_000;

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
        let (mut scripted, notes) = stage.single(&inputs)?;
        let faulty = scripted.faulty();
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
        if experiment.flips > 0 && told.finished.hit.is_empty() {
            report.notes.push(
                "no bit flipped: who was to be hit had crashed, or had no bit to flip in that \
                 round"
                    .into(),
            );
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
    pub(crate) fn survival(&self, told: &Told<R>) -> Vec<String> {
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

impl<R: Catalogued> Stage<'_, R> {
    fn single(
        &self,
        inputs: &[Option<Value>],
    ) -> Result<(Scripted<R::Message>, Vec<String>), Failure> {
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
        Ok((scripted, notes))
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
        let given = self.experiment.budget;
        let budget = Budget {
            deadline: given.map(|given| Instant::now() + given),
            steps_max: given.is_none().then_some(WORST_STEPS),
            after_violation: Some(Duration::ZERO),
            ..Budget::default()
        };
        let mut question = self.question(budget, true);
        question.inputs = inputs.iter().map(|input| vec![*input]).collect();
        let shown = progress::Shown::new("searching for the worst lie");
        // Steps are counted on each thread: with one alone the count stops at the same place.
        let workers = if given.is_some() { threads(None) } else { 1 };
        let answer = search(&question, workers, &shown.progress);
        drop(shown);
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
