//! Interactive consistency with signatures: everybody commands once.
//!
//! Problem: interactive consistency with any f < n traitors, synchronous, signatures.
//! Source: Pease, Shostak, Lamport 1980, section 5; Lamport, Shostak, Pease 1982, section 4.
//!
//! n instances of SM(f) side by side. What is signed names the instance it is for: without that,
//! an order signed in one instance could be replayed in another.
//!
//! What differs: Pease et al. gather signed values in one tree; this is the reduction to the
//! generals over sm.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{Faults, Group, Mutant, Rule, Value};

use super::side_by_side::{Config, MUTANTS, RULES, Vector, configure, cost};
use crate::card::{Bound, Catalogued, Claim, Cost, Listed, Setup};
use crate::generals::sm::{Config as SmConfig, Sm};

/// n generals with signed messages side by side.
pub type InteractiveConsistencySigned = Vector<Sm>;

impl Listed for InteractiveConsistencySigned {
    const NAME: &'static str = "interactive-consistency-signed";
    const ALIASES: &'static [&'static str] = &["vector-from-generals-signed"];
    const TITLE: &'static str = "n generals side by side, with signed messages";
    const SOURCE: &'static str = "Pease, Shostak, Lamport 1980; Lamport, Shostak, Pease 1982";
    const NOTES: &'static str = "Any number of traitors, like sm. Consensus does not follow as \
        easily: the vectors are equal, but with n <= 2f the traitors' entries outweigh those of \
        the correct, see consensus-from-vector-signed.";
    const FAULTS: Faults = Faults::Byzantine;
    const BOUND: Bound = Bound::ANY;
    const HEAVY: &'static [(u16, u16)] = &[(4, 2), (4, 3)];
    const ROUNDS: &'static str = "f+1";
    const MESSAGES: &'static str = "n(n-1)^2 for f > 0";

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        [RULES.to_vec(), Sm::rules()].concat()
    }

    fn claims() -> Vec<Claim> {
        let claim = |requirement| Claim::new(requirement, Faults::Byzantine, Bound::ANY);
        [
            claim("vector-agreement").breaks_early(&[(3, 1), (4, 2)]),
            claim("vector-integrity"),
            claim("termination"),
            claim("deadline"),
        ]
        .into()
    }
}

impl Catalogued for InteractiveConsistencySigned {
    fn configure(setup: &Setup<'_>) -> Result<Config<SmConfig>, String> {
        configure::<Sm>(setup)
    }

    fn cost(group: Group, config: &Config<SmConfig>, inputs: &[Option<Value>]) -> Option<Cost> {
        cost::<Sm>(group, config, inputs)
    }
}
