//! Oral messages: OM(m), the Byzantine generals without signatures.
//!
//! Problem: the Byzantine generals with up to f < n/3 traitors, synchronous, no signatures.
//! Source: Lamport, Shostak, Pease 1982, section 3; Coulouris et al. 2012, 15.5.3 for f = 1.
//!
//! The commander gives its order; every lieutenant plays the commander of a smaller OM(m-1) to
//! tell the others what it got; then each takes the majority of what it got and was told.
//!
//! What differs: the recursion is unrolled into rounds. A path says who said that who said what,
//! and all values of a round go to a process as one message that counts as as many messages as
//! the paper sends. A lieutenant's own word stands for itself, as in the paper: eig differs.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use quorate_kernel::{
    Bits, Domain, Faults, Group, Inbox, Liar, Message, Mutant, Outgoing, Process, Renamed,
    Renaming, Rounds, Rule, Traitor, Value, View, Vocabulary, coded, inspect, mutants, rules,
};
use quorate_problems::Generals;

use crate::card::{Bound, Catalogued, Claim, Cost, Listed, Parameter, Setup};
use crate::tally::majority;
use crate::tree::{Level, Paths, affordable, deepest, levels};

rules! {
    ORDER = "1": "the commander sends its value to every lieutenant";
    OBEY = "OM(0)": "a lieutenant uses the value received, RETREAT if none came";
    RELAY = "2": "lieutenant i, as the commander of OM(m-1), sends what it received to the others";
    GATHER = "3a": "v_j = what came from j in step 2, RETREAT if nothing did";
    MAJORITY = "3b": "use majority(v_1, ..., v_(n-1)), where v_i is what i received itself";
    OWN = "4": "the commander keeps to its own order";
}

mutants! {
    KEEPS_OWN = "tie-commander" breaks MAJORITY: "without a majority keeps what it got itself: \
        innocent up to four generals and two values", "";
    EARLY = "one-round-early" breaks RELAY: "obeys after f rounds", "";
    HEARSAY = "hearsay-only" breaks MAJORITY: "leaves what it received itself out of the \
        majority", "";
    LEFT_OUT = "missing-left-out" breaks GATHER: "leaves a missing value out of the majority, \
        instead of counting RETREAT", "";
}

/// What to use if no value has a majority.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Tie {
    /// RETREAT.
    Default,
    /// What the commander said itself.
    Commander,
    /// The median of the ordered values, the smaller one of two.
    Median,
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// The values that may be ordered.
    pub domain: Domain,
    /// Who gives the order.
    pub commander: Process,
    /// What to use if no value has a majority.
    pub tie: Tie,
}

impl Config {
    /// The paths of one length that begin at the commander.
    fn paths(&self, group: Group, length: u16) -> Paths {
        Paths::new(group.n, Some(self.commander), length)
    }

    /// After how many rounds nobody has anything new to relay.
    fn depth(&self, group: Group, last: u16) -> u16 {
        last.min(deepest(group.n, Some(self.commander)))
    }
}

/// The state of one general.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Om {
    /// The commander's order; nothing at a lieutenant.
    order: Option<Value>,
    /// What came in each round: in round k the values of the paths of length k that avoid me.
    heard: Vec<Arc<[Value]>>,
}

inspect!(Om { order, heard });

/// What a general relays of all paths of one length that avoid it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Relay(Level);

coded!(Relay(level));

impl Renamed for Relay {
    fn rename(&mut self, by: &Renaming) {
        self.0.rename(by);
    }
}

impl Bits for Relay {
    fn bits(&self, domain: Domain) -> u32 {
        self.0.bits(domain)
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        self.0.flip(bit, domain);
    }
}

impl Message for Relay {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        self.0.label(name)
    }

    fn messages(&self, to: Process) -> u64 {
        self.0.paths.count_avoiding(to)
    }

    fn cost_bits(&self, to: Process, domain: Domain) -> u64 {
        self.items(to) * u64::from(domain.width())
    }
}

