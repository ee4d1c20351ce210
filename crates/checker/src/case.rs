//! The search of one case, round by round.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::Instant;

use indexmap::IndexMap;
use indexmap::map::Entry;
use quorate_kernel::{Faults, Process, ProcessSet, Rounds, Traitor};
use quorate_world::{ending, time_to_decide};
use rustc_hash::FxBuildHasher;

use crate::cases::Case;
use crate::choices::{Choice, Chooser, Setting};
use crate::question::{Price, Progress, Question, Stop, Watch};
use crate::table::{Inboxes, Tables};

/// A state of the system at the end of a round.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Node {
    /// The state of each process, by number; 0 for the crashed, and for all after the last round.
    pub(crate) states: Box<[u32]>,
    pub(crate) crashed: u64,
    pub(crate) ledger: u32,
    pub(crate) flips_left: u16,
    pub(crate) knowledge: u32,
}

/// What is known of a state that was reached.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    /// The cheapest way there.
    pub(crate) price: Price,
    /// The state at the end of the round before, on that way.
    pub(crate) parent: u32,
    /// How many runs lead there.
    pub(crate) runs: u128,
    /// The state itself, if it was filed under that of an equal permutation.
    pub(crate) itself: Option<Box<[u32]>>,
}

pub(crate) type Layer = IndexMap<Node, Reached, FxBuildHasher>;

/// The state filed at a place of a layer, as it was reached.
pub(crate) fn node_at(layer: &Layer, place: usize) -> Node {
    let (filed, reached) = layer.get_index(place).expect("places come from this layer");
    let Some(states) = reached.itself.clone() else { return filed.clone() };
    let dead = |at: &usize| states[*at] == 0;
    let crashed = (0..states.len()).filter(dead).fold(0, |set, at| set | 1 << at);
    Node { states, crashed, ..filed.clone() }
}

/// What the adversary chooses before receivers are looked at.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    pub(crate) setting: Setting,
    /// The bits of states that flip: process, bit, and the number of what its state becomes.
    pub(crate) flips: Vec<(Process, u32, u32)>,
}

/// One way from a state to the next: what every receiver is brought to.
pub(crate) struct Way<'w> {
    pub(crate) opening: &'w Opening,
    /// The states after the opening's flips.
    pub(crate) states: &'w [u32],
    /// What each process would receive if nothing went wrong.
    pub(crate) inboxes: &'w Inboxes,
    /// The choice for each process; `None` for the crashed.
    pub(crate) taken: &'w [Option<Choice>],
    pub(crate) price: Price,
    pub(crate) runs: u128,
}

/// The cheapest break of a requirement in one case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Broken {
    pub(crate) price: Price,
    /// The place in the last layer.
    pub(crate) place: usize,
    pub(crate) runs: u128,
}

/// What came of one case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) runs: u128,
    pub(crate) states: u64,
    pub(crate) transitions: u64,
    pub(crate) broken: Vec<Option<Broken>>,
    /// By number of failures: the latest decision, its price and its place in the last layer.
    pub(crate) slowest: BTreeMap<u16, (u16, Price, usize)>,
}

/// Searches cases, one after another, with tables that they share.
pub(crate) struct Worker<'q, 'a, R: Traitor> {
    pub(crate) question: &'q Question<'a, R>,
    pub(crate) tables: Tables<'a, R>,
    pub(crate) chooser: Chooser,
    pub(crate) limit: u32,
    progress: &'q Progress,
    pub(crate) watch: Watch<'q>,
    /// The bytes of interned states and messages that have been counted.
    interned: u64,
    /// The ledger of the case under way before anybody has decided.
    opened: u32,
}

/// One state in the search of a later round needs about so many bytes besides its numbers.
const NODE_BYTES: u64 = 120;

impl<'q, 'a, R: Traitor> Worker<'q, 'a, R> {
    pub(crate) fn new(
        question: &'q Question<'a, R>,
        limit: u32,
        progress: &'q Progress,
        deadline: Option<Instant>,
    ) -> Self {
        let tables = Tables::new(question.arena);
        let chooser = Chooser::new(question.model.faults, limit);
        let watch = Watch::new(progress, deadline, &question.budget);
        Self { question, tables, chooser, limit, progress, watch, interned: 0, opened: 0 }
    }

