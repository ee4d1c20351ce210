//! Groups of real processes.

mod agree;
mod certs;
mod plain;
mod serve;
mod status;
mod stores;
mod up;

pub(crate) use certs::{CertsArgs, certs};
pub(crate) use plain::unjudged;
pub(crate) use serve::{ServeArgs, serve};
pub(crate) use status::{StatusArgs, status};
pub(crate) use stores::{accepted, is_part};
pub(crate) use up::{UpArgs, up};

use quorate_server::Failure as Broken;

use crate::failure::Failure;

/// What ended a process, with the exit code that says whose fault it is.
fn failed(broken: &Broken) -> Failure {
    let text = broken.to_string();
    match broken {
        Broken::Settings(_) => Failure::usage(text),
        Broken::Damage(_) => Failure::file(text),
        _ => Failure { code: 1, text },
    }
}

/// How many threads serve the sockets, unless TOKIO_WORKER_THREADS says it: half of the cores. The
/// owners of nodes and the kernel have work for the others, and threads that wait for each other's
/// cores cost more than they do.
fn threads() -> usize {
    let said = std::env::var("TOKIO_WORKER_THREADS").ok().and_then(|many| many.parse().ok());
    let half = || std::thread::available_parallelism().map_or(1, |cores| cores.get() / 2);
    said.unwrap_or_else(half).max(1)
}

/// A runtime for the sockets.
fn sockets() -> Result<tokio::runtime::Runtime, Failure> {
    let made = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads())
        // What comes while others run is then read in one turn, and not in one for each.
        .on_thread_park(std::thread::yield_now)
        .enable_all()
        .build();
    made.map_err(|error| Failure::internal(format!("no thread can be started: {error}")))
}
