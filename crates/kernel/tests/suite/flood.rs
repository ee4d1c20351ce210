//! A small synchronous protocol: tell everybody everything for f+1 rounds, then decide the minimum.

use std::collections::BTreeSet;

use quorate_kernel::{
    Bits, Domain, Group, Inbox, Message, Outgoing, Renamed, Rounds, Value, View, coded, inspect,
    rules,
};
use quorate_problems::Consensus;

rules! {
    FLOOD = "1": "send every value known to all";
    DECIDE = "2": "after the last round decide the smallest value";
}

/// The values known; nothing at first where nothing was proposed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Flood {
    pub(crate) known: BTreeSet<Value>,
}

inspect!(Flood { known });

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Known(pub(crate) BTreeSet<Value>);

coded!(Known(values));

impl Renamed for Known {}

impl Bits for Known {
    fn bits(&self, domain: Domain) -> u32 {
        self.0.bits(domain)
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        self.0.flip(bit, domain);
    }
}

impl Message for Known {}

impl Rounds for Flood {
    type Problem = Consensus;
    type Config = ();
    type Message = Known;

    fn rounds(group: Group, (): &()) -> u16 {
        group.f + 1
    }

    fn domain((): &()) -> Domain {
        Domain { size: 16 }
    }

    fn start(input: Option<Value>, _: &View<'_, ()>) -> Self {
        Self { known: input.into_iter().collect() }
    }

    fn send(&self, round: u16, view: &View<'_, ()>) -> Outgoing<Known> {
        view.cite(FLOOD);
        let known = Known(self.known.clone());
        // Both forms of sending, so that both are driven.
        if round.is_multiple_of(2) {
            Outgoing::To(view.group.processes().map(|to| (to, known.clone())).collect())
        } else {
            Outgoing::All(known)
        }
    }

    fn receive(
        &mut self,
        round: u16,
        inbox: &Inbox<'_, Known>,
        view: &View<'_, ()>,
    ) -> Option<Value> {
        for (_, Known(values)) in inbox.iter() {
            self.known.extend(values);
        }
        if round < view.last {
            return None;
        }
        view.cite(DECIDE);
        Some(self.known.first().copied().unwrap_or(Value::BOTTOM))
    }
}
