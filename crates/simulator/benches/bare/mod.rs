//! Two exchanges, as protocols and as bare loops over a binary heap that do nothing else.
//!
//! The relay: n messages are on their way, and whoever receives one sends one on. The rounds:
//! everybody sends to everybody, and goes on when all of a round have come.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use quorate_kernel::{
    Context, Deceit, Domain, Faults, Flaw, Group, Links, Process, Protocol, Timing, Value, inspect,
};
use quorate_problems::Consensus;
use quorate_simulator::{Arena, Plan, Weather, run};
use quorate_world::Conditions;

/// The shortest delay, and how much longer the longest is.
const DELAY: (u64, u64) = (1_000, 9_000);

/// Which exchange.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Shape {
    /// Each message that comes is answered by one to the next process.
    Relay,
    /// All to all, round by round.
    Rounds,
}

/// One process of either.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Exchange {
    round: u32,
    /// How many messages of this round and of the next came.
    came: (u32, u32),
}

inspect!(Exchange { round; came });

impl Exchange {
    fn speak(&self, cx: &mut Context<'_, Self>) {
        for to in cx.group.others(cx.me) {
            cx.send(to, self.round as u16);
        }
    }
}

impl Protocol for Exchange {
    type Problem = Consensus;
    type Config = Shape;
    type Message = u16;
    type Timer = u8;
    type Stable = ();

    fn domain(_: &Shape) -> Domain {
        Domain::BINARY
    }

    fn start(cx: &mut Context<'_, Self>) -> Self {
        let new = Self { round: 0, came: (0, 0) };
        match *cx.config {
            Shape::Relay => cx.send(Process((cx.me.0 + 1) % cx.group.n), 0),
            Shape::Rounds => new.speak(cx),
        }
        new
    }

    fn on_input(&mut self, _: Value, _: &mut Context<'_, Self>) {}

    fn on_message(&mut self, _: Process, round: u16, cx: &mut Context<'_, Self>) {
        if *cx.config == Shape::Relay {
            self.came.0 += 1;
            return cx.send(Process((cx.me.0 + 1) % cx.group.n), 0);
        }
        if u32::from(round) == self.round & 0xffff {
            self.came.0 += 1;
        } else {
            self.came.1 += 1;
        }
        if self.came.0 == u32::from(cx.group.n) - 1 {
            self.round += 1;
            self.came = (self.came.1, 0);
            self.speak(cx);
        }
    }

    fn on_timer(&mut self, _: u8, _: &mut Context<'_, Self>) {}
}

impl Deceit for Exchange {}

/// The simulator's run of so many ticks: how many messages were sent.
pub(crate) fn simulated(shape: Shape, n: u16, ticks: u64) -> u64 {
    let group = Group { n, f: 0 };
    let mut conditions = Conditions::of(group, Timing::Synchronous, Links::Reliable, Faults::None);
    conditions.delay_ticks = DELAY.0 + DELAY.1;
    let mut plan = Plan::calm(1, conditions, ticks);
    plan.weather =
        Weather { delay_ticks: (DELAY.0, DELAY.0 + DELAY.1), ..Weather::steady(DELAY.0) };
    let (config, inputs) = (&shape, &[]);
    let rest = (0, None, u64::MAX);
    let (calm_ticks, deadline_ticks, events_max) = rest;
    let arena =
        Arena { group, config, inputs, calm_ticks, deadline_ticks, events_max, flaw: Flaw::None };
    run::<Exchange>(arena, &plan, None).outcome.messages
}

/// A bare loop over a binary heap that sends about as many: no faults, no checks, no record.
pub(crate) fn bare(shape: Shape, n: u16, ticks: u64) -> u64 {
    let mut loop_ = Bare { heap: BinaryHeap::new(), sent: 0, random: 1 };
    let mut state = vec![(0u32, 0u32, 0u32); usize::from(n)];
    for me in 0..n {
        match shape {
            Shape::Relay => loop_.send(0, me, (me + 1) % n, 0),
            Shape::Rounds => loop_.all(0, me, n, 0),
        }
    }
    while let Some(Reverse((at, _, to, round))) = loop_.heap.pop() {
        if at > ticks {
            break;
        }
        let (mine, came, next) = &mut state[usize::from(to)];
        if shape == Shape::Relay {
            *came += 1;
            loop_.send(at, to, (to + 1) % n, 0);
            continue;
        }
        if u32::from(round) == *mine & 0xffff {
            *came += 1
        } else {
            *next += 1
        }
        if *came == u32::from(n) - 1 {
            *mine += 1;
            (*came, *next) = (*next, 0);
            let round = *mine as u16;
            loop_.all(at, to, n, round);
        }
    }
    loop_.sent
}

struct Bare {
    heap: BinaryHeap<Reverse<(u64, u64, u16, u16)>>,
    sent: u64,
    random: u64,
}

impl Bare {
    fn send(&mut self, now: u64, _: u16, to: u16, round: u16) {
        // xorshift64*
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        let drawn = self.random.wrapping_mul(0x2545_f491_4f6c_dd1d);
        let delay = DELAY.0 + ((u128::from(drawn) * u128::from(DELAY.1 + 1)) >> 64) as u64;
        self.heap.push(Reverse((now + delay, self.sent, to, round)));
        self.sent += 1;
    }

    fn all(&mut self, now: u64, me: u16, n: u16, round: u16) {
        for to in (0..n).filter(|to| *to != me) {
            self.send(now, me, to, round);
        }
    }
}
