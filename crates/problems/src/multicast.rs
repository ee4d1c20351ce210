//! Multicast: what one process sends to the group, the others deliver; perhaps in some order.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use quorate_kernel::{
    Breach, Class, End, Group, Ledger, Problem, Process, Renamed, Renaming, Requirement, Seen,
    Value, marked,
};

use crate::one_shot::breach;

/// Processes multicast payloads to the group, and deliver what was multicast.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Multicast;

/// A message handed out: whose multicast it is, its number among the sender's, and what it says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Delivery {
    /// Who multicast it.
    pub sender: Process,
    /// Its number among the sender's multicasts, from 1.
    pub number: u16,
    /// What it says.
    pub payload: Value,
}

impl Renamed for Delivery {
    fn rename(&mut self, by: &Renaming) {
        self.sender.rename(by);
        self.payload.rename(by);
    }
}

impl Delivery {
    fn id(&self) -> (Process, u16) {
        (self.sender, self.number)
    }

    fn show(&self, payload: &str) -> String {
        format!("{}#{} = {payload}", self.sender, self.number)
    }

    fn text(&self) -> String {
        self.show(&marked(&self.payload))
    }
}

/// Something that happened at the border of one process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Event {
    /// It multicast this, under the next number.
    Sent(Value),
    /// It delivered this.
    Delivered(Delivery),
}

impl Renamed for Event {
    fn rename(&mut self, by: &Renaming) {
        match self {
            Self::Sent(payload) => payload.rename(by),
            Self::Delivered(delivery) => delivery.rename(by),
        }
    }
}

/// What every process multicast and delivered, in its own order, and when.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Histories {
    /// The history of each process.
    pub of: Vec<Vec<(u64, Event)>>,
}

impl Renamed for Histories {
    fn rename(&mut self, by: &Renaming) {
        by.by_process(&mut self.of);
    }
}

impl Ledger<Multicast> for Histories {
    fn open(group: Group) -> Self {
        Self { of: vec![Vec::new(); group.size()] }
    }

    fn observe(&mut self, who: Process, at: u64, seen: Seen<'_, Multicast>) {
        let event = match seen {
            Seen::Input(payload) => Event::Sent(*payload),
            Seen::Output(delivery) => Event::Delivered(*delivery),
        };
        self.of[who.index()].push((at, event));
    }

    fn decision(&self, who: Process) -> Option<(&Delivery, u64)> {
        self.of.get(who.index())?.iter().find_map(|(at, event)| match event {
            Event::Sent(_) => None,
            Event::Delivered(delivery) => Some((delivery, *at)),
        })
    }
}

impl Histories {
    /// What a process multicast, in order.
    fn sent(&self, who: Process) -> impl Iterator<Item = Delivery> + '_ {
        let payloads = self.of[who.index()].iter().filter_map(|(_, event)| match event {
            Event::Sent(payload) => Some(*payload),
            Event::Delivered(_) => None,
        });
        (1..=u16::MAX).zip(payloads).map(move |(number, payload)| Delivery {
            sender: who,
            number,
            payload,
        })
    }

    /// What a process delivered, in order.
    fn delivered(&self, who: Process) -> impl Iterator<Item = Delivery> + '_ {
        self.of[who.index()].iter().filter_map(|(_, event)| match event {
            Event::Sent(_) => None,
            Event::Delivered(delivery) => Some(*delivery),
        })
    }
}

impl Problem for Multicast {
    const NAME: &'static str = "multicast";
    type Input = Value;
    type Output = Delivery;
    type Ledger = Histories;

    fn requirements() -> &'static [Requirement<Self>] {
        REQUIREMENTS
    }

    fn show(output: &Delivery, name: &dyn Fn(Value) -> String) -> String {
        output.show(&name(output.payload))
    }
}

