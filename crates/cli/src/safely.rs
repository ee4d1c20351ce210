//! What is safe, searched on its own where nothing is said and runs without end take too long.

use std::time::Duration;

use quorate_kernel::{Class, Process, Timing, Value};

use crate::args::SearchWord;
use crate::experiment::Experiment;
use crate::explore::{Given, explore};
use crate::failure::Failure;
use crate::hosted::Stage;
use crate::report::{Judgment, Report, Verdict};

/// How long all that is promised is searched for, before what is safe is searched for alone.
const PATIENCE: Duration = Duration::from_secs(15);
/// The last round, ballot or term then.
const ROUNDS: u16 = 2;

/// Searches every run. Where nothing is said of how, and what must come in the end stops that from
/// coming to an end, says of what is safe what a search without the rest finds.
pub(crate) fn search(experiment: &Experiment, given: &Given<'_>) -> Result<Report, Failure> {
    let Some(narrow) = safe_part(experiment, given)? else { return explore(experiment, given) };
    let given = Given { patience: Some(PATIENCE), ..*given };
    let whole = explore(experiment, &given)?;
    let stopped = whole.work.as_ref().is_some_and(|work| !work.complete);
    if whole.verdict != Verdict::Inconclusive || !stopped {
        return Ok(whole);
    }
    let safe = explore(&narrow, &given)?;
    let alone = experiment.inputs != narrow.inputs;
    Ok(joint(whole, safe, alone.then_some(narrow.special)))
}

/// The question for what is safe alone; nothing if the user said what to search, or it is all.
fn safe_part(experiment: &Experiment, given: &Given<'_>) -> Result<Option<Experiment>, Failure> {
    let bounds = given.bounds;
    let said = bounds.timers.is_some()
        || bounds.crashes.is_some()
        || bounds.restarts.is_some()
        || bounds.undecided.is_some()
        || bounds.odds.is_some()
        || bounds.search != SearchWord::Breadth
        || given.kept.is_asked()
        || experiment.budget.is_some()
        || experiment.rounds.is_some()
        || !experiment.require.is_empty();
    let timing = experiment.timed.as_ref().map(|timed| timed.conditions.timing);
    if said || experiment.card.in_rounds || timing == Some(Timing::Asynchronous) {
        return Ok(None);
    }
    let stage = Stage::new(experiment)?;
    let safe = stage.demands.iter().filter(|demand| demand.class != Class::Liveness);
    let require: Vec<String> = safe.map(|demand| demand.name.to_string()).collect();
    if require.is_empty() || require.len() == stage.demands.len() {
        return Ok(None);
    }
    let asked = experiment.timed.as_ref().is_some_and(|timed| !timed.asked.is_empty());
    let alone = |p: Process| (p == experiment.special).then_some(Value(0));
    let inputs = match &experiment.inputs {
        None if !asked => Some(experiment.group.processes().map(alone).collect()),
        given => given.clone(),
    };
    Ok(Some(Experiment { require, inputs, rounds: Some(ROUNDS), ..experiment.clone() }))
}

/// What was found of what is safe, and that the rest is open.
fn joint(whole: Report, safe: Report, alone: Option<Process>) -> Report {
    let (requirements, primary) = merged(whole.requirements, &safe.requirements, safe.primary);
    let violated = requirements.iter().any(|line| line.verdict == Verdict::Violated);
    let verdict = if violated { Verdict::Violated } else { Verdict::Inconclusive };
    let alone = alone.map_or(String::new(), |p| format!(", where {p} alone proposes"));
    let mut notes = vec![format!(
        "with what must come in the end the search did not end in {} s: what is safe was searched \
         on its own, up to round {ROUNDS}{alone}; --budget, --rounds or bounds ask for all of it",
        PATIENCE.as_secs()
    )];
    notes.extend(safe.notes.iter().cloned());
    Report { verdict, requirements, primary, notes, ..safe }
}

/// All requirements, with what was found of some of them; and the place of the one that is shown.
fn merged(
    all: Vec<Judgment>,
    found: &[Judgment],
    shown: Option<usize>,
) -> (Vec<Judgment>, Option<usize>) {
    let name = shown.and_then(|at| found.get(at)).map(|line| line.name);
    let line =
        |open: Judgment| found.iter().find(|line| line.name == open.name).cloned().unwrap_or(open);
    let all: Vec<Judgment> = all.into_iter().map(line).collect();
    let shown = name.and_then(|name| all.iter().position(|line| line.name == name));
    (all, shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &'static str, verdict: Verdict) -> Judgment {
        let (witnesses, because, remark) = (Vec::new(), String::new(), String::new());
        Judgment { name, text: "", class: Class::Safety, verdict, witnesses, because, remark }
    }

    #[test]
    fn what_was_not_searched_stays_open() {
        use Verdict::{Inconclusive, Proved, Violated};
        let all = ["termination", "agreement", "validity"].map(|name| line(name, Inconclusive));
        let found = [line("validity", Proved), line("agreement", Violated)];
        let (lines, shown) = merged(all.to_vec(), &found, Some(1));
        let told: Vec<_> = lines.iter().map(|line| (line.name, line.verdict)).collect();
        let wanted = [("termination", Inconclusive), ("agreement", Violated), ("validity", Proved)];
        assert_eq!(told, wanted);
        assert_eq!(shown, Some(1));
    }
}
