//! What a traitor says: a word of its vocabulary, or the truth with a flipped bit.

use quorate_kernel::{
    Bits, Deceit, Group, Pen, Process, ProcessSet, Protocol, Turncoat, Vocabulary, engine,
};
use quorate_world::{Manner, Word};

use crate::plan::Letter;
use crate::simulation::Simulation;
use crate::weather::{Purpose, below, draw};

/// What is said, and the reading of the vocabulary's odometer if it is one of its words.
#[derive(Debug)]
pub struct Spoken<P: Protocol> {
    /// The message; nothing if it keeps silent.
    pub message: Option<P::Message>,
    /// The reading.
    pub reading: Option<Vec<u32>>,
}

/// What a traitor has at hand.
#[derive(Debug)]
pub struct Speaker<'a, P: Protocol> {
    /// How many there are.
    pub group: Group,
    /// What never changes.
    pub config: &'a P::Config,
    /// The traitors, who share their pens.
    pub traitors: &'a ProcessSet,
    /// What traitors were sent, of a protocol with signatures.
    pub seen: &'a [P::Message],
    /// The state that it speaks from; nothing if that process is down.
    pub state: Option<&'a P>,
}

/// What a traitor of a manner says in the place of a message; nothing else than that if `None`.
pub fn word_of(manner: Manner, drawn: u64) -> Option<Word> {
    match manner {
        Manner::Silent => Some(Word::Silence),
        Manner::Flip => Some(Word::Garbled(drawn)),
        Manner::Equivocate => Some(Word::Split),
        Manner::Random => match drawn >> 62 {
            0 => None,
            1 => Some(Word::Silence),
            _ => Some(Word::Drawn(drawn)),
        },
    }
}

/// A word, as it is said to somebody in place of a message, or out of turn.
pub fn speak<P: Deceit>(
    run: &Speaker<'_, P>,
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
    let run = run.speaker(letter.from);
    let all = with_words(&run, (letter.from, letter.to), Some(honest), |words| {
        let readings = words.readings().take(most);
        readings.filter_map(|reading| Some((reading.clone(), words.word(&reading)?))).collect()
    });
    all.unwrap_or_default()
}

/// Does something with the words of a process that is up.
fn with_words<P: Deceit, T>(
    run: &Speaker<'_, P>,
    (from, to): (Process, Process),
    honest: Option<&P::Message>,
    work: impl FnOnce(&Vocabulary<'_, P::Message>) -> T,
) -> Option<T> {
    let state = run.state?;
    let pens: Vec<Pen> = run.traitors.iter().map(engine::pen).collect();
    let liar = Turncoat {
        me: from,
        group: run.group,
        config: run.config,
        state,
        last: u32::MAX,
        pens: &pens,
        seen: run.seen,
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

fn garbled<P: Deceit>(run: &Speaker<'_, P>, honest: Option<&P::Message>, drawn: u64) -> Spoken<P> {
    let domain = P::domain(run.config);
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
