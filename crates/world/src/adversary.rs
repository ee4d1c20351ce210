//! Who chooses the faults.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{Message, Outgoing, Process, ProcessSet, Rounds, Traitor, Vocabulary};
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::{Fault, Rounded};

/// Chooses the faults of a run while it goes on. It sees everything, and is granted what the
/// model grants.
pub trait Adversary<R: Traitor> {
    /// Bits of states that flip at the beginning of the next round.
    fn before(&mut self, world: &Rounded<'_, R>) -> Vec<(Process, u32)>;

    /// The faults of the round that is under way; `outgoing` is what everybody is about to send.
    ///
    /// # Errors
    /// If what it was told to do cannot be done.
    fn faults(
        &mut self,
        world: &Rounded<'_, R>,
        outgoing: &[Outgoing<R::Message>],
    ) -> Result<Vec<Fault<R::Message>>, String>;
}

/// Faults written down beforehand, each with its round.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script<M> {
    /// The faults.
    pub faults: Vec<(u16, Fault<M>)>,
}

impl<M> Default for Script<M> {
    fn default() -> Self {
        Self { faults: Vec::new() }
    }
}

impl<R: Traitor> Adversary<R> for Script<R::Message> {
    fn before(&mut self, world: &Rounded<'_, R>) -> Vec<(Process, u32)> {
        let next = world.round() + 1;
        let now = self.faults.iter().filter(|(round, _)| *round == next);
        now.filter_map(|(_, fault)| match fault {
            Fault::FlipState { process, bit } => Some((*process, *bit)),
            _ => None,
        })
        .collect()
    }

    fn faults(
        &mut self,
        world: &Rounded<'_, R>,
        _: &[Outgoing<R::Message>],
    ) -> Result<Vec<Fault<R::Message>>, String> {
        let now = self.faults.iter().filter(|(round, _)| *round == world.round());
        let kept = now.filter(|(_, fault)| !matches!(fault, Fault::FlipState { .. }));
        Ok(kept.map(|(_, fault)| fault.clone()).collect())
    }
}

/// How a traitor behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    /// Says nothing, ever.
    Silent,
    /// Says any of its words, or the truth, or nothing, at random.
    Random,
    /// Says its first word to half of the others and its last word to the other half.
    Equivocate,
    /// Says the truth with one bit flipped, another bit to each.
    Flip,
}

impl Manner {
    /// Every manner.
    pub const ALL: [Self; 4] = [Self::Silent, Self::Random, Self::Equivocate, Self::Flip];

    /// The word for it on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Random => "random",
            Self::Equivocate => "equivocate",
            Self::Flip => "flip",
        }
    }
}

/// Traitors that each keep to a manner, on top of a script.
#[derive(Debug)]
pub struct Strategist<M> {
    /// What was written down.
    pub script: Script<M>,
    /// Who behaves how.
    pub manners: Vec<(Process, Manner)>,
    /// Bits of anything that flip, each `(process, round)`: picked among the bits of the state and
    /// of the messages that it sends, all alike.
    pub flips: Vec<(Process, u16)>,
    random: Pcg64Mcg,
    /// The bits of messages that flip in the round under way: sender, receiver, and which bit.
    chosen: Vec<(Process, Process, u32)>,
}

impl<M> Strategist<M> {
    /// A strategist whose draws are fixed by `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            script: Script::default(),
            manners: Vec::new(),
            flips: Vec::new(),
            random: Pcg64Mcg::seed_from_u64(seed),
            chosen: Vec::new(),
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        // The high half of a 128-bit product: no bias worth naming below 2^32 options.
        ((u128::from(self.random.next_u64()) * u128::from(bound)) >> 64) as u64
    }
}

impl<R: Traitor> Adversary<R> for Strategist<R::Message> {
    fn before(&mut self, world: &Rounded<'_, R>) -> Vec<(Process, u32)> {
        let mut flips = Adversary::<R>::before(&mut self.script, world);
        let next = world.round() + 1;
        self.chosen.clear();
        for (process, round) in self.flips.clone() {
            if round != next || world.crashed().contains(process) {
                continue;
            }
            match self.drawn_bit(world, process) {
                Some((None, bit)) => flips.push((process, bit)),
                Some((Some(to), bit)) => self.chosen.push((process, to, bit)),
                None => {}
            }
        }
        flips
    }

