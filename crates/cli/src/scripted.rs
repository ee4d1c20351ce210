//! The adversary of one run: what the user wrote down, and traitors that keep to a manner.

use std::time::Instant;

use quorate_kernel::{Message, Outgoing, Process, ProcessSet, Rounds, Traitor};
use quorate_world::{Adversary, Fault, Manner, Names, Rounded, Script, Strategist};

use crate::experiment::{Behaviour, Experiment, Written};

/// The most words of a vocabulary that are looked through for one that was written down.
const WORDS_MAX: usize = 1 << 20;

/// Which word of the vocabulary a lie was: round, liar, listener, and the reading of the odometer.
pub(crate) type Reading = (u16, Process, Process, Vec<u32>);

/// What the user wrote down, resolved as the run goes on: words are looked up when they are due.
pub(crate) struct Scripted<M> {
    /// Faults that are known already.
    pub(crate) script: Script<M>,
    /// Traitors that the script needs.
    pub(crate) traitors: ProcessSet,
    /// Readings of the vocabulary, from a trace: a lie that is not among them has none.
    pub(crate) readings: Option<Vec<Reading>>,
    written: Vec<(u16, Written)>,
    names: Names,
    /// When to give up, and whether that has happened.
    deadline: Option<Instant>,
    late: bool,
    strategist: Strategist<M>,
}

impl<M: Message> Scripted<M> {
    pub(crate) fn new(experiment: &Experiment) -> Self {
        let mut strategist = Strategist::new(experiment.seed);
        for (process, behaviour) in &experiment.traitors {
            if let Behaviour::Manner(manner) = behaviour {
                strategist.manners.push((*process, *manner));
            }
        }
        for (round, written) in &experiment.written {
            if let Written::Flip { process, to: None, bit: None } = written {
                strategist.flips.push((*process, *round));
            }
        }
        let written = experiment.written.clone();
        let traitors = experiment.named.iter().copied().collect();
        let names = experiment.names.clone();
        let (script, readings) = (Script::default(), None);
        let (deadline, late) = (None, false);
        Self { script, traitors, readings, written, names, deadline, late, strategist }
    }

    /// Lets the run go on until then, and not into another round.
    pub(crate) fn until(&mut self, deadline: Instant) {
        self.deadline = Some(deadline);
    }

    /// Whether the run was given up since its time was up.
    pub(crate) fn is_late(&self) -> bool {
        self.late
    }

    /// Lets a traitor keep to a manner.
    pub(crate) fn behave(&mut self, process: Process, manner: Manner) {
        self.strategist.manners.push((process, manner));
    }

    /// Who is faulty from the start.
    pub(crate) fn faulty(&self) -> ProcessSet {
        let written = self.written.iter().filter_map(|(_, written)| written.culprit());
        self.strategist.traitors().iter().chain(written).chain(self.traitors.iter()).collect()
    }
}

impl<R: Traitor> Adversary<R> for Scripted<R::Message> {
    fn before(&mut self, world: &Rounded<'_, R>) -> Vec<(Process, u32)> {
        let next = world.round() + 1;
        let mut flips = Adversary::<R>::before(&mut self.strategist, world);
        flips.extend(Adversary::<R>::before(&mut self.script, world));
        flips.extend(self.written.iter().filter(|(round, _)| *round == next).filter_map(
            |(_, written)| match written {
                Written::Flip { process, to: None, bit: Some(bit) } => Some((*process, *bit)),
                _ => None,
            },
        ));
        flips
    }

    fn faults(
        &mut self,
        world: &Rounded<'_, R>,
        outgoing: &[Outgoing<R::Message>],
    ) -> Result<Vec<Fault<R::Message>>, String> {
        self.late = self.deadline.is_some_and(|deadline| Instant::now() > deadline);
        if self.late {
            let (round, last) = (world.round(), world.arena().last);
            return Err(format!(
                "the time was up in round {round} of {last} (raise it with --budget)"
            ));
        }
        let mut faults = Adversary::<R>::faults(&mut self.script, world, outgoing)?;
        for (_, written) in self.written.iter().filter(|(round, _)| *round == world.round()) {
            faults.extend(self.due::<R>(world, written, outgoing)?);
        }
        let told: Vec<(Process, Process)> = faults
            .iter()
            .filter_map(|fault| match fault {
                Fault::Lie { from, to, .. } => Some((*from, *to)),
                _ => None,
            })
            .collect();
        let kept = Adversary::<R>::faults(&mut self.strategist, world, outgoing)?;
        faults.extend(kept.into_iter().filter(|fault| match fault {
            Fault::Lie { from, to, .. } => !told.contains(&(*from, *to)),
            _ => true,
        }));
        Ok(faults)
    }
}

