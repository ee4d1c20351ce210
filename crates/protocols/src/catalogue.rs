//! The catalogue: one line for each protocol.

use alloc::vec::Vec;

use quorate_kernel::{Faults, Links, Lockstep, Problem, Protocol, Rounds, Rule, Timing, Value};

use crate::card::{Bound, Catalogued, Claim, First, Hosted, Listed, Parameter};
use crate::consensus::ben_or::BenOr;
use crate::consensus::ben_or_byzantine::BenOrByzantine;
use crate::consensus::chandra_toueg::ChandraToueg;
use crate::consensus::early_deciding::EarlyDeciding;
use crate::consensus::early_stopping::EarlyStopping;
use crate::consensus::eig::Eig;
use crate::consensus::flood_set::FloodSet;
use crate::consensus::from_order::FromOrder;
use crate::consensus::from_vector::{ConsensusFromVector, ConsensusFromVectorSigned};
use crate::consensus::min_flood::MinFlood;
use crate::consensus::mmr::Mmr;
use crate::consensus::paxos::Paxos;
use crate::consensus::phase_king::PhaseKing;
use crate::consensus::phase_king_3f::PhaseKing3f;
use crate::consensus::turpin_coan::TurpinCoan;
use crate::consensus::wait_for_all::WaitForAll;
use crate::detector::heartbeat::Heartbeat;
use crate::generals::dolev_strong::DolevStrong;
use crate::generals::from_consensus::GeneralsFromConsensus;
use crate::generals::from_vector::GeneralsFromVector;
use crate::generals::om::Om;
use crate::generals::sm::Sm;
use crate::log::multi_paxos::MultiPaxos;
use crate::log::raft::{self, Raft};
use crate::multicast::b_multicast::BMulticast;
use crate::multicast::bracha::Bracha;
use crate::multicast::causal::Causal;
use crate::multicast::consensus_order::ConsensusOrder;
use crate::multicast::fifo::Fifo;
use crate::multicast::isis::Isis;
use crate::multicast::reliable::Reliable;
use crate::multicast::sequencer::Sequencer;
use crate::multicast::uniform::Uniform;
use crate::museum::{Piece, pieces};
use crate::two_armies::two_generals::TwoGenerals;
use crate::two_armies::two_generals_random::TwoGeneralsRandom;
use crate::vector::from_consensus::VectorFromConsensus;
use crate::vector::interactive_consistency::InteractiveConsistency;
use crate::vector::interactive_consistency_signed::InteractiveConsistencySigned;

/// Something to do with a synchronous protocol, whichever it is.
pub trait Visitor {
    /// What comes of it.
    type Out;
    /// Does it with `R`.
    fn visit<R: Catalogued>(self) -> Self::Out;
}

/// Something to do with a protocol on a network, whichever it is.
pub trait HostedVisitor {
    /// What comes of it.
    type Out;
    /// Does it with `P`.
    fn visit<P: Hosted>(self) -> Self::Out;
}

/// What the catalogue says of one protocol, without its type.
#[derive(Clone, Debug)]
pub struct Card {
    /// See [`Listed::NAME`].
    pub name: &'static str,
    /// See [`Listed::ALIASES`].
    pub aliases: &'static [&'static str],
    /// See [`Listed::TITLE`].
    pub title: &'static str,
    /// See [`Listed::SOURCE`].
    pub source: &'static str,
    /// See [`Listed::NOTES`].
    pub notes: &'static str,
    /// The problem's name.
    pub problem: &'static str,
    /// Whether it is one of the synchronous model, written in rounds.
    pub in_rounds: bool,
    /// See [`Listed::TIMING`].
    pub timing: Timing,
    /// See [`Listed::LINKS`].
    pub links: Links,
    /// See [`Listed::RESTARTS`].
    pub restarts: bool,
    /// See [`Listed::FAULTS`].
    pub faults: Faults,
    /// Whether messages are signed.
    pub signed: bool,
    /// See [`Listed::BOUND`].
    pub bound: Bound,
    /// See [`Listed::ROUNDS`].
    pub rounds: &'static str,
    /// See [`Listed::MESSAGES`].
    pub messages: &'static str,
    /// See [`Listed::SPECIAL`].
    pub special: Option<&'static str>,
    /// See [`Listed::ONE_INPUT`].
    pub one_input: bool,
    /// See [`Listed::FIRST`].
    pub first: First,
    /// See [`Listed::PARAMETERS`].
    pub parameters: &'static [Parameter],
    /// See [`Listed::rules`].
    pub rules: Vec<Rule>,
    /// See [`Listed::claims`].
    pub claims: Vec<Claim>,
    /// What can be wrong with it on purpose: its own mutants, and each rule left out.
    pub pieces: Vec<Piece>,
}

