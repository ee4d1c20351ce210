//! One process of a group that agrees once, or exchanges what it is given: any protocol of the
//! catalogue, for as long as it may need.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use quorate_kernel::{InputOf, Process, Stable};
use quorate_protocols::{Hosted, HostedVisitor, visit_hosted};
use quorate_runtime::{
    Clock, Event, Fate, Found, Links, Node, Place, Plain, Recording, Stopped, Storage, run,
};
use quorate_server::listen;
use quorate_trace::{Closing, Header, Judged, Plan, Time};
use quorate_wire::{Arrival, Delivery, Security};
use serde::Deserialize;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::{failed, sockets};
use crate::experiment::{Behaviour, Experiment, Words};
use crate::failure::{Failure, exit};
use crate::hosted::Stage;
use crate::place;
use crate::timed::TICKS_PER_MS;

/// How long the others may take to be there.
const GATHER: Duration = Duration::from_secs(30);
/// How long after everybody is there it begins.
const BEGIN: Duration = Duration::from_millis(250);
/// How much later than all must have come it ends: timers that are due just then go off late.
const LATE: Duration = Duration::from_millis(100);
/// What the words before the beginning say.
const READY: &[u8] = b"ready";
const START: &[u8] = b"start";

/// The file of one such process.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alone {
    /// Which process it is: p0, p1, ...
    process: String,
    /// The number of the group, in hexadecimal digits.
    cluster: String,
    /// Where each process listens.
    peers: Vec<String>,
    /// Where it keeps its log, if its protocol stores anything.
    data: PathBuf,
    /// Where its part of the trace goes.
    trace: PathBuf,
    /// What is run.
    scenario: Words,
}

/// Whether the text is of such a file.
pub(super) fn is_alone(text: &str) -> bool {
    text.lines().any(|line| line.trim() == "[scenario]")
}

/// Runs one process until its protocol must be done.
pub(super) fn serve_alone(path: &Path, text: &str) -> Result<u8, Failure> {
    let shown = path.display();
    let alone: Alone =
        toml::from_str(text).map_err(|error| Failure::file(format!("{shown}: {error}")))?;
    let experiment = Experiment::read_as(alone.scenario.clone(), None, true)?;
    let n = experiment.group.n;
    let me = alone.process.strip_prefix('p').and_then(|digits| digits.parse::<u16>().ok());
    let Some(me) = me.filter(|me| *me < n && alone.peers.len() == usize::from(n)) else {
        return Err(Failure::file(format!(
            "{shown}: {} is no process of a group of {n} with {} addresses",
            alone.process,
            alone.peers.len()
        )));
    };
    let cluster = u64::from_str_radix(&alone.cluster, 16).map_err(|_| {
        Failure::file(format!("{shown}: cluster is {:?}, which is no number", alone.cluster))
    })?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let job = Job { experiment: &experiment, alone: &alone, me: Process(me), cluster, folder };
    visit_hosted(experiment.card.name, job).ok_or_else(|| {
        Failure::internal(format!("the catalogue lists {} and does not have it", alone.process))
    })?
}

/// What one process is to do.
struct Job<'e> {
    experiment: &'e Experiment,
    alone: &'e Alone,
    me: Process,
    cluster: u64,
    folder: &'e Path,
}

impl HostedVisitor for Job<'_> {
    type Out = Result<u8, Failure>;

    fn visit<P: Hosted>(self) -> Self::Out {
        let Job { experiment, alone, me, cluster, folder } = self;
        let group = experiment.group;
        let config = P::configure(&experiment.setup()).map_err(Failure::usage)?;
        let inputs = place::inputs(experiment);
        let requests = P::requests(&experiment.setup(), &config, &inputs);
        let last = requests.iter().map(|one| one.at_ticks).max().unwrap_or(0);
        let over_at = last + P::calm_ticks(group, &config);
        let own = requests.into_iter().filter(|one| one.process == me);
        let own: Vec<(u64, InputOf<P>)> = own.map(|one| (one.at_ticks, one.input)).collect();
        let recording = recording(experiment, me, &folder.join(&alone.trace), (last, over_at))?;
        let manner = experiment.traitors.iter().find(|(who, _)| *who == me);
        let manner = match manner {
            Some((_, Behaviour::Manner(manner))) => Some(*manner),
            Some((_, Behaviour::Worst)) => Some(quorate_world::Manner::Equivocate),
            None => None,
        };
        let fate = Fate::drawn(cluster).map_err(|error| Failure::internal(error.to_string()))?;
        let found = found::<P>(&folder.join(&alone.data), group.n)?;
        let node = Node::new(Place { me, group, config }, found, fate, Plain::default());
        let node = node.map_err(|damage| Failure::file(damage.to_string()))?;
        let node = node.lying(manner).recorded(Some(recording));
        let idle = folder.join(format!("{}.idle", alone.process));
        sockets()?.block_on(agree(node, own, (over_at, idle), (alone, me, cluster)))
    }
}

