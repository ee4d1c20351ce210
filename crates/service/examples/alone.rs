//! A server with nothing behind it: it forgets everything when it ends. What it does in a second is
//! what the interface by itself can do.
//!
//! ```text
//! alone [ADDRESS:PORT]
//! ```
#![allow(clippy::print_stderr, clippy::print_stdout)]

#[allow(dead_code)]
#[path = "../tests/suite/local.rs"]
mod local;

use std::net::SocketAddr;
use std::process::ExitCode;

use local::{Running, Trouble};

#[tokio::main]
async fn main() -> ExitCode {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:2379".into());
    let Ok(address) = address.parse::<SocketAddr>() else {
        eprintln!("{address} is no address with a port, such as 127.0.0.1:2379");
        return ExitCode::FAILURE;
    };
    match Running::start_at(address, Trouble::default()).await {
        Ok(running) => {
            println!("answers at {}", running.url);
            std::future::pending().await
        }
        Err(error) => {
            eprintln!("{address} cannot be listened at: {error}");
            ExitCode::FAILURE
        }
    }
}
