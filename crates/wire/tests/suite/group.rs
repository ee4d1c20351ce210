//! Links of several processes, and waiting for what they do.

use std::future::Future;
use std::net::TcpListener;
use std::time::Duration;

use bytes::Bytes;
use quorate_wire::{Arrival, Delivery, Error, Links, Security, Settings};
use tokio::sync::mpsc::{self, Receiver};

/// After so long a test is given up: nothing here takes a hundredth of it.
const GIVEN_UP: Duration = Duration::from_secs(60);

/// One process, and what arrives there.
pub(crate) struct End {
    pub(crate) links: Links,
    pub(crate) arrivals: Receiver<Arrival>,
}

/// Listeners on free ports, and their addresses.
pub(crate) fn listeners(n: usize) -> (Vec<TcpListener>, Vec<String>) {
    let all: Vec<TcpListener> =
        (0..n).map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
    let address = |one: &TcpListener| one.local_addr().expect("it has one").to_string();
    let addresses = all.iter().map(address).collect();
    (all, addresses)
}

/// Settings in which signs of life are frequent, and silence is long enough for a busy machine.
pub(crate) fn settings(me: u16, peers: &[String], delivery: Delivery) -> Settings {
    Settings {
        cluster: 7,
        fingerprint: 11,
        keepalive: Duration::from_millis(50),
        silence: Duration::from_secs(20),
        ..Settings::new(me, peers.to_vec(), delivery, Security::Plain)
    }
}

/// Starts one process, whose owner has room for so many messages.
pub(crate) fn start(settings: Settings, listener: TcpListener, room: usize) -> Result<End, Error> {
    let (sender, arrivals) = mpsc::channel(room);
    Ok(End { links: Links::start(settings, listener, sender)?, arrivals })
}

/// Starts a group, all of it connected.
pub(crate) async fn group(
    n: usize,
    delivery: Delivery,
    change: impl Fn(&mut Settings),
) -> Vec<End> {
    let (listeners, peers) = listeners(n);
    let mut ends = Vec::new();
    for (me, listener) in listeners.into_iter().enumerate() {
        let mut settings = settings(me as u16, &peers, delivery);
        change(&mut settings);
        ends.push(start(settings, listener, 64).expect("the settings fit"));
    }
    for end in &ends {
        soon("all are connected", end.links.all_connected()).await;
    }
    ends
}

/// Waits for what has to come.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(GIVEN_UP, future).await;
    waited.unwrap_or_else(|_| panic!("{what}: it does not come"))
}

/// Waits until something is so that nobody tells of.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let watched = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    soon(what, watched).await;
}

/// A message of which the receiver can tell which it is and whether it is whole.
pub(crate) fn message(number: u64) -> Bytes {
    let length = 8 + (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize % 400;
    let mut bytes = vec![number as u8; length];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    bytes.into()
}

/// Which message it is; it has to be whole.
pub(crate) fn number(bytes: &Bytes) -> u64 {
    let number = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes"));
    assert_eq!(*bytes, message(number), "a message is not as it was sent");
    number
}

/// Sends a message, again and again while the queue is full.
pub(crate) async fn send(links: &Links, to: u16, bytes: Bytes) {
    while let Err(error) = links.send(to, bytes.clone()) {
        assert!(matches!(error, Error::Full { .. }), "{error}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
