//! Interactive consistency: everybody commands once, with oral messages.
//!
//! Problem: interactive consistency with up to f < n/3 traitors, synchronous, no signatures.
//! Source: Pease, Shostak, Lamport 1980; Coulouris et al. 2012, 15.5.2, IC from the generals.
//!
//! n instances of the Byzantine generals side by side, one commanded by each process: what
//! instance j decides is entry j. All loyal processes decide the same in every instance (IC1), and
//! the commander's value if it is loyal (IC2).
//!
//! What differs: Pease et al. fill the vector by one recursive procedure; this is the reduction
//! to the generals over om, which is the same thing seen by columns. A process's own entry is its
//! own value.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{Faults, Group, Mutant, Rule, Value};

use super::side_by_side::{Config, MUTANTS, RULES, Vector, configure, cost};
use crate::card::{Bound, Catalogued, Claim, Cost, Listed, Parameter, Setup};
use crate::generals::om::{Config as OmConfig, Om};
use crate::tree::affordable;

/// n generals with oral messages side by side.
pub type InteractiveConsistency = Vector<Om>;

impl Listed for InteractiveConsistency {
    const NAME: &'static str = "interactive-consistency";
    const ALIASES: &'static [&'static str] = &["vector-from-generals"];
    const TITLE: &'static str = "n generals side by side, with oral messages";
    const SOURCE: &'static str = "Pease, Shostak, Lamport 1980";
    const NOTES: &'static str = "It is the reduction of interactive consistency to the generals: \
        n times the messages, no more rounds, the same bound. eig gathers the same hearsay with \
        one batch a round and takes one majority more. At n = 3, f = 1 both requirements break: \
        a liar makes one correct process doubt the other, whose own entry in its own vector is \
        right all the same.";
    const FAULTS: Faults = Faults::Byzantine;
    const BOUND: Bound = Bound::THIRD;
    const ROUNDS: &'static str = "f+1";
    const MESSAGES: &'static str = "n times those of om";
    const PARAMETERS: &'static [Parameter] = Om::PARAMETERS;

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        [RULES.to_vec(), Om::rules()].concat()
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

impl Catalogued for InteractiveConsistency {
    fn configure(setup: &Setup<'_>) -> Result<Config<OmConfig>, String> {
        affordable(setup.group, Some(setup.special), u64::from(setup.group.n))?;
        configure::<Om>(setup)
    }

    fn cost(group: Group, config: &Config<OmConfig>, inputs: &[Option<Value>]) -> Option<Cost> {
        cost::<Om>(group, config, inputs)
    }
}
