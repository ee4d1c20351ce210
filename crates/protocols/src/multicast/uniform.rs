//! Uniform reliable multicast: a message is delivered once a majority has passed it on.
//!
//! Problem: multicast. Source: Cachin, Guerraoui, Rodrigues 2011, algorithm 3.5.
//! Resilience: n > 2f crashes, over links that lose what a crashed process sent; nothing is known
//! of time.
//!
//! What differs: a copy is an acknowledgement of everybody through whom it has come, its sender
//! and its receiver, as in the text; whoever multicasts counts itself when its own copy comes.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;

use quorate_kernel::{
    Context, Deceit, Domain, Faults, Group, Mutant, Process, ProcessSet, Protocol, Rule, Timing,
    Value, inspect, mutants, rules,
};
use quorate_problems::Multicast;

use super::letter::{Config, Id, Letter, send_others};
use super::reliable::flood_cost;
use crate::ballot::majority;
use crate::card::{Bound, Claim, Cost, Hosted, Listed, Request, Setup};

rules! {
    SEND = "URB-multicast": "send the message to every process, oneself included";
    RELAY = "relay": "pass the first copy of another's message on to all";
    ACK = "ack": "count everybody from whom a copy came, and oneself";
    DELIVER = "URB-deliver": "deliver a message that a majority is known to have passed on";
}

mutants! {
    F_ACKS = "f-acks" breaks DELIVER: "delivers a message that f processes, perhaps itself, are \
        known to have passed on", "";
    NO_RELAY = "passes-nothing-on" breaks RELAY: "counts others' copies, and passes nothing on",
        "";
}

/// A message that is not delivered yet.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Pending {
    payload: Value,
    acks: ProcessSet,
}

inspect!(Pending { payload, acks });

/// The state of one process.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Uniform {
    sent: u16,
    pending: BTreeMap<Id, Pending>,
    delivered: BTreeSet<Id>,
}

inspect!(Uniform { sent, pending, delivered });

impl Uniform {
    fn on_new(&mut self, letter: Letter, cx: &mut Context<'_, Self>) {
        if letter.id.sender != cx.me && !cx.is_flawed(NO_RELAY) {
            cx.cite(RELAY);
            send_others(&letter, cx);
        }
        let acks = [cx.me].into_iter().collect();
        self.pending.insert(letter.id, Pending { payload: letter.payload, acks });
    }
}

impl Protocol for Uniform {
    type Problem = Multicast;
    type Config = Config;
    type Message = Letter;
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
        cx.broadcast(Letter { id: Id { sender: cx.me, number }, payload });
    }

    fn on_message(&mut self, from: Process, letter: Letter, cx: &mut Context<'_, Self>) {
        let id = letter.id;
        if !letter.is_of(cx.group, cx.config.domain) || self.delivered.contains(&id) {
            return;
        }
        if !self.pending.contains_key(&id) {
            self.on_new(letter, cx);
        }
        let Some(pending) = self.pending.get_mut(&id) else { return };
        cx.cite(ACK);
        pending.acks.insert(from);
        let enough = match cx.is_flawed(F_ACKS) {
            true => usize::from(cx.group.f),
            false => majority(cx.group),
        };
        if pending.acks.len() >= enough {
            cx.cite(DELIVER);
            cx.output(id.delivery(pending.payload));
            self.pending.remove(&id);
            self.delivered.insert(id);
        }
    }

    fn on_timer(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }
}

impl Deceit for Uniform {}

impl Listed for Uniform {
    const NAME: &'static str = "uniform";
    const ALIASES: &'static [&'static str] = &["urb", "uniform-reliable"];
    const TITLE: &'static str = "deliver what a majority passed on: even the crashed agree";
    const SOURCE: &'static str = "Cachin, Guerraoui, Rodrigues 2011, algorithm 3.5";
    const NOTES: &'static str = "A majority has one correct member, and what a correct process \
        passes on reaches everybody: so what anybody delivers, all correct processes deliver. At \
        n = 2f no majority need be left: the correct wait for ever, and of two correct processes \
        one may have the last acknowledgement of a crashed process and the other not. With fewer \
        acknowledgements a process could deliver, crash, and take the message with it. Without \
        a failure detector n > 2f is necessary (Aguilera, Toueg, Deianov 1999). With three \
        processes a receiver delivers at once: the sender's copy and its own relay are two. What \
        only failed processes passed on may be delivered or not.";
    const TIMING: Timing = Timing::Asynchronous;
    const FAULTS: Faults = Faults::Crash;
    const BOUND: Bound = Bound::HALF;
    const ROUNDS: &'static str = "2 delays";
    const MESSAGES: &'static str = "n(n-1) for each multicast";

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        // Of two processes both have it once one delivers: only the wait for ever is left there.
        const FOUR: &[(u16, u16)] = &[(4, 2)];
        let claim = |requirement, within| {
            Claim::new(requirement, Faults::Crash, within).timed(Timing::Asynchronous)
        };
        [
            claim("validity", Bound::HALF).breaks(&[(2, 1), (4, 2)]),
            claim("no-duplication", Bound::ANY),
            claim("integrity", Bound::ANY),
            claim("agreement", Bound::HALF).breaks(FOUR),
            claim("uniform-agreement", Bound::HALF).breaks(FOUR),
            claim("totality", Bound::HALF).breaks(FOUR),
            claim("consistency", Bound::ANY),
        ]
        .into()
    }
}

impl Hosted for Uniform {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only_or(Self::PARAMETERS, Config::NUMBERS)?;
        Config::of(setup)
    }

    fn requests(_: &Setup<'_>, config: &Config, inputs: &[Option<Value>]) -> Vec<Request<Value>> {
        config.requests(inputs)
    }

    fn calm_ticks(group: Group, config: &Config) -> u64 {
        config.calm(group, u64::from(group.f) + 3)
    }

    fn cost(group: Group, config: &Config, inputs: &[Option<Value>]) -> Option<Cost> {
        config.only(inputs)?;
        Some(Cost { rounds: if group.n == 1 { 0 } else { 2 }, ..flood_cost(group) })
    }
}
