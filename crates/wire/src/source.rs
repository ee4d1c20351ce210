//! What has arrived from a peer, and over which connection more may.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::sync::mpsc::Permit;

use crate::counters::Counters;
use crate::error::Ended;
use crate::frame::Malformed;
use crate::settings::Delivery;

/// What is handed out: from whom, and what it is.
pub type Arrival = (u16, Bytes);

/// What has arrived from one peer.
#[derive(Debug)]
pub(crate) struct Source {
    from: u16,
    delivery: Delivery,
    counters: Arc<Counters>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    incarnation: Option<u64>,
    /// The last message that was handed out.
    through: u64,
    /// Which connection may hand out more.
    connection: u64,
    replaced: Arc<Notify>,
}

/// A connection from the peer, the only one of which messages are taken.
pub(crate) struct Turn {
    connection: u64,
    /// Another one takes its place.
    pub(crate) replaced: Arc<Notify>,
}

impl Source {
    pub(crate) fn new(from: u16, delivery: Delivery, counters: Arc<Counters>) -> Self {
        Self { from, delivery, counters, state: Mutex::default() }
    }

    /// A connection from this incarnation of the peer takes the place of the one before.
    pub(crate) fn open(&self, incarnation: u64) -> Turn {
        let mut state = self.state();
        if state.incarnation.replace(incarnation) != Some(incarnation) {
            state.through = 0;
        }
        state.connection += 1;
        state.replaced.notify_one();
        state.replaced = Arc::default();
        Turn { connection: state.connection, replaced: state.replaced.clone() }
    }

    /// No connection may hand out anything any more.
    pub(crate) fn shut(&self) {
        let mut state = self.state();
        state.connection += 1;
        state.replaced.notify_one();
    }

    /// The last message that was handed out.
    pub(crate) fn through(&self) -> u64 {
        self.state().through
    }

    /// Whether it is still this connection's turn.
    pub(crate) fn is_turn(&self, turn: &Turn) -> bool {
        self.state().connection == turn.connection
    }

    /// Hands out a message, unless it came before.
    pub(crate) fn arrive(
        &self,
        turn: &Turn,
        (sequence, message): (u64, Bytes),
        room: Permit<'_, Arrival>,
    ) -> Result<(), Ended> {
        let mut state = self.state();
        if state.connection != turn.connection {
            return Err(Ended::Replaced);
        }
        if sequence <= state.through {
            self.counters.duplicate_messages.add(1);
            return Ok(());
        }
        let due = state.through + 1;
        if self.delivery == Delivery::Reliable && sequence != due {
            return Err(Malformed::Sequence { due, came: sequence }.into());
        }
        state.through = sequence;
        self.counters.received_messages.add(1);
        self.counters.received_bytes.add(message.len() as u64);
        room.send((self.from, message));
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
