//! Traces of a run that nobody can make again, as those of a real cluster: whether the protocol's
//! own code allows them, and whether what is required holds in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use quorate_kernel::Class;
use quorate_simulator::Refused;
use quorate_trace::{Event, Header, Time, Trace, What};
use serde_json::{Value as Json, json};

use crate::args::{JudgeArgs, OutputArgs};
use crate::calls;
use crate::clients::Clients;
use crate::cluster::is_part;
use crate::failure::Failure;
use crate::files::{Part, is_of_store, read_part, read_trace};
use crate::histories::limits;
use crate::hosted::{Stage, verdict_of};
use crate::place::Recorded;
use crate::replay::in_time;
use crate::report::{Judgment, ProcessLine, Report, Verdict, When};
use crate::reproduce::quoted;
use crate::timed::ms_text;

/// What came of it.
pub(crate) struct Judged {
    pub(crate) report: Report,
    /// The first step that is not allowed.
    step: Option<Step>,
    /// What its clients saw, if it has any.
    clients: Option<Clients>,
    /// The trace, put together of all parts.
    pub(crate) trace: Trace,
}

/// A step that is not allowed.
struct Step {
    refused: Refused,
    recorded: String,
    at: Option<u64>,
}

impl Judged {
    pub(crate) fn json(&self) -> Json {
        let mut verdict = self.report.json();
        verdict["step"] = self.step.as_ref().map_or(Json::Null, |step| {
            json!({
                "event": step.refused.event,
                "process": format!("p{}", step.refused.process),
                "ms": step.at.map(|at| at as f64 / crate::timed::TICKS_PER_MS as f64),
                "recorded": step.recorded,
                "because": step.refused.because,
            })
        });
        verdict
    }

    pub(crate) fn text(&self, quiet: bool, colour: bool) -> String {
        let text = self.report.text(&OutputArgs { quiet, ..OutputArgs::default() }, colour);
        match &self.clients {
            Some(clients) if !quiet => text + &clients.text(),
            _ => text,
        }
    }

    /// What clients saw as a picture, if no order explains it.
    pub(crate) fn svg(&self) -> Option<String> {
        self.clients.as_ref().and_then(Clients::svg)
    }
}

/// Judges traces.
pub(crate) fn judge(args: &JudgeArgs) -> Result<Judged, Failure> {
    let started = Instant::now();
    let shown: Vec<String> = args.files.iter().map(|file| file.display().to_string()).collect();
    let shown = shown.join(" ");
    let misfit = |failure: Failure| Failure::file(format!("{shown}: {}", failure.text));
    let Merged { trace, origin, stopped } = match &args.files[..] {
        [one] if !is_of_store(one) => {
            Merged { trace: read_trace(one)?, origin: Vec::new(), stopped: Vec::new() }
        }
        many => merged(many)?,
    };
    let Some(time) = &trace.header.time else {
        return Err(Failure::file(format!(
            "{shown}: this is a run in rounds, whose trace has no causes of its own to follow: \
             quorate replay makes it again"
        )));
    };
    if trace.events.iter().any(|event| event.copy > 0) {
        return Err(Failure::file(format!(
            "{shown}: in this run a traitor is several copies of the honest process, which one \
             process of the protocol's code cannot be held against: quorate replay makes it again"
        )));
    }
    fits(&trace.header).map_err(misfit)?;
    let without = Time { plan: quorate_trace::Plan::default(), ..time.clone() };
    let experiment = in_time(&trace, &without).map_err(misfit)?;
    let mut stage = Stage::new(&experiment).map_err(misfit)?;
    if is_part(&trace.header) {
        // It may be told to end at any time: nothing is owed by then.
        stage.demands.retain(|demand| demand.class != Class::Liveness);
    }
    let accepted = match crate::cluster::accepted(&stage, &trace, time) {
        Some(store) => store.map_err(misfit)?,
        None => stage.place.accepted(&trace, time, stage.recorder()),
    };
    let files = args.files.iter().map(|file| quoted(&file.display().to_string()));
    let reproduce = format!("quorate judge {}", files.collect::<Vec<_>>().join(" "));
    let mut report = stage.blank("judge", Verdict::Violated);
    let step = match &accepted {
        Ok(recorded) => {
            report.verdict = verdict_of(&recorded.judged);
            report.processes = processes(&trace, recorded);
            None
        }
        Err(refused) => Some(Step::of(refused, &trace, &origin)),
    };
    report.requirements.push(allowed(step.as_ref()));
    let mut clients = None;
    if let Ok(recorded) = &accepted {
        let limits = limits(args, started)?;
        if !is_part(&trace.header) {
            clients = Clients::of(&trace, limits);
        }
        report.requirements.extend(stage.judgments(&recorded.judged));
        report.cost = Some(quorate_world::Cost {
            rounds: recorded.judged.outcome.rounds.unwrap_or(0).min(u16::MAX.into()) as u16,
            messages: recorded.judged.outcome.messages,
            items: recorded.judged.outcome.messages,
            bits: recorded.judged.outcome.bits,
        });
    }
    report.notes = notes(&trace, report.verdict, step.is_some());
    report.notes.extend(stopped.iter().map(Stopped::note));
    (report.reproduce, report.seconds) = (reproduce, started.elapsed().as_secs_f64());
    if let Some(clients) = &clients {
        count(&mut report, clients.judgment());
    } else if step.is_none() && is_part(&trace.header) {
        calls::judgment(&trace).into_iter().for_each(|seen| count(&mut report, seen));
    }
    Ok(Judged { report, step, clients, trace })
}

