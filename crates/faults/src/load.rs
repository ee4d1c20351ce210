//! Clients, each on a connection of its own to one node at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use quorate_history::Action;
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg32;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::ask::{Held, Node, Silent};
use crate::record::{Done, Record, form};
use crate::stage::PROBES;

/// How many clients there are.
pub(crate) const CLIENTS: u32 = 5;
/// How long a client waits for an answer before it goes to another node.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);
/// How long it waits between two operations, and before it tries another node.
const PAUSE: Duration = Duration::from_millis(4);
const ELSEWHERE: Duration = Duration::from_millis(20);
/// Keys that are only read and written, whose histories are judged fast however long.
pub(crate) const PLAIN_KEYS: &[&str] = &["plain-0", "plain-1", "plain-2"];
/// Keys that everything is done to.
pub(crate) const MIXED_KEYS: &[&str] = &["mixed-0", "mixed-1"];

/// The clients of a group, at work until they are told to end.
pub(crate) struct Load {
    pub(crate) record: Arc<Record>,
    stop: Arc<AtomicBool>,
    tasks: JoinSet<()>,
}

impl Load {
    /// Starts them.
    pub(crate) fn start(endpoints: &[String], seed: u64) -> Self {
        let (record, stop) = (Arc::new(Record::default()), Arc::new(AtomicBool::new(false)));
        let mut tasks = JoinSet::new();
        for number in 0..CLIENTS {
            let client = Client {
                number,
                record: record.clone(),
                chance: Pcg32::seed_from_u64(seed.wrapping_mul(31) ^ u64::from(number)),
                known: HashMap::new(),
                values: 0,
            };
            tasks.spawn(client.work(endpoints.to_vec(), stop.clone()));
        }
        Self { record, stop, tasks }
    }

    /// Ends them, each after its last operation.
    pub(crate) async fn end(mut self) -> Arc<Record> {
        self.stop.store(true, Ordering::Relaxed);
        while self.tasks.join_next().await.is_some() {}
        self.record
    }
}

/// One client.
struct Client {
    number: u32,
    record: Arc<Record>,
    chance: Pcg32,
    /// What it saw last under each key.
    known: HashMap<&'static str, Held>,
    values: u64,
}

/// What came of an operation: what it did, the revision, and whether that is its own.
type Came = (Action, i64, bool);

impl Client {
    async fn work(mut self, endpoints: Vec<String>, stop: Arc<AtomicBool>) {
        let mut at = self.number as usize;
        while !stop.load(Ordering::Relaxed) {
            let endpoint = &endpoints[at % endpoints.len()];
            at += 1;
            let Ok(node) = Node::connect(endpoint, PATIENCE).await else {
                sleep(ELSEWHERE).await;
                continue;
            };
            while !stop.load(Ordering::Relaxed) && self.operate(&node).await {
                sleep(PAUSE).await;
            }
        }
    }

    fn one_of(&mut self, keys: &[&'static str]) -> &'static str {
        keys[self.chance.next_u32() as usize % keys.len()]
    }

    /// Does something, and enters it; false if the node did not answer.
    async fn operate(&mut self, node: &Node) -> bool {
        let lot = self.chance.next_u32() % 100;
        let is_plain = self.chance.next_u32().is_multiple_of(2);
        let key = self.one_of(if is_plain { PLAIN_KEYS } else { MIXED_KEYS });
        self.values += 1;
        let value = format!("c{}-{}", self.number, self.values);
        let old = self.known.get(key).cloned().unwrap_or_default();
        let invoked = self.record.now();
        let (meant, came) = match lot {
            0..40 => (Action::Read(None), self.read(node, key).await),
            40..70 => (Action::Write(form(Some(&value))), self.write(node, key, value).await),
            _ if is_plain => {
                (Action::Write(form(Some(&value))), self.write(node, key, value).await)
            }
            70..80 => (Action::Write(form(None)), self.delete(node, key).await),
            _ => {
                let meant = Action::Cas(form(old.value.as_deref()), form(Some(&value)));
                (meant, self.swap(node, key, old, value, lot.is_multiple_of(2)).await)
            }
        };
        let mut done = Done {
            client: self.number,
            key: key.into(),
            action: meant,
            invoked,
            returned: None,
            revision: 0,
            wrote: false,
            ended: Instant::now(),
        };
        match came {
            Ok((action, revision, wrote)) => {
                let returned = Some(self.record.now());
                (done.action, done.returned) = (action, returned);
                (done.revision, done.wrote) = (revision, wrote);
                self.record.enter(done);
                true
            }
            Err(Silent::Refused(_)) => {
                self.record.refuse();
                false
            }
            Err(Silent::Unknown) => {
                self.record.enter(done);
                false
            }
        }
    }

    async fn read(&mut self, node: &Node, key: &'static str) -> Result<Came, Silent> {
        let (held, revision) = node.get(key).await?;
        let action = Action::Read(Some(form(held.value.as_deref())));
        self.known.insert(key, held);
        Ok((action, revision, false))
    }

    async fn write(
        &mut self,
        node: &Node,
        key: &'static str,
        value: String,
    ) -> Result<Came, Silent> {
        let revision = node.put(key, &value).await?;
        let action = Action::Write(form(Some(&value)));
        self.known.insert(key, Held { value: Some(value), modified: revision });
        Ok((action, revision, true))
    }

    async fn delete(&mut self, node: &Node, key: &'static str) -> Result<Came, Silent> {
        let (was_there, revision) = node.delete(key).await?;
        self.known.insert(key, Held::default());
        let nothing = form(None);
        let action = if was_there { Action::Write(nothing) } else { Action::Read(Some(nothing)) };
        Ok((action, revision, was_there))
    }

    async fn swap(
        &mut self,
        node: &Node,
        key: &'static str,
        old: Held,
        value: String,
        by_revision: bool,
    ) -> Result<Came, Silent> {
        let (other, revision) = node.swap(key, &old, &value, by_revision).await?;
        let Some(other) = other else {
            let action = Action::Cas(form(old.value.as_deref()), form(Some(&value)));
            self.known.insert(key, Held { value: Some(value), modified: revision });
            return Ok((action, revision, true));
        };
        let action = Action::Read(Some(form(other.value.as_deref())));
        self.known.insert(key, other);
        Ok((action, revision, false))
    }
}

/// Reads each key of a node, and enters that as what a client of its own saw.
pub(crate) async fn read_all(node: &Node, client: u32, record: &Record) -> Result<(), Silent> {
    for key in PLAIN_KEYS.iter().chain(MIXED_KEYS).chain(&[PROBES]) {
        let invoked = record.now();
        let (held, revision) = node.get(key).await?;
        record.enter(Done {
            client,
            key: (*key).into(),
            action: Action::Read(Some(form(held.value.as_deref()))),
            invoked,
            returned: Some(record.now()),
            revision,
            wrote: false,
            ended: Instant::now(),
        });
    }
    Ok(())
}
