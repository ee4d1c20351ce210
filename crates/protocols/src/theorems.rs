//! What no protocol can do, whichever the catalogue has.

use quorate_kernel::{Faults, Group, Timing};

use crate::catalogue::Card;
use crate::promises::{Terms, is_kept};

/// Why a problem cannot be solved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Theorem {
    /// What it says.
    pub text: &'static str,
    /// Author, year.
    pub source: &'static str,
    /// Whether it is about algorithms that leave nothing to chance, and about no others.
    pub deterministic: bool,
    /// Which command of `quorate prove` shows it.
    pub proof: Proof,
}

/// What shows a theorem at the size in question, or at a small one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Proof {
    /// `prove traitors`, at this size.
    Traitors,
    /// `prove traitors --late`, at this size.
    LateTraitors,
    /// `prove asynchrony`, for three processes of which one may be late.
    Asynchrony,
    /// `prove asynchrony`, at this size.
    Halves,
    /// `prove asynchrony --order`, for three processes.
    Order,
}

/// What must hold for a problem to count as solved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Core {
    /// The problem's name.
    pub problem: &'static str,
    /// What it is called in a sentence.
    pub title: &'static str,
    /// One requirement of each of these must be kept.
    pub requirements: &'static [&'static [&'static str]],
}

impl Core {
    /// Whether a protocol of the catalogue solves this on these terms, with the settings that it
    /// has if nothing is set.
    pub fn is_solved_by(&self, card: &Card, terms: Terms) -> bool {
        let kept = |name: &&str| {
            let named = card.claims.iter().filter(|claim| claim.requirement == *name);
            named.filter(|claim| claim.is_made_with(&[])).any(|claim| is_kept(claim, terms))
        };
        card.problem == self.problem && self.requirements.iter().all(|any| any.iter().any(kept))
    }
}

/// The problems of agreement, and what each comes to.
pub const CORES: &[Core] = &[
    Core {
        problem: "consensus",
        title: "consensus",
        requirements: &[
            &["agreement", "uniform-agreement"],
            &["integrity", "validity-all", "validity-proposed"],
            &["termination"],
        ],
    },
    Core {
        problem: "generals",
        title: "the Byzantine generals",
        requirements: &[&["ic1"], &["ic2"], &["termination"]],
    },
    Core {
        problem: "interactive-consistency",
        title: "interactive consistency",
        requirements: &[&["vector-agreement"], &["vector-integrity"], &["termination"]],
    },
    Core {
        problem: "replicated-log",
        title: "a replicated log",
        requirements: &[&["log-agreement"], &["termination"]],
    },
];

/// Why nothing solves a problem of [`CORES`] on these terms, as far as it is known; `signed` says
/// whether messages may be.
pub fn impossible(problem: &str, terms: Terms, signed: bool) -> Option<Theorem> {
    let Group { n, f } = terms.group;
    let (n, f) = (u32::from(n), u32::from(f));
    if f == 0 || terms.faults == Faults::None {
        return None;
    }
    let liars = terms.faults == Faults::Byzantine;
    let told = matches!(problem, "generals" | "interactive-consistency");
    match terms.timing {
        Timing::Synchronous if !liars => None,
        Timing::Synchronous if !signed && n <= 3 * f && (n > 2 || !told) => Some(THIRD),
        Timing::Synchronous if !told && n <= 2 * f => Some(HALF_SIGNED),
        Timing::Synchronous => None,
        _ if told => Some(SLOW),
        _ if liars && n <= 3 * f => Some(THIRD_LATE),
        _ if n <= 2 * f => Some(HALF_LATE),
        Timing::Asynchronous => Some(CHANCE),
        Timing::Partial => None,
    }
}

const THIRD: Theorem = Theorem {
    text: "traitors whose messages are not signed leave no agreement unless n > 3f",
    source: "Pease, Shostak, Lamport 1980",
    deterministic: false,
    proof: Proof::Traitors,
};

const HALF_SIGNED: Theorem = Theorem {
    text: "what all correct processes propose can be told from what traitors propose only if n > \
        2f, signed or not",
    source: "Dolev, Strong 1983",
    deterministic: false,
    proof: Proof::Traitors,
};

const SLOW: Theorem = Theorem {
    text: "a process that has failed cannot be told from one whose messages are late, so nobody \
        can wait for what it was to say, and nobody can do without it",
    source: "Fischer, Lynch, Paterson 1985",
    deterministic: false,
    proof: Proof::Order,
};

const THIRD_LATE: Theorem = Theorem {
    text: "if messages may be late, traitors leave no agreement unless n > 3f, signed or not",
    source: "Bracha, Toueg 1985; Dwork, Lynch, Stockmeyer 1988",
    deterministic: false,
    proof: Proof::LateTraitors,
};

const HALF_LATE: Theorem = Theorem {
    text: "if messages may be late, two halves that do not hear of each other decide differently: \
        n > 2f is needed",
    source: "Bracha, Toueg 1985; Dwork, Lynch, Stockmeyer 1988",
    deterministic: false,
    proof: Proof::Halves,
};

const CHANCE: Theorem = Theorem {
    text: "without a bound on time one process that may fail is enough to keep every algorithm \
        undecided that leaves nothing to chance",
    source: "Fischer, Lynch, Paterson 1985",
    deterministic: true,
    proof: Proof::Asynchrony,
};

/// How many rounds every algorithm needs in some run, where rounds are synchronous: f + 1, or n - 1
/// if all but one may fail.
#[must_use]
pub fn rounds_needed(group: Group) -> u16 {
    group.f.saturating_add(1).min(group.n.saturating_sub(1)).max(1)
}