/// What is on the disk, if the protocol stores anything.
fn found<P: Hosted>(data: &Path, n: u16) -> Result<Found<P, quorate_wal::Folder>, Failure> {
    if std::mem::size_of::<<P::Stable as Stable>::Record>() == 0 {
        return Ok(Found::nothing());
    }
    let disk = quorate_wal::Folder::open(data).map_err(|error| Failure::file(error.to_string()))?;
    Storage::open::<P>(disk, quorate_wal::Settings::default(), n)
        .map_err(|damage| Failure::file(damage.to_string()))
}

/// The part of the trace that this process writes.
fn recording(
    experiment: &Experiment,
    me: Process,
    at: &Path,
    (calm_from, over_at): (u64, u64),
) -> Result<Recording, Failure> {
    let stage = Stage::new(experiment)?;
    record(&stage, me, at, |time| Time {
        calm_from,
        over_at,
        settled: true,
        plan: Plan { inputs: time.plan.inputs, ..Plan::default() },
        ..time
    })
}

/// A part of a trace, with what is so of its time.
fn record(
    stage: &Stage<'_>,
    me: Process,
    at: &Path,
    so: impl FnOnce(Time) -> Time,
) -> Result<Recording, Failure> {
    let (header, closing) = headed(stage, so)?;
    let to = Part::begin(at, &header, closing)?;
    Ok(Recording::new(me, header.n, stage.recorder(), Box::new(to)))
}

/// The first and the last line of a part of a trace, with what is so of its time.
pub(super) fn headed(
    stage: &Stage<'_>,
    so: impl FnOnce(Time) -> Time,
) -> Result<(Header, Closing), Failure> {
    let (mut header, closing) = stage.part()?;
    header.time = header.time.take().map(so);
    Ok((header, closing))
}

/// A file with the header; the closing comes once the process ends.
pub(super) struct Part {
    to: BufWriter<File>,
    closing: Closing,
}

impl Part {
    /// A new file.
    pub(super) fn begin(at: &Path, header: &Header, closing: Closing) -> Result<Self, Failure> {
        let made = || -> std::io::Result<Self> {
            let mut to = BufWriter::new(File::create(at)?);
            writeln!(to, "{}", serde_json::to_string(header)?)?;
            Ok(Self { to, closing })
        };
        made().map_err(|error| unwritten(at, &error))
    }

    /// A file that is there, after so many bytes of it.
    pub(super) fn go_on(at: &Path, bytes: u64, closing: Closing) -> Result<Self, Failure> {
        let opened = File::options().append(true).open(at);
        let cut = opened.and_then(|file| file.set_len(bytes).map(|()| file));
        let file = cut.map_err(|error| unwritten(at, &error))?;
        Ok(Self { to: BufWriter::new(file), closing })
    }
}

fn unwritten(at: &Path, error: &std::io::Error) -> Failure {
    Failure::file(format!("{} cannot be written: {error}", at.display()))
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.to.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.to.flush()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Ok(line) = serde_json::to_string(&self.closing) {
            let _ = writeln!(self.to, "{line}").and_then(|()| self.to.flush());
        }
    }
}

/// A closing that says which requirements are to be judged, and judges none.
pub(crate) fn unjudged(closing: Closing) -> Closing {
    let open = |one: Judged| Judged { verdict: "inconclusive".into(), ..one };
    Closing {
        verdict: "inconclusive".into(),
        requirements: closing.requirements.into_iter().map(open).collect(),
        rounds: 0,
        messages: 0,
        bits: 0,
        done_at: None,
    }
}

/// Where messages go.
struct Wire(Arc<quorate_wire::Links>);

impl Links for Wire {
    fn send(&mut self, to: Process, message: Bytes) {
        // More waits than is taken only for somebody who has long been gone.
        if let Err(error) = self.0.send(to.0, message) {
            tracing::warn!(%to, %error, "a message is not sent");
        }
    }
}

