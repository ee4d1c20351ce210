//! Early deciding: as many rounds as there are failures, not as there might be; not uniform.
//!
//! Problem: consensus under crash failures, any f < n, synchronous, no signatures.
//! Source: Dolev, Reischuk, Strong 1990; Charron-Bost, Schiper 2004.
//!
//! The rules of early-stopping, but whoever knows that its estimate is final decides at once and
//! tells the others afterwards. That is a round faster, and the price is uniformity: a process
//! may decide, crash, and leave the others with a value of their own.
//!
//! What differs: nothing.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{Faults, Group, Mutant, Rule, Value};

use super::early_stopping::{
    Config, Early, MUTANTS as UNIFORM_MUTANTS, RULES as UNIFORM_RULES, messages,
};
use crate::card::{Bound, Catalogued, Claim, Cost, Listed, Setup};

/// Decides as soon as it knows, and tells the others after.
pub type EarlyDeciding = Early<false>;

/// Within this bound the algorithm happens to be uniform as well: whoever decides early and then
/// crashes is the only one to fail.
const ONE: Bound = Bound { text: "f < 2", admits: |g| g.f < 2 };

impl Listed for EarlyDeciding {
    const NAME: &'static str = "early-deciding";
    const TITLE: &'static str = "consensus in f'+1 rounds if only f' processes fail, not uniform";
    const SOURCE: &'static str = "Dolev, Reischuk, Strong 1990; Charron-Bost, Schiper 2004";
    const NOTES: &'static str = "Agreement among the correct is all that it gives. At n = 3, \
        f = 2 with proposals 0 1 1, p0 crashes in round 1 having reached p1, which hears from \
        everybody, decides 0 at once, and crashes in round 2 before it reaches anybody; p2 \
        decides 1. With f = 1 that cannot happen. Whoever has decided still sends once, in the \
        round after, and then halts: those messages count, although everybody may have decided \
        before.";
    const FAULTS: Faults = Faults::Crash;
    const BOUND: Bound = Bound::ANY;
    const ROUNDS: &'static str = "f'+1";
    const MESSAGES: &'static str = "2n(n-1) for f > 0";

    /// Those of early-stopping, but for the one that makes it this.
    fn mutants() -> Vec<Mutant> {
        UNIFORM_MUTANTS[1..].to_vec()
    }

    fn rules() -> Vec<Rule> {
        let at_once = "decide the estimate at once, tell all in the next round, and halt";
        let text = |rule: &Rule| if rule.id == "4" { at_once } else { rule.text };
        UNIFORM_RULES.iter().map(|rule| Rule { id: rule.id, text: text(rule) }).collect()
    }

    fn claims() -> Vec<Claim> {
        const EARLY: &[(u16, u16)] = &[(3, 1), (4, 2)];
        let claim = |requirement| Claim::new(requirement, Faults::Crash, Bound::ANY);
        [
            claim("agreement").breaks_early(EARLY),
            Claim::new("uniform-agreement", Faults::Crash, ONE).breaks(&[(3, 2), (4, 2)]),
            claim("irrevocability"),
            claim("validity-all"),
            claim("validity-proposed"),
            claim("termination"),
            claim("deadline"),
        ]
        .into()
    }
}

impl Catalogued for EarlyDeciding {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only(Self::PARAMETERS)?;
        Ok(Config { domain: setup.domain })
    }

    fn cost(group: Group, _: &Config, _: &[Option<Value>]) -> Option<Cost> {
        Some(Cost { rounds: 1, messages: messages(group) })
    }
}
