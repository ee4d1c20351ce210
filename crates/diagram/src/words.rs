//! The sentences that all pictures share.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use quorate_trace::{Event, Header, Trace, What};

use crate::scene::{Fate, Loss, Message, Scene};
use crate::svg::visible;

mod timed;

pub(crate) use timed::{links, loss, predicate, sides};

/// What a message says that was never sent.
const UNKNOWN: &str = "a message that the trace does not hold";

/// What is run, in one line.
pub(crate) fn heading(header: &Header) -> String {
    let signed = if header.model.signed { ", signed" } else { "" };
    let faults = match header.model.faults.as_str() {
        "none" => "no faults".to_string(),
        kind => format!("{kind} faults"),
    };
    let Header { n, f, .. } = header;
    let settings: Vec<String> =
        header.settings.iter().map(|(key, is)| format!("{key} = {is}")).collect();
    let settings = match settings.is_empty() {
        true => String::new(),
        false => format!(" ({})", settings.join(", ")),
    };
    let timing = match &header.time {
        Some(time) => timed::model(header, time),
        None => header.model.timing.clone(),
    };
    let mutant = match &header.mutant {
        Some(mutant) => format!(" with mutant {mutant}"),
        None => String::new(),
    };
    let name = format!("{}{mutant}", header.protocol);
    format!("{name}{settings}: n = {n}, f = {f}, {timing}, {faults}{signed}")
}

/// What it cost and how it ended, in one line.
pub(crate) fn cost(trace: &Trace) -> String {
    if trace.header.time.is_some() {
        return timed::cost(trace);
    }
    let closing = &trace.closing;
    format!(
        "{}, {}, {}",
        number(closing.rounds.into(), "round"),
        number(closing.messages, "message"),
        number(closing.bits, "bit")
    )
}

/// A number of things.
pub(crate) fn number(count: u64, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// Processes by name, in order; three or more in a row as a range.
pub(crate) fn names(processes: impl IntoIterator<Item = u16>) -> String {
    let mut runs: Vec<(u16, u16)> = Vec::new();
    for process in processes {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(process) => *last = process,
            _ => runs.push((process, process)),
        }
    }
    let name = |(first, last): (u16, u16)| match last - first {
        0 => format!("p{first}"),
        1 => format!("p{first}, p{last}"),
        _ => format!("p{first}–p{last}"),
    };
    runs.into_iter().map(name).collect::<Vec<String>>().join(", ")
}

/// What a message says, visibly even if that is nothing.
pub(crate) fn said(label: &str) -> &str {
    if label.is_empty() { "(empty)" } else { label }
}

/// What should have been said.
pub(crate) fn should(message: &str) -> &str {
    if message.is_empty() { "nothing" } else { message }
}

/// What is odd about a message; empty if nothing is.
pub(crate) fn oddity(message: &Message<'_>) -> String {
    let label = said(message.label);
    let mut words = match (message.should, message.cause) {
        (Some(truth), _) => format!("says {label} (lie: should say {})", should(truth)),
        (None, None) if message.unasked => format!("says {label} (lie: unasked)"),
        (None, Some("silence")) => format!("says nothing (lie: should say {label})"),
        (None, Some("crash")) => format!("crashes before sending {label}"),
        (None, Some("omission")) => format!("omits to send {label}"),
        (None, Some(cause)) => format!("does not send {label} ({cause})"),
        (None, None) => String::new(),
    };
    push(&mut words, &accident(message));
    words
}

/// What is odd about a message through no doing of its sender; empty if nothing is.
pub(crate) fn accident(message: &Message<'_>) -> String {
    let mut words = String::new();
    if let Some(flip) = message.flipped {
        let (before, after) = (said(&flip.before), said(message.label));
        push(&mut words, &format!("bit {} flips on the way: {before} → {after}", flip.bit));
    }
    if message.count > 1 {
        push(&mut words, &format!("stands for {}", number(message.count, "message")));
    }
    words
}

/// Add a remark, where there is one.
pub(crate) fn push(words: &mut String, more: &str) {
    if !words.is_empty() && !more.is_empty() {
        words.push_str("; ");
    }
    words.push_str(more);
}

/// What became of a message, where it is not simply received; empty otherwise.
pub(crate) fn fate(message: &Message<'_>) -> String {
    let to = message.to;
    match message.fate {
        Fate::Received(_) | Fate::Unsent => String::new(),
        Fate::Dropped(_, Loss::Link) => "the link loses it".to_string(),
        Fate::Dropped(_, Loss::Cut) => "the link is cut".to_string(),
        Fate::Dropped(_, Loss::Down) => format!("p{to} is down"),
        Fate::Flying => "it is still on its way at the end".to_string(),
        Fate::Missed(_) => format!("p{to} omits to receive it"),
        Fate::Down => format!("p{to} has crashed"),
        Fate::Lost => format!("p{to} does not receive it"),
    }
}

