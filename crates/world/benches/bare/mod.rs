//! The floor: the same exchanges of messages as bare loops over flat arrays.
//!
//! Each loop hands the same messages to the same processes in the same rounds as the protocol of
//! its name does when nobody fails, counts them and their bits in the same way, and takes the
//! same decisions. There are no traits, no faults, no rules, and no judges.

pub(crate) mod engine;

use std::hint::black_box;

/// What a bare loop counted, and what was decided.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Told {
    /// Messages between different processes.
    pub(crate) messages: u64,
    /// Bits of these messages.
    pub(crate) bits: u64,
    /// What each process decided.
    pub(crate) decided: Vec<u16>,
}

impl Told {
    /// Counts what goes from one process to all others.
    fn broadcast(&mut self, n: usize, from: usize, messages: u64, bits: u64) {
        for to in 0..n {
            if to != from {
                self.messages += messages;
                self.bits += bits;
            }
        }
    }
}

/// Phase king for two values: every vote is counted by every process.
pub(crate) fn phase_king(n: usize, f: usize, inputs: &[u16]) -> Told {
    let mut told = Told::default();
    let mut x = inputs.to_vec();
    let mut sure = vec![false; n];
    for phase in 0..=f {
        let votes = x.clone();
        for from in 0..n {
            told.broadcast(n, from, 1, 1);
        }
        for to in 0..n {
            let mut counts = [0u32; 2];
            for vote in black_box(&votes) {
                counts[usize::from(*vote & 1)] += 1;
            }
            let maj = usize::from(counts[1] > counts[0]);
            x[to] = maj as u16;
            sure[to] = 2 * counts[maj] as usize > n + 2 * f;
        }
        let king = phase % n;
        told.broadcast(n, king, 1, 1);
        let word = x[king];
        for to in 0..n {
            if !sure[to] && to != king {
                x[to] = word;
            }
        }
    }
    told.decided = x;
    told
}

/// FloodSet for two values: a set is two bits of a word.
pub(crate) fn flood_set(n: usize, f: usize, inputs: &[u16]) -> Told {
    let mut told = Told::default();
    let mut seen: Vec<u64> = inputs.iter().map(|input| 1 << input).collect();
    let mut sent = vec![0u64; n];
    for _ in 0..=f {
        let new: Vec<u64> = seen.iter().zip(&sent).map(|(seen, sent)| seen & !sent).collect();
        for (from, set) in new.iter().enumerate().filter(|(_, set)| **set != 0) {
            told.broadcast(n, from, 1, u64::from(set.count_ones()));
        }
        sent.clone_from(&seen);
        for seen in &mut seen {
            for set in black_box(&new) {
                *seen |= set;
            }
        }
    }
    told.decided = seen.iter().map(|seen| seen.trailing_zeros() as u16).collect();
    told
}

/// The paths of one length in OM, and what every general holds for each of them.
struct Level {
    /// Who stands on each path, as bits.
    masks: Vec<u32>,
    /// What each general was told, by path and then by general.
    values: Vec<u16>,
}

/// OM(m) with p0 as the commander: every value goes along every path, and majorities go back.
pub(crate) fn om(n: usize, m: usize, order: u16) -> Told {
    let mut told = Told::default();
    let mut levels = vec![Level { masks: vec![1], values: vec![order; n] }];
    told.broadcast(n, 0, 1, 1);
    for _ in 0..m {
        let last = &levels[levels.len() - 1];
        let mut next = Level { masks: Vec::new(), values: Vec::new() };
        for (path, mask) in last.masks.iter().enumerate() {
            for from in (0..n).filter(|from| mask >> from & 1 == 0) {
                let word = last.values[path * n + from];
                let child = mask | 1 << from;
                next.masks.push(child);
                for to in 0..n {
                    let sent = child >> to & 1 == 0;
                    next.values.push(if sent { word } else { 0 });
                    told.messages += u64::from(sent);
                    told.bits += u64::from(sent);
                }
            }
        }
        levels.push(next);
    }
    let mut below = levels.pop().map(|level| level.values).unwrap_or_default();
    for level in levels.iter().rev() {
        below = majorities(n, level, &below);
    }
    told.decided = below;
    told.decided[0] = order;
    told
}

/// What each general makes of each path: the majority of what it was told of it and below it.
fn majorities(n: usize, level: &Level, below: &[u16]) -> Vec<u16> {
    let mut out = Vec::with_capacity(level.values.len());
    let mut first = 0;
    for (path, mask) in level.masks.iter().enumerate() {
        for me in 0..n {
            let mut counts = [0u32; 2];
            counts[usize::from(level.values[path * n + me] & 1)] += 1;
            let others = (0..n).filter(|from| mask >> from & 1 == 0);
            for (child, from) in (first..).zip(others) {
                if from != me {
                    counts[usize::from(below[child * n + me] & 1)] += 1;
                }
            }
            out.push(u16::from(counts[1] > counts[0]));
        }
        first += n - mask.count_ones() as usize;
    }
    out
}
