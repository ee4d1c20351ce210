//! One page that opens from disk and steps through a run.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_trace::Trace;

use crate::scene::Scene;
use crate::svg::{self, escape};
use crate::words;

const PAGE: &str = include_str!("page/page.html");
const PICTURE_STYLE: &str = include_str!("page/svg.css");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");
/// What a page for a run in time has beside these.
const TIMED_PICTURE_STYLE: &str = include_str!("page/timed.css");
const TIMED_STYLE: &str = include_str!("page/timed-page.css");
const TIMED_SCRIPT: &str = include_str!("page/timed.js");

/// Draw a run as one self-contained page: the picture, the state of every process at each step, the
/// verdict with its witnesses, and all events. The page loads nothing; the trace stands in it.
pub fn html(trace: &Trace) -> String {
    let scene = Scene::new(trace);
    let title = escape(&words::heading(&trace.header));
    let (style, script, forward, backward) = match scene.time {
        Some(_) => (
            format!("{PICTURE_STYLE}{TIMED_PICTURE_STYLE}\n{STYLE}{TIMED_STYLE}"),
            format!("{SCRIPT}\n{TIMED_SCRIPT}"),
            "to the end of the moment",
            "back by a moment",
        ),
        None => (
            format!("{PICTURE_STYLE}\n{STYLE}"),
            String::from(SCRIPT),
            "to the end of the round",
            "back by a round",
        ),
    };
    let parts = [
        ("TITLE", title),
        ("STYLE", style),
        ("COST", escape(&words::cost(trace))),
        ("REPRODUCE", escape(&trace.header.reproduce)),
        ("PICTURE", svg::inline(&scene)),
        ("DATA", data(&scene)),
        ("SCRIPT", script),
        ("FORWARD", String::from(forward)),
        ("BACKWARD", String::from(backward)),
    ];
    fill(PAGE, &parts)
}

/// Put every part in its place, in one pass, so that no part is searched for places.
fn fill(page: &str, parts: &[(&str, String)]) -> String {
    let mut out = String::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((name, after)) = after.split_once("}}") else {
            rest = after;
            break;
        };
        if let Some((_, part)) = parts.iter().find(|(known, _)| *known == name) {
            out.push_str(part);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The trace and each of its events in words, as JSON that cannot end the script that holds it.
fn data(scene: &Scene<'_>) -> String {
    let events = scene.trace.events.iter().enumerate();
    let words: Vec<String> = events.map(|(at, event)| words::event(scene, at, event)).collect();
    let trace = serde_json::to_string(scene.trace).unwrap_or_else(|_| String::from("null"));
    let words = serde_json::to_string(&words).unwrap_or_else(|_| String::from("[]"));
    let json = format!("{{\"trace\":{trace},\"words\":{words}}}");
    let mut out = String::with_capacity(json.len());
    for mark in json.chars() {
        match mark {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(mark)));
            }
            mark => out.push(svg::visible(mark)),
        }
    }
    out
}
