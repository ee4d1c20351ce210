//! The shortest chain of executions from one in which 0 must be decided to one in which 1 must be.

use super::early::is_due;
use super::graph::Graph;
use super::limits::{Limits, Stopped};
use super::paths::execution;
use super::states::States;
use crate::certificate::Link;

const UNSEEN: u32 = u32::MAX;
const START: u32 = u32::MAX - 1;

/// A set that was reached: by views of one process, or of several.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Touched {
    Not,
    /// The views of all others are reached too.
    By(u8),
    Whole,
}

/// Breadth first from the executions in which 0 must be decided. From a view of a process all views
/// of the others in the same set are one execution away, but not its own other views: those need an
/// execution more.
struct Search<'g> {
    graph: &'g Graph,
    owners: Vec<u8>,
    /// By which view and in which set each was reached.
    before: Vec<u32>,
    through: Vec<u32>,
    queue: Vec<u32>,
    touched: Vec<Touched>,
    /// The sets of each view, and where they begin.
    sets: Vec<u32>,
    starts: Vec<u32>,
}

/// The shortest chain, if there is one.
pub(crate) fn chain(states: &mut States<'_>, graph: &Graph) -> Result<Option<Vec<Link>>, Stopped> {
    let limits = states.limits();
    let mut search = Search::new(graph, states.adversary.n(), limits, states.bytes())?;
    let Some((last, set)) = search.run(limits)? else { return Ok(None) };
    let mut views = vec![last];
    let mut sets = vec![set];
    while search.before[views[views.len() - 1] as usize] != START {
        let view = views[views.len() - 1] as usize;
        sets.push(search.through[view]);
        views.push(search.before[view]);
    }
    sets.push(search.through[views[views.len() - 1] as usize]);
    views.reverse();
    sets.reverse();
    search.show_due(states, &mut views, &mut sets);
    // The execution of set k has the views on both of its sides.
    let owner = |view: &u32| search.owners[*view as usize];
    let links = sets.iter().enumerate().map(|(at, set)| {
        let sides = [at.checked_sub(1).map(|at| views[at]), views.get(at).copied()];
        let held: Vec<(u8, u32)> =
            sides.iter().flatten().map(|view| (owner(view), *view)).collect();
        let execution = execution(states, graph, *set as usize, &held)?;
        let early = views.get(at).and_then(|view| states.early.vertices.get(*view as usize));
        let round = early.map(|(round, _)| *round);
        Ok(Link { execution, same: views.get(at).map(|view| owner(view).into()), round })
    });
    links.collect::<Result<Vec<Link>, Stopped>>().map(Some)
}

impl<'g> Search<'g> {
    fn new(graph: &'g Graph, n: usize, limits: Limits, held: usize) -> Result<Self, Stopped> {
        let count = graph.count();
        limits.look(held + graph.bytes() + 17 * count + 5 * graph.len() + 4 * graph.unions())?;
        let mut starts = vec![0_u32; count + 1];
        let mut owners = vec![0; count];
        for at in 0..graph.len() {
            for p in 0..n {
                for view in graph.of(at, p) {
                    starts[*view as usize + 1] += 1;
                    owners[*view as usize] = p as u8;
                }
            }
        }
        for at in 0..count {
            starts[at + 1] += starts[at];
        }
        let mut sets = vec![0; graph.unions()];
        let mut next = starts.clone();
        for at in 0..graph.len() {
            for view in graph.set(at) {
                sets[next[*view as usize] as usize] = at as u32;
                next[*view as usize] += 1;
            }
        }
        Ok(Self {
            graph,
            owners,
            before: vec![UNSEEN; count],
            through: vec![UNSEEN; count],
            queue: Vec::new(),
            touched: vec![Touched::Not; graph.len()],
            sets,
            starts,
        })
    }

    /// Puts an execution in which the witness has to decide between two in which it does not: it is
    /// faulty in them, or more have failed and there is more time.
    fn show_due(&self, states: &States<'_>, views: &mut Vec<u32>, sets: &mut Vec<u32>) {
        for at in (0..views.len()).rev() {
            let view = views[at];
            let owner = self.owners[view as usize];
            let early = states.early.vertices.get(view as usize);
            let round = early.map_or(states.question.rounds, |(round, _)| *round);
            let due = |set: &u32| {
                let correct = self.graph.origins[*set as usize].correct;
                correct & (1 << owner) != 0 && is_due(&states.question, correct, round)
            };
            if due(&sets[at]) || due(&sets[at + 1]) {
                continue;
            }
            let range =
                self.starts[view as usize] as usize..self.starts[view as usize + 1] as usize;
            if let Some(set) = self.sets[range].iter().find(|set| due(set)) {
                views.insert(at, view);
                sets.insert(at + 1, *set);
            }
        }
    }

    fn reach(&mut self, view: u32, before: u32, through: usize) {
        if self.before[view as usize] == UNSEEN {
            self.before[view as usize] = before;
            self.through[view as usize] = through as u32;
            self.queue.push(view);
        }
    }

    /// The last view, and the set in which 1 must be decided.
    fn run(&mut self, limits: Limits) -> Result<Option<(u32, u32)>, Stopped> {
        let graph = self.graph;
        for at in (0..graph.len()).filter(|at| graph.allowed[*at] == 0b01) {
            self.touched[at] = Touched::Whole;
            graph.set(at).iter().for_each(|view| self.reach(*view, START, at));
        }
        let mut head = 0;
        while let Some(view) = self.queue.get(head).copied() {
            head += 1;
            if head.is_multiple_of(1 << 14) {
                limits.look(0)?;
            }
            let range = self.starts[view as usize]..self.starts[view as usize + 1];
            for place in range {
                let set = self.sets[place as usize];
                if graph.allowed[set as usize] == 0b10 {
                    return Ok(Some((view, set)));
                }
                self.touch(set as usize, view);
            }
        }
        Ok(None)
    }

    fn touch(&mut self, set: usize, view: u32) {
        let (graph, owner) = (self.graph, self.owners[view as usize]);
        let n = graph.processes();
        let reached: Vec<usize> = match self.touched[set] {
            Touched::Not => (0..n).filter(|p| *p != usize::from(owner)).collect(),
            Touched::By(first) if first != owner => vec![first.into()],
            _ => return,
        };
        let fresh = self.touched[set] == Touched::Not;
        self.touched[set] = if fresh { Touched::By(owner) } else { Touched::Whole };
        for p in reached {
            graph.of(set, p).iter().for_each(|other| self.reach(*other, view, set));
        }
    }
}
