//! A process of a group that keeps the store, from the moment it is started until it is to end.

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use quorate_kernel::{Group, Oracle, Process};
use quorate_protocols::log::multi_paxos::MultiPaxos;
use quorate_protocols::log::raft::{Full, NoPreVote, Plain, Raft, SingleServer};
use quorate_runtime::{
    Clock, Damage, Event, Fate, Links, Node, Place, Recording, Stopped, Storage, run,
};
use quorate_service::{Member, Replica};
use quorate_wal::Folder;
use quorate_wire::{Arrival, Delivery, Security};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::failing::Failing;
use crate::item::Item;
use crate::kv::{Ask, Kv};
use crate::log::{Log, Pulse, TICK};
use crate::metrics::Counted;
use crate::replica::Handle;
use crate::shared::Shared;

/// How many events may wait for the owner of the node.
const EVENTS: usize = 1 << 13;
/// How many messages may wait until they become events.
const ARRIVALS: usize = 1 << 8;
/// After how many commits the log is measured: that asks the file system.
const MEASURED: u64 = 64;
/// How long a client waits for an answer besides two elections, as in etcd.
const ANSWER: Duration = Duration::from_secs(5);
/// How long another may take until it leads, and clients and the log until their last is done, once
/// this process is to end; and how often that is looked at.
const HANDS_OVER: Duration = Duration::from_secs(1);
const ENDS: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(5);

/// What one process of a group is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which process it is.
    pub me: u16,
    /// The group.
    pub group: Group,
    /// The group's number.
    pub cluster: u64,
    /// Where each process listens to the others, by number.
    pub peers: Vec<String>,
    /// Where each process listens to clients, by number.
    pub clients: Vec<String>,
    /// Where it keeps its log.
    pub data: PathBuf,
    /// As long as this file is there, no sync of its log succeeds.
    pub fail_sync: Option<PathBuf>,
    /// Where its part of a trace goes, if it writes one.
    pub trace: Option<PathBuf>,
    /// The name of the protocol.
    pub protocol: String,
    /// The protocol's own parameters, as in the catalogue.
    pub parameters: Vec<(String, String)>,
    /// How often a leader says so, and how long the others wait for it.
    pub pulse: Pulse,
    /// How processes know each other.
    pub security: Security,
}

/// Why a process does not start, or has ended.
#[derive(Debug)]
pub enum Failure {
    /// What it was told does not fit together.
    Settings(String),
    /// The log cannot be read.
    Damage(Damage),
    /// The links between processes do not start.
    Links(quorate_wire::Error),
    /// The disk failed.
    Disk(quorate_wal::Error),
    /// The operating system refused something.
    System(std::io::Error),
    /// It was to end while its log waited for room on the disk.
    NoRoom,
    /// A part of it stopped by an error in it.
    Defect(&'static str),
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(text) => out.write_str(text),
            Self::Damage(damage) => damage.fmt(out),
            Self::Links(error) => error.fmt(out),
            Self::Disk(error) => error.fmt(out),
            Self::System(error) => error.fmt(out),
            Self::NoRoom => out.write_str(
                "ended while the log waited for room on the disk: make room before it is started \
                 again, nothing that was answered is lost",
            ),
            Self::Defect(part) => write!(out, "{part} stopped by an error in it"),
        }
    }
}

impl std::error::Error for Failure {}

/// A process that runs.
#[derive(Debug)]
pub struct Keeper {
    handle: Handle,
    owner: JoinHandle<Stopped>,
    stopped: oneshot::Receiver<()>,
    clients: tokio::task::JoinHandle<()>,
    stop_clients: oneshot::Sender<()>,
    links: Arc<quorate_wire::Links>,
}

impl Keeper {
    /// The node, as those who answer clients see it.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Waits until the node ends by itself, which it does only if its disk fails.
    pub async fn ended(&mut self) {
        let _ = (&mut self.stopped).await;
    }

    /// Lets another lead if this one does, and waits until it does, or for as long as that may take
    /// where nothing fails.
    async fn hand_over(&self) {
        let leads = || self.handle.shared.known().leader == Some(self.handle.me);
        if !leads() || self.handle.members.len() < 2 {
            return;
        }
        let asked = async {
            let _ = self.handle.hand_over().await;
            while leads() {
                sleep(LOOK).await;
            }
        };
        let _ = timeout(HANDS_OVER, asked).await;
    }

    /// Ends the process: another leads if this one did, everything that can be said is said.
    ///
    /// # Errors
    /// If it had ended before, since its disk failed; or if its log waits for room on the disk.
    pub async fn stop(self) -> Result<(), Failure> {
        self.hand_over().await;
        let _ = self.stop_clients.send(());
        let _ = timeout(ENDS, self.clients).await;
        // An owner that waits for room takes nothing more, and would wait on.
        let owner = async {
            let _ = self.handle.events.send(Event::Stop).await;
            while !self.owner.is_finished() {
                sleep(LOOK).await;
            }
        };
        timeout(ENDS, owner).await.map_err(|_| Failure::NoRoom)?;
        let _ = timeout(Duration::from_millis(200), self.links.flushed()).await;
        match self.owner.join() {
            Ok(Stopped::Asked) => Ok(()),
            Ok(Stopped::Disk(error)) => Err(Failure::Disk(error)),
            Err(_) => Err(Failure::Defect("the owner of the node")),
        }
    }
}

