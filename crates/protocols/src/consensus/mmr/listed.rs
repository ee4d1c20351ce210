//! What the catalogue says of it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{Domain, Faults, Group, Links, Mutant, Rule, Timing, Value};

use super::{Config, MUTANTS, Mmr, RULES};
use crate::card::{Bound, Claim, Cost, First, Hosted, Listed, Parameter, Request, Setup, Tail};
use crate::chance::{at_most, exactly, power, unanimous};

const CONFIRM: Parameter = Parameter {
    key: "conf",
    words: &["yes", "no"],
    text: "whether sets are confirmed before the coin; no: as published, not live if the coin \
        leaks",
};

impl Listed for Mmr {
    const NAME: &'static str = "mmr";
    const ALIASES: &'static [&'static str] = &["mostefaoui-moumen-raynal"];
    const TITLE: &'static str = "a common coin decides in four rounds expected, unsigned, n > 3f";
    const SOURCE: &'static str =
        "Mostéfaoui, Moumen, Raynal 2014; repaired: MacBrough 2018, Cachin, Zanolini 2020";
    const NOTES: &'static str = "As published the coin may be tossed while a slow process can \
        still be given either value: an adversary that asks for the coin early gives it the one \
        that the coin does not show, and the next round is as split as this one, for ever \
        (Tholoniat, Gramoli 2019). CONF fixes the only value that anybody can hold alone before \
        the first correct process tosses. CONF carries the values of the AUX that were counted, \
        not all valid ones; a value held alone is kept even if the coin shows the other; every \
        round has a coin of its own. The coin is given: shares of a threshold signature would \
        cost n(n-1) messages more a round. With n = 3f silent traitors leave 2f to send BVAL, \
        and nothing becomes valid.";
    const TIMING: Timing = Timing::Asynchronous;
    const FAULTS: Faults = Faults::Byzantine;
    const FIRST: First = First::ROUND;
    const BOUND: Bound = Bound::THIRD;
    const ROUNDS: &'static str = "2 expected if all agree, else 4 at most";
    const MESSAGES: &'static str =
        "3n(n-1) to 4n(n-1) a round without the coin, and n(n-1) to halt";
    const PARAMETERS: &'static [Parameter] = &[CONFIRM];

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        let claim = |requirement| {
            Claim::new(requirement, Faults::Byzantine, Bound::THIRD).timed(Timing::Asynchronous)
        };
        let safe = |requirement| claim(requirement).over(Links::Lossy);
        [
            safe("agreement").breaks(&[(3, 1)]),
            safe("uniform-agreement"),
            safe("irrevocability"),
            safe("integrity"),
            safe("weak-integrity"),
            claim("termination").breaks(&[(3, 1)]),
        ]
        .into()
    }
}

impl Hosted for Mmr {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only(Self::PARAMETERS)?;
        if setup.domain != Domain::BINARY {
            let size = setup.domain.size;
            return Err(format!("a coin has two sides: mmr decides among 2 values, not {size}"));
        }
        let confirm = setup.word(&CONFIRM)? == "yes";
        Ok(Config { domain: setup.domain, confirm, delay_ticks: setup.delay_ticks })
    }

    fn requests(_: &Setup<'_>, _: &Config, inputs: &[Option<Value>]) -> Vec<Request<Value>> {
        Request::at_once(inputs.iter().copied())
    }

    /// Sixty-four rounds of five delays: all coins fail with a chance of 2^-58.
    fn calm_ticks(_: Group, config: &Config) -> u64 {
        64 * 6 * config.delay_ticks
    }

    /// How many rounds there are is the coin's to say.
    fn cost(_: Group, _: &Config, _: &[Option<Value>]) -> Option<Cost> {
        None
    }

    /// If all agree, the first round decides whose coin shows their value. Else at most one value
    /// can be held alone in a round, and which is fixed before its coin: a coin that shows it
    /// makes all agree, and a second one ends it. So `round` coins may show it once at most.
    fn tail(group: Group, _: &Config, inputs: &[Option<Value>], round: u32) -> Option<Tail> {
        let half = power(0.5, round);
        let tail = match unanimous(inputs) {
            Some(_) => exactly(half),
            None => at_most((f64::from(round) + 1.0) * half),
        };
        Some(tail).filter(|_| (Bound::THIRD.admits)(group))
    }
}
