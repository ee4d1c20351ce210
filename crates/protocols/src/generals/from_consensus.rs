//! Generals from consensus: the commander tells all, and all agree on what they were told.
//!
//! Problem: the Byzantine generals, wherever the inner consensus can be had with integrity.
//! Source: Coulouris et al. 2012, 15.5.2, the relation between the problems; Lynch 1996, 6.
//!
//! A loyal commander gives all the same proposal, so integrity makes it the decision; a traitor
//! gives different ones, and agreement makes them one.
//!
//! What differs: the inner consensus is eig, which takes any number of values at n > 3f and is as
//! fast as can be. The price of the reduction is one round and n-1 messages.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Domain, Faults, Group, Inbox, Liar, Mutant, Outgoing, Process, Rounds, Rule, Traitor, Value,
    View, Vocabulary, inspect, mutants, rules,
};
use quorate_problems::{Consensus, Generals};

use crate::card::{Bound, Catalogued, Claim, Cost, Listed, Setup};
use crate::consensus::eig::Eig;
use crate::part::{Place, Staged, sort_out, words};

rules! {
    TELL = "R1": "in round 1 the commander sends its value to all";
    TAKE = "R2": "everybody proposes what it was told, the default if nothing or garbage came";
    AGREE = "R3": "decide what the consensus that starts in round 2 decides";
}

mutants! {
    DIRECT = "obeys-directly" breaks AGREE: "decides what the commander told it, and not what the \
        consensus decides", "";
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config<C> {
    /// The inner consensus.
    pub consensus: C,
    /// Who gives the order.
    pub commander: Process,
}

/// The state of one general, over a consensus `C`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FromConsensus<C: Rounds> {
    /// The commander's order until it is sent; the default otherwise.
    order: Value,
    /// The inner consensus; it starts anew when the order has come.
    inner: C,
}

inspect!(FromConsensus<C: Rounds> { order, inner });

impl<C: Traitor + Rounds<Problem = Consensus>> Rounds for FromConsensus<C> {
    type Problem = Generals;
    type Config = Config<C::Config>;
    type Message = Staged<C::Message>;

    const SIGNED: bool = C::SIGNED;

    fn rounds(group: Group, config: &Self::Config) -> u16 {
        C::rounds(group, &config.consensus).saturating_add(1)
    }

    fn domain(config: &Self::Config) -> Domain {
        C::domain(&config.consensus)
    }

    fn start(input: Option<Value>, view: &View<'_, Self::Config>) -> Self {
        let commands = view.me == view.config.commander;
        let order = input.filter(|_| commands).unwrap_or(Value::DEFAULT);
        let inner = view.part(&view.config.consensus, RULES.len(), view.last.saturating_sub(1));
        Self { order, inner: C::start(Some(order), &inner) }
    }

    fn send(&self, round: u16, view: &View<'_, Self::Config>) -> Outgoing<Self::Message> {
        if round > 1 {
            let inner = view.part(&view.config.consensus, RULES.len(), view.last.saturating_sub(1));
            return self.inner.send(round - 1, &inner).map(Staged::Then);
        }
        if view.me != view.config.commander {
            return Outgoing::Nothing;
        }
        view.cite(TELL);
        Outgoing::All(Staged::First(self.order))
    }

    fn receive(
        &mut self,
        round: u16,
        inbox: &Inbox<'_, Self::Message>,
        view: &View<'_, Self::Config>,
    ) -> Option<Value> {
        let config = view.config;
        let inner = view.part(&config.consensus, RULES.len(), view.last.saturating_sub(1));
        if round > 1 {
            let came = sort_out(inbox, view.group, Staged::then);
            let decision = self.inner.receive(round - 1, &Inbox::new(&came, &[]), &inner);
            if decision.is_some() {
                view.cite(AGREE);
            }
            let told = decision.is_some() && view.is_flawed(DIRECT);
            return if told { Some(self.order) } else { decision };
        }
        let told = inbox.from(config.commander).and_then(Staged::first);
        let told = if view.me == config.commander { Some(self.order) } else { told };
        let readable = told.filter(|value| Self::domain(config).contains(*value));
        let order = readable.unwrap_or(Value::DEFAULT);
        view.cite(TAKE);
        let kept = if view.is_flawed(DIRECT) { order } else { Value::DEFAULT };
        *self = Self { order: kept, inner: C::start(Some(order), &inner) };
        (view.last <= 1).then_some(order)
    }

