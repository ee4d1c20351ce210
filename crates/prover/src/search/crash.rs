//! Crashes: in the round in which a process crashes it still reaches any of the others.

use super::adversary::{
    Adversary, Block, Path, Set, Situation, all, honest, members, proposals, subsets,
};
use crate::certificate::Execution;

/// At most f of n processes crash.
pub(crate) struct Crash {
    pub(crate) n: usize,
    pub(crate) f: usize,
    /// Whether to leave out what an impossibility rarely needs: more than k crashes in a round, and
    /// proposals that are not greatest for the first processes and least for the last.
    pub(crate) few: bool,
    /// How many values can be proposed: one more than k.
    pub(crate) values: u8,
}

impl Adversary for Crash {
    fn n(&self) -> usize {
        self.n
    }

    fn values(&self) -> u8 {
        self.values
    }

    fn inputs(&self) -> Vec<Vec<u8>> {
        proposals(self.n, self.values, self.few)
    }

    fn round(&self, situation: Situation, _: u16) -> Vec<Block> {
        let alive = situation.alive;
        let left = self.f - (self.n - alive.count_ones() as usize);
        let most = if self.few { left.min(usize::from(self.values) - 1) } else { left };
        let may = |crashing: &Set| crashing.count_ones() as usize <= most && *crashing != alive;
        let mut crashing: Vec<Set> = subsets(alive).filter(may).collect();
        crashing.sort_by_key(|set| (set.count_ones(), *set));
        let block = |crashing: Set| {
            let stay = alive & !crashing;
            let heard = |p: usize| match stay & (1 << p) {
                0 => Vec::new(),
                _ => subsets(crashing).map(|reaching| honest(stay | reaching)).collect(),
            };
            let next = Situation { alive: stay, ..situation };
            Block { heard: (0..self.n).map(heard).collect(), next }
        };
        crashing.into_iter().map(block).collect()
    }

    fn told(&self, path: &Path) -> Execution {
        let mut faults = Vec::new();
        for (at, heard) in path.heard.iter().enumerate() {
            let (before, after) = (path.situations[at].alive, path.situations[at + 1].alive);
            for p in members(before & !after) {
                let reached = members(after).filter(|to| heard[*to] & (1 << p) != 0);
                let reached: Vec<String> = reached.map(|to| format!("p{to}")).collect();
                let to = if reached.is_empty() { "" } else { ":" };
                faults.push(format!("crash p{p}@{}{to}{}", at + 1, reached.join(",")));
            }
        }
        let last = path.situations.last().map_or(0, |last| last.alive);
        let faulty = members(all(self.n) & !last).map(|p| p as u16).collect();
        Execution { inputs: path.inputs.clone(), faulty, faults }
    }
}
