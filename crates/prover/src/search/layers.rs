//! Adversaries without faulty processes: in every round anything of one kind may go unheard.

use super::adversary::{
    ANYTHING, Adversary, Block, Path, Set, Situation, all, honest, members, proposals, subsets,
    unheard,
};
use crate::certificate::{Execution, Numbers};

/// What may go unheard in a round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// In each round one of these; see [`Question::losses`](crate::Question::losses).
    Sets(Numbers),
    /// Any message, and only one process sends in a round, p0 first.
    InTurn,
    /// Any message, but so many in all.
    Few(u16),
    /// For each process, so many of the others.
    Late(u16),
    /// The same, and what matters is what p0 proposes.
    LateOrder(u16),
    /// What one immediate snapshot does not show.
    ImmediateSnapshot,
    /// What one snapshot does not show.
    Snapshot,
}

/// More processes have more snapshots than can be listed.
pub(crate) const SNAPSHOTS_MAX: usize = 5;

/// n processes, none of which is faulty.
pub(crate) struct Layers {
    pub(crate) n: usize,
    pub(crate) kind: Kind,
    /// How many values can be proposed.
    pub(crate) values: u8,
    /// Whether to leave out proposals that are not in order.
    pub(crate) few: bool,
}

impl Layers {
    fn is_loss(&self) -> bool {
        matches!(self.kind, Kind::Sets(_) | Kind::InTurn | Kind::Few(_))
    }

    /// What everybody can hear, where it depends on what the others hear.
    fn patterns(&self, round: u16) -> Vec<Vec<Set>> {
        let n = self.n;
        let own = |p: usize| 1 << p;
        let choices = |p: usize| -> Vec<Set> {
            let others = match self.kind {
                Kind::InTurn if p != usize::from(round % 2) => 0,
                _ => all(n) & !own(p),
            };
            subsets(others).map(|heard| heard | own(p)).collect()
        };
        let mut patterns: Vec<Vec<Set>> = vec![Vec::new()];
        for p in 0..n {
            let longer = |pattern: Vec<Set>| {
                let longer = move |heard: Set| [pattern.clone(), vec![heard]].concat();
                choices(p).into_iter().map(longer)
            };
            patterns = patterns.into_iter().flat_map(longer).collect();
        }
        patterns.retain(|pattern| match self.kind {
            Kind::ImmediateSnapshot => is_snapshot(pattern) && is_immediate(pattern),
            Kind::Snapshot => is_snapshot(pattern),
            _ => true,
        });
        patterns
    }

    /// Whether what is lost in a pattern may be lost in a round.
    fn may_lose(&self, pattern: &[Set], round: u16) -> bool {
        let Kind::Sets(sets) = self.kind else { return true };
        let last = sets.all().len().saturating_sub(1);
        let set = sets.get(usize::from(round - 1).min(last)).unwrap_or(u8::MAX);
        let lost = usize::from(pattern[1] & 1 == 0) + 2 * usize::from(pattern[0] & 2 == 0);
        set >> lost & 1 == 1
    }
}

/// How many messages are not heard.
fn missing(pattern: &[Set]) -> u32 {
    pattern.iter().map(|heard| (all(pattern.len()) & !heard).count_ones()).sum()
}

/// Whether of any two who saw something, one saw all that the other did.
fn is_snapshot(pattern: &[Set]) -> bool {
    pattern.iter().all(|a| pattern.iter().all(|b| a & b == *a || a & b == *b))
}

/// Whether who sees a process sees all that it saw.
fn is_immediate(pattern: &[Set]) -> bool {
    pattern.iter().all(|seen| members(*seen).all(|q| pattern[q] & !seen == 0))
}

impl Adversary for Layers {
    fn n(&self) -> usize {
        self.n
    }

    fn values(&self) -> u8 {
        self.values
    }

    fn inputs(&self) -> Vec<Vec<u8>> {
        if matches!(self.kind, Kind::LateOrder(_)) {
            return [0, 1].map(|order| [&[order][..], &vec![0; self.n - 1]].concat()).to_vec();
        }
        proposals(self.n, self.values, self.few)
    }

    fn said(&self, inputs: &[u8], _: Situation) -> Option<u8> {
        let same =
            matches!(self.kind, Kind::LateOrder(_)) || inputs.iter().all(|i| *i == inputs[0]);
        (self.values == 2 && same).then_some(inputs[0])
    }

    fn round(&self, situation: Situation, round: u16) -> Vec<Block> {
        if let Kind::Late(f) | Kind::LateOrder(f) = self.kind {
            let whole = all(self.n);
            let heard = |p: usize| {
                let missed = subsets(whole & !(1 << p));
                let missed = missed.filter(|missed| missed.count_ones() <= f.into());
                let mut missed: Vec<Set> = missed.collect();
                missed.sort_by_key(|missed| missed.count_ones());
                missed.into_iter().map(|missed| honest(whole & !missed)).collect()
            };
            return vec![Block { heard: (0..self.n).map(heard).collect(), next: situation }];
        }
        let patterns = self.patterns(round);
        let most = patterns[0].clone();
        let block = |pattern: Vec<Set>| {
            if !self.may_lose(&pattern, round) {
                return None;
            }
            let lost = self.is_loss() && (situation.lost || pattern != most);
            let mut next = Situation { lost, ..situation };
            if let Kind::Few(few) = self.kind {
                // Nobody is faulty: the bits of that set count what was lost.
                let count = situation.faulty.count_ones() + missing(&pattern);
                if count > u32::from(few) {
                    return None;
                }
                next.faulty = ((1_u32 << count) - 1) as Set;
            }
            let heard = pattern.into_iter().map(|heard| vec![honest(heard)]).collect();
            Some(Block { heard, next })
        };
        patterns.into_iter().filter_map(block).collect()
    }

    fn allowed(&self, situation: Situation) -> u8 {
        match situation.said {
            // An attack is owed only if every message arrived.
            Some(1) if situation.lost => ANYTHING,
            said => said.map_or(ANYTHING, |value| 1 << value),
        }
    }

    fn is_fair(&self) -> bool {
        !self.is_loss() && !matches!(self.kind, Kind::LateOrder(_))
    }

    fn told(&self, path: &Path) -> Execution {
        let sends = |round: usize, from: usize| self.kind != Kind::InTurn || from != round % 2;
        let word = |(round, from, to): (usize, usize, usize)| match self.is_loss() {
            true => format!("lose p{from}@{round}:p{to}"),
            false => format!("miss p{to}@{round}:p{from}"),
        };
        let unheard = unheard(path, self.n).filter(|(round, from, _)| sends(*round, *from));
        let faults = unheard.map(word).collect();
        Execution { inputs: path.inputs.clone(), faulty: Vec::new(), faults }
    }
}
