//! Sends the same random requests to etcd and to a server of this crate, and stops at the first
//! that is answered otherwise.
//!
//! ```text
//! beside_etcd [--requests N] [--seed S] [--endpoint URL]
//! ```
//!
//! It starts an etcd of its own. Without an endpoint, the other is a server in this process; an
//! endpoint is that of a server with nothing in it yet.
#![allow(clippy::print_stderr, clippy::print_stdout)]

#[path = "../tests/suite/beside.rs"]
mod beside;
#[allow(dead_code)]
#[path = "../../store/tests/suite/draw.rs"]
mod draw;
#[path = "../tests/suite/etcd.rs"]
mod etcd;
#[allow(dead_code)]
#[path = "../tests/suite/local.rs"]
mod local;
#[path = "../tests/suite/messages.rs"]
mod messages;

use std::process::ExitCode;
use std::str::FromStr;
use std::time::Instant;

use beside::Server;
use etcd::Etcd;
use local::{Running, Trouble};

/// What follows a word, if the word is there.
fn after<T: FromStr>(name: &str) -> Result<Option<T>, String> {
    let words: Vec<String> = std::env::args().collect();
    let Some(at) = words.iter().position(|word| word == name) else { return Ok(None) };
    let said = words.get(at + 1).and_then(|word| word.parse().ok());
    said.map(Some).ok_or_else(|| format!("{name} needs a value after it"))
}

/// Two servers are compared from the beginning.
async fn connect(url: &str) -> Result<Server, String> {
    let server = Server::connect(url).await;
    let mut server = server.map_err(|error| format!("{url} does not answer: {error}"))?;
    match server.revision().await {
        1 => Ok(server),
        0 => Err(format!("{url} refuses to be read: start a server of its own for this")),
        _ => Err(format!("something is stored at {url}: start a server with nothing in it")),
    }
}

async fn run() -> Result<(), String> {
    let requests = after("--requests")?.unwrap_or(100_000);
    let seed = after("--seed")?.unwrap_or(1);
    let etcd = Etcd::start().await.ok_or("etcd is not installed here: install etcd 3.4")?;
    let running = Running::start(Trouble::default()).await;
    let url = after::<String>("--endpoint")?.unwrap_or_else(|| running.url.clone());
    let (mut ours, mut theirs) = (connect(&url).await?, connect(&etcd.url).await?);
    let begun = Instant::now();
    let count = beside::compare(&mut ours, &mut theirs, seed, requests).await?;
    let beside::Count { requests, refused, hashes, revision } = count;
    println!(
        "{requests} requests answered alike, {refused} of them refused, {hashes} hashes, up to \
         revision {revision}, in {:.1} s",
        begun.elapsed().as_secs_f64(),
    );
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
