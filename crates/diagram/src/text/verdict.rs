//! How a run ended, below every picture for the terminal.

use alloc::format;
use alloc::vec::Vec;

use quorate_trace::Judged;

use crate::canvas::{Ink, Line};
use crate::scene::{Scene, is_violated};
use crate::{TextOptions, words};

/// How it ended: every requirement, and for a violated one who shows it.
pub(crate) fn verdict(scene: &Scene<'_>, options: &TextOptions) -> Vec<Line> {
    let closing = &scene.trace.closing;
    let mut lines = Vec::new();
    let room = closing.requirements.iter().map(|one| one.name.chars().count()).max().unwrap_or(0);
    let room = room.min(24);
    for judged in &closing.requirements {
        let bad = is_violated(judged);
        let (word, ink) = if bad { ("VIOLATED", Ink::Bad) } else { ("holds", Ink::Good) };
        let word = if bad || judged.verdict == "holds" { word } else { &judged.verdict };
        let column = room + 2 + 10;
        for (at, part) in words::wrap(&judged.text, options.width - column).iter().enumerate() {
            let mut line = Line::default();
            if at == 0 {
                line.put(0, &words::cut(&judged.name, room), Ink::Strong);
                line.put(room + 2, word, ink);
            }
            line.put(column, part, if bad { Ink::Plain } else { Ink::Faint });
            lines.push(line);
        }
        if bad {
            lines.extend(witnesses(scene, judged, column, options.width));
        }
    }
    lines.push(Line::of(&words::cost(scene.trace), Ink::Faint));
    for remark in [words::strays(scene), scene.trace.header.reproduce.clone()] {
        if !remark.is_empty() {
            lines.extend(
                words::wrap(&remark, options.width).iter().map(|s| Line::of(s, Ink::Faint)),
            );
        }
    }
    lines
}

/// The events that show a violation, by number.
fn witnesses(scene: &Scene<'_>, judged: &Judged, column: usize, width: usize) -> Vec<Line> {
    let mut shown = Vec::new();
    if !judged.because.is_empty() {
        shown.push(judged.because.clone());
    }
    for &i in &judged.events {
        match scene.by_index(i) {
            Some(event) => shown.push(format!("{} (event {i})", words::event(scene, 0, event))),
            None => shown.push(format!("event {i}, which the trace does not hold")),
        }
    }
    if judged.events.is_empty() && !judged.witnesses.is_empty() {
        shown.push(format!("witnesses: {}", words::names(judged.witnesses.iter().copied())));
    }
    let mut lines = Vec::new();
    for part in shown.iter().flat_map(|one| words::wrap(one, width - column)) {
        let mut line = Line::default();
        line.put(column, &part, Ink::Bad);
        lines.push(line);
    }
    lines
}
