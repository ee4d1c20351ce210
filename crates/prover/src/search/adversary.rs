//! Who can do what: an adversary says whom each process hears in a round.

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

/// What can happen in a round: every process that completes it hears one of the sets that are
/// listed for it, itself among them, whichever the others hear.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// For each process what it can hear; nothing for one that does not complete the round.
    pub(crate) heard: Vec<Vec<Set>>,
    /// What is so afterwards.
    pub(crate) next: Situation,
}

impl Block {
    /// How many ways there are.
    pub(crate) fn ways(&self) -> u64 {
        self.heard.iter().map(|sets| sets.len().max(1) as u64).product()
    }

    /// One of the ways: what each process hears, or nothing.
    pub(crate) fn way(&self, mut number: u64, heard: &mut [Set]) {
        for (sets, heard) in self.heard.iter().zip(heard) {
            let count = sets.len().max(1) as u64;
            *heard = sets.get((number % count) as usize).copied().unwrap_or(0);
            number /= count;
        }
    }
}

/// Whom each process hears, in every round of an execution, and the situations around the rounds.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(crate) inputs: Vec<u8>,
    pub(crate) situations: Vec<Situation>,
    pub(crate) heard: Vec<Vec<Set>>,
}

/// What may happen to n processes.
pub(crate) trait Adversary {
    /// How many processes there are.
    fn n(&self) -> usize;

    /// The proposals that it may start with.
    fn inputs(&self) -> Vec<Vec<u8>> {
        let n = self.n();
        (0..1_u32 << n).map(|bits| (0..n).map(|p| (bits >> p & 1) as u8).collect()).collect()
    }

    /// What can be so at the beginning.
    fn starts(&self) -> Vec<Situation> {
        vec![Situation { alive: all(self.n()), faulty: 0, lost: false, said: None }]
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
