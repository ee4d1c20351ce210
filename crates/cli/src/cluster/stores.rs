//! Traces of groups that keep a store: the parts that processes write, and what they are held
//! against.

use std::collections::BTreeSet;

use quorate_kernel::{InputOf, Problem, Process, Protocol, Value};
use quorate_problems::Call;
use quorate_runtime::Recording;
use quorate_server::{Item, Log, STORES, Settings, StoreVisitor, visit_store};
use quorate_simulator::{Director, Refused, Said, Swarm, Troupe};
use quorate_trace::{Plan, Time, Trace, What};

use super::plain::record;
use crate::experiment::{Experiment, Word, Words};
use crate::failure::Failure;
use crate::hosted::Stage;
use crate::place::Recorded;

/// A time after which nothing of a trace comes: what is owed is never known to be late.
const NEVER: u64 = 1 << 53;

/// The part of a trace that a process is to write, if it is to.
pub(super) fn recording(settings: &Settings) -> Result<Option<Recording>, Failure> {
    let Some(at) = &settings.trace else { return Ok(None) };
    // What happened before is in no trace, or in one that has come to its end.
    if at.exists() || settings.data.join("log").exists() {
        return Err(Failure::usage(format!(
            "a trace begins with its group and ends with its process, and p{} has run before: \
             start a new group in an empty folder, or take the line trace = ... out of the files \
             of all processes of this one",
            settings.me
        )));
    }
    let asked = InTicks(settings);
    let Some(told) = visit_store(&settings.protocol, asked) else { return Ok(None) };
    let (set, delay) = told.map_err(Failure::usage)?;
    let words = Words {
        protocol: Some(settings.protocol.clone()),
        n: Some(settings.group.n.into()),
        f: Some(settings.group.f.into()),
        delay: Some(format!("{delay}us")),
        set: set.into_iter().map(|(key, value)| (key, Word::Text(value))).collect(),
        ..Words::default()
    };
    let experiment = Experiment::read_as(words, None, true)?;
    let stage = Stage::new(&experiment)?;
    let so =
        |time| Time { calm_from: 0, over_at: NEVER, settled: false, plan: Plan::default(), ..time };
    record(&stage, Process(settings.me), at, so).map(Some)
}

/// What the catalogue is told of a store.
struct InTicks<'s>(&'s Settings);

impl StoreVisitor for InTicks<'_> {
    type Out = Result<(Vec<(String, String)>, u64), String>;

    fn visit<L: Log>(self) -> Self::Out {
        L::settings(self.0.pulse, &self.0.parameters)
    }
}

/// Follows the trace of a group that keeps a store; `None` if it is none of those. One in which
/// nothing was written says the same of any commands.
pub(crate) fn accepted(
    stage: &Stage<'_>,
    trace: &Trace,
    time: &Time,
) -> Option<Result<Result<Recorded, Refused>, Failure>> {
    let name = trace.header.protocol.as_str();
    if !STORES.contains(&name) || !time.plan.requests.is_empty() {
        return None;
    }
    let inputs = asked(trace);
    if !inputs.iter().any(|input| matches!(input, Call::Write(_))) {
        return None;
    }
    visit_store(name, Follow { stage, trace, time, inputs })
}

/// What the clients of a store asked for, as far as it can be read.
fn asked(trace: &Trace) -> Vec<Call<Item>> {
    let requests = trace.events.iter().filter_map(|event| match &event.what {
        What::Request { request, .. } => Some(request.as_str()),
        _ => None,
    });
    let texts: BTreeSet<&str> = requests.collect();
    let read = |text: &str| match text {
        "read" => Some(Call::Read),
        "lead" => Some(Call::Lead),
        _ => text.strip_prefix("write ").and_then(Item::of_text).map(Call::Write),
    };
    texts.into_iter().filter_map(read).collect()
}

struct Follow<'a> {
    stage: &'a Stage<'a>,
    trace: &'a Trace,
    time: &'a Time,
    inputs: Vec<Call<Item>>,
}

impl StoreVisitor for Follow<'_> {
    type Out = Result<Result<Recorded, Refused>, Failure>;

    fn visit<L: Log>(self) -> Self::Out {
        let Self { stage, trace, time, inputs } = self;
        let experiment = stage.experiment;
        let group = experiment.group;
        let config = L::catalogued(&experiment.setup()).map_err(Failure::usage)?;
        let known = <L::Problem as Problem>::requirements();
        let mut requirements = Vec::new();
        for demand in &stage.demands {
            let one = known.iter().find(|one| one.name == demand.name);
            requirements.push(one.ok_or_else(|| Failure::internal("a log has no such demand"))?);
        }
        let swarm = Swarm {
            group,
            conditions: stage.timed.conditions.clone(),
            traitors: None,
            late_requests: false,
            calm_ticks: 0,
            said: Said::default(),
        };
        let (director, flaw) = (Clients, experiment.flaw());
        let troupe = Troupe::<L, Clients> {
            group,
            config,
            requirements,
            deadline_ticks: None,
            swarm,
            director,
            flaw,
        };
        Ok(troupe.accept(trace, time, inputs, stage.recorder()).map(|ran| Recorded {
            judged: troupe.judged(&ran),
            decisions: vec![None; group.size()],
            events: None,
        }))
    }
}

/// What is asked of a store is for its clients to say.
struct Clients;

impl<P: Protocol> Director<P> for Clients {
    fn inputs(&self, _: u64) -> Vec<Option<Value>> {
        Vec::new()
    }

    fn requests(&self, _: &P::Config, _: &[Option<Value>]) -> Vec<(u64, Process, InputOf<P>)> {
        Vec::new()
    }
}
