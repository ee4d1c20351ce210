//! Replicated log: processes apply the same commands in the same order.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::marker::PhantomData;

use quorate_kernel::{
    Bits, Breach, Class, Data, Domain, End, Group, Ledger, Problem, Process, ProcessSet, Renamed,
    Renaming, Requirement, Seen, Value, marked, named,
};

use crate::one_shot::breach;

/// Every process proposes commands; all apply all of them, once each and in one order.
///
/// The k-th payload that a process is given is its command number k, from 1. The state to which
/// commands are applied is lost in a crash: a restart begins a new life of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ReplicatedLog<C: Payload = Value>(PhantomData<C>);

/// What a command says.
pub trait Payload: Data + Ord + Default + Bits {
    /// Whether it may be proposed; anything else on a wire is garbage.
    fn is_in(&self, domain: Domain) -> bool;

    /// It, for people.
    fn show(&self, name: &dyn Fn(Value) -> String) -> String {
        named(&marked(self), name)
    }
}

impl Payload for Value {
    fn is_in(&self, domain: Domain) -> bool {
        domain.contains(*self)
    }

    fn show(&self, name: &dyn Fn(Value) -> String) -> String {
        name(*self)
    }
}

/// What a process did to its state.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Applied<C: Payload = Value> {
    /// It applied a command.
    Command {
        /// Where the command stands in the log, from 1.
        slot: u64,
        /// Who proposed it.
        client: Process,
        /// Which of that process's commands it is, from 1.
        number: u32,
        /// What the command says.
        payload: C,
    },
    /// It passed over a slot that does nothing.
    Noop {
        /// Where it stands in the log, from 1.
        slot: u64,
    },
    /// It took over a whole state.
    Installed {
        /// The last slot that the state contains.
        through: u64,
        /// Up to which number each process's commands are in it.
        applied: Vec<(Process, u32)>,
    },
}

impl<C: Payload> Renamed for Applied<C> {
    fn rename(&mut self, by: &Renaming) {
        match self {
            Self::Command { client, payload, .. } => {
                client.rename(by);
                payload.rename(by);
            }
            Self::Noop { .. } => {}
            Self::Installed { applied, .. } => {
                applied.rename(by);
                applied.sort_unstable();
            }
        }
    }
}

/// Which commands of one process were applied: all up to a number, and some beyond it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
struct Done {
    through: u32,
    beyond: BTreeSet<u32>,
}

impl Done {
    /// Enters a number; false if it was there.
    fn insert(&mut self, number: u32) -> bool {
        let new = number > self.through && self.beyond.insert(number);
        while self.through < u32::MAX && self.beyond.remove(&(self.through + 1)) {
            self.through += 1;
        }
        new
    }
}

/// One life of one process's state.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
struct Life {
    /// The last slot applied.
    through: u64,
    done: BTreeMap<Process, Done>,
}

impl Renamed for Done {}

impl Renamed for Life {
    fn rename(&mut self, by: &Renaming) {
        self.done.rename(by);
    }
}

/// What was done, and by whom: one entry if all did the same.
type Doers<C> = Vec<(Applied<C>, ProcessSet)>;

/// What an observer of a replicated log remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LogLedger<C: Payload = Value> {
    /// What each process was given, in order.
    inputs: Vec<Vec<C>>,
    /// How many of these it took, and when the last.
    taken: Vec<(u32, u64)>,
    /// What was done in each slot, and by whom.
    slots: BTreeMap<u64, Doers<C>>,
    /// What was installed through each slot, and by whom.
    installed: BTreeMap<u64, Doers<C>>,
    lives: Vec<Life>,
    first: Vec<Option<(Applied<C>, u64)>>,
    /// Who applied a command again, and in which slot.
    repeated: Vec<(Process, u64)>,
    /// Who applied a slot out of order: the slot, and the one before it.
    disordered: Vec<(Process, u64, u64)>,
}

