//! Pictures of runs, compared with golden files; `UPDATE_GOLDEN=1` writes these again.

mod build;
mod convert;
mod hostile;
mod intervals;
mod plots;
mod runs;
mod timed;
mod timed_hostile;

use std::path::PathBuf;

use quorate_diagram::{TextOptions, html, svg, table, text};
use quorate_trace::{Event, Trace};

/// A trace as it is on disk, and as it is read from there.
fn reread(trace: &Trace) -> (String, Trace) {
    let mut lines = vec![serde_json::to_string(&trace.header).expect("a header is data")];
    for event in &trace.events {
        lines.push(serde_json::to_string(event).expect("an event is data"));
    }
    lines.push(serde_json::to_string(&trace.closing).expect("a closing is data"));
    let last = lines.len() - 1;
    let events: Vec<Event> = lines[1..last]
        .iter()
        .map(|line| serde_json::from_str(line).expect("an event is read as it was written"))
        .collect();
    let read = Trace {
        header: serde_json::from_str(&lines[0]).expect("a header is read as it was written"),
        events,
        closing: serde_json::from_str(&lines[last]).expect("a closing is read as it was written"),
    };
    (lines.join("\n") + "\n", read)
}

fn golden(name: &str, is: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, is).expect("the golden file can be written");
        return;
    }
    let was = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(was == is, "{name} differs; UPDATE_GOLDEN=1 accepts this:\n{is}");
}

#[test]
fn pictures_are_as_they_were() {
    let options = TextOptions::default();
    for (name, trace) in runs::all() {
        let (lines, read) = reread(&trace);
        assert_eq!(read, trace, "{name} is read from disk as it was written");
        golden(&format!("{name}.txt"), &text(&read, &options));
        golden(&format!("{name}.table.txt"), &table(&read, &options));
        if trace.header.n <= 5 {
            golden(&format!("{name}.jsonl"), &lines);
            golden(&format!("{name}.svg"), &svg(&read));
        }
    }
    golden("three-generals.html", &html(&runs::three_generals()));
    let plain = TextOptions { unicode: false, ..options };
    golden("three-generals.ascii.txt", &text(&runs::three_generals(), &plain));
    let colour = TextOptions { colour: true, ..options };
    golden("three-generals.colour.txt", &text(&runs::three_generals(), &colour));
}

#[test]
fn lines_fit_the_width() {
    for (name, trace) in runs::all().into_iter().chain(timed::all()) {
        for width in [40, 60, 80, 100, 140] {
            let options = TextOptions { width, ..TextOptions::default() };
            for line in text(&trace, &options).lines().chain(table(&trace, &options).lines()) {
                assert!(line.chars().count() <= width, "{name} at {width}: {line}");
            }
        }
    }
}

#[test]
fn eight_processes_have_lifelines_at_100_columns() {
    let drawn = text(&runs::phase_king(8), &TextOptions::default());
    assert!(drawn.contains("►├"), "there are arrows:\n{drawn}");
    let listed = text(&runs::phase_king(20), &TextOptions::default());
    assert!(listed.contains("table instead"), "there is the table:\n{listed}");
}

#[test]
fn ascii_is_ascii() {
    let options = TextOptions { unicode: false, ..TextOptions::default() };
    for (name, trace) in runs::all().into_iter().chain(timed::all()) {
        let all = text(&trace, &options) + &table(&trace, &options);
        assert!(all.is_ascii(), "{name}");
        assert!(!all.contains('?'), "{name} loses no mark:\n{all}");
    }
}

#[test]
fn nothing_is_loaded() {
    for (name, trace) in runs::all().into_iter().chain(timed::all()) {
        let page = html(&trace);
        // The name of the header that forbids all loads is the only word of this kind.
        let rest = page.replacen("<meta http-equiv=", "", 1);
        assert!(!rest.contains("http"), "{name} loads nothing");
        assert!(!page.contains(" src=") && !page.contains("@import"), "{name} loads nothing");
        let css = page.replace("url(#", "");
        assert!(!css.contains("url("), "{name} loads nothing");
    }
}

/// Labels that share a place cannot be read.
#[test]
fn labels_do_not_cover_each_other() {
    for (name, trace) in runs::all().into_iter().chain(timed::all()) {
        if trace.header.n > 8 {
            continue;
        }
        let picture = svg(&trace);
        let boxes: Vec<[i32; 4]> = picture
            .lines()
            .filter(|line| {
                let kinds = [
                    "says", "told", "note", "odd", "given", "decision", "guilty", "output", "up",
                    "broken",
                ];
                kinds.iter().any(|kind| line.starts_with(&format!("<rect class=\"{kind}\"")))
            })
            .map(|line| ["x", "y", "width", "height"].map(|key| number(line, key)))
            .collect();
        for (at, [x, y, width, height]) in boxes.iter().enumerate() {
            for [left, top, across, down] in &boxes[..at] {
                let apart = left + across <= *x
                    || x + width <= *left
                    || top + down <= *y
                    || y + height <= *top;
                assert!(apart, "{name}: the labels at {x},{y} and {left},{top} overlap");
            }
        }
    }
}

fn number(line: &str, key: &str) -> i32 {
    let from = line.split_once(&format!(" {key}=\"")).expect("a box has this").1;
    from.split_once('"').expect("an attribute ends").0.parse().expect("a whole number")
}