/// Enters what was found of clients: where what they see is promised, it decides the verdict.
fn count(report: &mut Report, judgment: Judgment) {
    if !report.requirements.iter().any(|one| one.name == "linearizability") {
        let is = if judgment.verdict == Verdict::Holds { "is" } else { "was not found to be" };
        let text = format!("not promised: what clients saw {is} linearizable");
        return report.notes.push(text);
    }
    report.verdict = match (report.verdict, judgment.verdict) {
        (Verdict::Violated, _) | (_, Verdict::Violated) => Verdict::Violated,
        (Verdict::Holds, Verdict::Inconclusive) => Verdict::Inconclusive,
        (verdict, _) => verdict,
    };
    report.requirements.push(judgment);
}

impl Step {
    fn of(refused: &Refused, trace: &Trace, origin: &[u32]) -> Self {
        let place = refused.event as usize;
        let event = trace.events.get(place);
        let mut refused = refused.clone();
        if let Some(was) = origin.get(place) {
            refused.event = *was;
        }
        let recorded = event.map_or_else(String::new, |event| told(&event.what));
        Self { refused, recorded, at: event.and_then(|event| event.at) }
    }
}

/// An event, for people: its name, and what else it says.
fn told(what: &What) -> String {
    let Ok(Json::Object(mut fields)) = serde_json::to_value(what) else { return String::new() };
    let name = fields.remove("event").and_then(|name| name.as_str().map(str::to_string));
    let rest: Vec<String> = fields.iter().map(|(key, value)| format!("{key} {value}")).collect();
    format!("{} {}", name.unwrap_or_default(), rest.join(", ")).trim_end().to_string()
}

/// The line that says whether the code allows the trace.
fn allowed(step: Option<&Step>) -> Judgment {
    let because = step.map_or_else(String::new, |step| {
        let Refused { event, process, because } = &step.refused;
        let at = step.at.map(|at| format!(" at {}", ms_text(at))).unwrap_or_default();
        format!("event {event} (p{process}{at}) says {}: {because}", step.recorded)
    });
    Judgment {
        name: "allowed",
        text: "Every step is one that the protocol's own code makes.",
        class: Class::Safety,
        verdict: if step.is_some() { Verdict::Violated } else { Verdict::Holds },
        witnesses: step.map(|step| step.refused.process).into_iter().collect(),
        because,
        remark: String::new(),
    }
}

fn notes(trace: &Trace, verdict: Verdict, refused: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let said = &trace.closing.verdict;
    if refused {
        notes.push("what is required was not judged: the trace is not one of this protocol".into());
    } else if said != verdict.word() && said != Verdict::Inconclusive.word() {
        notes.push(format!("the trace itself says {said}"));
    }
    let flips = |event: &&Event| match &event.what {
        What::Send { flipped, .. } => flipped.is_some(),
        what => matches!(what, What::Flip { .. } | What::FlipRecord { .. }),
    };
    match trace.events.iter().filter(flips).count() {
        0 => {}
        1 => notes.push("a bit flipped, as the trace tells".into()),
        count => notes.push(format!("{count} bits flipped, as the trace tells")),
    }
    let broken = |event: &&Event| matches!(event.what, What::Broken { .. });
    let count = trace.events.iter().filter(broken).count();
    if count > 0 && !refused {
        notes.push(format!("an assumption of the model was found broken {count} times"));
    }
    notes
}

