//! The sentences of a run in time.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use quorate_trace::{Event, Header, Time, Trace, What, Within};

use super::{UNKNOWN, content, name, names, number, said, sent, state};
use crate::clock::Clock;
use crate::scene::Scene;

/// The pairs of processes up to which cut links are told apart.
const PAIRS_MAX: usize = 4096;

/// What holds of time and links, for a heading.
pub(super) fn model(header: &Header, time: &Time) -> String {
    let timing = match header.model.timing.as_str() {
        "partial" => "partially synchronous",
        timing => timing,
    };
    let order = if time.fifo { " in order" } else { "" };
    let links = match time.links.as_str() {
        "" => String::new(),
        links => format!(", {links} links{order}"),
    };
    format!("{timing}{links}")
}

/// What it cost and when it was done.
pub(super) fn cost(trace: &Trace) -> String {
    let (closing, clock) = (&trace.closing, Clock::of(&trace.header));
    let over = trace.header.time.as_ref().map_or(0, |time| time.over_at);
    let done = match closing.done_at {
        Some(at) => format!("done at {}", clock.span(at)),
        None => format!("not done when it was over at {}", clock.span(over)),
    };
    let (messages, bits) = (number(closing.messages, "message"), number(closing.bits, "bit"));
    format!("{messages}, {bits}, {done}")
}

/// An event in words.
pub(super) fn event(scene: &Scene<'_>, at: usize, event: &Event) -> String {
    let me = name(event);
    match &event.what {
        What::Send { to, .. } | What::Unsent { to, .. } => {
            let message = scene.message(at, event);
            message.map_or_else(String::new, |message| sent(&me, *to, &message))
        }
        What::Cut { .. } | What::Heal { .. } => predicate(scene, event),
        What::Timer { .. }
        | What::Step { .. }
        | What::Drift { .. }
        | What::Flip { .. }
        | What::FlipRecord { .. } => format!("{me}'s {}", predicate(scene, event)),
        What::Output { value } => format!("{me}: {value}"),
        _ => format!("{me} {}", predicate(scene, event)),
    }
}

/// What an event says of its process, without naming it.
pub(crate) fn predicate(scene: &Scene<'_>, event: &Event) -> String {
    match &event.what {
        What::Input { value } => format!("is given {value}"),
        What::Receive { from, .. } => format!("receives {} from p{from}", read(scene, event)),
        What::Again { from, .. } => {
            format!("receives {} from p{from} once more", read(scene, event))
        }
        What::Missed { from, .. } => {
            format!("omits to receive {} from p{from}", read(scene, event))
        }
        What::Lost { from, cause, .. } => {
            format!("does not get {} from p{from}: {}", read(scene, event), loss(cause))
        }
        What::Request { request, .. } => format!("is asked: {request}"),
        What::Call { number, call, asks, .. } => {
            format!("gets call {number} of a client: {call} {asks}")
        }
        What::Return { number, outcome, answer } => {
            format!("returns from call {number}, {outcome}: {answer}")
        }
        What::Decide { value } => format!("decides {value}"),
        What::Output { value } => value.clone(),
        What::Expose { liar, evidence } => format!("proves that p{liar} lied: {evidence}"),
        What::State { fields, .. } => format!("has {}", state(fields)),
        What::Store { records } => format!("stores {}", listed(records)),
        What::Choose { options: 0..=2, chosen } => format!("draws {chosen} from {{0, 1}}"),
        What::Choose { options, chosen } => format!("draws {chosen} from 0 to {}", options - 1),
        What::Toss { toss, coin } => {
            format!("sees {} on toss {toss} of the common coin", u8::from(*coin))
        }
        What::Broken { assumption } => format!("finds an assumption broken: {assumption}"),
        _ => upset(scene, event),
    }
}

