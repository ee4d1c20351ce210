//! Reliable multicast: whoever gets a message passes it on before it delivers it.
//!
//! Problem: multicast. Source: Hadzilacos, Toueg 1993; Coulouris et al. 2012, 15.4.2, eager form.
//! Resilience: any number of crashes, and nothing is known of time.
//!
//! What differs: nothing. A copy goes to all others, the sender included, as in the text.

use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;

use quorate_kernel::{
    Context, Deceit, Domain, Faults, Group, Links, Mutant, Process, Protocol, Rule, Timing, Value,
    inspect, mutants, rules,
};
use quorate_problems::Multicast;

use super::letter::{Config, Flood, Letter, NEVER, send_others};
use crate::card::{Bound, Claim, Cost, Hosted, Listed, Request, Setup, Weaker};

rules! {
    SEND = "R-multicast": "send the message to every process, oneself included";
    RELAY = "relay": "pass the first copy of another's message on to all, before delivering it";
    DELIVER = "R-deliver": "deliver the first copy";
}

mutants! {
    DELIVER_FIRST = "delivers-first" breaks RELAY: "delivers first and passes on after: a crash in \
        between, and nobody else ever hears of it", "";
    NO_RELAY = "passes-nothing-on" breaks RELAY: "delivers the first copy, and passes nothing on",
        "";
    AGAIN = "delivers-copies" breaks DELIVER: "delivers every copy, and not only the first", "";
    SOME = "others-only" breaks SEND: "sends to all others, and forgets itself", "";
}

/// The state of one process.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Reliable {
    flood: Flood,
}

inspect!(Reliable { flood });

impl Protocol for Reliable {
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
        let Some(id) = self.flood.next(cx.me) else { return };
        cx.cite(SEND);
        match cx.is_flawed(SOME) {
            true => send_others(&Letter { id, payload }, cx),
            false => cx.broadcast(Letter { id, payload }),
        }
    }

    fn on_message(&mut self, from: Process, letter: Letter, cx: &mut Context<'_, Self>) {
        if !letter.is_of(cx.group, cx.config.domain) {
            return;
        }
        let late = from == cx.me && letter.id.sender != cx.me;
        if late && cx.is_flawed(DELIVER_FIRST) {
            cx.cite(RELAY);
            return send_others(&letter, cx);
        }
        let first = if cx.is_flawed(NO_RELAY) || cx.is_flawed(DELIVER_FIRST) {
            self.flood.is_new(letter.id)
        } else {
            self.flood.first(letter.id, &letter, RELAY, cx)
        };
        if first && cx.is_flawed(DELIVER_FIRST) && letter.id.sender != cx.me {
            // A message to oneself: a crash may come before it is taken.
            cx.send(cx.me, letter);
        }
        if first || cx.is_flawed(AGAIN) {
            cx.cite(DELIVER);
            cx.output(letter.delivery());
        }
    }

    fn on_timer(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }
}

impl Deceit for Reliable {}

/// What every protocol promises that floods its messages, under any number of crashes.
pub(super) fn flooded(requirement: &'static str) -> Claim {
    Claim::new(requirement, Faults::Crash, Bound::ANY).timed(Timing::Asynchronous)
}

/// What every protocol promises that floods its messages and only puts deliveries off.
pub(super) fn all_flooded() -> Vec<Claim> {
    ["validity", "no-duplication", "integrity", "agreement", "totality", "consistency"]
        .map(flooded)
        .into()
}

impl Listed for Reliable {
    const NAME: &'static str = "reliable";
    const ALIASES: &'static [&'static str] = &["r-multicast", "reliable-broadcast"];
    const TITLE: &'static str = "pass it on, then deliver: all correct processes deliver the same";
    const SOURCE: &'static str = "Hadzilacos, Toueg 1993; Coulouris et al. 2012, 15.4.2";
    const NOTES: &'static str = "Relaying comes first: whoever delivers first and relays after may \
        crash in between, and nobody else ever hears of the message. Even so agreement is uniform \
        only over strong links, where what was sent arrives although its sender has crashed. Over \
        links as TCP gives them, what a crashed process sent may be lost: p0 delivers its own \
        message and crashes, and no copy arrives. For uniform agreement over such links see \
        uniform. A chain of f relays, each of which crashes having reached one other, takes f+1 \
        delays; without failures one is enough.";
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
        const LOST: &[(Weaker, (u16, u16))] =
            &[(Weaker::Links(Links::Reliable), (2, 1)), (Weaker::Links(Links::Reliable), (3, 1))];
        [
            flooded("validity"),
            flooded("no-duplication"),
            flooded("integrity"),
            flooded("agreement"),
            flooded("uniform-agreement").over(Links::Strong).breaks_under(LOST),
            flooded("totality"),
            flooded("consistency"),
            Claim::new("total-order", Faults::None, NEVER)
                .timed(Timing::Asynchronous)
                .breaks(&[(2, 0)]),
        ]
        .into()
    }
}

/// Hosts a protocol that floods its messages: all such protocols are set, asked and counted alike.
macro_rules! hosts_flood {
    ($protocol:ty) => {
        impl Hosted for $protocol {
            fn configure(setup: &Setup<'_>) -> Result<Config, String> {
                setup.only_or(Self::PARAMETERS, Config::NUMBERS)?;
                Config::of(setup)
            }

            fn requests(
                _: &Setup<'_>,
                config: &Config,
                inputs: &[Option<Value>],
            ) -> Vec<Request<Value>> {
                config.requests(inputs)
            }

            fn calm_ticks(group: Group, config: &Config) -> u64 {
                config.calm(group, u64::from(group.f) + 2)
            }

            fn cost(group: Group, config: &Config, inputs: &[Option<Value>]) -> Option<Cost> {
                config.only(inputs).map(|_| flood_cost(group))
            }
        }
    };
}
pub(super) use hosts_flood;

hosts_flood!(Reliable);

/// The sender's copies and everybody's relays; all have it after the first of these.
pub(super) fn flood_cost(group: Group) -> Cost {
    let n = u64::from(group.n);
    Cost { rounds: (n - 1).min(1), messages: n * (n - 1) }
}
