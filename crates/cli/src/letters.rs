//! What an experiment in time says of single messages: `p0>p1#2` is the third from p0 to p1.

use std::collections::BTreeMap;

use quorate_kernel::{Group, Process};
use quorate_protocols::Setup;
use quorate_simulator::{Fate, Letter};

use crate::experiment::Words;
use crate::failure::Failure;
use crate::reading::read_process;
use crate::timed::read_ticks;

/// What is said of single messages, and who is faulty for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Letters {
    pub(crate) fates: BTreeMap<Letter, Fate>,
    /// What is said instead, in the order in which it was given.
    pub(crate) lies: Vec<(Letter, String)>,
    pub(crate) culprits: Vec<Process>,
}

/// Whether a fault is one of a message of a run in time.
pub(crate) fn names_a_message(text: &str) -> bool {
    text.split('=').next().is_some_and(|place| place.contains('>'))
}

/// Reads what an experiment says of single messages.
pub(crate) fn read_letters(words: &Words, group: Group) -> Result<Letters, Failure> {
    let mut all = Letters::default();
    let in_rounds = words.lie.iter().chain(&words.omit).chain(&words.miss);
    if let Some(text) = in_rounds.clone().find(|text| !names_a_message(text)) {
        return Err(Failure::usage(format!(
            "{text:?} names no message of a run in time: write 'p0>p1#2' for the third from p0 to \
             p1, as for --message"
        )));
    }
    for text in &words.message {
        let (letter, fate) = read_fate(text, group)?;
        all.fates.insert(letter, fate);
    }
    for text in &words.omit {
        let letter = read_letter(text, text, group)?;
        all.culprits.push(letter.from);
        all.fates.insert(letter, Fate::Omitted);
    }
    for text in &words.miss {
        let letter = read_letter(text, text, group)?;
        all.culprits.push(letter.to);
        all.fates.insert(letter, Fate::Missed(Setup::DELAY_TICKS / 2));
    }
    for text in &words.lie {
        let (place, word) = text.split_once('=').ok_or_else(|| {
            Failure::usage(format!(
                "{text:?} does not say what is said: write it as 'p0>p1#2=WORD'"
            ))
        })?;
        let letter = read_letter(place, text, group)?;
        all.culprits.push(letter.from);
        all.lies.push((letter, word.trim().into()));
    }
    Ok(all)
}

fn read_fate(text: &str, group: Group) -> Result<(Letter, Fate), Failure> {
    let (place, fate) = text.split_once('=').ok_or_else(|| bad(text))?;
    let letter = read_letter(place, text, group)?;
    let fate = match fate.trim() {
        "lost" => Fate::Lost,
        "twice" => Fate::Twice(Setup::DELAY_TICKS / 2, Setup::DELAY_TICKS),
        time => Fate::Arrives(read_ticks(time)?),
    };
    Ok((letter, fate))
}

fn bad(text: &str) -> Failure {
    Failure::usage(format!(
        "{text:?} is not the fate of a message: write 'p0>p1#2=25ms', =lost or =twice"
    ))
}

fn read_letter(place: &str, whole: &str, group: Group) -> Result<Letter, Failure> {
    let (link, number) = place.split_once('#').ok_or_else(|| bad(whole))?;
    let (from, to) = link.split_once('>').ok_or_else(|| bad(whole))?;
    let (from, to) = (read_process(from, group)?, read_process(to, group)?);
    if from == to {
        return Err(Failure::usage(format!(
            "what {from} tells itself cannot fail: {whole:?} must name another process after the >"
        )));
    }
    let number = number.trim().parse().map_err(|_| bad(whole))?;
    Ok(Letter { from, to, number })
}

/// A message, as it is written.
pub(crate) fn letter_text(letter: Letter) -> String {
    format!("{}>{}#{}", letter.from, letter.to, letter.number)
}
