//! Every run, one at a time, through the world itself: what the fast search is compared with.

use quorate_kernel::{Bits, Faults, Outgoing, Process, ProcessSet, Rounds, Value};
use quorate_protocols::Catalogued;
use quorate_world::{Adversary, Fault, Model, Rounded, Script, judge, run};

use crate::Bench;

/// What was counted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Count {
    /// All runs.
    pub runs: u128,
    /// The runs that break each requirement of the problem, in their order.
    pub broken: Vec<u128>,
}

/// Makes every run of a small model and counts those that break each requirement.
///
/// Flips are enumerated one at a time, and only where no process fails: at most one in a run.
///
/// # Errors
/// If the world refuses a fault that the model should grant: a defect of one of them.
pub fn enumerate<R: Catalogued>(bench: &Bench<R>, model: &Model) -> Result<Count, String> {
    let requirements = Bench::<R>::requirements();
    let mut count = Count { runs: 0, broken: vec![0; requirements.len()] };
    for faulty in faulty_sets(bench, model) {
        for inputs in vectors(&bench.inputs()) {
            let mut walk = Walk { bench, model, inputs, faulty: &faulty, count: &mut count };
            walk.go(&mut Script::default(), 1)?;
        }
    }
    Ok(count)
}

fn faulty_sets<R: Catalogued>(bench: &Bench<R>, model: &Model) -> Vec<ProcessSet> {
    if matches!(model.faults, Faults::None | Faults::Crash) {
        return vec![ProcessSet::new()];
    }
    let chosen = |mask: u32| -> ProcessSet {
        bench.group.processes().filter(|p| mask >> p.0 & 1 == 1).collect()
    };
    let masks = (0..1u32 << bench.group.n).map(chosen);
    masks.filter(|set| set.len() <= usize::from(model.faulty_max)).collect()
}

/// Every choice of one from each list.
fn vectors<T: Clone>(lists: &[Vec<T>]) -> Vec<Vec<T>> {
    lists.iter().fold(vec![Vec::new()], |heads, list| {
        let longer = |head: &Vec<T>| {
            let tails = list.iter().map(|item| [head.clone(), vec![item.clone()]].concat());
            tails.collect::<Vec<_>>()
        };
        heads.iter().flat_map(longer).collect()
    })
}

struct Walk<'w, R: Catalogued> {
    bench: &'w Bench<R>,
    model: &'w Model,
    inputs: Vec<Option<Value>>,
    faulty: &'w ProcessSet,
    count: &'w mut Count,
}

type FaultOf<R> = Fault<<R as Rounds>::Message>;

