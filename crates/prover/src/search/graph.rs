//! The graph of final views. What can happen in the last round is not taken apart into executions:
//! what one process hears is independent of what another hears, so if two or more must agree, all
//! that any of them can see is joined. What a single one can see is not.

use super::adversary::{Block, Set};
use super::limits::Stopped;
use super::states::States;
use super::views::{NONE, Rows};

/// Where executions come from that differ in the last round only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// The state before the last round.
    pub(crate) state: u32,
    /// What can happen in it.
    pub(crate) block: u16,
    /// Who is correct in them.
    pub(crate) correct: Set,
}

/// Sets of final views that are joined.
pub(crate) struct Graph {
    /// The final views of those who have not decided earlier.
    pub(crate) vertices: Rows,
    /// How many decide earlier: their numbers come first.
    pub(crate) early: usize,
    /// The views of all sets, one after the other.
    members: Vec<u32>,
    /// The end of each process's views in each set: n ends for a set.
    ends: Vec<u32>,
    pub(crate) origins: Vec<Origin>,
    /// What may be decided, for each set.
    pub(crate) allowed: Vec<u8>,
    n: usize,
}

/// What can happen in the last round from a state.
struct Round<'r> {
    states: &'r States<'r>,
    state: u32,
    block: &'r Block,
    before: &'r [u32],
}

impl Graph {
    /// Makes the last round. In uniform problems faulty processes must agree too, if they decide:
    /// and a process has to decide if it could be correct, by what it has seen.
    pub(crate) fn new(states: &mut States<'_>) -> Result<Self, Stopped> {
        let (n, uniform) = (states.adversary.n(), states.question.uniform);
        let mut graph = Self {
            vertices: Rows::new(states.names.width(n)),
            early: states.early.vertices.len(),
            members: Vec::new(),
            ends: Vec::new(),
            origins: Vec::new(),
            allowed: Vec::new(),
            n,
        };
        if uniform {
            graph.finish(states, false)?;
            graph.members.clear();
            graph.ends.clear();
            graph.origins.clear();
            graph.allowed.clear();
        }
        graph.finish(states, uniform)?;
        Ok(graph)
    }

    fn finish(&mut self, states: &mut States<'_>, uniform: bool) -> Result<(), Stopped> {
        let round = states.layers.len() - 1;
        let mut options: Vec<Vec<u32>> = vec![Vec::new(); self.n];
        for state in 0..states.layers[round].len() as u32 {
            if state.is_multiple_of(16) {
                states.limits().look(states.bytes() + self.bytes())?;
            }
            let (before, situation) = states.state(round, state);
            let before = before.to_vec();
            let said = states.situation(situation).said;
            let blocks = states.blocks(situation, round as u16 + 1);
            for (number, block) in blocks.iter().enumerate() {
                let mut after = block.next;
                after.said = said;
                let correct = states.adversary.correct(after);
                let block = states.spoken(block, round, &before)?;
                let round = Round { states, state, block: &block, before: &before };
                self.decide(&round, correct, uniform, &mut options)?;
                let origin = Origin { state, block: number as u16, correct };
                self.join(&options, origin, states.adversary.allowed(after))?;
            }
        }
        Ok(())
    }

    /// What each process decides with that has to.
    fn decide(
        &mut self,
        round: &Round<'_>,
        correct: Set,
        uniform: bool,
        options: &mut [Vec<u32>],
    ) -> Result<(), Stopped> {
        let (states, before) = (round.states, round.before);
        let done = states.layers.len() - 1;
        let mut view = Vec::new();
        for (p, (sets, views)) in round.block.heard.iter().zip(options).enumerate() {
            views.clear();
            let is_correct = correct & (1 << p) != 0;
            if !is_correct && !uniform {
                continue;
            }
            let decided = states.lasting(done, round.state, p);
            if decided != NONE {
                views.push(decided);
                continue;
            }
            for heard in sets {
                states.names.view(p, *heard, before, &mut view);
                let found = match is_correct {
                    true => Some(self.vertices.intern(&view)?.0),
                    false => self.vertices.find(&view),
                };
                views.extend(found.map(|found| found + self.early as u32));
            }
        }
        Ok(())
    }

    /// With which number a process decides after the last round that has not decided earlier.
    pub(crate) fn find(&self, view: &[u32]) -> Option<u32> {
        self.vertices.find(view).map(|found| found + self.early as u32)
    }

    /// How many there are with which a process decides.
    pub(crate) fn count(&self) -> usize {
        self.early + self.vertices.len()
    }

    fn join(&mut self, options: &[Vec<u32>], origin: Origin, allowed: u8) -> Result<(), Stopped> {
        let mut deciding = options.iter().enumerate().filter(|(_, views)| !views.is_empty());
        let (first, second) = (deciding.next(), deciding.next());
        if second.is_some() {
            return self.add(options.iter().map(Vec::as_slice), origin, allowed);
        }
        for (p, views) in first.into_iter() {
            for view in views {
                let one = std::slice::from_ref(view);
                let sets = (0..self.n).map(|q| if q == p { one } else { &[] });
                self.add(sets, origin, allowed)?;
            }
        }
        Ok(())
    }

    fn add<'o>(
        &mut self,
        sets: impl Iterator<Item = &'o [u32]>,
        origin: Origin,
        allowed: u8,
    ) -> Result<(), Stopped> {
        for views in sets {
            self.members.extend_from_slice(views);
            self.ends.push(u32::try_from(self.members.len()).map_err(|_| Stopped::Size)?);
        }
        self.origins.push(origin);
        self.allowed.push(allowed);
        Ok(())
    }

    pub(crate) fn processes(&self) -> usize {
        self.n
    }

    /// How many sets there are.
    pub(crate) fn len(&self) -> usize {
        self.origins.len()
    }

    /// How many views the sets have together.
    pub(crate) fn unions(&self) -> usize {
        self.members.len()
    }

    /// All views of a set.
    pub(crate) fn set(&self, at: usize) -> &[u32] {
        let start = if at == 0 { 0 } else { self.ends[at * self.n - 1] };
        &self.members[start as usize..self.ends[(at + 1) * self.n - 1] as usize]
    }

    /// The views of one process in a set.
    pub(crate) fn of(&self, at: usize, p: usize) -> &[u32] {
        let place = at * self.n + p;
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.members[start as usize..self.ends[place] as usize]
    }

    pub(crate) fn bytes(&self) -> usize {
        self.vertices.bytes()
            + self.members.capacity() * 4
            + self.ends.capacity() * 4
            + self.origins.capacity() * size_of::<Origin>()
            + self.allowed.capacity()
    }
}
