//! What an observer of a replicated log remembers.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

use quorate_kernel::{Group, Ledger, Process, ProcessSet, Renamed, Renaming, Seen, Value};

use super::logs::Logs;
use super::members::Changes;
use super::{Applied, Call, Payload, ReplicatedLog};

/// Which commands of one process were applied: all up to a number, and some beyond it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(super) struct Done {
    pub(super) through: u32,
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
pub(super) struct Life {
    /// The last slot applied.
    pub(super) through: u64,
    pub(super) done: BTreeMap<Process, Done>,
}

impl Renamed for Done {}

impl Renamed for Life {
    fn rename(&mut self, by: &Renaming) {
        self.done.rename(by);
    }
}

/// What was done, and by whom: one entry if all did the same.
pub(super) type Doers<C> = Vec<(Applied<C>, ProcessSet)>;

/// What an observer of a replicated log remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LogLedger<C: Payload = Value> {
    /// What each process was given, in order.
    pub(super) inputs: Vec<Vec<C>>,
    /// How many of these it took, and when the last.
    pub(super) taken: Vec<(u32, u64)>,
    /// What was done in each slot, and by whom.
    pub(super) slots: BTreeMap<u64, Doers<C>>,
    /// What was installed through each slot, and by whom.
    pub(super) installed: BTreeMap<u64, Doers<C>>,
    pub(super) lives: Vec<Life>,
    first: Vec<Option<(Applied<C>, u64)>>,
    /// Who applied a command again, and in which slot.
    pub(super) repeated: Vec<(Process, u64)>,
    /// Who applied a slot out of order: the slot, and the one before it.
    pub(super) disordered: Vec<(Process, u64, u64)>,
    /// Who led in each term.
    pub(super) leads: BTreeMap<u32, ProcessSet>,
    /// Calls that have not responded, by process and number.
    pub(super) writes: BTreeMap<(Process, u32), Invoked>,
    pub(super) reads: BTreeMap<(Process, u32), Invoked>,
    /// Where a process was told that a command of its own stands, by process and number.
    pub(super) told: BTreeMap<(Process, u32), u64>,
    /// How many reads each process was asked for.
    asked: Vec<u32>,
    /// The last slot in which a call that has responded took effect.
    responded: u64,
    /// Whose call took effect in a slot although one after it had responded: the slots.
    pub(super) late: Vec<(Process, u64, u64)>,
    /// What was read in each slot, and by whom.
    pub(super) answers: BTreeMap<u64, Vec<(Option<C>, ProcessSet)>>,
    /// The last write of each process that was acknowledged to it: its number and its slot.
    pub(super) acknowledged: Vec<(u32, u64)>,
    /// A process that lacked one of them in a life that is over, whose it was, and which.
    pub(super) lost: Option<(Process, Process, u32)>,
    pub(super) logs: Logs,
    pub(super) changes: Changes,
}

/// When a call was made: the last slot in which one that had responded by then took effect.
pub(super) type Invoked = u64;

impl<C: Payload> LogLedger<C> {
    /// The first write that was acknowledged to a process and that another's state lacks, although
    /// it reaches as far: whose, and which.
    pub(super) fn lacks(&self, who: Process) -> Option<(Process, u32)> {
        let life = &self.lives[who.index()];
        let done = |client: Process| life.done.get(&client).map_or(0, |done| done.through);
        let all = self.acknowledged.iter().enumerate();
        let mut all = all.map(|(at, (number, slot))| (Process(at as u16), *number, *slot));
        let lacking = all.find(|(client, number, slot)| {
            *slot > 0 && life.through >= *slot && done(*client) < *number
        });
        lacking.map(|(client, ..)| (client, done(client) + 1))
    }

    /// A life of a process's state is over.
    fn end_life(&mut self, who: Process) {
        if self.lost.is_none() {
            self.lost = self.lacks(who).map(|(client, number)| (who, client, number));
        }
        self.lives[who.index()] = Life::default();
    }

    /// A call responds: the slot must be `after` all that had responded when it was made.
    fn respond(&mut self, who: Process, slot: u64, invoked: Option<Invoked>, after: bool) {
        let Some(invoked) = invoked else { return };
        if slot < invoked || (after && slot == invoked) {
            self.late.push((who, slot, invoked));
        }
        self.responded = self.responded.max(slot);
    }

    /// A write is acknowledged to its process, as one that stands in a slot.
    fn acknowledge(&mut self, who: Process, number: u32, slot: u64) {
        let invoked = self.writes.remove(&(who, number));
        self.respond(who, slot, invoked, true);
        let acknowledged = &mut self.acknowledged[who.index()];
        *acknowledged = (*acknowledged).max((number, slot));
    }

