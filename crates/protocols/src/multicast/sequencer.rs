//! Total order by a sequencer: one process numbers all messages.
//!
//! Problem: multicast.
//! Source: Kaashoek, Tanenbaum, Hummel, Bal 1989; Coulouris et al. 2012, 15.4.3.
//! Resilience: the order always holds; the sequencer and every sender must stay up to the end of
//! a multicast, f = 0, for anything to be promised to come.
//!
//! What differs: nothing. Both forms of the source are here: bb, where the sender sends to all and
//! the sequencer sends all the place; ub, where the sequencer sends the message with its place.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;

use quorate_kernel::{
    Context, Deceit, Domain, Faults, Group, Message, Mutant, Process, Protocol, Rule, Timing,
    Value, inspect, mutants, rules,
};
use quorate_problems::Multicast;

use super::letter::{Config as Common, Id, Letter};
use crate::card::{Bound, Claim, Cost, Hosted, Listed, Parameter, Request, Setup};

rules! {
    SEND = "TO-multicast": "send the message to all, or to the sequencer alone";
    ORDER = "order": "the sequencer gives each message the next place, and tells all";
    KEEP = "keep": "keep a message until its place is known, and a place until its turn";
    DELIVER = "TO-deliver": "deliver the message of the next place";
}

mutants! {
    AS_THEY_COME = "as-they-come" breaks KEEP: "delivers a message as it comes, whatever its \
        place", "";
    GAPS = "skips-gaps" breaks DELIVER: "delivers the message of the first place that it knows, \
        although an earlier one is missing", "";
    TWICE = "one-place" breaks ORDER: "gives every message the same place", "";
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// What all multicast protocols have.
    pub common: Common,
    /// Who numbers the messages.
    pub sequencer: Process,
    /// Whether a message goes through the sequencer, and not from its sender to all.
    pub through: bool,
}

/// What is sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Words {
    /// The sender's message of this number.
    Message(u16, Value),
    /// The place of a message, from 1.
    Place(u32, Id),
    /// A message with its place.
    Placed(u32, Letter),
}

inspect!(
    enum Words {
        Message(number, payload),
        Place(place, id),
        Placed(place, letter),
    }
);

impl Message for Words {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        match self {
            Self::Message(number, payload) => format!("#{number} = {}", name(*payload)),
            Self::Place(place, id) => format!("{place}: {id}"),
            Self::Placed(place, letter) => format!("{place}: {}", letter.label(name)),
        }
    }
}

/// The state of one process.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Sequencer {
    sent: u16,
    /// Messages not delivered yet.
    messages: BTreeMap<Id, Value>,
    /// Whose turn comes when.
    places: BTreeMap<u32, Id>,
    /// The last place that was delivered.
    delivered: u32,
    /// At the sequencer: what has a place.
    ordered: BTreeSet<Id>,
}

inspect!(Sequencer { sent, messages, places, delivered, ordered });

impl Sequencer {
    fn on_letter(&mut self, letter: Letter, cx: &mut Context<'_, Self>) {
        if !letter.is_of(cx.group, cx.config.common.domain) {
            return;
        }
        if cx.is_flawed(AS_THEY_COME) {
            return cx.output(letter.delivery());
        }
        if !cx.config.through {
            cx.cite(KEEP);
            self.messages.insert(letter.id, letter.payload);
        }
        if cx.me == cx.config.sequencer && self.ordered.insert(letter.id) {
            cx.cite(ORDER);
            let place = if cx.is_flawed(TWICE) { 1 } else { self.ordered.len() as u32 };
            cx.broadcast(match cx.config.through {
                true => Words::Placed(place, letter),
                false => Words::Place(place, letter.id),
            });
        }
        self.deliver(cx);
    }

    fn on_place(&mut self, place: u32, id: Id, cx: &mut Context<'_, Self>) {
        if id.is_of(cx.group) && place > self.delivered {
            cx.cite(KEEP);
            self.places.insert(place, id);
            self.deliver(cx);
        }
    }

    fn deliver(&mut self, cx: &mut Context<'_, Self>) {
        while let Some(place) = self.delivered.checked_add(1) {
            let place = match cx.is_flawed(GAPS) {
                true => self.places.keys().next().copied().unwrap_or(place),
                false => place,
            };
            let Some(&id) = self.places.get(&place) else { return };
            let Some(payload) = self.messages.remove(&id) else { return };
            cx.cite(DELIVER);
            self.places.remove(&place);
            self.delivered = place;
            cx.output(id.delivery(payload));
        }
    }
}

impl Protocol for Sequencer {
    type Problem = Multicast;
    type Config = Config;
    type Message = Words;
    type Timer = Infallible;
    type Stable = ();

