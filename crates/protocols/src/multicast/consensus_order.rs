//! Total order from consensus: the group decides, one process after the other, whose message is
//! next.
//!
//! Problem: multicast. Source: Chandra, Toueg 1996, 7; Mostéfaoui, Raynal 2000, on binary
//! consensus.
//! Resilience: n > 2f crashes, and whatever else the consensus below needs to decide.
//!
//! What differs: the source decides on sets of messages. Here instance k of the consensus decides
//! on one bit: whether the next message of process k mod n comes now. So any consensus will do,
//! and since only the bit is agreed on, messages travel by uniform reliable multicast: what one
//! process had when it proposed 1, all correct ones will have. Who decides tells all, and runs the
//! instance no longer.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Debug};

use quorate_kernel::{
    Bits, Context, Data, Deceit, Domain, Fields, Message, Part, Process, Protocol, Renamed,
    Renaming, Rule, Stable, Value, coded, inspect, mutants, rules,
};
use quorate_problems::{Consensus, Delivery, Multicast};

use super::letter::{Config as Common, Id, Letter, send_others};
use super::uniform::{self, Uniform};

rules! {
    TAKE_PART = "T1": "with a message whose turn may come, or word of this instance, take part";
    PROPOSE = "T2": "propose 1 if the message that it asks about is here, else 0";
    TELL = "T3": "tell all what an instance decided, and go on to the next one";
    TOLD = "T4": "pass the first word of a decision on to all, and take it as decided";
    DELIVER = "T5": "if 1 was decided, wait for the message that was asked about, and deliver it";
}

mutants! {
    IDS_ONLY = "ids-only" breaks DELIVER: "agrees on which message comes and does not wait for it: \
        whoever does not have it goes on without", "";
    BLINDLY = "proposes-blindly" breaks PROPOSE: "proposes 1 whether the message is here or not",
        "";
    QUIET = "tells-nobody" breaks TELL: "goes on, and does not tell what was decided", "";
    NOT_ON = "takes-it-quietly" breaks TOLD: "takes a decision that it is told, and passes it on \
        to nobody", "";
}

const ZERO: Value = Value(0);
const ONE: Value = Value(1);

/// How many rules stand before those of the consensus.
const ABOVE: usize = RULES.len() + uniform::RULES.len();

/// All rules, those of the consensus last.
pub(super) fn rules_over(consensus: Vec<Rule>) -> Vec<Rule> {
    RULES.iter().chain(uniform::RULES).copied().chain(consensus).collect()
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config<C> {
    /// What all multicast protocols have.
    pub common: Common,
    /// The consensus, on two values.
    pub consensus: C,
}

/// What is sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Words<M> {
    /// A message on its way to all.
    Letter(Letter),
    /// A message of an instance of the consensus.
    Inner(u32, M),
    /// What an instance decided: whether the message comes now.
    Decided(u32, bool),
}

inspect!(
    enum Words<M: Bits> {
        Letter(letter),
        Inner(instance, message),
        Decided(instance, comes),
    }
);

impl<M: Message> Message for Words<M> {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        match self {
            Self::Letter(letter) => letter.label(name),
            // The values of the consensus are bits, and not what the payloads are called.
            Self::Inner(k, message) => {
                format!("[{k}] {}", message.label(&|bit| format!("{}", bit.0)))
            }
            Self::Decided(k, comes) => {
                format!("[{k}] {}", if *comes { "comes" } else { "not now" })
            }
        }
    }
}

/// A timer of an instance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Timer<T> {
    instance: u32,
    timer: T,
}

impl<T: Renamed> Renamed for Timer<T> {
    fn rename(&mut self, by: &Renaming) {
        self.timer.rename(by);
    }
}

/// A record of a part.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Record<R> {
    /// Of the multicast below, which never stores anything.
    Nothing,
    /// Of an instance.
    Inner(u32, R),
    /// An instance is done with: what it stored is not needed any more.
    Done(u32),
}

inspect!(
    enum Record<R: Bits> {
        Nothing,
        Inner(instance, record),
        Done(instance),
    }
);

/// What each instance has stored.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Durable<S> {
    instances: BTreeMap<u32, S>,
}

coded!(Durable<S: Data> { instances });

impl<S> Default for Durable<S> {
    fn default() -> Self {
        Self { instances: BTreeMap::new() }
    }
}

impl<S: Renamed> Renamed for Durable<S> {
    fn rename(&mut self, by: &Renaming) {
        self.instances.rename(by);
    }
}

impl<S: Stable> Stable for Durable<S> {
    type Record = Record<S::Record>;

