//! What the multicast protocols share: identities, the flood of copies, and who sends when.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use quorate_kernel::{Cite, Context, Domain, Group, Message, Process, Protocol, Value, inspect};
use quorate_problems::Delivery;

use crate::card::{Bound, Request, Setup};

/// What is claimed with this bound is promised to no group: the claim says where it breaks.
pub(crate) const NEVER: Bound = Bound { text: "never", admits: |_| false };

/// A message's identity: whose multicast it is, and its number among the sender's, from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Id {
    /// Who multicast it.
    pub sender: Process,
    /// Its number, from 1.
    pub number: u16,
}

inspect!(Id { sender, number });

impl fmt::Debug for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}#{}", self.sender, self.number)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, out)
    }
}

impl Id {
    /// Whether a process of the group can have sent it; anything else on a wire is garbage.
    pub(crate) fn is_of(self, group: Group) -> bool {
        self.sender.0 < group.n && self.number > 0
    }

    pub(crate) fn delivery(self, payload: Value) -> Delivery {
        Delivery { sender: self.sender, number: self.number, payload }
    }
}

/// A message with its identity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Letter {
    /// Which one.
    pub id: Id,
    /// What it says.
    pub payload: Value,
}

inspect!(Letter { id, payload });

impl Message for Letter {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        format!("{} = {}", self.id, name(self.payload))
    }
}

impl Letter {
    pub(crate) fn is_of(&self, group: Group, domain: Domain) -> bool {
        self.id.is_of(group) && domain.contains(self.payload)
    }

    pub(crate) fn delivery(&self) -> Delivery {
        self.id.delivery(self.payload)
    }
}

/// The part of eager reliable multicast that the others are built on: everybody passes on every
/// message that is new to it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Flood {
    sent: u16,
    received: BTreeSet<Id>,
}

inspect!(Flood { sent, received });

impl Flood {
    /// The identity of the next own message; none once the numbers are used up.
    pub(crate) fn next(&mut self, me: Process) -> Option<Id> {
        self.sent = self.sent.checked_add(1)?;
        Some(Id { sender: me, number: self.sent })
    }

    /// Whether this is the first copy; another's has then been passed on to all.
    pub(crate) fn first<P: Protocol>(
        &mut self,
        id: Id,
        message: &P::Message,
        relay: Cite,
        cx: &mut Context<'_, P>,
    ) -> bool {
        if !self.received.insert(id) {
            return false;
        }
        if id.sender != cx.me {
            cx.cite(relay);
            send_others(message, cx);
        }
        true
    }

    /// Whether this is the first copy.
    pub(crate) fn is_new(&mut self, id: Id) -> bool {
        self.received.insert(id)
    }

    /// Takes an own message as received.
    pub(crate) fn know(&mut self, id: Id) {
        self.received.insert(id);
    }
}

pub(crate) fn send_others<P: Protocol>(message: &P::Message, cx: &mut Context<'_, P>) {
    for other in cx.group.others(cx.me) {
        cx.send(other, message.clone());
    }
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// The payloads that there are.
    pub domain: Domain,
    /// How often everybody with a payload multicasts it.
    pub each: u64,
    /// The bound on delays where there is one; the pace of the multicasts.
    pub delay_ticks: u64,
}

impl Config {
    /// The number that every multicast protocol can be set: how often everybody multicasts.
    pub(crate) const NUMBERS: &'static [&'static str] = &["each"];

    pub(crate) fn of(setup: &Setup<'_>) -> Result<Self, String> {
        let each = setup.number("each", 1, 1, 100)?;
        Ok(Self { domain: setup.domain, each, delay_ticks: setup.delay_ticks })
    }

    /// Everybody starts a third of a delay after the process before it, so that a multicast may
    /// follow the delivery of another or overlap it.
    pub(crate) fn requests(&self, inputs: &[Option<Value>]) -> Vec<Request<Value>> {
        let given = (0..).map(Process).zip(inputs).filter_map(|(p, input)| Some((p, (*input)?)));
        let mut requests: Vec<Request<Value>> = given
            .flat_map(|(process, input)| {
                (0..self.each).map(move |i| {
                    let at_ticks = self.start(process.0).saturating_add(i * self.delay_ticks / 2);
                    Request { at_ticks, process, input }
                })
            })
            .collect();
        requests.sort_by_key(|request| request.at_ticks);
        requests
    }

    fn start(&self, position: u16) -> u64 {
        u64::from(position).saturating_mul(self.delay_ticks / 3)
    }

    /// So many delays after the last request.
    pub(crate) fn calm(&self, group: Group, delays: u64) -> u64 {
        let last = self.start(group.n).saturating_add(self.each * self.delay_ticks / 2);
        last.saturating_add(delays.saturating_mul(self.delay_ticks))
    }

    /// The only multicaster, if one process has a payload and multicasts it once.
    pub(crate) fn only(&self, inputs: &[Option<Value>]) -> Option<Process> {
        let mut given = (0..).map(Process).zip(inputs).filter(|(_, input)| input.is_some());
        let (process, _) = given.next()?;
        (self.each == 1 && given.next().is_none()).then_some(process)
    }
}
