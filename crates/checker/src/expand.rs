//! Every way from a state to the next: the openings of a round, and the product of what each
//! receiver can be brought to.

use std::ops::ControlFlow;
use std::rc::Rc;

use quorate_kernel::{Faults, Process, Rounds, Traitor};

use crate::case::{Node, Opening, Way, Worker};
use crate::choices::{Choice, Setting};
use crate::question::{Price, Stop};
use crate::table::Inboxes;

/// The most sets of crashes, or of flips, with which a round may open.
const OPENINGS_MAX: usize = 1 << 21;

/// Bits of states that flip: process, bit, and the number of what its state becomes.
type Flips = Vec<(Process, u32, u32)>;

impl<R: Traitor> Worker<'_, '_, R> {
    /// Calls `each` for every way on from a state that keeps within the limit.
    pub(crate) fn expand(
        &mut self,
        node: &Node,
        price: Price,
        round: u16,
        each: &mut dyn FnMut(&mut Self, &Way<'_>) -> ControlFlow<()>,
    ) -> Result<(), Stop> {
        let live: Vec<usize> =
            (0..node.states.len()).filter(|at| node.crashed >> at & 1 == 0).collect();
        for flips in self.state_flips(node, &live)? {
            let mut states = node.states.clone();
            for (process, _, state) in &flips {
                states[process.index()] = *state;
            }
            let inboxes = self.inboxes(node, &states, round);
            let knowledge = self.overheard(node, &inboxes);
            for crashing in self.crash_sets(node, &live)? {
                let flips_left = node.flips_left - flips.len() as u16;
                let setting = Setting { round, crashing, flips_left, knowledge };
                let faults = flips.len() as u32 + crashing.count_ones();
                let price = price.plus(Price { faults, lost: 0 });
                let opening = Opening { setting, flips: flips.clone() };
                if price.faults > self.limit {
                    continue;
                }
                if self.combine(&states, &inboxes, &opening, price, each)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The sets of live processes that may crash in one round.
    fn crash_sets(&self, node: &Node, live: &[usize]) -> Result<Vec<u64>, Stop> {
        let mut sets = vec![0u64];
        if self.question.model.faults != Faults::Crash {
            return Ok(sets);
        }
        let most = u32::from(self.question.model.faulty_max) - node.crashed.count_ones();
        for at in live {
            for known in 0..sets.len() {
                if sets[known].count_ones() < most {
                    sets.push(sets[known] | 1 << at);
                }
            }
            if sets.len() > OPENINGS_MAX {
                return Err(Stop::Memory);
            }
        }
        sets.sort_unstable_by_key(|set| (set.count_ones(), *set));
        Ok(sets)
    }

    /// The sets of bits of states that may flip at the beginning of a round, at most one a process.
    fn state_flips(&mut self, node: &Node, live: &[usize]) -> Result<Vec<Flips>, Stop> {
        let mut sets = vec![Vec::new()];
        if node.flips_left == 0 {
            return Ok(sets);
        }
        for &at in live {
            let flipped = self.tables.flipped_states(node.states[at]);
            for known in 0..sets.len() {
                if sets[known].len() < usize::from(node.flips_left) {
                    for (bit, state) in &flipped {
                        let mut set = sets[known].clone();
                        set.push((Process(at as u16), *bit, *state));
                        sets.push(set);
                    }
                }
            }
            if sets.len() > OPENINGS_MAX {
                return Err(Stop::Memory);
            }
        }
        sets.sort_by_key(Vec::len);
        Ok(sets)
    }

    /// What each process would receive if nothing went wrong.
    fn inboxes(&mut self, node: &Node, states: &[u32], round: u16) -> Inboxes {
        let size = states.len();
        let mut numbers = vec![0; size * size];
        for from in (0..size).filter(|at| node.crashed >> at & 1 == 0) {
            let row: Rc<[u32]> = self.tables.row(round, Process(from as u16), states[from]);
            for to in 0..size {
                numbers[to * size + from] = row[to];
            }
        }
        Inboxes { size, numbers }
    }

    /// What traitors know once they have heard this round's messages.
    fn overheard(&mut self, node: &Node, inboxes: &Inboxes) -> u32 {
        if !<R as Rounds>::SIGNED || self.question.model.faults != Faults::Byzantine {
            return 0;
        }
        let mut known = self.tables.knowledge.get(node.knowledge).cloned().unwrap_or_default();
        for to in self.question.arena.group.processes() {
            if self.chooser.is_faulty(to) {
                known.extend(inboxes.of(to.index()).iter().filter(|m| **m != 0));
            }
        }
        known.sort_unstable();
        known.dedup();
        self.tables.knowledge.number(known)
    }

    fn combine(
        &mut self,
        states: &[u32],
        inboxes: &Inboxes,
        opening: &Opening,
        price: Price,
        each: &mut dyn FnMut(&mut Self, &Way<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Stop> {
        let mut choices: Vec<Option<Rc<[Choice]>>> = Vec::with_capacity(states.len());
        for (at, state) in states.iter().enumerate() {
            self.watch.look()?;
            let gone = *state == 0 || opening.setting.crashing >> at & 1 == 1;
            choices.push(if gone {
                None
            } else {
                let who = Process(at as u16);
                let (setting, inbox) = (&opening.setting, inboxes.of(at));
                let (tables, watch) = (&mut self.tables, &mut self.watch);
                Some(self.chooser.choices(tables, watch, setting, who, *state, inbox)?)
            });
        }
        let mut taken: Vec<Option<Choice>> = vec![None; states.len()];
        let sum = Sum { price, flips: 0, runs: 1 };
        self.product(
            &choices,
            0,
            sum,
            &mut taken,
            &mut |worker, sum, taken| {
                worker.watch.look()?;
                let (price, runs) = (sum.price, sum.runs);
                Ok(each(worker, &Way { opening, states, inboxes, taken, price, runs }))
            },
            opening.setting.flips_left,
        )
    }

    #[allow(clippy::type_complexity)]
    fn product(
        &mut self,
        choices: &[Option<Rc<[Choice]>>],
        at: usize,
        sum: Sum,
        taken: &mut Vec<Option<Choice>>,
        leaf: &mut dyn FnMut(&mut Self, Sum, &[Option<Choice>]) -> Result<ControlFlow<()>, Stop>,
        flips_left: u16,
    ) -> Result<ControlFlow<()>, Stop> {
        if at == choices.len() {
            return leaf(self, sum, taken);
        }
        let Some(options) = &choices[at] else {
            taken[at] = None;
            return self.product(choices, at + 1, sum, taken, leaf, flips_left);
        };
        for option in options.iter() {
            let next = Sum {
                price: sum.price.plus(option.price),
                flips: sum.flips + option.flips,
                runs: sum.runs.saturating_mul(option.ways),
            };
            if next.price.faults > self.limit || next.flips > flips_left {
                continue;
            }
            taken[at] = Some(*option);
            if self.product(choices, at + 1, next, taken, leaf, flips_left)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

#[derive(Clone, Copy)]
struct Sum {
    price: Price,
    flips: u16,
    runs: u128,
}
