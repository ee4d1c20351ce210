//! Runs without end in which something that is owed never comes: fair circles of the graph.
//!
//! What is under way at a correct process is a *token* of a state: a message that must arrive, a
//! timer that runs, a request that waits. Weak fairness (justice): no token stays for ever; it is
//! taken, or taken back. A run without end comes to stay within one strongly connected component,
//! so there is a fair one there if, and only if, no token is in all states of the component and is
//! taken by none of its steps: with such a token every circle in the component is unfair, and
//! without one the run that takes every step again and again is fair (Lichtenstein, Pnueli 1985).
//! Strong fairness (compassion): what can happen again and again happens again and again, so that a
//! link which is used for ever lets something through. Where a component has an event that can
//! happen and never does, the states in which it can are taken out, and what is left is looked at
//! again (Emerson, Lei 1987).
//!
//! Where lots fall by chance, a scheduler can keep a run in a set of states only if every outcome
//! of each event that it lets happen stays in the set: an *end component* (de Alfaro 1997). If none
//! that is fair leaves something owed undone, it comes with probability 1 under every scheduler.
//!
//! With partial synchrony calm comes in every fair run, so only circles in the calm count; and as
//! whoever must come back comes back, only circles in which no more are down than may fail.

use std::collections::{BTreeSet, VecDeque};

use rustc_hash::FxHashMap;

use super::components::components;
use super::expand::{Expander, Kind, Step};
use super::graph::{Graph, Limits};
use super::state::Roll;
use super::tables::{Case, WEAK};
use crate::question::Stop;

/// What happens without end if it can, and how lots fall.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fairness {
    /// Whether what can happen again and again must; otherwise only what can happen all the time.
    pub strong: bool,
    /// Whether lots and coins fall by chance; otherwise as the adversary likes.
    pub chance: bool,
}

/// A run that comes back to a state for ever: the steps to it, and those from it to itself, each
/// with the state to which it leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Lasso {
    pub(super) root: u32,
    pub(super) stem: Vec<(u32, Step)>,
    pub(super) circle: Vec<(u32, Step)>,
}

/// Looks for circles.
pub(super) struct Circles<'g, 's> {
    graph: &'g Graph,
    expander: &'g mut Expander<'s>,
    fairness: Fairness,
    /// The component of each state under consideration.
    component: Vec<u32>,
    fresh: u32,
    /// Events, by state, that can lead out of the state's component by chance.
    leaky: BTreeSet<(u32, u32)>,
}

/// The component of a state that is out of consideration.
pub(super) const OUT: u32 = u32::MAX;

/// A step within a component.
#[derive(Clone, Copy)]
struct Edge {
    from: u32,
    to: u32,
    step: Step,
}

/// What a set of states and steps does: the tokens that all its states have, those that are taken,
/// those that begin anew, and those that can be taken.
#[derive(Default)]
struct Portrait {
    lasting: Option<BTreeSet<u32>>,
    taken: BTreeSet<u32>,
    renewed: BTreeSet<u32>,
    possible: BTreeSet<u32>,
}

impl Portrait {
    /// The tokens that make it unfair.
    fn neglected(&self, fairness: Fairness) -> Vec<u32> {
        let lasting = self.lasting.iter().flatten().filter(|one| !self.renewed.contains(one));
        let possible = self.possible.iter().filter(|_| fairness.strong);
        lasting.chain(possible).filter(|token| !self.taken.contains(token)).copied().collect()
    }
}

impl<'g, 's> Circles<'g, 's> {
    pub(super) fn new(
        graph: &'g Graph,
        expander: &'g mut Expander<'s>,
        fairness: Fairness,
    ) -> Self {
        let component = vec![OUT; graph.len()];
        Self { graph, expander, fairness, component, fresh: 0, leaky: BTreeSet::new() }
    }

    /// For each requirement of a set, a fair run without end that breaks it, if there is one.
    pub(super) fn find(
        &mut self,
        mut wanted: u64,
        limits: &Limits<'_>,
    ) -> (Vec<(usize, Lasso)>, Option<Stop>) {
        let all: Vec<u32> = (0..self.graph.len() as u32).filter(|at| self.counts(*at)).collect();
        let mut found = Vec::new();
        let mut work = self.split(&all);
        // The first states were found first, so that their stems are short.
        work.sort_unstable_by_key(|component| std::cmp::Reverse(component.iter().min().copied()));
        while let Some(states) = work.pop().filter(|_| wanted != 0) {
            if let Some(stop) = limits.stop(0) {
                return (found, Some(stop));
            }
            let broken = states.iter().fold(0, |set, at| set | self.broken(*at)) & wanted;
            if broken == 0 {
                continue;
            }
            if self.fairness.chance && self.seal(&states) {
                work.extend(self.split(&states));
                continue;
            }
            let portrait = self.portrait(&states);
            let neglected = portrait.neglected(Fairness::default());
            if !neglected.is_empty() {
                continue;
            }
            let never = portrait.neglected(self.fairness);
            if !never.is_empty() {
                let mut can = |at: u32| self.possible(at).iter().any(|token| never.contains(token));
                let rest: Vec<u32> = states.iter().copied().filter(|at| !can(*at)).collect();
                states.iter().for_each(|at| self.component[*at as usize] = OUT);
                work.extend(self.split(&rest));
                continue;
            }
            for requirement in (0..64).filter(|k| broken >> k & 1 == 1) {
                found.push((requirement, self.lasso(&states, requirement)));
            }
            wanted &= !broken;
        }
        (found, None)
    }

