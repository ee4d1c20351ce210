//! From a state that was found back to the faults that lead there.

use std::ops::ControlFlow;

use quorate_kernel::{Process, ProcessSet, Traitor};
use quorate_world::{Fault, Script};

use crate::case::{Layer, Node, Way, Worker, node_at};
use crate::choices::Deed;
use crate::question::{FaultOf, Stop};

impl<R: Traitor> Worker<'_, '_, R> {
    /// The faults of a cheapest run that ends at `place` of the last layer.
    pub(crate) fn trail(
        &mut self,
        layers: &[Layer],
        place: usize,
    ) -> Result<Script<R::Message>, Stop> {
        let mut path = vec![place];
        for layer in layers[1..].iter().rev() {
            let here = path[path.len() - 1];
            path.push(layer[here].parent as usize);
        }
        path.reverse();
        let mut script = Script::default();
        for (at, pair) in layers.windows(2).enumerate() {
            let round = at as u16 + 1;
            let from = node_at(&pair[0], path[at]);
            let to = node_at(&pair[1], path[at + 1]);
            let prices = (pair[0][path[at]].price, pair[1][path[at + 1]].price);
            let faults = self.between(&from, &to, prices, round)?;
            script.faults.extend(faults.into_iter().map(|fault| (round, fault)));
        }
        Ok(script)
    }

    /// The faults of one round that lead from a state to another at that price.
    fn between(
        &mut self,
        from: &Node,
        to: &Node,
        (before, after): (crate::question::Price, crate::question::Price),
        round: u16,
    ) -> Result<Vec<FaultOf<R>>, Stop> {
        let mut found = Ok(Vec::new());
        self.expand(from, before, round, &mut |worker, way| {
            let landed = worker.land(from, way, round);
            if way.price != after || landed != *to {
                return ControlFlow::Continue(());
            }
            found = worker.faults_of(way);
            ControlFlow::Break(())
        })?;
        found
    }

    fn faults_of(&mut self, way: &Way<'_>) -> Result<Vec<FaultOf<R>>, Stop> {
        let mut faults: Vec<FaultOf<R>> = Vec::new();
        for (process, bit, _) in &way.opening.flips {
            faults.push(Fault::FlipState { process: *process, bit: *bit });
        }
        let size = way.taken.len();
        let crashing = |at: usize| way.opening.setting.crashing >> at & 1 == 1;
        let mut reached: Vec<ProcessSet> = vec![ProcessSet::new(); size];
        for (at, choice) in way.taken.iter().enumerate() {
            let Some(choice) = choice else { continue };
            let who = Process(at as u16);
            let setting = &way.opening.setting;
            let target = (who, way.states[at]);
            let deeds = self.chooser.deeds(
                &mut self.tables,
                setting,
                target,
                way.inboxes.of(at),
                choice,
            )?;
            for sender in (0..size).filter(|sender| crashing(*sender)) {
                let cut = deeds.iter().any(|(from, a)| *from == sender && a.deed == Deed::Cut);
                if !cut {
                    reached[sender].insert(who);
                }
            }
            for (sender, alternative) in deeds {
                let from = Process(sender as u16);
                let fault = match alternative.deed {
                    Deed::Nothing | Deed::Cut => continue,
                    Deed::Omit => Fault::Omit { from, to: who },
                    Deed::Miss => Fault::Miss { from, to: who },
                    Deed::Flip(bit) => Fault::FlipMessage { from, to: who, bit },
                    Deed::Say(word) => {
                        let said = self.tables.messages.get(alternative.message).cloned();
                        Fault::Lie { from, to: who, said, word }
                    }
                };
                faults.push(fault);
            }
        }
        for (at, reached) in reached.into_iter().enumerate().filter(|(at, _)| crashing(*at)) {
            faults.push(Fault::Crash { process: Process(at as u16), reached });
        }
        Ok(faults)
    }
}
