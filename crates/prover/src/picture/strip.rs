//! A chain as a strip: one space-time diagram below the other, and what changes from each to the
//! next.

use super::pen::Pen;
use crate::certificate::{Link, Question};
use crate::draw::{because, told};
use crate::scene::{Passage, Scene};

/// Chains up to so many executions are drawn whole.
const SHOWN_MAX: usize = 24;

const LEFT: i32 = 24;
const TOP: i32 = 70;
/// Where lifelines begin.
const START: i32 = 74;
const ROUND: i32 = 96;
const LINE: i32 = 30;

/// Draws a chain as SVG, under a title. A long one is drawn in part, and the picture says so.
#[must_use]
pub fn strip(question: &Question, chain: &[Link], title: &str) -> String {
    let (n, rounds) = (i32::from(question.n), i32::from(question.rounds));
    let end = START + rounds * ROUND;
    // The names of two runs stand in between, and of some that decisions are made early.
    let text = end + if question.early.is_empty() { 160 } else { 240 };
    let width = (text + 470).max(820);
    let row = (n * LINE + 44).max(110);
    let mut pen = Pen::new();
    pen.text("title", LEFT, 28, title);
    pen.text(
        "quiet",
        LEFT,
        48,
        "blue: sees the same as in the next run, so it decides the same; orange: what is not as in \
         the run above",
    );
    let mut y = TOP;
    let mut above: Option<(usize, Scene)> = None;
    let head = if chain.len() <= SHOWN_MAX { chain.len() } else { SHOWN_MAX - 3 };
    let tail = if chain.len() <= SHOWN_MAX { chain.len() } else { chain.len() - 3 };
    for (at, link) in chain.iter().enumerate() {
        if at >= head && at < tail {
            if at == head {
                let left_out = format!("... {} more executions ...", tail - head);
                pen.text("strong", LEFT, y + 20, &left_out);
                y += 40;
            }
            above = None;
            continue;
        }
        let Some(scene) = Scene::new(question, &link.execution) else { continue };
        let by = |link: &Link| Some((link.same?, link.round.unwrap_or(question.rounds)));
        let before = at.checked_sub(1).and_then(|before| by(&chain[before]));
        let place = Place { at, y, end, before, after: by(link) };
        diagram(&mut pen, &scene, above.as_ref().map(|(_, scene)| scene), &place);
        let mut line = y + 16;
        pen.text("strong", text, line, &format!("run {at}"));
        for part in told(&scene) {
            line += 17;
            pen.text("", text, line, &part);
        }
        if let Some(value) = scene.forced().filter(|_| at == 0 || at + 1 == chain.len()) {
            line += 19;
            pen.text("strong", text, line, &because(question, value));
        }
        if let Some((other, scene_above)) = &above {
            for p in 0..question.n {
                if scene.input(p) != scene_above.input(p) && scene.input(p).is_some() {
                    line += 17;
                    let now = scene.input(p).unwrap_or(0);
                    let what = format!("other than in run {other}: p{p} proposes {now}");
                    pen.text("newtext", text, line, &what);
                }
            }
        }
        y += row.max(line - y + 30);
        above = Some((at, scene));
    }
    pen.done(width, y, title)
}

/// Where a diagram stands, and who sees the same on both of its sides until after which round.
struct Place {
    at: usize,
    y: i32,
    end: i32,
    before: Option<(u16, u16)>,
    after: Option<(u16, u16)>,
}

fn diagram(pen: &mut Pen, scene: &Scene, above: Option<&Scene>, place: &Place) {
    let y = |p: u16| place.y + 16 + LINE * i32::from(p);
    for p in 0..scene.n() {
        let sides = [(place.before, place.at.wrapping_sub(1)), (place.after, place.at + 1)];
        let sides = sides.into_iter().filter_map(|(side, run)| Some((side?, run)));
        let sides = sides.filter(|((owner, _), _)| *owner == p);
        let same: Vec<(u16, usize)> = sides.map(|((_, round), run)| (round, run)).collect();
        let Some(last) = same.iter().map(|(round, _)| *round).max() else { continue };
        let end = START + i32::from(last) * ROUND;
        pen.band("same", [START - 32, y(p) - 12, end - START + 44, 24]);
        let runs: Vec<String> = same.iter().map(|(_, run)| run.to_string()).collect();
        let by = if last < scene.rounds() { "decided; " } else { "" };
        let same = format!("{by}same in run {}", runs.join(", "));
        pen.text("sametext", place.end + 18, y(p) + 4, &same);
    }
    for p in 0..scene.n() {
        lifeline(pen, scene, above, p, y(p), place.end);
    }
    for round in 1..=scene.rounds() {
        let x = START + (i32::from(round) - 1) * ROUND;
        for from in 0..scene.n() {
            for to in (0..scene.n()).filter(|to| *to != from) {
                let now = scene.passage(round, from, to);
                let changed = above.is_some_and(|above| {
                    let before = above.passage(round, from, to);
                    let quiet = |one| matches!(one, Passage::Silent | Passage::Unheard);
                    before != now && !(quiet(before) && quiet(now))
                });
                let ends = [x + 12, y(from), x + ROUND - 16, y(to)];
                message(pen, now, changed, ends);
            }
        }
    }
}

fn lifeline(pen: &mut Pen, scene: &Scene, above: Option<&Scene>, p: u16, y: i32, end: i32) {
    pen.text("", LEFT - 10, y + 4, &format!("p{p}"));
    let crash = scene.crash(p).map(|round| START + (i32::from(round) - 1) * ROUND + 34);
    let stop = crash.unwrap_or(end);
    pen.line("life", [START - 10, y, stop, y]);
    if let Some(x) = crash {
        pen.line("gone", [x, y, end, y]);
        pen.cross("cross", x, y, 6);
    }
    pen.value(START - 18, y, scene.input(p));
    let changed = above.is_some_and(|above| above.input(p) != scene.input(p));
    if changed {
        pen.line("new", [START - 27, y + 12, START - 9, y + 12]);
    }
}

fn message(pen: &mut Pen, passage: Passage, changed: bool, [x1, y1, x2, y2]: [i32; 4]) {
    let new = |class| if changed { "new" } else { class };
    match passage {
        Passage::Silent => {}
        Passage::Heard => pen.arrow(new("says"), [x1, y1, x2, y2]),
        Passage::Lie(_) => pen.arrow(new("lie"), [x1, y1, x2, y2]),
        Passage::Unheard => {
            // It ends on its way.
            let (x, y) = (x1 + (x2 - x1) * 2 / 5, y1 + (y2 - y1) * 2 / 5);
            pen.line(new("lost"), [x1, y1, x, y]);
            pen.cross(new("lie"), x, y, 3);
        }
    }
}
