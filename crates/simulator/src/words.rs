//! What a traitor says: a word of its vocabulary, or the truth with a flipped bit.

use quorate_kernel::{Bits, Deceit, Pen, Process, Protocol, Turncoat, Vocabulary, engine};
use quorate_world::Word;

use crate::plan::Letter;
use crate::simulation::Simulation;
use crate::weather::{Purpose, below, draw};

/// What is said, and the reading of the vocabulary's odometer if it is one of its words.
pub(crate) struct Spoken<P: Protocol> {
    pub(crate) message: Option<P::Message>,
    pub(crate) reading: Option<Vec<u32>>,
}

pub(crate) fn speak<P: Deceit>(
    run: &Simulation<'_, P>,
    from: Process,
    to: Process,
    honest: Option<&P::Message>,
    word: &Word,
) -> Spoken<P> {
    let nothing = Spoken { message: None, reading: None };
    let drawn = match word {
        Word::Silence => return nothing,
        Word::Garbled(drawn) => return garbled(run, honest, *drawn),
        Word::Drawn(drawn) => *drawn,
        Word::Reading(_) | Word::Split => 0,
    };
    let said = with_words(run, (from, to), honest, |words| {
        if words.size() == Some(0) {
            return garbled(run, honest, drawn);
        }
        let reading = match word {
            Word::Reading(reading) => reading.clone(),
            Word::Split => split(words, to),
            _ => random(words, drawn),
        };
        let message = words.word(&reading);
        let reading = message.is_some().then_some(reading);
        Spoken { message, reading }
    });
    said.unwrap_or(nothing)
}

/// Up to so many words that the sender of a message has in its place, with their readings.
pub(crate) fn all_words<P: Deceit>(
    run: &Simulation<'_, P>,
    letter: Letter,
    honest: &P::Message,
    most: usize,
) -> Vec<(Vec<u32>, P::Message)> {
    let all = with_words(run, (letter.from, letter.to), Some(honest), |words| {
        let readings = words.readings().take(most);
        readings.filter_map(|reading| Some((reading.clone(), words.word(&reading)?))).collect()
    });
    all.unwrap_or_default()
}

/// Does something with the words of a process that is up.
fn with_words<P: Deceit, T>(
    run: &Simulation<'_, P>,
    (from, to): (Process, Process),
    honest: Option<&P::Message>,
    work: impl FnOnce(&Vocabulary<'_, P::Message>) -> T,
) -> Option<T> {
    // Out of turn the adversary looks at the process that it lies to, since it sees everything.
    let seen = if honest.is_some() { from } else { to };
    let state = run.nodes[seen.index()].host.state()?;
    let pens: Vec<Pen> = run.traitors.iter().map(engine::pen).collect();
    let liar = Turncoat {
        me: from,
        group: run.arena.group,
        config: run.arena.config,
        state,
        last: u32::MAX,
        pens: &pens,
        seen: &run.seen,
    };
    Some(work(&P::lies(&liar, to, honest)))
}

fn split<M: Clone>(words: &Vocabulary<'_, M>, to: Process) -> Vec<u32> {
    let first = to.0.is_multiple_of(2);
    words.digits().iter().map(|digit| if first { 0 } else { digit - 1 }).collect()
}

fn random<M: Clone>(words: &Vocabulary<'_, M>, drawn: u64) -> Vec<u32> {
    let digit = |(at, below_it): (usize, &u32)| {
        below(draw(drawn, Purpose::Lie, at as u64), u64::from(*below_it)) as u32
    };
    words.digits().iter().enumerate().map(digit).collect()
}

fn garbled<P: Deceit>(
    run: &Simulation<'_, P>,
    honest: Option<&P::Message>,
    drawn: u64,
) -> Spoken<P> {
    let domain = P::domain(run.arena.config);
    let message = honest.map(|honest| {
        let mut message = honest.clone();
        let width = message.bits(domain);
        if width > 0 {
            message.flip(below(drawn, width.into()) as u32, domain);
        }
        message
    });
    Spoken { message, reading: None }
}