/// A relay to everybody for whom there is something in it.
fn to_those_concerned(relay: Relay, view: &View<'_, Config>) -> Outgoing<Relay> {
    let others = view.group.others(view.me).filter(|to| relay.messages(*to) > 0);
    let list: Vec<(Process, Relay)> = others.map(|to| (to, relay.clone())).collect();
    if list.is_empty() { Outgoing::Nothing } else { Outgoing::To(list) }
}

impl Om {
    fn gather(&mut self, round: u16, inbox: &Inbox<'_, Relay>, view: &View<'_, Config>) {
        view.cite(if view.last == 1 { OBEY } else { GATHER });
        let config = view.config;
        let before = config.paths(view.group, round - 1);
        let missing = match view.is_flawed(LEFT_OUT) {
            true => Value::BOTTOM,
            false => Value::DEFAULT,
        };
        let level = before.without(view.me).grow(|path, j| {
            let relay = inbox.from(j);
            let value = relay.map(|relay| relay.0.value(before.without(j), path, config.domain));
            value.unwrap_or(missing)
        });
        self.heard.push(level);
    }

    /// The value of the path that is the commander alone, from the longest paths up.
    fn resolve(&self, view: &View<'_, Config>) -> Value {
        let Some((longest, shorter)) = self.heard.split_last() else { return Value::DEFAULT };
        let mut values = longest.to_vec();
        for (at, level) in shorter.iter().enumerate().rev() {
            view.cite(MAJORITY);
            let length = at as u16 + 1;
            let paths = view.config.paths(view.group, length).without(view.me);
            let told = values.chunks(paths.branching(length).max(1));
            let pairs = level.iter().zip(told);
            values = pairs.map(|(own, told)| use_of(*own, told, view)).collect();
        }
        values.first().copied().unwrap_or(Value::DEFAULT)
    }
}

/// What a lieutenant makes of the value that it received and of those that it was told.
fn use_of(own: Value, told: &[Value], view: &View<'_, Config>) -> Value {
    let own_word = Some(own).filter(|_| !view.is_flawed(HEARSAY));
    let all = told.iter().copied().chain(own_word).filter(|value| !value.is_bottom());
    let tie = if view.is_flawed(KEEPS_OWN) { Tie::Commander } else { view.config.tie };
    majority(all.clone()).unwrap_or_else(|| match tie {
        Tie::Default => Value::DEFAULT,
        Tie::Commander => own,
        Tie::Median => {
            let mut ordered: Vec<Value> = all.collect();
            ordered.sort_unstable();
            ordered.get(ordered.len().saturating_sub(1) / 2).copied().unwrap_or(Value::DEFAULT)
        }
    })
}

impl Rounds for Om {
    type Problem = Generals;
    type Config = Config;
    type Message = Relay;

    fn rounds(group: Group, _: &Config) -> u16 {
        group.f.saturating_add(1)
    }

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn start(input: Option<Value>, view: &View<'_, Config>) -> Self {
        let commands = view.me == view.config.commander;
        let order = commands.then_some(input.unwrap_or(Value::DEFAULT));
        Self { order, heard: Vec::new() }
    }

    fn send(&self, round: u16, view: &View<'_, Config>) -> Outgoing<Relay> {
        if round > view.config.depth(view.group, view.last) {
            return Outgoing::Nothing;
        }
        let paths = view.config.paths(view.group, round - 1).without(view.me);
        let (rule, values) = match (round, self.order) {
            (1, Some(order)) => (ORDER, Some([order].into())),
            (_, None) if round > 1 => (RELAY, self.heard.get(usize::from(round) - 2).cloned()),
            _ => return Outgoing::Nothing,
        };
        let Some(values) = values else { return Outgoing::Nothing };
        view.cite(rule);
        to_those_concerned(Relay(Level { paths, values }), view)
    }

