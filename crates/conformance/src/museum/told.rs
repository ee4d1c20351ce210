//! A run as text, a line for each step: short enough to be read by eye and kept as a file.

use std::fmt::Write;

use quorate_trace::{Event, What};

/// The names of the values, as the command line has them.
pub(super) fn names_of(size: u16, problem: &str) -> Vec<String> {
    match (problem, size) {
        ("generals", 2) => vec!["retreat".into(), "attack".into()],
        _ => (0..size).map(|value| value.to_string()).collect(),
    }
}

/// The run, without what can be worked out from the rest: states, arrivals in rounds, draws.
pub(super) fn lines(events: &[Event]) -> String {
    let mut out = String::new();
    let mut at = 0;
    while at < events.len() {
        let first = &events[at];
        let same = |event: &&Event| {
            event.process == first.process && event.at == first.at && event.round == first.round
        };
        let inside = |event: &&Event| same(event) && !begins(event);
        let length = 1 + events[at + 1..].iter().take_while(inside).count();
        let step = &events[at..at + length];
        let said: Vec<String> = clauses(step, events);
        if !said.is_empty() {
            let when = match first.round {
                0 => String::new(),
                round => format!("round {round}: "),
            };
            let _ = writeln!(out, "{when}p{} {}", first.process, said.join("; "));
        }
        at += length;
    }
    out
}

/// Whether an event is what makes a process step.
fn begins(event: &Event) -> bool {
    let untimed = event.at.is_none();
    match event.what {
        What::Receive { .. } | What::Again { .. } | What::Timer { .. } => !untimed,
        What::Request { .. } | What::Restart { .. } | What::Crash { .. } => !untimed,
        _ => false,
    }
}

/// What happens in a step; the same message to several is said once.
fn clauses(step: &[Event], all: &[Event]) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    let mut sends: Vec<(String, Vec<String>)> = Vec::new();
    for event in step {
        if let What::Send { to, message, should, unasked, .. } = &event.what {
            let what = match should {
                _ if *unasked => format!("says {message}, unasked,"),
                Some(truth) if truth.is_empty() => format!("lies {message}, for nothing,"),
                Some(truth) => format!("lies {message}, for {truth},"),
                None => format!("sends {message}"),
            };
            match sends.iter_mut().find(|(known, _)| *known == what) {
                Some((_, list)) => list.push(format!("p{to}")),
                None => sends.push((what, vec![format!("p{to}")])),
            }
        } else {
            said.extend(clause(event, all));
        }
    }
    let sends = sends.into_iter().map(|(what, to)| format!("{what} to {}", to.join(" ")));
    let outputs = said.iter().position(|text| text.starts_with("decides")).unwrap_or(said.len());
    said.splice(outputs..outputs, sends);
    said
}

fn clause(event: &Event, all: &[Event]) -> Option<String> {
    let message = |sent: u32| match all.get(sent as usize).map(|event| &event.what) {
        Some(What::Send { message, .. } | What::Unsent { message, .. }) => message.as_str(),
        _ => "something",
    };
    Some(match &event.what {
        What::Input { value } => format!("is given {value}"),
        What::Request { request, .. } => format!("is asked {request}"),
        What::Receive { from, sent } if event.at.is_some() => {
            format!("receives {} from p{from}", message(*sent))
        }
        What::Again { from, sent } => format!("receives {} from p{from} again", message(*sent)),
        What::Missed { from, sent } => format!("misses {} from p{from}", message(*sent)),
        What::Unsent { to, message, cause } => format!("{cause}: {message} not to p{to}"),
        What::Lost { from, sent, .. } => format!("loses {} from p{from}", message(*sent)),
        What::Timer { timer } => format!("timer {timer}"),
        What::Store { records } => format!("stores {}", records.join(", ")),
        What::Crash { .. } => "crashes".into(),
        What::Restart { .. } => "restarts".into(),
        What::Toss { coin, .. } => format!("tosses {}", u8::from(*coin)),
        What::Decide { value, .. } => format!("decides {value}"),
        What::Output { value } => format!("hands out {value}"),
        What::Expose { liar, .. } => format!("exposes p{liar}"),
        _ => return None,
    })
}
