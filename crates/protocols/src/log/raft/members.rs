//! Who the members are, and which of them make a quorum (6; thesis, 4).

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt::{self, Debug};

use quorate_kernel::{
    Bits, Coded, Domain, Garbled, Process, Reader, Renamed, Renaming, Writer, inspect,
};
use quorate_problems::{Aim, Change, Membership};

use super::{Attempt, Config};

/// What part a member plays. While the members change, those of before and those of after are two
/// halves, each with a majority of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Part {
    /// It votes, before and after.
    Voter,
    /// It votes after.
    Incoming,
    /// It votes before, and is no member after.
    Outgoing,
    /// It votes before, and learns after.
    Demoted,
    /// It is told everything, and does not vote.
    Learner,
}

inspect!(
    enum Part {
        Voter,
        Incoming,
        Outgoing,
        Demoted,
        Learner,
    }
);

/// The voters of before a change, or those of after it.
#[derive(Clone, Copy)]
enum Half {
    Before,
    After,
}

impl Part {
    /// Whether it votes in a half.
    fn votes_in(self, half: Half) -> bool {
        match half {
            Half::Before => self.before(),
            Half::After => self.after(),
        }
    }

    /// Whether it votes in the half of before.
    fn before(self) -> bool {
        matches!(self, Self::Voter | Self::Outgoing | Self::Demoted)
    }

    /// Whether it votes in the half of after.
    fn after(self) -> bool {
        matches!(self, Self::Voter | Self::Incoming)
    }

    /// What it is while it becomes something else; nothing if it was no member, and is none.
    fn becoming(before: Option<Self>, aim: Aim) -> Option<Self> {
        let voted = before.is_some_and(Self::after);
        match (aim, voted) {
            (Aim::Voter, true) => Some(Self::Voter),
            (Aim::Voter, false) => Some(Self::Incoming),
            (Aim::Learner, true) => Some(Self::Demoted),
            (Aim::Learner, false) => Some(Self::Learner),
            (Aim::Out, true) => Some(Self::Outgoing),
            (Aim::Out, false) => None,
        }
    }

    /// What it is once that is over.
    fn settled(self) -> Option<Self> {
        match self {
            Self::Voter | Self::Incoming => Some(Self::Voter),
            Self::Demoted | Self::Learner => Some(Self::Learner),
            Self::Outgoing => None,
        }
    }
}

/// Who the members are: a configuration.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Members {
    /// Each member with its part, in order.
    seats: Vec<(Process, Part)>,
    /// Whether a change is under way in which voters come or go, and how many voters there are
    /// after: kept, since every answer asks.
    joint: bool,
    voters: usize,
    /// The last change of each process that has been made, or is with this.
    made: Vec<(Process, Attempt)>,
}

/// Without what follows from the rest.
impl Debug for Members {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seats, made, .. } = self;
        out.debug_struct("Members").field("seats", seats).field("made", made).finish()
    }
}

impl Coded for Members {
    fn encode(&self, to: &mut Writer<'_>) {
        self.seats.encode(to);
        self.made.encode(to);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        let seats = from.ascending(|(member, _): &(Process, Part)| *member)?;
        let made = from.ascending(|(process, _): &(Process, Attempt)| *process)?;
        Ok(Self::of(seats, made))
    }
}

impl Bits for Members {
    fn bits(&self, domain: Domain) -> u32 {
        self.seats.bits(domain)
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        self.seats.flip(bit, domain);
        *self = Self::of(core::mem::take(&mut self.seats), core::mem::take(&mut self.made));
    }
}

impl Renamed for Members {
    fn rename(&mut self, by: &Renaming) {
        self.seats.rename(by);
        self.seats.sort_unstable();
        self.made.rename(by);
        self.made.sort_unstable();
    }
}

impl Members {
    /// So many voters, the first processes.
    pub(super) fn first(count: u16) -> Self {
        Self::of((0..count).map(|at| (Process(at), Part::Voter)).collect(), Vec::new())
    }

    fn of(seats: Vec<(Process, Part)>, made: Vec<(Process, Attempt)>) -> Self {
        let joint = seats.iter().any(|(_, part)| part.before() != part.after());
        let voters = seats.iter().filter(|(_, part)| part.after()).count();
        Self { seats, joint, voters, made }
    }

