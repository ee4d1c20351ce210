//! MinFlood: tell the smallest value known, and again only when it shrinks.
//!
//! Problem: consensus under crash failures, any f < n, synchronous, no signatures.
//! Source: after Lynch 1996, 6.2.2 (OptFloodSet).
//!
//! Of the set that FloodSet gathers only the minimum is ever used, so only the minimum is sent:
//! one value a message, and at most one message to each for every value that can be smaller.
//!
//! What differs: Lynch's OptFloodSet sends the first two values seen and decides a fixed default
//! if it saw two. Deciding the minimum of those two instead is wrong; following the minimum from
//! the start, as here, is right and keeps every decision a proposed value.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Domain, Faults, Group, Inbox, Liar, Mutant, Outgoing, Process, Rounds, Rule, Traitor, Value,
    View, Vocabulary, inspect, mutants, rules,
};
use quorate_problems::Consensus;

use crate::card::{Bound, Catalogued, Claim, Cost, Listed, Setup};

rules! {
    FLOOD = "1": "send the smallest value known to all, if it has not been sent yet";
    LEARN = "2": "keep the smallest value received";
    DECIDE = "3": "after round f+1 decide it";
}

mutants! {
    EARLY = "one-round-early" breaks DECIDE: "decides after round f", "";
    OWN_ONLY = "own-value-only" breaks FLOOD: "sends its own proposal and passes on nothing that \
        it learns", "";
    QUIET = "quiet-round" breaks LEARN: "learns nothing more once a round has brought nothing \
        smaller", "";
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// The values that may be proposed.
    pub domain: Domain,
}

/// The state of one process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MinFlood {
    /// The smallest value known; ⊥, which is larger than all, if none is.
    smallest: Value,
    /// Whether it has not been sent yet.
    news: bool,
}

inspect!(MinFlood { smallest, news });

impl Rounds for MinFlood {
    type Problem = Consensus;
    type Config = Config;
    type Message = Value;

    const ANONYMOUS: bool = true;

    fn rounds(group: Group, _: &Config) -> u16 {
        group.f.saturating_add(1)
    }

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn start(input: Option<Value>, _: &View<'_, Config>) -> Self {
        Self { smallest: input.unwrap_or(Value::BOTTOM), news: input.is_some() }
    }

    fn send(&self, _: u16, view: &View<'_, Config>) -> Outgoing<Value> {
        if !self.news {
            return Outgoing::Nothing;
        }
        view.cite(FLOOD);
        Outgoing::All(self.smallest)
    }

    fn receive(
        &mut self,
        round: u16,
        inbox: &Inbox<'_, Value>,
        view: &View<'_, Config>,
    ) -> Option<Value> {
        let readable = inbox.iter().map(|(_, value)| *value);
        let heard = readable.filter(|value| view.config.domain.contains(*value)).min();
        let settled = view.is_flawed(QUIET) && round > 1 && !self.news;
        self.news = heard.is_some_and(|value| value < self.smallest) && !settled;
        if let Some(value) = heard.filter(|_| self.news) {
            view.cite(LEARN);
            self.smallest = value;
        }
        if view.is_flawed(OWN_ONLY) {
            self.news = false;
        }
        let early = view.is_flawed(EARLY) && round + 1 == view.last;
        if round < view.last && !early {
            return None;
        }
        view.cite(DECIDE);
        Some(if self.smallest.is_bottom() { Value::DEFAULT } else { self.smallest })
    }

    fn alike(_: Process, _: Process, _: Group, _: &Config) -> bool {
        true
    }
}

impl Traitor for MinFlood {
    fn vocabulary<'a>(liar: &'a Liar<'a, Self>, _: u16, _: Process) -> Vocabulary<'a, Value> {
        Vocabulary::one_of(liar.config.domain.values().collect())
    }
}

impl Listed for MinFlood {
    const NAME: &'static str = "min-flood";
    const TITLE: &'static str = "f+1 rounds of telling the smallest value known";
    const SOURCE: &'static str = "after Lynch 1996, 6.2.2";
    const NOTES: &'static str = "Lynch's OptFloodSet sends the own value and then the first \
        different one, and decides a fixed default if it saw two; that default may have been \
        proposed by nobody. To decide the smaller of the two instead is wrong: at n = 4, f = 2 \
        with proposals 1 2 2 3, p0 crashes in round 1 having reached p1, p1 in round 2 having \
        reached p2, and p2 decides 1 but p3 decides 2. Following the minimum from the start is \
        right. Like flood-set it keeps validity-proposed but not integrity.";
    const FAULTS: Faults = Faults::Crash;
    const BOUND: Bound = Bound::ANY;
    const ROUNDS: &'static str = "f+1";
    const MESSAGES: &'static str = "n(n-1) + (n-c)(n-1) for f > 0, where c processes propose the \
        minimum";

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        const EARLY: &[(u16, u16)] = &[(3, 1), (4, 2)];
        let claim = |requirement| Claim::new(requirement, Faults::Crash, Bound::ANY);
        [
            claim("agreement").breaks_early(EARLY),
            claim("uniform-agreement").breaks_early(EARLY),
            claim("irrevocability"),
            claim("validity-all"),
            claim("validity-proposed"),
            claim("termination"),
            claim("deadline"),
        ]
        .into()
    }
}

impl Catalogued for MinFlood {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only(Self::PARAMETERS)?;
        Ok(Config { domain: setup.domain })
    }

    fn cost(group: Group, _: &Config, inputs: &[Option<Value>]) -> Option<Cost> {
        let rounds = u64::from(group.f) + 1;
        let others = u64::from(group.n).saturating_sub(1);
        let proposals = inputs.iter().flatten();
        let smallest = proposals.clone().min();
        // Whoever has something to tell in round 1; and in round 2 whoever learnt of the minimum.
        let first = proposals.clone().count() as u64;
        let holders = proposals.filter(|value| Some(*value) == smallest).count() as u64;
        let learners = match smallest {
            Some(_) if rounds > 1 => u64::from(group.n).saturating_sub(holders),
            _ => 0,
        };
        Some(Cost { rounds, messages: (first + learners) * others })
    }
}
