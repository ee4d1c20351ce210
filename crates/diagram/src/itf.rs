//! A run as a sequence of states, in the Informal Trace Format of Apalache and Quint.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_trace::{Event, Trace, What};

use crate::scene::Scene;
use crate::words;

/// Where the format is described.
const DESCRIBED: &str = "https://apalache-mc.org/docs/adr/015adr-trace.html";

/// Convert a run to the Informal Trace Format, one state after every event. Its variables are:
///
/// - `round`: the round of the event;
/// - `event`: a record of the event, with the same fields for every kind;
/// - `state`: by process, each field of its state, as the trace has told it last;
/// - `decided`: by process, what it has decided so far;
/// - `faulty`: by process, how it may fail in this run.
///
/// A run in time has `time`, the time of the event in ticks, in place of `round`, and `down`:
/// the set of processes that are down.
///
/// Events that name a process that is not in the group are left out, and the description says so.
pub fn itf(trace: &Trace) -> String {
    let scene = Scene::new(trace);
    let faulty = trace.header.faulty.iter().map(|one| (one.process, string(&one.kind))).collect();
    let faulty = by_process(&faulty);
    let mut fields_now: BTreeMap<u16, BTreeMap<&str, &str>> = BTreeMap::new();
    let mut state: BTreeMap<u16, String> = BTreeMap::new();
    let mut decided: BTreeMap<u16, String> = BTreeMap::new();
    let mut down: BTreeSet<u16> = BTreeSet::new();
    let mut states = Vec::new();
    for (at, event) in trace.events.iter().enumerate().filter(|(_, event)| scene.sound(event)) {
        match &event.what {
            What::State { fields, changes } => {
                let now = fields_now.entry(event.process).or_default();
                if !changes {
                    now.clear();
                }
                now.extend(fields.iter().map(|(name, is)| (name.as_str(), is.as_str())));
                state.insert(event.process, by_name(now));
            }
            What::Decide { value } => {
                decided.insert(event.process, string(value));
            }
            What::Crash { .. } => {
                down.insert(event.process);
            }
            What::Restart { .. } => {
                down.remove(&event.process);
            }
            _ => {}
        }
        let (clock, down) = match scene.time {
            Some(_) => {
                let down: Vec<String> = down.iter().map(|one| format!("\"p{one}\"")).collect();
                let down = format!("\"down\":{{\"#set\":[{}]}},", down.join(","));
                (format!("\"time\":{}", whole(scene.when(at))), down)
            }
            None => (format!("\"round\":{}", whole(event.round.into())), String::new()),
        };
        states.push(format!(
            "{{\"#meta\":{{\"index\":{}}},{clock},\"event\":{},\"state\":{},\"decided\":{},{down}\
             \"faulty\":{faulty}}}",
            states.len(),
            record(&scene, at, event),
            by_process(&state),
            by_process(&decided),
        ));
    }
    format!(
        "{{\"#meta\":{},\n\"params\":[],\n\
         \"vars\":[{}],\n\"states\":[\n{}\n]}}\n",
        meta(&scene),
        vars(&scene),
        states.join(",\n")
    )
}

fn vars(scene: &Scene<'_>) -> &'static str {
    match scene.time {
        Some(_) => "\"time\",\"event\",\"state\",\"decided\",\"down\",\"faulty\"",
        None => "\"round\",\"event\",\"state\",\"decided\",\"faulty\"",
    }
}

/// What was run, by which command, and how it ended.
fn meta(scene: &Scene<'_>) -> String {
    let trace = scene.trace;
    let mut description = words::heading(&trace.header);
    words::push(&mut description, &words::strays(scene));
    let entries = [
        ("format", "ITF"),
        ("format-description", DESCRIBED),
        ("source", &trace.header.reproduce),
        ("status", &trace.closing.verdict),
        ("description", &description),
    ];
    object(entries.map(|(key, is)| (key, string(is))))
}

/// An event. A checker gives a variable one type, so a field that says nothing is there and empty.
fn record(scene: &Scene<'_>, at: usize, event: &Event) -> String {
    let said = |sent: u32| match scene.by_index(sent).map(|event| &event.what) {
        Some(What::Send { message, .. }) => message.as_str(),
        _ => "",
    };
    let (kind, peer, says) = match &event.what {
        What::Input { value } => ("input", None, value.as_str()),
        What::Send { to, message, .. } => ("send", Some(to), message.as_str()),
        What::Unsent { to, message, .. } => ("unsent", Some(to), message.as_str()),
        What::Receive { from, sent } => ("receive", Some(from), said(*sent)),
        What::Missed { from, sent } => ("missed", Some(from), said(*sent)),
        What::Crash { .. } => ("crash", None, ""),
        What::Flip { after, .. } => ("flip", None, after.as_str()),
        What::Decide { value } => ("decide", None, value.as_str()),
        What::Expose { liar, evidence } => ("expose", Some(liar), evidence.as_str()),
        What::State { .. } => ("state", None, ""),
        What::Lost { from, sent, .. } => ("lost", Some(from), said(*sent)),
        What::Again { from, sent } => ("again", Some(from), said(*sent)),
        What::Output { value } => ("output", None, value.as_str()),
        What::Request { request, .. } => ("request", None, request.as_str()),
        What::Call { asks, .. } => ("call", None, asks.as_str()),
        What::Return { answer, .. } => ("return", None, answer.as_str()),
        What::Restart { .. } => ("restart", None, ""),
        What::Pause { .. } => ("pause", None, ""),
        What::Step { .. } => ("clock-step", None, ""),
        What::Drift { .. } => ("clock-drift", None, ""),
        What::Timer { timer } => ("timer", None, timer.as_str()),
        What::Store { .. } => ("store", None, ""),
        What::Choose { .. } => ("choose", None, ""),
        What::Toss { coin, .. } => ("toss", None, if *coin { "1" } else { "0" }),
        What::Cut { .. } => ("cut", None, ""),
        What::Heal { .. } => ("heal", None, ""),
        What::Broken { assumption } => ("broken", None, assumption.as_str()),
        What::FlipRecord { after, .. } => ("flip-record", None, after.as_str()),
    };
    let peer = peer.map_or_else(String::new, |peer| format!("p{peer}"));
    object([
        ("index", whole(event.i.into())),
        ("kind", string(kind)),
        ("process", string(&format!("p{}", event.process))),
        ("peer", string(&peer)),
        ("says", string(says)),
        ("text", string(&words::event(scene, at, event))),
    ])
}

/// A function of the processes, from its values as they are written.
fn by_process(values: &BTreeMap<u16, String>) -> String {
    let entry = |(process, value): (&u16, &String)| format!("[\"p{process}\",{value}]");
    map(values.iter().map(entry).collect())
}

/// The fields of a state. A name that comes twice has its last value: a function has one for each.
fn by_name(fields: &BTreeMap<&str, &str>) -> String {
    let entry = |(name, is): (&&str, &&str)| format!("[{},{}]", string(name), string(is));
    map(fields.iter().map(entry).collect())
}

fn map(entries: Vec<String>) -> String {
    format!("{{\"#map\":[{}]}}", entries.join(","))
}

fn object<const N: usize>(entries: [(&str, String); N]) -> String {
    let entries = entries.map(|(key, value)| format!("{}:{value}", string(key)));
    format!("{{{}}}", entries.join(","))
}

fn whole(number: u64) -> String {
    format!("{{\"#bigint\":\"{number}\"}}")
}

fn string(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_else(|_| String::from("\"\""))
}
