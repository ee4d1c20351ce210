//! Generals who agree with high probability although any message may be lost.
//!
//! Problem: coordinated attack. Source: Varghese, Lynch 1996; Lynch 1996, 5.2, RandomAttack.
//! Resilience: any n, synchronous, any loss of messages; r rounds disagree with a probability of
//! at most 1/r, whatever is lost, as long as what is lost does not depend on the key.
//!
//! Each general keeps a level: how deep it knows that all know that all know, and so on. Levels of
//! two generals differ by one at most, and they attack from a secret level on.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use quorate_kernel::{
    Context, Deceit, Domain, Faults, Group, Links, Message, Mutant, Process, Protocol, Rule, Value,
    inspect, mutants, rules,
};
use quorate_problems::CoordinatedAttack;

use crate::card::{Bound, Claim, Cost, Hosted, Listed, Request, Setup, Weaker};

rules! {
    DRAW = "1": "the first general draws the key, from 1 to r";
    SEND = "2": "each round, send all one knows to all: levels, who is ready, the key";
    RISE = "3": "once a level of everybody is known, be one above the lowest of the others";
    ATTACK = "4a": "after r rounds attack if all are ready and one's level has reached the key";
    RETREAT = "4b": "after r rounds else retreat";
}

mutants! {
    READY_ALONE = "ready-alone" breaks ATTACK: "does not ask whether the others are ready", "";
    SHY = "shy" breaks ATTACK: "attacks only if its level has passed the key", "";
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// Retreat and attack.
    pub domain: Domain,
    /// Who draws the key.
    pub general: Process,
    /// How many rounds there are.
    pub rounds: u32,
    /// How many ticks a round lasts: one more than a message may take.
    pub round_ticks: u64,
}

/// All that a general knows, which is also what it sends.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Knowledge {
    /// The highest level of each general that is known; none before anything is.
    levels: Vec<Option<u32>>,
    /// What each general was given, if known.
    inputs: Vec<Option<Value>>,
    /// From which level on to attack, if known.
    key: Option<u32>,
}

inspect!(Knowledge { levels, inputs, key });

impl Message for Knowledge {
    fn label(&self, _: &dyn Fn(Value) -> String) -> String {
        let level = |level: &Option<u32>| level.map_or("-".into(), |level| format!("{level}"));
        let levels: Vec<String> = self.levels.iter().map(level).collect();
        format!("levels {}", levels.join(" "))
    }
}

impl Knowledge {
    fn merge(&mut self, other: &Self, me: Process) {
        for (at, (mine, theirs)) in self.levels.iter_mut().zip(&other.levels).enumerate() {
            if at != me.index() {
                *mine = (*mine).max(*theirs);
            }
        }
        for (mine, theirs) in self.inputs.iter_mut().zip(&other.inputs) {
            *mine = mine.or(*theirs);
        }
        self.key = self.key.or(other.key);
    }
}

/// One general.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TwoGeneralsRandom {
    /// The round under way; 0 before the first.
    round: u32,
    known: Knowledge,
}

inspect!(TwoGeneralsRandom { round, known });

type Cx<'a> = Context<'a, TwoGeneralsRandom>;

impl TwoGeneralsRandom {
    fn begin(&mut self, input: Value, cx: &mut Cx<'_>) {
        self.known.levels[cx.me.index()] = Some(0);
        self.known.inputs[cx.me.index()] = Some(input);
        if cx.me == cx.config.general {
            cx.cite(DRAW);
            self.known.key = Some(1 + cx.choose(cx.config.rounds));
        }
        self.round = 1;
        self.send(cx);
    }

    fn send(&self, cx: &mut Cx<'_>) {
        cx.cite(SEND);
        for other in cx.group.others(cx.me) {
            cx.send(other, self.known.clone());
        }
        cx.set_timer(self.round, cx.config.round_ticks);
    }

    fn rise(&mut self, cx: &Cx<'_>) {
        let lowest = cx.group.others(cx.me).map(|p| self.known.levels[p.index()]).min().flatten();
        if let Some(lowest) = lowest {
            cx.cite(RISE);
            self.known.levels[cx.me.index()] = Some(lowest.saturating_add(1));
        }
    }

    fn decide(&self, cx: &mut Cx<'_>) {
        let level = self.known.levels[cx.me.index()];
        let reached = self.known.key.is_some_and(|key| level >= Some(key));
        let ready = |input: &Option<Value>| *input == Some(Value(1));
        let own = ready(&self.known.inputs[cx.me.index()]);
        let all = self.known.inputs.iter().all(ready) || own && cx.is_flawed(READY_ALONE);
        let passed = self.known.key.is_some_and(|key| level > Some(key));
        let attacks = all && if cx.is_flawed(SHY) { passed } else { reached };
        cx.cite(if attacks { ATTACK } else { RETREAT });
        cx.output(Value(u16::from(attacks)));
    }
}

