//! FloodSet: f+1 rounds of telling everybody everything.
//!
//! Problem: consensus under crash failures, any f < n, synchronous, no signatures.
//! Source: Lynch 1996, 6.2.1; Coulouris et al. 2012, 15.5.2.
//!
//! Among f+1 rounds there is one in which nobody crashes; after it all live processes know the
//! same set, and it never changes again.
//!
//! What differs: a process sends only what it has not sent before (`send=new`), which costs at
//! most 2n(n-1) messages for two values; `send=all` is the printed form, (f+1)n(n-1). Taking the
//! minimum breaks the textbook's own integrity clause: see the notes.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Bits, Domain, Faults, Group, Inbox, Liar, Message, Mutant, Outgoing, Process, Renamed,
    Renaming, Rounds, Rule, Traitor, Value, View, Vocabulary, coded, inspect, mutants, rules,
};
use quorate_problems::Consensus;

use crate::card::{Bound, Catalogued, Claim, Cost, Listed, Parameter, Setup};

rules! {
    FLOOD = "1": "in every round send the values not sent before to all";
    LEARN = "2": "add every value received to the set W";
    DECIDE = "3": "after round f+1 decide the smallest value of W";
}

mutants! {
    EARLY = "one-round-early" breaks DECIDE: "decides after round f, as the printed code does that \
        fills Values(r+1) in round r", "Coulouris et al. 2012, figure 15.17";
    OWN_ONLY = "own-value-only" breaks FLOOD: "sends its own proposal and passes on nothing that \
        it learns", "";
    QUIET = "quiet-round" breaks DECIDE: "decides after the first round that brought nothing new, \
        as if nobody could know more", "";
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// The values that may be proposed.
    pub domain: Domain,
    /// Whether to send the whole set in every round, as the printed form does.
    pub send_all: bool,
}

/// The state of one process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FloodSet {
    /// W: every value seen.
    seen: BTreeSet<Value>,
    /// Those of W that have been sent.
    sent: BTreeSet<Value>,
}

inspect!(FloodSet { seen, sent });

/// Some values.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Values(pub BTreeSet<Value>);

coded!(Values(values));

impl Renamed for Values {
    fn rename(&mut self, by: &Renaming) {
        self.0.rename(by);
    }
}

impl Bits for Values {
    fn bits(&self, domain: Domain) -> u32 {
        self.0.len() as u32 * domain.width()
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        let Some(mut value) = self.0.iter().nth((bit / domain.width()) as usize).copied() else {
            return;
        };
        self.0.remove(&value);
        value.flip(bit % domain.width(), domain);
        self.0.insert(value);
    }
}

impl Message for Values {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        let values: Vec<String> = self.0.iter().map(|value| name(*value)).collect();
        values.join(",")
    }

    fn messages(&self, _: Process) -> u64 {
        u64::from(!self.0.is_empty())
    }

    fn items(&self, _: Process) -> u64 {
        self.0.len() as u64
    }
}

impl Rounds for FloodSet {
    type Problem = Consensus;
    type Config = Config;
    type Message = Values;

    const ANONYMOUS: bool = true;

    fn rounds(group: Group, _: &Config) -> u16 {
        group.f + 1
    }

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn start(input: Option<Value>, _: &View<'_, Config>) -> Self {
        Self { seen: input.into_iter().collect(), sent: BTreeSet::new() }
    }

    fn send(&self, _: u16, view: &View<'_, Config>) -> Outgoing<Values> {
        let new: BTreeSet<Value> = if view.config.send_all {
            self.seen.clone()
        } else {
            self.seen.difference(&self.sent).copied().collect()
        };
        let learnt = view.is_flawed(OWN_ONLY) && !self.sent.is_empty();
        if new.is_empty() || learnt {
            return Outgoing::Nothing;
        }
        view.cite(FLOOD);
        Outgoing::All(Values(new))
    }