    /// Whether a state may come back for ever: calm has come if it must, and whoever must come
    /// back is there.
    fn counts(&mut self, at: u32) -> bool {
        let (state, scope) = (self.graph.state(at), self.expander.scope);
        let down = Roll::of(state, &mut self.expander.tables).down.count_ones();
        (state.spent().calm || !scope.calm) && down <= u32::from(scope.faulty_max)
    }

    /// Which requirements a run breaks that comes back to a state for ever.
    fn broken(&mut self, at: u32) -> u64 {
        let state = self.graph.state(at);
        let case = self.expander.case_of(state, true);
        let lost = u32::from(state.messages().iter().any(|event| event & WEAK != 0));
        self.expander.tables.judge(state.ledger(), Case { lost, ..case })
    }

    /// The components of these states that have a circle in them.
    fn split(&mut self, states: &[u32]) -> Vec<Vec<u32>> {
        states.iter().for_each(|at| self.component[*at as usize] = self.fresh);
        let edges = states.iter().map(|at| (*at, self.inner_targets(*at))).collect();
        let split = components(states, &edges);
        states.iter().for_each(|at| self.component[*at as usize] = OUT);
        let mut kept = Vec::new();
        for part in split {
            let circle = part.len() > 1 || edges[&part[0]].contains(&part[0]);
            if circle {
                self.fresh += 1;
                part.iter().for_each(|at| self.component[*at as usize] = self.fresh);
                kept.push(part);
            }
        }
        self.fresh += 1;
        kept
    }

    /// Where the steps of a state lead that stay in its component.
    fn inner_targets(&mut self, at: u32) -> Vec<u32> {
        if self.leaky.range((at, 0)..=(at, u32::MAX)).next().is_some() {
            return self.edges(at).iter().map(|edge| edge.to).collect();
        }
        let same = |to: &&u32| self.component[**to as usize] == self.component[at as usize];
        self.graph.targets(at).iter().filter(same).copied().collect()
    }

    /// The steps of a state that stay in its component, and do so by no chance.
    fn edges(&mut self, at: u32) -> Vec<Edge> {
        let steps = self.graph.steps(self.expander, at);
        let all = self.graph.targets(at).iter().zip(steps);
        all.filter(|(to, step)| {
            self.component[**to as usize] == self.component[at as usize]
                && !self.leaky.contains(&(at, step.event))
        })
        .map(|(to, step)| Edge { from: at, to: *to, step })
        .collect()
    }

    /// Notes the events that can lead out of a component by chance; true if there are new ones.
    fn seal(&mut self, states: &[u32]) -> bool {
        let mut new = false;
        for at in states {
            let inner = self.component[*at as usize];
            let steps = self.graph.steps(self.expander, *at);
            let mut stays: FxHashMap<u32, (bool, bool)> = FxHashMap::default();
            for (to, step) in self.graph.targets(*at).iter().zip(steps) {
                let here = self.component[*to as usize] == inner;
                let (some, all) = stays.entry(step.event).or_insert((false, true));
                (*some, *all) = (*some || here, *all && here);
            }
            for (event, (some, all)) in stays {
                new |= some && !all && self.leaky.insert((*at, event));
            }
        }
        new
    }

    fn portrait(&mut self, states: &[u32]) -> Portrait {
        let mut portrait = Portrait::default();
        for at in states {
            self.add_state(&mut portrait, *at);
            for edge in self.edges(*at) {
                self.add_step(&mut portrait, edge);
            }
        }
        portrait
    }

    fn add_state(&mut self, portrait: &mut Portrait, at: u32) {
        let tokens = self.tokens(at);
        match &mut portrait.lasting {
            None => portrait.lasting = Some(tokens),
            Some(lasting) => lasting.retain(|token| tokens.contains(token)),
        }
        if self.fairness.strong {
            portrait.possible.extend(self.possible(at));
        }
    }

    /// What a step takes: its event, and the timers that it sets anew.
    fn add_step(&mut self, portrait: &mut Portrait, edge: Edge) {
        let Edge { from, step, .. } = edge;
        if matches!(step.kind, Kind::Deliver | Kind::Timer | Kind::Request) {
            portrait.taken.insert(step.event);
        }
        let seat = self.graph.state(from).seats()[usize::from(step.process)];
        let tables = &mut self.expander.tables;
        let (first, _) = tables.land(seat, step.event);
        let how = &tables.known[(first + step.landing) as usize].landing.how;
        portrait.renewed.extend(&how.sets);
    }