    fn apply(&mut self, record: &Self::Record) {
        match record {
            Record::Nothing => {}
            Record::Inner(k, record) => self.instances.entry(*k).or_default().apply(record),
            Record::Done(k) => drop(self.instances.remove(k)),
        }
    }
}

impl<S: Debug> Fields for Durable<S> {
    fn fields(&self, each: &mut dyn FnMut(&'static str, &dyn Debug)) {
        each("instances", &self.instances);
    }
}

/// Messages of one instance, and who sent them.
type Mail<C> = Vec<(Process, <C as Protocol>::Message)>;

/// The state of one process, over a consensus `C`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ConsensusOrder<C: Protocol> {
    multicast: Uniform,
    /// Messages that are here and not delivered.
    waiting: BTreeMap<Id, Value>,
    /// How many messages of each process are delivered.
    delivered: Vec<u16>,
    /// The instance whose turn it is.
    turn: u32,
    /// That instance, if this process takes part in it.
    running: BTreeMap<u32, C>,
    /// What came for instances before they began here.
    early: BTreeMap<u32, Mail<C>>,
    /// What is decided and not yet done.
    decided: BTreeMap<u32, bool>,
}

inspect!(ConsensusOrder<C: Protocol> {
    multicast, waiting, delivered, turn, running, early, decided
});

impl<C: Protocol> Debug for ConsensusOrder<C> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = out.debug_struct("ConsensusOrder");
        self.fields(&mut |name, field| {
            shown.field(name, field);
        });
        shown.finish()
    }
}

type Cx<'a, C> = Context<'a, ConsensusOrder<C>>;

impl<C: Protocol<Problem = Consensus>> ConsensusOrder<C> {
    /// Runs a handler of the multicast below; what it delivers waits for its turn here.
    fn below(
        &mut self,
        cx: &mut Cx<'_, C>,
        handler: impl FnOnce(&mut Uniform, &mut Context<'_, Uniform>),
    ) {
        let part = Part {
            config: &cx.config.common,
            stable: &|_| (),
            record: &|()| Record::Nothing,
            message: &Words::Letter,
            timer: &|never| match never {},
        };
        let delivered = cx.part(&part, RULES.len(), |cx| handler(&mut self.multicast, cx));
        for Delivery { sender, number, payload } in delivered {
            self.waiting.insert(Id { sender, number }, payload);
        }
        self.advance(cx);
    }

    /// Runs a handler of the instance whose turn it is, if this process takes part in it.
    fn inside(&mut self, cx: &mut Cx<'_, C>, handler: impl FnOnce(&mut C, &mut Context<'_, C>)) {
        let turn = self.turn;
        let Some(mut instance) = self.running.remove(&turn) else { return };
        let decided = Self::part(turn, cx, |cx| handler(&mut instance, cx));
        match decided {
            None => drop(self.running.insert(turn, instance)),
            Some(comes) => {
                cx.cite(TELL);
                if !cx.is_flawed(QUIET) {
                    send_others(&Words::Decided(turn, comes), cx);
                }
                self.decided.insert(turn, comes);
            }
        }
    }