impl<M: Message> Scripted<M> {
    fn due<R: Traitor + Rounds<Message = M>>(
        &self,
        world: &Rounded<'_, R>,
        written: &Written,
        outgoing: &[Outgoing<M>],
    ) -> Result<Option<Fault<M>>, String> {
        Ok(Some(match written {
            Written::Crash { process, reached } => {
                Fault::Crash { process: *process, reached: reached.iter().copied().collect() }
            }
            Written::Omit { from, to } => Fault::Omit { from: *from, to: *to },
            Written::Miss { to, from } => Fault::Miss { from: *from, to: *to },
            Written::Flip { process, to: Some(to), bit } => {
                Fault::FlipMessage { from: *process, to: *to, bit: bit.unwrap_or(0) }
            }
            Written::Flip { .. } => return Ok(None),
            Written::Lie { from, to, word } => {
                let honest = outgoing[from.index()].to(*to);
                let (said, word) = self.word::<R>(world, (*from, *to), word, honest)?;
                Fault::Lie { from: *from, to: *to, said, word }
            }
        }))
    }

    /// The message that a traitor says by a word: nothing, one of its vocabulary, or the truth with
    /// a bit flipped.
    #[allow(clippy::type_complexity)]
    fn word<R: Traitor + Rounds<Message = M>>(
        &self,
        world: &Rounded<'_, R>,
        (from, to): (Process, Process),
        word: &str,
        honest: Option<&M>,
    ) -> Result<(Option<M>, Option<Vec<u32>>), String> {
        let round = world.round();
        if let Some((_, _, _, reading)) =
            self.readings.iter().flatten().find(|(at, f, t, _)| (*at, *f, *t) == (round, from, to))
        {
            let said = world.vocabulary(from, to, |vocabulary| vocabulary.word(reading));
            return match said {
                Some(said) => Ok((Some(said), Some(reading.clone()))),
                None => Err(format!("{from} has no word {reading:?} for {to} in round {round}")),
            };
        }
        if word.is_empty() {
            return Ok((None, None));
        }
        let name = |value| self.names.of(value);
        let named = |said: &M| said.label(&name) == word;
        // A word may be given by the numbers of its values too, if no word has that name.
        let is = |said: &M| named(said) || said.label(&|value| value.to_string()) == word;
        let find = |is: &dyn Fn(&M) -> bool| {
            world.vocabulary(from, to, |vocabulary| {
                let readings = vocabulary.readings().take(WORDS_MAX);
                let mut words = readings.filter_map(|r| vocabulary.word(&r).map(|said| (said, r)));
                words.find(|(said, _)| is(said))
            })
        };
        if let Some((said, reading)) = find(&named).or_else(|| find(&is)) {
            return Ok((Some(said), self.readings.is_none().then_some(reading)));
        }
        let domain = R::domain(world.arena().config);
        let truth = honest.into_iter().flat_map(|message| {
            let flipped = (0..message.bits(domain)).map(move |bit| {
                let mut garbled = message.clone();
                garbled.flip(bit, domain);
                garbled
            });
            std::iter::once(message.clone()).chain(flipped)
        });
        if let Some(said) = truth.into_iter().find(|message| is(message)) {
            return Ok((Some(said), None));
        }
        let some: Vec<String> = world.vocabulary(from, to, |vocabulary| {
            vocabulary.words().take(8).map(|said| said.label(&name)).collect()
        });
        Err(if some.is_empty() {
            format!("{from} has nothing to say to {to} in round {round}")
        } else {
            let list = some.join("; ");
            format!("{from} cannot say {word:?} to {to} in round {round}; it can say {list}")
        })
    }
}
