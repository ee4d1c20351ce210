//! Basic multicast: send it to everybody.
//!
//! Problem: multicast. Source: Coulouris et al. 2012, 15.4.1.
//! Resilience: none needed for what a correct process sends; what a process sends that crashes on
//! the way reaches some and not others.
//!
//! What differs: a message has a number, so that it is known from the other ones of its sender.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;

use quorate_kernel::{
    Context, Deceit, Domain, Faults, Group, Links, Message, Mutant, Process, Protocol, Rule,
    Timing, Value, inspect, mutants, rules,
};
use quorate_problems::Multicast;

use super::letter::{Config, Id, send_others};
use crate::card::{Bound, Claim, Cost, Hosted, Listed, Request, Setup, Weaker};

rules! {
    SEND = "B-multicast": "send the message to every process, oneself included";
    DELIVER = "B-deliver": "deliver what comes";
}

mutants! {
    OTHERS = "others-only" breaks SEND: "sends to all others, and forgets itself", "";
}

/// The own message of this number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Numbered {
    number: u16,
    payload: Value,
}

inspect!(Numbered { number, payload });

impl Message for Numbered {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        format!("#{} = {}", self.number, name(self.payload))
    }
}

/// The state of one process.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct BMulticast {
    sent: u16,
}

inspect!(BMulticast { sent });

impl Protocol for BMulticast {
    type Problem = Multicast;
    type Config = Config;
    type Message = Numbered;
    type Timer = Infallible;
    type Stable = ();

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn start(_: &mut Context<'_, Self>) -> Self {
        Self::default()
    }

    fn on_input(&mut self, payload: Value, cx: &mut Context<'_, Self>) {
        let Some(number) = self.sent.checked_add(1) else { return };
        self.sent = number;
        cx.cite(SEND);
        let message = Numbered { number, payload };
        match cx.is_flawed(OTHERS) {
            true => send_others(&message, cx),
            false => cx.broadcast(message),
        }
    }

    fn on_message(&mut self, from: Process, message: Numbered, cx: &mut Context<'_, Self>) {
        if message.number > 0 && cx.config.domain.contains(message.payload) {
            cx.cite(DELIVER);
            let id = Id { sender: from, number: message.number };
            cx.output(id.delivery(message.payload));
        }
    }

    fn on_timer(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }
}

impl Deceit for BMulticast {}

impl Listed for BMulticast {
    const NAME: &'static str = "b-multicast";
    const ALIASES: &'static [&'static str] = &["basic-multicast"];
    const TITLE: &'static str = "send it to everybody: nothing is promised if the sender crashes";
    const SOURCE: &'static str = "Coulouris et al. 2012, 15.4.1";
    const NOTES: &'static str = "With n = 3, p0 crashes having reached p1: p1 delivers and p2 \
        never does. That is what reliable repairs. If every receiver acknowledged, as is done \
        over links that lose messages, n-1 acknowledgements would come at once: the implosion.";
    const TIMING: Timing = Timing::Asynchronous;
    const FAULTS: Faults = Faults::Crash;
    const BOUND: Bound = Bound::NO_FAULT;
    const ROUNDS: &'static str = "1 delay";
    const MESSAGES: &'static str = "n-1 for each multicast";

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        const TWICE: &[(Weaker, (u16, u16))] = &[(Weaker::Links(Links::Lossy), (2, 0))];
        let claim = |requirement, within| {
            Claim::new(requirement, Faults::Crash, within).timed(Timing::Asynchronous)
        };
        [
            claim("validity", Bound::ANY),
            claim("no-duplication", Bound::ANY).breaks_under(TWICE),
            claim("integrity", Bound::ANY),
            claim("agreement", Bound::NO_FAULT).breaks(&[(3, 1)]),
            claim("uniform-agreement", Bound::NO_FAULT).breaks(&[(2, 1)]),
            claim("totality", Bound::NO_FAULT).breaks(&[(3, 1)]),
            claim("consistency", Bound::ANY),
        ]
        .into()
    }
}

impl Hosted for BMulticast {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only_or(Self::PARAMETERS, Config::NUMBERS)?;
        Config::of(setup)
    }

    fn requests(_: &Setup<'_>, config: &Config, inputs: &[Option<Value>]) -> Vec<Request<Value>> {
        config.requests(inputs)
    }

    fn calm_ticks(group: Group, config: &Config) -> u64 {
        config.calm(group, 2)
    }

    fn cost(group: Group, config: &Config, inputs: &[Option<Value>]) -> Option<Cost> {
        config.only(inputs)?;
        let others = u64::from(group.n) - 1;
        Some(Cost { rounds: others.min(1), messages: others })
    }
}
