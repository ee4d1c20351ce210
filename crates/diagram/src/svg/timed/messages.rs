//! The arrows, and the labels along them where a process does not tell all the same.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_trace::What;

use super::super::layout::lines;
use super::super::paint::{key, pill, style, tooltip};
use super::super::pen::{Area, Pen};
use super::plan::{Placed, Plan, along};
use crate::clock::Clock;
use crate::scene::{Fate, Loss, Message, Scene};

/// Where along its arrow a label may stand, in hundredths, best first.
const PLACES: [i32; 9] = [50, 42, 58, 34, 66, 26, 74, 18, 82];
/// The labels that a new one may not cover; those before are too far to the left.
const NEAR: usize = 300;

/// Where an arrow ends, and in what.
struct End {
    x: i32,
    y: i32,
    /// Whether it arrives.
    tip: bool,
    cross: bool,
    data: String,
}

/// Both ends of a message's whole way, as far as the picture goes.
fn way(scene: &Scene<'_>, plan: &Plan<'_>, message: &Message<'_>, until: Option<u64>) -> [i32; 4] {
    let (start, from, to) = (scene.when(message.at), plan.y(message.from), plan.y(message.to));
    let x = plan.x(start);
    let Some(time) = until else { return [x, from, x + 60, from + (to - from) * 2 / 5] };
    if time <= start && matches!(message.fate, Fate::Dropped(..)) {
        return [x, from, x + 60, from + (to - from) * 3 / 5];
    }
    let end = plan.x(time.min(plan.until));
    if time <= plan.until || time <= start {
        return [x, from, end, to];
    }
    // It arrives beyond the picture: as much of its way as there is time.
    let part = i128::from(plan.until.saturating_sub(start)) * i128::from(to - from);
    let y = from + i32::try_from(part / i128::from(time - start)).unwrap_or(0);
    [x, from, plan.end.max(end), y]
}

/// When a message ended its way.
fn ended(scene: &Scene<'_>, message: &Message<'_>) -> Option<u64> {
    match message.fate {
        Fate::Received(at) | Fate::Missed(at) | Fate::Dropped(at, _) => Some(scene.when(at)),
        _ => None,
    }
}

fn end(scene: &Scene<'_>, plan: &Plan<'_>, message: &Message<'_>) -> End {
    let time = ended(scene, message);
    let [x1, y1, x2, y2] = way(scene, plan, message, time);
    let beyond = time.is_none_or(|time| time > plan.until);
    let (part, tip, data) = match message.fate {
        Fate::Received(at) => (100, !beyond, format!(" data-to=\"{at}\"")),
        Fate::Missed(at) => (88, false, format!(" data-to=\"{at}\"")),
        Fate::Dropped(at, Loss::Down) => (90, false, format!(" data-to=\"{at}\"")),
        Fate::Dropped(at, _) => (70, false, format!(" data-to=\"{at}\"")),
        _ => (100, false, String::from(" data-lost=\"\"")),
    };
    let part = if beyond { 100 } else { part };
    let (x, y) = (x1 + (x2 - x1) * part / 100, y1 + (y2 - y1) * part / 100);
    End { x, y, tip, cross: part < 100, data }
}

/// The arrow of a message. What was never sent has none.
pub(super) fn arrow(pen: &mut Pen, scene: &Scene<'_>, plan: &Plan<'_>, message: &Message<'_>) {
    if message.fate == Fate::Unsent {
        return;
    }
    let (class, tip, cross) = style(message);
    let end = end(scene, plan, message);
    let [x1, y1, ..] = way(scene, plan, message, ended(scene, message));
    let class = match message.fate {
        Fate::Flying => format!("{class} flying"),
        Fate::Dropped(..) => format!("{class} lost"),
        _ => String::from(class),
    };
    let crowd = if plan.shown > 5 { " crowd" } else { "" };
    pen.open(&format!("event message{crowd}"), &format!("{}{}", key(message.at), end.data));
    pen.title(&times(scene, message, ended(scene, message)));
    let more = if end.tip { format!(" marker-end=\"url(#{tip})\"") } else { String::new() };
    pen.line("hit", [x1, y1, end.x, end.y], "");
    pen.line(&class, [x1, y1, end.x, end.y], &more);
    if end.cross {
        pen.cross(cross, end.x, end.y, 5);
    }
    pen.close();
}

