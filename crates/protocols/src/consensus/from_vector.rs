//! Consensus from interactive consistency: all hold the same vector, so all take the same of it.
//!
//! Problem: consensus, wherever interactive consistency can be had and most are correct.
//! Source: Coulouris et al. 2012, 15.5.2; Pease, Shostak, Lamport 1980.
//!
//! Any function of the vector gives agreement. If all correct processes propose v, the most
//! frequent entry is v as long as the correct outnumber the faulty, so n > 2f for integrity.
//!
//! What differs: Coulouris et al. take the majority and ⊥ if there is none, which was proposed by
//! nobody; here it is the most frequent entry, the smallest if several are.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Domain, Faults, Group, Inbox, Liar, Mutant, Outgoing, Process, Rounds, Rule, Traitor, Value,
    View, Vocabulary, inspect, mutants, rules,
};
use quorate_problems::{Consensus, InteractiveConsistency as Problem};

use crate::card::{Bound, Catalogued, Claim, Cost, Listed, Parameter, Setup};
use crate::part::{Place, words};
use crate::tally::most_frequent;
use crate::vector::interactive_consistency::InteractiveConsistency;
use crate::vector::interactive_consistency_signed::InteractiveConsistencySigned;

rules! {
    PROPOSE = "R1": "propose the value to the vector";
    COUNT = "R2": "decide the most frequent entry of the vector, the smallest if several are";
}

mutants! {
    OWN = "own-entry" breaks COUNT: "decides its own entry of the vector", "";
}

/// The state of one process, over an interactive consistency `V`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FromVector<V: Rounds> {
    inner: V,
}

inspect!(FromVector<V: Rounds> { inner });

impl<V: Traitor + Rounds<Problem = Problem>> Rounds for FromVector<V> {
    type Problem = Consensus;
    type Config = V::Config;
    type Message = V::Message;

    const SIGNED: bool = V::SIGNED;

    fn rounds(group: Group, config: &V::Config) -> u16 {
        V::rounds(group, config)
    }

    fn domain(config: &V::Config) -> Domain {
        V::domain(config)
    }

    fn start(input: Option<Value>, view: &View<'_, V::Config>) -> Self {
        Self { inner: V::start(input, &view.part(view.config, RULES.len(), view.last)) }
    }

    fn send(&self, round: u16, view: &View<'_, V::Config>) -> Outgoing<V::Message> {
        if round == 1 {
            view.cite(PROPOSE);
        }
        self.inner.send(round, &view.part(view.config, RULES.len(), view.last))
    }

    fn receive(
        &mut self,
        round: u16,
        inbox: &Inbox<'_, V::Message>,
        view: &View<'_, V::Config>,
    ) -> Option<Value> {
        let inner = view.part(view.config, RULES.len(), view.last);
        let vector = self.inner.receive(round, inbox, &inner)?;
        view.cite(COUNT);
        if view.is_flawed(OWN) {
            return vector.get(view.me.index()).copied();
        }
        let entry = most_frequent(vector.into_iter(), V::domain(view.config));
        Some(entry.map_or(Value::DEFAULT, |(value, _)| value))
    }

    fn deadline(group: Group, config: &V::Config, failures: u16) -> u16 {
        V::deadline(group, config, failures)
    }

    fn alike(a: Process, b: Process, group: Group, config: &V::Config) -> bool {
        V::alike(a, b, group, config)
    }
}

impl<V: Traitor + Rounds<Problem = Problem>> Traitor for FromVector<V> {
    fn vocabulary<'a>(
        liar: &'a Liar<'a, Self>,
        round: u16,
        to: Process,
    ) -> Vocabulary<'a, V::Message> {
        let (config, seen) = (liar.config, liar.seen.to_vec());
        words::<Self, V, _>(liar, Place { config, round, last: liar.last, seen }, to, |word| word)
    }
}

