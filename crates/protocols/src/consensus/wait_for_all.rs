//! Wait for all: everybody tells everybody, and waits for n values.
//!
//! Problem: consensus without failures.
//! Source: Coulouris et al. 2012, 15.5.1, "in a system where processes cannot fail".
//!
//! All processes see the same n values, so any symmetric function of them will do.
//!
//! What differs: nothing. A process that misses a value decides never, as the text has it, even
//! if the run goes on; to go on with n-1 values instead would break agreement with no failure
//! at all, since two processes may miss different ones.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Domain, Faults, Group, Inbox, Liar, Mutant, Outgoing, Process, Rounds, Rule, Traitor, Value,
    View, Vocabulary, inspect, mutants, rules,
};
use quorate_problems::Consensus;

use crate::card::{Bound, Catalogued, Claim, Cost, Listed, Parameter, Setup};
use crate::tally::majority;

rules! {
    TELL = "1": "in round 1 send the proposal to all";
    DECIDE = "2": "when n values have come, decide a function of them: min or majority";
}

mutants! {
    ALL_BUT_ONE = "all-but-one" breaks DECIDE: "waits for n-1 values: the smallest of the others \
        comes too late", "";
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// The values that may be proposed.
    pub domain: Domain,
    /// Whether to decide the strict majority, ⊥ if there is none, instead of the minimum.
    pub majority: bool,
}

/// The state of one process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct WaitForAll {
    proposal: Value,
}

inspect!(WaitForAll { proposal });

impl Rounds for WaitForAll {
    type Problem = Consensus;
    type Config = Config;
    type Message = Value;

    const ANONYMOUS: bool = true;

    fn rounds(_: Group, _: &Config) -> u16 {
        1
    }

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn start(input: Option<Value>, _: &View<'_, Config>) -> Self {
        Self { proposal: input.unwrap_or(Value::DEFAULT) }
    }

    fn send(&self, round: u16, view: &View<'_, Config>) -> Outgoing<Value> {
        if round > 1 {
            return Outgoing::Nothing;
        }
        view.cite(TELL);
        Outgoing::All(self.proposal)
    }

    fn receive(
        &mut self,
        _: u16,
        inbox: &Inbox<'_, Value>,
        view: &View<'_, Config>,
    ) -> Option<Value> {
        let readable = |(_, value): (Process, &Value)| Some(*value).filter(|v| readable(*v, view));
        let mut values: Vec<Value> = inbox.iter().filter_map(readable).collect();
        if values.len() < view.group.size() {
            return None;
        }
        view.cite(DECIDE);
        if view.is_flawed(ALL_BUT_ONE) {
            values.sort_unstable();
            let late = values.iter().position(|value| *value != self.proposal);
            values.remove(late.unwrap_or(0));
        }
        if view.config.majority {
            return Some(majority(values.iter().copied()).unwrap_or(Value::BOTTOM));
        }
        values.into_iter().min()
    }

    fn alike(_: Process, _: Process, _: Group, _: &Config) -> bool {
        true
    }
}

fn readable(value: Value, view: &View<'_, Config>) -> bool {
    view.config.domain.contains(value)
}

impl Traitor for WaitForAll {
    fn vocabulary<'a>(liar: &'a Liar<'a, Self>, round: u16, _: Process) -> Vocabulary<'a, Value> {
        if round > 1 {
            return Vocabulary::none();
        }
        Vocabulary::one_of(liar.config.domain.values().collect())
    }
}

const RULE: Parameter = Parameter {
    key: "rule",
    words: &["min", "majority"],
    text: "what to decide of the n values: the smallest, or the strict majority and else ⊥",
};

impl Listed for WaitForAll {
    const NAME: &'static str = "wait-for-all";
    const TITLE: &'static str = "everybody tells everybody, and waits for n values";
    const SOURCE: &'static str = "Coulouris et al. 2012, 15.5.1";
    const NOTES: &'static str = "The easy case: nothing fails. One crash, and everybody waits for \
        ever. Waiting for n-1 values instead breaks agreement even without a crash: of the values \
        0 1 1, one process may take the first two and another the last two. With rule=majority, \
        ⊥ is a decision like any other, and all reach it together; it was proposed by nobody, so \
        validity-proposed does not hold then.";
    const FAULTS: Faults = Faults::None;
    const BOUND: Bound = Bound::NO_FAULT;
    const ROUNDS: &'static str = "1";
    const MESSAGES: &'static str = "n(n-1)";
    const PARAMETERS: &'static [Parameter] = &[RULE];

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        let claim = |requirement| Claim::new(requirement, Faults::None, Bound::NO_FAULT);
        [
            claim("agreement"),
            claim("uniform-agreement"),
            claim("irrevocability"),
            claim("integrity"),
            claim("validity-all"),
            claim("validity-proposed"),
            claim("termination"),
            claim("deadline"),
            Claim::new("termination", Faults::Crash, Bound::NO_FAULT).breaks(&[(2, 1)]),
        ]
        .into()
    }
}

impl Catalogued for WaitForAll {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only(Self::PARAMETERS)?;
        Ok(Config { domain: setup.domain, majority: setup.word(&RULE)? == "majority" })
    }

    fn cost(group: Group, _: &Config, _: &[Option<Value>]) -> Option<Cost> {
        let n = u64::from(group.n);
        Some(Cost { rounds: 1, messages: n * n.saturating_sub(1) })
    }
}
