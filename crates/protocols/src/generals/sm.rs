//! Signed messages: SM(m), the Byzantine generals when nobody can forge.
//!
//! Problem: the Byzantine generals with any f < n traitors, synchronous, signatures.
//! Source: Lamport, Shostak, Pease 1982, section 4.
//!
//! An order counts in round k only with k different signatures, the commander's first. If one
//! loyal lieutenant accepts an order, either it can still pass it on, or all f+1 who signed it
//! did, and one of them is loyal and passed it on. So all loyal lieutenants hold the same orders.
//!
//! What differs: what is signed names its commander as well as the value, so that a signature
//! given in one instance is worth nothing in another that runs beside it. All chains from one
//! process to another in one round go as one message that counts as as many.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Bits, Domain, Faults, Fields, Group, Inbox, Liar, Message, Mutant, Outgoing, Process, Renamed,
    Renaming, Rounds, Rule, Signed, Traitor, Value, View, Vocabulary, coded, marked, mutants,
    rules,
};
use quorate_problems::Generals;

use crate::card::{Bound, Catalogued, Claim, Cost, Listed, Setup};

rules! {
    ORDER = "1": "the commander signs its order and sends it to every lieutenant";
    ACCEPT = "2": "in round k accept an order with k signatures, the commander's first; V += order";
    RELAY = "3": "sign what was new in V, and send it to all who have not signed it";
    CHOOSE = "4": "after round m+1 obey the only order in V, or else RETREAT";
    OWN = "5": "the commander keeps to its own order";
}

mutants! {
    ONE_ORDER = "one-order" breaks ACCEPT: "accepts no second order", "";
    EARLY = "one-round-early" breaks CHOOSE: "chooses after round f", "";
    QUIET = "quiet-round" breaks CHOOSE: "chooses after the first round, but for round 1, that \
        brought nothing new", "";
    FIRST_ONLY = "relays-the-first" breaks RELAY: "passes an order on only if it is the first that \
        it accepts", "";
}

/// What is signed: an order, and whose it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Order {
    /// In which instance it counts: the one that this process commands.
    pub commander: Process,
    /// What to do.
    pub value: Value,
}

coded!(Order { commander, value });

impl Renamed for Order {
    fn rename(&mut self, by: &Renaming) {
        self.commander.rename(by);
        self.value.rename(by);
    }
}

impl Bits for Order {
    fn bits(&self, domain: Domain) -> u32 {
        self.value.bits(domain)
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        self.value.flip(bit, domain);
    }
}

/// Signed orders, each with its chain of signatures.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Chains(BTreeSet<Signed<Order>>);

coded!(Chains(chains));

impl Renamed for Chains {
    fn rename(&mut self, by: &Renaming) {
        self.0.rename(by);
    }
}

impl Bits for Chains {
    fn bits(&self, domain: Domain) -> u32 {
        self.0.iter().map(|chain| chain.body_bits(domain)).sum()
    }

    /// A chain with a flipped bit is signed by nobody, and is dropped.
    fn flip(&mut self, bit: u32, domain: Domain) {
        let mut rest = bit;
        let broken = self.0.iter().find(|chain| {
            let width = chain.body_bits(domain);
            let hit = rest < width;
            rest = rest.saturating_sub(width);
            hit
        });
        if let Some(chain) = broken.cloned() {
            self.0.remove(&chain);
        }
    }
}

impl Message for Chains {
    /// `1:p0.p2` is order 1, signed by p0 and then by p2.
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        let show = |chain: &Signed<Order>| {
            let signers: Vec<String> = chain.signers().iter().map(|p| format!("{p}")).collect();
            format!("{}:{}", name(chain.body().value), signers.join("."))
        };
        let chains: Vec<String> = self.0.iter().map(show).collect();
        chains.join(" ")
    }

    fn messages(&self, _: Process) -> u64 {
        self.0.len() as u64
    }
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// The values that may be ordered.
    pub domain: Domain,
    /// Who gives the order.
    pub commander: Process,
}

impl Config {
    /// The value of a chain that counts in `round` at a lieutenant, if it does.
    fn counts(&self, chain: &Signed<Order>, round: u16, at: Process) -> Option<Value> {
        let (order, signers) = (chain.body(), chain.signers());
        let good = signers.len() == usize::from(round)
            && signers.first() == Some(&self.commander)
            && order.commander == self.commander
            && !signers.contains(&at)
            && chain.distinct()
            && self.domain.contains(order.value);
        good.then_some(order.value)
    }
}

/// The state of one general; with `TWO` it keeps at most two orders, which already prove that the
/// commander is a traitor.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SignedGenerals<const TWO: bool> {
    /// The commander's order; nothing at a lieutenant.
    order: Option<Value>,
    /// V: the orders accepted.
    accepted: BTreeSet<Value>,
    /// What was accepted in the round before, to be passed on.
    news: Chains,
}