impl<C: Payload> LogLedger<C> {
    fn applied(&mut self, who: Process, what: &Applied<C>) {
        let life = &mut self.lives[who.index()];
        let (table, slot) = match what {
            Applied::Command { slot, client, number, .. } => {
                if !life.done.entry(*client).or_default().insert(*number) {
                    self.repeated.push((who, *slot));
                }
                (&mut self.slots, *slot)
            }
            Applied::Noop { slot } => (&mut self.slots, *slot),
            Applied::Installed { through, applied } => {
                let whole = |number: u32| Done { through: number, beyond: BTreeSet::new() };
                life.done = applied.iter().map(|(who, number)| (*who, whole(*number))).collect();
                (&mut self.installed, *through)
            }
        };
        let jumps = matches!(what, Applied::Installed { .. });
        let in_order = if jumps { slot >= life.through } else { slot == life.through + 1 };
        if !in_order {
            self.disordered.push((who, slot, life.through));
        }
        life.through = slot;
        let doers = table.entry(slot).or_default();
        match doers.iter_mut().find(|(other, _)| other == what) {
            Some((_, set)) => _ = set.insert(who),
            None => doers.push((what.clone(), [who].into_iter().collect())),
        }
    }
}

impl<C: Payload> Renamed for LogLedger<C> {
    fn rename(&mut self, by: &Renaming) {
        by.by_process(&mut self.inputs);
        by.by_process(&mut self.taken);
        self.slots.rename(by);
        self.installed.rename(by);
        by.by_process(&mut self.lives);
        by.by_process(&mut self.first);
        self.repeated.rename(by);
        self.disordered.rename(by);
    }
}

impl<C: Payload> Ledger<ReplicatedLog<C>> for LogLedger<C> {
    fn open(group: Group) -> Self {
        Self {
            inputs: vec![Vec::new(); group.size()],
            taken: vec![(0, 0); group.size()],
            slots: BTreeMap::new(),
            installed: BTreeMap::new(),
            lives: vec![Life::default(); group.size()],
            first: vec![None; group.size()],
            repeated: Vec::new(),
            disordered: Vec::new(),
        }
    }

    fn observe(&mut self, who: Process, at: u64, seen: Seen<'_, ReplicatedLog<C>>) {
        match seen {
            Seen::Input(payload) => {
                self.inputs[who.index()].push(payload.clone());
                let (count, _) = self.taken[who.index()];
                self.taken[who.index()] = (count.saturating_add(1), at);
            }
            Seen::Output(what) => {
                self.first[who.index()].get_or_insert_with(|| (what.clone(), at));
                self.applied(who, what);
            }
        }
    }

    /// What is given in the very step of a crash may not have been stored: it is not owed, and
    /// whoever asked asks again.
    fn crashed(&mut self, who: Process, at: u64) {
        let (count, last) = &mut self.taken[who.index()];
        if *last == at {
            *count = count.saturating_sub(1);
        }
    }

    fn restarted(&mut self, who: Process, _: u64) {
        self.lives[who.index()] = Life::default();
    }

    fn decision(&self, who: Process) -> Option<(&Applied<C>, u64)> {
        self.first.get(who.index())?.as_ref().map(|(what, at)| (what, *at))
    }
}

impl<C: Payload> Problem for ReplicatedLog<C> {
    const NAME: &'static str = "replicated-log";
    type Input = C;
    type Output = Applied<C>;
    type Ledger = LogLedger<C>;
    const WATCHES_CRASHES: bool = true;

    fn requirements() -> &'static [Requirement<Self>] {
        Self::REQUIREMENTS
    }

    fn show(output: &Applied<C>, name: &dyn Fn(Value) -> String) -> String {
        match output {
            Applied::Command { slot, client, number, payload } => {
                format!("slot {slot}: {} ({client}'s command {number})", payload.show(name))
            }
            Applied::Noop { slot } => format!("slot {slot}: nothing"),
            Applied::Installed { through, .. } => format!("the state through slot {through}"),
        }
    }
}

impl<C: Payload> ReplicatedLog<C> {
    const REQUIREMENTS: &'static [Requirement<Self>] = &[
        Requirement {
            name: "log-agreement",
            aliases: &["state-machine-safety"],
            text: "no two processes apply different things in the same slot, in any of their lives",
            source: "Schneider 1990; Ongaro, Ousterhout 2014, state machine safety",
            class: Class::Safety,
            judge: log_agreement,
        },
        Requirement {
            name: "exactly-once",
            aliases: &[],
            text: "no command is applied twice to the same state",
            source: "Ongaro 2014, 6.3",
            class: Class::Safety,
            judge: exactly_once,
        },
        Requirement {
            name: "in-order",
            aliases: &[],
            text: "a process applies the slots in order and leaves none out",
            source: "Schneider 1990",
            class: Class::Safety,
            judge: in_order,
        },
        Requirement {
            name: "integrity",
            aliases: &[],
            text: "what is applied as a process's command was proposed by that process",
            source: "Schneider 1990",
            class: Class::Validity,
            judge: integrity,
        },
        Requirement {
            name: "termination",
            aliases: &[],
            text: "every command of a correct process is applied by every correct process",
            source: "Schneider 1990",
            class: Class::Liveness,
            judge: termination,
        },
    ];
}

