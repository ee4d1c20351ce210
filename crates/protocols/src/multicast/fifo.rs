//! FIFO multicast: what a process multicasts is delivered in the order in which it did.
//!
//! Problem: multicast. Source: Hadzilacos, Toueg 1993; Coulouris et al. 2012, 15.4.3.
//! Resilience: that of the reliable multicast below: any number of crashes.
//!
//! What differs: the number that tells a message from its sender's others is the sequence number.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;

use quorate_kernel::{
    Context, Deceit, Domain, Faults, Group, Mutant, Process, Protocol, Rule, Timing, Value,
    inspect, mutants, rules,
};
use quorate_problems::Multicast;

use super::letter::{Config, Flood, Id, Letter, NEVER};
use super::reliable::{all_flooded, flood_cost, flooded, hosts_flood};
use crate::card::{Bound, Claim, Cost, Hosted, Listed, Request, Setup};

rules! {
    SEND = "FO-multicast": "give the message the next number, and send it to all, oneself included";
    RELAY = "relay": "pass the first copy of another's message on to all";
    HOLD = "hold back": "keep a message until all earlier ones of its sender are delivered";
    DELIVER = "FO-deliver": "deliver the message whose number is next for its sender";
}

mutants! {
    AT_ONCE = "never-holds" breaks HOLD: "delivers each message as it comes", "";
    NO_RELAY = "passes-nothing-on" breaks RELAY: "delivers, and passes nothing on", "";
}

/// The state of one process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Fifo {
    flood: Flood,
    /// How many messages of each sender are delivered.
    delivered: Vec<u16>,
    held: BTreeMap<Id, Value>,
}

inspect!(Fifo { flood, delivered, held });

impl Protocol for Fifo {
    type Problem = Multicast;
    type Config = Config;
    type Message = Letter;
    type Timer = Infallible;
    type Stable = ();

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn start(cx: &mut Context<'_, Self>) -> Self {
        let delivered = alloc::vec![0; cx.group.size()];
        Self { flood: Flood::default(), delivered, held: BTreeMap::new() }
    }

    fn on_input(&mut self, payload: Value, cx: &mut Context<'_, Self>) {
        let Some(id) = self.flood.next(cx.me) else { return };
        cx.cite(SEND);
        cx.broadcast(Letter { id, payload });
    }

    fn on_message(&mut self, _: Process, letter: Letter, cx: &mut Context<'_, Self>) {
        let real = letter.is_of(cx.group, cx.config.domain);
        let first = match cx.is_flawed(NO_RELAY) {
            true => self.flood.is_new(letter.id),
            false => real && self.flood.first(letter.id, &letter, RELAY, cx),
        };
        if !real || !first {
            return;
        }
        if cx.is_flawed(AT_ONCE) {
            return cx.output(letter.delivery());
        }
        self.held.insert(letter.id, letter.payload);
        let sender = letter.id.sender;
        let Some(delivered) = self.delivered.get_mut(sender.index()) else { return };
        if letter.id.number > delivered.saturating_add(1) {
            cx.cite(HOLD);
        }
        while let Some(number) = delivered.checked_add(1) {
            let id = Id { sender, number };
            let Some(payload) = self.held.remove(&id) else { break };
            cx.cite(DELIVER);
            cx.output(id.delivery(payload));
            *delivered = number;
        }
    }

    fn on_timer(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }
}

impl Deceit for Fifo {}

impl Listed for Fifo {
    const NAME: &'static str = "fifo";
    const ALIASES: &'static [&'static str] = &["fifo-multicast"];
    const TITLE: &'static str = "reliable multicast in the order of each sender";
    const SOURCE: &'static str = "Hadzilacos, Toueg 1993; Coulouris et al. 2012, 15.4.3";
    const NOTES: &'static str = "Copies may overtake each other, so a message is held back until \
        all earlier ones of its sender are there. It costs no message more. The order of one \
        sender is all: p1 may deliver p0's question and answer it, and p2 delivers the answer \
        first; for that see causal. Set each=2 or more to see it at work.";
    const TIMING: Timing = Timing::Asynchronous;
    const FAULTS: Faults = Faults::Crash;
    const BOUND: Bound = Bound::ANY;
    const ROUNDS: &'static str = "1 delay; f+1 at worst";
    const MESSAGES: &'static str = "n(n-1) for each multicast";

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        let mut claims = all_flooded();
        claims.extend([
            flooded("fifo"),
            Claim::new("causal", Faults::None, NEVER).timed(Timing::Asynchronous).breaks(&[(3, 0)]),
        ]);
        claims
    }
}

hosts_flood!(Fifo);
