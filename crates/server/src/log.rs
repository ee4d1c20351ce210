//! The protocols of the catalogue that can drive a store: those that replicate a log.

use std::time::Duration;

use quorate_kernel::{Deceit, Domain, Group, Process, RecordOf, Value};
use quorate_problems::ReplicatedLog;
use quorate_protocols::log::multi_paxos::{self, MultiPaxos};
use quorate_protocols::log::raft::{self, Form, Raft};
use quorate_protocols::{Hosted, Setup};

use crate::item::Item;

/// How long a tick of the protocols' time is.
pub(crate) const TICK: Duration = Duration::from_micros(1);
/// After how many entries the state takes the place of the log, unless the user says otherwise.
const ENTRIES: &str = "10000";
/// How many commands a leader gathers at most, and for how many ticks: less time than a sync takes.
/// So all that has come in at once goes to each of the others in one message, where it would be one
/// for each command until the window is full.
const BATCH: &str = "1024";
const LINGER: &str = "1";

/// Parameters of the catalogue that a store was not built for: who is a member, and what clients
/// do, is not the protocol's to say here.
const NOT_HERE: &[&str] =
    &["change", "changes", "each", "members", "sessions", "transfer", "unsafe", "witness"];

/// How often a leader says that it leads, and how long others wait for it at least.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pulse {
    /// How often a leader says so.
    pub beat: Duration,
    /// The least time of an election.
    pub election: Duration,
}

/// A protocol that replicates a log of commands for the store.
pub trait Log: Deceit<Problem = ReplicatedLog<Item>> {
    /// Its configuration, as the catalogue makes it.
    ///
    /// # Errors
    /// A sentence that says what does not fit and what would.
    fn catalogued(setup: &Setup<'_>) -> Result<Self::Config, String>;

    /// Its configuration with times as a machine needs them, and these parameters.
    ///
    /// # Errors
    /// A sentence that says what does not fit and what would.
    fn configure(
        group: Group,
        pulse: Pulse,
        settings: &[(String, String)],
    ) -> Result<Self::Config, String> {
        let (all, delay_ticks) = Self::settings(pulse, settings)?;
        let domain = Domain { size: 2 };
        Self::catalogued(&Setup { settings: &all, delay_ticks, ..Setup::of(group, domain) })
    }

    /// All parameters that the catalogue is given for that, and the bound on a message in ticks.
    ///
    /// # Errors
    /// If one of them is not for a store.
    fn settings(
        pulse: Pulse,
        settings: &[(String, String)],
    ) -> Result<(Vec<(String, String)>, u64), String> {
        in_ticks(pulse, Self::IN_BEATS, settings)
    }

    /// Whether it is told in beats how long to wait for a leader, and not in ticks.
    const IN_BEATS: bool;

    /// Who leads, as far as is known.
    fn leader(&self) -> Option<Process>;

    /// Through which index everything is committed, and applied.
    fn commit(&self) -> u64;

    /// The last index of the log on the disk.
    fn last(stable: &Self::Stable) -> u64;

    /// Through which index the log was dropped, and how many commands and entries that do nothing
    /// were in that.
    fn dropped(stable: &Self::Stable) -> (u64, u64);

    /// Whether a record drops a part of the log.
    fn drops(record: &RecordOf<Self>) -> bool;

    /// Through which index a message tells its receiver to drop its log, and how many commands and
    /// entries that do nothing that is.
    fn carries(message: &Self::Message) -> Option<(u64, u64)>;

    /// Whether a leader can say where to read without an entry in the log.
    const READS: bool;
}

/// What the catalogue is told, with times as a machine needs them.
fn in_ticks(
    pulse: Pulse,
    in_beats: bool,
    settings: &[(String, String)],
) -> Result<(Vec<(String, String)>, u64), String> {
    if let Some((key, _)) = settings.iter().find(|(key, _)| NOT_HERE.contains(&key.as_str())) {
        return Err(format!(
            "{key} is for runs of the catalogue, and not for a store: leave it out"
        ));
    }
    let ticks = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX >> 20);
    let beat = ticks(pulse.beat).max(2);
    let patience = if in_beats { ticks(pulse.election) / beat } else { ticks(pulse.election) };
    let patience = patience.max(1);
    let mut all: Vec<(String, String)> = vec![
        ("beat".into(), beat.to_string()),
        ("patience".into(), patience.to_string()),
        ("snapshot".into(), ENTRIES.into()),
        ("batch".into(), BATCH.into()),
        ("linger".into(), LINGER.into()),
    ];
    all.extend_from_slice(settings);
    Ok((all, beat / 2))
}

impl<F: Form> Log for Raft<Item, F> {
    const IN_BEATS: bool = true;
    const READS: bool = true;

    fn catalogued(setup: &Setup<'_>) -> Result<raft::Config, String> {
        <Raft<Value, F> as Hosted>::configure(setup)
    }

    fn leader(&self) -> Option<Process> {
        Self::leader(self)
    }

    fn commit(&self) -> u64 {
        Self::commit(self)
    }

    fn last(stable: &raft::Durable<Item>) -> u64 {
        stable.last().index
    }

    fn dropped(stable: &raft::Durable<Item>) -> (u64, u64) {
        (stable.snapshot.last.index, stable.snapshot.length)
    }

    fn drops(record: &raft::Record<Item>) -> bool {
        matches!(record, raft::Record::Snapshot(..) | raft::Record::Join(..))
    }

    fn carries(message: &raft::Words<Item>) -> Option<(u64, u64)> {
        let snapshot = match message {
            raft::Words::Install { snapshot, .. } => snapshot,
            raft::Words::Vote { offer: Some(offer), .. } => offer.snapshot.as_ref()?,
            _ => return None,
        };
        Some((snapshot.last.index, snapshot.length))
    }
}

impl Log for MultiPaxos<Item> {
    const IN_BEATS: bool = false;
    const READS: bool = false;

    fn catalogued(setup: &Setup<'_>) -> Result<multi_paxos::Config, String> {
        <MultiPaxos<Value> as Hosted>::configure(setup)
    }

    fn leader(&self) -> Option<Process> {
        Self::leader(self)
    }

    fn commit(&self) -> u64 {
        Self::commit(self)
    }

    fn last(stable: &multi_paxos::Durable<Item>) -> u64 {
        stable.log.last().unwrap_or(stable.snapshot.through)
    }

    fn dropped(stable: &multi_paxos::Durable<Item>) -> (u64, u64) {
        (stable.snapshot.through, stable.snapshot.length)
    }

    fn drops(record: &multi_paxos::Record<Item>) -> bool {
        matches!(record, multi_paxos::Record::Snapshot(..))
    }

    fn carries(message: &multi_paxos::Words<Item>) -> Option<(u64, u64)> {
        match message {
            multi_paxos::Words::Install(state) | multi_paxos::Words::Promise(_, Some(state), _) => {
                Some((state.through, state.length))
            }
            _ => None,
        }
    }
}
