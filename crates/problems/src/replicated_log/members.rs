//! Who has the log: changes of the members, and what an observer remembers of them.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Debug};

use quorate_kernel::{
    Bits, Breach, Coded, Domain, End, Garbled, Process, Reader, Renamed, Renaming, Writer, inspect,
};

use super::{LogLedger, Payload};
use crate::one_shot::breach;

/// What a process is to become.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Aim {
    /// A member whose word counts.
    Voter,
    /// A member that is told everything, and whose word does not count.
    Learner,
    /// No member.
    Out,
}

inspect!(
    enum Aim {
        Voter,
        Learner,
        Out,
    }
);

/// A change of the members: of whom, and to what. All of it is made, or none.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Change(Vec<(Process, Aim)>);

impl Change {
    /// A change of these; of a process that is named twice, the last is meant.
    pub fn of(aims: impl IntoIterator<Item = (Process, Aim)>) -> Self {
        let aims: BTreeMap<Process, Aim> = aims.into_iter().collect();
        Self(aims.into_iter().collect())
    }

    /// Of whom, in order, and to what.
    pub fn aims(&self) -> &[(Process, Aim)] {
        &self.0
    }

    /// It, as it is written: `+3~4-0`.
    pub fn show(&self) -> String {
        let sign = |aim: Aim| match aim {
            Aim::Voter => '+',
            Aim::Learner => '~',
            Aim::Out => '-',
        };
        self.0.iter().map(|(process, aim)| format!("{}{}", sign(*aim), process.0)).collect()
    }
}

impl Coded for Change {
    fn encode(&self, to: &mut Writer<'_>) {
        self.0.encode(to);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        from.ascending(|(process, _): &(Process, Aim)| *process).map(Self)
    }
}

impl Debug for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.show())
    }
}

impl Bits for Change {
    fn bits(&self, domain: Domain) -> u32 {
        self.0.bits(domain)
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        self.0.flip(bit, domain);
    }
}

impl Renamed for Change {
    fn rename(&mut self, by: &Renaming) {
        self.0.rename(by);
        self.0.sort_unstable();
    }
}

/// Why a change is not made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Refusal {
    /// Another is being made.
    #[default]
    Busy,
    /// Nothing would change.
    Same,
    /// Too few voters would be left.
    Few,
    /// More than one voter would come or go, where one at a time may.
    Many,
    /// There is no such process.
    Unknown,
    /// Who is to vote does not catch up.
    Slow,
}

inspect!(
    enum Refusal {
        Busy,
        Same,
        Few,
        Many,
        Unknown,
        Slow,
    }
);

impl Refusal {
    /// It, for people.
    pub fn text(self) -> &'static str {
        match self {
            Self::Busy => "another change is under way",
            Self::Same => "nothing would change",
            Self::Few => "too few voters would be left",
            Self::Many => "only one voter at a time may come or go",
            Self::Unknown => "there is no such process",
            Self::Slow => "who is to vote does not catch up",
        }
    }
}

/// Which change of whom: the process, its life by its own count, and which of that life.
pub type Asker = (Process, u64, u64);

/// Who the members are, as it is applied.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Membership {
    /// Who votes once the change is over.
    pub voters: Vec<Process>,
    /// Who voted before, as long as the majority of those counts too.
    pub old: Option<Vec<Process>>,
    /// Who is told everything and does not vote.
    pub learners: Vec<Process>,
    /// Who votes, and keeps no commands: it is owed nothing, and owes nothing.
    pub witnesses: Vec<Process>,
    /// The last change of each process that has been made.
    pub made: Vec<Asker>,
}

impl Renamed for Membership {
    fn rename(&mut self, by: &Renaming) {
        for list in [&mut self.voters, &mut self.learners, &mut self.witnesses]
            .into_iter()
            .chain(&mut self.old)
        {
            list.rename(by);
            list.sort_unstable();
        }
        self.made.rename(by);
        self.made.sort_unstable();
    }
}

impl Membership {
    /// It, for people.
    pub fn show(&self) -> String {
        let list = |all: &[Process]| -> String {
            let names: Vec<String> = all.iter().map(|p| format!("{p}")).collect();
            names.join(" ")
        };
        let mut text = match &self.old {
            Some(old) => format!("{} and {}", list(old), list(&self.voters)),
            None => list(&self.voters),
        };
        if !self.learners.is_empty() {
            text += &format!(", learning {}", list(&self.learners));
        }
        if !self.witnesses.is_empty() {
            text += &format!(", witness {}", list(&self.witnesses));
        }
        text
    }

    fn has(&self, p: Process) -> bool {
        (self.voters.contains(&p) || self.learners.contains(&p)) && !self.witnesses.contains(&p)
    }
}

/// What an observer remembers of the members.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(super) struct Changes {
    /// The members in the last slot that changed them; everybody if none did.
    last: Option<(u64, Membership)>,
    /// Which changes have been made, and which are said to be refused.
    made: BTreeSet<Asker>,
    refused: BTreeSet<Asker>,
    /// How many changes each process was asked for in its life.
    asked: BTreeMap<Process, u64>,
    /// Those that have no result, by process and number in its life.
    open: BTreeSet<(Process, u64)>,
}

impl Renamed for Changes {
    fn rename(&mut self, by: &Renaming) {
        self.last.rename(by);
        self.made.rename(by);
        self.refused.rename(by);
        self.asked.rename(by);
        self.open.rename(by);
    }
}

impl Changes {
    pub(super) fn asked(&mut self, who: Process) {
        let number = self.asked.entry(who).or_default();
        *number = number.saturating_add(1);
        self.open.insert((who, *number));
    }

    pub(super) fn applied(&mut self, slot: u64, members: &Membership) {
        self.made.extend(members.made.iter().copied());
        if self.last.as_ref().is_none_or(|(last, _)| *last < slot) {
            self.last = Some((slot, members.clone()));
        }
    }

    /// A state says who the members are after its last slot. Whoever applied the slot that says so
    /// may have crashed before it told.
    pub(super) fn installed(&mut self, through: u64, members: &Membership) {
        if self.last.as_ref().is_none_or(|(_, known)| known != members) {
            self.applied(through, members);
        }
    }

    pub(super) fn answered(&mut self, asker: Asker, refused: bool) {
        self.open.remove(&(asker.0, asker.2));
        if refused {
            self.refused.insert(asker);
        }
    }

    pub(super) fn crashed(&mut self, who: Process) {
        self.open.retain(|(asker, _)| *asker != who);
        self.asked.remove(&who);
    }

    /// Whether a process is a member in the end, and no witness.
    pub(super) fn is_member(&self, p: Process) -> bool {
        self.last.as_ref().is_none_or(|(_, members)| members.has(p))
    }
}

pub(super) fn true_refusals<C: Payload>(ledger: &LogLedger<C>, end: &End) -> Result<(), Breach> {
    let changes = &ledger.changes;
    let mut both = changes.refused.intersection(&changes.made);
    match both.find(|(p, ..)| !end.liars.contains(*p)) {
        None => Ok(()),
        Some((p, ..)) => {
            breach(&[*p], format!("a change of {p} was made, and it heard it was not"))
        }
    }
}

pub(super) fn results<C: Payload>(ledger: &LogLedger<C>, end: &End) -> Result<(), Breach> {
    let changes = &ledger.changes;
    let owed = |p: Process| end.settled && end.correct(p) && changes.is_member(p);
    match changes.open.iter().find(|(p, _)| owed(*p)) {
        None => Ok(()),
        Some((p, number)) => {
            let text =
                format!("{p} is correct, a member, and has no result of its change {number}");
            breach(&[*p], text)
        }
    }
}
