//! Whether a vocabulary says all that a receiver could tell apart.

use quorate_kernel::{
    Bits, Faults, Inbox, Margin, Outgoing, Process, RoundOutput, Rounds, Value, engine,
};
use quorate_protocols::Catalogued;
use quorate_world::{Adversary, Manner, Model, Rounded, Strategist};

use crate::Bench;

/// A message that leads a receiver where no word of the vocabulary leads it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gap {
    /// Where it was found.
    pub place: String,
    /// The message.
    pub message: String,
}

/// Looks for messages that the vocabulary leaves out: silence, where it is said to be a word, and
/// every message that one flipped bit makes of a word or of the truth.
///
/// The runs that are looked at have one traitor that speaks at random.
///
/// # Errors
/// If a run cannot be made.
pub fn gaps<R: Catalogued>(bench: &Bench<R>, seeds: u64) -> Result<Vec<Gap>, String> {
    let mut gaps = Vec::new();
    for seed in 0..seeds {
        let from = Process((seed % u64::from(bench.group.n)) as u16);
        let inputs: Vec<Option<Value>> = bench
            .inputs()
            .iter()
            .enumerate()
            .map(|(at, options)| {
                options[(seed as usize / 3 + at * (1 + seed as usize)) % options.len()]
            })
            .collect();
        let mut strategist = Strategist::<R::Message>::new(seed);
        strategist.manners.push((from, Manner::Random));
        let model = Model::of(bench.group, Faults::Byzantine);
        let faulty = [from].into_iter().collect();
        let mut world = Rounded::start(bench.arena(), model, &inputs, faulty, None)?;
        while !world.is_over() {
            let outgoing = world.speak(&[])?;
            for to in bench.group.others(from) {
                look(bench, &world, &outgoing, (from, to), &mut gaps);
            }
            let faults = Adversary::<R>::faults(&mut strategist, &world, &outgoing)?;
            world.hear(&outgoing, &faults)?;
        }
    }
    Ok(gaps)
}

/// A vocabulary with more words is not looked at: all of them would have to be heard.
const WORDS_MAX: u64 = 4096;

fn look<R: Catalogued>(
    bench: &Bench<R>,
    world: &Rounded<'_, R>,
    outgoing: &[Outgoing<R::Message>],
    (from, to): (Process, Process),
    gaps: &mut Vec<Gap>,
) {
    let reaction = |said: Option<&R::Message>| react(bench, world, outgoing, (from, to), said);
    let honest = outgoing[from.index()].to(to);
    let known = world.vocabulary(from, to, |vocabulary| {
        let few = vocabulary.size().is_some_and(|size| size <= WORDS_MAX);
        few.then(|| (vocabulary.words().collect(), vocabulary.silence_is_a_word()))
    });
    let Some((words, silence_is_a_word)): Option<(Vec<R::Message>, bool)> = known else { return };
    let mut known: Vec<(R, Option<RoundOutput<R>>)> =
        words.iter().map(|word| reaction(Some(word))).collect();
    known.push(reaction(honest));
    let place = format!("{} round {} from {from} to {to}", R::NAME, world.round());
    if silence_is_a_word && !words.is_empty() {
        if !known.contains(&reaction(None)) {
            gaps.push(Gap { place: place.clone(), message: "silence".into() });
        }
    } else {
        known.push(reaction(None));
    }
    for word in words.iter().take(64).chain(honest) {
        for bit in 0..word.bits(bench.domain) {
            let mut flipped = word.clone();
            flipped.flip(bit, bench.domain);
            if !known.contains(&reaction(Some(&flipped))) {
                gaps.push(Gap { place: place.clone(), message: format!("{flipped:?}") });
            }
        }
    }
}

/// Where `to` would land if `from` said this to it and all others the truth.
fn react<R: Catalogued>(
    bench: &Bench<R>,
    world: &Rounded<'_, R>,
    outgoing: &[Outgoing<R::Message>],
    (from, to): (Process, Process),
    said: Option<&R::Message>,
) -> (R, Option<RoundOutput<R>>) {
    let mut inbox: Vec<Option<<R as Rounds>::Message>> =
        outgoing.iter().map(|out| out.to(to).cloned()).collect();
    inbox[from.index()] = said.cloned();
    let (pen, margin) = (engine::pen(to), Margin::default());
    let view = engine::view(&pen, bench.group, &bench.config, bench.last, &margin);
    let mut state = world.states()[to.index()].clone();
    let output = state.receive(world.round(), &Inbox::new(&inbox, &[]), &view);
    (state, output)
}