impl Protocol for TwoGeneralsRandom {
    type Problem = CoordinatedAttack;
    type Config = Config;
    type Message = Knowledge;
    type Timer = u32;
    type Stable = ();

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn round(&self) -> u32 {
        self.round
    }

    fn start(cx: &mut Cx<'_>) -> Self {
        // Timer 0 gives an input one instant to come first.
        cx.set_timer(0, 0);
        let n = cx.group.size();
        let known = Knowledge { levels: vec![None; n], inputs: vec![None; n], key: None };
        Self { round: 0, known }
    }

    fn on_input(&mut self, input: Value, cx: &mut Cx<'_>) {
        if self.round == 0 {
            cx.cancel_timer(0);
            self.begin(input, cx);
        }
    }

    fn on_message(&mut self, _: Process, message: Knowledge, cx: &mut Cx<'_>) {
        self.known.merge(&message, cx.me);
    }

    fn on_timer(&mut self, timer: u32, cx: &mut Cx<'_>) {
        if timer != self.round {
            return;
        }
        if timer == 0 {
            return self.begin(Value::DEFAULT, cx);
        }
        self.rise(cx);
        if timer == cx.config.rounds {
            return self.decide(cx);
        }
        self.round += 1;
        self.send(cx);
    }
}

impl Deceit for TwoGeneralsRandom {}

const NO_FAULT: Bound =
    Bound { text: "n >= 2, f = 0", admits: |group| group.n >= 2 && group.f == 0 };

impl Listed for TwoGeneralsRandom {
    const NAME: &'static str = "two-generals-random";
    const ALIASES: &'static [&'static str] = &["random-attack"];
    const TITLE: &'static str =
        "a secret level from which to attack: they part with probability 1/r";
    const SOURCE: &'static str = "Varghese, Lynch 1996; Lynch 1996, 5.2";
    const NOTES: &'static str = "Whatever is lost, levels of two generals differ by one at most, \
        so that they part only if the key is the higher of two different levels: with r rounds \
        and a key drawn from r numbers with a probability of 1/r at most, and exactly that for \
        the worst loss. No protocol of r rounds does better than 1/(r+1). So doubling the rounds \
        halves the risk, and nothing ends it: agreement as such is promised only over links that \
        lose nothing. If nothing is lost and all are ready, all attack for certain. \
        --set rounds=R is how many rounds there are.";
    const FAULTS: Faults = Faults::None;
    const BOUND: Bound = NO_FAULT;
    const ROUNDS: &'static str = "r, 8 unless set";
    const MESSAGES: &'static str = "r n(n-1)";
    const SPECIAL: Option<&'static str> = Some("general");

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        let agree = Claim::new("agreement", Faults::None, NO_FAULT)
            .breaks_under(&[(Weaker::Links(Links::Lossy), (2, 0))]);
        let lossy =
            |requirement| Claim::new(requirement, Faults::None, NO_FAULT).over(Links::Lossy);
        [
            agree,
            lossy("irrevocability"),
            lossy("validity-retreat"),
            lossy("validity-attack"),
            lossy("termination"),
        ]
        .into()
    }
}

impl Hosted for TwoGeneralsRandom {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only_or(&[], &["rounds"])?;
        if setup.group.n < 2 {
            return Err("one general agrees with itself; give at least n = 2".into());
        }
        super::attack_or_not(setup.domain)?;
        Ok(Config {
            domain: setup.domain,
            general: setup.special,
            rounds: setup.number("rounds", 8, 1, 1 << 16)? as u32,
            round_ticks: setup.delay_ticks.saturating_add(1),
        })
    }

    fn requests(_: &Setup<'_>, _: &Config, inputs: &[Option<Value>]) -> Vec<Request<Value>> {
        Request::at_once(inputs.iter().copied())
    }

    fn calm_ticks(_: Group, config: &Config) -> u64 {
        (u64::from(config.rounds) + 1) * config.round_ticks
    }

    fn cost(group: Group, config: &Config, _: &[Option<Value>]) -> Option<Cost> {
        let (n, rounds) = (u64::from(group.n), u64::from(config.rounds));
        Some(Cost { rounds, messages: rounds * n * (n - 1) })
    }

    fn round_ticks(config: &Config) -> Option<u64> {
        Some(config.round_ticks)
    }
}