/// Waits for the others, begins when they do, and ends when everything that is owed has come.
async fn agree<P: Hosted>(
    mut node: Node<P, Plain<P>, quorate_wal::Folder>,
    own: Vec<(u64, InputOf<P>)>,
    (over_at, idle): (u64, PathBuf),
    (alone, me, cluster): (&Alone, Process, u64),
) -> Result<u8, Failure> {
    let mut term = signal(SignalKind::terminate()).map_err(super::up::system)?;
    let (listener, _) = listen(&alone.peers[me.index()]).map_err(|broken| failed(&broken))?;
    let (arrivals, mut arrived) = mpsc::channel(1 << 10);
    let settings = quorate_wire::Settings {
        cluster,
        ..quorate_wire::Settings::new(
            me.0,
            alone.peers.clone(),
            Delivery::Reliable,
            Security::Plain,
        )
    };
    let links = quorate_wire::Links::start(settings, listener, arrivals);
    let links = Arc::new(links.map_err(|error| Failure::usage(error.to_string()))?);
    let gathered = timeout(GATHER, links.all_connected()).await;
    gathered.map_err(|_| Failure {
        code: exit::TERMINATION,
        text: format!("the others were not there within {} s", GATHER.as_secs()),
    })?;
    let early = begin(&links, &mut arrived, me, alone.peers.len()).await?;
    let clock = Clock::new(ticks(1));
    let (events, mut heard) = mpsc::channel(1 << 12);
    for (at, input) in own {
        ask(at, input, &events).await;
    }
    for (from, message) in early {
        let _ = events.send(Event::Heard(Process(from), message)).await;
    }
    tokio::spawn(async move {
        let over = sleep(ticks(over_at) + LATE);
        tokio::pin!(over);
        loop {
            tokio::select! {
                Some((from, message)) = arrived.recv() => {
                    if events.send(Event::Heard(Process(from), message)).await.is_err() {
                        return;
                    }
                }
                () = &mut over => break,
                _ = term.recv() => break,
            }
        }
        let _ = events.send(Event::Stop).await;
    });
    let mut wire = Wire(links.clone());
    let mut waits = None;
    let stopped = run(&mut node, &mut heard, &mut wire, clock, |node, _| {
        // Whoever started the group looks at this: see `agree.rs`.
        let now = node.wakes_at().is_some();
        if waits != Some(now) && !node.is_pending() {
            waits = Some(now);
            let _ = std::fs::write(&idle, if now { "no" } else { "yes" });
        }
    });
    let stopped = stopped.await;
    // What others still wait for goes out before this process ends.
    let _ = timeout(Duration::from_secs(1), links.flushed()).await;
    ended(&node, stopped)
}

/// How a process has come to its end.
fn ended<P: Hosted>(
    node: &Node<P, Plain<P>, quorate_wal::Folder>,
    stopped: Stopped,
) -> Result<u8, Failure> {
    let late = node.late();
    if late > 0 {
        tracing::warn!(late, "messages came after their rounds: the bound on delays did not hold");
    }
    if let Some(error) = node.recording().and_then(Recording::failed) {
        return Err(Failure::file(format!("the trace is not whole: {error}")));
    }
    match stopped {
        Stopped::Asked => Ok(exit::AS_EXPECTED),
        Stopped::Disk(error) => Err(Failure { code: 1, text: error.to_string() }),
    }
}

/// So many ticks, as a time.
fn ticks(many: u64) -> Duration {
    Duration::from_micros(many.saturating_mul(1_000 / TICKS_PER_MS))
}

/// Gives the process something at its time; at the start before anything else.
async fn ask<A: Send + 'static>(at: u64, input: A, events: &mpsc::Sender<Event<A>>) {
    let events = events.clone();
    if at == 0 {
        let _ = events.send(Event::Ask(input)).await;
        return;
    }
    tokio::spawn(async move {
        sleep(ticks(at)).await;
        let _ = events.send(Event::Ask(input)).await;
    });
}

/// All begin at one moment, which p0 names once everybody is there. What came before it is kept.
async fn begin(
    links: &quorate_wire::Links,
    arrived: &mut mpsc::Receiver<Arrival>,
    me: Process,
    n: usize,
) -> Result<Vec<Arrival>, Failure> {
    let gone = || Failure::internal("the links between processes have ended");
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut early = Vec::new();
    let start = if me == Process(0) {
        let mut ready = 1;
        while ready < n {
            let (_, words) = arrived.recv().await.ok_or_else(gone)?;
            ready += usize::from(words == READY);
        }
        let start = now() + BEGIN;
        let micros = u64::try_from(start.as_micros()).unwrap_or(u64::MAX);
        let words = Bytes::from([START, &micros.to_le_bytes()].concat());
        for to in 1..n {
            let _ = links.send(to as u16, words.clone());
        }
        start
    } else {
        let _ = links.send(0, Bytes::from_static(READY));
        loop {
            let (from, words) = arrived.recv().await.ok_or_else(gone)?;
            let named = words.strip_prefix(START).and_then(|micros| micros.try_into().ok());
            match named {
                Some(micros) if from == 0 => {
                    break Duration::from_micros(u64::from_le_bytes(micros));
                }
                _ => early.push((from, words)),
            }
        }
    };
    sleep(start.saturating_sub(now())).await;
    Ok(early)
}
