//! Two generals who acknowledge each other's acknowledgements.
//!
//! Problem: coordinated attack. Source: Akkoyunlu, Ekanadham, Huber 1975; Gray 1978.
//! Resilience: none, which is the point: the sender of the last message cannot know whether it
//! came, and no number of messages changes that.
//!
//! The rule: message 1 proposes the attack, each later one acknowledges the one before, and both
//! generals know how many there are to be. A general attacks if and only if it is ready to and
//! got the last message that it could get. So losing the last message parts them, and losing any
//! other lets both retreat.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Context, Deceit, Domain, Faults, Group, Links, Message, Mutant, Process, Protocol, Renamed,
    Rule, Value, inspect, mutants, rules,
};
use quorate_problems::CoordinatedAttack;

use crate::card::{Bound, Claim, Cost, Hosted, Listed, Request, Setup, Weaker};

rules! {
    PROPOSE = "1": "the first general, if it is ready, proposes the attack";
    ACKNOWLEDGE = "2": "who is ready acknowledges the message that came, up to the last one agreed";
    ATTACK = "3a": "the time of all messages is over: attack if ready, with the last message one \
        could get";
    RETREAT = "3b": "the time of all messages is over: else retreat";
}

mutants! {
    READY_ALONE = "ready-alone" breaks ATTACK: "attacks if it is ready, whatever came", "";
    UNREADY = "acknowledges-unready" breaks ACKNOWLEDGE: "acknowledges what comes, ready or not",
        "";
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// Retreat and attack.
    pub domain: Domain,
    /// Who proposes.
    pub general: Process,
    /// How many messages there are if none is lost.
    pub messages: u32,
    /// When both decide.
    pub over_ticks: u64,
}

/// What is sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Words {
    /// Message 1: let us attack.
    Attack,
    /// The message of this number, from 2: the one before it came.
    Acknowledge(u32),
}

inspect!(
    enum Words {
        Attack,
        Acknowledge(number),
    }
);

impl Words {
    fn number(self) -> u32 {
        match self {
            Self::Attack => 1,
            Self::Acknowledge(number) => number,
        }
    }
}

impl Message for Words {
    fn label(&self, _: &dyn Fn(Value) -> String) -> String {
        match self {
            Self::Attack => "attack".into(),
            Self::Acknowledge(number) => format!("ack {}", number.saturating_sub(1)),
        }
    }
}

/// The one timer: the time of all messages is over.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Over;

impl Renamed for Over {}

/// One general.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TwoGenerals {
    /// Whether it is ready to attack.
    ready: bool,
    /// The number of the last message that came; 0 before the first.
    heard: u32,
}

inspect!(TwoGenerals { ready, heard });

type Cx<'a> = Context<'a, TwoGenerals>;

impl TwoGenerals {
    fn send(number: u32, cx: &mut Cx<'_>) {
        let words = if number == 1 { Words::Attack } else { Words::Acknowledge(number) };
        for other in cx.group.others(cx.me) {
            cx.send(other, words);
        }
    }
}

/// The number of the last message that a general can get: the first one gets the even ones.
fn last_to(me: Process, config: &Config) -> u32 {
    let even = me == config.general;
    config.messages - u32::from(config.messages.is_multiple_of(2) != even)
}

impl Protocol for TwoGenerals {
    type Problem = CoordinatedAttack;
    type Config = Config;
    type Message = Words;
    type Timer = Over;
    type Stable = ();

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn start(cx: &mut Cx<'_>) -> Self {
        cx.set_timer(Over, cx.config.over_ticks);
        Self { ready: false, heard: 0 }
    }

    fn on_input(&mut self, input: Value, cx: &mut Cx<'_>) {
        if self.ready || input != Value(1) {
            return;
        }
        self.ready = true;
        if cx.me == cx.config.general {
            cx.cite(PROPOSE);
            Self::send(1, cx);
        }
    }

