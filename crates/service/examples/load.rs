//! As many operations as some clients get done, each waiting for its last one: beside etcd with the
//! same program.
//!
//! ```text
//! load [--endpoints URL,URL,...] [--clients N] [--connections-per-node K|own]
//!      [--seconds S | --operations N] [--value-bytes B] [--keys N]
//!      [--op put|get|get-serializable] [--filled] [--json]
//! ```
//!
//! Clients and connections are spread evenly over the endpoints. `own` is a connection for each
//! client. What is read was written before the time starts, or with `--filled` by an earlier run of
//! as many keys. A key is drawn anew for each operation.
//! The rate is of what was answered within the time; latencies are of all that was answered well.
#![allow(clippy::print_stderr, clippy::print_stdout)]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::rc::Rc;
use std::str::FromStr;
use std::time::{Duration, Instant};

use quorate_service::proto::etcdserverpb::kv_client::KvClient;
use quorate_service::proto::etcdserverpb::{PutRequest, RangeRequest};
use serde_json::json;
use tokio::task::{JoinSet, LocalSet};
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

/// How long a client waits after an error, so that a server that is down is not all that it sees.
const PAUSE: Duration = Duration::from_millis(10);

/// How many write at once what will be read.
const FILLERS: usize = 64;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Op {
    Put,
    Get,
    GetSerializable,
}

impl Op {
    const ALL: [Self; 3] = [Self::Put, Self::Get, Self::GetSerializable];

    fn word(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Get => "get",
            Self::GetSerializable => "get-serializable",
        }
    }
}

#[derive(Clone, Debug)]
struct Plan {
    endpoints: Vec<String>,
    clients: usize,
    /// For each endpoint; `None` for one for each client.
    connections: Option<usize>,
    seconds: f64,
    /// How many operations, of all clients, instead of a time.
    operations: Option<u64>,
    value: Vec<u8>,
    keys: u64,
    op: Op,
    /// Whether what is read is there already.
    filled: bool,
    json: bool,
}

/// What clients saw.
#[derive(Default)]
struct Seen {
    /// How long each operation took.
    took: Vec<Duration>,
    in_time: usize,
    errors: BTreeMap<String, u64>,
}

fn after<T: FromStr>(words: &[String], name: &str, otherwise: T) -> Result<T, String> {
    let Some(at) = words.iter().position(|word| word == name) else { return Ok(otherwise) };
    let said = words.get(at + 1).and_then(|word| word.parse().ok());
    said.ok_or_else(|| format!("{name} needs a value after it"))
}

fn plan() -> Result<Plan, String> {
    let words: Vec<String> = std::env::args().collect();
    let endpoints: String = after(&words, "--endpoints", "127.0.0.1:2379".into())?;
    let url = |place: &str| match place.contains("://") {
        true => place.to_owned(),
        false => format!("http://{place}"),
    };
    let connections: String = after(&words, "--connections-per-node", "4".into())?;
    let op: String = after(&words, "--op", "put".into())?;
    let clients: usize = after(&words, "--clients", 256)?;
    let keys: u64 = after(&words, "--keys", 10_000)?;
    let connections = match connections.as_str() {
        "own" => None,
        many => Some(many.parse().map_err(|_| "--connections-per-node needs a number, or own")?),
    };
    if clients == 0 || keys == 0 || connections == Some(0) {
        return Err("of clients, keys and connections there has to be one at least".into());
    }
    let seconds: f64 = after(&words, "--seconds", 10.0)?;
    let operations = match after(&words, "--operations", 0)? {
        0 => None,
        many => Some(many),
    };
    if !(0.0..1e6).contains(&seconds) {
        return Err("--seconds needs a number from 0 on, below a million".into());
    }
    Ok(Plan {
        endpoints: endpoints.split(',').map(url).collect(),
        clients,
        connections,
        seconds: if operations.is_some() { 1e6 } else { seconds },
        operations,
        value: vec![b'x'; after(&words, "--value-bytes", 256)?],
        keys,
        op: Op::ALL
            .into_iter()
            .find(|one| one.word() == op)
            .ok_or_else(|| format!("{op} is no operation: put, get or get-serializable"))?,
        filled: words.iter().any(|word| word == "--filled"),
        json: words.iter().any(|word| word == "--json"),
    })
}

async fn connect(url: &str) -> Result<KvClient<Channel>, String> {
    let wrong = |error| format!("{url} does not answer: {error}");
    let endpoint = Endpoint::from_shared(url.to_owned()).map_err(wrong)?;
    let endpoint = endpoint
        .tcp_nodelay(true)
        .connect_timeout(Duration::from_secs(5))
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(16 << 20);
    endpoint.connect().await.map(KvClient::new).map_err(wrong)
}

/// A client for each of those that work: nodes in turn, and a node's connections in turn.
async fn clients(plan: &Plan) -> Result<Vec<KvClient<Channel>>, String> {
    let nodes = plan.endpoints.len();
    let each = plan.connections.unwrap_or(usize::MAX);
    let mut open: Vec<Vec<KvClient<Channel>>> = vec![Vec::new(); nodes];
    let mut all = Vec::new();
    for at in 0..plan.clients {
        let (node, turn) = (at % nodes, at / nodes % each);
        if turn == open[node].len() {
            open[node].push(connect(&plan.endpoints[node]).await?);
        }
        all.push(open[node][turn].clone());
    }
    Ok(all)
}

