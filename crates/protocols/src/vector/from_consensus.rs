//! Interactive consistency from consensus: n times the generals from consensus, side by side.
//!
//! Problem: interactive consistency, wherever consensus can be had with integrity.
//! Source: Coulouris et al. 2012, 15.5.2, the relation between the problems.
//!
//! Everybody tells all its value, and for each process all agree on what that process said.
//!
//! What differs: nothing; the inner consensus is eig.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{Faults, Group, Mutant, Rounds, Rule, Value};

use super::side_by_side::{MUTANTS, RULES, Vector, configure, cost};
use crate::card::{Bound, Catalogued, Claim, Cost, Listed, Setup};
use crate::generals::from_consensus::GeneralsFromConsensus;
use crate::tree::affordable;

/// n generals from consensus side by side.
pub type VectorFromConsensus = Vector<GeneralsFromConsensus>;

impl Listed for VectorFromConsensus {
    const NAME: &'static str = "vector-from-consensus";
    const TITLE: &'static str = "everybody tells its value, and all agree on what each said";
    const SOURCE: &'static str = "Coulouris et al. 2012, 15.5.2";
    const NOTES: &'static str = "The composition of vector-from-generals and \
        generals-from-consensus, over eig: one round more than interactive-consistency, and n \
        agreements at once. It closes the circle: any of the three problems solves the other two \
        in the synchronous model at n > 3f.";
    const FAULTS: Faults = Faults::Byzantine;
    const BOUND: Bound = Bound::THIRD;
    const HEAVY: &'static [(u16, u16)] = &[(4, 1)];
    const ROUNDS: &'static str = "f+2";
    const MESSAGES: &'static str = "n(n-1) + (f+1)n^2(n-1)";

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        [RULES.to_vec(), GeneralsFromConsensus::rules()].concat()
    }

    fn claims() -> Vec<Claim> {
        let claim = |requirement| Claim::new(requirement, Faults::Byzantine, Bound::THIRD);
        [
            claim("vector-agreement").breaks(&[(3, 1)]).breaks_early(&[(4, 1)]),
            claim("vector-integrity").breaks(&[(3, 1)]),
            claim("termination"),
            claim("deadline"),
        ]
        .into()
    }
}

impl Catalogued for VectorFromConsensus {
    fn configure(setup: &Setup<'_>) -> Result<<Self as Rounds>::Config, String> {
        affordable(setup.group, None, u64::from(setup.group.n))?;
        configure::<GeneralsFromConsensus>(setup)
    }

    fn cost(
        group: Group,
        config: &<Self as Rounds>::Config,
        inputs: &[Option<Value>],
    ) -> Option<Cost> {
        cost::<GeneralsFromConsensus>(group, config, inputs)
    }
}
