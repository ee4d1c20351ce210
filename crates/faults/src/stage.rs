//! A group under load, to which things are done.

use std::sync::Arc;
use std::time::{Duration, Instant};

use quorate_history::Action;
use rand_core::Rng;
use rand_pcg::Pcg32;
use rustix::process::Signal;
use tokio::time::sleep;

use crate::ask::{Node, Said, Silent, all_said};
use crate::group::{ELECTION_MS, Group};
use crate::net::Reach;
use crate::record::{Done, Record, form};

/// How often something is looked at.
pub(crate) const LOOK: Duration = Duration::from_millis(50);
/// How long a group may take until all of it answers, once there are no faults.
const READY: Duration = Duration::from_secs(60);
/// How long a write that asks whether anybody leads may take.
const PROBE: Duration = Duration::from_secs(4);
/// The key of such writes, and the number of the first client that makes one.
pub(crate) const PROBES: &str = "probe";
const PROBER: u32 = 1_000;

/// A group under load.
pub(crate) struct Stage {
    pub(crate) group: Group,
    pub(crate) record: Arc<Record>,
    pub(crate) chance: Pcg32,
    /// When faults are to end.
    pub(crate) until: Instant,
    /// How often something was done to the group.
    pub(crate) faults: u32,
    /// How long it took until a write was acknowledged after each cut; none where it was not.
    pub(crate) recoveries: Vec<Option<Duration>>,
    /// How often it was not as it has to be before a cut.
    pub(crate) skipped: u32,
    /// What else is to be said.
    pub(crate) notes: Vec<String>,
    pub(crate) probes: u32,
}

impl Stage {
    /// How many nodes there are.
    pub(crate) fn n(&self) -> u16 {
        self.group.made.n
    }

    /// A lot below a bound.
    pub(crate) fn lot(&mut self, below: u16) -> u16 {
        ((u64::from(self.chance.next_u32()) * u64::from(below)) >> 32) as u16
    }

    /// Some time between two.
    pub(crate) fn some_ms(&mut self, least: u16, most: u16) -> Duration {
        Duration::from_millis((least + self.lot(most - least + 1)).into())
    }

    /// Whether there is time left for more faults.
    pub(crate) fn goes_on(&self) -> bool {
        Instant::now() < self.until
    }

    /// Lets some time go.
    pub(crate) async fn pass(&mut self, least_ms: u16, most_ms: u16) {
        let time = self.some_ms(least_ms, most_ms);
        sleep(time).await;
    }

    /// What each node says of itself.
    pub(crate) async fn said(&self) -> Vec<Option<Said>> {
        all_said(&self.group.endpoints()).await
    }

    /// Who leads, once somebody does; and its term.
    pub(crate) async fn leader(&self) -> Result<(u16, u64), String> {
        let until = Instant::now() + READY;
        while Instant::now() < until {
            let said = (0..).zip(self.said().await);
            let leads = said.filter_map(|(node, said)| {
                let said = said.filter(|said| said.leads)?;
                Some((said.term, node))
            });
            if let Some((term, node)) = leads.max() {
                return Ok((node, term));
            }
            sleep(LOOK).await;
        }
        Err(format!("nobody leads after {} s without faults", READY.as_secs()))
    }

    /// Waits until these answer, linearizably.
    pub(crate) async fn all_answer(&mut self, nodes: &[u16]) -> Result<(), String> {
        let until = Instant::now() + READY;
        for node in nodes {
            let endpoint = &self.group.endpoints()[usize::from(*node)];
            loop {
                if let Some(status) = self.group.ended(*node) {
                    let said = self.group.said(*node);
                    let last = said.lines().last().unwrap_or("nothing").to_string();
                    return Err(format!("p{node} has ended ({status}): {last}"));
                }
                if let Ok(known) = Node::connect(endpoint, PROBE).await
                    && known.get(PROBES).await.is_ok()
                {
                    break;
                }
                if Instant::now() > until {
                    return Err(format!("p{node} does not answer {} s on", READY.as_secs()));
                }
                sleep(LOOK).await;
            }
        }
        Ok(())
    }

    /// Cuts links, and says when that was.
    pub(crate) fn shape(&mut self, reach: &Reach) -> Result<Instant, String> {
        self.group.net().shape(reach)?;
        self.faults += 1;
        Ok(Instant::now())
    }

    /// Takes all faults away: links are whole, whoever was stopped goes on, whoever has ended is
    /// started again.
    pub(crate) fn heal(&mut self, but: Option<u16>) -> Result<(), String> {
        self.group.net().shape(&Reach::whole(self.n()))?;
        for node in 0..self.n() {
            self.group.signal(node, Signal::CONT);
        }
        for (node, status) in self.group.all_ended() {
            if but != Some(node) {
                return Err(format!("p{node} has ended by itself: {status}"));
            }
        }
        (0..self.n()).filter(|node| but != Some(*node)).try_for_each(|node| self.group.start(node))
    }

    /// Writes at a node until a write is acknowledged that was asked for since a moment; how long
    /// that took, if it came before `until`.
    pub(crate) async fn recovers(
        &mut self,
        node: u16,
        since: Instant,
        until: Instant,
    ) -> Option<Duration> {
        let endpoint = self.group.endpoints()[usize::from(node)].clone();
        let mut all = tokio::task::JoinSet::new();
        let mut next = Instant::now();
        let mut first: Option<Instant> = None;
        while Instant::now() < until {
            if Instant::now() >= next {
                next += 2 * LOOK;
                self.probes += 1;
                all.spawn(probe(endpoint.clone(), PROBER + self.probes, self.record.clone()));
            }
            while let Some(ended) = all.try_join_next() {
                first = first.or(ended.ok().flatten());
            }
            if first.is_some() {
                break;
            }
            sleep(LOOK / 10).await;
        }
        // The others are waited for too, so that all of them are in the record.
        while all.join_next().await.is_some() {}
        let took = first.map(|at| at - since);
        self.recoveries.push(took);
        took
    }
}

/// How many election timeouts a time is.
pub(crate) fn elections(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0 / ELECTION_MS as f64
}

/// Writes once; when that was acknowledged.
async fn probe(endpoint: String, client: u32, record: Arc<Record>) -> Option<Instant> {
    let node = Node::connect(&endpoint, PROBE).await.ok()?;
    let value = format!("c{client}");
    let invoked = record.now();
    let came = node.put(PROBES, &value).await;
    let ended = Instant::now();
    if let Err(Silent::Refused(_)) = came {
        record.refuse();
        return None;
    }
    let revision = came.ok();
    record.enter(Done {
        client,
        key: PROBES.into(),
        action: Action::Write(form(Some(&value))),
        invoked,
        returned: revision.map(|_| record.now()),
        revision: revision.unwrap_or(0),
        wrote: revision.is_some(),
        ended,
    });
    revision.map(|_| ended)
}
