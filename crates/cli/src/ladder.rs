//! Narrower questions first, for a search on a network that is told no bounds.
//!
//! What is asked of a protocol by its name alone may take hours. So a search begins with one input
//! vector, few rounds, no crash, and nothing but what holds without any bound on time; then it
//! takes every input, with crashes; then a round and a timer more; and only then all that was
//! asked. What is told is the widest that came to an end.

use std::time::{Duration, Instant};

use quorate_kernel::{Class, Timing, Value};

use crate::args::{BoundArgs, CheckArgs, ExperimentArgs, LiarWord, SearchWord};
use crate::experiment::Experiment;
use crate::explore::Given;
use crate::failure::Failure;
use crate::hosted::Stage;
use crate::report::{Report, Verdict};
use crate::scenario;

/// How long the narrowest question may take before the whole one is tried all the same.
const NARROWEST: Duration = Duration::from_secs(60);
/// How long to go on with wider questions.
const WIDER: Duration = Duration::from_secs(20);

/// A question.
pub(crate) struct Rung {
    experiment: Experiment,
    bounds: BoundArgs,
    /// Whether it leaves out runs without end.
    narrow: bool,
}

/// Reads an experiment.
type Read<'a> = &'a dyn Fn(&ExperimentArgs) -> Result<Experiment, Failure>;

/// The questions to ask, from the narrowest to the whole.
pub(crate) fn rungs(
    args: &CheckArgs,
    asked: Experiment,
    read: Read<'_>,
) -> Result<Vec<Rung>, Failure> {
    let mut all = Vec::new();
    if is_open(args, &asked) && !wants_calm(&asked)? {
        let timers = asked.card.first.timers;
        let bounds = BoundArgs { timers: Some(timers), restarts: Some(0), ..args.bounds.clone() };
        let every = narrowed(&args.experiment, &asked);
        let one = ExperimentArgs { inputs: Some(one_vector(&asked)), ..every.clone() };
        all.push((one, BoundArgs { crashes: Some(0), ..bounds.clone() }));
        all.push((every.clone(), bounds.clone()));
        if let Some(rounds) = every.rounds.filter(|_| args.experiment.rounds.is_none()) {
            let further = ExperimentArgs { rounds: rounds.checked_add(1), ..every };
            all.push((further, BoundArgs { timers: Some(timers + 1), ..bounds }));
        }
    }
    let narrow = |(words, bounds): (ExperimentArgs, BoundArgs)| {
        Ok(Rung { experiment: read(&words)?, bounds, narrow: true })
    };
    let mut all = all.into_iter().map(narrow).collect::<Result<Vec<_>, Failure>>()?;
    all.push(Rung { experiment: asked, bounds: args.bounds.clone(), narrow: false });
    Ok(all)
}

/// Whether nothing is said of how much may happen.
fn is_open(args: &CheckArgs, asked: &Experiment) -> bool {
    let bounds = &args.bounds;
    let numbers = [bounds.timers, bounds.crashes, bounds.restarts, bounds.pace];
    let told = numbers.iter().any(Option::is_some)
        || bounds.lies.is_some()
        || bounds.undecided.is_some()
        || bounds.odds.is_some()
        || bounds.liar != LiarWord::Words
        || bounds.search != SearchWord::Breadth
        || args.kept.is_asked()
        || asked.flips > 0
        || asked.card.in_rounds
        || asked.inputs.is_some()
        || asked.timed.as_ref().is_some_and(|timed| !timed.asked.is_empty());
    !told && !scenario::is_file(&args.experiment.subject)
}

/// Whether what was named needs a bound on time: without one it may break although it holds.
fn wants_calm(asked: &Experiment) -> Result<bool, Failure> {
    let partial =
        asked.timed.as_ref().map(|timed| timed.conditions.timing) == Some(Timing::Partial);
    if asked.require.is_empty() || !partial {
        return Ok(false);
    }
    let demands = Stage::new(asked)?.demands;
    Ok(demands.iter().any(|demand| demand.class == Class::Liveness))
}

