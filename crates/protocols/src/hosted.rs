//! Synchronous protocols on a network with delays: in timed rounds.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{Faults, Group, Lockstep, LockstepConfig, Mutant, Rule, Timing, Value};

use crate::card::{Bound, Catalogued, Claim, Cost, Hosted, Listed, Parameter, Request, Setup};

/// The catalogue's words on the protocol hold for its timed form too.
impl<R: Catalogued> Listed for Lockstep<R> {
    const NAME: &'static str = R::NAME;
    const ALIASES: &'static [&'static str] = R::ALIASES;
    const TITLE: &'static str = R::TITLE;
    const SOURCE: &'static str = R::SOURCE;
    const NOTES: &'static str = R::NOTES;
    const TIMING: Timing = R::TIMING;
    const FAULTS: Faults = R::FAULTS;
    const BOUND: Bound = R::BOUND;
    const ROUNDS: &'static str = R::ROUNDS;
    const MESSAGES: &'static str = R::MESSAGES;
    const SPECIAL: Option<&'static str> = R::SPECIAL;
    const ONE_INPUT: bool = R::ONE_INPUT;
    const PARAMETERS: &'static [Parameter] = R::PARAMETERS;
    const HEAVY: &'static [(u16, u16)] = R::HEAVY;

    fn rules() -> Vec<Rule> {
        R::rules()
    }

    fn claims() -> Vec<Claim> {
        R::claims()
    }

    fn mutants() -> Vec<Mutant> {
        R::mutants()
    }
}

impl<R: Catalogued> Hosted for Lockstep<R> {
    fn configure(setup: &Setup<'_>) -> Result<LockstepConfig<R::Config>, String> {
        let rounds = R::configure(setup)?;
        let last = setup.rounds.unwrap_or_else(|| R::rounds(setup.group, &rounds));
        // A message of a round may take the whole bound; the round ends one tick later.
        Ok(LockstepConfig { rounds, round_ticks: setup.delay_ticks + 1, last })
    }

    fn requests(_: &Setup<'_>, _: &Self::Config, inputs: &[Option<Value>]) -> Vec<Request<Value>> {
        Request::at_once(inputs.iter().copied())
    }

    fn calm_ticks(_: Group, config: &Self::Config) -> u64 {
        (u64::from(config.last) + 1) * config.round_ticks
    }

    fn cost(group: Group, config: &Self::Config, inputs: &[Option<Value>]) -> Option<Cost> {
        R::cost(group, &config.rounds, inputs)
    }

    fn round_ticks(config: &Self::Config) -> Option<u64> {
        Some(config.round_ticks)
    }
}
