//! What an observer of a replicated log knows of the logs themselves.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use quorate_kernel::{Process, ProcessSet, Renamed, Renaming};

use super::{Line, Place};

/// What a process has said is in its log. What comes before `base` was dropped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(super) struct Held {
    base: Place,
    lines: Vec<Line>,
}

impl Held {
    pub(super) fn last(&self) -> u64 {
        self.base.index.saturating_add(self.lines.len() as u64)
    }

    fn line(&self, index: u64) -> Option<Line> {
        let at = index.checked_sub(self.base.index)?.checked_sub(1)?;
        self.lines.get(usize::try_from(at).ok()?).copied()
    }

    /// The term of what stands at an index, if that is known.
    fn term(&self, index: u64) -> Option<u32> {
        if index == self.base.index {
            return Some(self.base.term);
        }
        self.line(index).map(|line| line.term)
    }

    /// Whether a place is in the log, or may be in what was dropped of it.
    fn has(&self, place: Place) -> bool {
        place.index < self.base.index || self.term(place.index) == Some(place.term)
    }

    /// Puts lines in after a place, instead of all that stood there.
    fn put(&mut self, after: Place, lines: &[Line]) {
        let kept = after.index.checked_sub(self.base.index);
        match kept.filter(|_| self.has(after)).and_then(|kept| usize::try_from(kept).ok()) {
            Some(kept) if kept <= self.lines.len() => self.lines.truncate(kept),
            _ => *self = Self { base: after, lines: Vec::new() },
        }
        self.lines.extend_from_slice(lines);
    }

    /// The first index from `from` on at which two logs differ, although they agree after it.
    fn splits(&self, other: &Self, from: u64) -> Option<u64> {
        let last = self.last().min(other.last());
        let from = from.max(self.base.index).max(other.base.index);
        let joins = |at: &u64| self.term(*at) == other.term(*at);
        let joint = (from..=last).rev().find(joins)?;
        let same = |at: u64| match (self.line(at), other.line(at)) {
            (Some(one), Some(another)) if one.bare || another.bare => {
                (one.term, one.members) == (another.term, another.members)
            }
            (Some(one), Some(another)) => one == another,
            _ => self.term(at) == other.term(at),
        };
        (from..=joint).find(|at| !same(*at))
    }
}

impl Renamed for Held {
    fn rename(&mut self, by: &Renaming) {
        self.base.rename(by);
        self.lines.rename(by);
    }
}

/// What is known of one process's log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
struct Log {
    /// It, while the process is up.
    held: Held,
    down: bool,
    /// Through which index the process has said that everything is committed: in this life, and
    /// in any.
    commit: u64,
    reached: u64,
    /// How many times it has begun anew, and the last term in which it had led by then: what it
    /// holds is not the log that it had as that leader.
    anew: (u64, u32),
}

impl Renamed for Log {
    fn rename(&mut self, by: &Renaming) {
        self.held.rename(by);
        self.anew.1.rename(by);
    }
}

/// Two logs that agree at one place and differ before it: whose, and at which index they differ.
pub(super) type Split = (Process, Process, u64);

/// A leader that lacks what was committed: who, its term, what, and in which term it was.
pub(super) type Lack = (Process, u32, Place, u32);

/// What is wrong with how far a process says that everything is committed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Recession {
    /// It had said so of more.
    Back(u64, u64),
    /// Its log does not reach so far, or has something else there.
    Beyond(u64, u64),
    /// It cut off what it had said so of, or came back without: how far its log reaches, and
    /// through which index it had said so.
    Cut(u64, u64),
}

/// All logs, and the first time that something was wrong with them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Logs {
    logs: Vec<Log>,
    /// The last place that was known to be committed in each term.
    committed: BTreeMap<u32, Place>,
    pub(super) split: Option<Split>,
    pub(super) lack: Option<Lack>,
    receded: Option<(Process, Recession)>,
}

impl Renamed for Logs {
    fn rename(&mut self, by: &Renaming) {
        by.by_process(&mut self.logs);
        self.committed.rename(by);
        if let Some((one, other, _)) = &mut self.split {
            one.rename(by);
            other.rename(by);
        }
        if let Some((who, ..)) = &mut self.lack {
            who.rename(by);
        }
        if let Some((who, _)) = &mut self.receded {
            who.rename(by);
        }
    }
}