fn card<L: Listed, P: Problem>(in_rounds: bool, signed: bool) -> Card {
    Card {
        name: L::NAME,
        aliases: L::ALIASES,
        title: L::TITLE,
        source: L::SOURCE,
        notes: L::NOTES,
        problem: P::NAME,
        in_rounds,
        timing: L::TIMING,
        links: L::LINKS,
        restarts: L::RESTARTS,
        faults: L::FAULTS,
        signed,
        bound: L::BOUND,
        rounds: L::ROUNDS,
        messages: L::MESSAGES,
        special: L::SPECIAL,
        one_input: L::ONE_INPUT,
        first: L::FIRST,
        parameters: L::PARAMETERS,
        rules: L::rules(),
        claims: L::claims(),
        pieces: pieces::<L>(),
    }
}

macro_rules! catalogue {
    (rounds { $($rounds:ty),* $(,)? } hosted { $($hosted:ty),* $(,)? }) => {
        /// Every protocol, in the order of the list.
        pub fn cards() -> Vec<Card> {
            [
                $(card::<$rounds, <$rounds as Rounds>::Problem>(
                    true, <$rounds as Rounds>::SIGNED),)*
                $(card::<$hosted, <$hosted as Protocol>::Problem>(
                    false, <$hosted as Protocol>::SIGNED),)*
            ]
            .into()
        }

        /// Does something with the synchronous protocol of that name or alias; `None` if there is
        /// none.
        pub fn visit<V: Visitor>(name: &str, visitor: V) -> Option<V::Out> {
            $(
                if is::<$rounds>(name) {
                    return Some(visitor.visit::<$rounds>());
                }
            )*
            None
        }

        /// Does something with the protocol of that name or alias, hosted on a network; `None` if
        /// there is none.
        pub fn visit_hosted<V: HostedVisitor>(name: &str, visitor: V) -> Option<V::Out> {
            $(
                if is::<$rounds>(name) {
                    return Some(visitor.visit::<Lockstep<$rounds>>());
                }
            )*
            $(
                if is::<$hosted>(name) {
                    return Some(visitor.visit::<$hosted>());
                }
            )*
            None
        }
    };
}

fn is<L: Listed>(name: &str) -> bool {
    name == L::NAME || L::ALIASES.contains(&name)
}

catalogue! {
    rounds {
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
    hosted {
        BenOr,
        BenOrByzantine,
        ChandraToueg,
        Mmr,
        Paxos,
        MultiPaxos,
        Raft,
        Raft<Value, raft::Plain>,
        Raft<Value, raft::NoPreVote>,
        Raft<Value, raft::SingleServer>,
        BMulticast,
        Reliable,
        Uniform,
        Fifo,
        Causal,
        Bracha,
        Sequencer,
        Isis,
        ConsensusOrder<Paxos>,
        ConsensusOrder<ChandraToueg>,
        ConsensusOrder<BenOr>,
        FromOrder<ConsensusOrder<Paxos>>,
        Heartbeat,
        TwoGenerals,
        TwoGeneralsRandom,
    }
}
