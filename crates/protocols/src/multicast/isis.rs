//! Total order by agreed priorities: everybody proposes a number, the largest counts.
//!
//! Problem: multicast. Source: Birman, Joseph 1987; Coulouris et al. 2012, 15.4.3.
//! Resilience: the order always holds; that anything comes needs f = 0.
//!
//! What differs: nothing. A priority is a number and who proposed it, as the source has it: the
//! number alone may be proposed for two messages.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;

use quorate_kernel::{
    Context, Deceit, Domain, Faults, Group, Message, Mutant, Process, ProcessSet, Protocol, Rule,
    Timing, Value, inspect, mutants, rules,
};
use quorate_problems::Multicast;

use super::letter::{Config, Id};
use super::sequencer::unrepaired;
use crate::ballot::majority;
use crate::card::{Bound, Claim, Cost, Hosted, Listed, Request, Setup};

rules! {
    SEND = "TO-multicast": "send the message to every process, oneself included";
    PROPOSE = "propose": "hold it at a priority above all known, and propose that to its sender";
    AGREE = "agree": "with the proposals of all, tell all the largest: the message's priority";
    DELIVER = "TO-deliver": "deliver the held message of least priority, if that is agreed";
}

mutants! {
    NUMBER_ALONE = "number-alone" breaks PROPOSE: "compares priorities by their numbers alone, so \
        that each process puts its own message first among equals", "";
    MAJORITY = "majority-of-proposals" breaks AGREE: "agrees on the largest proposal of a \
        majority, and does not wait for all", "";
    AT_ONCE = "not-the-least" breaks DELIVER: "delivers a message once its priority is agreed, be \
        it the least or not", "";
    SMALLEST = "smallest-proposal" breaks AGREE: "agrees on the smallest proposal", "";
}

/// A priority: a number, and who proposed it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Priority {
    /// The number.
    pub number: u32,
    /// Who proposed it.
    pub proposer: Process,
}

inspect!(Priority { number, proposer });

impl fmt::Debug for Priority {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.number, self.proposer.0)
    }
}

/// What is sent; numbers are those of the messages of one sender.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Words {
    /// The sender's message of this number.
    Message(u16, Value),
    /// A proposal for the receiver's message of this number.
    Propose(u16, Priority),
    /// The priority of the sender's message of this number.
    Agreed(u16, Priority),
}

inspect!(
    enum Words {
        Message(number, payload),
        Propose(number, priority),
        Agreed(number, priority),
    }
);

impl Message for Words {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        match self {
            Self::Message(number, payload) => format!("#{number} = {}", name(*payload)),
            Self::Propose(number, priority) => format!("#{number} at {priority:?}?"),
            Self::Agreed(number, priority) => format!("#{number} at {priority:?}"),
        }
    }
}

/// A message that waits for its turn.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Held {
    priority: Priority,
    agreed: bool,
    payload: Value,
}

inspect!(Held { priority, agreed, payload });

/// The proposals for an own message.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Asked {
    from: ProcessSet,
    largest: Priority,
}

inspect!(Asked { from, largest });

/// The state of one process.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Isis {
    sent: u16,
    asked: BTreeMap<u16, Asked>,
    /// The largest number agreed on or proposed so far.
    largest: u32,
    held: BTreeMap<Id, Held>,
}

inspect!(Isis { sent, asked, largest, held });

impl Isis {
    fn on_new(&mut self, id: Id, payload: Value, cx: &mut Context<'_, Self>) {
        let real = id.is_of(cx.group) && cx.config.domain.contains(payload);
        if !real || self.held.contains_key(&id) {
            return;
        }
        cx.cite(PROPOSE);
        self.largest = self.largest.saturating_add(1);
        let priority = Priority { number: self.largest, proposer: cx.me };
        self.held.insert(id, Held { priority, agreed: false, payload });
        cx.send(id.sender, Words::Propose(id.number, priority));
    }