/// The name of whoever an event happens to: with a prime for each copy of a traitor but the first.
pub(crate) fn name(event: &Event) -> String {
    let primes = "'".repeat(event.copy.into());
    format!("p{}{primes}", event.process)
}

/// An event in words.
pub(crate) fn event(scene: &Scene<'_>, at: usize, event: &Event) -> String {
    if scene.time.is_some() {
        return timed::event(scene, at, event);
    }
    let me = event.process;
    match &event.what {
        What::Input { value } => format!("p{me} is given {value}"),
        What::Send { to, .. } | What::Unsent { to, .. } => {
            let message = scene.message(at, event);
            message.map_or_else(String::new, |message| sent(&format!("p{me}"), *to, &message))
        }
        What::Receive { from, sent } => {
            format!("p{me} receives {} from p{from}", content(scene, *sent))
        }
        What::Missed { from, sent } => {
            format!("p{me} omits to receive {} from p{from}", content(scene, *sent))
        }
        What::Crash { reached, .. } if reached.is_empty() => {
            format!("p{me} crashes; its last messages reach nobody")
        }
        What::Crash { reached, .. } => {
            format!("p{me} crashes; its last messages reach {}", names(reached.iter().copied()))
        }
        What::Flip { bit, before, after } => {
            format!("bit {bit} of p{me} flips: {before} → {after}")
        }
        What::Decide { value } => format!("p{me} decides {value}"),
        What::Expose { liar, evidence } => format!("p{me} proves that p{liar} lied: {evidence}"),
        What::State { fields, .. } => format!("p{me} ends the round with {}", state(fields)),
        _ => timed::event(scene, at, event),
    }
}

fn sent(me: &str, to: u16, message: &Message<'_>) -> String {
    let label = said(message.label);
    let odd = oddity(message);
    match message.cause {
        Some(_) if !message.is_lie() => format!("{me} {odd} to p{to}"),
        None if odd.is_empty() => format!("{me} sends {label} to p{to}"),
        _ if message.is_lie() => format!("{me} to p{to}: {odd}"),
        _ => format!("{me} sends {label} to p{to} ({odd})"),
    }
}

/// What the message of a sending event says, where there is one.
pub(crate) fn content(scene: &Scene<'_>, sent: u32) -> String {
    match scene.by_index(sent).map(|event| &event.what) {
        Some(What::Send { message, .. }) => said(message).to_string(),
        _ => UNKNOWN.to_string(),
    }
}

/// The fields of a state in one line.
pub(crate) fn state(fields: &[(String, String)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, is)| format!("{name} = {is}")).collect();
    fields.join(", ")
}

/// The rules that fired, each with its text.
pub(crate) fn rules(header: &Header, ids: &[String]) -> Vec<String> {
    let text = |id: &String| header.rules.iter().find(|rule| rule.id == *id);
    let rule = |id: &String| match text(id) {
        Some(rule) => format!("rule {id}: {}", rule.text),
        None => format!("rule {id}"),
    };
    ids.iter().map(rule).collect()
}

/// What a picture leaves out because the trace is damaged; empty if nothing is.
pub(crate) fn strays(scene: &Scene<'_>) -> String {
    let mut words = match scene.strays {
        0 => String::new(),
        1 => "1 event is not drawn: it names a process that is not in the group.".to_string(),
        more => {
            format!("{more} events are not drawn: they name processes that are not in the group.")
        }
    };
    if scene.disordered > 0 {
        let events = number(scene.disordered as u64, "event");
        let gap = if words.is_empty() { "" } else { " " };
        words.push_str(&format!("{gap}Out of order in time: {events}."));
    }
    words
}

/// Break a text into lines of at most `width` characters, at spaces where there are any.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + word.len() > width {
            lines.push(core::mem::take(&mut line));
            used = 0;
        }
        while word.len() > width {
            lines.push(word.drain(..width).collect());
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        used += word.len();
        line.extend(word);
    }
    if used > 0 || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// A text on one line, of characters that may be shown, for formats in which lines mean something.
pub(crate) fn one_line(text: &str) -> String {
    let mark = |mark: char| if mark.is_whitespace() { ' ' } else { visible(mark) };
    text.chars().map(mark).collect()
}

/// At most `width` characters of a text, with an ellipsis where something is cut.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_string();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}
