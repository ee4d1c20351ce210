//! Turpin-Coan: many values from two.
//!
//! Problem: consensus on any number of values with up to f < n/3 traitors, from binary consensus.
//! Source: Turpin, Coan 1984.
//!
//! After round 1 at most one value is left among the correct, since two of them would each have
//! n-2f correct senders. Round 2 finds it; the binary consensus says whether enough have seen it.
//! If it says 1, some correct process counted n-f, so everybody counts it more than any other.
//!
//! What differs: the inner consensus is phase-king-3f, so the whole stays polynomial. In round 2
//! a process that is left without a value says so, and that counts as nothing.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Domain, Faults, Group, Inbox, Liar, Mutant, Outgoing, Process, Rounds, Rule, Traitor, Value,
    View, Vocabulary, inspect, mutants, rules,
};
use quorate_problems::Consensus;

use super::phase_king_3f::PhaseKing3f;
use crate::card::{Bound, Catalogued, Claim, Cost, Listed, Setup};
use crate::part::{Place, Staged, sort_out, words};
use crate::tally::most_frequent;

rules! {
    TELL = "T1": "in round 1 send the proposal to all";
    KEEP = "T2": "x = the value that came at least n-f times, ⊥ if none did";
    SECOND = "T3": "in round 2 send x to all";
    COUNT = "T4": "z = the most frequent value that came; propose 1 if it came n-f times, else 0";
    DECIDE = "T5": "if the binary consensus decides 1 decide z, else the default";
}

mutants! {
    KEEP_EASILY = "keep-at-one-less" breaks KEEP: "x = a value that came n-f-1 times", "";
    COUNT_EASILY = "count-at-one-less" breaks COUNT: "proposes 1 if z came n-f-1 times", "";
    SWAYED = "unasked" breaks DECIDE: "decides z, whatever the binary consensus decides", "";
    RAW = "sends-proposal-again" breaks SECOND: "sends the proposal in round 2 too, not x", "";
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config<C> {
    /// The values that may be proposed.
    pub domain: Domain,
    /// The inner consensus, over two values.
    pub binary: C,
}

/// The state of one process, over a binary consensus `C`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Multivalued<C: Rounds> {
    /// The proposal; after round 1 the paper's x, after round 2 its z.
    value: Value,
    /// The inner consensus; it starts anew when there is something to propose.
    inner: C,
}

inspect!(Multivalued<C: Rounds> { value, inner });

/// How many rounds are over when the inner consensus starts.
const BEFORE: u16 = 2;

impl<C: Traitor + Rounds<Problem = Consensus>> Multivalued<C> {
    /// The most frequent value that came in one of the first two rounds, and whether n-f sent it.
    fn count(
        round: u16,
        inbox: &Inbox<'_, Staged<C::Message>>,
        view: &View<'_, Config<C::Config>>,
    ) -> (Value, bool) {
        let values = inbox.iter().filter_map(|(_, message)| message.first());
        let best = most_frequent(values, view.config.domain);
        let easily = view.is_flawed(if round < BEFORE { KEEP_EASILY } else { COUNT_EASILY });
        let quorum = u32::from(view.group.n.saturating_sub(view.group.f + u16::from(easily)));
        best.map_or((Value::BOTTOM, false), |(value, count)| (value, count >= quorum))
    }

    /// What to decide, given what the binary consensus decided.
    fn settle(&self, one: bool) -> Value {
        if one && !self.value.is_bottom() { self.value } else { Value::DEFAULT }
    }
}

impl<C: Traitor + Rounds<Problem = Consensus>> Rounds for Multivalued<C> {
    type Problem = Consensus;
    type Config = Config<C::Config>;
    type Message = Staged<C::Message>;

    const SIGNED: bool = C::SIGNED;

    fn rounds(group: Group, config: &Self::Config) -> u16 {
        C::rounds(group, &config.binary).saturating_add(BEFORE)
    }

    fn domain(config: &Self::Config) -> Domain {
        config.domain
    }

    fn start(input: Option<Value>, view: &View<'_, Self::Config>) -> Self {
        let inner = view.part(&view.config.binary, RULES.len(), view.last.saturating_sub(BEFORE));
        let value = input.unwrap_or(Value::DEFAULT);
        Self { value, inner: C::start(Some(Value(0)), &inner) }
    }

    fn send(&self, round: u16, view: &View<'_, Self::Config>) -> Outgoing<Self::Message> {
        if round > BEFORE {
            let last = view.last.saturating_sub(BEFORE);
            let inner = view.part(&view.config.binary, RULES.len(), last);
            return self.inner.send(round - BEFORE, &inner).map(Staged::Then);
        }
        view.cite(if round == 1 { TELL } else { SECOND });
        Outgoing::All(Staged::First(self.value))
    }