/// What is done to a process, or to the links.
fn upset(scene: &Scene<'_>, event: &Event) -> String {
    let clock = Clock::of(&scene.trace.header);
    match &event.what {
        What::Crash { reached, within, forgotten } => crash(reached, within.as_ref(), *forgotten),
        What::Restart { records } => {
            format!("is up again with {}", number(u64::from(*records), "record"))
        }
        What::Pause { ticks } => format!("stops for {} and does not know it", clock.span(*ticks)),
        What::Timer { timer } => format!("timer {timer} goes off"),
        What::Step { ticks } => {
            let way = if *ticks < 0 { "back" } else { "ahead" };
            format!("clock steps {} {way}", clock.span(ticks.unsigned_abs()))
        }
        What::Drift { ppm } => {
            let way = if *ppm < 0 { "slow" } else { "fast" };
            format!("clock runs {} parts in a million {way}", ppm.unsigned_abs())
        }
        What::Flip { bit, before, after } => format!("bit {bit} flips: {before} → {after}"),
        What::FlipRecord { record, bit, before, after } => {
            format!("record {record} has bit {bit} flipped: {before} → {after}")
        }
        What::Cut { .. } => format!("links are cut {}", links(&[event])),
        What::Heal { .. } => format!("links carry again {}", links(&[event])),
        _ => String::new(),
    }
}

fn crash(reached: &[u16], within: Option<&Within>, forgotten: u32) -> String {
    let mut parts = Vec::new();
    if let Some(within) = within {
        if within.records > 0 {
            let all = number(u64::from(within.records), "record");
            parts.push(format!("{} of {all} stored", within.stored));
        }
        if within.messages > 0 && reached.is_empty() {
            parts.push("none of its last messages leaves".to_string());
        }
    }
    if !reached.is_empty() {
        parts.push(format!("its last messages leave for {}", names(reached.iter().copied())));
    }
    if forgotten > 0 {
        let records = number(u64::from(forgotten), "record");
        parts.push(format!("its disk forgets {records} that it had said to be stored"));
    }
    let how = if within.is_some() { "crashes within a step" } else { "crashes" };
    if parts.is_empty() { how.to_string() } else { format!("{how}: {}", parts.join("; ")) }
}

/// What is read from a message that ends its way here.
fn read(scene: &Scene<'_>, event: &Event) -> String {
    let sent = scene.source(event).map(|at| scene.trace.events[at].i);
    sent.map_or_else(|| UNKNOWN.to_string(), |sent| content(scene, sent))
}

/// Why a message is lost.
pub(crate) fn loss(cause: &str) -> String {
    match cause {
        "link" => "the link loses it".to_string(),
        "cut" => "the link is cut".to_string(),
        "down" => "it is down".to_string(),
        cause => format!("lost ({cause})"),
    }
}

fn listed(texts: &[String]) -> String {
    let texts: Vec<&str> = texts.iter().map(|text| said(text)).collect();
    texts.join(", ")
}

/// Which links some events are about: the sides of a partition, or from whom to whom.
pub(crate) fn links(events: &[&Event]) -> String {
    let ends = events.iter().filter_map(|event| match &event.what {
        What::Cut { from, to } | What::Heal { from, to } => Some((from, to)),
        _ => None,
    });
    let ends: Vec<(&Vec<u16>, &Vec<u16>)> = ends.collect();
    let pairs: usize = ends.iter().map(|(from, to)| from.len().saturating_mul(to.len())).sum();
    if pairs > PAIRS_MAX {
        return format!("in {pairs} pairs of processes");
    }
    let mut heard: BTreeMap<u16, BTreeSet<u16>> = BTreeMap::new();
    for (from, to) in ends {
        for &process in from {
            heard.entry(process).or_default().extend(to);
        }
    }
    sides(&heard)
}

/// The sides of a partition, or from whom to whom, if these links are cut.
pub(crate) fn sides(heard: &BTreeMap<u16, BTreeSet<u16>>) -> String {
    let mut sides: Vec<(BTreeSet<u16>, &BTreeSet<u16>)> = Vec::new();
    for (&process, to) in heard {
        match sides.iter_mut().find(|(_, others)| *others == to) {
            Some((side, _)) => {
                side.insert(process);
            }
            None => sides.push((BTreeSet::from([process]), to)),
        }
    }
    let name = |side: &BTreeSet<u16>| names(side.iter().copied());
    let all: BTreeSet<u16> = sides.iter().flat_map(|(side, _)| side).copied().collect();
    let apart = |(side, others): &(BTreeSet<u16>, &BTreeSet<u16>)| {
        side.is_disjoint(others) && side.len() + others.len() == all.len() && others.is_subset(&all)
    };
    if sides.len() > 1 && sides.iter().all(apart) {
        let sides: Vec<String> = sides.iter().map(|(side, _)| name(side)).collect();
        return format!("between {}", sides.join(" | "));
    }
    let ways: Vec<String> =
        sides.iter().map(|(side, to)| format!("from {} to {}", name(side), name(to))).collect();
    ways.join(", ")
}