impl<R: Catalogued> Walk<'_, R> {
    fn go(&mut self, script: &mut Script<R::Message>, round: u16) -> Result<(), String> {
        if round > self.bench.last {
            return self.finish(script);
        }
        for faults in self.openings(script, round)? {
            let kept = script.faults.len();
            script.faults.extend(faults.into_iter().map(|fault| (round, fault)));
            self.go(script, round + 1)?;
            script.faults.truncate(kept);
        }
        Ok(())
    }

    fn finish(&mut self, script: &Script<R::Message>) -> Result<(), String> {
        let (bench, faulty) = (self.bench, self.faulty.clone());
        let mut script = script.clone();
        let done = run(bench.arena(), self.model, &self.inputs, faulty, &mut script, None)?;
        self.count.runs += 1;
        let all: Vec<_> = Bench::<R>::requirements().iter().collect();
        for (at, judgement) in judge(&all, &done.ledger, &done.end).iter().enumerate() {
            self.count.broken[at] += u128::from(judgement.breach.is_some());
        }
        Ok(())
    }

    /// Every combination of faults of one round, after the faults of the rounds before.
    fn openings(
        &self,
        script: &Script<R::Message>,
        round: u16,
    ) -> Result<Vec<Vec<FaultOf<R>>>, String> {
        let flipped = script.faults.iter().filter(|(_, fault)| fault.hit().is_some()).count();
        let left = usize::from(self.model.flips_max) - flipped;
        let mut all = Vec::new();
        for upset in self.state_flips(script, round, left)? {
            let mut world = self.before(script, round)?;
            let bits: Vec<(Process, u32)> = upset.iter().copied().collect();
            let outgoing = world.speak(&bits)?;
            let states: Vec<FaultOf<R>> =
                bits.iter().map(|&(process, bit)| Fault::FlipState { process, bit }).collect();
            let base = match self.model.faults {
                Faults::None => vec![Vec::new()],
                Faults::Crash => self.crashes(&world),
                Faults::Byzantine => self.lies(&world, &outgoing),
                Faults::Omission | Faults::GeneralOmission => self.losses(&outgoing),
            };
            for faults in base {
                let plain = [states.clone(), faults].concat();
                if left > bits.len() {
                    let hit = self.message_flips(&outgoing);
                    all.extend(hit.into_iter().map(|flip| [plain.clone(), vec![flip]].concat()));
                }
                all.push(plain);
            }
        }
        Ok(all)
    }

    /// The world at the end of the round before, after the faults of a script.
    fn before(&self, script: &Script<R::Message>, round: u16) -> Result<Rounded<'_, R>, String> {
        let (bench, model) = (self.bench, self.model.clone());
        let mut world =
            Rounded::start(bench.arena(), model, &self.inputs, self.faulty.clone(), None)?;
        for before in 1..round {
            let mut now = script.clone();
            let bits = Adversary::<R>::before(&mut now, &world);
            let outgoing = world.speak(&bits)?;
            let faults = Adversary::<R>::faults(&mut now, &world, &outgoing)?;
            debug_assert_eq!(world.round(), before);
            world.hear(&outgoing, &faults)?;
        }
        Ok(world)
    }

    /// No flip of a state, or one.
    fn state_flips(
        &self,
        script: &Script<R::Message>,
        round: u16,
        left: usize,
    ) -> Result<Vec<Option<(Process, u32)>>, String> {
        let mut flips = vec![None];
        if left == 0 {
            return Ok(flips);
        }
        let world = self.before(script, round)?;
        for (process, state) in self.bench.group.processes().zip(world.states()) {
            flips.extend((0..state.bits(self.bench.domain)).map(|bit| Some((process, bit))));
        }
        Ok(flips)
    }

    fn message_flips(&self, outgoing: &[Outgoing<R::Message>]) -> Vec<FaultOf<R>> {
        let group = self.bench.group;
        let mut flips = Vec::new();
        for from in group.processes() {
            for to in group.others(from) {
                let width = outgoing[from.index()].to(to).map_or(0, |m| m.bits(self.bench.domain));
                flips.extend((0..width).map(|bit| Fault::FlipMessage { from, to, bit }));
            }
        }
        flips
    }

    fn crashes(&self, world: &Rounded<'_, R>) -> Vec<Vec<FaultOf<R>>> {
        let group = self.bench.group;
        let live: Vec<Process> =
            group.processes().filter(|p| !world.crashed().contains(*p)).collect();
        let left = usize::from(self.model.faulty_max) - world.crashed().len();
        let mut openings = Vec::new();
        for mask in 0..1u32 << live.len() {
            if mask.count_ones() as usize > left {
                continue;
            }
            let crashing = |at: &usize| mask >> at & 1 == 1;
            let dying: Vec<Process> = (0..live.len()).filter(crashing).map(|at| live[at]).collect();
            let staying: Vec<Process> =
                live.iter().copied().filter(|p| !dying.contains(p)).collect();
            let subsets: Vec<ProcessSet> = (0..1u32 << staying.len())
                .map(|m| {
                    (0..staying.len()).filter(|at| m >> at & 1 == 1).map(|at| staying[at]).collect()
                })
                .collect();
            let choices: Vec<Vec<FaultOf<R>>> = dying
                .iter()
                .map(|p| {
                    let crash = |reached: &ProcessSet| Fault::Crash {
                        process: *p,
                        reached: reached.clone(),
                    };
                    subsets.iter().map(crash).collect()
                })
                .collect();
            openings.extend(vectors(&choices));
        }
        openings
    }

    fn lies(
        &self,
        world: &Rounded<'_, R>,
        outgoing: &[Outgoing<R::Message>],
    ) -> Vec<Vec<FaultOf<R>>> {
        let mut choices: Vec<Vec<Vec<FaultOf<R>>>> = Vec::new();
        for from in self.faulty.iter() {
            for to in self.bench.group.processes().filter(|p| !self.faulty.contains(*p)) {
                let honest = outgoing[from.index()].to(to);
                let mut words = world.vocabulary(from, to, |words| {
                    let mut said: Vec<Option<R::Message>> = words.words().map(Some).collect();
                    if !words.silence_is_a_word() || said.is_empty() {
                        said.push(None);
                    }
                    said
                });
                if honest.is_some() {
                    words.push(honest.cloned());
                }
                words.sort();
                words.dedup();
                let lie = |said: Option<R::Message>| {
                    let honestly = said.as_ref() == honest;
                    let fault = Fault::Lie { from, to, said, word: None };
                    if honestly { Vec::new() } else { vec![fault] }
                };
                choices.push(words.into_iter().map(lie).collect());
            }
        }
        vectors(&choices).into_iter().map(|lists| lists.concat()).collect()
    }

    fn losses(&self, outgoing: &[Outgoing<R::Message>]) -> Vec<Vec<FaultOf<R>>> {
        let mut choices: Vec<Vec<Vec<FaultOf<R>>>> = Vec::new();
        let group = self.bench.group;
        for from in group.processes() {
            for to in group.others(from).filter(|to| outgoing[from.index()].to(*to).is_some()) {
                let fault = if self.faulty.contains(from) {
                    Fault::Omit { from, to }
                } else if self.model.faults == Faults::GeneralOmission && self.faulty.contains(to) {
                    Fault::Miss { from, to }
                } else {
                    continue;
                };
                choices.push(vec![Vec::new(), vec![fault]]);
            }
        }
        vectors(&choices).into_iter().map(|lists| lists.concat()).collect()
    }
}
