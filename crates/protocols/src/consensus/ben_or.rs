//! Ben-Or's consensus by local coins, for processes that crash; what its two forms share.
//!
//! Problem: consensus on two values. Source: Ben-Or 1983; Aguilera, Toueg 2012 for the proof.
//! Resilience: asynchronous, n > 2f crashes. The form for traitors is [`ben_or_byzantine`].
//!
//! What differs: whoever decides says so and stops, and its word ends the others' runs too; the
//! paper lets everybody run on for ever.
//!
//! [`ben_or_byzantine`]: super::ben_or_byzantine

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::marker::PhantomData;

use quorate_kernel::{
    Context, Data, Deceit, Domain, Faults, Group, Links, Mutant, Process, Protocol, Renamed, Rule,
    Timing, Value, inspect, mutants, rules,
};
use quorate_problems::Consensus;

use crate::card::{Bound, Claim, Cost, First, Hosted, Listed, Request, Setup, Tail};
use crate::chance::{at_most, exactly, power, unanimous};

mod words;

pub use words::Words;

rules! {
    REPORT = "1": "report the estimate to all";
    PROPOSE = "2a": "of n-f reports more than n/2 (with traitors: (n+f)/2) name one value: \
        propose it";
    ABSTAIN = "2b": "of n-f reports too few name one value: propose nothing";
    DECIDE = "3a": "of n-f proposals at least f+1 (with traitors: more than (n+f)/2) name one \
        value: decide it, tell all";
    ADOPT = "3b": "at least one (with traitors: f+1) of the proposals names a value: estimate it";
    TOSS = "3c": "too few proposals name a value: estimate what a coin of one's own shows";
    TOLD = "4": "one process (with traitors: f+1) tells that it decided: decide the same, tell all";
    STANDS = "5": "a decision told stands for the missing reports and proposals of its teller";
}

mutants! {
    OF_RECEIVED = "majority-of-received" breaks PROPOSE: "proposes what more than half of the \
        reports that came name, and not of all n", "";
    AT_LEAST = "at-least-half" breaks PROPOSE: "proposes what n/2 (with traitors: (n+f)/2) reports \
        name, although the other value may have as many", "";
    EASILY = "decide-at-one-less" breaks DECIDE: "decides what one proposal fewer than needed \
        names", "";
    FORGETS = "tosses-anyway" breaks ADOPT: "tosses its coin although a proposal names a value",
        "";
    SILENT = "leaves-in-silence" breaks DECIDE: "decides, and tells nobody", "";
    ANY_TELLER = "believes-one" breaks TOLD: "decides what a single process tells, traitors or \
        not", "";
}

/// Which kind of failure a form of the protocol is built for.
pub trait Kind: Data {
    /// Whether processes may lie.
    const LIARS: bool;
    /// How many rounds ahead of the own one a message is kept.
    const AHEAD: u32;
}

/// Processes may crash.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Crashes;

impl Kind for Crashes {
    const LIARS: bool = false;
    const AHEAD: u32 = u32::MAX;
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// The two values.
    pub domain: Domain,
    /// The usual delay of a message, by which rounds that wait for nobody are spaced.
    pub delay_ticks: u64,
}

/// The one timer: begin the next round, where rounds wait for nobody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NextRound;

impl Renamed for NextRound {}

/// What came in one round, by sender.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Votes {
    reports: BTreeMap<Process, Value>,
    proposals: BTreeMap<Process, Option<Value>>,
}

inspect!(Votes { reports, proposals });

/// What the process waits for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Step {
    /// Something to propose, or the next round's time.
    Idle,
    /// Reports of the round.
    Reports,
    /// Proposals of the round.
    Proposals,
    /// Nothing: it has decided.
    Done,
}

inspect!(
    enum Step {
        Idle,
        Reports,
        Proposals,
        Done,
    }
);

/// One process of either form.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LocalCoin<K: Kind> {
    round: u32,
    step: Step,
    estimate: Value,
    /// What came in this round and in later ones.
    votes: BTreeMap<u32, Votes>,
    /// Who told what it decided.
    told: BTreeMap<Process, Value>,
    kind: PhantomData<K>,
}

inspect!(LocalCoin<K: Kind> { round, step, estimate, votes, told; kind });

/// The form for crashes.
pub type BenOr = LocalCoin<Crashes>;

type Cx<'a, K> = Context<'a, LocalCoin<K>>;

