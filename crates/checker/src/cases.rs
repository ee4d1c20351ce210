//! The cases: who is faulty from the start, and who proposes what.

use quorate_kernel::{Faults, Process, ProcessSet, RoundInput, Rounds};

use crate::question::Question;

/// One case, standing for `copies` cases that a permutation of processes makes equal to it.
#[derive(Clone, Debug)]
pub(crate) struct Case<R: Rounds> {
    pub(crate) faulty: ProcessSet,
    pub(crate) inputs: Vec<Option<RoundInput<R>>>,
    pub(crate) copies: u128,
}

/// Every case of a question, one for each class of permutations if symmetry is asked for.
///
/// Processes that may be swapped form a class. The case that stands for its class has, among
/// these, the faulty ones last and the inputs rising; only such cases are ever made. Seats are
/// filled from the last process to the first, so that along the seats of a class ranks rise.
pub(crate) struct Cases<'q, 'a, R: Rounds> {
    question: &'q Question<'a, R>,
    /// The most processes that may be faulty.
    most: u16,
    /// For every seat, the seat of the same class before it.
    before: Vec<Option<usize>>,
    /// For every seat its rank: faulty ones first, then by falling input.
    ranks: Option<Vec<usize>>,
}

impl<'q, 'a, R: Rounds> Cases<'q, 'a, R> {
    pub(crate) fn new(question: &'q Question<'a, R>) -> Self {
        let dynamic = matches!(question.model.faults, Faults::None | Faults::Crash);
        let most = match &question.faulty {
            Some(fixed) => fixed.len() as u16,
            None if dynamic => 0,
            None => question.model.faulty_max,
        };
        let seats = question.arena.group.size();
        let mut cases = Self { question, most, before: Vec::new(), ranks: None };
        cases.before = (0..seats)
            .map(|seat| (0..seat).rev().find(|other| cases.like(cases.at(*other), cases.at(seat))))
            .collect();
        let mut ranks = Vec::with_capacity(seats);
        cases.fill(&mut ranks);
        cases.ranks = Some(ranks);
        cases
    }

    fn at(&self, seat: usize) -> Process {
        Process((self.question.arena.group.size() - 1 - seat) as u16)
    }

    /// Whether two processes may be swapped without changing the question.
    fn like(&self, p: Process, q: Process) -> bool {
        let (question, arena) = (self.question, self.question.arena);
        let fixed = |p| question.faulty.as_ref().is_some_and(|fixed| fixed.contains(p));
        question.symmetry
            && R::alike(p, q, arena.group, arena.config)
            && question.inputs[p.index()] == question.inputs[q.index()]
            && fixed(p) == fixed(q)
    }

    /// The ranks that a seat may have: faulty or not, by input.
    fn range(&self, seat: usize) -> std::ops::Range<usize> {
        let p = self.at(seat);
        let inputs = self.question.inputs[p.index()].len();
        match &self.question.faulty {
            Some(fixed) if fixed.contains(p) => 0..inputs,
            Some(_) => inputs..2 * inputs,
            None => 0..2 * inputs,
        }
    }

    fn is_faulty(&self, seat: usize, rank: usize) -> bool {
        rank < self.question.inputs[self.at(seat).index()].len()
    }

    /// The smallest rank from `rank` on that a seat may have after those before it.
    fn smallest(&self, seat: usize, ranks: &[usize], rank: usize) -> Option<usize> {
        let range = self.range(seat);
        let floor = self.before[seat].map_or(0, |before| ranks[before]);
        let mut rank = rank.max(floor).max(range.start);
        let faulty = (0..seat).filter(|at| self.is_faulty(*at, ranks[*at])).count();
        if self.is_faulty(seat, rank) && faulty >= usize::from(self.most) {
            rank = self.question.inputs[self.at(seat).index()].len();
        }
        range.contains(&rank).then_some(rank)
    }

    /// Gives every seat after those that have one the smallest rank that it may have.
    fn fill(&self, ranks: &mut Vec<usize>) {
        for seat in ranks.len()..self.question.arena.group.size() {
            let rank = self.smallest(seat, ranks, 0).unwrap_or(self.range(seat).end - 1);
            ranks.push(rank);
        }
    }

    /// The next ranks, or none after the last.
    fn advance(&self, mut ranks: Vec<usize>) -> Option<Vec<usize>> {
        while let Some(rank) = ranks.pop() {
            let seat = ranks.len();
            if let Some(next) = self.smallest(seat, &ranks, rank + 1) {
                ranks.push(next);
                self.fill(&mut ranks);
                return Some(ranks);
            }
        }
        None
    }

    fn case(&self, ranks: &[usize]) -> Case<R> {
        let mut inputs = vec![None; ranks.len()];
        let mut faulty = ProcessSet::new();
        let mut copies = 1u128;
        for (seat, rank) in ranks.iter().enumerate() {
            let p = self.at(seat);
            let options = &self.question.inputs[p.index()];
            inputs[p.index()] = options[options.len() - 1 - rank % options.len()].clone();
            if self.is_faulty(seat, *rank) {
                faulty.insert(p);
            }
            // The multinomial coefficient of the class, one factor at a time: it stays whole.
            let (members, same) = self.peers(ranks, seat);
            copies = copies.saturating_mul(members) / same;
        }
        Case { faulty, inputs, copies }
    }

    /// How many seats of a seat's class there are up to it, and how many of them have its rank.
    fn peers(&self, ranks: &[usize], seat: usize) -> (u128, u128) {
        let (mut members, mut same, mut at) = (1, 1, self.before[seat]);
        while let Some(peer) = at {
            members += 1;
            same += u128::from(ranks[peer] == ranks[seat]);
            at = self.before[peer];
        }
        (members, same)
    }
}

impl<R: Rounds> Iterator for Cases<'_, '_, R> {
    type Item = Case<R>;

    fn next(&mut self) -> Option<Case<R>> {
        let ranks = self.ranks.take()?;
        let case = self.case(&ranks);
        self.ranks = self.advance(ranks);
        Some(case)
    }
}
