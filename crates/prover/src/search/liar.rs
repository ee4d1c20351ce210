//! One liar among n processes.

use super::adversary::{Adversary, Block, Path, Situation, Speech, all, honest, members};
use crate::certificate::Execution;

/// One of n processes says what it likes, to each what it likes.
pub(crate) struct Liar {
    pub(crate) n: usize,
    pub(crate) speech: Speech,
}

impl Adversary for Liar {
    fn n(&self) -> usize {
        self.n
    }

    fn starts(&self) -> Vec<Situation> {
        let start = |liar: usize| Situation {
            alive: all(self.n) & !(1 << liar),
            faulty: 1 << liar,
            lost: false,
            said: None,
        };
        (0..self.n).map(start).collect()
    }

    fn speech(&self) -> Speech {
        self.speech
    }

    fn beginnings(&self) -> u128 {
        // What the liar itself proposes is nothing that anybody sees.
        1 << (self.n - 1)
    }

    fn words(&self, round: u16) -> u128 {
        let n = self.n as u32;
        let mut words = 2_u128;
        for _ in 1..round {
            words = match self.speech {
                Speech::Signed => words.saturating_mul(1 << (n - 1)),
                _ => words.saturating_pow(n),
            };
        }
        if self.speech == Speech::Signed { words.saturating_add(1) } else { words }
    }

    fn round(&self, situation: Situation, _: u16) -> Vec<Block> {
        let heard = |p: usize| match situation.alive & (1 << p) {
            0 => Vec::new(),
            _ => vec![honest(all(self.n))],
        };
        vec![Block { heard: (0..self.n).map(heard).collect(), next: situation }]
    }

    fn is_fair(&self) -> bool {
        // Claims are numbers of views with names.
        false
    }

    fn told(&self, path: &Path) -> Execution {
        let faulty = members(path.situations[0].faulty).map(|p| p as u16).collect();
        Execution { inputs: path.inputs.clone(), faulty, faults: path.lies.clone() }
    }
}