    fn receive(
        &mut self,
        round: u16,
        inbox: &Inbox<'_, Values>,
        view: &View<'_, Config>,
    ) -> Option<Value> {
        let before = self.seen.len();
        self.sent = self.seen.clone();
        for (_, values) in inbox.iter() {
            let readable = values.0.iter().filter(|value| view.config.domain.contains(**value));
            for value in readable {
                if self.seen.insert(*value) {
                    view.cite(LEARN);
                }
            }
        }
        let quiet = view.is_flawed(QUIET) && self.seen.len() == before;
        let early = view.is_flawed(EARLY) && round + 1 == view.last;
        if round < view.last && !quiet && !early {
            return None;
        }
        view.cite(DECIDE);
        Some(self.seen.first().copied().unwrap_or(Value::DEFAULT))
    }

    fn alike(_: Process, _: Process, _: Group, _: &Config) -> bool {
        true
    }
}

impl Traitor for FloodSet {
    fn vocabulary<'a>(liar: &'a Liar<'a, Self>, _: u16, _: Process) -> Vocabulary<'a, Values> {
        let domain = liar.config.domain;
        let digits = domain.values().map(|_| 2).collect();
        Vocabulary::odometer(digits, move |reading| {
            let chosen = domain.values().zip(reading).filter(|(_, in_set)| **in_set == 1);
            Values(chosen.map(|(value, _)| value).collect())
        })
        .with_silence()
    }
}

const SEND: Parameter = Parameter {
    key: "send",
    words: &["new", "all"],
    text: "what to send in a round: the values not sent before, or the whole set",
};

impl Listed for FloodSet {
    const NAME: &'static str = "flood-set";
    const TITLE: &'static str = "f+1 rounds of telling everybody everything";
    const SOURCE: &'static str = "Lynch 1996, 6.2.1; Coulouris et al. 2012, 15.5.2";
    const NOTES: &'static str = "Coulouris et al. state integrity as \"if all correct processes \
        propose v, v is decided\", and their own algorithm, which takes the minimum, breaks it: \
        a process that proposed the minimum and crashed in the last round has still been heard. \
        What holds is validity-proposed and validity-all. Their printed code also stops one \
        round early: it fills Values(r+1) in round r and takes the minimum of Values(f+1). \
        It stands lost messages too, for those that lose none: a process that loses what it \
        sends may itself decide something else.";
    const FAULTS: Faults = Faults::Crash;
    const BOUND: Bound = Bound::ANY;
    const ROUNDS: &'static str = "f+1";
    const MESSAGES: &'static str = "n(n-1) if all inputs are equal, else at most 2n(n-1) \
        for two values; (f+1)n(n-1) with send=all";
    const PARAMETERS: &'static [Parameter] = &[SEND];

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        const EARLY: &[(u16, u16)] = &[(3, 1), (4, 2)];
        let claim = |requirement| Claim::new(requirement, Faults::Crash, Bound::ANY);
        let omission = |requirement| Claim::new(requirement, Faults::GeneralOmission, Bound::ANY);
        [
            claim("agreement").breaks_early(EARLY),
            claim("uniform-agreement").breaks_early(EARLY),
            claim("irrevocability"),
            claim("validity-all"),
            claim("validity-proposed"),
            claim("termination"),
            claim("deadline"),
            // A lost message is to the others what a crash in the middle of sending is.
            omission("agreement"),
            omission("validity-all"),
            omission("validity-proposed"),
            omission("termination"),
            Claim::new("uniform-agreement", Faults::Omission, Bound::NO_FAULT).breaks(&[(3, 1)]),
        ]
        .into()
    }
}

impl Catalogued for FloodSet {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only(Self::PARAMETERS)?;
        Ok(Config { domain: setup.domain, send_all: setup.word(&SEND)? == "all" })
    }

    fn cost(group: Group, config: &Config, inputs: &[Option<Value>]) -> Option<Cost> {
        let exchange = u64::from(group.n) * u64::from(group.n - 1);
        let rounds = u64::from(group.f) + 1;
        let distinct: BTreeSet<Value> = inputs.iter().flatten().copied().collect();
        let messages = match distinct.len() {
            _ if config.send_all => rounds * exchange,
            1 => exchange,
            // Whoever learns something new in round 1 passes it on in round 2, and all do.
            _ => rounds.min(2) * exchange,
        };
        Some(Cost { rounds, messages })
    }
}