/// Agreement and its uniform form say that something comes, and are judged once it must have. By
/// class they are safety all the same: whoever breaks them disagrees, which is the worst news.
const REQUIREMENTS: &[Requirement<Multicast>] = &[
    Requirement {
        name: "validity",
        aliases: &[],
        text: "a correct process that multicasts a message delivers it",
        source: "Hadzilacos, Toueg 1993; Coulouris et al. 2012, 15.4.2",
        class: Class::Liveness,
        judge: own_is_delivered,
    },
    Requirement {
        name: "no-duplication",
        aliases: &[],
        text: "no process delivers a message twice, where one is told by its sender and number",
        source: "Hadzilacos, Toueg 1993; Cachin, Guerraoui, Rodrigues 2011, 3.2",
        class: Class::Safety,
        judge: once_each,
    },
    Requirement {
        name: "integrity",
        aliases: &["no-creation"],
        text: "what is delivered as a process's message was multicast by it, unless it lies",
        source: "Coulouris et al. 2012, 15.4.2; Cachin, Guerraoui, Rodrigues 2011, 3.2",
        class: Class::Validity,
        judge: nothing_made_up,
    },
    Requirement {
        name: "agreement",
        aliases: &["reliable-agreement"],
        text: "if a correct process delivers a message, all correct processes deliver it",
        source: "Hadzilacos, Toueg 1993; Coulouris et al. 2012, 15.4.2",
        class: Class::Safety,
        judge: |ledger, end| all_deliver(ledger, end, |p| end.correct(p)),
    },
    Requirement {
        name: "uniform-agreement",
        aliases: &[],
        text: "if any process delivers a message, even one that fails later, all correct ones do",
        source: "Hadzilacos, Toueg 1993; Cachin, Guerraoui, Rodrigues 2011, 3.4",
        class: Class::Safety,
        judge: |ledger, end| all_deliver(ledger, end, |p| !end.liars.contains(p)),
    },
    Requirement {
        name: "totality",
        aliases: &[],
        text: "if a correct process delivers some message of a sender under a number, all correct processes deliver some message of that sender under that number",
        source: "Bracha 1987; Cachin, Guerraoui, Rodrigues 2011, 3.10",
        class: Class::Liveness,
        judge: all_deliver_some,
    },
    Requirement {
        name: "consistency",
        aliases: &[],
        text: "no two correct processes deliver different messages of one sender and number",
        source: "Bracha 1987; Cachin, Guerraoui, Rodrigues 2011, 3.10",
        class: Class::Safety,
        judge: same_content,
    },
    Requirement {
        name: "fifo",
        aliases: &["fifo-order"],
        text: "a correct process delivers no message of a sender before all earlier ones of it",
        source: "Hadzilacos, Toueg 1993; Coulouris et al. 2012, 15.4.3",
        class: Class::Safety,
        judge: in_order_of_sending,
    },
    Requirement {
        name: "causal",
        aliases: &["causal-order"],
        text: "a correct process delivers no message before all that its sender had multicast or delivered when it multicast it",
        source: "Lamport 1978; Hadzilacos, Toueg 1993; Coulouris et al. 2012, 15.4.3",
        class: Class::Safety,
        judge: after_its_causes,
    },
    Requirement {
        name: "total-order",
        aliases: &[],
        text: "if a correct process delivers m before m', every correct process that delivers m' has delivered m before",
        source: "Coulouris et al. 2012, 15.4.3; Hadzilacos, Toueg 1993 ask it of common messages only",
        class: Class::Safety,
        judge: |ledger, end| one_order(ledger, end, |p| end.correct(p)),
    },
    Requirement {
        name: "uniform-total-order",
        aliases: &[],
        text: "if any process delivers m before m', every process that delivers m' has delivered m before, even if they fail later",
        source: "Hadzilacos, Toueg 1993; Défago, Schiper, Urbán 2004, 2.4",
        class: Class::Safety,
        judge: |ledger, end| one_order(ledger, end, |p| !end.liars.contains(p)),
    },
];

fn correct(end: &End) -> impl Iterator<Item = Process> + Clone + '_ {
    end.group.processes().filter(|&p| end.correct(p))
}

