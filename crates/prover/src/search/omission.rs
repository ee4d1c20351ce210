//! Omissions: a faulty process does not send to some, or does not receive from some.

use super::adversary::{
    Adversary, Block, Path, Set, Situation, all, honest, members, proposals, subsets, unheard,
};
use crate::certificate::Execution;

/// At most f of n processes omit.
pub(crate) struct Omission {
    pub(crate) n: usize,
    pub(crate) f: usize,
    /// Whether they may omit to receive, too.
    pub(crate) general: bool,
    /// How many values can be proposed.
    pub(crate) values: u8,
    /// Whether to leave out proposals that are not in order.
    pub(crate) few: bool,
}

impl Adversary for Omission {
    fn n(&self) -> usize {
        self.n
    }

    fn values(&self) -> u8 {
        self.values
    }

    fn inputs(&self) -> Vec<Vec<u8>> {
        proposals(self.n, self.values, self.few)
    }

    fn starts(&self) -> Vec<Situation> {
        let whole = all(self.n);
        let may = |set: &Set| set.count_ones() as usize <= self.f;
        let start = |faulty| Situation { alive: whole, faulty, lost: false, said: None };
        subsets(whole).filter(may).map(start).collect()
    }

    fn round(&self, situation: Situation, _: u16) -> Vec<Block> {
        let (whole, faulty) = (all(self.n), situation.faulty);
        let heard = |p: usize| {
            let unsure = if self.general && faulty & (1 << p) != 0 { whole } else { faulty };
            let unsure = unsure & !(1 << p);
            subsets(unsure).map(|sent| honest((whole & !unsure) | sent)).collect()
        };
        vec![Block { heard: (0..self.n).map(heard).collect(), next: situation }]
    }

    fn correct(&self, situation: Situation) -> Set {
        situation.alive & !situation.faulty
    }

    fn told(&self, path: &Path) -> Execution {
        let faulty = path.situations[0].faulty;
        let word = |(round, from, to): (usize, usize, usize)| {
            if faulty & (1 << from) != 0 {
                format!("omit p{from}@{round}:p{to}")
            } else {
                format!("miss p{to}@{round}:p{from}")
            }
        };
        let faults = unheard(path, self.n).map(word).collect();
        let faulty = members(faulty).map(|p| p as u16).collect();
        Execution { inputs: path.inputs.clone(), faulty, faults }
    }
}