/// How many of the votes name each of the two values.
fn counts(votes: impl Iterator<Item = Value>) -> [usize; 2] {
    let mut counts = [0; 2];
    for value in votes {
        if let Some(count) = counts.get_mut(usize::from(value.0)) {
            *count += 1;
        }
    }
    counts
}

/// The value that is named most often, the smaller one if both are.
fn leading(counts: [usize; 2]) -> (Value, usize) {
    if counts[1] > counts[0] { (Value(1), counts[1]) } else { (Value(0), counts[0]) }
}

impl<K: Kind> LocalCoin<K> {
    fn begin(&mut self, cx: &mut Cx<'_, K>) {
        cx.cite(REPORT);
        self.round = self.round.saturating_add(1);
        self.votes = self.votes.split_off(&self.round);
        self.step = Step::Reports;
        cx.broadcast(Words::Report(self.round, self.estimate));
    }

    /// What a traitor can say out of turn to a process in this state. A vote that comes before the
    /// process counts such votes is only remembered, so that it can come as well when it is
    /// counted.
    pub(super) fn audible(&self, domain: Domain) -> Vec<Words> {
        let mut words: Vec<Words> = domain.values().map(Words::Decided).collect();
        let round = self.round;
        match self.step {
            Step::Reports => words.extend(domain.values().map(|value| Words::Report(round, value))),
            Step::Proposals => {
                let values = domain.values().map(Some).chain([None]);
                words.extend(values.map(|value| Words::Proposal(round, value)));
            }
            Step::Idle | Step::Done => {}
        }
        words
    }

    /// Takes every step for which enough has come.
    fn advance(&mut self, cx: &mut Cx<'_, K>) {
        loop {
            let moved = match self.step {
                Step::Reports => self.count_reports(cx),
                Step::Proposals => self.count_proposals(cx),
                Step::Idle | Step::Done => false,
            };
            if !moved {
                return;
            }
        }
    }

    /// One vote for each process: its own, or what stands for it once it has decided.
    fn with_standing<T: Copy>(
        &self,
        votes: impl Iterator<Item = (Process, T)>,
        standing: impl Fn(Value) -> T,
        cx: &Cx<'_, K>,
    ) -> BTreeMap<Process, T> {
        let mut all: BTreeMap<Process, T> = votes.collect();
        for (who, value) in &self.told {
            all.entry(*who).or_insert_with(|| {
                cx.cite(STANDS);
                standing(*value)
            });
        }
        all
    }

    fn count_reports(&mut self, cx: &mut Cx<'_, K>) -> bool {
        let (n, f) = (cx.group.size(), usize::from(cx.group.f));
        let Some(votes) = self.votes.get(&self.round) else { return false };
        let came = votes.reports.iter().map(|(who, value)| (*who, *value));
        let reports = self.with_standing(came, |value| value, cx);
        if reports.len() + f < n || !votes.reports.contains_key(&cx.me) {
            return false;
        }
        let received = if cx.is_flawed(OF_RECEIVED) { reports.len() } else { n };
        let (value, most) = leading(counts(reports.into_values()));
        let half = if K::LIARS { received + f } else { received };
        let named = 2 * most > half || cx.is_flawed(AT_LEAST) && 2 * most == half;
        let proposal = named.then_some(value);
        cx.cite(if proposal.is_some() { PROPOSE } else { ABSTAIN });
        self.step = Step::Proposals;
        // They have led to what they can lead to.
        if let Some(votes) = self.votes.get_mut(&self.round) {
            votes.reports.clear();
        }
        cx.broadcast(Words::Proposal(self.round, proposal));
        true
    }

    fn count_proposals(&mut self, cx: &mut Cx<'_, K>) -> bool {
        let (n, f) = (cx.group.size(), usize::from(cx.group.f));
        let Some(votes) = self.votes.get(&self.round) else { return false };
        let came = votes.proposals.iter().map(|(who, value)| (*who, *value));
        let proposals = self.with_standing(came, Some, cx);
        if proposals.len() + f < n || !votes.proposals.contains_key(&cx.me) {
            return false;
        }
        let (value, most) = leading(counts(proposals.into_values().flatten()));
        let counted = most + usize::from(cx.is_flawed(EASILY) && most > 0);
        let enough = if K::LIARS { 2 * counted > n + f } else { counted > f };
        if enough {
            cx.cite(DECIDE);
            self.decide(value, cx);
            return false;
        }
        let doubted = if K::LIARS { f } else { 0 };
        self.estimate = if most > doubted && !cx.is_flawed(FORGETS) {
            cx.cite(ADOPT);
            value
        } else {
            cx.cite(TOSS);
            Value(cx.choose(2) as u16)
        };
        if 2 * f >= n {
            // Such a group may find its own words enough: without a pause its rounds take no time.
            self.step = Step::Idle;
            cx.set_timer(NextRound, cx.config.delay_ticks);
            return false;
        }
        self.begin(cx);
        true
    }