fn honest(end: &End) -> impl Iterator<Item = Process> + Clone + '_ {
    end.group.processes().filter(|&p| !end.liars.contains(p))
}

fn own_is_delivered(ledger: &Histories, end: &End) -> Result<(), Breach> {
    if !end.settled {
        return Ok(());
    }
    for p in correct(end) {
        let delivered: BTreeSet<Delivery> = ledger.delivered(p).collect();
        if let Some(message) = ledger.sent(p).find(|message| !delivered.contains(message)) {
            let text = format!("{p} multicast {} and has not delivered it", message.text());
            return breach(&[p], text);
        }
    }
    Ok(())
}

fn once_each(ledger: &Histories, end: &End) -> Result<(), Breach> {
    for p in honest(end) {
        let mut ids = BTreeSet::new();
        if let Some(again) = ledger.delivered(p).find(|message| !ids.insert(message.id())) {
            let (sender, number) = again.id();
            return breach(&[p], format!("{p} delivered {sender}#{number} twice"));
        }
    }
    Ok(())
}

fn nothing_made_up(ledger: &Histories, end: &End) -> Result<(), Breach> {
    let sent: BTreeSet<Delivery> = honest(end).flat_map(|p| ledger.sent(p)).collect();
    for p in honest(end) {
        let made_up =
            |message: &Delivery| !sent.contains(message) && !end.liars.contains(message.sender);
        if let Some(message) = ledger.delivered(p).find(made_up) {
            let text = format!("{p} delivered {}, which nobody multicast", message.text());
            return breach(&[p], text);
        }
    }
    Ok(())
}

/// What one of those who count delivers, all correct processes deliver.
fn all_deliver(
    ledger: &Histories,
    end: &End,
    counts: impl Fn(Process) -> bool,
) -> Result<(), Breach> {
    every(ledger, end, counts, |message| *message)
}

fn all_deliver_some(ledger: &Histories, end: &End) -> Result<(), Breach> {
    every(ledger, end, |p| end.correct(p), Delivery::id)
}

/// The same, of whatever `part` takes of a message.
fn every<T: Ord>(
    ledger: &Histories,
    end: &End,
    counts: impl Fn(Process) -> bool,
    part: impl Fn(&Delivery) -> T,
) -> Result<(), Breach> {
    if !end.settled {
        return Ok(());
    }
    let mut known: BTreeMap<T, (Process, Delivery)> = BTreeMap::new();
    for p in end.group.processes().filter(|&p| counts(p)) {
        for message in ledger.delivered(p) {
            known.entry(part(&message)).or_insert((p, message));
        }
    }
    for q in correct(end) {
        let has: BTreeSet<T> = ledger.delivered(q).map(|message| part(&message)).collect();
        let missing = known.iter().find(|(taken, _)| !has.contains(taken));
        if let Some((_, (p, message))) = missing {
            let text = format!("{p} delivered {}, and {q} has not", message.text());
            return breach(&[*p, q], text);
        }
    }
    Ok(())
}

fn same_content(ledger: &Histories, end: &End) -> Result<(), Breach> {
    let mut first: BTreeMap<(Process, u16), (Process, Delivery)> = BTreeMap::new();
    for q in correct(end) {
        for message in ledger.delivered(q) {
            let (p, other) = *first.entry(message.id()).or_insert((q, message));
            if other != message {
                let (other, message) = (other.text(), message.text());
                return breach(&[p, q], format!("{p} delivered {other} and {q} {message}"));
            }
        }
    }
    Ok(())
}

fn in_order_of_sending(ledger: &Histories, end: &End) -> Result<(), Breach> {
    for p in correct(end) {
        let mut ids = BTreeSet::new();
        for message in ledger.delivered(p).filter(|message| !end.liars.contains(message.sender)) {
            let (sender, number) = message.id();
            let before = number.saturating_sub(1);
            if before > 0 && !ids.contains(&(sender, before)) {
                let text = format!("{p} delivered {sender}#{number} before {sender}#{before}");
                return breach(&[p], text);
            }
            ids.insert((sender, number));
        }
    }
    Ok(())
}

