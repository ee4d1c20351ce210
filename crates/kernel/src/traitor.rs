//! What a traitor may say.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::{Group, Pen, Process, Protocol, Rounds};

/// What a traitor has at hand when it chooses its words.
#[derive(Debug)]
pub struct Liar<'a, R: Rounds> {
    /// The traitor that speaks.
    pub me: Process,
    /// How many we are.
    pub group: Group,
    /// What never changes.
    pub config: &'a R::Config,
    /// The round after which the run ends.
    pub last: u16,
    /// The pens of all traitors, who share what they know.
    pub pens: &'a [Pen],
    /// Everything that a traitor has been sent, this round included: the adversary is rushing.
    /// Kept for signed protocols only.
    pub seen: &'a [R::Message],
}

impl<'a, R: Rounds> Liar<'a, R> {
    /// The same liar inside a protocol that runs as a part of this one.
    pub fn part<'b, P: Rounds>(
        &'b self,
        config: &'b P::Config,
        last: u16,
        seen: &'b [P::Message],
    ) -> Liar<'b, P> {
        Liar { me: self.me, group: self.group, config, last, pens: self.pens, seen }
    }
}

/// A protocol whose lies are known: a finite vocabulary, since only the protocol knows its words.
///
/// The vocabulary must hold, for every message that some receiver could tell apart from all
/// others, one that no receiver can tell from it. Silence is the engine's to add.
pub trait Traitor: Rounds {
    /// All that a traitor may say to `to` in `round`.
    fn vocabulary<'a>(
        liar: &'a Liar<'a, Self>,
        round: u16,
        to: Process,
    ) -> Vocabulary<'a, Self::Message>;
}

/// What a traitor has at hand outside the synchronous model.
#[derive(Debug)]
pub struct Turncoat<'a, P: Protocol> {
    /// The traitor that speaks.
    pub me: Process,
    /// How many we are.
    pub group: Group,
    /// What never changes.
    pub config: &'a P::Config,
    /// For a word in place of another, what the honest machine's state would be, had it received
    /// what the traitor received. Out of turn, the state of the process that is lied to: the
    /// adversary sees everything, and times its words by it.
    pub state: &'a P,
    /// The last round that anybody can enter; a word about later ones matters to nobody.
    /// The search knows it and a run that is made again does not, so that words about later rounds
    /// must come after all others: a word is told by its reading.
    pub last: u32,
    /// The pens of all traitors, who share what they know.
    pub pens: &'a [Pen],
    /// Everything that a traitor has been sent. Kept for signed protocols only.
    pub seen: &'a [P::Message],
}

/// A general protocol whose lies are known.
///
/// A traitor follows its protocol in what it receives, and says what it likes: for each message
/// that the honest machine sends, any word or nothing; and at any time any word out of turn.
pub trait Deceit: Protocol {
    /// All that a traitor may say to `to` in place of `honest`; out of turn if that is `None`.
    ///
    /// A protocol that promises nothing against traitors may leave this out: then a lie is a
    /// message with flipped bits.
    fn lies<'a>(
        liar: &'a Turncoat<'a, Self>,
        to: Process,
        honest: Option<&Self::Message>,
    ) -> Vocabulary<'a, Self::Message> {
        let _ = (liar, to, honest);
        Vocabulary::none()
    }
}

/// Makes the word of one reading.
type Say<'a, M> = Box<dyn Fn(&[u32]) -> M + 'a>;

/// The words for one message, as an odometer: one digit for each independent choice.
pub struct Vocabulary<'a, M> {
    digits: Vec<u32>,
    say: Option<Say<'a, M>>,
    silence_is_a_word: bool,
}

impl<M> core::fmt::Debug for Vocabulary<'_, M> {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(out, "Vocabulary{:?}", self.digits)
    }
}

impl<'a, M: Clone + 'a> Vocabulary<'a, M> {
    /// Nothing to say.
    pub fn none() -> Self {
        Self { digits: Vec::new(), say: None, silence_is_a_word: false }
    }

    /// One word of a list.
    pub fn one_of(words: Vec<M>) -> Self {
        if words.is_empty() {
            return Self::none();
        }
        Self::odometer([words.len() as u32].into(), move |digits| words[digits[0] as usize].clone())
    }

    /// A word for every reading of an odometer whose k-th digit runs below `digits[k]`.
    pub fn odometer(digits: Vec<u32>, say: impl Fn(&[u32]) -> M + 'a) -> Self {
        if digits.contains(&0) {
            return Self::none();
        }
        Self { digits, say: Some(Box::new(say)), silence_is_a_word: false }
    }

    /// States that some word is, to every receiver, the same as saying nothing.
    pub fn with_silence(mut self) -> Self {
        self.silence_is_a_word = true;
        self
    }

    /// Whether saying nothing is already among the words.
    pub fn silence_is_a_word(&self) -> bool {
        self.silence_is_a_word
    }

    /// How many words there are; `None` beyond `u64::MAX`.
    pub fn size(&self) -> Option<u64> {
        match self.say {
            None => Some(0),
            Some(_) => self.digits.iter().try_fold(1u64, |all, &d| all.checked_mul(u64::from(d))),
        }
    }

    /// The range of every digit.
    pub fn digits(&self) -> &[u32] {
        &self.digits
    }

    /// The word of one reading; `None` if it does not fit the odometer.
    pub fn word(&self, reading: &[u32]) -> Option<M> {
        let fits = reading.len() == self.digits.len()
            && reading.iter().zip(&self.digits).all(|(at, below)| at < below);
        self.say.as_ref().filter(|_| fits).map(|say| say(reading))
    }

    /// Every reading of the odometer, the last digit turning fastest.
    pub fn readings(&self) -> impl Iterator<Item = Vec<u32>> + '_ {
        let mut reading = self.say.as_ref().map(|_| alloc::vec![0; self.digits.len()]);
        core::iter::from_fn(move || {
            let now = reading.take()?;
            reading = advance(now.clone(), &self.digits);
            Some(now)
        })
    }

    /// All words, in the order of their readings.
    pub fn words(&self) -> impl Iterator<Item = M> + '_ {
        self.readings().filter_map(|reading| self.word(&reading))
    }
}

/// The next reading of an odometer, or `None` after the last.
fn advance(mut reading: Vec<u32>, digits: &[u32]) -> Option<Vec<u32>> {
    for at in (0..reading.len()).rev() {
        reading[at] += 1;
        if reading[at] < digits[at] {
            return Some(reading);
        }
        reading[at] = 0;
    }
    None
}
