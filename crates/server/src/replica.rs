//! A node, as those who answer clients see it.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quorate_runtime::{Event, Note};
use quorate_service::{Member, Outcome, Read, Replica, Status, Unavailable, VERSION};
use quorate_store::{Command, Operation, Store, Txn};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::item::Item;
use crate::kv::Ask;
use crate::seen::{returned, text_of};
use crate::shared::Shared;

/// A node, as those who answer clients see it. A clone is of the same.
#[derive(Clone, Debug)]
pub struct Handle {
    pub(crate) events: mpsc::Sender<Event<Ask>>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) cluster: u64,
    pub(crate) me: u16,
    pub(crate) members: Arc<Vec<Member>>,
    pub(crate) patience: Duration,
    pub(crate) metrics: Arc<dyn Metrics>,
    /// How many calls of clients there were, if a trace is to tell of them.
    pub(crate) calls: Option<Arc<AtomicU64>>,
}

/// What else there is to count.
pub(crate) trait Metrics: Send + Sync + std::fmt::Debug {
    /// All of it, as text for Prometheus.
    fn text(&self) -> String;
}

impl Handle {
    async fn ask<T>(
        &self,
        ask: impl FnOnce(oneshot::Sender<Result<T, Unavailable>>) -> Ask,
    ) -> Result<T, Unavailable> {
        let (to, answer) = oneshot::channel();
        let asked = async {
            self.events.send(Event::Ask(ask(to))).await.map_err(|_| Unavailable::Stopped)?;
            answer.await.unwrap_or(Err(Unavailable::Stopped))
        };
        timeout(self.patience, asked).await.unwrap_or_else(|_| Err(self.why_not()))
    }

    /// The number of the next call, if a trace is to tell of it.
    fn number(&self) -> Option<u64> {
        self.calls.as_ref().map(|calls| calls.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Has a trace tell something, before whatever this task asks for next.
    async fn note(&self, note: Note) {
        let _ = self.events.send(Event::Ask(Ask::Note(note))).await;
    }

    fn why_not(&self) -> Unavailable {
        match self.shared.known().leader {
            Some(_) => Unavailable::TimedOut,
            None => Unavailable::LeaderFailed,
        }
    }

    /// Lets another lead.
    pub(crate) async fn hand_over(&self) -> Result<(), Unavailable> {
        self.ask(Ask::HandOver).await
    }

    fn id(&self, at: u16) -> u64 {
        self.members.get(usize::from(at)).map_or(0, |member| member.id)
    }
}

impl Replica for Handle {
    fn read<T>(&self, read: impl FnOnce(&Store) -> T) -> T {
        read(&self.shared.store())
    }

    async fn propose(&self, command: Vec<u8>) -> Result<Outcome, Unavailable> {
        let Some(number) = self.number() else {
            return self.ask(|to| Ask::Propose(command, to)).await;
        };
        let outcome = self.ask(|to| Ask::Call(number, command, to)).await;
        self.note(returned(number, &outcome)).await;
        outcome
    }

    async fn reads(&self, what: impl FnOnce() -> Read + Send, local: bool) -> Option<u64> {
        let number = self.number()?;
        let (call, asks, txn) = match what() {
            Read::Range(range) => {
                let asks = text_of(&range);
                let success = vec![Operation::Range(range)];
                ("range", asks, Txn { success, ..Txn::default() })
            }
            Read::Txn(txn) => ("read-txn", text_of(&txn), txn),
        };
        let item = Item(Command::Txn(txn).encode().into());
        self.note(Note::Call { number, call, asks, bytes: format!("{item:?}"), local }).await;
        Some(number)
    }

    async fn has_read<T: Debug + Sync>(&self, number: u64, read: Result<&T, &str>) {
        let (outcome, answer) = match read {
            Ok(answer) => ("answered", text_of(answer)),
            Err(why) => ("refused", why.to_string()),
        };
        self.note(Note::Return { number, outcome, answer }).await;
    }

    async fn barrier(&self) -> Result<(), Unavailable> {
        self.ask(Ask::Barrier).await
    }

    fn status(&self) -> Status {
        let known = self.shared.known();
        Status {
            cluster: self.cluster,
            member: self.id(self.me),
            leader: known.leader.map_or(0, |leader| self.id(leader)),
            term: known.term,
            committed: known.commit,
            applied: known.commit,
            size: known.disk_bytes,
            size_used: known.disk_bytes,
            version: VERSION,
            learner: false,
        }
    }

    fn members(&self) -> Vec<Member> {
        self.members.to_vec()
    }

    fn metrics(&self) -> String {
        self.metrics.text()
    }
}
