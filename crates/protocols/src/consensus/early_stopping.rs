//! Early stopping: as many rounds as there are failures, not as there might be; uniform.
//!
//! Problem: uniform consensus under crash failures, any f < n, synchronous, no signatures.
//! Source: Dolev, Reischuk, Strong 1990; Charron-Bost, Schiper 2004; Raynal 2002.
//!
//! If a process hears from as many processes in a round as in the round before, nobody it knew of
//! has failed in between, so it has missed nothing: its estimate is the smallest that is left.
//! It must say so to all before it decides, or it takes the knowledge with it when it crashes.
//!
//! What differs: nothing. A process decides in the step in which it receives, after the sending
//! of the same round, so whoever crashes while it sends does not decide.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Bits, Domain, Faults, Group, Inbox, Liar, Message, Mutant, Outgoing, Process, Renamed,
    Renaming, Rounds, Rule, Traitor, Value, View, Vocabulary, inspect, mutants, rules,
};
use quorate_problems::Consensus;

use crate::card::{Bound, Catalogued, Claim, Cost, Listed, Setup};

rules! {
    SEND = "1": "in every round send the estimate, and whether it is known to be final, to all";
    LEARN = "2": "keep the smallest estimate received";
    KNOW = "3": "if as many were heard as in the round before, or one who knows, it is final";
    DECIDE = "4": "having told all that the estimate is final, decide it and halt";
    DEADLINE = "5": "at the end of round f+1 decide the estimate";
}

mutants! {
    AT_ONCE = "decides-before-telling" breaks DECIDE: "decides as soon as it knows, before it has \
        told anybody", "";
    QUIET = "quiet-round" breaks KNOW: "takes its estimate for final once a round did not change \
        it, instead of counting who was heard", "";
    HEARD_LESS = "one-more-silent" breaks KNOW: "takes its estimate for final even if one process \
        fewer was heard than in the round before", "";
    EARLY = "one-round-early" breaks DEADLINE: "decides at the end of round f at the latest", "";
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// The values that may be proposed.
    pub domain: Domain,
}

/// How far a process has come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) enum Stage {
    /// The estimate may still change.
    #[default]
    Open,
    /// The estimate is final, and all must be told.
    Final,
    /// All have been told.
    Halted,
}

impl Renamed for Stage {}

impl Bits for Stage {
    fn bits(&self, _: Domain) -> u32 {
        2
    }

    fn flip(&mut self, bit: u32, _: Domain) {
        let plain = *self as u8 ^ (1 << bit);
        *self = [Self::Open, Self::Final, Self::Halted, Self::Halted][usize::from(plain & 3)];
    }
}

/// The state of one process; `UNIFORM` if it tells that its estimate is final before it decides,
/// and not after.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Early<const UNIFORM: bool> {
    /// The smallest value known; ⊥, which is larger than all, if none is.
    estimate: Value,
    /// From how many processes something came in the round before.
    heard: u16,
    stage: Stage,
}

/// Decides one round after it knows, once all have been told.
pub type EarlyStopping = Early<true>;

impl<const UNIFORM: bool> Renamed for Early<UNIFORM> {
    fn rename(&mut self, by: &Renaming) {
        self.estimate.rename(by);
    }
}

impl<const UNIFORM: bool> Bits for Early<UNIFORM> {
    fn bits(&self, domain: Domain) -> u32 {
        self.estimate.bits(domain) + self.heard.bits(domain) + self.stage.bits(domain)
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        let (first, second) = (self.estimate.bits(domain), self.heard.bits(domain));
        if bit < first {
            self.estimate.flip(bit, domain);
        } else if bit < first + second {
            self.heard.flip(bit - first, domain);
        } else {
            self.stage.flip(bit - first - second, domain);
        }
    }
}

impl<const UNIFORM: bool> quorate_kernel::Fields for Early<UNIFORM> {
    fn fields(&self, each: &mut dyn FnMut(&'static str, &dyn core::fmt::Debug)) {
        each("estimate", &self.estimate);
        each("heard", &self.heard);
        each("stage", &self.stage);
    }
}

/// An estimate, and whether its sender knows that it is final.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Estimate {
    value: Value,
    last: bool,
}

inspect!(Estimate { value, last });

impl Message for Estimate {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        format!("{}{}", name(self.value), if self.last { "!" } else { "" })
    }
}

impl<const UNIFORM: bool> Early<UNIFORM> {
    fn value(&self) -> Value {
        if self.estimate.is_bottom() { Value::DEFAULT } else { self.estimate }
    }

