//! What stands behind the messages: lanes, the axis, rounds and cuts; and what happens at a lane.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use quorate_trace::{Event, What};

use super::super::paint::key;
use super::super::pen::{Area, Pen, width};
use super::plan::{Label, Placed, Plan, rounds};
use crate::clock::Clock;
use crate::scene::Scene;
use crate::steps::{is_given, turns};
use crate::words;

/// The ground, with what is true of stretches of time.
pub(super) fn ground(pen: &mut Pen, scene: &Scene<'_>, plan: &Plan<'_>) {
    let (top, height) = (plan.top - 4, plan.bottom() - plan.top + 8);
    let start = plan.gutter;
    pen.rect("band", Area { x: start, y: top, width: plan.end - start, height }, 0);
    cuts(pen, plan);
    let mut free = 0;
    for (round, at) in rounds(scene).into_iter().filter(|&(_, at)| at <= plan.until) {
        let x = plan.x(at);
        pen.line("round-line", [x, top, x, top + height], "");
        let caption = format!("round {round}");
        if x >= free {
            pen.text("round", x + 4, plan.top - 12, &caption);
            free = x + width(caption.len()) + 12;
        }
    }
    for (at, words) in turns(scene).into_iter().filter(|&(at, _)| at <= plan.until) {
        let x = plan.x(at);
        pen.line("calm", [x, top - 8, x, top + height], "");
        let room = width(words.len());
        let (class, x) =
            if x + room > plan.end { ("calm-text before", x - 6) } else { ("calm-text", x + 6) };
        let y = if free > 0 { plan.top - 30 } else { plan.top - 12 };
        pen.text(class, x, y, &words);
    }
    for &(from, to) in &plan.scale.breaks {
        broken(pen, scene, plan, from, to);
    }
    axis(pen, scene, plan);
}

/// The stretches in which links are cut, each with its caption.
fn cuts(pen: &mut Pen, plan: &Plan<'_>) {
    let mut free = [0; 2];
    for cut in plan.cuts.iter().filter(|cut| cut.from <= plan.until) {
        let x = plan.x(cut.from);
        let end = cut.until.map_or(plan.end, |until| plan.x(until.min(plan.until)));
        let caption = words::cut(&cut.words, 60);
        let row = if x >= free[0] { 0 } else { 1 };
        let y = plan.top - 12 - 18 * (plan.rows - 1 - row);
        let area =
            Area { x, y: plan.top - 4, width: end - x, height: plan.bottom() - plan.top + 8 };
        pen.open("event", &key(cut.at));
        pen.title(&cut.words);
        pen.rect("cut", area, 0);
        if x >= free[row as usize] {
            pen.text("cut-text", x + 2, y, &caption);
            free[row as usize] = x + width(caption.chars().count()) + 16;
        }
        pen.close();
    }
}

/// A gap of the scale: a strip in which no time is to be read.
fn broken(pen: &mut Pen, scene: &Scene<'_>, plan: &Plan<'_>, from: u64, to: u64) {
    let (left, right) = (plan.x(from), plan.x(to));
    let middle = left + (right - left) / 2;
    let y = plan.bottom() + 14;
    for x in [middle - 3, middle + 3] {
        pen.line("axis", [x - 3, y + 6, x + 3, y - 6], "");
    }
    let quiet = format!("{} pass", Clock::of(&scene.trace.header).span(to - from));
    pen.text("pass", middle, y + 22, &quiet);
}

