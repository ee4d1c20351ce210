//! Asking what a room of the museum asks, of a protocol as it is meant or with a flaw.

mod network;
mod rounds;
mod told;

use quorate_kernel::{Faults, Flaw, Group};
use quorate_protocols::museum::{Room, Way};
use quorate_protocols::{Card, Terms, promised, visit, visit_hosted};

/// What a search may take at most, in bytes of visited states.
const MEMORY: u64 = 256 << 20;

/// A question of the museum.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The protocol's name.
    pub protocol: &'a str,
    /// Which runs.
    pub room: &'a Room,
    /// What must hold in them.
    pub requirements: &'a [&'a str],
    /// What is wrong with the protocol.
    pub flaw: Flaw,
    /// Whether to tell the run that breaks it.
    pub told: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// By place in [`Query::requirements`], the shortest run that breaks it.
    pub broken: Vec<Option<Shortest>>,
    /// Whether all requirements hold in every run of the room; in a sweep, in every run made.
    pub holds: bool,
    /// Distinct states, or runs of a sweep.
    pub states: u64,
    /// Messages of a run of a sweep, in the mean.
    pub messages: u64,
    /// Ticks until all that was asked for had come in a run of a sweep, in the mean.
    pub ticks: u64,
}

/// The shortest run that breaks a requirement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shortest {
    /// The faults of a run in rounds, the steps of one on a network, the first seed of a sweep.
    pub length: u64,
    /// The run, a line for each step, if it was to be told.
    pub run: String,
}

/// Asks.
///
/// # Errors
/// If the catalogue does not have the protocol, or the protocol or the engine refuses the room.
pub fn ask(query: Query<'_>) -> Result<Reply, String> {
    let missing = || format!("{} is not in the catalogue in this form", query.protocol);
    match query.room.way {
        Way::Rounds => visit(query.protocol, rounds::Ask(query)).ok_or_else(missing)?,
        _ => visit_hosted(query.protocol, network::Ask(query)).ok_or_else(missing)?,
    }
}

/// What a protocol promises in a room.
pub fn claimed(card: &Card, room: &Room) -> Vec<&'static str> {
    let group = Group { n: room.group.0, f: room.group.1 };
    let faults = room.faults;
    let terms = match room.way {
        Way::Rounds => Terms::in_rounds(group, faults),
        Way::Network { timing, links, .. } | Way::Sweep { timing, links, .. } => {
            let restarts = faults <= Faults::Crash && card.restarts;
            Terms { group, faults, timing, links, restarts }
        }
    };
    let dated = room.way == Way::Rounds && room.rounds.is_none();
    let mut names = promised(&card.claims, terms, &settings(room));
    names.retain(|name| dated || *name != "deadline");
    names.sort_unstable();
    names.dedup();
    names
}

/// The parameters of a room, as a setup has them.
fn settings(room: &Room) -> Vec<(String, String)> {
    let all = room.settings.iter();
    all.map(|(key, word)| ((*key).to_string(), (*word).to_string())).collect()
}

/// The requirements of these names, in their order.
fn named<P: quorate_kernel::Problem>(
    names: &[&str],
) -> Result<Vec<&'static quorate_kernel::Requirement<P>>, String> {
    let known = P::requirements();
    let find = |name: &&str| {
        let found = known.iter().find(|one| one.name == *name);
        found.ok_or_else(|| format!("{} has no requirement {name}", P::NAME))
    };
    names.iter().map(find).collect()
}