    fn deadline(group: Group, config: &Self::Config, failures: u16) -> u16 {
        C::deadline(group, &config.consensus, failures).saturating_add(1)
    }

    fn alike(a: Process, b: Process, group: Group, config: &Self::Config) -> bool {
        let lieutenants = a != config.commander && b != config.commander;
        a == b || lieutenants && C::alike(a, b, group, &config.consensus)
    }
}

impl<C: Traitor + Rounds<Problem = Consensus>> Traitor for FromConsensus<C> {
    fn vocabulary<'a>(
        liar: &'a Liar<'a, Self>,
        round: u16,
        to: Process,
    ) -> Vocabulary<'a, Self::Message> {
        let config = liar.config;
        if round > 1 {
            let seen = liar.seen.iter().filter_map(Staged::then).cloned().collect();
            let last = liar.last.saturating_sub(1);
            let place = Place { config: &config.consensus, round: round - 1, last, seen };
            return words::<Self, C, _>(liar, place, to, Staged::Then);
        }
        if liar.me != config.commander || to == config.commander {
            return Vocabulary::none();
        }
        let values = Self::domain(config).values();
        Vocabulary::one_of(values.map(Staged::First).collect()).with_silence()
    }
}

/// Generals over exponential information gathering.
pub type GeneralsFromConsensus = FromConsensus<Eig>;

impl Listed for GeneralsFromConsensus {
    const NAME: &'static str = "generals-from-consensus";
    const TITLE: &'static str = "the commander tells all, and all agree on what they were told";
    const SOURCE: &'static str = "Coulouris et al. 2012, 15.5.2; Lynch 1996, chapter 6";
    const NOTES: &'static str = "Runs over eig: any number of values at n > 3f. The reduction \
        costs one round, so it is not optimal: om needs f+1. It needs integrity in the form \"all \
        correct propose v, so v\"; a consensus with validity-proposed only will not do. At n = 2, \
        f = 1 the generals are trivial, one lieutenant obeys, and the reduction still fails, \
        because consensus is not. In the \
        asynchronous model the reduction fails: a silent commander cannot be told from a slow \
        one, so the generals cannot be had there even where consensus can.";
    const FAULTS: Faults = Faults::Byzantine;
    const BOUND: Bound = Bound::THIRD;
    const ROUNDS: &'static str = "f+2";
    const MESSAGES: &'static str = "(n-1) + (f+1)n(n-1)";
    const SPECIAL: Option<&'static str> = Some("commander");
    const ONE_INPUT: bool = true;

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        [RULES.to_vec(), Eig::rules()].concat()
    }

    fn claims() -> Vec<Claim> {
        let claim = |requirement| Claim::new(requirement, Faults::Byzantine, Bound::THIRD);
        [
            claim("ic1").breaks(&[(3, 1)]).breaks_early(&[(4, 1)]),
            claim("ic2").breaks(&[(2, 1), (3, 1)]),
            claim("termination"),
            claim("deadline"),
        ]
        .into()
    }
}

impl Catalogued for GeneralsFromConsensus {
    fn configure(setup: &Setup<'_>) -> Result<Self::Config, String> {
        Ok(Config { consensus: Eig::configure(setup)?, commander: setup.special })
    }

    fn cost(group: Group, config: &Self::Config, inputs: &[Option<Value>]) -> Option<Cost> {
        let inner = Eig::cost(group, &config.consensus, inputs)?;
        let told = u64::from(group.n).saturating_sub(1);
        Some(Cost { rounds: inner.rounds + 1, messages: inner.messages + told })
    }
}
