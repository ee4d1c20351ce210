//! Causal multicast: nothing is delivered before what its sender knew when it multicast it.
//!
//! Problem: multicast. Source: Birman, Schiper, Stephenson 1991; Coulouris et al. 2012, 15.4.3.
//! Resilience: that of the reliable multicast below: any number of crashes.
//!
//! What differs: nothing. The own message is delivered at once, so its copy is not sent home:
//! delivering it again would count it twice.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;

use quorate_kernel::{
    Context, Deceit, Domain, Faults, Group, Message, Mutant, Process, Protocol, Rule, Timing,
    Value, inspect, mutants, rules,
};
use quorate_problems::Multicast;

use super::letter::{Config, Flood, Id, Letter, NEVER, send_others};
use super::reliable::{all_flooded, flood_cost, flooded, hosts_flood};
use crate::card::{Bound, Claim, Cost, Hosted, Listed, Request, Setup};

rules! {
    SEND = "CO-multicast": "count it in the clock, send both to all, and deliver it at once";
    RELAY = "relay": "pass the first copy of another's message on to all";
    HOLD = "hold back": "keep a message until all that its sender had delivered is delivered";
    DELIVER = "CO-deliver": "deliver such a message, and count it in the clock";
}

mutants! {
    STRICT = "strictly-less" breaks HOLD: "waits until it has delivered more of each process than \
        the sender had, and not as many", "";
    ON_RECEIPT = "merge-on-receipt" breaks DELIVER: "takes up the clock of a message when it \
        comes, and not when it is delivered", "";
    NOT_NEXT = "own-forgotten" breaks HOLD: "does not ask whether it is the next of its sender",
        "";
    OTHERS_FORGOTTEN = "others-forgotten" breaks HOLD: "asks only whether it is the next of its \
        sender", "";
    NO_RELAY = "passes-nothing-on" breaks RELAY: "delivers, and passes nothing on", "";
}

/// A message with the clock of its sender: how many messages of each process it had delivered.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Stamped {
    letter: Letter,
    clock: Vec<u16>,
}

inspect!(Stamped { letter, clock });

impl Message for Stamped {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        format!("{} {:?}", self.letter.label(name), self.clock)
    }
}

/// A message held back.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Held {
    payload: Value,
    clock: Vec<u16>,
}

inspect!(Held { payload, clock });

/// The state of one process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Causal {
    flood: Flood,
    /// How many messages of each process are delivered.
    clock: Vec<u16>,
    held: BTreeMap<Id, Held>,
}

inspect!(Causal { flood, clock, held });

impl Causal {
    /// Whether a message is the next of its sender and everything before it is delivered.
    fn is_due(&self, sender: Process, clock: &[u16], cx: &Context<'_, Self>) -> bool {
        (0..).map(Process).zip(self.clock.iter().zip(clock)).all(|(p, (delivered, sent))| {
            match p == sender {
                true if cx.is_flawed(NOT_NEXT) => true,
                true => delivered.checked_add(1) == Some(*sent),
                false if cx.is_flawed(OTHERS_FORGOTTEN) => true,
                false if cx.is_flawed(STRICT) => sent < delivered,
                false => sent <= delivered,
            }
        })
    }

    fn due(&self, cx: &Context<'_, Self>) -> Option<Id> {
        let mut held = self.held.iter();
        held.find(|(id, held)| self.is_due(id.sender, &held.clock, cx)).map(|(id, _)| *id)
    }
}

impl Protocol for Causal {
    type Problem = Multicast;
    type Config = Config;
    type Message = Stamped;
    type Timer = Infallible;
    type Stable = ();

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn start(cx: &mut Context<'_, Self>) -> Self {
        let clock = alloc::vec![0; cx.group.size()];
        Self { flood: Flood::default(), clock, held: BTreeMap::new() }
    }

    fn on_input(&mut self, payload: Value, cx: &mut Context<'_, Self>) {
        let Some(id) = self.flood.next(cx.me) else { return };
        cx.cite(SEND);
        self.flood.know(id);
        self.clock[cx.me.index()] = id.number;
        send_others(&Stamped { letter: Letter { id, payload }, clock: self.clock.clone() }, cx);
        cx.output(id.delivery(payload));
    }

    fn on_message(&mut self, _: Process, message: Stamped, cx: &mut Context<'_, Self>) {
        let id = message.letter.id;
        let real = message.letter.is_of(cx.group, cx.config.domain)
            && message.clock.len() == cx.group.size()
            && message.clock[id.sender.index()] == id.number;
        let first = match cx.is_flawed(NO_RELAY) {
            true => self.flood.is_new(id),
            false => real && self.flood.first(id, &message, RELAY, cx),
        };
        if !real || !first {
            return;
        }
        if !self.is_due(id.sender, &message.clock, cx) {
            cx.cite(HOLD);
        }
        if cx.is_flawed(ON_RECEIPT) {
            let others = cx.group.processes().filter(|p| *p != id.sender);
            for p in others {
                self.clock[p.index()] = self.clock[p.index()].max(message.clock[p.index()]);
            }
        }
        let held = Held { payload: message.letter.payload, clock: message.clock };
        self.held.insert(id, held);
        while let Some((id, held)) = self.due(cx).and_then(|id| self.held.remove_entry(&id)) {
            cx.cite(DELIVER);
            self.clock[id.sender.index()] = id.number;
            cx.output(id.delivery(held.payload));
        }
    }

    fn on_timer(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }
}

impl Deceit for Causal {}

impl Listed for Causal {
    const NAME: &'static str = "causal";
    const ALIASES: &'static [&'static str] = &["cbcast", "causal-multicast"];
    const TITLE: &'static str =
        "reliable multicast that never delivers an answer before its question";
    const SOURCE: &'static str = "Birman, Schiper, Stephenson 1991; Coulouris et al. 2012, 15.4.3";
    const NOTES: &'static str = "Every message carries how many of each process's messages its \
        sender had delivered; it is held back until as many are delivered here. It costs n \
        numbers in each message and no message more. The clock counts deliveries, not receipts: \
        merging it when a message comes would let the next one overtake what is held back. Two \
        multicasts of which neither knew of the other may be delivered in either order: for one \
        order see sequencer, isis and consensus-order.";
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
            flooded("causal"),
            Claim::new("total-order", Faults::None, NEVER)
                .timed(Timing::Asynchronous)
                .breaks(&[(2, 0)]),
        ]);
        claims
    }
}

hosts_flood!(Causal);
