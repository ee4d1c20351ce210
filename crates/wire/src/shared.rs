//! What all tasks of the links know.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, watch};

use crate::counters::{Counters, DoorCounters};
use crate::door::Strangers;
use crate::error::Ended;
use crate::hello::Hello;
use crate::outbox::Outbox;
use crate::settings::Settings;
use crate::source::{Arrival, Source};

/// Whether there are connections to and from a peer.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Connected {
    /// Messages can go to it.
    pub to: bool,
    /// Messages can come from it.
    pub from: bool,
}

/// What is known of a peer.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) outbox: Outbox,
    pub(crate) source: Source,
    pub(crate) counters: Arc<Counters>,
    trouble: Trouble,
}

/// Why the last connection was not made, or ended.
#[derive(Default, Debug)]
pub(crate) struct Trouble(Mutex<Option<String>>);

impl Trouble {
    pub(crate) fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it is another one than before.
    fn set(&self, trouble: Option<String>) -> bool {
        let mut own = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = *own != trouble;
        *own = trouble;
        is_new
    }
}

impl Peer {
    pub(crate) fn new(number: u16, settings: &Settings) -> Self {
        let counters = Arc::new(Counters::default());
        Self {
            outbox: Outbox::new(number, settings, counters.clone()),
            source: Source::new(number, settings.delivery, counters.clone()),
            counters,
            trouble: Trouble::default(),
        }
    }

    pub(crate) fn trouble(&self) -> Option<String> {
        self.trouble.get()
    }

    pub(crate) fn set_trouble(&self, trouble: Option<String>) -> bool {
        self.trouble.set(trouble)
    }
}

/// What all tasks know.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    /// What this process says of itself; `to` is filled in for each peer.
    pub(crate) own: Hello,
    /// By number; this process's own is not used.
    pub(crate) peers: Vec<Peer>,
    pub(crate) arrivals: mpsc::Sender<Arrival>,
    pub(crate) connected: watch::Sender<Vec<Connected>>,
    pub(crate) strangers: Strangers,
    pub(crate) door: DoorCounters,
    pub(crate) door_trouble: Trouble,
}

impl Shared {
    /// How many processes there are.
    pub(crate) fn n(&self) -> u16 {
        self.peers.len() as u16
    }

    pub(crate) fn peer(&self, number: u16) -> &Peer {
        &self.peers[usize::from(number)]
    }

    /// Changes who is connected; nobody else does so meanwhile.
    pub(crate) fn set_connected<T>(&self, change: impl FnOnce(&mut Vec<Connected>) -> T) -> T {
        let mut result = None;
        self.connected.send_modify(|connected| result = Some(change(connected)));
        result.expect("it is called once")
    }

    /// A connection to a peer was not made, or has ended. What is said again and again is said
    /// aloud once.
    pub(crate) fn lost(&self, to: u16, ended: &Ended) {
        let (me, why) = (self.own.from, ended.to_string());
        if self.peer(to).set_trouble(Some(why.clone())) {
            tracing::warn!("p{me} is not connected to p{to}: {why}");
        } else {
            tracing::debug!("p{me} is not connected to p{to}: {why}");
        }
    }

    /// A connection from a peer has ended.
    pub(crate) fn parted(&self, from: u16, ended: &Ended) {
        let me = self.own.from;
        if ended.is_malformed() {
            tracing::warn!("p{me} has shut out p{from}: {ended}");
        } else {
            tracing::info!("p{from} is not connected to p{me}: {ended}");
        }
    }

    /// A connection has ended before it was known who speaks.
    pub(crate) fn turned_away(&self, address: SocketAddr, ended: &Ended) {
        match ended {
            Ended::Late(_) => self.door.late.add(1),
            Ended::CrowdedOut => self.door.crowded_out.add(1),
            _ => self.door.refused.add(1),
        }
        let me = self.own.from;
        let why = ended.to_string();
        if self.door_trouble.set(Some(why.clone())) {
            tracing::warn!("p{me} has turned away {address}: {why}");
        } else {
            tracing::debug!("p{me} has turned away {address}: {why}");
        }
    }
}