    /// Learns what came; true if the estimate is now known to be final.
    fn learn(&mut self, inbox: &Inbox<'_, Estimate>, view: &View<'_, Config>) -> bool {
        let (mut heard, mut told, before) = (0, false, self.estimate);
        for (_, estimate) in inbox.iter() {
            heard += 1;
            told |= estimate.last;
            if view.config.domain.contains(estimate.value) && estimate.value < self.estimate {
                view.cite(LEARN);
                self.estimate = estimate.value;
            }
        }
        let less = u16::from(view.is_flawed(HEARD_LESS));
        let knows = match view.is_flawed(QUIET) {
            true => told || self.estimate == before,
            false => told || heard + less >= self.heard,
        };
        self.heard = heard;
        knows
    }
}

impl<const UNIFORM: bool> Rounds for Early<UNIFORM> {
    type Problem = Consensus;
    type Config = Config;
    type Message = Estimate;

    const ANONYMOUS: bool = true;

    fn rounds(group: Group, _: &Config) -> u16 {
        group.f.saturating_add(1)
    }

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn start(input: Option<Value>, view: &View<'_, Config>) -> Self {
        let estimate = input.unwrap_or(Value::BOTTOM);
        Self { estimate, heard: view.group.n, stage: Stage::Open }
    }

    fn send(&self, _: u16, view: &View<'_, Config>) -> Outgoing<Estimate> {
        if self.stage == Stage::Halted {
            return Outgoing::Nothing;
        }
        view.cite(SEND);
        Outgoing::All(Estimate { value: self.estimate, last: self.stage == Stage::Final })
    }

    fn receive(
        &mut self,
        round: u16,
        inbox: &Inbox<'_, Estimate>,
        view: &View<'_, Config>,
    ) -> Option<Value> {
        match self.stage {
            Stage::Halted => return None,
            Stage::Final => {
                self.stage = Stage::Halted;
                if UNIFORM && !view.is_flawed(AT_ONCE) {
                    view.cite(DECIDE);
                    return Some(self.value());
                }
                return None;
            }
            Stage::Open => {}
        }
        if self.learn(inbox, view) {
            view.cite(KNOW);
            self.stage = Stage::Final;
            // From here on it is only told, not asked how many were heard.
            self.heard = 0;
            if !UNIFORM || view.is_flawed(AT_ONCE) {
                view.cite(DECIDE);
                return Some(self.value());
            }
        }
        let early = view.is_flawed(EARLY) && round + 1 == view.last;
        if round < view.last && !early {
            return None;
        }
        view.cite(DEADLINE);
        self.stage = Stage::Halted;
        Some(self.value())
    }

    fn deadline(group: Group, _: &Config, failures: u16) -> u16 {
        let early = failures.saturating_add(if UNIFORM { 2 } else { 1 });
        early.min(group.f.saturating_add(1))
    }

    fn alike(_: Process, _: Process, _: Group, _: &Config) -> bool {
        true
    }
}

impl<const UNIFORM: bool> Traitor for Early<UNIFORM> {
    fn vocabulary<'a>(liar: &'a Liar<'a, Self>, _: u16, _: Process) -> Vocabulary<'a, Estimate> {
        let digits = [u32::from(liar.config.domain.size), 2].into();
        Vocabulary::odometer(digits, |reading| Estimate {
            value: Value(reading[0] as u16),
            last: reading[1] == 1,
        })
    }
}

/// What both forms cost without failures: everybody tells its proposal and then, knowing that
/// nobody failed, the minimum, unless the run is over.
pub(crate) fn messages(group: Group) -> u64 {
    let n = u64::from(group.n);
    let exchanges = u64::from(group.f).saturating_add(1).min(2);
    exchanges * n * n.saturating_sub(1)
}

impl Listed for EarlyStopping {
    const NAME: &'static str = "early-stopping";
    const TITLE: &'static str = "uniform consensus in f'+2 rounds if only f' processes fail";
    const SOURCE: &'static str = "Dolev, Reischuk, Strong 1990; Charron-Bost, Schiper 2004; \
        Raynal 2002";
    const NOTES: &'static str = "\"f+1 rounds are needed\" is about the worst case: if f' of the \
        f processes that may fail do, everybody decides by round min(f'+2, f+1). The literature \
        calls that bound tight, and it is for f' < f-1 only: for deciding, f'+1 rounds are \
        possible if f' is f-1, so that this algorithm is one round from the optimum there. \
        A process counts the messages it receives, its own included, and it must tell all that \
        its estimate is final before it decides: early-deciding does it after, and is not \
        uniform.";
    const FAULTS: Faults = Faults::Crash;
    const BOUND: Bound = Bound::ANY;
    const ROUNDS: &'static str = "min(f'+2, f+1)";
    const MESSAGES: &'static str = "2n(n-1) for f > 0";

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

impl Catalogued for EarlyStopping {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only(Self::PARAMETERS)?;
        Ok(Config { domain: setup.domain })
    }

    fn cost(group: Group, _: &Config, _: &[Option<Value>]) -> Option<Cost> {
        let rounds = u64::from(group.f).saturating_add(1).min(2);
        Some(Cost { rounds, messages: messages(group) })
    }
}