    fn domain(config: &Config) -> Domain {
        config.common.domain
    }

    fn start(_: &mut Context<'_, Self>) -> Self {
        Self::default()
    }

    fn on_input(&mut self, payload: Value, cx: &mut Context<'_, Self>) {
        let Some(number) = self.sent.checked_add(1) else { return };
        self.sent = number;
        cx.cite(SEND);
        let message = Words::Message(number, payload);
        match cx.config.through {
            true => cx.send(cx.config.sequencer, message),
            false => cx.broadcast(message),
        }
    }

    fn on_message(&mut self, from: Process, message: Words, cx: &mut Context<'_, Self>) {
        let told = from == cx.config.sequencer;
        match message {
            Words::Message(number, payload) => {
                self.on_letter(Letter { id: Id { sender: from, number }, payload }, cx);
            }
            Words::Place(place, id) if told => self.on_place(place, id, cx),
            Words::Placed(place, letter) if told && place > self.delivered => {
                if letter.is_of(cx.group, cx.config.common.domain) {
                    self.messages.insert(letter.id, letter.payload);
                    self.on_place(place, letter.id, cx);
                }
            }
            Words::Place(..) | Words::Placed(..) => {}
        }
    }

    fn on_timer(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }
}

impl Deceit for Sequencer {}

const FORM: Parameter = Parameter {
    key: "form",
    words: &["bb", "ub"],
    text: "the sender sends to all and the sequencer the order; or all goes through the sequencer",
};

/// What a total order without any repair promises: the order, whatever crashes, and that something
/// comes if nothing does.
pub(super) fn unrepaired() -> Vec<Claim> {
    let claim = |requirement, within| {
        Claim::new(requirement, Faults::Crash, within).timed(Timing::Asynchronous)
    };
    [
        claim("validity", Bound::NO_FAULT).breaks(&[(2, 1), (3, 1)]),
        claim("no-duplication", Bound::ANY),
        claim("integrity", Bound::ANY),
        claim("agreement", Bound::NO_FAULT).breaks(&[(3, 1)]),
        claim("uniform-agreement", Bound::NO_FAULT).breaks(&[(2, 1)]),
        claim("totality", Bound::NO_FAULT).breaks(&[(3, 1)]),
        claim("consistency", Bound::ANY),
        claim("total-order", Bound::ANY),
        claim("uniform-total-order", Bound::ANY),
    ]
    .into()
}

impl Listed for Sequencer {
    const NAME: &'static str = "sequencer";
    const TITLE: &'static str = "one process numbers all messages: total order, until it crashes";
    const SOURCE: &'static str =
        "Kaashoek, Tanenbaum, Hummel, Bal 1989; Coulouris et al. 2012, 15.4.3";
    const NOTES: &'static str = "One crash is too much: without the sequencer nothing is ever \
        delivered again, and what it had ordered for one process another may not know. The order \
        itself never breaks. It is not FIFO unless links are: the sequencer numbers messages as \
        they come. Form ub sends n messages where bb sends 2(n-1), but every payload passes the \
        sequencer twice as often.";
    const TIMING: Timing = Timing::Asynchronous;
    const FAULTS: Faults = Faults::Crash;
    const BOUND: Bound = Bound::NO_FAULT;
    const ROUNDS: &'static str = "2 delays";
    const MESSAGES: &'static str = "2(n-1) for each multicast; with form=ub n, or n-1 from the \
        sequencer";
    const SPECIAL: Option<&'static str> = Some("sequencer");
    const PARAMETERS: &'static [Parameter] = &[FORM];

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

impl Hosted for Sequencer {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only_or(Self::PARAMETERS, Common::NUMBERS)?;
        Ok(Config {
            common: Common::of(setup)?,
            sequencer: setup.special,
            through: setup.word(&FORM)? == "ub",
        })
    }

    fn requests(_: &Setup<'_>, config: &Config, inputs: &[Option<Value>]) -> Vec<Request<Value>> {
        config.common.requests(inputs)
    }

    fn calm_ticks(group: Group, config: &Config) -> u64 {
        config.common.calm(group, 3)
    }

    fn cost(group: Group, config: &Config, inputs: &[Option<Value>]) -> Option<Cost> {
        let from_it = config.common.only(inputs)? == config.sequencer;
        let others = u64::from(group.n) - 1;
        let messages = match (config.through, from_it) {
            (false, _) => 2 * others,
            (true, true) => others,
            (true, false) => 1 + others,
        };
        let rounds = if from_it { 1 } else { 2 };
        Some(Cost { rounds: if group.n == 1 { 0 } else { rounds }, messages })
    }
}
