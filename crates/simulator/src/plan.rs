//! All that decides a run: with the protocol's code, a plan gives the same run anywhere.

use std::collections::BTreeMap;

use quorate_kernel::{Faults, Process, ProcessSet, Value};
use quorate_world::{Conditions, Manner, Upset, Word};

use crate::weather::{Fate, Rate, Weather};

/// The n-th message from one process to another, counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Letter {
    /// The sender.
    pub from: Process,
    /// The receiver.
    pub to: Process,
    /// Which of its messages.
    pub number: u32,
}

impl Letter {
    pub(crate) fn occasion(self) -> u64 {
        u64::from(self.number) << 32 | u64::from(self.from.0) << 16 | u64::from(self.to.0)
    }
}

/// A process that omits to send, or to receive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Omitting {
    /// Who.
    pub process: Process,
    /// How often it loses what it sends.
    pub sends: Rate,
    /// How often it loses what it should receive.
    pub receives: Rate,
}

/// One more copy of a process (Bano et al., Twins, OPODIS 2021): a traitor that says only what the
/// honest machine says, in two places at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Twin {
    /// Whose name it bears.
    pub of: Process,
    /// The value that it is given.
    pub input: Option<Value>,
}

/// Something asked of a process at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Which of the requests it is that the protocol makes of the values given.
    pub number: u32,
    /// When.
    pub at: u64,
    /// Of whom.
    pub process: Process,
}

/// All that decides a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The seed of whatever is not said below.
    pub seed: u64,
    /// What may be relied on, and what may fail.
    pub conditions: Conditions,
    /// How messages fare where nothing else is said.
    pub weather: Weather,
    /// From when on nothing fails, and every bound holds.
    pub calm_from: u64,
    /// When the run ends at the latest.
    pub over_at: u64,
    /// The values that the processes are given.
    pub inputs: Vec<Option<Value>>,
    /// What is asked of whom because of these, in order of time.
    pub requests: Vec<Asked>,
    /// What goes wrong, in order of time.
    pub upsets: Vec<(u64, Upset)>,
    /// The traitors, and how they behave.
    pub traitors: Vec<(Process, Manner)>,
    /// Further copies of processes that are several copies of the honest machine, as traitors:
    /// the k-th is process n + k to the engine, and the one named here to everybody else.
    pub twins: Vec<Twin>,
    /// Who omits to send or to receive.
    pub omitting: Vec<Omitting>,
    /// Who counts as faulty for what is said of single messages, or although it keeps to the
    /// protocol.
    pub faulty: Vec<Process>,
    /// The fates of some messages.
    pub fates: BTreeMap<Letter, Fate>,
    /// What traitors say instead of some messages.
    pub lies: BTreeMap<Letter, Word>,
    /// How some lots fall: the n-th of a process.
    pub choices: BTreeMap<(Process, u32), u32>,
    /// When some timers go off: the n-th that a process sets, after so many ticks, whatever it
    /// asked for.
    pub timers: BTreeMap<(Process, u32), u64>,
    /// How some tosses of the common coin fall.
    pub coins: BTreeMap<u64, bool>,
    /// Whether lots that are not said fall on the first option, and tosses on heads, instead of
    /// being drawn.
    pub plain_lots: bool,
    /// From when on what happens until the end can happen again and again, for ever: a run that
    /// comes back by its end to where it was then is judged as one that never ends.
    pub circle: Option<u64>,
}

impl Plan {
    /// A plan in which nothing goes wrong.
    pub fn calm(seed: u64, conditions: Conditions, over_at: u64) -> Self {
        let weather = Weather::steady(conditions.delay_ticks);
        Self {
            seed,
            conditions,
            weather,
            calm_from: 0,
            over_at,
            inputs: Vec::new(),
            requests: Vec::new(),
            upsets: Vec::new(),
            traitors: Vec::new(),
            twins: Vec::new(),
            omitting: Vec::new(),
            faulty: Vec::new(),
            fates: BTreeMap::new(),
            lies: BTreeMap::new(),
            choices: BTreeMap::new(),
            timers: BTreeMap::new(),
            coins: BTreeMap::new(),
            plain_lots: false,
            circle: None,
        }
    }