fn axis(pen: &mut Pen, scene: &Scene<'_>, plan: &Plan<'_>) {
    let y = plan.bottom() + 14;
    let start = plan.x(0);
    let mut x = start;
    for &(from, to) in &plan.scale.breaks {
        let middle = plan.x(from) + (plan.x(to) - plan.x(from)) / 2;
        pen.line("axis", [x, y, middle - 4, y], "");
        x = middle + 4;
    }
    pen.line("axis", [x, y, plan.end, y], "");
    let clock = Clock::of(&scene.trace.header);
    let delay = scene.time.map_or(1, |time| time.delay_ticks);
    let quiet: Vec<(i32, i32)> = plan
        .scale
        .breaks
        .iter()
        .map(|&(from, to)| {
            let middle = plan.x(from) + (plan.x(to) - plan.x(from)) / 2;
            (middle, width(clock.span(to - from).chars().count() + 5) / 2)
        })
        .collect();
    for (at, x) in plan.scale.ticks(delay, plan.delay_px) {
        pen.line("axis", [x, y - 4, x, y + 4], "");
        let name = clock.span(at);
        let half = width(name.chars().count()) / 2 + 6;
        if at > plan.until || quiet.iter().any(|(middle, wide)| (middle - x).abs() < half + wide) {
            continue;
        }
        pen.line("axis-far", [x, plan.top - 4, x, plan.bottom() + 4], "");
        pen.text("axis-text", x, y + 22, &name);
    }
}

