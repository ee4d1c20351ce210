//! Runs in time that no engine writes, and very long ones.

use std::collections::BTreeMap;

use quorate_diagram::{TextOptions, html, mermaid, shiviz, svg, table, text};
use quorate_trace::{Trace, What};

use crate::build::Build;
use crate::convert::{clocks, states};
use crate::hostile::{draw, draw_quickly};
use crate::{runs, timed};

#[test]
fn times_may_be_missing_huge_or_out_of_order() {
    for (_, sound) in timed::all() {
        for at in 0..sound.events.len() {
            for time in [None, Some(0), Some(u64::MAX), Some(1)] {
                let mut trace = sound.clone();
                trace.events[at].at = time;
                draw_quickly(&trace);
            }
        }
        let mut trace = sound.clone();
        for event in &mut trace.events {
            event.at = event.at.map(|at| u64::MAX - at);
        }
        let drawn = draw(&trace);
        assert!(drawn.contains("Out of order in time:"), "the picture says so");
        let mut trace = sound.clone();
        trace.events.reverse();
        draw(&trace);
    }
}

#[test]
fn indices_and_processes_may_be_anything() {
    for (_, sound) in timed::all() {
        for at in 0..sound.events.len() {
            for far in [0, 1, 7, u16::MAX] {
                let mut trace = sound.clone();
                trace.events[at].process = far;
                trace.events[at].i = u32::from(far);
                draw_quickly(&trace);
                trace.events.remove(at);
                draw_quickly(&trace);
            }
        }
        let mut trace = sound.clone();
        for event in &mut trace.events {
            match &mut event.what {
                What::Receive { sent, .. } | What::Lost { sent, .. } | What::Again { sent, .. } => {
                    *sent = sent.wrapping_sub(3);
                }
                What::Cut { from, to } => from.append(to),
                What::Pause { ticks } => *ticks = u64::MAX,
                What::Step { ticks } => *ticks = i64::MIN,
                What::Drift { ppm } => *ppm = i32::MIN,
                What::Choose { options, chosen } => (*options, *chosen) = (0, u32::MAX),
                _ => {}
            }
        }
        draw(&trace);
    }
}

#[test]
fn what_holds_of_time_may_be_anything() {
    for n in [0, 1, 65535] {
        for odd in [0, 1, u64::MAX] {
            let mut trace = timed::paxos_duel();
            trace.header.n = n;
            let time = trace.header.time.as_mut().expect("a run in time");
            (time.ticks_per_ms, time.delay_ticks, time.calm_from) = (odd, odd, odd);
            (time.over_at, time.round_ticks) = (odd, Some(odd));
            draw(&trace);
        }
    }
    let mut trace = timed::paxos_duel();
    trace.header.time.as_mut().expect("a run in time").over_at = 0;
    trace.events.clear();
    draw(&trace);
}

#[test]
fn cuts_of_many_links_are_bounded() {
    let mut trace = timed::paxos_duel();
    trace.header.n = u16::MAX;
    let all: Vec<u16> = (0..u16::MAX).collect();
    for event in &mut trace.events {
        if let What::Cut { from, to } | What::Heal { from, to } = &mut event.what {
            (*from, *to) = (all.clone(), all.clone());
        }
    }
    draw_quickly(&trace);
}

/// A process that never stops telling the others.
fn heartbeats(n: u16, beats: u64) -> Trace {
    let mut b = Build::new("omega", "leader", n, 1, "crash").in_time("partial", "lossy");
    let mut flying: Vec<u32> = Vec::new();
    for beat in 0..beats {
        b.at(beat * 20_000, &[]);
        b.event(0, What::Timer { timer: "beat".into() });
        let others: Vec<u16> = (1..n).collect();
        flying.extend(b.says(0, &others, "alive"));
        b.at(beat * 20_000 + 4_000, &[]);
        for sent in std::mem::take(&mut flying) {
            if sent % 5 == 0 { b.loses(sent, "link") } else { b.gets(sent) }
        }
    }
    b.event(0, What::Output { value: "the end".into() });
    b.done()
}

#[test]
fn a_long_run_is_folded_and_says_so() {
    let trace = heartbeats(5, 3000);
    let drawn = text(&trace, &TextOptions::default());
    assert!(drawn.lines().count() < 700, "the text is cut: {}", drawn.lines().count());
    assert!(drawn.contains("Left out, from ") && drawn.contains("messages sent"), "{drawn}");
    assert!(drawn.contains("‹the end›"), "the end of a long run is drawn");
    let picture = svg(&trace);
    assert!(picture.len() < 2_500_000, "the picture is cut: {}", picture.len());
    assert!(picture.contains("as the picture would be too large"));
    let listed = table(&trace, &TextOptions::default());
    assert!(listed.contains("further steps left out."));
    let diagram = mermaid(&trace);
    assert!(diagram.len() < 50_000 && diagram.contains("Left out, as Mermaid"));
    assert!(!html(&trace).is_empty());
}

#[test]
fn a_large_group_in_time_gets_its_table() {
    let trace = heartbeats(40, 3);
    let drawn = text(&trace, &TextOptions::default());
    assert!(drawn.contains("table instead") && drawn.contains("sends alive to all"), "{drawn}");
    assert!(svg(&trace).contains("p32 to p39 are left out, with their messages."));
}

/// Who learns what, with links that learn all and tell nothing.
#[test]
fn a_clock_in_time_knows_what_happened_before() {
    for (name, trace) in timed::all() {
        let clocks = clocks(&shiviz(&trace));
        assert_eq!(clocks.len(), trace.events.len(), "{name}");
        let mut own: BTreeMap<&str, u64> = BTreeMap::new();
        for (at, event) in trace.events.iter().enumerate() {
            let (host, clock) = &clocks[at];
            let count = own.entry(host).or_default();
            *count += 1;
            assert_eq!(clock[host], *count, "{name}: {host} counts from 1 without a gap");
            assert!(host == "links" || !clock.contains_key("links"), "{name}, event {at}");
            if let What::Receive { sent, .. } | What::Again { sent, .. } = event.what {
                let sender = &clocks[sent as usize].1;
                assert!(sender.iter().all(|(p, n)| clock.get(p) >= Some(n)), "{name}, event {at}");
            }
        }
    }
}

#[test]
fn states_in_time_say_who_is_down() {
    let states = states(&timed::paxos_duel());
    let down = |state: &serde_json::Value| state["down"]["#set"].as_array().expect("a set").len();
    let most = states.iter().map(down).max();
    assert_eq!(most, Some(1), "one process crashes");
    assert_eq!(states.last().map(down), Some(0), "and is up again");
}

/// The picture is XML: every attribute has a value.
#[test]
fn attributes_have_values() {
    for (name, trace) in timed::all().into_iter().chain(runs::all()) {
        for line in svg(&trace).lines().filter(|line| line.starts_with("<g ")) {
            let inner = line.trim_start_matches("<g ").trim_end_matches('>');
            let bare = inner.split('"').step_by(2).map(str::trim).filter(|part| !part.is_empty());
            assert!(bare.clone().all(|part| part.ends_with('=')), "{name}: {line}");
        }
    }
}
