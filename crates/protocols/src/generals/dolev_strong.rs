//! Dolev-Strong: signed messages, with no more than two orders passed on.
//!
//! Problem: the Byzantine generals with any f < n traitors, synchronous, signatures.
//! Source: Dolev, Strong 1983.
//!
//! Two orders with the commander's signature prove it a traitor, and a third one proves no more.
//! So a lieutenant accepts and passes on two at most, and the number of messages stays
//! polynomial however many orders the commander signs.
//!
//! What differs: nothing else; the machine is that of sm.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{Faults, Group, Mutant, Rule, Value};

use super::sm::{Config, MUTANTS as SM_MUTANTS, RULES as SM_RULES, SignedGenerals, claims, cost};
use crate::card::{Bound, Catalogued, Claim, Cost, Listed, Setup};

/// Keeps two orders at most.
pub type DolevStrong = SignedGenerals<true>;

impl Listed for DolevStrong {
    const NAME: &'static str = "dolev-strong";
    const TITLE: &'static str = "signed messages, at most two orders passed on";
    const SOURCE: &'static str = "Dolev, Strong 1983";
    const NOTES: &'static str = "The same rounds and, without failures, the same messages as sm; \
        with a traitor as the commander at most (n-1) + 2(n-1)(n-2) by the loyal. For two values \
        it is sm. All that a lieutenant decides is whether it saw exactly one order, so \
        forgetting the third changes no decision.";
    const FAULTS: Faults = Faults::Byzantine;
    const BOUND: Bound = Bound::ANY;
    const ROUNDS: &'static str = "f+1";
    const MESSAGES: &'static str = "(n-1)^2 for f > 0";
    const SPECIAL: Option<&'static str> = Some("commander");
    const ONE_INPUT: bool = true;

    fn mutants() -> Vec<Mutant> {
        SM_MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        let two = "in round k accept an order with k signatures, the commander's first; \
            V += order unless V has two";
        let text = |rule: &Rule| if rule.id == "2" { two } else { rule.text };
        SM_RULES.iter().map(|rule| Rule { id: rule.id, text: text(rule) }).collect()
    }

    fn claims() -> Vec<Claim> {
        claims()
    }
}

impl Catalogued for DolevStrong {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only(Self::PARAMETERS)?;
        Ok(Config { domain: setup.domain, commander: setup.special })
    }

    fn cost(group: Group, _: &Config, _: &[Option<Value>]) -> Option<Cost> {
        Some(cost(group))
    }
}
