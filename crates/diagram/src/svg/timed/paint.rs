//! The whole picture, from the ground up, and its legend.

use alloc::format;
use alloc::vec::Vec;

use quorate_trace::What;

use super::super::paint::style;
use super::super::pen::{Area, Pen};
use super::marks::{ground, inputs, label, lifeline, step};
use super::messages::{again, arrow, labels};
use super::plan::Plan;
use crate::clock::Clock;
use crate::scene::{Fate, Message, Scene};
use crate::words;

/// Paint everything but the verdict. Says where the picture ends.
pub(in super::super) fn diagram(pen: &mut Pen, scene: &Scene<'_>, plan: &Plan<'_>) -> i32 {
    pen.text("heading", 24, 40, &words::heading(&scene.trace.header));
    pen.text("panel quiet cost-line", 24, 62, &words::cost(scene.trace));
    ground(pen, scene, plan);
    for process in 0..plan.shown {
        lifeline(pen, scene, plan, process);
    }
    inputs(pen, scene, plan);
    let messages = || plan.steps.iter().flat_map(|placed| placed.sends.iter().flatten());
    // Lies last, so that no honest arrow covers them.
    for odd in [false, true] {
        for message in messages().filter(|one| odd == (style(one).0 != "arrow")) {
            arrow(pen, scene, plan, message);
        }
    }
    let mut taken: Vec<Area> = Vec::new();
    for placed in &plan.steps {
        again(pen, scene, plan, placed);
        taken.extend(placed.labels.iter().map(|label| label.area));
        let (x, y) = (placed.x, plan.y(placed.step.process));
        taken.push(Area { x: x - 8, y: y - 8, width: 16, height: 16 });
    }
    taken.sort_by_key(|area| area.x);
    for placed in &plan.steps {
        let (behind, mut near) = (placed.x - 400, Vec::new());
        near.extend(taken.iter().filter(|area| (behind..placed.x + 700).contains(&area.x)));
        let known = near.len();
        labels(pen, scene, plan, placed, &mut near);
        taken.extend_from_slice(&near[known..]);
    }
    for placed in &plan.steps {
        step(pen, scene, plan, placed);
        for one in &placed.labels {
            label(pen, scene, placed, one);
        }
    }
    let end = legend(pen, plan, plan.bottom() + 64);
    left_out(pen, scene, plan, end)
}

/// The marks that the picture uses, each drawn once with its meaning. Says where it ends.
fn legend(pen: &mut Pen, plan: &Plan<'_>, y: i32) -> i32 {
    let messages = || plan.steps.iter().flat_map(|placed| placed.sends.iter().flatten());
    let some = |wanted: fn(&Message<'_>) -> bool| messages().any(wanted);
    let events = || plan.steps.iter().flat_map(|placed| &placed.step.events);
    let has = |wanted: fn(&What) -> bool| events().any(|(_, event)| wanted(&event.what));
    let lines = [
        ("lie", "a lie", some(|one| one.is_lie() && one.cause.is_none())),
        ("flip", "a bit flips on the way", some(|one| one.flipped.is_some())),
        ("again", "arrives once more", has(|what| matches!(what, What::Again { .. }))),
        ("arrow flying", "still on the way at the end", some(|one| one.fate == Fate::Flying)),
    ];
    let mut x = 24;
    for (class, meaning, _) in lines.iter().filter(|(_, _, used)| *used) {
        pen.line(class, [x, y, x + 44, y], "");
        x = words_at(pen, x + 52, y, meaning);
    }
    let lost = |one: &Message<'_>| matches!(one.fate, Fate::Dropped(..) | Fate::Missed(_));
    if messages().any(lost) {
        pen.cross("cross", x + 6, y, 5);
        x = words_at(pen, x + 18, y, "lost on the way");
    }
    if has(|what| matches!(what, What::Timer { .. })) {
        pen.raw(&format!("<path class=\"timer\" d=\"M{},{} l6,6 l-6,6 l-6,-6 z\"/>", x + 6, y - 6));
        x = words_at(pen, x + 18, y, "a timer goes off");
    }
    if has(|what| matches!(what, What::Store { .. })) {
        pen.rect("disk", Area { x: x + 2, y: y - 3, width: 6, height: 6 }, 1);
        x = words_at(pen, x + 14, y, "stores a record");
    }
    if has(|what| matches!(what, What::Pause { .. })) {
        pen.rect("still", Area { x, y: y - 6, width: 30, height: 12 }, 2);
        x = words_at(pen, x + 38, y, "stands still");
    }
    if !plan.steps.is_empty() {
        pen.raw(&format!("<circle class=\"node\" cx=\"{}\" cy=\"{y}\" r=\"3\"/>", x + 4));
        words_at(pen, x + 14, y, "a step: point at it");
    }
    y + 14
}

fn words_at(pen: &mut Pen, x: i32, y: i32, words: &str) -> i32 {
    pen.text("legend", x, y + 4, words);
    x + 7 * i32::try_from(words.len()).unwrap_or(0) + 20
}

/// What the picture does not show, in words.
fn left_out(pen: &mut Pen, scene: &Scene<'_>, plan: &Plan<'_>, y: i32) -> i32 {
    let mut y = y;
    let mut say = |what: &str| {
        y += 18;
        pen.text("legend", 24, y, what);
    };
    let (steps, messages) = plan.left_out;
    if steps > 0 {
        let from = Clock::of(&scene.trace.header).span(plan.until);
        let steps = words::number(steps as u64, "step");
        let messages = words::number(messages as u64, "message");
        say(&format!(
            "Left out after {from}, as the picture would be too large: {steps}, {messages}."
        ));
    }
    let n = scene.trace.header.n;
    if n > plan.shown {
        say(&format!("p{} to p{} are left out, with their messages.", plan.shown, n - 1));
    }
    let strays = words::strays(scene);
    if !strays.is_empty() {
        say(&strays);
    }
    y
}