    fn decide(&mut self, value: Value, cx: &mut Cx<'_, K>) {
        self.step = Step::Done;
        self.estimate = value;
        self.votes.clear();
        self.told.clear();
        cx.cancel_timer(NextRound);
        cx.output(value);
        if cx.is_flawed(SILENT) {
            return;
        }
        for other in cx.group.others(cx.me) {
            cx.send(other, Words::Decided(value));
        }
    }

    /// Whether reports of a round, of those that are open, are still counted.
    fn counts_reports(&self, round: u32) -> bool {
        round > self.round || self.step == Step::Reports
    }

    fn on_decided(&mut self, from: Process, value: Value, cx: &mut Cx<'_, K>) {
        self.told.entry(from).or_insert(value);
        let tellers = self.told.values().filter(|told| **told == value).count();
        let doubts = K::LIARS && !cx.is_flawed(ANY_TELLER);
        let needed = if doubts { usize::from(cx.group.f) + 1 } else { 1 };
        if tellers >= needed {
            cx.cite(TOLD);
            self.decide(value, cx);
        }
    }
}

impl<K: Kind> Protocol for LocalCoin<K> {
    type Problem = Consensus;
    type Config = Config;
    type Message = Words;
    type Timer = NextRound;
    type Stable = ();

    const PAST: bool = true;

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn round(&self) -> u32 {
        self.round
    }

    fn start(_: &mut Cx<'_, K>) -> Self {
        Self {
            round: 0,
            step: Step::Idle,
            estimate: Value::DEFAULT,
            votes: BTreeMap::new(),
            told: BTreeMap::new(),
            kind: PhantomData,
        }
    }

    fn on_input(&mut self, input: Value, cx: &mut Cx<'_, K>) {
        if self.round > 0 || self.step != Step::Idle || !cx.config.domain.contains(input) {
            return;
        }
        self.estimate = input;
        self.begin(cx);
    }

    fn on_message(&mut self, from: Process, message: Words, cx: &mut Cx<'_, K>) {
        if self.step == Step::Done || from.0 >= cx.group.n {
            return;
        }
        let first = self.round.max(1);
        let open = first..=first.saturating_add(K::AHEAD);
        let domain = cx.config.domain;
        match message {
            Words::Report(round, value)
                if open.contains(&round)
                    && self.counts_reports(round)
                    && domain.contains(value) =>
            {
                let votes = self.votes.entry(round).or_default();
                votes.reports.entry(from).or_insert(value);
            }
            Words::Proposal(round, value)
                if open.contains(&round) && value.is_none_or(|value| domain.contains(value)) =>
            {
                let votes = self.votes.entry(round).or_default();
                votes.proposals.entry(from).or_insert(value);
            }
            Words::Decided(value) if domain.contains(value) => self.on_decided(from, value, cx),
            _ => return,
        }
        self.advance(cx);
    }

    fn on_timer(&mut self, NextRound: NextRound, cx: &mut Cx<'_, K>) {
        if self.step == Step::Idle && self.round > 0 {
            self.begin(cx);
            self.advance(cx);
        }
    }

    fn is_past(&self, from: Process, message: &Words) -> bool {
        let votes = |round: &u32| self.votes.get(round);
        self.step == Step::Done
            || match message {
                Words::Report(round, _) => {
                    *round < self.round
                        || !self.counts_reports(*round)
                        || votes(round).is_some_and(|votes| votes.reports.contains_key(&from))
                }
                Words::Proposal(round, _) => {
                    *round < self.round
                        || votes(round).is_some_and(|votes| votes.proposals.contains_key(&from))
                }
                Words::Decided(_) => self.told.contains_key(&from),
            }
    }
}

pub(crate) const MESSAGES: &str = "2n(n-1) a round, and n(n-1) to halt; 3n(n-1) if all agree";

/// The configuration of either form.
pub(crate) fn configure(setup: &Setup<'_>) -> Result<Config, String> {
    setup.only(&[])?;
    if setup.domain != Domain::BINARY {
        let size = setup.domain.size;
        return Err(format!("Ben-Or's coin has two sides: it decides among 2 values, not {size}"));
    }
    Ok(Config { domain: setup.domain, delay_ticks: setup.delay_ticks })
}