    /// Searches one case; returns every layer, the last one holding how runs ended.
    pub(crate) fn layers(&mut self, case: &Case<R>, out: &mut Outcome) -> Result<Vec<Layer>, Stop> {
        self.watch.look_now()?;
        self.chooser.faulty(case.faulty.iter());
        self.refuse_endless_words(case)?;
        let mut layers = vec![self.root(case)];
        let mut bytes = 0;
        let searched = (1..=self.question.arena.last).try_for_each(|round| {
            let next = self.next_layer(&layers[layers.len() - 1], round, case, out)?;
            let each = NODE_BYTES + 4 * u64::from(self.question.arena.group.n);
            let grown = next.len() as u64 * each;
            bytes += grown;
            self.progress.add(&self.progress.bytes, grown);
            self.progress.add(&self.progress.states, next.len() as u64);
            out.states += next.len() as u64;
            layers.push(next);
            Ok(())
        });
        self.progress.bytes.fetch_sub(bytes, Ordering::Relaxed);
        out.states += 1;
        searched.map(|()| layers)
    }

    /// Stops before the work if a traitor has more words than can be enumerated: without
    /// signatures that does not depend on what happens in the run.
    fn refuse_endless_words(&mut self, case: &Case<R>) -> Result<(), Stop> {
        if <R as Rounds>::SIGNED || self.question.model.faults != Faults::Byzantine {
            return Ok(());
        }
        let group = self.question.arena.group;
        let traitors: Vec<Process> = case.faulty.iter().collect();
        for round in 1..=self.question.arena.last {
            for from in &traitors {
                for to in group.processes().filter(|p| !case.faulty.contains(*p)) {
                    if !self.tables.can_list_words(round, *from, to, &traitors) {
                        return Err(Stop::Vocabulary);
                    }
                }
            }
        }
        Ok(())
    }

    fn root(&mut self, case: &Case<R>) -> Layer {
        let group = self.question.arena.group;
        let states = group
            .processes()
            .map(|p| self.tables.start(p, case.inputs[p.index()].as_ref()))
            .collect();
        let ledger = self.tables.open(&case.inputs);
        self.opened = ledger;
        let flips_left = self.question.model.flips_max;
        let node = Node { states, crashed: 0, ledger, flips_left, knowledge: 0 };
        let reached = Reached { price: Price::FREE, parent: 0, runs: 1, itself: None };
        std::iter::once((node, reached)).collect()
    }