    /// What a handler of an instance decides.
    fn part(k: u32, cx: &mut Cx<'_, C>, handler: impl FnOnce(&mut Context<'_, C>)) -> Option<bool> {
        let part = Part {
            config: &cx.config.consensus,
            stable: &|all: &Durable<C::Stable>| all.instances.get(&k).cloned().unwrap_or_default(),
            record: &|record| Record::Inner(k, record),
            message: &|message| Words::Inner(k, message),
            timer: &|timer| Timer { instance: k, timer },
        };
        let outputs = cx.part(&part, ABOVE, handler);
        outputs.first().map(|bit| *bit == ONE)
    }

    /// The message that the instance asks about.
    fn asked(&self) -> Id {
        let sender = Process((self.turn as usize % self.delivered.len().max(1)) as u16);
        let delivered = self.delivered.get(sender.index()).copied().unwrap_or_default();
        Id { sender, number: delivered.saturating_add(1) }
    }

    /// Does all that can be done: deliver what is decided, and begin the instance that is due.
    fn advance(&mut self, cx: &mut Cx<'_, C>) {
        loop {
            let moved = match self.decided.get(&self.turn) {
                Some(&comes) => self.conclude(comes, cx),
                None => self.begin(cx),
            };
            if !moved {
                return;
            }
        }
    }

    /// Acts on what the instance decided; false if the message is not here yet.
    fn conclude(&mut self, comes: bool, cx: &mut Cx<'_, C>) -> bool {
        if comes {
            let id = self.asked();
            let payload = self.waiting.remove(&id);
            if payload.is_none() && !cx.is_flawed(IDS_ONLY) {
                return false;
            }
            cx.cite(DELIVER);
            self.delivered[id.sender.index()] = id.number;
            payload.into_iter().for_each(|payload| cx.output(id.delivery(payload)));
        }
        self.decided.remove(&self.turn);
        if cx.stable().instances.contains_key(&self.turn) {
            cx.persist(Record::Done(self.turn));
        }
        self.turn = self.turn.saturating_add(1);
        true
    }

    /// Takes part in the instance whose turn it is, if there is reason to.
    fn begin(&mut self, cx: &mut Cx<'_, C>) -> bool {
        let turn = self.turn;
        if self.running.contains_key(&turn) || !self.has_reason() {
            return false;
        }
        cx.cite(TAKE_PART);
        cx.cite(PROPOSE);
        let here = self.waiting.contains_key(&self.asked()) || cx.is_flawed(BLINDLY);
        let proposal = if here { ONE } else { ZERO };
        let mut begun = None;
        // Nothing is decided yet: nothing has been proposed.
        let _ = Self::part(turn, cx, |cx| begun = Some(C::start(cx)));
        self.running.extend(begun.map(|instance| (turn, instance)));
        self.inside(cx, |instance, cx| instance.on_input(proposal, cx));
        for (from, message) in self.early.remove(&turn).unwrap_or_default() {
            self.inside(cx, |instance, cx| instance.on_message(from, message, cx));
        }
        true
    }

    /// Whether a message is here whose turn may come, or others are at this instance or beyond.
    fn has_reason(&self) -> bool {
        let next = |(at, delivered): (usize, &u16)| {
            let id = Id { sender: Process(at as u16), number: delivered.saturating_add(1) };
            self.waiting.contains_key(&id)
        };
        !self.early.is_empty()
            || !self.decided.is_empty()
            || self.delivered.iter().enumerate().any(next)
    }

    fn on_decided(&mut self, k: u32, comes: bool, cx: &mut Cx<'_, C>) {
        if k < self.turn || self.decided.contains_key(&k) {
            return;
        }
        cx.cite(TOLD);
        if !cx.is_flawed(NOT_ON) {
            send_others(&Words::Decided(k, comes), cx);
        }
        self.decided.insert(k, comes);
        self.early.remove(&k);
        self.running.remove(&k);
        self.advance(cx);
    }

    fn on_inner(&mut self, from: Process, k: u32, message: C::Message, cx: &mut Cx<'_, C>) {
        if k < self.turn || self.decided.contains_key(&k) {
            return;
        }
        if self.running.contains_key(&k) {
            self.inside(cx, |instance, cx| instance.on_message(from, message, cx));
        } else {
            self.early.entry(k).or_default().push((from, message));
        }
        self.advance(cx);
    }
}

impl<C: Protocol<Problem = Consensus>> Protocol for ConsensusOrder<C> {
    type Problem = Multicast;
    type Config = Config<C::Config>;
    type Message = Words<C::Message>;
    type Timer = Timer<C::Timer>;
    type Stable = Durable<C::Stable>;

    const SIGNED: bool = C::SIGNED;

    fn domain(config: &Self::Config) -> Domain {
        config.common.domain
    }

    fn round(&self) -> u32 {
        self.turn
    }

    fn start(cx: &mut Cx<'_, C>) -> Self {
        Self {
            multicast: Uniform::default(),
            waiting: BTreeMap::new(),
            delivered: alloc::vec![0; cx.group.size()],
            turn: 0,
            running: BTreeMap::new(),
            early: BTreeMap::new(),
            decided: BTreeMap::new(),
        }
    }

    fn on_input(&mut self, payload: Value, cx: &mut Cx<'_, C>) {
        self.below(cx, |multicast, cx| multicast.on_input(payload, cx));
    }

    fn on_message(&mut self, from: Process, message: Self::Message, cx: &mut Cx<'_, C>) {
        match message {
            Words::Letter(letter) => {
                self.below(cx, |multicast, cx| multicast.on_message(from, letter, cx));
            }
            Words::Inner(k, message) => self.on_inner(from, k, message, cx),
            Words::Decided(k, comes) => self.on_decided(k, comes, cx),
        }
    }

    fn on_timer(&mut self, timer: Self::Timer, cx: &mut Cx<'_, C>) {
        if timer.instance == self.turn {
            self.inside(cx, |instance, cx| instance.on_timer(timer.timer, cx));
            self.advance(cx);
        }
    }
}

impl<C: Protocol<Problem = Consensus>> Deceit for ConsensusOrder<C> {}
