//! The links of one process.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::counters::{Counters, DoorCounters};
use crate::dial;
use crate::door::{self, Strangers};
use crate::error::Error;
use crate::hello::Hello;
use crate::settings::Settings;
use crate::shared::{Connected, Peer, Shared, Trouble};
use crate::source::Arrival;

/// The links of one process to all others of its group, for as long as this is not dropped.
#[derive(Debug)]
pub struct Links {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

impl Links {
    /// Begins to accept connections from the other processes and to dial them. What arrives goes to
    /// `arrivals`, with the number of whoever sent it; where there is no room nothing more is read.
    /// So what waits there is bounded by its capacity times `message_max`.
    ///
    /// # Errors
    /// If there is no tokio runtime around, an address is not allowed, or the settings do not fit
    /// together.
    pub fn start(
        settings: Settings,
        listener: TcpListener,
        arrivals: mpsc::Sender<Arrival>,
    ) -> Result<Self, Error> {
        let runtime = Handle::try_current().map_err(|_| Error::NoRuntime)?;
        check(&settings)?;
        settings.security.check(&settings)?;
        let address = listener.local_addr().map_err(Error::Listener)?;
        settings.security.allows(address)?;
        listener.set_nonblocking(true).map_err(Error::Listener)?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(Error::Listener)?;
        let own = Hello {
            cluster: settings.cluster,
            fingerprint: settings.fingerprint,
            incarnation: getrandom::u64().map_err(Error::Random)?,
            from: settings.me,
            to: settings.me,
            delivery: settings.delivery,
        };
        let n = settings.peers.len() as u16;
        let shared = Arc::new(Shared {
            own,
            peers: (0..n).map(|number| Peer::new(number, &settings)).collect(),
            arrivals,
            connected: watch::Sender::new(vec![Connected::default(); settings.peers.len()]),
            strangers: Strangers::default(),
            door: DoorCounters::default(),
            door_trouble: Trouble::default(),
            settings,
        });
        let mut tasks = JoinSet::new();
        tasks.spawn_on(door::keep_open(shared.clone(), listener), &runtime);
        for to in (0..n).filter(|to| *to != own.from) {
            tasks.spawn_on(dial::keep(shared.clone(), to), &runtime);
        }
        Ok(Self { shared, tasks })
    }

    /// Sends a message, from any thread, and never waits. Lossy links drop it where the peer is not
    /// connected or too much waits for it, and count that.
    ///
    /// # Errors
    /// If it is too long, there is no such peer, or, on reliable links, too much waits for it; then
    /// the message is not sent.
    pub fn send(&self, to: u16, message: Bytes) -> Result<(), Error> {
        let peer = self.peer(to).filter(|_| to != self.shared.own.from);
        let peer = peer.ok_or(Error::NoPeer { to, n: self.shared.peers.len() })?;
        peer.outbox.put(message)
    }

    /// Who is connected, by number; what this process's own entry says means nothing.
    pub fn connected(&self) -> watch::Receiver<Vec<Connected>> {
        self.shared.connected.subscribe()
    }

    /// Waits until there are connections to and from all others.
    pub async fn all_connected(&self) {
        let me = usize::from(self.shared.own.from);
        let all = |connected: &Vec<Connected>| {
            let both = |at: usize, one: &Connected| at == me || one.to && one.from;
            connected.iter().enumerate().all(|(at, one)| both(at, one))
        };
        // The sender lives as long as this does.
        let _ = self.connected().wait_for(all).await;
    }

    /// Waits until nothing waits for any peer, not even for an acknowledgement. What lossy links
    /// have given to a connection counts as sent.
    pub async fn flushed(&self) {
        for peer in &self.shared.peers {
            loop {
                let less = peer.outbox.less.notified();
                if peer.outbox.is_empty() {
                    break;
                }
                less.await;
            }
        }
    }

    /// What is counted for a peer.
    pub fn counters(&self, peer: u16) -> Option<&Counters> {
        self.peer(peer).map(|peer| &*peer.counters)
    }

    /// What is counted for connections before it is known who speaks.
    pub fn door(&self) -> &DoorCounters {
        &self.shared.door
    }

    /// Why there is no connection to a peer, as far as it is known.
    pub fn trouble(&self, peer: u16) -> Option<String> {
        self.peer(peer)?.trouble()
    }

    /// Why the last connection was turned away of which it was not known who speaks.
    pub fn door_trouble(&self) -> Option<String> {
        self.shared.door_trouble.get()
    }

    /// The number that this process has until it begins anew.
    pub fn incarnation(&self) -> u64 {
        self.shared.own.incarnation
    }

    /// Ends all connections, and returns once nothing more arrives. What waits is lost.
    pub async fn close(mut self) {
        self.tasks.shutdown().await;
        self.shared.peers.iter().for_each(|peer| peer.source.shut());
    }

    fn peer(&self, number: u16) -> Option<&Peer> {
        self.shared.peers.get(usize::from(number))
    }
}

/// Whether the settings fit together, as far as that can be known before anything is dialled.
fn check(settings: &Settings) -> Result<(), Error> {
    let n = settings.peers.len();
    if n > usize::from(u16::MAX) || usize::from(settings.me) >= n {
        return Err(Error::Settings(
            "the number of this process is none of the list: give the addresses of all processes, by number",
        ));
    }
    if settings.keepalive.is_zero() || settings.silence <= settings.keepalive {
        return Err(Error::Settings(
            "a connection would be given up before a sign of life is due: let the silence be longer than the keepalive",
        ));
    }
    if settings.handshake.is_zero() {
        return Err(Error::Settings("there is no time for a handshake: give it some seconds"));
    }
    for (at, peer) in settings.peers.iter().enumerate() {
        if at != usize::from(settings.me)
            && let Ok(address) = peer.parse::<SocketAddr>()
        {
            settings.security.allows(address)?;
        }
    }
    Ok(())
}
