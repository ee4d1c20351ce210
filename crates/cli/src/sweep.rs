//! `sweep`: many runs in time, one for each seed, and the simplest of those that fail.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use quorate_kernel::Group;
use quorate_simulator::{Failure as Failing, Minimiser, Plan, Progress, Sweep, Tally};
use serde::{Deserialize, Serialize};

use crate::coverage::coverage_of;
use crate::experiment::Experiment;
use crate::failure::Failure;
use crate::hosted::{Stage, too_long};
use crate::place;
use crate::progress::Watched;
use crate::report::{Judgment, Report, Verdict};
use crate::reproduce;
use crate::stage::threads;
use crate::summary::Summary;

/// How many runs a sweep makes if nothing is said.
pub(crate) const RUNS: u64 = 10_000;
/// How many events all runs have that make a failing run simpler: a second or two. What is shown
/// must not depend on how fast the machine is.
pub(crate) const MINIMISE_EVENTS: u64 = 2_000_000;

/// How many runs of fewer processes are made in search of one that fails too, and of how many
/// events.
const SMALLER_RUNS: u64 = 5_000;
const SMALLER_EVENTS: u64 = 2_000_000;

/// What a sweep takes beside its experiment.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    pub(crate) runs: Option<u64>,
    pub(crate) threads: usize,
    pub(crate) keep_going: bool,
    pub(crate) audited: bool,
    /// Which part of how many.
    pub(crate) shard: (u64, u64),
    /// Where what was counted is kept, to go on from there.
    pub(crate) results: Option<PathBuf>,
    /// Results of other parts, to be put together instead of running anything.
    pub(crate) merge: Vec<PathBuf>,
    pub(crate) minimise: bool,
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            runs: None,
            threads: threads(None),
            keep_going: false,
            audited: false,
            shard: (1, 1),
            results: None,
            merge: Vec::new(),
            minimise: true,
        }
    }
}

/// What is kept of a sweep on disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    schema: String,
    version: u32,
    /// The experiment, as a command without its runs and its part.
    experiment: String,
    /// The seeds of this part: the first, and the one after the last.
    from: u64,
    to: u64,
    /// The first seed that was not run yet.
    next: u64,
    seconds: f64,
    tally: Tally,
}

const SCHEMA: &str = "quorate/sweep";

/// Makes the runs of a sweep.
pub(crate) fn sweep(experiment: &Experiment, orders: &Orders) -> Result<Report, Failure> {
    let stage = Stage::new(experiment)?;
    stage.refuse_rounds()?;
    stage.sweep(orders)
}

/// What a sweep has come to so far.
struct Sofar {
    kept: Kept,
    failure: Option<Failing>,
    out_of_time: bool,
}