fn key(number: u64) -> Vec<u8> {
    format!("load/{number:012}").into_bytes()
}

/// A generator that steps by an odd number and mixes (SplitMix64).
fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

async fn put(client: &mut KvClient<Channel>, plan: &Plan, number: u64) -> Result<(), Status> {
    let value = plan.value.clone();
    let put = PutRequest { key: key(number), value, ..PutRequest::default() };
    client.put(put).await.map(drop)
}

async fn operate(client: &mut KvClient<Channel>, plan: &Plan, number: u64) -> Result<(), Status> {
    if plan.op == Op::Put {
        return put(client, plan, number).await;
    }
    let serializable = plan.op == Op::GetSerializable;
    let range = RangeRequest { key: key(number), serializable, ..RangeRequest::default() };
    let read = client.range(range).await?.into_inner();
    if read.count == 1 { Ok(()) } else { Err(Status::not_found("a key that was put is not there")) }
}

async fn work(
    mut client: KvClient<Channel>,
    plan: Plan,
    seed: u64,
    end: Instant,
    begun: Rc<Cell<u64>>,
) -> Seen {
    let (mut seen, mut state) = (Seen::default(), seed);
    loop {
        if plan.operations.is_some_and(|most| begun.get() >= most) {
            return seen;
        }
        begun.set(begun.get() + 1);
        let number = draw(&mut state) % plan.keys;
        let begun = Instant::now();
        if begun >= end {
            return seen;
        }
        match operate(&mut client, &plan, number).await {
            Ok(()) => {
                let now = Instant::now();
                seen.took.push(now - begun);
                seen.in_time += usize::from(now <= end);
            }
            Err(status) => {
                let text = format!("{:?}: {}", status.code(), status.message());
                *seen.errors.entry(text).or_default() += 1;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Writes what will be read.
async fn fill(all: &[KvClient<Channel>], plan: &Plan) -> Result<(), String> {
    let mut fillers = JoinSet::new();
    for filler in 0..FILLERS {
        let (mut client, plan) = (all[filler % all.len()].clone(), plan.clone());
        fillers.spawn(async move {
            for number in (filler as u64..plan.keys).step_by(FILLERS) {
                put(&mut client, &plan, number).await?;
            }
            Ok::<_, Status>(())
        });
    }
    let done = fillers.join_all().await.into_iter().collect::<Result<(), Status>>();
    done.map_err(|status| format!("a key that was to be read cannot be put: {}", status.message()))
}

fn milliseconds(took: &[Duration], part: f64) -> f64 {
    let at = ((took.len() as f64 * part).ceil() as usize).clamp(1, took.len().max(1)) - 1;
    took.get(at).map_or(0.0, |took| took.as_secs_f64() * 1e3)
}

fn print(plan: &Plan, mut seen: Seen) {
    seen.took.sort_unstable();
    let rate = seen.in_time as f64 / plan.seconds;
    let [p50, p99, max] = [0.5, 0.99, 1.0].map(|part| milliseconds(&seen.took, part));
    let errors: u64 = seen.errors.values().sum();
    if plan.json {
        let report = json!({
            "op": plan.op.word(), "nodes": plan.endpoints.len(),
            "clients": plan.clients, "connections_per_node": plan.connections,
            "seconds": plan.seconds, "value_bytes": plan.value.len(), "keys": plan.keys,
            "operations": seen.took.len(), "operations_per_second": rate,
            "p50_ms": p50, "p99_ms": p99, "max_ms": max, "errors": seen.errors,
        });
        return println!("{report}");
    }
    println!(
        "{rate:.0} operations/s, p50 {p50:.2} ms, p99 {p99:.2} ms, max {max:.2} ms, {} answered \
         well, {errors} errors",
        seen.took.len(),
    );
    for (text, many) in &seen.errors {
        println!("{many} times {text}");
    }
}

async fn run() -> Result<(), String> {
    let mut plan = plan()?;
    let all = clients(&plan).await?;
    if plan.op != Op::Put && !plan.filled {
        fill(&all, &plan).await?;
    }
    let started = Instant::now();
    let end = started + Duration::from_secs_f64(plan.seconds);
    let begun = Rc::new(Cell::new(0));
    let workers = all.into_iter().enumerate().map(|(seed, client)| {
        tokio::task::spawn_local(work(client, plan.clone(), seed as u64, end, begun.clone()))
    });
    let workers: Vec<_> = workers.collect();
    let mut sum = Seen::default();
    for worker in workers {
        let seen = worker.await.map_err(|error| format!("a client has failed: {error}"))?;
        sum.took.extend(seen.took);
        sum.in_time += seen.in_time;
        for (text, many) in seen.errors {
            *sum.errors.entry(text).or_default() += many;
        }
    }
    if plan.operations.is_some() {
        plan.seconds = started.elapsed().as_secs_f64();
    }
    print(&plan, sum);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match LocalSet::new().run_until(run()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