    /// Puts what goes wrong, and what is asked, in order of time.
    pub fn sort(&mut self) {
        self.upsets.sort_by_key(|(at, _)| *at);
        self.requests.sort_by_key(|one| one.at);
    }

    /// When the last thing that goes wrong is over; 0 if nothing does.
    pub fn troubled_until(&self) -> u64 {
        let over = |(at, upset): &(u64, Upset)| at.saturating_add(upset.lasts_ticks()) + 1;
        self.upsets.iter().map(over).max().unwrap_or(0)
    }

    /// The same requests in a run in which nothing goes wrong.
    pub fn without_faults(&self) -> Self {
        let mut plan = Self::calm(self.seed, self.conditions.clone(), self.over_at);
        plan.inputs.clone_from(&self.inputs);
        plan.requests.clone_from(&self.requests);
        plan
    }

    /// How many things go wrong: upsets, traitors, omitting processes, and messages whose fate or
    /// content was fixed by hand.
    pub fn faults(&self) -> usize {
        let odd = |fate: &&Fate| !matches!(fate, Fate::Arrives(_));
        let lost = self.fates.values().filter(odd).count();
        let odd = self.traitors.len() + self.twins.len() + self.omitting.len();
        self.upsets.len() + odd + lost + self.lies.len()
    }

    /// Who fails for good: whoever omits, lies, or is said to be faulty, and whoever crashes and is
    /// not brought back.
    pub(crate) fn failing(&self) -> ProcessSet {
        let named = self.faulty.iter().copied().chain(self.omitting.iter().map(|one| one.process));
        let mut failing: ProcessSet = named.chain(self.liars().iter()).collect();
        for who in self.down_for_good().iter() {
            failing.insert(who);
        }
        failing
    }

    fn down_for_good(&self) -> ProcessSet {
        let mut down = ProcessSet::new();
        for (_, upset) in &self.upsets {
            match upset {
                Upset::Crash { process, .. } => _ = down.insert(*process),
                Upset::Restart { process } => _ = down.remove(*process),
                _ => {}
            }
        }
        down
    }

    /// Who may lie: whoever is said to, and whoever is faulty where the faulty lie.
    pub(crate) fn liars(&self) -> ProcessSet {
        let lies = self.conditions.faults == Faults::Byzantine;
        let named = self.faulty.iter().filter(|_| lies).copied();
        let twins = self.twins.iter().map(|twin| twin.of);
        self.traitors.iter().map(|(who, _)| *who).chain(named).chain(twins).collect()
    }

    /// Whose name the process of a number bears in a group of `n`.
    pub(crate) fn named(&self, who: Process, n: u16) -> Process {
        let twin = who.0.checked_sub(n).and_then(|at| self.twins.get(usize::from(at)));
        twin.map_or(who, |twin| twin.of)
    }

    /// Whether there are several of a name.
    pub(crate) fn is_doubled(&self, name: Process) -> bool {
        self.twins.iter().any(|twin| twin.of == name)
    }

    /// The numbers of all who bear a name in a group of `n`.
    pub(crate) fn copies(&self, name: Process, n: u16) -> impl Iterator<Item = Process> + use<> {
        let twins = (n..).zip(&self.twins).filter(|(_, twin)| twin.of == name);
        let more: Vec<Process> = twins.map(|(number, _)| Process(number)).collect();
        std::iter::once(name).chain(more)
    }

    /// Whether nothing is said of single messages.
    pub(crate) fn is_plain(&self) -> bool {
        let flips = |(_, upset): &(u64, Upset)| matches!(upset, Upset::FlipMessage { .. });
        self.fates.is_empty()
            && self.omitting.is_empty()
            && self.traitors.is_empty()
            && self.faulty.is_empty()
            && self.twins.is_empty()
            && !self.upsets.iter().any(flips)
    }

    /// Records are needed one by one where a disk forgets or flips.
    pub(crate) fn needs_records(&self) -> bool {
        self.upsets.iter().any(|(_, upset)| match upset {
            Upset::Crash { forgotten, .. } => *forgotten > 0,
            Upset::FlipRecord { .. } => true,
            _ => false,
        })
    }
}