impl Stage<'_> {
    fn sweep(&self, orders: &Orders) -> Result<Report, Failure> {
        let line = reproduce::in_time("sweep", self.experiment);
        self.plan()?;
        if !self.timed.lies.is_empty() {
            return Err(Failure::usage(
                "--lie names a word of one run, and a sweep makes many: take `quorate run`, or \
                 name a liar with --traitor",
            ));
        }
        let sofar = if orders.merge.is_empty() {
            self.run_all(orders, &line)?
        } else {
            merged(&orders.merge, &line)?
        };
        let violated = sofar.kept.tally.violations.values().any(|(count, _)| *count > 0);
        let verdict = match (violated, sofar.out_of_time && orders.runs.is_some()) {
            (true, _) => Verdict::Violated,
            (false, true) => Verdict::Inconclusive,
            (false, false) => Verdict::NoViolation,
        };
        let mut report = self.blank("sweep", verdict);
        report.reproduce = line.clone();
        self.conclude(&mut report, &sofar, orders)?;
        if let Some(failing) = &sofar.failure {
            if orders.minimise && self.show_smaller(&mut report, failing, orders, &line)? {
                return Ok(report);
            }
            self.show(&mut report, failing, orders, &line)?;
        }
        Ok(report)
    }

    /// Shows a run of fewer processes that breaks the same, if one is found; true if so.
    ///
    /// Only groups on the same side of the protocol's bound count: what breaks below it says
    /// nothing of a group above.
    fn show_smaller(
        &self,
        report: &mut Report,
        failing: &Failing,
        orders: &Orders,
        line: &str,
    ) -> Result<bool, Failure> {
        let experiment = self.experiment;
        let named = experiment.inputs.is_some()
            || !experiment.said.is_empty() && !self.timed.says_nothing_of_processes();
        if named || !experiment.traitors.is_empty() || experiment.special.0 != 0 {
            return Ok(false);
        }
        let admits = |group: Group| (experiment.card.bound.admits)(group);
        let group = experiment.group;
        for n in (group.f + 1).max(2)..group.n {
            let fewer = Group { n, ..group };
            if admits(fewer) != admits(group) {
                continue;
            }
            let smaller = Experiment { group: fewer, ..experiment.clone() };
            let Ok(stage) = Stage::new(&smaller) else { continue };
            if let Some(seed) = stage.first_that_breaks(failing.requirement) {
                report
                    .notes
                    .push(format!("n = {n} is enough to break it: shown with {n} processes"));
                let failing = Failing { seed, ..failing.clone() };
                stage.show(report, &failing, orders, line)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The first seed whose run breaks a requirement because something fails: where nothing has to
    /// fail, the group is too small to do anything at all.
    fn first_that_breaks(&self, requirement: usize) -> Option<u64> {
        let runner = self.place.as_runner();
        let mut left = SMALLER_EVENTS;
        let mut breach = |plan: &Plan| {
            let judged = runner.run(plan, left);
            left = left.saturating_sub(judged.outcome.events + 1);
            judged.breaches.iter().any(|(place, _)| *place == requirement)
        };
        let breaks = |seed: &u64| {
            let plan = runner.plan(*seed);
            breach(&plan) && !breach(&plan.without_faults())
        };
        (1..=SMALLER_RUNS).find(breaks)
    }

    fn run_all(&self, orders: &Orders, line: &str) -> Result<Sofar, Failure> {
        let first = self.experiment.seed;
        let runs = orders.runs.unwrap_or(RUNS);
        let part =
            |k: u64| first + (u128::from(runs) * u128::from(k) / u128::from(orders.shard.1)) as u64;
        let (from, to) = (part(orders.shard.0 - 1), part(orders.shard.0));
        let fresh = Kept {
            schema: SCHEMA.into(),
            version: 1,
            experiment: line.into(),
            from,
            to,
            next: from,
            seconds: 0.0,
            tally: Tally::default(),
        };
        let mut kept = match &orders.results {
            Some(path) if path.exists() => resumed(path, &fresh)?,
            _ => fresh,
        };
        let started = Instant::now();
        let before = kept.seconds;
        let until = self.experiment.budget.map(|budget| started + budget);
        let names: Vec<&'static str> = self.demands.iter().map(|demand| demand.name).collect();
        let progress = Arc::<Progress>::default();
        let _watched = Watched::new(&progress, kept.to - kept.next);
        let (mut failure, mut block) = (None, 4_096);
        while kept.next < kept.to {
            let sweep = Sweep {
                runner: self.place.as_runner(),
                requirements: &names,
                seeds: (kept.next, kept.to.min(kept.next + block)),
                threads: orders.threads,
                keep_going: orders.keep_going,
                audited: orders.audited,
                progress: &progress,
            };
            let begun = Instant::now();
            let swept = sweep.make();
            if let Some(text) = swept.objection {
                return Err(Failure::internal(text));
            }
            kept.tally.merge(&swept.tally);
            kept.next = swept.done_to;
            kept.seconds = before + started.elapsed().as_secs_f64();
            failure = failure.or(swept.failure);
            if let Some(path) = &orders.results {
                keep(path, &kept)?;
            }
            if failure.is_some() && !orders.keep_going {
                break;
            }
            if begun.elapsed() < Duration::from_secs(1) {
                block *= 2;
            }
            if until.is_some_and(|until| Instant::now() >= until) {
                break;
            }
        }
        progress.stop.store(true, Ordering::Relaxed);
        let out_of_time = failure.is_none() && kept.next < kept.to;
        Ok(Sofar { kept, failure, out_of_time })
    }

    /// What was counted, and what is said of every requirement.
    fn conclude(&self, report: &mut Report, sofar: &Sofar, orders: &Orders) -> Result<(), Failure> {
        let kept = &sofar.kept;
        let rules = self.place.rules();
        let inputs = place::inputs(self.experiment);
        let rounds = kept.tally.rounds.max().min(10_000) as u32;
        let given = self.experiment.inputs.is_some();
        let tails: Vec<_> = (0..=rounds)
            .map_while(|round| self.place.tail(&inputs, round).map(|tail| (round, tail)))
            .collect();
        report.swept = Some(Summary {
            tally: kept.tally.clone(),
            seeds: (kept.from, kept.next),
            seconds: kept.seconds,
            threads: orders.threads,
            expected_exact: given && tails.iter().all(|(_, tail)| tail.exact),
            expected: tails.iter().map(|(round, tail)| (*round, tail.probability)).collect(),
            rule_ids: rules.iter().map(|rule| rule.id).collect(),
            first_failure: sofar.failure.as_ref().map(|failing| failing.seed),
        });
        report.coverage = coverage_of(&rules, kept.tally.cited);
        for mut line in self.lines(&[], &[]) {
            line.verdict = Verdict::NoViolation;
            if let Some((count, seed)) = kept.tally.violations.get(line.name) {
                line.verdict = Verdict::Violated;
                line.remark =
                    format!("in {count} of {} runs, first with seed {seed}", kept.tally.runs);
            }
            report.requirements.push(line);
        }
        report.notes.extend(self.unpromised());
        if kept.tally.unsettled > 0 {
            report.notes.push(format!(
                "in {} runs not all that is owed had to have come by the end: what is owed was \
                 not judged in them",
                kept.tally.unsettled
            ));
        }
        if sofar.out_of_time {
            report.notes.push(format!(
                "the budget was spent after {} of {} runs",
                kept.next - kept.from,
                kept.to - kept.from
            ));
        }
        Ok(())
    }

    /// The first failing run, made as simple as it gets.
    fn show(
        &self,
        report: &mut Report,
        failing: &Failing,
        orders: &Orders,
        line: &str,
    ) -> Result<(), Failure> {
        let demand = self.demands[failing.requirement];
        report.primary = Some(failing.requirement);
        let runner = self.place.as_runner();
        let drawn = runner.plan(failing.seed);
        let started = Instant::now();
        let which = (failing.requirement, demand.class);
        let mut minimiser = Minimiser::new(runner, which, MINIMISE_EVENTS);
        let plan = if orders.minimise { minimiser.minimise(&drawn) } else { drawn.clone() };
        report.notes.push(format!(
            "the run of seed {} was made simpler in {} runs and {:.1} s: from {} faults and {} \
             requests to {} and {}",
            failing.seed,
            minimiser.tried,
            started.elapsed().as_secs_f64(),
            drawn.faults(),
            drawn.requests.len(),
            plan.faults(),
            plan.requests.len(),
        ));
        let mut recorded = self.recorded(&plan);
        let shown = self.judgments(&recorded.judged).swap_remove(failing.requirement);
        let remark = report.requirements[failing.requirement].remark.clone();
        report.requirements[failing.requirement] = Judgment { remark, ..shown };
        report.showing = Some("the simplest run found that breaks it:".into());
        let events = recorded.events.take();
        report.trace = events.map(|events| self.trace(&plan, &recorded, events, line));
        if report.trace.is_none() {
            report.showing = None;
            report.notes.push(too_long());
        }
        report.this_run = None;
        Ok(())
    }
}

fn keep(path: &Path, kept: &Kept) -> Result<(), Failure> {
    let shown = path.display();
    let text = serde_json::to_string(kept)
        .map_err(|error| Failure::internal(format!("{shown} cannot be written: {error}")))?;
    let beside = path.with_extension("part");
    let written =
        std::fs::write(&beside, text + "\n").and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| Failure::file(format!("{shown} cannot be written: {error}")))
}

fn read_kept(path: &Path) -> Result<Kept, Failure> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::file(format!("{shown} cannot be read: {error}")))?;
    let kept: Kept = serde_json::from_str(&text)
        .map_err(|error| Failure::file(format!("{shown} holds no results of a sweep: {error}")))?;
    if kept.schema != SCHEMA || kept.version != 1 || kept.next < kept.from || kept.to < kept.next {
        return Err(Failure::file(format!("{shown} holds no results of a sweep that fit")));
    }
    Ok(kept)
}