/// The lifeline of a process: gone while it is down, hatched while it stands still.
pub(super) fn lifeline(pen: &mut Pen, scene: &Scene<'_>, plan: &Plan<'_>, process: u16) {
    let y = plan.y(process);
    super::super::paint::name(pen, scene, process, y);
    let mut since = plan.gutter;
    let mut up = true;
    let mut stops: Vec<(&Placed<'_>, &Event)> = Vec::new();
    for placed in plan.steps.iter().filter(|one| one.step.process == process) {
        for (_, event) in &placed.step.events {
            match event.what {
                What::Crash { .. } | What::Restart { .. } => {
                    let class = if up { "life" } else { "dead" };
                    pen.line(class, [since, y, placed.x, y], "");
                    (since, up) = (placed.x, matches!(event.what, What::Restart { .. }));
                }
                What::Pause { .. } => stops.push((placed, event)),
                _ => {}
            }
        }
    }
    pen.line(if up { "life" } else { "dead" }, [since, y, plan.end, y], "");
    for (placed, event) in stops {
        let What::Pause { ticks } = event.what else { continue };
        let end = placed.step.time.saturating_add(ticks).min(plan.until);
        let wide = (plan.x(end) - placed.x).max(6);
        pen.open("event", &key(placed.step.events[0].0));
        pen.title(&words::event(scene, placed.step.events[0].0, event));
        pen.rect("still", Area { x: placed.x, y: y - 6, width: wide, height: 12 }, 2);
        pen.close();
    }
}

/// What the processes are given at the start.
pub(super) fn inputs(pen: &mut Pen, scene: &Scene<'_>, plan: &Plan<'_>) {
    let Some(x) = plan.given else { return };
    pen.text("round", plan.gutter, plan.top - 12, "given");
    for (at, event) in scene.trace.events.iter().enumerate() {
        let What::Input { value } = &event.what else { continue };
        if event.process >= plan.shown || !is_given(scene, at, event) {
            continue;
        }
        let lines = [super::super::layout::short(value)];
        let class = if scene.guilty.contains(&at) { "guilty" } else { "given" };
        pen.open("event", &key(at));
        pen.title(&words::event(scene, at, event));
        pen.pill(class, Area::around(x, plan.y(event.process), &lines), &lines);
        pen.close();
    }
}

/// The point of a step on its lane, with all that the process does in it.
pub(super) fn step(pen: &mut Pen, scene: &Scene<'_>, plan: &Plan<'_>, placed: &Placed<'_>) {
    let (step, x, y) = (&placed.step, placed.x, plan.y(placed.step.process));
    if step.process >= plan.shown {
        return;
    }
    let has = |wanted: fn(&What) -> bool| step.events.iter().any(|(_, event)| wanted(&event.what));
    let all: Vec<String> = step.events.iter().map(|(at, _)| at.to_string()).collect();
    let all = format!("{} data-all=\"{}\"", key(step.events[0].0), all.join(" "));
    pen.open("event", &all);
    pen.title(&told(scene, placed));
    if has(|what| matches!(what, What::Crash { .. })) {
        pen.cross("crash", x, y, 7);
    } else if has(|what| matches!(what, What::Restart { .. })) {
        pen.raw(&format!("<path class=\"rise\" d=\"M{},{y} l-5,8 h10 z\"/>", x));
    } else if has(|what| matches!(what, What::Timer { .. })) {
        pen.raw(&format!("<path class=\"timer\" d=\"M{x},{} l6,6 l-6,6 l-6,-6 z\"/>", y - 6));
    } else if has(|what| matches!(what, What::Flip { .. } | What::FlipRecord { .. })) {
        let y = y - 11;
        let path = format!("M{},{y} l-8,12 h6 l-4,10 l11,-14 h-6 l4,-8 z", x + 2);
        pen.raw(&format!("<path class=\"tip-flip\" d=\"{path}\"/>"));
    } else if has(|what| matches!(what, What::Step { .. } | What::Drift { .. })) {
        pen.raw(&format!("<circle class=\"tick\" cx=\"{x}\" cy=\"{y}\" r=\"6\"/>"));
        pen.raw(&format!("<path class=\"hand\" d=\"M{x},{} v4 h3\"/>", y - 4));
    } else if acts(placed) {
        pen.raw(&format!("<circle class=\"node\" cx=\"{x}\" cy=\"{y}\" r=\"3\"/>"));
    } else if has(|what| matches!(what, What::State { .. })) {
        pen.raw(&format!("<circle class=\"tick\" cx=\"{x}\" cy=\"{y}\" r=\"3\"/>"));
    } else {
        pen.raw(&format!("<circle class=\"unseen\" cx=\"{x}\" cy=\"{y}\" r=\"5\"/>"));
    }
    if has(|what| matches!(what, What::Store { .. })) {
        pen.rect("disk", Area { x: x - 8, y: y + 4, width: 6, height: 6 }, 1);
    }
    pen.close();
}

/// Whether a process does something in a step, beside taking notice.
fn acts(placed: &Placed<'_>) -> bool {
    let quiet = |what: &What| {
        matches!(
            what,
            What::Receive { .. }
                | What::Again { .. }
                | What::Missed { .. }
                | What::Lost { .. }
                | What::State { .. }
                | What::Cut { .. }
                | What::Heal { .. }
                | What::Pause { .. }
        )
    };
    placed.step.events.iter().any(|(_, event)| !quiet(&event.what))
}

/// A step in words: when, what comes, and what the process does.
fn told(scene: &Scene<'_>, placed: &Placed<'_>) -> String {
    let step = &placed.step;
    let clock = Clock::of(&scene.trace.header);
    let mut lines = alloc::vec![clock.span(step.time)];
    lines.extend(step.events.iter().map(|&(at, event)| words::event(scene, at, event)));
    let rules = step.events.iter().find(|(_, event)| !event.rules.is_empty());
    lines.extend(
        rules.into_iter().flat_map(|(_, event)| words::rules(&scene.trace.header, &event.rules)),
    );
    lines.join("\n")
}

/// A label at its lane.
pub(super) fn label(pen: &mut Pen, scene: &Scene<'_>, placed: &Placed<'_>, label: &Label) {
    let Some(&at) = label.events.first() else { return };
    let all: Vec<String> = label.events.iter().map(|at| at.to_string()).collect();
    pen.open("event", &format!("{} data-all=\"{}\"", key(at), all.join(" ")));
    pen.title(&told(scene, placed));
    match label.class {
        "end" => pen.text("crash-text", label.area.x + 4, label.area.y + 13, &label.lines[0]),
        class => pen.pill(class, label.area, &label.lines),
    }
    pen.close();
}
