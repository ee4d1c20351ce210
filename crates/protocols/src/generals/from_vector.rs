//! Generals from interactive consistency: agree on everything, and use the commander's entry.
//!
//! Problem: the Byzantine generals, wherever interactive consistency can be had.
//! Source: Coulouris et al. 2012, 15.5.2, the relation between the problems.
//!
//! The entry of a loyal commander is its value in every vector, and all vectors are equal.
//!
//! What differs: the inner vector is that of interactive-consistency over om. The lieutenants
//! propose the default there, and pay for it: n times the messages of om for nothing but the
//! point that one problem solves the other.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Domain, Faults, Group, Inbox, Liar, Mutant, Outgoing, Process, Rounds, Rule, Traitor, Value,
    View, Vocabulary, inspect, mutants, rules,
};
use quorate_problems::{Generals, InteractiveConsistency as Problem};

use crate::card::{Bound, Catalogued, Claim, Cost, Listed, Parameter, Setup};
use crate::part::{Place, words};
use crate::tally::most_frequent;
use crate::vector::interactive_consistency::InteractiveConsistency;

rules! {
    PROPOSE = "R1": "the commander proposes its order to the vector, and the others the default";
    PICK = "R2": "decide the commander's entry of the vector";
}

mutants! {
    MOST = "most-frequent" breaks PICK: "decides the most frequent entry of the vector, and not \
        the commander's", "";
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config<C> {
    /// The inner interactive consistency.
    pub vector: C,
    /// Who gives the order.
    pub commander: Process,
}

/// The state of one general, over an interactive consistency `V`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FromVector<V: Rounds> {
    inner: V,
}

inspect!(FromVector<V: Rounds> { inner });

impl<V: Traitor + Rounds<Problem = Problem>> Rounds for FromVector<V> {
    type Problem = Generals;
    type Config = Config<V::Config>;
    type Message = V::Message;

    const SIGNED: bool = V::SIGNED;

    fn rounds(group: Group, config: &Self::Config) -> u16 {
        V::rounds(group, &config.vector)
    }

    fn domain(config: &Self::Config) -> Domain {
        V::domain(&config.vector)
    }

    fn start(input: Option<Value>, view: &View<'_, Self::Config>) -> Self {
        let commands = view.me == view.config.commander;
        let order = input.filter(|_| commands).unwrap_or(Value::DEFAULT);
        let inner = view.part(&view.config.vector, RULES.len(), view.last);
        Self { inner: V::start(Some(order), &inner) }
    }

    fn send(&self, round: u16, view: &View<'_, Self::Config>) -> Outgoing<V::Message> {
        if round == 1 {
            view.cite(PROPOSE);
        }
        self.inner.send(round, &view.part(&view.config.vector, RULES.len(), view.last))
    }

    fn receive(
        &mut self,
        round: u16,
        inbox: &Inbox<'_, V::Message>,
        view: &View<'_, Self::Config>,
    ) -> Option<Value> {
        let inner = view.part(&view.config.vector, RULES.len(), view.last);
        let vector = self.inner.receive(round, inbox, &inner)?;
        view.cite(PICK);
        let most = || most_frequent(vector.iter().copied(), Self::domain(view.config));
        let entry = match view.is_flawed(MOST) {
            true => most().map(|(value, _)| value),
            false => vector.get(view.config.commander.index()).copied(),
        };
        Some(entry.unwrap_or(Value::DEFAULT))
    }

    fn deadline(group: Group, config: &Self::Config, failures: u16) -> u16 {
        V::deadline(group, &config.vector, failures)
    }

    fn alike(a: Process, b: Process, group: Group, config: &Self::Config) -> bool {
        let lieutenants = a != config.commander && b != config.commander;
        a == b || lieutenants && V::alike(a, b, group, &config.vector)
    }
}

impl<V: Traitor + Rounds<Problem = Problem>> Traitor for FromVector<V> {
    fn vocabulary<'a>(
        liar: &'a Liar<'a, Self>,
        round: u16,
        to: Process,
    ) -> Vocabulary<'a, V::Message> {
        let (config, seen) = (&liar.config.vector, liar.seen.to_vec());
        words::<Self, V, _>(liar, Place { config, round, last: liar.last, seen }, to, |word| word)
    }
}

/// Generals over the interactive consistency of om.
pub type GeneralsFromVector = FromVector<InteractiveConsistency>;

impl Listed for GeneralsFromVector {
    const NAME: &'static str = "generals-from-vector";
    const TITLE: &'static str = "agree on everybody's value, and use the commander's";
    const SOURCE: &'static str = "Coulouris et al. 2012, 15.5.2";
    const NOTES: &'static str = "Runs over interactive-consistency with oral messages. It shows \
        that one problem solves the other, and nothing more: om alone does it with a share of \
        1/n of the messages.";
    const FAULTS: Faults = Faults::Byzantine;
    const BOUND: Bound = Bound::THIRD;
    const ROUNDS: &'static str = "f+1";
    const MESSAGES: &'static str = "n times those of om";
    const SPECIAL: Option<&'static str> = Some("commander");
    const ONE_INPUT: bool = true;
    const PARAMETERS: &'static [Parameter] = InteractiveConsistency::PARAMETERS;

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        [RULES.to_vec(), InteractiveConsistency::rules()].concat()
    }

    fn claims() -> Vec<Claim> {
        let claim = |requirement| Claim::new(requirement, Faults::Byzantine, Bound::THIRD);
        [
            claim("ic1").breaks(&[(4, 2)]).breaks_early(&[(4, 1)]),
            claim("ic2").breaks(&[(3, 1)]),
            claim("termination"),
            claim("deadline"),
        ]
        .into()
    }
}

impl Catalogued for GeneralsFromVector {
    fn configure(setup: &Setup<'_>) -> Result<Self::Config, String> {
        let vector = InteractiveConsistency::configure(setup)?;
        Ok(Config { vector, commander: setup.special })
    }

    fn cost(group: Group, config: &Self::Config, inputs: &[Option<Value>]) -> Option<Cost> {
        InteractiveConsistency::cost(group, &config.vector, inputs)
    }
}
