//! `serve`: one process of a group.

use std::path::{Path, PathBuf};

use clap::Args;
use quorate_server::{Config, keep_store, listen};
use tokio::signal::unix::{SignalKind, signal};

use super::plain::{is_alone, serve_alone};
use super::{failed, sockets};
use crate::failure::{Failure, exit};

/// What `serve` takes.
#[derive(Args, Debug)]
pub(crate) struct ServeArgs {
    /// The file that says which process of which group it is, as `up` writes it
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Runs one process until it is told to end, or its disk fails.
pub(crate) fn serve(args: &ServeArgs) -> Result<u8, Failure> {
    log();
    let text = std::fs::read_to_string(&args.config).unwrap_or_default();
    if is_alone(&text) {
        return serve_alone(&args.config, &text);
    }
    let config = Config::read(&args.config).map_err(|broken| failed(&broken))?;
    let folder = args.config.parent().unwrap_or(Path::new("."));
    let settings = config.settings(folder).map_err(|broken| failed(&broken))?;
    let recording = super::stores::recording(&settings)?;
    let own = usize::from(settings.me);
    sockets()?.block_on(async {
        let (peers, _) = listen(&settings.peers[own]).map_err(|broken| failed(&broken))?;
        let (clients, at) = listen(&settings.clients[own]).map_err(|broken| failed(&broken))?;
        let started = keep_store(&settings, recording, peers, clients);
        let mut keeper = started.map_err(|broken| failed(&broken))?;
        tracing::info!(process = settings.me, clients = %at, "ready");
        let told = |kind| signal(kind).map_err(|error| Failure::internal(error.to_string()));
        let (mut term, mut int) = (told(SignalKind::terminate())?, told(SignalKind::interrupt())?);
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
            () = keeper.ended() => {}
        }
        tracing::info!("ending");
        keeper.stop().await.map_err(|broken| failed(&broken))?;
        Ok(exit::AS_EXPECTED)
    })
}

/// What happens is told on standard error, as much as `QUORATE_LOG` asks for: info if it is not
/// set.
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("QUORATE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let to = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter);
    let _ = to.try_init();
}
