//! All cases, on all cores.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use quorate_kernel::{Faults, Rounds, Traitor};

use crate::case::{Broken, Outcome, Worker, slower};
use crate::cases::{Case, Cases};
use crate::question::{Answer, Finding, Price, Progress, Question, Shown, Slowest, Stop, Work};

/// Runs with at most so many faults are searched first, for a short answer soon.
const FIRST_LIMITS: [u32; 2] = [1, 2];

/// Searches every run of a question, on `threads` threads; the answer does not depend on them.
///
/// Runs with few faults come first. Once a violation is found the search goes on, for as long as
/// [`crate::Budget::after_violation`] says, to judge the other requirements too.
pub fn search<R: Traitor>(
    question: &Question<'_, R>,
    threads: usize,
    progress: &Progress,
) -> Answer<R> {
    let mut deadline = question.budget.deadline;
    let mut first: Option<Answer<R>> = None;
    if worth_deepening(question) {
        for limit in FIRST_LIMITS {
            let answer = pass(question, limit, threads, progress, deadline);
            if answer.stopped.is_some_and(|stop| stop == Stop::Time) {
                return answer;
            }
            if !answer.findings.is_empty() {
                let grace = question.budget.after_violation.map(|more| Instant::now() + more);
                deadline = [deadline, grace].into_iter().flatten().min();
                first = Some(answer);
                break;
            }
        }
    }
    let mut answer = pass(question, u32::MAX, threads, progress, deadline);
    // A search that stopped may have missed what an earlier pass, which was complete, had found.
    for finding in first.map(|answer| answer.findings).unwrap_or_default() {
        let known = answer.findings.iter_mut().find(|f| f.requirement == finding.requirement);
        match known {
            Some(known) if (known.faults, known.lost) <= (finding.faults, finding.lost) => {}
            Some(known) => *known = finding,
            None => answer.findings.push(finding),
        }
    }
    answer.findings.sort_unstable_by_key(|finding| finding.requirement);
    answer
}

fn worth_deepening<R: Rounds>(question: &Question<'_, R>) -> bool {
    let model = &question.model;
    model.flips_max > 0 || (model.faulty_max > 0 && model.faults >= Faults::Omission)
}

type Entry<R> = (usize, Case<R>, Outcome);

/// One search of all cases, with at most `limit` faults a run.
fn pass<R: Traitor>(
    question: &Question<'_, R>,
    limit: u32,
    threads: usize,
    progress: &Progress,
    deadline: Option<Instant>,
) -> Answer<R> {
    let source = Mutex::new(Cases::new(question).enumerate());
    let done: Mutex<Vec<Entry<R>>> = Mutex::new(Vec::new());
    let stopped: Mutex<Option<Stop>> = Mutex::new(None);
    let cited = AtomicU64::new(0);
    on_threads(threads, &|| {
        let mut worker = Worker::new(question, limit, progress, deadline);
        let mut mine: Vec<Entry<R>> = Vec::new();
        while stopped.lock().is_ok_and(|stop| stop.is_none()) {
            let next = source.lock().ok().and_then(|mut cases| cases.next());
            let Some((at, case)) = next else { break };
            match one(&mut worker, &case) {
                Ok(outcome) => mine.push((at, case, outcome)),
                Err(stop) => {
                    if let Ok(mut slot) = stopped.lock() {
                        slot.get_or_insert(stop);
                    }
                }
            }
            progress.add(&progress.cases_done, 1);
        }
        cited.fetch_or(worker.tables.cited, Ordering::Relaxed);
        if let Ok(mut all) = done.lock() {
            all.append(&mut mine);
        }
    });
    let mut entries = done.into_inner().unwrap_or_default();
    entries.sort_unstable_by_key(|(at, _, _)| *at);
    let mut stopped = stopped.into_inner().unwrap_or_default();
    let told = findings(question, limit, progress, &entries).and_then(|findings| {
        // A search with few faults is about violations only.
        let all = limit == u32::MAX && stopped.is_none();
        let slowest = if all { slowest(question, limit, progress, &entries)? } else { Vec::new() };
        Ok((findings, slowest))
    });
    let (findings, slowest) = told.unwrap_or_else(|stop| {
        stopped = stopped.or(Some(stop));
        (Vec::new(), Vec::new())
    });
    let work = total(question, &entries);
    Answer { stopped, work, findings, slowest, cited: cited.into_inner() }
}