    /// What must be taken, or taken back, in a fair run that stays in a state.
    fn tokens(&mut self, at: u32) -> BTreeSet<u32> {
        let state = self.graph.state(at);
        let roll = Roll::of(state, &mut self.expander.tables);
        let mut tokens = BTreeSet::new();
        for event in state.messages().iter().filter(|event| **event & WEAK == 0) {
            let to = self.expander.tables.event(*event).to;
            if roll.is_up(to) && !self.expander.waits(state, to, *event) {
                tokens.insert(*event);
            }
        }
        for (who, seat) in state.seats().iter().enumerate() {
            if roll.is_up(who as u16) && roll.mark_of(who as u16) == 0 {
                let info = self.expander.tables.seat(*seat);
                tokens.extend(info.timers.iter().copied().chain(info.request));
            }
        }
        tokens
    }

    /// What can happen in a state at correct processes: what is on its way over links that lose
    /// messages counts too.
    fn possible(&mut self, at: u32) -> BTreeSet<u32> {
        let state = self.graph.state(at);
        let roll = Roll::of(state, &mut self.expander.tables);
        let correct = |who: u16| roll.is_up(who) && roll.mark_of(who) == 0;
        let mut possible: BTreeSet<u32> = self
            .graph
            .steps(self.expander, at)
            .iter()
            .filter(|step| matches!(step.kind, Kind::Timer | Kind::Request))
            .filter(|step| correct(step.process))
            .map(|step| step.event)
            .collect();
        for event in state.messages() {
            let info = self.expander.tables.event(*event);
            let waits = self.expander.waits(state, info.to, event & !WEAK);
            if correct(info.to) && correct(info.from) && !waits {
                possible.insert(event & !WEAK);
            }
        }
        possible
    }

    /// A run into a component and round in it that is fair, and breaks a requirement in a state
    /// to which it comes back.
    fn lasso(&mut self, states: &[u32], requirement: usize) -> Lasso {
        let shows = |this: &mut Self, at: &u32| this.broken(*at) >> requirement & 1 == 1;
        let base = states.iter().copied().filter(|at| shows(self, at)).min().unwrap_or(states[0]);
        let mut edges = self.path(base, |edge| edge.to == base);
        loop {
            let mut portrait = Portrait::default();
            for edge in &edges {
                self.add_state(&mut portrait, edge.from);
                self.add_step(&mut portrait, *edge);
            }
            let Some(token) = portrait.neglected(self.fairness).first().copied() else { break };
            let lasts = portrait.lasting.iter().flatten().any(|one| *one == token);
            let mut free = BTreeSet::new();
            for at in states.iter().filter(|_| lasts) {
                if !self.tokens(*at).contains(&token) {
                    free.insert(*at);
                }
            }
            let takes = |this: &mut Self, edge: &Edge| {
                let mut one = Portrait::default();
                this.add_step(&mut one, *edge);
                let renews = lasts && one.renewed.contains(&token);
                one.taken.contains(&token) || renews || free.contains(&edge.to)
            };
            let detour = self.path_by(base, takes);
            let Some(last) = detour.last().copied() else { break };
            edges.extend(detour);
            if last.to != base {
                edges.extend(self.path(last.to, |edge| edge.to == base));
            }
        }
        let (root, way) = self.graph.way(base);
        let mut from = root;
        let mut stem = Vec::new();
        for to in way {
            stem.extend(self.graph.step(self.expander, from, to).map(|step| (to, step)));
            from = to;
        }
        Lasso { root, stem, circle: edges.into_iter().map(|edge| (edge.to, edge.step)).collect() }
    }

    fn path(&mut self, from: u32, goal: impl Fn(&Edge) -> bool) -> Vec<Edge> {
        self.path_by(from, |_, edge| goal(edge))
    }

    /// A shortest way within a component, of one step at least, whose last step is as wanted.
    fn path_by(&mut self, from: u32, goal: impl Fn(&mut Self, &Edge) -> bool) -> Vec<Edge> {
        let mut into: FxHashMap<u32, Edge> = FxHashMap::default();
        let mut queue = VecDeque::from([from]);
        while let Some(at) = queue.pop_front() {
            for edge in self.edges(at) {
                if goal(self, &edge) {
                    let mut way = vec![edge];
                    while way[way.len() - 1].from != from {
                        way.push(into[&way[way.len() - 1].from]);
                    }
                    way.reverse();
                    return way;
                }
                if edge.to != from && !into.contains_key(&edge.to) {
                    into.insert(edge.to, edge);
                    queue.push_back(edge.to);
                }
            }
        }
        Vec::new()
    }
}
