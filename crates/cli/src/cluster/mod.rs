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

/// A runtime for the sockets, on all cores.
fn sockets() -> Result<tokio::runtime::Runtime, Failure> {
    let made = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    made.map_err(|error| Failure::internal(format!("no thread can be started: {error}")))
}
