//! How many messages go from one end to another on loopback, and how long one and its answer take.
//!
//! ```text
//! speed [MESSAGES [BYTES]]
//! ```
#![allow(clippy::print_stdout)]

use std::net::TcpListener;
use std::time::{Duration, Instant};

use bytes::Bytes;
use quorate_wire::{Arrival, Delivery, Error, Links, Security, Settings, certs};
use tokio::sync::mpsc::{self, Receiver};

/// How many times one message goes there and back.
const TURNS: usize = 5_000;

type End = (Links, Receiver<Arrival>);

async fn pair(delivery: Delivery, security: impl Fn(u16) -> Security) -> Result<[End; 2], Error> {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    let address = |one: &TcpListener| one.local_addr().expect("it has one").to_string();
    let peers: Vec<String> = listeners.iter().map(address).collect();
    let mut ends = Vec::new();
    for (me, listener) in (0..).zip(listeners) {
        let (sender, arrivals) = mpsc::channel(1 << 12);
        let settings = Settings::new(me, peers.clone(), delivery, security(me));
        ends.push((Links::start(settings, listener, sender)?, arrivals));
    }
    ends[0].0.all_connected().await;
    ends[1].0.all_connected().await;
    Ok(ends.try_into().expect("two"))
}

/// Sends so many, as many as are taken at a time; how long it takes until all have arrived.
async fn stream([a, b]: &mut [End; 2], many: u64, bytes: usize) -> Duration {
    let message = Bytes::from(vec![7; bytes]);
    let begun = Instant::now();
    let sent = async {
        for _ in 0..many {
            while a.0.send(1, message.clone()).is_err() {
                tokio::task::yield_now().await;
            }
        }
    };
    let received = async {
        for _ in 0..many {
            b.1.recv().await.expect("the links live");
        }
    };
    tokio::join!(sent, received);
    begun.elapsed()
}

/// Sends one there and back, again and again; how long each time takes, in order.
async fn turns([a, b]: &mut [End; 2], bytes: usize) -> Vec<Duration> {
    let message = Bytes::from(vec![7; bytes]);
    let mut times = Vec::new();
    for _ in 0..TURNS {
        let begun = Instant::now();
        a.0.send(1, message.clone()).expect("there is room");
        let (_, there) = b.1.recv().await.expect("the links live");
        b.0.send(0, there).expect("there is room");
        a.1.recv().await.expect("the links live");
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    times
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Error> {
    let number = |at: usize| std::env::args().nth(at).and_then(|word| word.parse().ok());
    let (many, bytes) = (number(1).unwrap_or(500_000), number(2).unwrap_or(100) as usize);
    let folder = tempfile::tempdir().expect("a folder");
    certs::make(folder.path(), 0, 2)?;
    let identities = [certs::load(folder.path(), 0, 0)?, certs::load(folder.path(), 0, 1)?];
    for delivery in [Delivery::Reliable, Delivery::Lossy] {
        for (name, is_plain) in [("plain", true), ("TLS", false)] {
            let security = |me: u16| match is_plain {
                true => Security::Plain,
                false => Security::Tls(identities[usize::from(me)].clone()),
            };
            let mut ends = pair(delivery, security).await?;
            let times = turns(&mut ends, bytes).await;
            let (half, most) = (times[TURNS / 2], times[TURNS * 99 / 100]);
            print!("{delivery}, {name}, {bytes} bytes: there and back {half:?}, 99% {most:?}");
            println!(", at most {:?}", times[TURNS - 1]);
            if delivery == Delivery::Reliable {
                let taken = stream(&mut ends, many, bytes).await;
                println!("  {:.0} messages a second", many as f64 / taken.as_secs_f64());
            }
        }
    }
    Ok(())
}