impl Logs {
    pub(super) fn open(size: usize) -> Self {
        let logs = vec![Log::default(); size];
        Self { logs, committed: BTreeMap::new(), split: None, lack: None, receded: None }
    }

    pub(super) fn crashed(&mut self, who: Process) {
        let log = &mut self.logs[who.index()];
        *log = Log { down: true, reached: log.reached, anew: log.anew, ..Log::default() };
    }

    /// A process begins anew with an empty log, unless it says so of a time that is known: nothing
    /// is expected in its log of what it said before. True if so.
    pub(super) fn begins_anew(
        &mut self,
        who: Process,
        time: u64,
        leads: &BTreeMap<u32, ProcessSet>,
    ) -> bool {
        let log = &mut self.logs[who.index()];
        if time <= log.anew.0 {
            return false;
        }
        let led = leads.iter().rev().find(|(_, leaders)| leaders.contains(who));
        let anew = (time, led.map_or(0, |(term, _)| *term));
        *log = Log { anew, ..Log::default() };
        true
    }

    pub(super) fn restarted(&mut self, who: Process) {
        self.logs[who.index()].down = false;
    }

    pub(super) fn stored(&mut self, who: Process, after: Place, lines: &[Line]) {
        let log = &mut self.logs[who.index()];
        log.held.put(after, lines);
        let last = log.held.last();
        if last < log.commit {
            self.receded.get_or_insert((who, Recession::Cut(last, log.commit)));
        }
        let own = &self.logs[who.index()].held;
        let others = self.logs.iter().enumerate().filter(|(at, _)| *at != who.index());
        for (at, other) in others.filter(|_| self.split.is_none()) {
            if let Some(index) = own.splits(&other.held, after.index) {
                self.split = Some((who, Process(at as u16), index));
                return;
            }
        }
    }

    /// A process leads: it must have all that was committed in earlier terms.
    pub(super) fn leads(&mut self, who: Process, term: u32) {
        let held = &self.logs[who.index()].held;
        let mut before = self.committed.range(..term).rev();
        if let Some((when, place)) = before.find(|(_, place)| !held.has(**place)) {
            self.lack.get_or_insert((who, term, *place, *when));
        }
    }

    /// A process says that all through a place is committed: so those that led in later terms, and
    /// had it then, have it still.
    pub(super) fn committed(
        &mut self,
        who: Process,
        (term, through): (u32, Place),
        leads: &BTreeMap<u32, ProcessSet>,
    ) {
        let log = &mut self.logs[who.index()];
        let last = log.held.last();
        let wrong = match () {
            () if through.index < log.commit => Some(Recession::Back(through.index, log.commit)),
            () if !log.held.has(through) => Some(Recession::Beyond(through.index, last)),
            () => None,
        };
        if let Some(wrong) = wrong {
            self.receded.get_or_insert((who, wrong));
        }
        log.commit = through.index;
        log.reached = log.reached.max(through.index);
        let place = self.committed.entry(term).or_default();
        if place.index < through.index {
            *place = through;
        }
        for (later, leaders) in leads.range(term.saturating_add(1)..) {
            let up = |p: &Process| {
                let log = &self.logs[p.index()];
                !log.down && log.anew.1 < *later
            };
            let lacks = |p: &Process| !self.logs[p.index()].held.has(through);
            if let Some(leader) = leaders.iter().filter(up).find(lacks) {
                self.lack.get_or_insert((leader, *later, through, term));
            }
        }
    }

    /// Who has said that less is committed than before, or more than it has; or has come back
    /// with less.
    pub(super) fn receded(&self) -> Option<(Process, Recession)> {
        let less = |(at, log): (usize, &Log)| {
            let last = log.held.last();
            let lacks = !log.down && last < log.reached;
            lacks.then_some((Process(at as u16), Recession::Cut(last, log.reached)))
        };
        self.receded.or_else(|| self.logs.iter().enumerate().find_map(less))
    }
}