/// Does the same work on some threads, and waits for all of them.
fn on_threads(threads: usize, work: &(dyn Fn() + Sync)) {
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(work);
        }
    });
}

fn one<R: Traitor>(worker: &mut Worker<'_, '_, R>, case: &Case<R>) -> Result<Outcome, Stop> {
    let mut outcome = Outcome::default();
    let layers = worker.layers(case, &mut outcome)?;
    if let Some(last) = layers.last() {
        worker.judge(case, last, &mut outcome);
    }
    Ok(outcome)
}

fn total<R: Rounds>(question: &Question<'_, R>, entries: &[Entry<R>]) -> Work {
    let mut work = Work::default();
    for (_, case, outcome) in entries {
        work.add(&Work {
            runs: outcome.runs.saturating_mul(case.copies),
            cases: 1,
            cases_covered: case.copies,
            states: outcome.states,
            transitions: outcome.transitions,
            depth: question.arena.last,
        });
    }
    work
}

/// For every requirement that is broken, the cheapest run that breaks it.
fn findings<R: Traitor>(
    question: &Question<'_, R>,
    limit: u32,
    progress: &Progress,
    entries: &[Entry<R>],
) -> Result<Vec<Finding<R>>, Stop> {
    let mut findings = Vec::new();
    for requirement in 0..question.requirements.len() {
        let mut runs = 0u128;
        let mut best: Option<(&Case<R>, Broken)> = None;
        for (_, case, outcome) in entries {
            let Some(broken) = outcome.broken[requirement] else { continue };
            runs = runs.saturating_add(broken.runs.saturating_mul(case.copies));
            // Of two runs with as few faults, the one in which fewer processes are named as faulty.
            let order = |case: &Case<R>, broken: &Broken| (broken.price, case.faulty.len());
            if best.is_none_or(|(known, b)| order(case, &broken) < order(known, &b)) {
                best = Some((case, broken));
            }
        }
        let Some((case, broken)) = best else { continue };
        findings.push(Finding {
            requirement,
            faults: broken.price.faults,
            lost: broken.price.lost,
            runs,
            run: shown(question, limit, progress, case, broken.place)?,
        });
    }
    Ok(findings)
}

/// The run of a case that ends at a place of its last layer.
fn shown<R: Traitor>(
    question: &Question<'_, R>,
    limit: u32,
    progress: &Progress,
    case: &Case<R>,
    place: usize,
) -> Result<Shown<R>, Stop> {
    let mut worker = Worker::new(question, limit, progress, None);
    let layers = worker.layers(case, &mut Outcome::default())?;
    let script = worker.trail(&layers, place)?;
    Ok(Shown { inputs: case.inputs.clone(), faulty: case.faulty.clone(), script })
}

/// A case, and its latest decision, the price of it, and its place in the last layer.
type Latest<'c, R> = (&'c Case<R>, (u16, Price, usize));

/// For every number of failures, the run that decides last.
fn slowest<R: Traitor>(
    question: &Question<'_, R>,
    limit: u32,
    progress: &Progress,
    entries: &[Entry<R>],
) -> Result<Vec<Slowest<R>>, Stop> {
    let mut latest: BTreeMap<u16, Latest<'_, R>> = BTreeMap::new();
    for (_, case, outcome) in entries {
        for (failures, here) in &outcome.slowest {
            let known = latest.entry(*failures).or_insert((case, *here));
            if slower((here.0, here.1), (known.1.0, known.1.1)) {
                *known = (case, *here);
            }
        }
    }
    let all = latest.into_iter().map(|(failures, (case, (round, _, place)))| {
        let run = shown(question, limit, progress, case, place)?;
        Ok(Slowest { failures, round, run })
    });
    all.collect()
}