/// What a header says must fit together.
fn fits(header: &Header) -> Result<(), Failure> {
    for one in &header.faulty {
        if one.process >= header.n {
            return Err(Failure::file(format!("there is no process p{}", one.process)));
        }
        if one.kind == "traitor" && !header.model.faults.contains("byzantine") {
            return Err(Failure::file(format!(
                "p{} is called a traitor, and there are none where faults are {}",
                one.process, header.model.faults
            )));
        }
    }
    Ok(())
}

fn processes(trace: &Trace, recorded: &Recorded) -> Vec<ProcessLine> {
    let line = |p: u16| {
        let fault = trace.header.faulty.iter().find(|one| one.process == p);
        let mine = || trace.events.iter().filter(move |event| event.process == p);
        let asked = mine().find_map(|event| match &event.what {
            What::Request { request, .. } => Some(request.clone()),
            _ => None,
        });
        let decision = recorded.decisions.get(usize::from(p)).cloned().flatten();
        let is_output =
            |event: &&Event| matches!(event.what, What::Decide { .. } | What::Output { .. });
        ProcessLine {
            process: p,
            faulty: fault.is_some_and(|one| one.kind != "flip"),
            fault: fault.map(|one| one.kind.clone()),
            input: asked,
            at: decision.as_ref().map(|(_, at)| When::Ticks(*at)),
            output: decision.map(|(output, _)| output),
            more: mine().filter(is_output).count().saturating_sub(1),
        }
    };
    (0..trace.header.n).map(line).collect()
}

/// One trace of the files that the nodes of a cluster wrote.
struct Merged {
    trace: Trace,
    /// The index that each event has in its file.
    origin: Vec<u32>,
    stopped: Vec<Stopped>,
}

/// A process whose part has no end, or goes on with what another did that is not in its part.
struct Stopped {
    process: u16,
    at: u64,
    ahead: bool,
}

impl Stopped {
    fn note(&self) -> String {
        let Self { process, at, ahead } = self;
        let at = ms_text(*at);
        if *ahead {
            return format!(
                "p{process} is judged until {at}: then it hears what another has said after the \
                 end of its part"
            );
        }
        format!(
            "p{process} has no end in the trace: it was killed after {at}, or still runs, and what \
             it did after that is not judged"
        )
    }
}

/// Puts the files together. An event comes after whatever sent what it is about, else in the order
/// of time. A process that has no end stops where its part does.
fn merged<F: AsRef<Path>>(files: &[F]) -> Result<Merged, Failure> {
    let mut parts = Vec::new();
    let mut stopped = Vec::new();
    let mut known: BTreeMap<u32, usize> = BTreeMap::new();
    let mut read =
        files.iter().map(|file| read_part(file.as_ref())).collect::<Result<Vec<_>, _>>()?;
    let ahead = cut(&mut read);
    for (number, (file, mut part)) in files.iter().zip(read).enumerate() {
        if part.stopped {
            let last = part.trace.events.last().cloned();
            let last = last.ok_or_else(|| unbegun(file.as_ref()))?;
            let Event { process, at, .. } = last;
            let ahead = ahead.contains(&number);
            stopped.push(Stopped { process, at: at.unwrap_or(0), ahead });
            let crash = What::Crash { reached: Vec::new(), within: None, forgotten: 0 };
            let i = last.i.saturating_add(part.trace.header.n.into());
            part.trace.events.push(Event { i, what: crash, rules: Vec::new(), ..last });
        }
        for event in &part.trace.events {
            if let Some(other) = known.insert(event.i, number) {
                let (a, b) = (files[other].as_ref().display(), file.as_ref().display());
                return Err(Failure::file(format!(
                    "event {} stands in {a} and in {b}: give each node's file once, with indices \
                     that no other node uses",
                    event.i
                )));
            }
        }
        parts.push(part.trace);
    }
    let mut header = parts[0].header.clone();
    for (part, file) in parts.iter().zip(files).skip(1) {
        joined(&mut header, &part.header).map_err(|what| {
            let (a, b) = (files[0].as_ref().display(), file.as_ref().display());
            Failure::file(format!("{a} and {b} are not of one run: they differ in {what}"))
        })?;
    }
    let closing = parts[0].closing.clone();
    let lines: Vec<Vec<Event>> = parts.into_iter().map(|part| part.events).collect();
    let (events, origin) = in_order(&lines, &known);
    Ok(Merged { trace: Trace { header, events, closing }, origin, stopped })
}

