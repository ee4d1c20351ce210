//! One process that walks along a graph given as data: a timer for each label of the edges that
//! leave the place where it is. Timers that both places of a step have go on running.

use std::collections::BTreeSet;

use quorate_checker::network::{Beginning, Fairness, Inquiry, Scope};
use quorate_kernel::{
    Context, Deceit, Domain, Group, Links, Process, ProcessSet, Protocol, Value, inspect,
};
use quorate_problems::Consensus;

use crate::models::two_phase::Words;

/// An edge: from a place, by a timer, to one of some places, as the lots fall.
pub(crate) type Edge = (u8, u8, &'static [u8]);

/// The place in which it decides, and ends.
pub(crate) const GOAL: u8 = 9;

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Walk {
    place: u8,
    running: BTreeSet<u8>,
}

inspect!(Walk { place; running });

impl Walk {
    fn enter(&mut self, place: u8, cx: &mut Context<'_, Self>) {
        self.place = place;
        let edges = cx.config.iter().filter(|(from, ..)| *from == place);
        let wanted: BTreeSet<u8> = edges.map(|(_, timer, _)| *timer).collect();
        for timer in self.running.difference(&wanted) {
            cx.cancel_timer(*timer);
        }
        for timer in wanted.difference(&self.running) {
            cx.set_timer(*timer, 1);
        }
        self.running = wanted;
        if place == GOAL {
            cx.output(Value(0));
        }
    }
}

impl Protocol for Walk {
    type Problem = Consensus;
    type Config = &'static [Edge];
    /// None is sent.
    type Message = Words;
    type Timer = u8;
    type Stable = ();

    fn domain(_: &Self::Config) -> Domain {
        Domain { size: 2 }
    }

    fn start(cx: &mut Context<'_, Self>) -> Self {
        let mut new = Self::default();
        new.enter(0, cx);
        new
    }

    fn on_input(&mut self, _: Value, _: &mut Context<'_, Self>) {}

    fn on_message(&mut self, _: Process, _: Words, _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, timer: u8, cx: &mut Context<'_, Self>) {
        self.running.remove(&timer);
        let here = self.place;
        let edge = cx.config.iter().find(|(from, label, _)| (*from, *label) == (here, timer));
        let Some((_, _, places)) = edge else { return };
        let lot = cx.choose(places.len() as u32);
        self.enter(places[lot as usize], cx);
    }
}

impl Deceit for Walk {}

/// Whether the goal is always reached.
pub(crate) fn inquiry<'a>(edges: &'a &'static [Edge], fairness: Fairness) -> Inquiry<'a, Walk> {
    let group = Group { n: 1, f: 0 };
    Inquiry {
        group,
        config: edges,
        scope: Scope { timers: None, fairness: Some(fairness), ..Scope::of(Links::Reliable) },
        beginnings: vec![Beginning {
            traitors: ProcessSet::new(),
            doomed: ProcessSet::new(),
            requests: vec![(0, Vec::new())],
        }],
        requirements: crate::models::named(&["termination"]),
        budget: Default::default(),
        wide: false,
    }
}
