//! The catalogue: one line for each protocol.

use alloc::vec::Vec;

use quorate_kernel::{Faults, Problem, Rounds, Rule};

use crate::card::{Bound, Catalogued, Claim, Parameter};
use crate::consensus::early_deciding::EarlyDeciding;
use crate::consensus::early_stopping::EarlyStopping;
use crate::consensus::eig::Eig;
use crate::consensus::flood_set::FloodSet;
use crate::consensus::from_vector::{ConsensusFromVector, ConsensusFromVectorSigned};
use crate::consensus::min_flood::MinFlood;
use crate::consensus::phase_king::PhaseKing;
use crate::consensus::phase_king_3f::PhaseKing3f;
use crate::consensus::turpin_coan::TurpinCoan;
use crate::consensus::wait_for_all::WaitForAll;
use crate::generals::dolev_strong::DolevStrong;
use crate::generals::from_consensus::GeneralsFromConsensus;
use crate::generals::from_vector::GeneralsFromVector;
use crate::generals::om::Om;
use crate::generals::sm::Sm;
use crate::vector::from_consensus::VectorFromConsensus;
use crate::vector::interactive_consistency::InteractiveConsistency;
use crate::vector::interactive_consistency_signed::InteractiveConsistencySigned;

/// Something to do with a protocol, whichever it is.
pub trait Visitor {
    /// What comes of it.
    type Out;
    /// Does it with `R`.
    fn visit<R: Catalogued>(self) -> Self::Out;
}

/// What the catalogue says of one protocol, without its type.
#[derive(Clone, Debug)]
pub struct Card {
    /// See [`Catalogued::NAME`].
    pub name: &'static str,
    /// See [`Catalogued::ALIASES`].
    pub aliases: &'static [&'static str],
    /// See [`Catalogued::TITLE`].
    pub title: &'static str,
    /// See [`Catalogued::SOURCE`].
    pub source: &'static str,
    /// See [`Catalogued::NOTES`].
    pub notes: &'static str,
    /// The problem's name.
    pub problem: &'static str,
    /// See [`Catalogued::FAULTS`].
    pub faults: Faults,
    /// Whether messages are signed.
    pub signed: bool,
    /// See [`Catalogued::BOUND`].
    pub bound: Bound,
    /// See [`Catalogued::ROUNDS`].
    pub rounds: &'static str,
    /// See [`Catalogued::MESSAGES`].
    pub messages: &'static str,
    /// See [`Catalogued::SPECIAL`].
    pub special: Option<&'static str>,
    /// See [`Catalogued::ONE_INPUT`].
    pub one_input: bool,
    /// See [`Catalogued::PARAMETERS`].
    pub parameters: &'static [Parameter],
    /// See [`Catalogued::rules`].
    pub rules: Vec<Rule>,
    /// See [`Catalogued::claims`].
    pub claims: Vec<Claim>,
}

fn card<R: Catalogued>() -> Card {
    Card {
        name: R::NAME,
        aliases: R::ALIASES,
        title: R::TITLE,
        source: R::SOURCE,
        notes: R::NOTES,
        problem: <R::Problem as Problem>::NAME,
        faults: R::FAULTS,
        signed: <R as Rounds>::SIGNED,
        bound: R::BOUND,
        rounds: R::ROUNDS,
        messages: R::MESSAGES,
        special: R::SPECIAL,
        one_input: R::ONE_INPUT,
        parameters: R::PARAMETERS,
        rules: R::rules(),
        claims: R::claims(),
    }
}

macro_rules! catalogue {
    ($($protocol:ty),* $(,)?) => {
        /// Every protocol, in the order of the list.
        pub fn cards() -> Vec<Card> {
            [$(card::<$protocol>()),*].into()
        }

        /// Does something with the protocol of that name or alias; `None` if there is none.
        pub fn visit<V: Visitor>(name: &str, visitor: V) -> Option<V::Out> {
            $(
                if name == <$protocol>::NAME || <$protocol>::ALIASES.contains(&name) {
                    return Some(visitor.visit::<$protocol>());
                }
            )*
            None
        }
    };
}

catalogue! {
    WaitForAll,
    FloodSet,
    MinFlood,
    EarlyDeciding,
    EarlyStopping,
    Eig,
    PhaseKing,
    PhaseKing3f,
    TurpinCoan,
    Om,
    Sm,
    DolevStrong,
    InteractiveConsistency,
    InteractiveConsistencySigned,
    ConsensusFromVector,
    ConsensusFromVectorSigned,
    GeneralsFromConsensus,
    GeneralsFromVector,
    VectorFromConsensus,
}