    fn answered(&mut self, who: Process, number: u32, slot: u64, value: &Option<C>) {
        let invoked = self.reads.remove(&(who, number));
        self.respond(who, slot, invoked, false);
        let readers = self.answers.entry(slot).or_default();
        match readers.iter_mut().find(|(read, _)| read == value) {
            Some((_, set)) => _ = set.insert(who),
            None => readers.push((value.clone(), [who].into_iter().collect())),
        }
    }

    fn invoked(&mut self, who: Process, at: u64, call: &Call<C>) {
        match call {
            Call::Write(payload) => {
                self.inputs[who.index()].push(payload.clone());
                let (count, _) = self.taken[who.index()];
                self.taken[who.index()] = (count.saturating_add(1), at);
                // What was not stored has no number: then that of a later one is smaller than its
                // place here, and it is judged as if it had been called for sooner.
                let place = self.inputs[who.index()].len() as u32;
                self.writes.insert((who, place), self.responded);
            }
            Call::Read => {
                let number = &mut self.asked[who.index()];
                *number = number.saturating_add(1);
                self.reads.insert((who, *number), self.responded);
            }
            Call::Lead => {}
            Call::Change(_) | Call::Vary => self.changes.asked(who),
        }
    }

    fn applied(&mut self, who: Process, what: &Applied<C>) {
        let life = &mut self.lives[who.index()];
        let (table, slot) = match what {
            Applied::Command { slot, client, number, .. } => {
                if !life.done.entry(*client).or_default().insert(*number) {
                    self.repeated.push((who, *slot));
                }
                if who == *client {
                    self.acknowledge(who, *number, *slot);
                }
                (&mut self.slots, *slot)
            }
            Applied::Noop { slot } => (&mut self.slots, *slot),
            Applied::Installed { through, applied, members } => {
                let whole = |number: u32| Done { through: number, beyond: BTreeSet::new() };
                life.done = applied.iter().map(|(who, number)| (*who, whole(*number))).collect();
                if let Some(members) = members {
                    self.changes.installed(*through, members);
                }
                (&mut self.installed, *through)
            }
            Applied::Answer { number, slot, value } => {
                return self.answered(who, *number, *slot, value);
            }
            Applied::Told { slot, number, .. } => {
                self.acknowledge(who, *number, *slot);
                _ = self.told.entry((who, *number)).or_insert(*slot);
                return;
            }
            Applied::Leads { term } => {
                self.leads.entry(*term).or_default().insert(who);
                return self.logs.leads(who, *term);
            }
            Applied::Stored { after, lines } => return self.logs.stored(who, *after, lines),
            Applied::Committed { term, through } => {
                return self.logs.committed(who, (*term, *through), &self.leads);
            }
            Applied::Members { slot, members } => {
                self.changes.applied(*slot, members);
                if *slot == 0 {
                    return;
                }
                (&mut self.slots, *slot)
            }
            Applied::Changed { life, number, refused } => {
                return self.changes.answered((who, *life, *number), refused.is_some());
            }
            Applied::Anew { time } => {
                if self.logs.begins_anew(who, *time, &self.leads) {
                    self.end_life(who);
                }
                return;
            }
        };
        let life = &mut self.lives[who.index()];
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
        self.leads.rename(by);
        self.writes.rename(by);
        self.reads.rename(by);
        self.told.rename(by);
        by.by_process(&mut self.asked);
        self.late.rename(by);
        for readers in self.answers.values_mut() {
            readers.rename(by);
        }
        by.by_process(&mut self.acknowledged);
        if let Some((who, client, _)) = &mut self.lost {
            who.rename(by);
            client.rename(by);
        }
        self.logs.rename(by);
        self.changes.rename(by);
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
            leads: BTreeMap::new(),
            writes: BTreeMap::new(),
            reads: BTreeMap::new(),
            told: BTreeMap::new(),
            asked: vec![0; group.size()],
            responded: 0,
            late: Vec::new(),
            answers: BTreeMap::new(),
            acknowledged: vec![(0, 0); group.size()],
            lost: None,
            logs: Logs::open(group.size()),
            changes: Changes::default(),
        }
    }

    fn observe(&mut self, who: Process, at: u64, seen: Seen<'_, ReplicatedLog<C>>) {
        match seen {
            Seen::Input(call) => self.invoked(who, at, call),
            Seen::Output(what) => {
                if !what.is_inner() {
                    self.first[who.index()].get_or_insert_with(|| (what.clone(), at));
                }
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
        self.reads.retain(|(client, _), _| *client != who);
        self.logs.crashed(who);
        self.changes.crashed(who);
    }

    fn restarted(&mut self, who: Process, _: u64) {
        self.end_life(who);
        self.asked[who.index()] = 0;
        self.logs.restarted(who);
    }

    fn decision(&self, who: Process) -> Option<(&Applied<C>, u64)> {
        self.first.get(who.index())?.as_ref().map(|(what, at)| (what, *at))
    }
}