/// Keeps every order that it accepts.
pub type Sm = SignedGenerals<false>;

impl<const TWO: bool> Renamed for SignedGenerals<TWO> {
    fn rename(&mut self, by: &Renaming) {
        self.order.rename(by);
        self.accepted.rename(by);
        self.news.rename(by);
    }
}

impl<const TWO: bool> Bits for SignedGenerals<TWO> {
    fn bits(&self, domain: Domain) -> u32 {
        self.order.bits(domain) + self.accepted.bits(domain) + self.news.bits(domain)
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        let (first, second) = (self.order.bits(domain), self.accepted.bits(domain));
        if bit < first {
            self.order.flip(bit, domain);
        } else if bit < first + second {
            self.accepted.flip(bit - first, domain);
        } else {
            self.news.flip(bit - first - second, domain);
        }
    }
}

impl<const TWO: bool> Fields for SignedGenerals<TWO> {
    fn fields(&self, each: &mut dyn FnMut(&'static str, &dyn core::fmt::Debug)) {
        each("order", &self.order);
        each("accepted", &self.accepted);
        each("news", &self.news);
    }
}

impl<const TWO: bool> SignedGenerals<TWO> {
    fn accept(&mut self, round: u16, inbox: &Inbox<'_, Chains>, view: &View<'_, Config>) {
        let before = self.accepted.len();
        self.news = Chains::default();
        for chain in inbox.iter().flat_map(|(_, chains)| &chains.0) {
            let Some(value) = view.config.counts(chain, round, view.me) else { continue };
            let most = match view.is_flawed(ONE_ORDER) {
                true => 1,
                false if TWO => 2,
                false => usize::MAX,
            };
            if self.accepted.len() < most && self.accepted.insert(value) {
                view.cite(ACCEPT);
                if self.accepted.len() == 1 || !view.is_flawed(FIRST_ONLY) {
                    self.news.0.insert(chain.clone());
                }
            }
        }
        // Nobody needs to know after the last round: equal states should be equal values.
        if round >= view.last {
            self.news = Chains::default();
        }
        if before < 2 && self.accepted.len() >= 2 {
            view.expose(view.config.commander, || {
                let values: Vec<String> = self.accepted.iter().map(|v| marked(v)).collect();
                format!("signed both {}", values.join(" and "))
            });
        }
    }

    /// Signs the news, and sends each to those who have not signed it.
    fn relay(&self, view: &View<'_, Config>) -> Outgoing<Chains> {
        let signed: Vec<Signed<Order>> =
            self.news.0.iter().map(|chain| view.countersign(chain)).collect();
        let mut list = Vec::new();
        for to in view.group.others(view.me) {
            let owed = signed.iter().filter(|chain| !chain.signers().contains(&to));
            let chains: BTreeSet<Signed<Order>> = owed.cloned().collect();
            if !chains.is_empty() {
                list.push((to, Chains(chains)));
            }
        }
        if list.is_empty() {
            return Outgoing::Nothing;
        }
        view.cite(RELAY);
        Outgoing::To(list)
    }
}

impl<const TWO: bool> Rounds for SignedGenerals<TWO> {
    type Problem = Generals;
    type Config = Config;
    type Message = Chains;

    const SIGNED: bool = true;

    fn rounds(group: Group, _: &Config) -> u16 {
        group.f.saturating_add(1)
    }

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn start(input: Option<Value>, view: &View<'_, Config>) -> Self {
        let commands = view.me == view.config.commander;
        let order = commands.then_some(input.unwrap_or(Value::DEFAULT));
        Self { order, accepted: BTreeSet::new(), news: Chains::default() }
    }

    fn send(&self, round: u16, view: &View<'_, Config>) -> Outgoing<Chains> {
        match self.order {
            Some(value) if round == 1 && view.group.n > 1 => {
                view.cite(ORDER);
                let order = view.sign(Order { commander: view.me, value });
                let letter = Chains([order].into());
                let others = view.group.others(view.me);
                Outgoing::To(others.map(|to| (to, letter.clone())).collect())
            }
            Some(_) => Outgoing::Nothing,
            None => self.relay(view),
        }
    }

    fn receive(
        &mut self,
        round: u16,
        inbox: &Inbox<'_, Chains>,
        view: &View<'_, Config>,
    ) -> Option<Value> {
        if self.order.is_none() {
            self.accept(round, inbox, view);
        }
        let quiet = view.is_flawed(QUIET) && round > 1 && self.news.0.is_empty();
        let early = view.is_flawed(EARLY) && round + 1 == view.last;
        if round < view.last && !early && !quiet {
            return None;
        }
        if self.order.is_some() {
            view.cite(OWN);
            return self.order;
        }
        view.cite(CHOOSE);
        let only = self.accepted.first().filter(|_| self.accepted.len() == 1);
        Some(only.copied().unwrap_or(Value::DEFAULT))
    }

