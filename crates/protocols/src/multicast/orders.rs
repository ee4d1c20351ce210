//! The catalogue's words on total order from consensus, whichever the consensus is.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{Domain, Faults, Group, Links, Mutant, Protocol, Rule, Timing, Value};
use quorate_problems::Consensus;

use super::consensus_order::{Config, ConsensusOrder, MUTANTS, rules_over};
use super::letter::Config as Common;
use crate::card::{Bound, Claim, Cost, First, Hosted, Listed, Request, Setup};
use crate::consensus::ben_or::BenOr;
use crate::consensus::chandra_toueg::ChandraToueg;
use crate::consensus::paxos::Paxos;

/// A consensus from which the catalogue makes a total order.
pub trait Orders: Hosted + Protocol<Problem = Consensus> {
    /// The name of the order on the command line.
    const ORDER: &'static str;
    /// What it is, in one line.
    const ORDER_TITLE: &'static str;
    /// What this consensus makes of it.
    const ORDER_NOTES: &'static str;
}

impl Orders for Paxos {
    const ORDER: &'static str = "consensus-order";
    const ORDER_TITLE: &'static str = "decide by Paxos whose message is next: total order";
    const ORDER_NOTES: &'static str = "Total order and consensus are the same problem: \
        consensus-from-order is the way back. So no protocol can do it with one crash where \
        nothing is known of time and nothing is drawn by lot. Instance k decides by Paxos whether \
        the next message of process k mod n comes now: the order is never broken, and it goes on \
        while a majority is up and delays are bounded. Were messages sent by plain reliable \
        multicast and only their names agreed on, a name could be decided whose message nobody \
        correct ever gets.";
}

impl Orders for ChandraToueg {
    const ORDER: &'static str = "consensus-order-chandra-toueg";
    const ORDER_TITLE: &'static str = "decide by a rotating coordinator whose message is next";
    const ORDER_NOTES: &'static str = "As consensus-order, with the consensus that its source \
        names: a coordinator, and the failure detector that says when to go on to the next one. \
        The detector lives as long as an instance, so nothing is sent while nothing waits. Its \
        mistakes cost time, never the order.";
}

impl Orders for BenOr {
    const ORDER: &'static str = "consensus-order-ben-or";
    const ORDER_TITLE: &'static str = "decide by lot whose message is next: no time is needed";
    const ORDER_NOTES: &'static str = "As consensus-order, over a consensus that draws lots: the \
        one total order here that needs nothing to be known of time and outlives crashes. Every \
        message is delivered with probability 1. Without a majority of correct processes Ben-Or \
        may decide what nobody proposed, so the order may then wait for a message that was never \
        sent; it is never broken.";
}

/// What the consensus promises of this requirement, if anything.
fn promised<C: Listed>(requirement: &str) -> Option<Claim> {
    C::claims().into_iter().find(|claim| claim.requirement == requirement && claim.is_promise())
}

impl<C: Orders> Listed for ConsensusOrder<C> {
    const NAME: &'static str = C::ORDER;
    const TITLE: &'static str = C::ORDER_TITLE;
    const SOURCE: &'static str = "Chandra, Toueg 1996, 7; Mostéfaoui, Raynal 2000";
    const NOTES: &'static str = C::ORDER_NOTES;
    const TIMING: Timing = C::TIMING;
    const LINKS: Links = Links::Reliable;
    const FAULTS: Faults = Faults::Crash;
    const FIRST: First = First::ROUND;
    const BOUND: Bound = Bound::HALF;
    const ROUNDS: &'static str = "2 delays, and an instance for each process before the next";
    const MESSAGES: &'static str = "n(n-1) for each multicast; n(n-1) and the consensus for each \
        instance";

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        rules_over(C::rules())
    }

    /// What it promises follows from what the consensus does.
    fn claims() -> Vec<Claim> {
        let claim = |requirement, within, timing| {
            Claim::new(requirement, Faults::Crash, within).timed(timing)
        };
        let mut claims: Vec<Claim> = ["no-duplication", "integrity", "consistency"]
            .map(|requirement| claim(requirement, Bound::ANY, Timing::Asynchronous))
            .into();
        if let Some(safe) = promised::<C>("uniform-agreement") {
            let ordered = ["fifo", "causal", "total-order", "uniform-total-order"];
            let ordered = ordered.map(|requirement| claim(requirement, safe.within, safe.timing));
            claims.extend(ordered);
        }
        if let Some(live) = promised::<C>("termination") {
            let come = ["agreement", "uniform-agreement", "totality"];
            claims.extend(come.map(|requirement| claim(requirement, Bound::HALF, live.timing)));
            let own = claim("validity", Bound::HALF, live.timing);
            claims.push(own.breaks(&[(2, 1), (4, 2)]));
        }
        claims
    }
}

impl<C: Orders> Hosted for ConsensusOrder<C> {
    fn configure(setup: &Setup<'_>) -> Result<Self::Config, String> {
        setup.only_or(Self::PARAMETERS, Common::NUMBERS)?;
        let bits = Setup { domain: Domain::BINARY, settings: &[], ..setup.clone() };
        Ok(Config { common: Common::of(setup)?, consensus: C::configure(&bits)? })
    }

    fn requests(
        _: &Setup<'_>,
        config: &Self::Config,
        inputs: &[Option<Value>],
    ) -> Vec<Request<Value>> {
        config.common.requests(inputs)
    }

    /// Each turn of all processes delivers one message of everybody who has one. That every
    /// instance takes as long as one may is next to impossible, so a fortieth is allowed for.
    fn calm_ticks(group: Group, config: &Self::Config) -> u64 {
        let instances = u64::from(group.n).saturating_mul(config.common.each + 3);
        let one = C::calm_ticks(group, &config.consensus);
        let all = one.saturating_add((one / 40).saturating_mul(instances));
        config.common.calm(group, 4).saturating_add(all)
    }

    /// How instances and messages interleave depends on too much for a formula.
    fn cost(_: Group, _: &Self::Config, _: &[Option<Value>]) -> Option<Cost> {
        None
    }
}