    fn faults(
        &mut self,
        world: &Rounded<'_, R>,
        outgoing: &[Outgoing<R::Message>],
    ) -> Result<Vec<Fault<R::Message>>, String> {
        let mut faults = Adversary::<R>::faults(&mut self.script, world, outgoing)?;
        let scripted: Vec<(Process, Process)> = faults
            .iter()
            .filter_map(|fault| match fault {
                Fault::Lie { from, to, .. } => Some((*from, *to)),
                _ => None,
            })
            .collect();
        for (from, manner) in self.manners.clone() {
            for to in world.arena().group.others(from) {
                if !scripted.contains(&(from, to)) {
                    let honest = outgoing[from.index()].to(to);
                    faults.extend(self.lie(world, (from, to), manner, honest));
                }
            }
        }
        let flip = |(from, to, bit)| Fault::FlipMessage { from, to, bit };
        faults.extend(self.chosen.drain(..).map(flip));
        Ok(faults)
    }
}

impl<M: Message> Strategist<M> {
    fn lie<R: Traitor + Rounds<Message = M>>(
        &mut self,
        world: &Rounded<'_, R>,
        (from, to): (Process, Process),
        manner: Manner,
        honest: Option<&M>,
    ) -> Option<Fault<M>> {
        let (said, word) = match manner {
            Manner::Silent => (None, None),
            Manner::Flip => (self.garble::<R>(world, honest), None),
            Manner::Random => {
                let digits = world.vocabulary(from, to, |v| v.digits().to_vec());
                match self.below(4) {
                    0 => (honest.cloned(), None),
                    1 => (None, None),
                    _ => {
                        let draw = digits.iter().map(|d| self.below(u64::from(*d)) as u32);
                        let reading: Vec<u32> = draw.collect();
                        world.vocabulary(from, to, |v| spoken(v, reading))
                    }
                }
            }
            Manner::Equivocate => {
                let first = to.0 % 2 == 0;
                world.vocabulary(from, to, |v| {
                    let last = v.digits().len().saturating_sub(1);
                    // A signed message is a list of things signed: one of them to each half.
                    let chosen = |at: usize| match R::SIGNED {
                        true => at == if first { 0 } else { last },
                        false => !first,
                    };
                    let reading = v.digits().iter().enumerate();
                    let reading = reading.map(|(at, d)| if chosen(at) { d - 1 } else { 0 });
                    spoken(v, reading.collect())
                })
            }
        };
        (said.as_ref() != honest).then_some(Fault::Lie { from, to, said, word })
    }

    fn garble<R: Traitor + Rounds<Message = M>>(
        &mut self,
        world: &Rounded<'_, R>,
        honest: Option<&M>,
    ) -> Option<M> {
        let domain = R::domain(world.arena().config);
        let mut message = honest?.clone();
        let width = message.bits(domain);
        if width > 0 {
            message.flip(self.below(u64::from(width)) as u32, domain);
        }
        Some(message)
    }

    /// A bit of the state of a process, or of a message that it is about to send, and to whom; none
    /// if there is not one bit in all of them.
    fn drawn_bit<R: Traitor + Rounds<Message = M>>(
        &mut self,
        world: &Rounded<'_, R>,
        process: Process,
    ) -> Option<(Option<Process>, u32)> {
        let arena = world.arena();
        let domain = R::domain(arena.config);
        let outgoing = world.about_to_send(process);
        let sent = arena.group.others(process).filter_map(|to| Some((to, outgoing.to(to)?)));
        let mut places = Vec::from([(None, world.states()[process.index()].bits(domain))]);
        places.extend(sent.map(|(to, message)| (Some(to), message.bits(domain))));
        let all: u64 = places.iter().map(|(_, width)| u64::from(*width)).sum();
        let mut drawn = self.below(all);
        for (to, width) in places {
            if drawn < u64::from(width) {
                return Some((to, drawn as u32));
            }
            drawn -= u64::from(width);
        }
        None
    }
}

/// A word, with its reading; nothing if the vocabulary is empty.
fn spoken<M: Clone>(words: &Vocabulary<'_, M>, reading: Vec<u32>) -> (Option<M>, Option<Vec<u32>>) {
    let said = words.word(&reading);
    let reading = said.is_some().then_some(reading);
    (said, reading)
}

/// The processes that keep to a manner, as a set.
impl<M> Strategist<M> {
    /// Who lies.
    pub fn traitors(&self) -> ProcessSet {
        self.manners.iter().map(|(p, _)| *p).collect()
    }
}