/// How long rounds go on with a chance of less than 10^-12: each ends the run with a chance of
/// at least 2^-(n-1).
pub(crate) fn calm_ticks(group: Group, config: &Config) -> u64 {
    let rounds = 28u64 << (group.n.saturating_sub(1)).min(24);
    (rounds + 2) * 3 * config.delay_ticks
}

/// Unanimous reports, unanimous proposals, and the word of everybody that decided.
pub(crate) fn cost(group: Group, inputs: &[Option<Value>]) -> Option<Cost> {
    let n = u64::from(group.n);
    let rounds = if n == 1 { 0 } else { 2 };
    unanimous(inputs).map(|_| Cost { rounds, messages: 3 * n * (n - 1) })
}

/// In a round all who saw the proposed value keep it and all others toss: if there are such, the
/// at most n - 1 others must toss that value; if there are none, all n must toss the same. Either
/// way all agree with a chance of at least 2^-(n-1), and then they decide in the next round.
pub(crate) fn tail(group: Group, inputs: &[Option<Value>], round: u32) -> Tail {
    if round == 0 {
        return exactly(1.0);
    }
    if unanimous(inputs).is_some() {
        return exactly(0.0);
    }
    let agree = power(0.5, u32::from(group.n).saturating_sub(1));
    at_most(power(1.0 - agree, round - 1))
}

impl Deceit for BenOr {}

impl Listed for BenOr {
    const NAME: &'static str = "ben-or";
    const TITLE: &'static str = "report, propose, else toss a coin: agreement without any timing";
    const SOURCE: &'static str = "Ben-Or 1983; Aguilera, Toueg 2012";
    const NOTES: &'static str = "What no deterministic protocol can do (Fischer, Lynch, Paterson \
        1985) coins do with probability 1: decide without any bound on time although one may \
        crash. The coins are local, so that against an adversary that sees them the rounds \
        expected grow like 2^n; with random delays they are few. Thresholds count all n and not \
        the n-f that were heard: a majority of those heard breaks agreement. With n = 2f no n-f \
        reports are a majority of n, so that even equal inputs end in endless tossing, and \
        nothing is ever decided wrongly. A process that decides must not leave in silence: the \
        others wait for n-f. Here it tells its decision, and whoever hears it decides too.";
    const TIMING: Timing = Timing::Asynchronous;
    const FAULTS: Faults = Faults::Crash;
    const FIRST: First = First::ROUND;
    const BOUND: Bound = Bound::HALF;
    const ROUNDS: &'static str = "1 if all agree, else 2^(n-1) + 1 expected at most";
    const MESSAGES: &'static str = MESSAGES;

    /// All but the last, which is right without traitors.
    fn mutants() -> Vec<Mutant> {
        MUTANTS[..MUTANTS.len() - 1].to_vec()
    }

    /// All but the last, which is for traitors.
    fn rules() -> Vec<Rule> {
        RULES[..usize::from(STANDS.0)].to_vec()
    }

    fn claims() -> Vec<Claim> {
        let claim = |requirement, bound| {
            Claim::new(requirement, Faults::Crash, bound).timed(Timing::Asynchronous)
        };
        let safe = |requirement| claim(requirement, Bound::ANY).over(Links::Lossy);
        let valid = |requirement| claim(requirement, Bound::HALF).over(Links::Lossy);
        [
            safe("agreement"),
            safe("uniform-agreement"),
            safe("irrevocability"),
            valid("validity-all"),
            valid("validity-proposed"),
            claim("termination", Bound::HALF).breaks(&[(2, 1), (4, 2)]),
        ]
        .into()
    }
}

impl Hosted for BenOr {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        configure(setup)
    }

    fn requests(_: &Setup<'_>, _: &Config, inputs: &[Option<Value>]) -> Vec<Request<Value>> {
        Request::at_once(inputs.iter().copied())
    }

    fn calm_ticks(group: Group, config: &Config) -> u64 {
        calm_ticks(group, config)
    }

    fn cost(group: Group, _: &Config, inputs: &[Option<Value>]) -> Option<Cost> {
        cost(group, inputs).filter(|_| (Bound::HALF.admits)(group))
    }

    fn tail(group: Group, _: &Config, inputs: &[Option<Value>], round: u32) -> Option<Tail> {
        Some(tail(group, inputs, round)).filter(|_| (Bound::HALF.admits)(group))
    }
}
