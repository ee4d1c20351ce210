//! Ben-Or's consensus by local coins, for traitors.
//!
//! Problem: consensus on two values. Source: Ben-Or 1983, protocol B.
//! Resilience: asynchronous, n > 5f traitors, unsigned messages.
//!
//! What differs: whoever decides says so once and stops. Its word then stands for its reports and
//! proposals wherever those are missing: else the others, who wait for n-f, could wait for ever
//! while fewer than f+1 have told. This is safe, since a value that a correct process decided is
//! the only one that can be decided, and such votes are for no other.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Deceit, Faults, Group, Links, Mutant, Process, Protocol, Rule, Timing, Turncoat, Value,
    Vocabulary,
};

use crate::card::{Bound, Claim, Cost, First, Hosted, Listed, Request, Setup, Tail};
use crate::consensus::ben_or::{self, Config, Kind, LocalCoin, Words};

/// Processes may lie.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Lies;

impl Kind for Lies {
    const LIARS: bool = true;
    /// A liar may speak of any round. Whom all others have left that far behind without deciding
    /// would have seen more coins disagree than ever will.
    const AHEAD: u32 = 4_096;
}

/// The form for traitors.
pub type BenOrByzantine = LocalCoin<Lies>;

const BOUND: Bound =
    Bound { text: "n > 5f", admits: |group| u32::from(group.n) > 5 * u32::from(group.f) };

/// Every word of the round at hand; out of turn, whatever its receiver would count.
impl Deceit for BenOrByzantine {
    fn lies<'a>(
        liar: &'a Turncoat<'a, Self>,
        _: Process,
        honest: Option<&Words>,
    ) -> Vocabulary<'a, Words> {
        let now = liar.state.round().max(1);
        let rounds = match honest {
            Some(Words::Report(round, _) | Words::Proposal(round, _)) => *round..=*round,
            Some(Words::Decided(_)) => now..=now,
            None => return Vocabulary::one_of(liar.state.audible(liar.config.domain)),
        };
        let mut words: Vec<Words> = liar.config.domain.values().map(Words::Decided).collect();
        for round in rounds {
            for value in liar.config.domain.values() {
                words.push(Words::Report(round, value));
                words.push(Words::Proposal(round, Some(value)));
            }
            words.push(Words::Proposal(round, None));
        }
        Vocabulary::one_of(words)
    }
}

impl Listed for BenOrByzantine {
    const NAME: &'static str = "ben-or-byzantine";
    const TITLE: &'static str = "local coins against traitors: simple, and only for n > 5f";
    const SOURCE: &'static str = "Ben-Or 1983, protocol B";
    const NOTES: &'static str = "As ben-or, with thresholds that no f traitors can reach or \
        prevent: (n+f)/2 for a proposal and a decision, f+1 to adopt. With n = 5f a traitor \
        among the n-f heard leaves 3f of 4f reports, which is not more than (n+f)/2 = 3f: all \
        correct processes may agree and still toss coins, so that the other value can win. \
        The bound is the protocol's, not the problem's: mmr does with n > 3f.";
    const TIMING: Timing = Timing::Asynchronous;
    const FAULTS: Faults = Faults::Byzantine;
    const FIRST: First = First::ROUND;
    const BOUND: Bound = BOUND;
    const ROUNDS: &'static str = "1 if all agree, else 2^(n-1) + 1 expected at most";
    const MESSAGES: &'static str = ben_or::MESSAGES;

    /// All but the first two: n > 5f leaves so much room that no run was found in which half of the
    /// reports, or more than half of those that came, are too few.
    fn mutants() -> Vec<Mutant> {
        ben_or::MUTANTS[2..].to_vec()
    }

    fn rules() -> Vec<Rule> {
        ben_or::RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        let claim = |requirement| {
            Claim::new(requirement, Faults::Byzantine, BOUND).timed(Timing::Asynchronous)
        };
        let safe = |requirement| claim(requirement).over(Links::Lossy);
        [
            safe("agreement"),
            safe("uniform-agreement"),
            safe("irrevocability"),
            safe("integrity").breaks(&[(5, 1)]),
            safe("weak-integrity").breaks(&[(5, 1)]),
            claim("termination"),
        ]
        .into()
    }
}

impl Hosted for BenOrByzantine {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        ben_or::configure(setup)
    }

    fn requests(_: &Setup<'_>, _: &Config, inputs: &[Option<Value>]) -> Vec<Request<Value>> {
        Request::at_once(inputs.iter().copied())
    }

    fn calm_ticks(group: Group, config: &Config) -> u64 {
        ben_or::calm_ticks(group, config)
    }

    fn cost(group: Group, _: &Config, inputs: &[Option<Value>]) -> Option<Cost> {
        ben_or::cost(group, inputs).filter(|_| (BOUND.admits)(group))
    }

    fn tail(group: Group, _: &Config, inputs: &[Option<Value>], round: u32) -> Option<Tail> {
        Some(ben_or::tail(group, inputs, round)).filter(|_| (BOUND.admits)(group))
    }
}
