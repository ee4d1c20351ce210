//! A log for ShiViz: every event in words, and below it the vector clock of its process.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_trace::{Event, Trace, What};

use crate::clock;
use crate::scene::Scene;
use crate::words;

/// How many events of each process have happened before; a process without any is not in it.
type Clock = BTreeMap<Host, u64>;

/// Where something happens: at a process, or, in a run in time, on the links.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Host {
    Process(u16),
    Links,
}

impl Host {
    /// No process learns that links are cut or that a message is lost: it happens on the links.
    fn of(scene: &Scene<'_>, event: &Event) -> Self {
        match event.what {
            What::Cut { .. } | What::Heal { .. } | What::Lost { .. } if scene.time.is_some() => {
                Self::Links
            }
            _ => Self::Process(event.process),
        }
    }

    fn name(self) -> String {
        match self {
            Self::Process(process) => format!("p{process}"),
            Self::Links => String::from("links"),
        }
    }
}

/// Convert a run to a log that ShiViz reads with its default parser: a line with the event, then a
/// line with its process and the vector clock. Only what is received carries knowledge from one
/// process to another; a message that is lost or missed does not. What happens to the links of a
/// run in time, and the messages that they lose, are at a host of their own, from which nobody
/// learns; a process that is up again goes on with its clock. Events that name a process that
/// is not in the group are left out.
pub fn shiviz(trace: &Trace) -> String {
    let scene = Scene::new(trace);
    let mut clocks: BTreeMap<Host, Clock> = BTreeMap::new();
    let mut sent: BTreeMap<u32, Clock> = BTreeMap::new();
    let mut out = String::new();
    for (at, event) in trace.events.iter().enumerate().filter(|(_, event)| scene.sound(event)) {
        let host = Host::of(&scene, event);
        let clock = clocks.entry(host).or_default();
        if let Some(known) = source(&scene, event).and_then(|i| sent.get(&i)) {
            for (&host, &count) in known {
                let mine = clock.entry(host).or_default();
                *mine = count.max(*mine);
            }
        }
        *clock.entry(host).or_default() += 1;
        if let What::Send { .. } = event.what {
            sent.entry(event.i).or_insert_with(|| clock.clone());
        }
        out.push_str(&text(&scene, at, event));
        out.push_str(&format!("\n{} {}\n", host.name(), written(clock)));
    }
    out
}

/// The index of the message that an event receives, if the trace has it sent between these two.
fn source(scene: &Scene<'_>, event: &Event) -> Option<u32> {
    match event.what {
        What::Missed { .. } => None,
        _ => scene.source(event).map(|at| scene.trace.events[at].i),
    }
}

/// An event in words. The second of these starts with no brace: no event may look like the line of
/// a clock, whatever its values are.
fn text(scene: &Scene<'_>, at: usize, event: &Event) -> String {
    let words = words::one_line(&words::event(scene, at, event));
    if scene.time.is_some() {
        let time = clock::Clock::of(&scene.trace.header).span(scene.when(at));
        return format!("{time}: {words}");
    }
    match event.round {
        0 => words,
        round => format!("round {round}: {words}"),
    }
}

fn written(clock: &Clock) -> String {
    let counts = clock.iter().map(|(host, count)| format!("\"{}\":{count}", host.name()));
    format!("{{{}}}", counts.collect::<Vec<String>>().join(","))
}
