//! An execution as the verifier sees it, for pictures.

use crate::certificate::{Execution, Model, Question};
use crate::verify::{Fault, Kind, Replayed, Seen, forced, replay};

/// An execution, replayed.
pub(crate) struct Scene {
    question: Question,
    replayed: Replayed,
    seen: Seen,
}

/// One thing that goes wrong.
pub(crate) struct Mishap {
    /// `crash`, `omit`, `miss` or `lose`.
    pub(crate) kind: &'static str,
    pub(crate) who: u16,
    pub(crate) round: u16,
    pub(crate) others: Vec<u16>,
    /// What is said in place of what was seen.
    pub(crate) claim: String,
}

impl Scene {
    /// Nothing, if the execution makes no sense.
    pub(crate) fn new(question: &Question, execution: &Execution) -> Option<Self> {
        let mut seen = Seen::default();
        let replayed = replay(question, execution, &mut seen).ok()?;
        Some(Self { question: *question, replayed, seen })
    }

    pub(crate) fn faults(&self) -> impl Iterator<Item = Mishap> + '_ {
        self.replayed.faults.iter().map(|fault| Mishap {
            kind: match fault.kind {
                Kind::Crash => "crash",
                Kind::Omit => "omit",
                Kind::Miss => "miss",
                Kind::Lose => "lose",
                Kind::Lie => "lie",
            },
            who: fault.who,
            round: fault.round,
            others: fault.others.iter().copied().collect(),
            claim: fault.claim.map(|seen| self.seen.text(seen)).unwrap_or_default(),
        })
    }

    pub(crate) fn faulty(&self) -> impl Iterator<Item = u16> {
        self.replayed.faulty.iter().copied()
    }

    /// What must be decided, if anything.
    pub(crate) fn forced(&self) -> Option<u8> {
        forced(&self.question, &self.replayed)
    }

    /// What a process has seen in the end.
    pub(crate) fn view(&self, p: u16) -> Option<String> {
        self.replayed.last(p).map(|seen| self.seen.text(seen))
    }

    /// The values that a process has heard of in the end.
    pub(crate) fn values(&self, p: u16) -> Vec<u8> {
        let heard = self.replayed.last(p).map_or(0, |seen| self.seen.values(seen));
        (0..32).filter(|value| heard >> value & 1 == 1).collect()
    }

    /// What a process hears, if there is one round only.
    pub(crate) fn heard_in_one_round(&self, p: u16) -> Option<String> {
        let last = self.replayed.last(p).filter(|_| self.question.rounds == 1)?;
        let heard = |(q, told): (u16, &Option<u32>)| match told {
            None => format!("p{q}: -"),
            Some(told) => format!("p{q}: {}", self.seen.text(*told)),
        };
        let heard: Vec<String> = (0..).zip(self.seen.told(last)?).map(heard).collect();
        Some(heard.join(", "))
    }
}

/// What becomes of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Passage {
    /// It is not sent, or nobody is there to hear it.
    Silent,
    Heard,
    Unheard,
    /// It says this in place of what was seen.
    Lie(u32),
}

impl Scene {
    pub(crate) fn n(&self) -> u16 {
        self.question.n
    }

    pub(crate) fn rounds(&self) -> u16 {
        self.question.rounds
    }

    /// What a process proposes; nothing, if it lies.
    pub(crate) fn input(&self, p: u16) -> Option<u8> {
        let lies = self.question.model.has_liars() && self.replayed.faulty.contains(&p);
        self.replayed.inputs.get(usize::from(p)).copied().filter(|_| !lies)
    }

    /// In which round a process crashes.
    pub(crate) fn crash(&self, p: u16) -> Option<u16> {
        let crash = |fault: &&Fault| fault.kind == Kind::Crash && fault.who == p;
        self.replayed.faults.iter().find(crash).map(|fault| fault.round)
    }

    /// What becomes of a message in a round.
    pub(crate) fn passage(&self, round: u16, from: u16, to: u16) -> Passage {
        let gone = |p: u16, by: u16| self.crash(p).is_some_and(|at| at <= by);
        if gone(to, round) || gone(from, round - 1) || !sends(&self.question, round, from) {
            return Passage::Silent;
        }
        if self.replayed.unheard.contains(&(round, to, from)) {
            return Passage::Unheard;
        }
        let told = self.replayed.faults.iter().find(|fault| {
            fault.kind == Kind::Lie
                && (fault.who, fault.round) == (from, round)
                && fault.others.contains(&to)
        });
        let honest = self.replayed.seen[usize::from(round) - 1][usize::from(from)];
        match told.and_then(|lie| lie.claim) {
            // A liar may tell the truth, if it were one of the others.
            Some(claim) if honest != Some(claim) || self.input(from).is_none() => {
                Passage::Lie(claim)
            }
            _ => Passage::Heard,
        }
    }
}

/// Whether a process sends in a round.
fn sends(question: &Question, round: u16, from: u16) -> bool {
    question.model != Model::LossInTurn || from == (round + 1) % 2
}