    fn on_message(&mut self, _: Process, message: Words, cx: &mut Cx<'_>) {
        let number = message.number();
        let due = number > self.heard && number <= last_to(cx.me, cx.config);
        let ready = self.ready || cx.is_flawed(UNREADY);
        if !ready || !due || number % 2 != last_to(cx.me, cx.config) % 2 {
            return;
        }
        self.heard = number;
        if number < cx.config.messages {
            cx.cite(ACKNOWLEDGE);
            Self::send(number + 1, cx);
        }
    }

    fn on_timer(&mut self, Over: Over, cx: &mut Cx<'_>) {
        let agreed = self.ready && self.heard == last_to(cx.me, cx.config);
        let alone = self.ready && cx.is_flawed(READY_ALONE);
        let attacks = agreed || alone;
        cx.cite(if attacks { ATTACK } else { RETREAT });
        cx.output(Value(u16::from(attacks)));
    }
}

impl Deceit for TwoGenerals {}

pub(super) const PAIR: Bound =
    Bound { text: "n = 2", admits: |group| group.n == 2 && group.f == 0 };

impl Listed for TwoGenerals {
    const NAME: &'static str = "two-generals";
    const ALIASES: &'static [&'static str] = &["two-armies"];
    const TITLE: &'static str =
        "acknowledge the acknowledgement: the last message can still be lost";
    const SOURCE: &'static str = "Akkoyunlu, Ekanadham, Huber 1975; Gray 1978; Lynch 1996, 5.1";
    const NOTES: &'static str = "Whoever sends the last message attacks without knowing that it \
        came, and if it did not, attacks alone. One message more only changes who that is: drop \
        the last message from a run in which both attack and its sender cannot tell, so both must \
        attack still; and so on until no message is left, and they attack without a word. So no \
        protocol does it if messages may be lost, however many it sends. Over links that lose \
        nothing two messages are enough: with one the first general would never learn whether \
        the other is ready. --set messages=K, from 2, is how many are sent. Real systems give up \
        knowing at the same time: they retry, and make a repeated request harmless.";
    const FAULTS: Faults = Faults::None;
    const BOUND: Bound = PAIR;
    const ROUNDS: &'static str = "3, or as many as messages are set";
    const MESSAGES: &'static str = "3 unless set";
    const SPECIAL: Option<&'static str> = Some("general");

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        let agree = Claim::new("agreement", Faults::None, PAIR)
            .breaks_under(&[(Weaker::Links(Links::Lossy), (2, 0))]);
        let lossy = |requirement| Claim::new(requirement, Faults::None, PAIR).over(Links::Lossy);
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

impl Hosted for TwoGenerals {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only_or(&[], &["messages"])?;
        if setup.group.n != 2 {
            let n = setup.group.n;
            return Err(format!("these generals are two, not {n}; two-generals-random takes more"));
        }
        super::attack_or_not(setup.domain)?;
        let messages = setup.number("messages", 3, 2, 1 << 20)?;
        Ok(Config {
            domain: setup.domain,
            general: setup.special,
            messages: messages as u32,
            over_ticks: (messages * setup.delay_ticks).saturating_add(1),
        })
    }

    fn requests(_: &Setup<'_>, _: &Config, inputs: &[Option<Value>]) -> Vec<Request<Value>> {
        Request::at_once(inputs.iter().copied())
    }

    fn calm_ticks(_: Group, config: &Config) -> u64 {
        config.over_ticks
    }

    fn cost(_: Group, config: &Config, inputs: &[Option<Value>]) -> Option<Cost> {
        let messages = u64::from(config.messages);
        let ready = inputs.iter().all(|input| *input == Some(Value(1)));
        ready.then_some(Cost { rounds: messages, messages })
    }

    /// Each message has its time.
    fn round_ticks(config: &Config) -> Option<u64> {
        Some(config.over_ticks / u64::from(config.messages))
    }
}