/// It is enough to look at what came before a multicast at its sender: the causes of the causes
/// have been looked at when those were delivered.
fn after_its_causes(ledger: &Histories, end: &End) -> Result<(), Breach> {
    let multicasts: Vec<usize> = end.group.processes().map(|p| ledger.sent(p).count()).collect();
    for p in correct(end) {
        let mut has = BTreeSet::new();
        let mut looked_at = vec![Looked::default(); end.group.size()];
        for message in ledger.delivered(p) {
            let sender = message.sender;
            // What its sender never multicast has no causes.
            let real =
                multicasts.get(sender.index()).is_some_and(|&n| usize::from(message.number) <= n);
            if real && !end.liars.contains(sender) {
                let history = &ledger.of[sender.index()];
                let looked = &mut looked_at[sender.index()];
                if let Some(cause) = looked.missing(sender, history, message.number, &has) {
                    let (cause, text) = (cause.text(), message.text());
                    let text = format!("{p} delivered {text} before {cause}, which precedes it");
                    return breach(&[sender, p], text);
                }
            }
            has.insert(message);
        }
    }
    Ok(())
}

/// How far the history of a sender is known to have been delivered.
#[derive(Clone, Copy, Default)]
struct Looked {
    events: usize,
    sent: u16,
}

impl Looked {
    /// What the sender multicast or delivered before its multicast of this number and is not in
    /// `has`. Histories only grow from one number to the next, so none is looked at twice.
    fn missing(
        &mut self,
        sender: Process,
        history: &[(u64, Event)],
        number: u16,
        has: &BTreeSet<Delivery>,
    ) -> Option<Delivery> {
        for (_, event) in history.get(self.events..)? {
            let cause = match event {
                Event::Delivered(delivery) => *delivery,
                Event::Sent(_) if self.sent.saturating_add(1) >= number => return None,
                Event::Sent(payload) => {
                    self.sent = self.sent.saturating_add(1);
                    Delivery { sender, number: self.sent, payload: *payload }
                }
            };
            if !has.contains(&cause) {
                return Some(cause);
            }
            self.events += 1;
        }
        None
    }
}

/// All who count deliver in one order, without gaps.
fn one_order(
    ledger: &Histories,
    end: &End,
    counts: impl Fn(Process) -> bool,
) -> Result<(), Breach> {
    let orders: Vec<(Process, Vec<Delivery>)> = end
        .group
        .processes()
        .filter(|&p| counts(p))
        .map(|p| {
            // A message delivered twice counts where it was first.
            let mut seen = BTreeSet::new();
            (p, ledger.delivered(p).filter(|message| seen.insert(*message)).collect())
        })
        .collect();
    for (q, order) in &orders {
        let places: BTreeMap<Delivery, usize> =
            order.iter().enumerate().rev().map(|(at, message)| (*message, at)).collect();
        for (p, other) in orders.iter().filter(|(p, _)| p != q) {
            if let Some((first, second)) = torn(other, &places) {
                let (first, second) = (first.text(), second.text());
                let text = format!("{p} delivered {first} before {second}, and {q} did not");
                return breach(&[*p, *q], text);
            }
        }
    }
    Ok(())
}

/// Two messages of an order such that the second has a place and the first none before it.
fn torn(order: &[Delivery], places: &BTreeMap<Delivery, usize>) -> Option<(Delivery, Delivery)> {
    // The message so far that is placed last; one without a place comes after all others.
    let mut last: Option<(usize, Delivery)> = None;
    for message in order {
        let place = places.get(message).copied();
        if let (Some(place), Some((at, before))) = (place, last)
            && place < at
        {
            return Some((before, *message));
        }
        let at = place.unwrap_or(usize::MAX);
        if last.is_none_or(|(latest, _)| at > latest) {
            last = Some((at, *message));
        }
    }
    None
}