    fn receive(
        &mut self,
        round: u16,
        inbox: &Inbox<'_, Self::Message>,
        view: &View<'_, Self::Config>,
    ) -> Option<Value> {
        let inner = view.part(&view.config.binary, RULES.len(), view.last.saturating_sub(BEFORE));
        if round > BEFORE {
            let came = sort_out(inbox, view.group, Staged::then);
            let decision = self.inner.receive(round - BEFORE, &Inbox::new(&came, &[]), &inner)?;
            view.cite(DECIDE);
            return Some(self.settle(decision == Value(1) || view.is_flawed(SWAYED)));
        }
        let (value, enough) = Self::count(round, inbox, view);
        if round < BEFORE {
            view.cite(KEEP);
            if !view.is_flawed(RAW) {
                self.value = if enough { value } else { Value::BOTTOM };
            }
        } else {
            view.cite(COUNT);
            self.value = value;
            self.inner = C::start(Some(Value(u16::from(enough))), &inner);
        }
        // A run that ends here decides without the consensus.
        (round >= view.last).then(|| self.settle(enough))
    }

    fn deadline(group: Group, config: &Self::Config, failures: u16) -> u16 {
        C::deadline(group, &config.binary, failures).saturating_add(BEFORE)
    }

    fn alike(a: Process, b: Process, group: Group, config: &Self::Config) -> bool {
        C::alike(a, b, group, &config.binary)
    }
}

impl<C: Traitor + Rounds<Problem = Consensus>> Traitor for Multivalued<C> {
    fn vocabulary<'a>(
        liar: &'a Liar<'a, Self>,
        round: u16,
        to: Process,
    ) -> Vocabulary<'a, Self::Message> {
        let config = liar.config;
        if round <= BEFORE {
            // ⊥ is heard as silence is.
            return Vocabulary::one_of(config.domain.values().map(Staged::First).collect());
        }
        let seen = liar.seen.iter().filter_map(Staged::then).cloned().collect();
        let last = liar.last.saturating_sub(BEFORE);
        let place = Place { config: &config.binary, round: round - BEFORE, last, seen };
        words::<Self, C, _>(liar, place, to, Staged::Then)
    }
}

/// Many values over the three-round phase king.
pub type TurpinCoan = Multivalued<PhaseKing3f>;

impl Listed for TurpinCoan {
    const NAME: &'static str = "turpin-coan";
    const TITLE: &'static str = "two rounds that lift binary consensus to any number of values";
    const SOURCE: &'static str = "Turpin, Coan 1984";
    const NOTES: &'static str = "Runs over phase-king-3f. It is binary agreement on \"is there a \
        value that enough of us saw\", so a split vote ends in the default, which perhaps nobody \
        proposed: integrity holds, validity-proposed does not. At n = 3, f = 1 a liar that echoes \
        to each of two correct processes its own value makes both propose 1, and each decides \
        its own.";
    const FAULTS: Faults = Faults::Byzantine;
    const BOUND: Bound = Bound::THIRD;
    const ROUNDS: &'static str = "2 + 3(f+1)";
    const MESSAGES: &'static str = "2n(n-1) + (f+1)(n-1)(2n+1)";
    const SPECIAL: Option<&'static str> = Some("king");

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        [RULES.to_vec(), PhaseKing3f::rules()].concat()
    }

    fn claims() -> Vec<Claim> {
        let claim = |requirement| Claim::new(requirement, Faults::Byzantine, Bound::THIRD);
        [
            claim("agreement").breaks(&[(3, 1)]).breaks_early(&[(4, 1)]),
            claim("irrevocability"),
            claim("integrity").breaks(&[(2, 1), (4, 2)]),
            claim("validity-all"),
            claim("termination"),
            claim("deadline"),
        ]
        .into()
    }
}

impl Catalogued for TurpinCoan {
    fn configure(setup: &Setup<'_>) -> Result<Self::Config, String> {
        let binary = PhaseKing3f::configure(&Setup { domain: Domain::BINARY, ..setup.clone() })?;
        Ok(Config { domain: setup.domain, binary })
    }

    fn cost(group: Group, config: &Self::Config, inputs: &[Option<Value>]) -> Option<Cost> {
        let inner = PhaseKing3f::cost(group, &config.binary, inputs)?;
        let n = u64::from(group.n);
        let exchanges = 2 * n * n.saturating_sub(1);
        let rounds = inner.rounds + u64::from(BEFORE);
        Some(Cost { rounds, messages: inner.messages + exchanges })
    }
}
