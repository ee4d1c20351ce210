//! The links of a group: how many messages each carried, and which are cut.

use quorate_kernel::{Process, ProcessSet};
use quorate_world::Conditions;

use crate::plan::Letter;

#[derive(Debug)]
pub(crate) struct Network {
    n: usize,
    carried: Vec<u32>,
    /// The latest arrival so far on each link, where links keep the order of sending.
    latest: Vec<u64>,
    /// How many cuts each link is under, and when the last one began; empty before the first.
    cuts: Vec<(u16, u64)>,
}

impl Network {
    /// The links between so many processes.
    pub(crate) fn new(size: usize, conditions: &Conditions) -> Self {
        let links = size * size;
        let latest = if conditions.fifo { vec![0; links] } else { Vec::new() };
        Self { n: size, carried: vec![0; links], latest, cuts: Vec::new() }
    }

    #[inline]
    fn place(&self, from: Process, to: Process) -> usize {
        from.index() * self.n + to.index()
    }

    /// The number of the next message on a link.
    #[inline]
    pub(crate) fn number(&mut self, from: Process, to: Process) -> u32 {
        let place = self.place(from, to);
        let number = self.carried[place];
        self.carried[place] = number.wrapping_add(1);
        number
    }

    /// When a message that would arrive then does arrive.
    #[inline]
    pub(crate) fn arrival(&mut self, letter: Letter, at: u64) -> u64 {
        if self.latest.is_empty() {
            return at;
        }
        let place = self.place(letter.from, letter.to);
        self.latest[place] = self.latest[place].max(at);
        self.latest[place]
    }

    pub(crate) fn any_cut(&self) -> bool {
        !self.cuts.is_empty()
    }

    /// Whether a link is cut, or was at any time since then.
    pub(crate) fn cut_since(&self, from: Process, to: Process, since: u64) -> bool {
        let (cuts, last) = self.cuts[self.place(from, to)];
        cuts > 0 || last > since
    }

    /// Whether a link is cut now.
    pub(crate) fn is_cut(&self, from: Process, to: Process) -> bool {
        self.any_cut() && self.cuts[self.place(from, to)].0 > 0
    }

    pub(crate) fn cut(&mut self, from: &ProcessSet, to: &ProcessSet, now: u64) {
        if self.cuts.is_empty() {
            self.cuts = vec![(0, 0); self.n * self.n];
        }
        for (from, to) in pairs(from, to, self.n) {
            let place = self.place(from, to);
            self.cuts[place] = (self.cuts[place].0 + 1, now);
        }
    }

    pub(crate) fn heal(&mut self, from: &ProcessSet, to: &ProcessSet) {
        if self.cuts.is_empty() {
            return;
        }
        for (from, to) in pairs(from, to, self.n) {
            let place = self.place(from, to);
            self.cuts[place].0 = self.cuts[place].0.saturating_sub(1);
        }
    }
}

fn pairs(from: &ProcessSet, to: &ProcessSet, n: usize) -> Vec<(Process, Process)> {
    let known = |who: &Process| who.index() < n;
    let to: Vec<Process> = to.iter().filter(known).collect();
    let from = from.iter().filter(known);
    from.flat_map(|from| to.iter().map(move |to| (from, *to))).filter(|(a, b)| a != b).collect()
}