    fn next_layer(
        &mut self,
        layer: &Layer,
        round: u16,
        case: &Case<R>,
        out: &mut Outcome,
    ) -> Result<Layer, Stop> {
        let mut next = Layer::default();
        for place in 0..layer.len() {
            self.forget_if_large();
            let node = node_at(layer, place);
            let (price, runs) = (layer[place].price, layer[place].runs);
            let mut crowded = false;
            self.expand(&node, price, round, &mut |worker, way| {
                out.transitions += 1;
                let landed = worker.land(&node, way, round);
                let runs = way.runs.saturating_mul(runs);
                worker.file(&mut next, landed, case, way.price, place as u32, runs);
                // One layer alone may outgrow the memory: look while it is made.
                let each = NODE_BYTES + 4 * u64::from(worker.question.arena.group.n);
                let here = next.len() as u64 * each;
                let all = here + worker.progress.bytes.load(Ordering::Relaxed);
                crowded = all > worker.question.budget.memory_bytes;
                if crowded { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
            if crowded {
                return Err(Stop::Memory);
            }
        }
        Ok(next)
    }

    /// Drops what is kept only to save time, when it takes an eighth of the memory.
    fn forget_if_large(&mut self) {
        let interned = self.tables.interned_bytes();
        self.progress.add(&self.progress.bytes, interned - self.interned);
        self.interned = interned;
        let kept = self.tables.kept_bytes() + self.chooser.kept_bytes();
        if kept > self.question.budget.memory_bytes / 8 {
            self.tables.forget();
            self.chooser.forget();
        }
    }

    /// The state that a way leads to.
    pub(crate) fn land(&mut self, node: &Node, way: &Way<'_>, round: u16) -> Node {
        let mut flips = way.opening.flips.len() as u16;
        let mut ledger = node.ledger;
        let mut states = vec![0; node.states.len()];
        for (at, choice) in way.taken.iter().enumerate() {
            let Some(choice) = choice else { continue };
            let who = Process(at as u16);
            flips += choice.flips;
            states[at] = choice.landing.state;
            let lies =
                self.question.model.faults == Faults::Byzantine && self.chooser.is_faulty(who);
            if !lies {
                ledger = self.tables.observe(ledger, round, who, choice.landing.output);
            }
        }
        let over = round >= self.question.arena.last;
        Node {
            states: states.into(),
            crashed: node.crashed | way.opening.setting.crashing,
            ledger,
            flips_left: if over { 0 } else { node.flips_left - flips },
            knowledge: if over { 0 } else { way.opening.setting.knowledge },
        }
    }

    fn file(
        &mut self,
        layer: &mut Layer,
        node: Node,
        case: &Case<R>,
        price: Price,
        parent: u32,
        runs: u128,
    ) {
        let (filed, itself) = self.canonical(node, case);
        match layer.entry(filed) {
            Entry::Vacant(place) => {
                place.insert(Reached { price, parent, runs, itself });
            }
            Entry::Occupied(mut place) => {
                let reached = place.get_mut();
                reached.runs = reached.runs.saturating_add(runs);
                if price < reached.price {
                    (reached.price, reached.parent) = (price, parent);
                    reached.itself = itself;
                }
            }
        }
    }

    /// The state under which a state is filed, and itself if that is another.
    ///
    /// Where states name no process, processes with the same input and the same faults may swap
    /// states, as long as nobody has decided: the ledger then says the same of all of them.
    fn canonical(&self, node: Node, case: &Case<R>) -> (Node, Option<Box<[u32]>>) {
        let (group, config) = (self.question.arena.group, self.question.arena.config);
        let plain = self.question.symmetry && R::ANONYMOUS && !node.states.iter().all(|s| *s == 0);
        if !plain || node.ledger != self.opened {
            return (node, None);
        }
        let mut sorted: Vec<(u32, bool)> = (0..node.states.len())
            .map(|at| (node.states[at], node.crashed >> at & 1 == 1))
            .collect();
        let alike = |a: usize, b: usize| {
            let (p, q) = (Process(a as u16), Process(b as u16));
            case.inputs[a] == case.inputs[b]
                && case.faulty.contains(p) == case.faulty.contains(q)
                && R::alike(p, q, group, config)
        };
        // Insertion sort within each class: groups are small, and classes need not be adjacent.
        for at in 1..sorted.len() {
            let mut here = at;
            for before in (0..at).rev() {
                if alike(before, here) && sorted[before] > sorted[here] {
                    sorted.swap(before, here);
                    here = before;
                }
            }
        }
        let crashed =
            sorted.iter().enumerate().fold(0, |set, (at, (_, dead))| set | u64::from(*dead) << at);
        let states: Box<[u32]> = sorted.iter().map(|(state, _)| *state).collect();
        if states == node.states && crashed == node.crashed {
            return (node, None);
        }
        let itself = node.states.clone();
        (Node { states, crashed, ..node }, Some(itself))
    }

    /// Judges how the runs of a case ended.
    pub(crate) fn judge(&mut self, case: &Case<R>, last: &Layer, out: &mut Outcome) {
        let question = self.question;
        out.broken = vec![None; question.requirements.len()];
        for (place, (node, reached)) in last.iter().enumerate() {
            out.runs = out.runs.saturating_add(reached.runs);
            let crashed = question.arena.group.processes();
            let crashed: ProcessSet = crashed.filter(|p| node.crashed >> p.0 & 1 == 1).collect();
            let end = ending(&question.arena, &question.model, &case.faulty, &crashed);
            let ledger = self.tables.ledgers.at(node.ledger);
            if let Some(round) = time_to_decide(&question.arena, ledger, &end) {
                let failures = end.faulty.len() as u16;
                let here = (round, reached.price, place);
                let slowest = out.slowest.entry(failures).or_insert(here);
                if slower((round, reached.price), (slowest.0, slowest.1)) {
                    *slowest = here;
                }
            }
            for (at, requirement) in question.requirements.iter().enumerate() {
                if (requirement.judge)(ledger, &end).is_ok() {
                    continue;
                }
                let here = Broken { price: reached.price, place, runs: reached.runs };
                let broken = out.broken[at].get_or_insert(Broken { runs: 0, ..here });
                broken.runs = broken.runs.saturating_add(here.runs);
                if here.price < broken.price {
                    (broken.price, broken.place) = (here.price, here.place);
                }
            }
        }
    }
}

/// Whether a run decides later than another, or as late for fewer faults.
pub(crate) fn slower(run: (u16, Price), than: (u16, Price)) -> bool {
    (run.0, std::cmp::Reverse(run.1)) > (than.0, std::cmp::Reverse(than.1))
}