fn resumed(path: &Path, fresh: &Kept) -> Result<Kept, Failure> {
    let kept = read_kept(path)?;
    let same = kept.experiment == fresh.experiment && kept.from == fresh.from;
    if !same || kept.next > fresh.to {
        return Err(Failure::file(format!(
            "{} holds the results of another sweep ({}, seeds {} to {}): take another file",
            path.display(),
            kept.experiment,
            kept.from,
            kept.to
        )));
    }
    Ok(Kept { to: fresh.to, ..kept })
}

fn merged(paths: &[PathBuf], line: &str) -> Result<Sofar, Failure> {
    let mut parts = Vec::new();
    for path in paths {
        let kept = read_kept(path)?;
        if kept.experiment != line {
            return Err(Failure::file(format!(
                "{} holds the results of another sweep: {}",
                path.display(),
                kept.experiment
            )));
        }
        parts.push((path, kept));
    }
    parts.sort_by_key(|(_, kept)| kept.from);
    for pair in parts.windows(2) {
        if pair[1].1.from < pair[0].1.next {
            return Err(Failure::file(format!(
                "{} and {} hold the results of the same seeds",
                pair[0].0.display(),
                pair[1].0.display()
            )));
        }
    }
    let mut all = parts.into_iter().map(|(_, kept)| kept);
    let Some(mut whole) = all.next() else {
        return Err(Failure::usage("there are no results to put together"));
    };
    for part in all {
        whole.tally.merge(&part.tally);
        whole.seconds += part.seconds;
        whole.to = part.to;
        whole.next = part.next;
    }
    Ok(Sofar { kept: whole, failure: None, out_of_time: false })
}
