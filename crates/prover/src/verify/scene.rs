//! An execution as the verifier sees it, for pictures.

use super::model::forced;
use super::replay::{Kind, Replayed, Seen, replay};
use crate::certificate::{Execution, Question};

/// An execution, replayed.
pub(crate) struct Scene {
    question: Question,
    replayed: Replayed,
}

/// One thing that goes wrong.
pub(crate) struct Mishap {
    /// `crash`, `omit`, `miss` or `lose`.
    pub(crate) kind: &'static str,
    pub(crate) who: u16,
    pub(crate) round: u16,
    pub(crate) others: Vec<u16>,
}

impl Scene {
    /// Nothing, if the execution makes no sense.
    pub(crate) fn new(question: &Question, execution: &Execution) -> Option<Self> {
        let replayed = replay(question, execution, &mut Seen::default()).ok()?;
        Some(Self { question: *question, replayed })
    }

    pub(crate) fn faults(&self) -> impl Iterator<Item = Mishap> {
        self.replayed.faults.iter().map(|fault| Mishap {
            kind: match fault.kind {
                Kind::Crash => "crash",
                Kind::Omit => "omit",
                Kind::Miss => "miss",
                Kind::Lose => "lose",
            },
            who: fault.who,
            round: fault.round,
            others: fault.others.iter().copied().collect(),
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
        let heard = |(q, input): (u16, &u8)| match self.replayed.unheard.contains(&(1, p, q)) {
            true => format!("p{q}: -"),
            false => format!("p{q}: {input}"),
        };
        let heard: Vec<String> = (0..).zip(&self.replayed.inputs).map(heard).collect();
        (self.question.rounds == 1).then(|| heard.join(", "))
    }
}