/// Where the owner's messages go.
struct Wire(Arc<quorate_wire::Links>);

impl Links for Wire {
    fn send(&mut self, to: Process, message: Bytes) {
        // What does not go is lost, as on any link of these protocols, and counted there.
        let _ = self.0.send(to.0, message);
    }
}

/// The protocols that can drive the store.
pub const STORES: &[&str] =
    &["raft", "raft-plain", "raft-no-prevote", "raft-single-server", "multi-paxos"];

/// Something to do with a protocol that drives the store, whichever it is.
pub trait StoreVisitor {
    /// What comes of it.
    type Out;
    /// Does it with `L`.
    fn visit<L: Log>(self) -> Self::Out;
}

/// Does something with the protocol of [`STORES`] of that name; `None` if there is none.
pub fn visit_store<V: StoreVisitor>(name: &str, visitor: V) -> Option<V::Out> {
    Some(match name {
        "raft" => visitor.visit::<Raft<Item, Full>>(),
        "raft-plain" => visitor.visit::<Raft<Item, Plain>>(),
        "raft-no-prevote" => visitor.visit::<Raft<Item, NoPreVote>>(),
        "raft-single-server" => visitor.visit::<Raft<Item, SingleServer>>(),
        "multi-paxos" => visitor.visit::<MultiPaxos<Item>>(),
        _ => return None,
    })
}

/// What a process is started with.
struct Start<'s> {
    settings: &'s Settings,
    recording: Option<Recording>,
    peers: TcpListener,
    clients: TcpListener,
}

impl StoreVisitor for Start<'_> {
    type Out = Result<Keeper, Failure>;

    fn visit<L: Log>(self) -> Self::Out {
        serve_store::<L>(self.settings, self.recording, self.peers, self.clients)
    }
}

/// Starts a process of a group that keeps the store, with the protocol that it is told; it may
/// write down what it does.
///
/// # Errors
/// As [`serve_store`], and if the protocol has no log that could drive it.
pub fn keep_store(
    settings: &Settings,
    recording: Option<Recording>,
    peers: TcpListener,
    clients: TcpListener,
) -> Result<Keeper, Failure> {
    let start = Start { settings, recording, peers, clients };
    visit_store(&settings.protocol, start).unwrap_or_else(|| {
        Err(Failure::Settings(format!(
            "{} has no log that could drive the store; {} have",
            settings.protocol,
            STORES.join(", ")
        )))
    })
}

/// Starts a process of a group that keeps the store, with a protocol that has a log.
///
/// # Errors
/// If what it was told does not fit together, its log is damaged, or a socket is refused.
pub fn serve_store<L: Log>(
    settings: &Settings,
    recording: Option<Recording>,
    peers: TcpListener,
    clients: TcpListener,
) -> Result<Keeper, Failure> {
    let config = L::configure(settings.group, settings.pulse, &settings.parameters);
    let config = config.map_err(Failure::Settings)?;
    let me = Process(settings.me);
    let (events, mut heard) = mpsc::channel(EVENTS);
    let (arrivals, arrived) = mpsc::channel(ARRIVALS);
    let links = Arc::new(link(settings, peers, arrivals)?);
    tokio::spawn(pass_on(arrived, events.clone()));
    let shared = Arc::new(Shared::default());
    let disk = Folder::open(&settings.data.join("log")).map_err(Failure::Disk)?;
    let disk = Failing { disk, marker: settings.fail_sync.clone() };
    let (group, told) = (settings.group, shared.clone());
    let (wire, fate) = (links.clone(), Fate::drawn(settings.cluster).map_err(Failure::System)?);
    let mut lots = Fate::drawn(settings.cluster).map_err(Failure::System)?;
    let token = (0..2).fold(0, |all, _| all << 32 | u64::from(lots.choose(u32::MAX)));
    let (ends, stopped) = oneshot::channel();
    let (ready, is_ready) = std::sync::mpsc::sync_channel(1);
    let owner = std::thread::Builder::new().name("owner".into()).spawn(move || {
        let found = match Storage::open::<L>(disk, quorate_wal::Settings::default(), group.n) {
            Ok(found) => found,
            Err(damage) => {
                let _ = ready.send(Err(damage));
                return Stopped::Asked;
            }
        };
        let application = Kv::<L>::new(me, group.n, told.clone(), token);
        let mut node = match Node::new(Place { me, group, config }, found, fate, application) {
            Ok(node) => node.recorded(recording),
            Err(damage) => {
                let _ = ready.send(Err(damage));
                return Stopped::Asked;
            }
        };
        let _ = ready.send(Ok(()));
        let time = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let Ok(time) = time else { return Stopped::Asked };
        let mut wire = Wire(wire);
        let ended = time.block_on(async {
            let clock = clock(node.recording());
            run(&mut node, &mut heard, &mut wire, clock, |node, _| observe(node, &told)).await
        });
        if let Some(error) = node.recording().and_then(Recording::failed) {
            tracing::error!(%error, "the trace is not whole");
        }
        drop(ends);
        ended
    });
    let owner = owner.map_err(Failure::System)?;
    is_ready
        .recv()
        .map_err(|_| Failure::Defect("the owner of the node"))?
        .map_err(Failure::Damage)?;
    let handle = handle(settings, events, shared, &links);
    if L::READS {
        tokio::spawn(stay_in_touch(handle.clone(), settings.pulse.election));
    }
    let (stop_clients, stops) = oneshot::channel::<()>();
    clients.set_nonblocking(true).map_err(Failure::System)?;
    let listener = tokio::net::TcpListener::from_std(clients).map_err(Failure::System)?;
    let replica = Arc::new(handle.clone());
    let clients = tokio::spawn(async move {
        let shutdown = async { drop(stops.await) };
        if let Err(error) = quorate_service::serve(replica, vec![listener], shutdown).await {
            tracing::error!(%error, "clients are not answered any more");
        }
    });
    Ok(Keeper { handle, owner, stopped, clients, stop_clients, links })
}

