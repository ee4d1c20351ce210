//! A log for ShiViz: every event in words, and below it the vector clock of its process.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_trace::{Event, Trace, What};

use crate::scene::Scene;
use crate::words;

/// How many events of each process have happened before; a process without any is not in it.
type Clock = BTreeMap<u16, u64>;

/// Convert a run to a log that ShiViz reads with its default parser: a line with the event, then a
/// line with its process and the vector clock. Only what is received carries knowledge from one
/// process to another; a message that is lost or missed does not. Events that name a process that
/// is not in the group are left out.
pub fn shiviz(trace: &Trace) -> String {
    let scene = Scene::new(trace);
    let mut clocks: BTreeMap<u16, Clock> = BTreeMap::new();
    let mut sent: BTreeMap<u32, Clock> = BTreeMap::new();
    let mut out = String::new();
    for (at, event) in trace.events.iter().enumerate().filter(|(_, event)| scene.sound(event)) {
        let clock = clocks.entry(event.process).or_default();
        if let Some(known) = source(&scene, event).and_then(|i| sent.get(&i)) {
            for (&process, &count) in known {
                let mine = clock.entry(process).or_default();
                *mine = count.max(*mine);
            }
        }
        *clock.entry(event.process).or_default() += 1;
        if let What::Send { .. } = event.what {
            sent.entry(event.i).or_insert_with(|| clock.clone());
        }
        out.push_str(&text(&scene, at, event));
        out.push_str(&format!("\np{} {}\n", event.process, written(clock)));
    }
    out
}

/// The index of the message that an event receives, if the trace has it sent between these two.
fn source(scene: &Scene<'_>, event: &Event) -> Option<u32> {
    let What::Receive { from, sent } = event.what else {
        return None;
    };
    let sender = scene.by_index(sent)?;
    match sender.what {
        What::Send { to, .. } if to == event.process && sender.process == from => Some(sent),
        _ => None,
    }
}

/// An event in words. The second of these starts with no brace: no event may look like the line of
/// a clock, whatever its values are.
fn text(scene: &Scene<'_>, at: usize, event: &Event) -> String {
    let words = words::one_line(&words::event(scene, at, event));
    match event.round {
        0 => words,
        round => format!("round {round}: {words}"),
    }
}

fn written(clock: &Clock) -> String {
    let counts = clock.iter().map(|(process, count)| format!("\"p{process}\":{count}"));
    format!("{{{}}}", counts.collect::<Vec<String>>().join(","))
}
