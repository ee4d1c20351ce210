//! The loop of a node's only owner.

use std::time::Duration;

use bytes::Bytes;
use quorate_kernel::{Deceit, Process};
use quorate_wal::{Disk, Error};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep, timeout_at};

use crate::application::Application;
use crate::node::Node;

/// How many events go into one commit at most.
const EVENTS_MAX: usize = 1_024;
/// How long to wait before a disk that is full is tried again.
const FULL: Duration = Duration::from_millis(100);

/// What happens to a node.
#[derive(Debug)]
pub enum Event<A> {
    /// A message came in.
    Heard(Process, Bytes),
    /// The application is asked for something.
    Ask(A),
    /// It is to end, once all is said that it can say.
    Stop,
}

/// Where a node's messages go. Nothing here waits: what cannot be taken is lost, or the links see
/// to it that it is sent later.
pub trait Links {
    /// Sends a message.
    fn send(&mut self, to: Process, message: Bytes);
}

/// Ticks as times.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
    /// What it showed then, in ticks.
    from: u64,
    tick: Duration,
}

impl Clock {
    /// A clock that begins now.
    pub fn new(tick: Duration) -> Self {
        Self::at_time(tick, Duration::ZERO)
    }

    /// A clock that shows this time now, in ticks of at least a nanosecond.
    pub fn at_time(tick: Duration, time: Duration) -> Self {
        Self { began: Instant::now(), from: ticks(time, tick), tick }
    }

    /// How many ticks have gone.
    pub fn now(&self) -> u64 {
        self.from.saturating_add(ticks(self.began.elapsed(), self.tick))
    }

    /// When so many ticks have gone.
    fn at(&self, ticks: u64) -> Instant {
        let nanos = u128::from(ticks.saturating_sub(self.from)) * self.tick.as_nanos();
        self.began + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX / 4))
    }
}

/// How many ticks are in a time.
fn ticks(time: Duration, tick: Duration) -> u64 {
    u64::try_from(time.as_nanos() / tick.as_nanos().max(1)).unwrap_or(u64::MAX)
}

/// Why a node has ended.
#[derive(Debug)]
pub enum Stopped {
    /// It was to, or nobody is left who could ask it anything.
    Asked,
    /// The disk failed: what is on it is not known, and whoever goes on begins anew.
    Disk(Error),
}

/// Runs a node until it is to end, or its disk fails.
///
/// All events that wait are taken at once, then their records are brought to the disk, and only
/// then is said what the steps said. `after` sees the node after each commit.
pub async fn run<P, A, D, L>(
    node: &mut Node<P, A, D>,
    events: &mut Receiver<Event<A::Ask>>,
    links: &mut L,
    clock: Clock,
    mut after: impl FnMut(&mut Node<P, A, D>, &mut L),
) -> Stopped
where
    P: Deceit,
    A: Application<P>,
    D: Disk,
    L: Links,
{
    let mut batch = Vec::new();
    node.boot(clock.now());
    loop {
        if let Err(error) = commit(node, links, clock).await {
            return Stopped::Disk(error);
        }
        after(node, links);
        let settled = !node.is_pending();
        if settled {
            let most = if node.is_recorded() { 1 } else { EVENTS_MAX };
            let received = match node.wakes_at() {
                Some(at) => {
                    let many = events.recv_many(&mut batch, most);
                    timeout_at(clock.at(at), many).await.ok()
                }
                None => Some(events.recv_many(&mut batch, most).await),
            };
            if received == Some(0) {
                return Stopped::Asked;
            }
            // Where processors are scarce, whoever has more to ask gets one now: the next sync is
            // for all of it. Where they are not, nobody runs instead, and this takes no time.
            std::thread::yield_now();
            while batch.len() < most
                && let Ok(event) = events.try_recv()
            {
                batch.push(event);
            }
        }
        let (mut stops, heard) = (false, !batch.is_empty());
        for event in batch.drain(..) {
            match event {
                Event::Heard(from, message) => {
                    if node.hear(from, &message, clock.now()).is_err() {
                        tracing::warn!(%from, "a message that is none of this protocol");
                    }
                }
                Event::Ask(ask) => node.ask(ask, clock.now()),
                Event::Stop => stops = true,
            }
        }
        // What came in time is heard before a round is over.
        if !node.is_recorded() || settled && !heard {
            node.wake(clock.now());
        }
        if stops {
            let ended = commit(node, links, clock).await;
            after(node, links);
            return ended.map_or_else(Stopped::Disk, |()| Stopped::Asked);
        }
    }
}

/// Commits, however long the disk is full.
async fn commit<P, A, D, L>(
    node: &mut Node<P, A, D>,
    links: &mut L,
    clock: Clock,
) -> Result<(), Error>
where
    P: Deceit,
    A: Application<P>,
    D: Disk,
    L: Links,
{
    let mut told = false;
    loop {
        match node.commit(clock.now(), |to, message| links.send(to, message)) {
            Err(Error::Full { bytes, source }) => {
                if !told {
                    tracing::error!(bytes, %source, "no room for the log: waiting for some");
                }
                told = true;
                sleep(FULL).await;
            }
            ended => return ended,
        }
    }
}