/// What the pointer is told, with the times of sending and arriving.
fn times(scene: &Scene<'_>, message: &Message<'_>, until: Option<u64>) -> String {
    let clock = Clock::of(&scene.trace.header);
    let start = scene.when(message.at);
    let mut words = tooltip(scene, message);
    words.push_str(&format!("\nsent at {}", clock.span(start)));
    if let (Some(time), Fate::Received(_)) = (until, message.fate) {
        let took = clock.span(time.saturating_sub(start));
        words.push_str(&format!(", arrives at {} after {took}", clock.span(time)));
    }
    words
}

/// The arrows of messages that arrive once more.
pub(super) fn again(pen: &mut Pen, scene: &Scene<'_>, plan: &Plan<'_>, placed: &Placed<'_>) {
    for &(at, event) in &placed.step.events {
        let What::Again { .. } = event.what else { continue };
        let sent = scene.source(event);
        let message = sent.and_then(|at| scene.message(at, &scene.trace.events[at]));
        let Some(message) = message.filter(|one| one.from < plan.shown && one.to < plan.shown)
        else {
            continue;
        };
        let ends = way(scene, plan, &message, Some(scene.when(at)));
        pen.open("event message", &format!("{} data-to=\"{at}\"", key(message.at)));
        pen.title(&format!("{}\nonce more", times(scene, &message, None)));
        pen.line("hit", ends, "");
        pen.line("again", ends, " marker-end=\"url(#tip)\"");
        pen.close();
    }
}

/// The labels along the arrows of a step in which not all are told the same: the lies.
pub(super) fn labels(
    pen: &mut Pen,
    scene: &Scene<'_>,
    plan: &Plan<'_>,
    placed: &Placed<'_>,
    taken: &mut Vec<Area>,
) {
    for group in placed.sends.iter().filter(|group| along(&placed.sends, group)) {
        for message in group {
            label(pen, scene, plan, message, taken);
        }
    }
}

fn label(
    pen: &mut Pen,
    scene: &Scene<'_>,
    plan: &Plan<'_>,
    message: &Message<'_>,
    taken: &mut Vec<Area>,
) {
    let lines = lines(message);
    let [x1, y1, ..] = way(scene, plan, message, ended(scene, message));
    let end = end(scene, plan, message);
    let point = |part: i32| (x1 + (end.x - x1) * part / 100, y1 + (end.y - y1) * part / 100);
    let half = Area::around(0, 0, &lines).width / 2;
    let mut places: Vec<(i32, i32)> = PLACES.map(point).into();
    places.extend(PLACES.map(point).map(|(x, y)| (x + half, y - 12)));
    places.extend(PLACES.map(point).map(|(x, y)| (x - half, y + 12)));
    let near = &taken[taken.len().saturating_sub(NEAR)..];
    let clash = |area: &Area| {
        let covered: i32 = near.iter().map(|one| one.overlap(area)).sum();
        let aside = (area.x + area.width - plan.end).max(0) + (plan.gutter - area.x).max(0);
        let outside = aside + (plan.top - area.y).max(0);
        covered + outside * 20
    };
    let areas = places.into_iter().map(|(x, y)| Area::around(x, y, &lines));
    let Some(area) = areas.min_by_key(clash) else { return };
    taken.push(area);
    pen.open("event", &key(message.at));
    pen.title(&times(scene, message, ended(scene, message)));
    pen.pill(pill(message), area, &lines);
    pen.close();
}
