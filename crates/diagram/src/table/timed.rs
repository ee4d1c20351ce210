//! The table of a run in time: a row for every step of a process.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_trace::What;

use super::{LINES_MAX, cell, inputs};
use crate::canvas::{Ink, Line};
use crate::clock::Clock;
use crate::scene::Scene;
use crate::steps::{Step, round_at, steps, turns};
use crate::words;

/// Where the columns begin.
struct Columns {
    process: usize,
    cause: usize,
    doing: usize,
    end: usize,
}

/// The table without heading and verdict.
pub(super) fn lines(scene: &Scene<'_>, width: usize) -> Vec<Line> {
    let clock = Clock::of(&scene.trace.header).until(scene.last_at());
    let process = clock.margin(scene.over_at()).chars().count().max(4) + 2;
    let cause = process + format!("p{}", scene.trace.header.n).chars().count() + 2;
    let columns = Columns { process, cause, doing: cause + (width - cause) * 2 / 5, end: width };
    let mut lines = inputs(scene, width);
    lines.push(head(&columns));
    let rule: String = core::iter::repeat_n('─', width).collect();
    lines.push(Line::of(&rule, Ink::Faint));
    let mut all = steps(scene);
    let has_state = |what: &What| matches!(what, What::State { .. });
    let tells = |step: &Step<'_>| step.events.iter().any(|(_, event)| has_state(&event.what));
    all.retain(|step| !step.is_silent(scene) || tells(step));
    let mut last = None;
    for (at, step) in all.iter().enumerate() {
        if lines.len() > LINES_MAX {
            let left = words::number((all.len() - at) as u64, "further step");
            let from = clock.span(step.time);
            lines.push(Line::of(&format!("From {from} on, {left} left out."), Ink::Strong));
            break;
        }
        lines.extend(borders(scene, last, step.time, clock, &columns));
        lines.extend(row(scene, step, last, clock, &columns));
        last = Some(step.time);
    }
    lines.push(Line::default());
    lines
}

fn head(columns: &Columns) -> Line {
    let mut line = Line::default();
    line.put(columns.process.saturating_sub(4), "ms", Ink::Strong);
    line.put(columns.cause, "what comes", Ink::Strong);
    line.put(columns.doing, "what it does", Ink::Strong);
    line
}

/// Where a round begins, and from when on the run is calm.
fn borders(
    scene: &Scene<'_>,
    last: Option<u64>,
    time: u64,
    clock: Clock,
    columns: &Columns,
) -> Vec<Line> {
    let before = |at: u64| last.is_none_or(|last| last < at) && at <= time;
    let round = round_at(scene, time).filter(|&(_, at)| before(at));
    let round = round.map(|(round, at)| (at, format!("round {round}")));
    let border = |(at, words): (u64, String)| {
        let mut line = Line::default();
        put_time(&mut line, clock, at, columns);
        let room = columns.end - columns.process;
        line.put(columns.process, &words::cut(&words, room), Ink::Good);
        line
    };
    let turns = turns(scene).into_iter().filter(|&(at, _)| before(at));
    round.into_iter().chain(turns).map(border).collect()
}

fn put_time(line: &mut Line, clock: Clock, time: u64, columns: &Columns) {
    let time = clock.margin(time);
    line.put((columns.process - 2).saturating_sub(time.chars().count()), &time, Ink::Faint);
}

fn row(
    scene: &Scene<'_>,
    step: &Step<'_>,
    last: Option<u64>,
    clock: Clock,
    columns: &Columns,
) -> Vec<Line> {
    let cause = step.comes(scene);
    let ink = cause_ink(scene, step);
    let mut doings: Vec<(Ink, String)> = step.doings(scene);
    doings.extend(step.losses(scene));
    for (at, event) in step.outcomes() {
        let ink = if scene.guilty.contains(&at) { Ink::Bad } else { Ink::Decision };
        doings.push((ink, words::predicate(scene, event)));
    }
    let state = step.events.iter().filter_map(|(_, event)| match &event.what {
        What::State { fields, .. } => Some((Ink::Faint, words::state(fields))),
        _ => None,
    });
    doings.extend(state);
    let left = cell(&cause, columns.doing - columns.cause - 2);
    let right = doings.iter().flat_map(|(ink, text)| {
        cell(text, columns.end - columns.doing).into_iter().map(|line| (*ink, line))
    });
    let right: Vec<(Ink, String)> = right.collect();
    let links = matches!(
        step.cause().map(|(_, event)| &event.what),
        Some(What::Cut { .. } | What::Heal { .. })
    );
    let mut lines = Vec::new();
    for at in 0..left.len().max(right.len()) {
        let mut line = Line::default();
        if at == 0 && last != Some(step.time) {
            put_time(&mut line, clock, step.time, columns);
        }
        if at == 0 && !links {
            line.put(columns.process, &step.name(), Ink::Strong);
        }
        line.put(columns.cause, left.get(at).map_or("", String::as_str), ink);
        if let Some((ink, text)) = right.get(at) {
            line.put(columns.doing, text, *ink);
        }
        lines.push(line);
    }
    lines
}

/// What the cause of a step is written with.
fn cause_ink(scene: &Scene<'_>, step: &Step<'_>) -> Ink {
    let Some((_, event)) = step.cause() else { return Ink::Plain };
    match &event.what {
        What::Receive { .. } | What::Again { .. } => {
            let sent = scene.source(event);
            let message = sent.and_then(|at| scene.message(at, &scene.trace.events[at]));
            if message.is_some_and(|one| one.is_lie()) { Ink::Lie } else { Ink::Plain }
        }
        What::Restart { .. } | What::Heal { .. } => Ink::Good,
        What::Timer { .. } | What::Request { .. } | What::Input { .. } => Ink::Plain,
        _ => Ink::Fault,
    }
}