/// Cuts off what follows from events that are in no part, where parts have no end: those of
/// processes that still run are read one after the other. What is left is what happened until some
/// moment, as far as processes can know (Chandy and Lamport 1985). Says which parts were cut.
fn cut(parts: &mut [Part]) -> BTreeSet<usize> {
    let mut cut = BTreeSet::new();
    loop {
        let ends = parts.iter().filter(|part| part.stopped).filter_map(|part| {
            let last = part.trace.events.last()?;
            Some((u32::from(last.process), last.i))
        });
        let ends: BTreeMap<u32, u32> = ends.collect();
        let mut more = false;
        for (number, part) in parts.iter_mut().enumerate() {
            let n = u32::from(part.trace.header.n.max(1));
            let is_later = |event: &Event| {
                sent(&event.what)
                    .is_some_and(|sent| ends.get(&(sent % n)).is_some_and(|end| sent > *end))
            };
            if let Some(first) = part.trace.events.iter().position(is_later) {
                part.trace.events.truncate(first);
                part.stopped = true;
                cut.insert(number);
                more = true;
            }
        }
        if !more {
            return cut;
        }
    }
}

fn unbegun(file: &Path) -> Failure {
    Failure::file(format!(
        "{}: its process was killed before it did anything: start it again with quorate serve, so \
         that it goes on with this file",
        file.display()
    ))
}

/// Joins what two nodes say of their run.
fn joined(header: &mut Header, other: &Header) -> Result<(), &'static str> {
    if let Some(what) = differ(header, other) {
        return Err(what);
    }
    for one in &other.faulty {
        if !header.faulty.contains(one) {
            header.faulty.push(one.clone());
        }
    }
    if let (Some(mine), Some(other)) = (&mut header.time, &other.time) {
        mine.settled &= other.settled;
        mine.calm_from = mine.calm_from.max(other.calm_from);
        mine.over_at = mine.over_at.max(other.over_at);
    }
    Ok(())
}

/// What the parts of one run have in common, and these do not.
pub(crate) fn differ(header: &Header, other: &Header) -> Option<&'static str> {
    let all = [
        ("the protocol", header.protocol == other.protocol),
        ("n or f", (header.n, header.f) == (other.n, other.f)),
        ("the model", header.model == other.model),
        ("the values", header.values == other.values),
        ("the settings", header.settings == other.settings),
        ("the mutant", header.mutant == other.mutant),
        ("who plays the special part", header.special == other.special),
        ("the rounds", header.rounds == other.rounds),
        ("whether there is time", header.time.is_some() == other.time.is_some()),
    ];
    all.into_iter().find(|(_, same)| !same).map(|(what, _)| what)
}

fn in_order(lines: &[Vec<Event>], known: &BTreeMap<u32, usize>) -> (Vec<Event>, Vec<u32>) {
    let mut next = vec![0; lines.len()];
    let mut done: BTreeSet<u32> = BTreeSet::new();
    let (mut events, mut origin): (Vec<Event>, Vec<u32>) = (Vec::new(), Vec::new());
    let mut places: BTreeMap<u32, u32> = BTreeMap::new();
    loop {
        let heads = lines.iter().zip(&next).enumerate();
        let heads = heads.filter_map(|(k, (line, at))| Some((k, line.get(*at)?)));
        let waits = |event: &Event| {
            let sent = sent(&event.what);
            sent.is_some_and(|sent| known.contains_key(&sent) && !done.contains(&sent))
        };
        let first = heads.min_by_key(|(_, event)| (waits(event), event.at, event.i));
        let Some((k, event)) = first else { break };
        next[k] += 1;
        done.insert(event.i);
        let place = events.len() as u32;
        places.insert(event.i, place);
        origin.push(event.i);
        let mut event = Event { i: place, ..event.clone() };
        if let What::Receive { sent, .. }
        | What::Again { sent, .. }
        | What::Lost { sent, .. }
        | What::Missed { sent, .. } = &mut event.what
        {
            *sent = places.get(sent).copied().unwrap_or(u32::MAX);
        }
        events.push(event);
    }
    (events, origin)
}

/// The event that sent the message which an event is about.
fn sent(what: &What) -> Option<u32> {
    match what {
        What::Receive { sent, .. }
        | What::Again { sent, .. }
        | What::Lost { sent, .. }
        | What::Missed { sent, .. } => Some(*sent),
        _ => None,
    }
}
