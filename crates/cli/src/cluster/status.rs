//! `status`: what the processes of a group say of themselves.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use quorate_server::Config;
use quorate_service::proto::etcdserverpb::maintenance_client::MaintenanceClient;
use quorate_service::proto::etcdserverpb::{HashKvRequest, StatusRequest};
use serde_json::json;
use tonic::transport::Endpoint;

use super::{failed, sockets};
use crate::args::Format;
use crate::failure::{Failure, exit};

/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// What `status` takes.
#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    /// The folder that `up --keep` made, or the file of one process
    #[arg(required_unless_present = "endpoints")]
    group: Option<PathBuf>,
    /// Whom to ask, as in 127.0.0.1:2379,127.0.0.1:22379
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    endpoints: Vec<String>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What one process said.
pub(super) struct Line {
    pub(super) endpoint: String,
    pub(super) said: Result<Said, String>,
}

/// What a process says of itself.
pub(super) struct Said {
    pub(super) id: u64,
    pub(super) leader: u64,
    term: u64,
    index: u64,
    revision: i64,
    hash: Option<u32>,
    bytes: i64,
}

/// Asks all of them.
pub(crate) fn status(args: &StatusArgs) -> Result<u8, Failure> {
    let endpoints = match &args.group {
        Some(at) => of_group(at)?,
        None => args.endpoints.clone(),
    };
    let lines = sockets()?.block_on(ask_all(&endpoints));
    let all = lines.iter().all(|line| line.said.is_ok());
    let text = match args.format {
        Format::Text => table(&lines),
        Format::Json => format!("{:#}\n", json(&lines)),
    };
    crate::print(&text)?;
    Ok(if all { exit::AS_EXPECTED } else { exit::NOT_AS_EXPECTED })
}

/// Where the processes of a group answer clients.
fn of_group(at: &std::path::Path) -> Result<Vec<String>, Failure> {
    let file = if at.is_dir() { at.join("p0.toml") } else { at.into() };
    let config = Config::read(&file).map_err(|broken| failed(&broken))?;
    Ok(config.members.into_iter().map(|member| member.clients).collect())
}

/// Asks all of them at once.
pub(super) async fn ask_all(endpoints: &[String]) -> Vec<Line> {
    let asked: Vec<_> = endpoints.iter().cloned().map(|at| tokio::spawn(ask(at))).collect();
    let mut lines = Vec::new();
    for (endpoint, one) in endpoints.iter().zip(asked) {
        let said = one.await.unwrap_or_else(|error| Err(error.to_string()));
        lines.push(Line { endpoint: endpoint.clone(), said });
    }
    lines
}

async fn ask(endpoint: String) -> Result<Said, String> {
    let known = Endpoint::from_shared(format!("http://{endpoint}"));
    let known = known.map_err(|error| format!("{endpoint} is no address: {error}"))?;
    let channel = known.connect_timeout(PATIENCE).timeout(PATIENCE).connect().await;
    let channel = channel.map_err(|_| "does not answer".to_string())?;
    let mut client = MaintenanceClient::new(channel);
    let status = client.status(StatusRequest::default()).await;
    let status = status.map_err(|status| status.message().to_string())?.into_inner();
    let hash = client.hash_kv(HashKvRequest::default()).await;
    let header = status.header.unwrap_or_default();
    Ok(Said {
        id: header.member_id,
        leader: status.leader,
        term: status.raft_term,
        index: status.raft_index,
        revision: header.revision,
        hash: hash.ok().map(|hash| hash.into_inner().hash),
        bytes: status.db_size,
    })
}

fn table(lines: &[Line]) -> String {
    let wide = lines.iter().map(|line| line.endpoint.len()).max().unwrap_or(0).max(8);
    let mut text = format!(
        "{:wide$}  {:8}  {:>6}  {:>9}  {:>9}  {:>10}  {:>9}\n",
        "endpoint", "part", "term", "index", "revision", "hash", "log bytes"
    );
    for line in lines {
        let _ = match &line.said {
            Ok(said) => {
                let part = match said.leader {
                    0 => "alone",
                    leader if leader == said.id => "leader",
                    _ => "follower",
                };
                let hash = said.hash.map_or("-".into(), |hash| hash.to_string());
                writeln!(
                    text,
                    "{:wide$}  {part:8}  {:>6}  {:>9}  {:>9}  {hash:>10}  {:>9}",
                    line.endpoint, said.term, said.index, said.revision, said.bytes
                )
            }
            Err(why) => writeln!(text, "{:wide$}  {why}", line.endpoint),
        };
    }
    text
}

fn json(lines: &[Line]) -> serde_json::Value {
    let all = lines.iter().map(|line| match &line.said {
        Ok(said) => json!({
            "endpoint": line.endpoint,
            "member": format!("{:x}", said.id),
            "leader": format!("{:x}", said.leader),
            "term": said.term,
            "index": said.index,
            "revision": said.revision,
            "hash": said.hash,
            "log_bytes": said.bytes,
        }),
        Err(why) => json!({ "endpoint": line.endpoint, "error": why }),
    });
    json!({ "schema": "quorate/status", "version": 1, "processes": all.collect::<Vec<_>>() })
}