    #[inline]
    fn part(&self, p: Process) -> Option<Part> {
        // Mostly all processes are members.
        if let Some((_, part)) = self.seats.get(p.index()).filter(|(member, _)| *member == p) {
            return Some(*part);
        }
        let at = self.seats.binary_search_by_key(&p, |(member, _)| *member).ok()?;
        Some(self.seats[at].1)
    }

    /// Whether a process is a member, in any part.
    pub(super) fn has(&self, p: Process) -> bool {
        self.part(p).is_some()
    }

    /// Whether a process votes, before or after.
    #[inline]
    pub(super) fn votes(&self, p: Process) -> bool {
        self.part(p).is_some_and(|part| part.before() || part.after())
    }

    /// Everybody.
    pub(super) fn all(&self) -> impl Iterator<Item = Process> + '_ {
        self.seats.iter().map(|(member, _)| *member)
    }

    /// Who votes after, and does not vote before.
    pub(super) fn incoming(&self) -> impl Iterator<Item = Process> + '_ {
        self.seats.iter().filter(|(_, part)| *part == Part::Incoming).map(|(member, _)| *member)
    }

    /// Whether a change is under way in which voters come or go.
    pub(super) fn is_joint(&self) -> bool {
        self.joint
    }

    /// How many voters there are after.
    pub(super) fn voters(&self) -> usize {
        self.voters
    }

    /// How many voters come or go.
    pub(super) fn distance(&self) -> usize {
        self.seats.iter().filter(|(_, part)| part.before() != part.after()).count()
    }

    /// The halves that count: one, or two while they change.
    fn halves(&self, one_half: bool) -> impl Iterator<Item = Half> + use<> {
        let joint = self.is_joint();
        let before = (!joint || !one_half).then_some(Half::Before);
        before.into_iter().chain(joint.then_some(Half::After))
    }

    fn half(&self, half: Half) -> impl Iterator<Item = Process> + '_ {
        self.seats.iter().filter(move |(_, part)| part.votes_in(half)).map(|(member, _)| *member)
    }

    /// Whether those for whom something holds are a quorum: of both halves, or of the one of after
    /// alone if that is what is wrong.
    pub(super) fn is_quorum(
        &self,
        size: &dyn Fn(usize) -> usize,
        one_half: bool,
        has: impl Fn(Process) -> bool,
    ) -> bool {
        self.halves(one_half).all(|half| {
            let (all, those) = self
                .half(half)
                .fold((0, 0), |(all, those), p| (all + 1, those + usize::from(has(p))));
            those >= size(all)
        })
    }

    /// The largest number that a quorum has reached, if it is above another; if not, one that is
    /// not either.
    pub(super) fn reached(
        &self,
        size: &dyn Fn(usize) -> usize,
        one_half: bool,
        above: u64,
        at: impl Fn(Process) -> u64,
    ) -> u64 {
        let of = |half| {
            let (mut all, mut ahead, mut least) = (0, 0, u64::MAX);
            for reached in self.half(half).map(&at) {
                all += 1;
                if reached > above {
                    (ahead, least) = (ahead + 1, least.min(reached));
                }
            }
            let quorum = size(all);
            match quorum.cmp(&ahead) {
                _ if quorum == 0 => u64::MAX,
                Ordering::Greater => 0,
                Ordering::Equal => least,
                Ordering::Less => {
                    let mut reached: Vec<u64> = self.half(half).map(&at).collect();
                    reached.sort_unstable_by(|a, b| b.cmp(a));
                    reached[quorum - 1]
                }
            }
        };
        self.halves(one_half).map(of).min().unwrap_or(0)
    }

    /// The members while a change is made.
    pub(super) fn becoming(&self, change: &Change) -> Self {
        let mut seats = self.seats.clone();
        for (process, aim) in change.aims() {
            let part = Part::becoming(self.part(*process), *aim);
            let place = seats.binary_search_by_key(process, |(member, _)| *member);
            match (place, part) {
                (Ok(at), Some(part)) => seats[at].1 = part,
                (Ok(at), None) => _ = seats.remove(at),
                (Err(at), Some(part)) => seats.insert(at, (*process, part)),
                (Err(_), None) => {}
            }
        }
        Self::of(seats, self.made.clone())
    }

    /// The members once a change is over.
    pub(super) fn settled(&self) -> Self {
        let settle = |(p, part): &(Process, Part)| part.settled().map(|part| (*p, part));
        Self::of(self.seats.iter().filter_map(settle).collect(), self.made.clone())
    }

    /// The same, with a change of a process made.
    pub(super) fn with(mut self, client: Process, attempt: Attempt) -> Self {
        match self.made.binary_search_by_key(&client, |(known, _)| *known) {
            Ok(at) => self.made[at].1 = attempt,
            Err(at) => self.made.insert(at, (client, attempt)),
        }
        self
    }

    /// The last change of a process that has been made.
    pub(super) fn made(&self, client: Process) -> Attempt {
        let known = self.made.iter().find(|(known, _)| *known == client);
        known.map(|(_, attempt)| *attempt).unwrap_or_default()
    }

    /// What is handed out when they are applied.
    pub(super) fn shown(&self) -> Membership {
        let joint = self.is_joint();
        let learners = self.seats.iter().filter(|(_, part)| part.settled() == Some(Part::Learner));
        let learners = learners.map(|(member, _)| *member);
        let made = |(p, attempt): &(Process, Attempt)| (*p, attempt.life, attempt.number);
        Membership {
            voters: self.half(Half::After).collect(),
            old: joint.then(|| self.half(Half::Before).collect()),
            learners: learners.collect(),
            made: self.made.iter().map(made).collect(),
            ..Membership::default()
        }
    }
}