fn log_agreement<C: Payload>(ledger: &LogLedger<C>, end: &End) -> Result<(), Breach> {
    let teller = |set: &ProcessSet| set.iter().find(|p| !end.liars.contains(*p));
    let honest = |doers: &Doers<C>| -> Vec<(Process, Applied<C>)> {
        doers.iter().filter_map(|(what, set)| Some((teller(set)?, what.clone()))).collect()
    };
    for (slot, doers) in &ledger.slots {
        if let [(p, one), (q, other), ..] = &honest(doers)[..] {
            let (one, other) = (marked(one), marked(other));
            let text = format!("in slot {slot} {p} applied {one} and {q} applied {other}");
            return breach(&[*p, *q], text);
        }
    }
    // What is installed must be what the slots before it make.
    let mut made: BTreeMap<Process, u32> = BTreeMap::new();
    let mut through = 0;
    for (last, doers) in &ledger.installed {
        while through < *last {
            let Some(doers) = ledger.slots.get(&(through + 1)) else { return Ok(()) };
            through += 1;
            if let Some((_, Applied::Command { client, number, .. })) = honest(doers).first() {
                let highest = made.entry(*client).or_default();
                *highest = (*highest).max(*number);
            }
        }
        for (p, what) in honest(doers) {
            let Applied::Installed { applied, .. } = what else { continue };
            if applied.iter().filter(|(_, number)| *number > 0).copied().ne(made.clone()) {
                let text = format!("{p} installed a state that slots 1 to {last} do not make");
                return breach(&[p], text);
            }
        }
    }
    Ok(())
}

fn exactly_once<C: Payload>(ledger: &LogLedger<C>, end: &End) -> Result<(), Breach> {
    match ledger.repeated.iter().find(|(p, _)| !end.liars.contains(*p)) {
        None => Ok(()),
        Some((p, slot)) => {
            breach(&[*p], format!("{p} applied in slot {slot} a command that it had applied"))
        }
    }
}

fn in_order<C: Payload>(ledger: &LogLedger<C>, end: &End) -> Result<(), Breach> {
    match ledger.disordered.iter().find(|(p, ..)| !end.liars.contains(*p)) {
        None => Ok(()),
        Some((p, slot, before)) => {
            breach(&[*p], format!("{p} applied slot {slot} after slot {before}"))
        }
    }
}

fn integrity<C: Payload>(ledger: &LogLedger<C>, end: &End) -> Result<(), Breach> {
    for (slot, doers) in &ledger.slots {
        for (what, set) in doers {
            let Applied::Command { client, payload, .. } = what else { continue };
            let Some(p) = set.iter().find(|p| !end.liars.contains(*p)) else { continue };
            let given = ledger.inputs.get(client.index());
            let proposed = given.is_some_and(|given| given.contains(payload));
            if !proposed && !end.liars.contains(*client) {
                let payload = marked(payload);
                let text = format!(
                    "{p} applied {payload} in slot {slot}, which {client} had not proposed"
                );
                return breach(&[p], text);
            }
        }
    }
    Ok(())
}

fn termination<C: Payload>(ledger: &LogLedger<C>, end: &End) -> Result<(), Breach> {
    if !end.settled {
        return Ok(());
    }
    let correct = || end.group.processes().filter(|p| end.correct(*p));
    for client in correct() {
        let (given, _) = ledger.taken[client.index()];
        for p in correct() {
            let done = ledger.lives[p.index()].done.get(&client).map_or(0, |done| done.through);
            if done < given {
                let text =
                    format!("{p} is correct and has not applied command {} of {client}", done + 1);
                return breach(&[p, client], text);
            }
        }
    }
    Ok(())
}