    /// Of two chains with the same new order a lieutenant passes on that of the smaller name, so
    /// swapping two processes may swap the chain for another; but whoever signed either has the
    /// order already if it is loyal, so no set V changes.
    fn alike(a: Process, b: Process, _: Group, config: &Config) -> bool {
        a == b || a != config.commander && b != config.commander
    }
}

impl<const TWO: bool> Traitor for SignedGenerals<TWO> {
    fn vocabulary<'a>(liar: &'a Liar<'a, Self>, round: u16, to: Process) -> Vocabulary<'a, Chains> {
        if to == liar.config.commander || to == liar.me {
            return Vocabulary::none();
        }
        let forms = forms(liar, round, to);
        let choices: Vec<Vec<Signed<Order>>> = (liar.config.domain.values())
            .map(|value| forms.iter().filter(|c| c.body().value == value).cloned().collect())
            .filter(|of_value: &Vec<Signed<Order>>| !of_value.is_empty())
            .collect();
        // One chain for each value is enough: a second one for the same value changes nothing.
        let digits = choices.iter().map(|of_value| of_value.len() as u32 + 1).collect();
        Vocabulary::odometer(digits, move |reading| {
            let chosen = choices.iter().zip(reading);
            let chain = |(of_value, digit): (&Vec<Signed<Order>>, &u32)| {
                digit.checked_sub(1).and_then(|at| of_value.get(at as usize).cloned())
            };
            Chains(chosen.filter_map(chain).collect())
        })
        .with_silence()
    }
}

/// Every chain that counts in `round` at `to` and that the traitors can make together.
fn forms<const TWO: bool>(
    liar: &Liar<'_, SignedGenerals<TWO>>,
    round: u16,
    to: Process,
) -> BTreeSet<Signed<Order>> {
    let config = liar.config;
    let mut known: BTreeSet<Signed<Order>> = BTreeSet::new();
    for pen in liar.pens.iter().filter(|pen| pen.owner() == config.commander) {
        let order = |value| pen.sign(Order { commander: config.commander, value });
        known.extend(config.domain.values().map(order));
    }
    for chain in liar.seen.iter().flat_map(|chains| &chains.0) {
        known.extend((1..=usize::from(round)).filter_map(|length| chain.first(length)));
    }
    // Each step adds one signature to all that are still too short.
    let mut grown = known.clone();
    for _ in 1..round {
        let mut next = BTreeSet::new();
        for chain in grown.iter().filter(|chain| chain.signers().len() < usize::from(round)) {
            let free = |pen: &&quorate_kernel::Pen| {
                pen.owner() != to && !chain.signers().contains(&pen.owner())
            };
            next.extend(liar.pens.iter().filter(free).map(|pen| pen.countersign(chain)));
        }
        known.extend(next.iter().cloned());
        grown = next;
    }
    known.retain(|chain| config.counts(chain, round, to).is_some());
    known
}

/// Without failures every lieutenant hears the order once from the commander and, if there is
/// another round, once from each other lieutenant.
pub(crate) fn cost(group: Group) -> Cost {
    let (rounds, lieutenants) = (u64::from(group.f) + 1, u64::from(group.n).saturating_sub(1));
    let messages = if rounds > 1 { lieutenants * lieutenants } else { lieutenants };
    Cost { rounds, messages }
}

/// What both forms promise.
pub(crate) fn claims() -> Vec<Claim> {
    let claim = |requirement| Claim::new(requirement, Faults::Byzantine, Bound::ANY);
    [
        claim("ic1").breaks_early(&[(3, 1), (4, 2)]),
        claim("ic2"),
        claim("termination"),
        claim("deadline"),
    ]
    .into()
}

impl Listed for Sm {
    const NAME: &'static str = "sm";
    const TITLE: &'static str = "SM(f), the Byzantine generals with signed messages";
    const SOURCE: &'static str = "Lamport, Shostak, Pease 1982, section 4";
    const NOTES: &'static str = "With signatures any number of traitors can be borne, which the \
        course's bound n > 3f does not say: that one is for oral messages. A lieutenant must not \
        stop early because a round brought nothing new: at n = 4, f = 2 a traitor can hold an \
        order back until round 2, and whoever listens no longer misses it. In round k exactly k \
        signatures count. What is signed must name its instance: an order of one instance that \
        is replayed in another is the classical mistake.";
    const FAULTS: Faults = Faults::Byzantine;
    const BOUND: Bound = Bound::ANY;
    const ROUNDS: &'static str = "f+1";
    const MESSAGES: &'static str = "(n-1)^2 for f > 0";
    const SPECIAL: Option<&'static str> = Some("commander");
    const ONE_INPUT: bool = true;

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        claims()
    }
}

impl Catalogued for Sm {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only(Self::PARAMETERS)?;
        Ok(Config { domain: setup.domain, commander: setup.special })
    }

    fn cost(group: Group, _: &Config, _: &[Option<Value>]) -> Option<Cost> {
        Some(cost(group))
    }
}