    fn on_propose(
        &mut self,
        from: Process,
        number: u16,
        priority: Priority,
        cx: &mut Context<'_, Self>,
    ) {
        let Some(asked) = self.asked.get_mut(&number) else { return };
        asked.from.insert(from);
        let first = asked.from.len() == 1;
        asked.largest = match cx.is_flawed(SMALLEST) && !first {
            true => asked.largest.min(priority),
            false => asked.largest.max(priority),
        };
        let enough = match cx.is_flawed(MAJORITY) {
            true => majority(cx.group),
            false => cx.group.size(),
        };
        if asked.from.len() < enough {
            return;
        }
        cx.cite(AGREE);
        cx.broadcast(Words::Agreed(number, asked.largest));
        self.asked.remove(&number);
    }

    fn on_agreed(&mut self, id: Id, priority: Priority, cx: &mut Context<'_, Self>) {
        let Some(held) = self.held.get_mut(&id) else { return };
        held.priority = priority;
        held.agreed = true;
        self.largest = self.largest.max(priority.number);
        if cx.is_flawed(AT_ONCE) {
            let payload = held.payload;
            self.held.remove(&id);
            return cx.output(id.delivery(payload));
        }
        while let Some((id, payload)) = self.due(cx) {
            cx.cite(DELIVER);
            self.held.remove(&id);
            cx.output(id.delivery(payload));
        }
    }

    /// The held message of least priority, if that is agreed.
    fn due(&self, cx: &Context<'_, Self>) -> Option<(Id, Value)> {
        let ids = !cx.is_flawed(NUMBER_ALONE);
        let least = self.held.iter().min_by_key(|(id, held)| {
            let proposer = held.priority.proposer;
            let others = !ids && id.sender != cx.me;
            (held.priority.number, ids.then_some(proposer), others, **id)
        });
        least.filter(|(_, held)| held.agreed).map(|(id, held)| (*id, held.payload))
    }
}

impl Protocol for Isis {
    type Problem = Multicast;
    type Config = Config;
    type Message = Words;
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
        self.asked.insert(number, Asked::default());
        cx.cite(SEND);
        cx.broadcast(Words::Message(number, payload));
    }

    fn on_message(&mut self, from: Process, message: Words, cx: &mut Context<'_, Self>) {
        match message {
            Words::Message(number, payload) => {
                self.on_new(Id { sender: from, number }, payload, cx);
            }
            Words::Propose(number, priority) => self.on_propose(from, number, priority, cx),
            Words::Agreed(number, priority) => {
                self.on_agreed(Id { sender: from, number }, priority, cx);
            }
        }
    }

    fn on_timer(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }
}

impl Deceit for Isis {}

impl Listed for Isis {
    const NAME: &'static str = "isis";
    const ALIASES: &'static [&'static str] = &["abcast"];
    const TITLE: &'static str = "everybody proposes a place, the largest counts: total order";
    const SOURCE: &'static str = "Birman, Joseph 1987; Coulouris et al. 2012, 15.4.3";
    const NOTES: &'static str = "A sender needs the proposals of all, so one crash is too much; \
        and if the sender crashes between its message and its word, the message stays tentative \
        and blocks everything behind it for ever. Priorities are pairs: with the number alone, \
        two messages could share one and be delivered in different orders. It gives neither FIFO \
        nor, therefore, causal order: of two messages of one sender the second may get the \
        smaller priority.";
    const TIMING: Timing = Timing::Asynchronous;
    const FAULTS: Faults = Faults::Crash;
    const BOUND: Bound = Bound::NO_FAULT;
    const ROUNDS: &'static str = "3 delays";
    const MESSAGES: &'static str = "3(n-1) for each multicast";

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        unrepaired()
    }
}

impl Hosted for Isis {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only_or(Self::PARAMETERS, Config::NUMBERS)?;
        Config::of(setup)
    }

    fn requests(_: &Setup<'_>, config: &Config, inputs: &[Option<Value>]) -> Vec<Request<Value>> {
        config.requests(inputs)
    }

    fn calm_ticks(group: Group, config: &Config) -> u64 {
        config.calm(group, 4)
    }

    fn cost(group: Group, config: &Config, inputs: &[Option<Value>]) -> Option<Cost> {
        config.only(inputs)?;
        let others = u64::from(group.n) - 1;
        Some(Cost { rounds: if others == 0 { 0 } else { 3 }, messages: 3 * others })
    }
}
