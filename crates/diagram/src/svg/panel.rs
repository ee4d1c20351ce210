//! What stands below the picture: the legend, what is left out, and the verdict.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_trace::{Judged, What};

use super::layout::Layout;
use super::pen::{Area, Pen};
use crate::scene::{Fate, Scene, is_violated};
use crate::words;

/// The marks that a picture uses, each drawn once with its meaning. Says where it ends.
pub(super) fn legend(pen: &mut Pen, scene: &Scene<'_>, layout: &Layout<'_>, y: i32) -> i32 {
    let messages = || layout.bands.iter().flat_map(|band| band.groups.iter().flatten());
    let lines = [
        ("lie", "a lie", messages().any(|one| one.should.is_some())),
        ("silence", "a lie by silence", messages().any(|one| one.cause == Some("silence"))),
        ("unsent", "not sent", messages().any(|one| one.cause.is_some() && !one.is_lie())),
        ("flip", "a bit flips on the way", messages().any(|one| one.flipped.is_some())),
    ];
    let mut x = 24;
    for (class, meaning, used) in lines {
        if used {
            pen.line(class, [x, y, x + 44, y], "");
            pen.text("legend", x + 52, y + 4, meaning);
            x += 52 + 7 * meaning.len() as i32 + 20;
        }
    }
    let missed = messages().any(|one| matches!(one.fate, Fate::Missed(_) | Fate::Lost));
    if missed {
        pen.cross("cross", x + 6, y, 5);
        pen.text("legend", x + 18, y + 4, "not received");
        x += 130;
    }
    if scene.trace.events.iter().any(|event| matches!(event.what, What::State { .. })) {
        pen.raw(&format!("<circle class=\"tick\" cx=\"{}\" cy=\"{y}\" r=\"4\"/>", x + 6));
        pen.text("legend", x + 18, y + 4, "state: point at it");
    }
    y + 14
}

/// What the picture does not show, in words.
pub(super) fn left_out(pen: &mut Pen, scene: &Scene<'_>, layout: &Layout<'_>, y: i32) -> i32 {
    let mut y = y;
    let mut say = |what: &str| {
        y += 18;
        pen.text("legend", 24, y, what);
    };
    if let (Some(first), Some(last)) = (layout.left_out.first(), layout.left_out.last()) {
        say(&format!("Rounds {first} to {last} are left out: the picture would be too large."));
    }
    let n = scene.trace.header.n;
    if n > layout.shown {
        say(&format!("p{} to p{} are left out, with their messages.", layout.shown, n - 1));
    }
    let strays = words::strays(scene);
    if !strays.is_empty() {
        say(&strays);
    }
    y
}

/// The judgement on every requirement, with its witnesses. Says where it ends.
pub(super) fn verdict(pen: &mut Pen, scene: &Scene<'_>, width: i32, top: i32) -> i32 {
    let mut y = top;
    for judged in &scene.trace.closing.requirements {
        y = requirement(pen, scene, judged, width, y) + 10;
    }
    y - 10
}

fn requirement(pen: &mut Pen, scene: &Scene<'_>, judged: &Judged, width: i32, top: i32) -> i32 {
    let bad = is_violated(judged);
    let room = usize::try_from((width - 48 - 32) / 7).unwrap_or(40);
    let mut body: Vec<(&str, String)> = Vec::new();
    body.extend(words::wrap(&judged.text, room).into_iter().map(|line| ("panel quiet", line)));
    if bad {
        let why = words::wrap(&judged.because, room).into_iter().filter(|line| !line.is_empty());
        body.extend(why.map(|line| ("panel panel-strong", line)));
        body.extend(
            witnesses(scene, judged).into_iter().map(|line| ("panel", words::cut(&line, room))),
        );
    }
    let height = 38 + 20 * i32::try_from(body.len()).unwrap_or(0);
    let area = Area { x: 24, y: top, width: width - 48, height };
    pen.rect(if bad { "box-violated" } else { "box" }, area, 8);
    let (name, word) = (words::cut(&judged.name, 40), if bad { "violated" } else { "holds" });
    let word = if bad || judged.verdict == word { word } else { &judged.verdict };
    let open = judged.verdict == "inconclusive";
    let (mark, class) = match (bad, open) {
        (true, _) => ("✗", "verdict violated"),
        (false, true) => ("?", "verdict"),
        (false, false) => ("✓", "verdict holds"),
    };
    pen.text(class, 40, top + 22, &format!("{mark} {name} {word}"));
    for (at, (class, line)) in (0..).zip(&body) {
        pen.text(class, 40, top + 44 + at * 20, line);
    }
    top + height
}

/// The events that show a violation, or at least the processes.
fn witnesses(scene: &Scene<'_>, judged: &Judged) -> Vec<String> {
    let mut lines = Vec::new();
    for &i in &judged.events {
        lines.push(match scene.by_index(i) {
            Some(event) => format!("event {i}: {}", words::event(scene, 0, event)),
            None => format!("event {i}, which the trace does not hold"),
        });
    }
    if lines.is_empty() && !judged.witnesses.is_empty() {
        lines.push(format!("witnesses: {}", words::names(judged.witnesses.iter().copied())));
    }
    lines
}