/// What is promised within a bound, and where the bound and the rounds end.
fn claims(
    within: Bound,
    disagree: &'static [(u16, u16)],
    outvoted: &'static [(u16, u16)],
    early: &'static [(u16, u16)],
) -> Vec<Claim> {
    let claim = |requirement| Claim::new(requirement, Faults::Byzantine, within);
    [
        claim("agreement").breaks(disagree).breaks_early(early),
        claim("irrevocability"),
        claim("integrity").breaks(outvoted),
        claim("validity-all"),
        claim("termination"),
        claim("deadline"),
    ]
    .into()
}

/// Consensus over the interactive consistency of om.
pub type ConsensusFromVector = FromVector<InteractiveConsistency>;
/// Consensus over the interactive consistency of sm.
pub type ConsensusFromVectorSigned = FromVector<InteractiveConsistencySigned>;

impl Listed for ConsensusFromVector {
    const NAME: &'static str = "consensus-from-vector";
    const ALIASES: &'static [&'static str] = &["consensus-from-generals"];
    const TITLE: &'static str = "agree on the vector of proposals, and take the most frequent";
    const SOURCE: &'static str = "Coulouris et al. 2012, 15.5.2; Pease, Shostak, Lamport 1980";
    const NOTES: &'static str = "The vector comes from n generals with oral messages side by side, \
        so this is consensus from the generals as well, and it is known by that name too. The \
        bound n > 3f is that of the generals; the reduction itself needs n > 2f. With ⊥ instead \
        of the most frequent entry it is consensus all the same, with a decision that nobody \
        proposed.";
    const FAULTS: Faults = Faults::Byzantine;
    const BOUND: Bound = Bound::THIRD;
    const ROUNDS: &'static str = "f+1";
    const MESSAGES: &'static str = "n times those of om";
    const PARAMETERS: &'static [Parameter] = InteractiveConsistency::PARAMETERS;

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        [RULES.to_vec(), InteractiveConsistency::rules()].concat()
    }

    fn claims() -> Vec<Claim> {
        claims(Bound::THIRD, &[(3, 1)], &[(3, 1)], &[(4, 1)])
    }
}

impl Catalogued for ConsensusFromVector {
    fn configure(setup: &Setup<'_>) -> Result<Self::Config, String> {
        InteractiveConsistency::configure(setup)
    }

    fn cost(group: Group, config: &Self::Config, inputs: &[Option<Value>]) -> Option<Cost> {
        InteractiveConsistency::cost(group, config, inputs)
    }
}

impl Listed for ConsensusFromVectorSigned {
    const NAME: &'static str = "consensus-from-vector-signed";
    const ALIASES: &'static [&'static str] = &["consensus-from-generals-signed"];
    const TITLE: &'static str = "agree on the signed vector, and take the most frequent entry";
    const SOURCE: &'static str = "Pease, Shostak, Lamport 1980; Coulouris et al. 2012, 15.5.2";
    const NOTES: &'static str = "Where the three problems are not equivalent: with signatures the \
        generals and the vector can be had with any number of traitors, consensus with integrity \
        with a minority only. At n = 2, f = 1 with proposals 0 and 1 each must decide its own, \
        since the other may be the traitor. Agreement has no such bound.";
    const FAULTS: Faults = Faults::Byzantine;
    const BOUND: Bound = Bound::HALF;
    const ROUNDS: &'static str = "f+1";
    const MESSAGES: &'static str = "n(n-1)^2 for f > 0";

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        [RULES.to_vec(), InteractiveConsistencySigned::rules()].concat()
    }

    fn claims() -> Vec<Claim> {
        claims(Bound::HALF, &[], &[(2, 1), (4, 2)], &[(3, 1)])
    }
}

impl Catalogued for ConsensusFromVectorSigned {
    fn configure(setup: &Setup<'_>) -> Result<Self::Config, String> {
        InteractiveConsistencySigned::configure(setup)
    }

    fn cost(group: Group, config: &Self::Config, inputs: &[Option<Value>]) -> Option<Cost> {
        InteractiveConsistencySigned::cost(group, config, inputs)
    }
}
