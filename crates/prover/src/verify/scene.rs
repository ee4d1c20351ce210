//! An execution as the verifier sees it, for pictures.

use super::model::forced;
use super::replay::{Kind, Replayed, Seen, replay};
use crate::certificate::{Execution, Question};

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