    fn receive(
        &mut self,
        round: u16,
        inbox: &Inbox<'_, Relay>,
        view: &View<'_, Config>,
    ) -> Option<Value> {
        if self.order.is_none() && round <= view.config.depth(view.group, view.last) {
            self.gather(round, inbox, view);
        }
        let early = view.is_flawed(EARLY) && round + 1 == view.last;
        if round < view.last && !early {
            return None;
        }
        if self.order.is_some() {
            view.cite(OWN);
            return self.order;
        }
        Some(self.resolve(view))
    }

    fn alike(a: Process, b: Process, _: Group, config: &Config) -> bool {
        a == b || a != config.commander && b != config.commander
    }
}

impl Traitor for Om {
    fn vocabulary<'a>(liar: &'a Liar<'a, Self>, round: u16, to: Process) -> Vocabulary<'a, Relay> {
        let (config, group) = (liar.config, liar.group);
        let speaks = (liar.me == config.commander) == (round == 1);
        let listens = to != config.commander && to != liar.me;
        if !speaks || !listens || round > config.depth(group, liar.last) {
            return Vocabulary::none();
        }
        let said = config.paths(group, round - 1).without(liar.me);
        levels(said, config.domain, |path| !path.contains(&to), Relay)
    }
}

const TIE: Parameter = Parameter {
    key: "tie",
    words: &["default", "commander", "median"],
    text: "what to use without a majority: RETREAT, what the commander said, or the median",
};

/// The sum of (n-1)(n-2)...(n-k) over the rounds k; `None` beyond all counting.
pub(crate) fn messages(group: Group) -> Option<u64> {
    let (mut all, mut round) = (0u64, 1u64);
    for k in 1..=group.f.saturating_add(1).min(group.n) {
        round = round.checked_mul(u64::from(group.n - k))?;
        all = all.checked_add(round)?;
    }
    Some(all)
}

impl Listed for Om {
    const NAME: &'static str = "om";
    const TITLE: &'static str = "OM(f), the Byzantine generals with oral messages";
    const SOURCE: &'static str = "Lamport, Shostak, Pease 1982, section 3";
    const NOTES: &'static str = "The course's \"impossible for f <= n/3\" must read: impossible \
        for n <= 3f. With three generals and one traitor, RETREAT on a tie breaks IC2 (a loyal \
        commander orders 1, the traitor says 0) and keeps IC1; tie=commander keeps IC2 and breaks \
        IC1. tie=commander is a mistake beyond n = 3 too: where no value has a majority each \
        lieutenant follows its own word, as at n = 5, f = 1 with a traitor that orders 0 0 1 1, \
        or at n = 4 with three values. The default and the median are both right. A value must \
        carry its path; a missing one counts as RETREAT at every level and is not left out of \
        the majority. With four generals, 4 4 1 gives 4, and 1 3 4 the default, or 3 by the \
        median. More rounds than f+1 do harm: OM(m) needs n > 2f + m to keep IC2, so OM(2) breaks \
        with four generals and one traitor (--rounds 3).";
    const FAULTS: Faults = Faults::Byzantine;
    const BOUND: Bound = Bound::THIRD;
    const ROUNDS: &'static str = "f+1";
    const MESSAGES: &'static str = "(n-1) + (n-1)(n-2) + ..., f+1 terms";
    const SPECIAL: Option<&'static str> = Some("commander");
    const ONE_INPUT: bool = true;
    const PARAMETERS: &'static [Parameter] = &[TIE];

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
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

impl Catalogued for Om {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only(Self::PARAMETERS)?;
        affordable(setup.group, Some(setup.special), 1)?;
        let tie = match setup.word(&TIE)? {
            "commander" => Tie::Commander,
            "median" => Tie::Median,
            _ => Tie::Default,
        };
        Ok(Config { domain: setup.domain, commander: setup.special, tie })
    }

    fn cost(group: Group, _: &Config, _: &[Option<Value>]) -> Option<Cost> {
        Some(Cost { rounds: u64::from(group.f) + 1, messages: messages(group)? })
    }
}