/// Traces of several processes are put together by the time of day; one goes on from where it was.
fn clock(recording: Option<&Recording>) -> Clock {
    let Some(recording) = recording else { return Clock::new(TICK) };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Clock::at_time(TICK, now.max(Duration::from_micros(recording.went_on_until())))
}

fn observe<L: Log>(node: &mut Node<L, Kv<L>, Failing<Folder>>, told: &Shared) {
    let garbled = node.garbled();
    let mut known = told.lock();
    known.garbled = garbled;
    if known.commits % MEASURED == 1 {
        known.disk_bytes = node.disk_bytes();
    }
}

fn link(
    settings: &Settings,
    listener: TcpListener,
    arrivals: mpsc::Sender<Arrival>,
) -> Result<quorate_wire::Links, Failure> {
    let (me, peers) = (settings.me, settings.peers.clone());
    let wire = quorate_wire::Settings {
        cluster: settings.cluster,
        fingerprint: fingerprint(settings),
        ..quorate_wire::Settings::new(me, peers, Delivery::Lossy, settings.security.clone())
    };
    quorate_wire::Links::start(wire, listener, arrivals).map_err(Failure::Links)
}

/// What all processes of a group have to agree on before they speak.
fn fingerprint(settings: &Settings) -> u64 {
    let Settings { protocol, parameters, group, .. } = settings;
    let traced = if settings.trace.is_some() { " traced" } else { "" };
    let text = format!("{protocol} {} {} {parameters:?}{traced}", group.n, group.f);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

async fn pass_on(mut arrived: mpsc::Receiver<Arrival>, events: mpsc::Sender<Event<Ask>>) {
    while let Some((from, message)) = arrived.recv().await {
        if events.send(Event::Heard(Process(from), message)).await.is_err() {
            return;
        }
    }
}

/// A leader that has nothing to do is silent, and nobody would miss it: asking where to read now
/// and then keeps an idle group from finding out only when a client comes.
async fn stay_in_touch(handle: Handle, every: Duration) {
    while !handle.events.is_closed() {
        sleep(every).await;
        let _ = handle.barrier().await;
    }
}

fn handle(
    settings: &Settings,
    events: mpsc::Sender<Event<Ask>>,
    shared: Arc<Shared>,
    links: &Arc<quorate_wire::Links>,
) -> Handle {
    let members = (0..settings.group.n).map(|at| {
        let url = |all: &[String]| all.get(usize::from(at)).map(|to| format!("http://{to}"));
        Member {
            id: member_id(settings.cluster, at),
            name: format!("p{at}"),
            peer_urls: url(&settings.peers).into_iter().collect(),
            client_urls: url(&settings.clients).into_iter().collect(),
            learner: false,
        }
    });
    let n = settings.group.n;
    Handle {
        events,
        calls: settings.trace.as_ref().map(|_| Arc::default()),
        cluster: settings.cluster,
        me: settings.me,
        members: Arc::new(members.collect()),
        patience: ANSWER + 2 * settings.pulse.election,
        metrics: Arc::new(Counted { shared: shared.clone(), links: links.clone(), n }),
        shared,
    }
}

/// The number by which clients know a process; never 0.
fn member_id(cluster: u64, at: u16) -> u64 {
    let mixed = (cluster ^ (u64::from(at) + 1)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 29) | 1
}

/// A listener on a free port of this machine, or on a given one.
///
/// # Errors
/// If the address is taken.
pub fn listen(address: &str) -> Result<(TcpListener, SocketAddr), Failure> {
    let listener = TcpListener::bind(address).map_err(|error| {
        Failure::Settings(format!("cannot listen at {address}: {error}; name a free address"))
    })?;
    let bound = listener.local_addr().map_err(Failure::System)?;
    Ok((listener, bound))
}
