//! Who can do what: an adversary says whom each process hears in a round.

use super::views::NONE;
use crate::certificate::Execution;

/// Processes, one bit each.
pub(crate) type Set = u16;

/// The largest group: sets have 16 bits, and no larger one comes to an end.
pub(crate) const PROCESSES_MAX: usize = 12;

/// Both values may be decided.
pub(crate) const ANYTHING: u8 = 0b11;

/// All of n processes.
pub(crate) fn all(n: usize) -> Set {
    ((1_u32 << n) - 1) as Set
}

/// The processes of a set, in order.
pub(crate) fn members(set: Set) -> impl Iterator<Item = usize> {
    (0..Set::BITS as usize).filter(move |p| set & (1 << p) != 0)
}

/// The subsets of a set, the set itself first and none last.
pub(crate) fn subsets(set: Set) -> impl Iterator<Item = Set> {
    let mut next = Some(set);
    std::iter::from_fn(move || {
        let now = next?;
        next = (now != 0).then(|| (now - 1) & set);
        Some(now)
    })
}

/// What an adversary has to remember.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Situation {
    /// Who has not crashed.
    pub(crate) alive: Set,
    /// Who is faulty, without having crashed.
    pub(crate) faulty: Set,
    /// Whether anything was lost.
    pub(crate) lost: bool,
    /// What all proposed, if they proposed the same.
    pub(crate) said: Option<u8>,
}

impl Situation {
    /// The same, with process `order[p]` in the place of p.
    pub(crate) fn renamed(self, order: &[usize]) -> Self {
        let place = |set: Set| {
            let there = order.iter().enumerate().filter(|(_, old)| set & (1 << **old) != 0);
            there.fold(0, |sum, (new, _)| sum | 1 << new)
        };
        Self { alive: place(self.alive), faulty: place(self.faulty), ..self }
    }
}

/// What a process hears in a round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Hearing {
    /// Of whom it hears what they have seen, itself among them.
    pub(crate) from: Set,
    /// What the liar claims to have seen, as the number of a view; nothing, if it is silent or
    /// there is none.
    pub(crate) claim: u32,
}

/// Of these it hears, and nobody lies.
pub(crate) fn honest(from: Set) -> Hearing {
    Hearing { from, claim: NONE }
}

/// What a liar can say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Speech {
    /// Nobody lies.
    Honest,
    /// It claims to have seen anything that can be seen.
    Oral,
    /// It claims anything of itself, but passes on only what others signed; or says nothing.
    Signed,
}

/// What can happen in a round: every process that completes it hears one of the things
/// that are listed for it, whichever the others hear.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// For each process what it can hear; nothing for one that does not complete the round.
    pub(crate) heard: Vec<Vec<Hearing>>,
    /// What is so afterwards.
    pub(crate) next: Situation,
}

impl Block {
    /// How many ways there are.
    pub(crate) fn ways(&self) -> u64 {
        let each = self.heard.iter().map(|options| options.len().max(1) as u64);
        each.fold(1, u64::saturating_mul)
    }

    /// One of the ways: what each process hears, or nothing.
    pub(crate) fn way(&self, mut number: u64) -> Vec<Hearing> {
        let option = |options: &Vec<Hearing>| {
            let count = options.len().max(1) as u64;
            let place = (number % count) as usize;
            number /= count;
            options.get(place).copied().unwrap_or(honest(0))
        };
        self.heard.iter().map(option).collect()
    }
}

/// Whom each process hears, in every round of an execution, and the situations around the rounds.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(crate) inputs: Vec<u8>,
    pub(crate) situations: Vec<Situation>,
    pub(crate) heard: Vec<Vec<Set>>,
    /// What the liar says, in the words of a certificate.
    pub(crate) lies: Vec<String>,
}

/// Everything that n processes can propose of so many values; of the few that are enough for most
/// impossibilities only those in order, and the most different first.
pub(crate) fn proposals(n: usize, values: u8, few: bool) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    for _ in 0..n {
        let longer =
            |inputs: Vec<u8>| (0..values).map(move |value| [&[value], &inputs[..]].concat());
        all = all.into_iter().flat_map(longer).collect();
        all.retain(|inputs: &Vec<u8>| !few || inputs.is_sorted_by(|a, b| a >= b));
    }
    all.sort_by_key(|inputs| inputs.iter().rev().copied().collect::<Vec<u8>>());
    if few {
        let kinds = |inputs: &Vec<u8>| (0..values).filter(|value| inputs.contains(value)).count();
        all.sort_by_key(|inputs| std::cmp::Reverse(kinds(inputs)));
    }
    all
}

/// What may happen to n processes.
pub(crate) trait Adversary {
    /// How many processes there are.
    fn n(&self) -> usize;

    /// How many values can be proposed.
    fn values(&self) -> u8 {
        2
    }

    /// The proposals that it may start with.
    fn inputs(&self) -> Vec<Vec<u8>> {
        proposals(self.n(), self.values(), false)
    }

    /// What can be so at the beginning.
    fn starts(&self) -> Vec<Situation> {
        vec![Situation { alive: all(self.n()), faulty: 0, lost: false, said: None }]
    }

    /// What all propose who matter, if they propose the same and that decides what may be decided:
    /// of more than two values those that have been heard of may be.
    fn said(&self, inputs: &[u8], start: Situation) -> Option<u8> {
        if self.values() > 2 {
            return None;
        }
        let mut matter = members(start.alive).map(|p| inputs[p]);
        let first = matter.next()?;
        matter.all(|input| input == first).then_some(first)
    }

    /// What a liar can say.
    fn speech(&self) -> Speech {
        Speech::Honest
    }

    /// How many different executions begin in one situation.
    fn beginnings(&self) -> u128 {
        self.inputs().len() as u128
    }

    /// How many things a liar can say to one process in a round.
    fn words(&self, _round: u16) -> u128 {
        1
    }

    /// What can happen in a round, counted from 1.
    fn round(&self, situation: Situation, round: u16) -> Vec<Block>;

    /// Who is correct in the end.
    fn correct(&self, situation: Situation) -> Set {
        situation.alive
    }

    /// What may be decided, one bit for each value: the one that all propose, if they do.
    fn allowed(&self, situation: Situation) -> u8 {
        situation.said.map_or(ANYTHING, |value| 1 << value)
    }

    /// Whether processes can exchange their names.
    fn is_fair(&self) -> bool {
        true
    }

    /// The execution in words.
    fn told(&self, path: &Path) -> Execution;
}

/// The messages that are not heard: round from 1, from whom, to whom.
pub(crate) fn unheard(path: &Path, n: usize) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
    let rounds = path.heard.iter().enumerate();
    rounds.flat_map(move |(at, heard)| {
        (0..n).flat_map(move |to| {
            let missing = all(n) & !heard[to];
            members(missing).map(move |from| (at + 1, from, to))
        })
    })
}
