//! What waits for a peer, by number.
//!
//! Numbers begin at 1, and begin anew when the peer does. A reliable outbox keeps a message until
//! it is acknowledged. A lossy one keeps it until it is given to a connection.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::counters::Counters;
use crate::error::{Ended, Error};
use crate::settings::{Delivery, Settings};

/// What waits for one peer.
#[derive(Debug)]
pub(crate) struct Outbox {
    to: u16,
    delivery: Delivery,
    bytes_max: usize,
    messages_max: usize,
    message_max: usize,
    counters: Arc<Counters>,
    state: Mutex<State>,
    /// There is something to write, or the connection is of no use any more.
    pub(crate) wake: Notify,
    /// Something that waited is gone.
    pub(crate) less: Notify,
    /// The peer has just dialled: it is there.
    pub(crate) awake: Notify,
}

#[derive(Debug)]
struct State {
    queue: VecDeque<Bytes>,
    bytes: usize,
    /// The number of the first in the queue.
    first: u64,
    /// How many of them were given to this connection.
    given: usize,
    /// How many were given to any connection to this incarnation of the peer.
    tried: usize,
    /// Which connection may take from the queue.
    connection: u64,
    connected: bool,
    /// Of the peer, once it is known.
    incarnation: Option<u64>,
}

impl Outbox {
    pub(crate) fn new(to: u16, settings: &Settings, counters: Arc<Counters>) -> Self {
        Self {
            to,
            delivery: settings.delivery,
            bytes_max: settings.queue_bytes,
            messages_max: settings.queue_messages,
            message_max: settings.message_max,
            counters,
            state: Mutex::new(State {
                queue: VecDeque::new(),
                bytes: 0,
                first: 1,
                given: 0,
                tried: 0,
                connection: 0,
                connected: false,
                incarnation: None,
            }),
            wake: Notify::new(),
            less: Notify::new(),
            awake: Notify::new(),
        }
    }

    /// Takes a message.
    pub(crate) fn put(&self, message: Bytes) -> Result<(), Error> {
        let bytes = message.len();
        if bytes > self.message_max {
            return Err(Error::TooLong { bytes, most: self.message_max });
        }
        let mut state = self.state();
        let lossy = self.delivery == Delivery::Lossy;
        if (lossy && !state.connected) || !self.has_room(&state, bytes) {
            if lossy {
                self.counters.dropped_messages.add(1);
                return Ok(());
            }
            return Err(Error::Full {
                to: self.to,
                messages: state.queue.len(),
                bytes: state.bytes,
            });
        }
        state.bytes += bytes;
        state.queue.push_back(message);
        self.measure(&state);
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    /// Whether nothing waits, not even for an acknowledgement.
    pub(crate) fn is_empty(&self) -> bool {
        self.state().queue.is_empty()
    }

    /// The number of the first that waits, or would: it changes as messages go.
    pub(crate) fn first(&self) -> u64 {
        self.state().first
    }

    /// The peer has this incarnation. If it had another one, what was on its way to that is lost,
    /// and so is the connection to it. What was given to none goes to the new one.
    pub(crate) fn met(&self, incarnation: u64) {
        let mut state = self.state();
        if state.incarnation.replace(incarnation).is_some_and(|before| before != incarnation) {
            let lost = state.tried;
            self.remove(&mut state, lost);
            self.counters.dropped_messages.add(lost as u64);
            (state.first, state.given, state.tried) = (1, 0, 0);
            state.connection += 1;
            drop(state);
            self.wake.notify_one();
            self.less.notify_waiters();
        }
    }

    /// A connection was made, to a peer of this incarnation that has received all messages up to
    /// this one.
    pub(crate) fn open(&self, incarnation: u64, through: u64) -> Result<u64, Ended> {
        let mut state = self.state();
        if state.incarnation != Some(incarnation) {
            return Err(Ended::Anew);
        }
        state.connection += 1;
        let connection = state.connection;
        if self.delivery == Delivery::Reliable {
            self.forget(&mut state, through)?;
        }
        (state.given, state.connected) = (0, true);
        drop(state);
        self.less.notify_waiters();
        Ok(connection)
    }

    /// Gives a connection what waits, up to so many bytes or one message more.
    pub(crate) fn take(
        &self,
        connection: u64,
        most: usize,
        into: &mut Vec<(u64, Bytes)>,
    ) -> Result<(), Ended> {
        let mut state = self.state();
        if state.connection != connection {
            return Err(Ended::Anew);
        }
        let mut bytes = 0;
        while bytes < most {
            let next = match self.delivery {
                Delivery::Lossy => state.queue.pop_front(),
                Delivery::Reliable => state.queue.get(state.given).cloned(),
            };
            let Some(message) = next else { break };
            bytes += message.len();
            into.push((state.first + state.given as u64, message));
            match self.delivery {
                Delivery::Lossy => state.first += 1,
                Delivery::Reliable => {
                    self.counters.resent_messages.add(u64::from(state.given < state.tried));
                    state.given += 1;
                    state.tried = state.tried.max(state.given);
                }
            }
        }
        self.counters.sent_messages.add(into.len() as u64);
        self.counters.sent_bytes.add(bytes as u64);
        if self.delivery == Delivery::Lossy && !into.is_empty() {
            state.bytes -= bytes;
            self.measure(&state);
            drop(state);
            self.less.notify_waiters();
        }
        Ok(())
    }

    /// The peer has received all messages up to this one.
    pub(crate) fn acknowledge(&self, connection: u64, through: u64) -> Result<(), Ended> {
        let mut state = self.state();
        if state.connection != connection {
            return Err(Ended::Anew);
        }
        self.forget(&mut state, through)?;
        drop(state);
        self.less.notify_waiters();
        Ok(())
    }

    /// The connection has ended.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        (state.connected, state.given) = (false, 0);
        if self.delivery == Delivery::Lossy {
            let lost = state.queue.len();
            self.remove(&mut state, lost);
            self.counters.dropped_messages.add(lost as u64);
            drop(state);
            self.less.notify_waiters();
        }
    }

    /// Removes what was received.
    fn forget(&self, state: &mut State, through: u64) -> Result<(), Ended> {
        let most = state.first + state.tried as u64;
        if through >= most || through + 1 < state.first {
            return Err(Ended::Acknowledged { through, first: state.first, most: most - 1 });
        }
        let received = (through + 1 - state.first) as usize;
        self.remove(state, received);
        state.given = state.given.saturating_sub(received);
        state.tried -= received;
        Ok(())
    }

    fn remove(&self, state: &mut State, many: usize) {
        let bytes: usize = state.queue.drain(..many).map(|message| message.len()).sum();
        state.bytes -= bytes;
        state.first += many as u64;
        self.measure(state);
    }

    fn has_room(&self, state: &State, bytes: usize) -> bool {
        let fits = state.bytes + bytes <= self.bytes_max && state.queue.len() < self.messages_max;
        fits || state.queue.is_empty()
    }

    fn measure(&self, state: &State) {
        self.counters.queued_messages.set(state.queue.len() as u64);
        self.counters.queued_bytes.set(state.bytes as u64);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