/// The members that count, and the index of the entry that says so; 0 for those of the beginning.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Force {
    /// The index.
    pub index: u64,
    /// The members.
    pub members: Arc<Members>,
}

inspect!(Force { index, members });

impl Config {
    /// How many of so many voters must vote for a leader.
    pub(super) fn electors(&self, voters: usize) -> usize {
        self.quorum(voters, self.q1)
    }

    /// How many of so many voters must have stored an entry.
    pub(super) fn keepers(&self, voters: usize) -> usize {
        self.quorum(voters, self.q2)
    }

    /// A quorum as it was set, for as many voters as there are in the beginning; or a majority.
    fn quorum(&self, voters: usize, set: u16) -> usize {
        if voters == self.members.voters() { set.into() } else { voters / 2 + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    const fn p(at: u16) -> Process {
        Process(at)
    }

    fn majority(voters: usize) -> usize {
        voters / 2 + 1
    }

    /// Every change of up to four processes, from every set of voters: a majority of before and a
    /// majority of after are both needed, and what comes of it is what was asked for.
    #[test]
    fn both_halves_count_while_voters_change() {
        let aims = [Aim::Voter, Aim::Learner, Aim::Out];
        for old in 1..16u16 {
            let voters: Vec<Process> = (0..4).filter(|at| old >> at & 1 == 1).map(p).collect();
            let start = Members::default()
                .becoming(&Change::of(voters.iter().map(|one| (*one, Aim::Voter))))
                .settled();
            for code in 0..81usize {
                let aim = |at: u16| aims[code / 3usize.pow(at.into()) % 3];
                let change = Change::of((0..4).map(|at| (p(at), aim(at))));
                let next = start.becoming(&change);
                let after: Vec<Process> =
                    (0..4).map(p).filter(|q| aim(q.0) == Aim::Voter).collect();
                assert_eq!(next.is_joint(), after != voters);
                assert_eq!(next.settled().shown().voters, after);
                for those in 0..16u16 {
                    let has = |q: Process| those >> q.0 & 1 == 1;
                    let count = |half: &[Process]| half.iter().filter(|q| has(**q)).count();
                    let need = |half: &[Process]| count(half) >= majority(half.len());
                    let wanted = need(&voters) && (after == voters || need(&after));
                    assert_eq!(next.is_quorum(&majority, false, has), wanted, "{next:?} {those}");
                    let reached = next.reached(&majority, false, 0, |q| u64::from(has(q)));
                    assert_eq!(reached >= 1, wanted, "{next:?} {those}");
                }
            }
        }
    }

    #[test]
    fn a_change_is_remembered_with_who_asked_for_it() {
        let attempt = |number| Attempt { life: 1, number };
        let members = Members::first(3).with(p(2), attempt(1)).with(p(0), attempt(4));
        assert_eq!(members.made(p(2)), attempt(1));
        assert_eq!(members.made(p(1)), Attempt::default());
        let members = members.with(p(2), attempt(2));
        assert_eq!(members.shown().made, vec![(p(0), 1, 4), (p(2), 1, 2)]);
    }
}
