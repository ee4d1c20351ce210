//! What the problems with one input and one decision have in common.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use quorate_kernel::{
    Breach, End, Group, Ledger, Problem, Process, Renamed, Renaming, Seen, marked,
};

/// The ledger of a problem in which a process proposes at most once and decides at most once.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OneShot<I, O> {
    /// What each process was given.
    pub inputs: Vec<Option<I>>,
    /// What each process decided first, and when.
    pub decisions: Vec<Option<(O, u64)>>,
    /// Who decided again, something else.
    pub changed: Option<Process>,
}

impl<I: Renamed, O: Renamed> Renamed for OneShot<I, O> {
    fn rename(&mut self, by: &Renaming) {
        by.by_process(&mut self.inputs);
        by.by_process(&mut self.decisions);
        self.changed.rename(by);
    }
}

impl<P: Problem> Ledger<P> for OneShot<P::Input, P::Output> {
    fn open(group: Group) -> Self {
        Self {
            inputs: vec![None; group.size()],
            decisions: vec![None; group.size()],
            changed: None,
        }
    }

    fn observe(&mut self, who: Process, at: u64, seen: Seen<'_, P>) {
        match seen {
            Seen::Input(input) => self.inputs[who.index()] = Some(input.clone()),
            Seen::Output(output) => match &self.decisions[who.index()] {
                None => self.decisions[who.index()] = Some((output.clone(), at)),
                Some((first, _)) if first == output => {}
                Some(_) => self.changed = self.changed.or(Some(who)),
            },
        }
    }

    fn complete(&self, owed: &dyn Fn(Process) -> bool) -> bool {
        let mut open = self.decisions.iter().enumerate().filter(|(_, done)| done.is_none());
        open.all(|(at, _)| !owed(Process(at as u16)))
    }

    fn decision(&self, who: Process) -> Option<(&P::Output, u64)> {
        self.decisions.get(who.index())?.as_ref().map(|(output, at)| (output, *at))
    }
}

impl<I, O: Ord> OneShot<I, O> {
    /// The decisions of those whom `counts` admits, in order of process.
    pub(crate) fn decided<'a>(
        &'a self,
        counts: impl Fn(Process) -> bool + 'a,
    ) -> impl Iterator<Item = (Process, &'a O)> + 'a {
        let decisions = self.decisions.iter().enumerate();
        decisions.filter_map(move |(at, decision)| {
            let who = Process(at as u16);
            decision.as_ref().filter(|_| counts(who)).map(|(output, _)| (who, output))
        })
    }
}

/// Every process that is owed a decision has one.
pub(crate) fn all_decide<I, O: Ord>(
    ledger: &OneShot<I, O>,
    end: &End,
    owed: impl Fn(Process) -> bool,
) -> Result<(), Breach> {
    if !end.settled {
        return Ok(());
    }
    let missing = |p: &Process| owed(*p) && ledger.decisions[p.index()].is_none();
    match end.group.processes().find(missing) {
        None => Ok(()),
        Some(p) => breach(&[p], format!("{p} is correct and has not decided")),
    }
}

/// Every correct process decides by the deadline.
pub(crate) fn in_time<I, O: Ord>(ledger: &OneShot<I, O>, end: &End) -> Result<(), Breach> {
    for p in end.group.processes().filter(|&p| end.correct(p)) {
        match &ledger.decisions[p.index()] {
            Some((_, at)) if *at > end.deadline => {
                let text = format!("{p} decided in round {at}, later than round {}", end.deadline);
                return breach(&[p], text);
            }
            None if end.settled => {
                let text = format!("{p} had not decided by round {}", end.deadline);
                return breach(&[p], text);
            }
            _ => {}
        }
    }
    Ok(())
}

/// All whom `counts` admits decide the same.
pub(crate) fn same<I, O: Ord + core::fmt::Debug>(
    ledger: &OneShot<I, O>,
    counts: impl Fn(Process) -> bool,
) -> Result<(), Breach> {
    let mut decided = ledger.decided(counts);
    let Some((first, value)) = decided.next() else { return Ok(()) };
    match decided.find(|(_, other)| *other != value) {
        None => Ok(()),
        Some((p, other)) => {
            let (value, other) = (marked(value), marked(other));
            breach(&[first, p], format!("{first} decided {value} and {p} decided {other}"))
        }
    }
}

/// Nobody decides twice, differently.
pub(crate) fn once<I, O: Ord>(ledger: &OneShot<I, O>, end: &End) -> Result<(), Breach> {
    match ledger.changed.filter(|p| !end.liars.contains(*p)) {
        None => Ok(()),
        Some(p) => breach(&[p], format!("{p} changed its decision")),
    }
}

pub(crate) fn breach(witnesses: &[Process], text: String) -> Result<(), Breach> {
    let mut witnesses = witnesses.to_vec();
    witnesses.dedup();
    Err(Breach { witnesses, text })
}