/// The same without a bound on time, and with the rounds and parameters with which a search of this
/// protocol comes to an end soon, as far as they are not said.
fn narrowed(args: &ExperimentArgs, asked: &Experiment) -> ExperimentArgs {
    let mut narrow = args.clone();
    let first = &asked.card.first;
    narrow.rounds = narrow.rounds.or(first.rounds);
    if asked.timed.as_ref().is_some_and(|timed| timed.conditions.timing == Timing::Partial) {
        narrow.timing = Some("asynchronous".into());
    }
    let is_said = |key: &str| asked.settings.iter().any(|(name, _)| name == key);
    let more = first.settings.iter().filter(|(key, _)| !is_said(key));
    narrow.set.extend(more.map(|(key, value)| format!("{key}={value}")));
    narrow
}

/// 0, 1, 0, 1, ... where each is to decide; elsewhere one process alone is asked.
fn one_vector(asked: &Experiment) -> String {
    let name = |value: u16| asked.names.of(Value(value));
    if asked.card.one_input {
        return name(1);
    }
    let words = asked.group.processes().map(|p| match asked.card.problem {
        "consensus" => name(p.0 % asked.domain.size),
        _ if p.0 == 0 => name(0),
        _ => "-".into(),
    });
    words.collect::<Vec<String>>().join(",")
}

/// Asks one question after the other, as long as it takes little time.
pub(crate) fn climb(rungs: &[Rung], given: &Given<'_>) -> Result<Report, Failure> {
    let started = Instant::now();
    let mut best: Option<Report> = None;
    let (whole, _) = rungs.split_last().ok_or_else(|| Failure::internal("nothing is asked"))?;
    Stage::new(&whole.experiment)?.refuse(given)?;
    // A budget is for all of them: half of it is left for what was asked.
    let budget = whole.experiment.budget;
    let mut stuck = false;
    for rung in rungs {
        if stuck && rung.narrow {
            continue;
        }
        let at = Instant::now();
        let longest = match &best {
            None => NARROWEST,
            Some(_) => WIDER.max(at.duration_since(started)),
        };
        let until = match (rung.narrow, budget) {
            (true, Some(budget)) => Some((at + longest).min(started + budget / 2)),
            (true, None) => Some(at + longest),
            (false, Some(budget)) => Some(started + budget),
            (false, None) => best.is_some().then(|| at + longest),
        };
        let given = Given { bounds: &rung.bounds, until, is_narrow: rung.narrow, ..*given };
        let report = Stage::new(&rung.experiment)?.explore(&given)?;
        // What was found stays found, whatever another question does not find.
        let found = best.as_ref().is_some_and(|best| best.verdict == Verdict::Violated);
        if report.is_whole() || (best.is_none() && !rung.narrow) {
            if !found || report.verdict == Verdict::Violated {
                best = Some(report);
            }
        } else if budget.is_some() && rung.narrow {
            stuck = true;
        } else if let Some(mut best) = best {
            let seconds = at.elapsed().as_secs_f64();
            best.notes.push(format!(
                "a wider search did not come to an end in {seconds:.1} s: {}",
                report.reproduce
            ));
            return Ok(Stage::new(&whole.experiment)?.left_open(best));
        }
    }
    best.ok_or_else(|| Failure::internal("nothing is asked"))
}

impl Report {
    /// Whether the search came to an end, or to a violation.
    fn is_whole(&self) -> bool {
        self.verdict == Verdict::Violated || self.work.as_ref().is_some_and(|work| work.complete)
    }
}

impl Stage<'_> {
    /// A report on a narrower question, with what else was asked.
    fn left_open(&self, mut report: Report) -> Report {
        let judged: Vec<&'static str> = report.requirements.iter().map(|line| line.name).collect();
        for mut line in self.lines(&[], &[]) {
            if !judged.contains(&line.name) {
                line.verdict = Verdict::Inconclusive;
                line.remark = "not asked within these bounds".into();
                report.requirements.push(line);
                if report.verdict != Verdict::Violated {
                    report.verdict = Verdict::Inconclusive;
                }
            }
        }
        report
    }
}
