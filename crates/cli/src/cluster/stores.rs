//! Traces of groups that keep a store: the parts that processes write, and what they are held
//! against.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use quorate_kernel::{InputOf, Problem, Process, Protocol, Value};
use quorate_problems::Call;
use quorate_runtime::{Left, Recording, Storage};
use quorate_server::{Item, Log, STORES, Settings, StoreVisitor, visit_store};
use quorate_simulator::{Director, Recorder, Refused, Said, Swarm, Troupe};
use quorate_trace::{Header, Plan, Time, Trace, What};
use quorate_wal::Folder;

use super::plain::{Part, headed};
use crate::experiment::{Experiment, Word, Words};
use crate::failure::Failure;
use crate::hosted::Stage;
use crate::judge::differ;
use crate::place::Recorded;

/// A time after which nothing of a trace comes: what is owed is never known to be late.
const NEVER: u64 = 1 << 53;

/// How many bytes of each field of a state are told: a log has thousands of entries.
const TOLD: usize = 400;

fn recorder(stage: &Stage<'_>) -> Recorder {
    stage.recorder().brief(TOLD)
}

/// The part of a trace that a process is to write, if it is to: a new one, or one that it goes on
/// with.
pub(super) fn recording(settings: &Settings) -> Result<Option<Recording>, Failure> {
    let Some(at) = &settings.trace else { return Ok(None) };
    is_whole(settings, at)?;
    let Some(found) = visit_store(&settings.protocol, Find(settings)) else { return Ok(None) };
    let Found { set, delay, told } = found?;
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
    let (header, closing) = headed(&stage, so)?;
    let me = Process(settings.me);
    let left = if at.exists() { left(at, &header, (me, told))? } else { None };
    let to = match &left {
        Some(left) => Part::go_on(at, left.bytes, closing)?,
        None => Part::begin(at, &header, closing)?,
    };
    let recording = Recording::new(me, header.n, recorder(&stage), Box::new(to));
    Ok(Some(recording.after(left.unwrap_or_default())))
}

/// What a process did before is in its part of the trace, or it has not run before.
pub(super) fn is_whole(settings: &Settings, at: &Path) -> Result<(), Failure> {
    if at.exists() || !settings.data.join("log").exists() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "a trace begins with its group, and p{} has run before without {}: start a new group in \
         an empty folder, or take the line trace = ... out of the files of all processes of this \
         one",
        settings.me,
        at.display()
    )))
}

/// What a process has left of its part, if anything.
fn left(
    at: &Path,
    header: &Header,
    (me, told): (Process, Option<u64>),
) -> Result<Option<Left>, Failure> {
    let shown = at.display();
    let unfit = |what: String| {
        Failure::file(format!(
            "{me} cannot go on with its part of the trace, {shown}: {what}; to go on without a \
             trace, take the line trace = ... out of the files of all processes of the group"
        ))
    };
    let file = File::open(at).map_err(|error| unfit(error.to_string()))?;
    let found = Left::read(&mut BufReader::new(file), (me, header.n), told);
    let Some((before, left)) = found.map_err(|error| unfit(error.to_string()))? else {
        return Ok(None);
    };
    match differ(header, &before) {
        Some(what) => Err(unfit(format!("it is of another run, by {what}"))),
        None => Ok(Some(left)),
    }
}

/// Whether a header is of a part that a process with a store wrote: that one may have been killed.
pub(crate) fn is_part(header: &Header) -> bool {
    let endless = |time: &Time| time.over_at == NEVER && time.plan == Plan::default();
    STORES.contains(&header.protocol.as_str()) && header.time.as_ref().is_some_and(endless)
}

/// What the catalogue is told of a store, and what its log says of the trace.
struct Found {
    set: Vec<(String, String)>,
    delay: u64,
    told: Option<u64>,
}

struct Find<'s>(&'s Settings);

impl StoreVisitor for Find<'_> {
    type Out = Result<Found, Failure>;

    fn visit<L: Log>(self) -> Self::Out {
        let Self(settings) = self;
        let asked = L::settings(settings.pulse, &settings.parameters);
        let (set, delay) = asked.map_err(Failure::usage)?;
        let log = settings.data.join("log");
        if !log.exists() {
            return Ok(Found { set, delay, told: Some(0) });
        }
        let disk = Folder::open(&log).map_err(|error| Failure::file(error.to_string()))?;
        let found = Storage::open::<L>(disk, quorate_wal::Settings::default(), settings.group.n);
        let told = found.map_err(|damage| Failure::file(damage.to_string()))?.told;
        Ok(Found { set, delay, told })
    }
}

/// Follows the trace of a group that keeps a store; `None` if it is none of those.
pub(crate) fn accepted(
    stage: &Stage<'_>,
    trace: &Trace,
    time: &Time,
) -> Option<Result<Result<Recorded, Refused>, Failure>> {
    let name = trace.header.protocol.as_str();
    if !is_part(&trace.header) {
        return None;
    }
    visit_store(name, Follow { stage, trace, time, inputs: asked(trace) })
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
        Ok(troupe.accept(trace, time, inputs, recorder(stage)).map(|ran| Recorded {
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
