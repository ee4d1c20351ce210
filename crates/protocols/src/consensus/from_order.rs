//! Consensus from total order: multicast the proposal, decide the first one delivered.
//!
//! Problem: consensus. Source: Chandra, Toueg 1996, 7; Coulouris et al. 2012, 15.5.
//! Resilience: that of the total order below.
//!
//! What differs: nothing. With traitors it would not do: the first delivered may be a traitor's.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Context, Deceit, Domain, Faults, Group, Links, Mutant, OutputOf, Part, Process, Protocol, Rule,
    Timing, Value, inspect, mutants, rules,
};
use quorate_problems::{Consensus, Delivery, Multicast};

use super::paxos::Paxos;
use crate::card::{Bound, Claim, Cost, First, Hosted, Listed, Request, Setup};
use crate::multicast::consensus_order::ConsensusOrder;

rules! {
    PROPOSE = "C1": "multicast the proposal in total order";
    DECIDE = "C2": "decide the payload of the first message delivered";
}

mutants! {
    OWN = "own-first" breaks DECIDE: "decides the payload of its own message, once that is \
        delivered", "";
}

/// The state of one process, over a total order `M`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FromOrder<M: Protocol> {
    proposed: bool,
    decided: bool,
    order: M,
}

inspect!(FromOrder<M: Protocol> { proposed, decided, order });

type Cx<'a, M> = Context<'a, FromOrder<M>>;

impl<M: Protocol<Problem = Multicast>> FromOrder<M> {
    fn below<T>(
        cx: &mut Cx<'_, M>,
        handler: impl FnOnce(&mut Context<'_, M>) -> T,
    ) -> (Option<T>, Vec<OutputOf<M>>) {
        let part = Part {
            config: cx.config,
            stable: &|stable: &M::Stable| stable.clone(),
            record: &|record| record,
            message: &|message| message,
            timer: &|timer| timer,
        };
        let mut done = None;
        let delivered = cx.part(&part, RULES.len(), |cx| done = Some(handler(cx)));
        (done, delivered)
    }

    fn decide(&mut self, delivered: &[Delivery], cx: &mut Cx<'_, M>) {
        let counts = |one: &&Delivery| !cx.is_flawed(OWN) || one.sender == cx.me;
        let Some(first) = delivered.iter().find(counts).filter(|_| !self.decided) else { return };
        cx.cite(DECIDE);
        self.decided = true;
        cx.output(first.payload);
    }
}

impl<M: Protocol<Problem = Multicast>> Protocol for FromOrder<M> {
    type Problem = Consensus;
    type Config = M::Config;
    type Message = M::Message;
    type Timer = M::Timer;
    type Stable = M::Stable;

    const SIGNED: bool = M::SIGNED;

    fn domain(config: &M::Config) -> Domain {
        M::domain(config)
    }

    fn round(&self) -> u32 {
        self.order.round()
    }

    fn start(cx: &mut Cx<'_, M>) -> Self {
        let (order, _) = Self::below(cx, |cx| M::start(cx));
        let order = order.expect("a handler runs once");
        Self { proposed: false, decided: false, order }
    }

    fn on_input(&mut self, input: Value, cx: &mut Cx<'_, M>) {
        if core::mem::replace(&mut self.proposed, true) {
            return;
        }
        cx.cite(PROPOSE);
        let (_, delivered) = Self::below(cx, |cx| self.order.on_input(input, cx));
        self.decide(&delivered, cx);
    }

    fn on_message(&mut self, from: Process, message: M::Message, cx: &mut Cx<'_, M>) {
        let (_, delivered) = Self::below(cx, |cx| self.order.on_message(from, message, cx));
        self.decide(&delivered, cx);
    }

    fn on_timer(&mut self, timer: M::Timer, cx: &mut Cx<'_, M>) {
        let (_, delivered) = Self::below(cx, |cx| self.order.on_timer(timer, cx));
        self.decide(&delivered, cx);
    }
}

impl<M: Protocol<Problem = Multicast>> Deceit for FromOrder<M> {}

/// The order of the catalogue's line.
type Order = ConsensusOrder<Paxos>;

impl Listed for FromOrder<Order> {
    const NAME: &'static str = "consensus-from-order";
    const TITLE: &'static str = "multicast the proposals in total order, decide the first";
    const SOURCE: &'static str = "Chandra, Toueg 1996, 7; Coulouris et al. 2012, 15.5";
    const NOTES: &'static str = "The way back from consensus-order, which is the order below: \
        the two problems are one. Since the order below decides on bits and this on any value, \
        the two together make consensus on many values from consensus on two. Against traitors \
        the first message does not do, as it may be a traitor's: one would take the majority of \
        the first n-f, which needs n > 3f.";
    const TIMING: Timing = Order::TIMING;
    const LINKS: Links = Order::LINKS;
    const FAULTS: Faults = Faults::Crash;
    const FIRST: First = First::ROUND;
    const BOUND: Bound = Bound::HALF;
    const ROUNDS: &'static str = "those of consensus-order";
    const MESSAGES: &'static str = "those of consensus-order";

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.iter().copied().chain(Order::rules()).collect()
    }

    fn claims() -> Vec<Claim> {
        let safe = |requirement| {
            Claim::new(requirement, Faults::Crash, Bound::ANY).timed(Timing::Asynchronous)
        };
        let decided = Claim::new("termination", Faults::Crash, Bound::HALF)
            .timed(Order::TIMING)
            .breaks(&[(2, 1), (4, 2)]);
        [
            safe("agreement"),
            safe("uniform-agreement"),
            safe("irrevocability"),
            safe("validity-all"),
            safe("validity-proposed"),
            decided,
        ]
        .into()
    }
}

impl Hosted for FromOrder<Order> {
    fn configure(setup: &Setup<'_>) -> Result<Self::Config, String> {
        setup.only(Self::PARAMETERS)?;
        Order::configure(setup)
    }

    fn requests(_: &Setup<'_>, _: &Self::Config, inputs: &[Option<Value>]) -> Vec<Request<Value>> {
        Request::at_once(inputs.iter().copied())
    }

    fn calm_ticks(group: Group, config: &Self::Config) -> u64 {
        Order::calm_ticks(group, config)
    }

    fn cost(_: Group, _: &Self::Config, _: &[Option<Value>]) -> Option<Cost> {
        None
    }
}
