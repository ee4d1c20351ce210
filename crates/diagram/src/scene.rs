//! A trace made ready for drawing: every message with its fate, nothing that is not there.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use quorate_trace::{Event, Flipped, Time, Trace, What};

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// It arrived: the position of the receiving event.
    Received(usize),
    /// Its receiver omitted to receive it: the position of that event.
    Missed(usize),
    /// Its receiver had crashed.
    Down,
    /// Nothing in the trace says that it arrived.
    Lost,
    /// In a run in time, it was lost on the way: the position of that event, and why.
    Dropped(usize, Loss),
    /// In a run in time, it was still on its way at the end.
    Flying,
    /// It was never put on the wire.
    Unsent,
}

/// Why a message was lost on the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Loss {
    /// The link lost it.
    Link,
    /// The link was cut.
    Cut,
    /// Its receiver was down.
    Down,
}

/// A message that was sent, or that should have been.
#[derive(Clone, Debug)]
pub(crate) struct Message<'a> {
    /// The position of the event in the trace.
    pub(crate) at: usize,
    pub(crate) event: &'a Event,
    pub(crate) from: u16,
    pub(crate) to: u16,
    pub(crate) label: &'a str,
    /// For a lie, what should have been said.
    pub(crate) should: Option<&'a str>,
    pub(crate) flipped: Option<&'a Flipped>,
    /// For a message that was not sent, why.
    pub(crate) cause: Option<&'a str>,
    pub(crate) count: u64,
    /// Whether a traitor says it where the honest machine sends nothing.
    pub(crate) unasked: bool,
    pub(crate) fate: Fate,
}

impl Message<'_> {
    /// Whether this is a traitor's doing: a lie, or a silence where honest machines speak.
    pub(crate) fn is_lie(&self) -> bool {
        self.should.is_some() || self.unasked || self.cause == Some("silence")
    }

    pub(crate) fn alike(&self, other: &Self) -> bool {
        self.from == other.from
            && self.label == other.label
            && self.should == other.should
            && self.flipped == other.flipped
            && self.cause == other.cause
            && self.count == other.count
            && self.unasked == other.unasked
    }
}

/// A trace made ready for drawing.
pub(crate) struct Scene<'a> {
    pub(crate) trace: &'a Trace,
    /// The rounds in which something happened, without round 0.
    pub(crate) rounds: Vec<u16>,
    /// The round in which a process crashed.
    pub(crate) crashed: BTreeMap<u16, u16>,
    /// How many events name a process that is not there.
    pub(crate) strays: usize,
    /// The positions of the events that show a violation.
    pub(crate) guilty: BTreeSet<usize>,
    /// In a run in time, what holds of it.
    pub(crate) time: Option<&'a Time>,
    /// In a run in time, when each event is drawn: never before the one ahead of it.
    pub(crate) when: Vec<u64>,
    /// How many events have a time before the one ahead of them, or none at all.
    pub(crate) disordered: usize,
    by_round: BTreeMap<u16, Vec<usize>>,
    by_index: BTreeMap<u32, usize>,
    fates: BTreeMap<usize, Fate>,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(trace: &'a Trace) -> Self {
        let mut scene = Self {
            trace,
            rounds: Vec::new(),
            crashed: BTreeMap::new(),
            strays: 0,
            guilty: BTreeSet::new(),
            time: trace.header.time.as_ref(),
            when: Vec::new(),
            disordered: 0,
            by_round: BTreeMap::new(),
            by_index: BTreeMap::new(),
            fates: BTreeMap::new(),
        };
        for (at, event) in trace.events.iter().enumerate() {
            scene.enter(at, event);
        }
        if scene.time.is_some() {
            scene.order();
        }
        scene.rounds = scene.by_round.keys().copied().filter(|&round| round > 0).collect();
        scene.settle();
        scene
    }

    fn enter(&mut self, at: usize, event: &Event) {
        if !self.sound(event) {
            self.strays += 1;
            return;
        }
        self.by_round.entry(event.round).or_default().push(at);
        self.by_index.entry(event.i).or_insert(at);
        if let What::Crash { .. } = event.what {
            self.crashed.entry(event.process).or_insert(event.round);
        }
    }

    /// Put every event of a run in time at a time that is not before the one ahead of it.
    fn order(&mut self) {
        let mut last = 0;
        for event in &self.trace.events {
            self.disordered += usize::from(event.at.is_none_or(|at| at < last));
            last = event.at.unwrap_or(last).max(last);
            self.when.push(last);
        }
    }

    /// Whether every process that the event names is one of the group.
    pub(crate) fn sound(&self, event: &Event) -> bool {
        let n = self.trace.header.n;
        let other = match &event.what {
            What::Send { to, .. } | What::Unsent { to, .. } => Some(*to),
            What::Receive { from, .. } | What::Missed { from, .. } => Some(*from),
            What::Lost { from, .. } | What::Again { from, .. } => Some(*from),
            What::Expose { liar, .. } => Some(*liar),
            What::Cut { from, to } | What::Heal { from, to } => {
                from.iter().chain(to).max().copied()
            }
            _ => None,
        };
        event.process < n && other.is_none_or(|other| other < n)
    }

    /// Join what was received to what was sent, and the judgement to its events.
    fn settle(&mut self) {
        for positions in self.by_round.values() {
            for &at in positions {
                let (sent, fate) = match &self.trace.events[at].what {
                    What::Receive { sent, .. } => (*sent, Fate::Received(at)),
                    What::Missed { sent, .. } => (*sent, Fate::Missed(at)),
                    What::Lost { sent, cause, .. } => (*sent, Fate::Dropped(at, loss(cause))),
                    _ => continue,
                };
                // The rounds of a damaged trace are drawn as they are; times must fit.
                if self.time.is_some() && self.source(&self.trace.events[at]).is_none() {
                    continue;
                }
                if let Some(&from) = self.by_index.get(&sent) {
                    self.fates.entry(from).or_insert(fate);
                }
            }
        }
        let violated = self.trace.closing.requirements.iter().filter(|one| is_violated(one));
        let guilty = violated.flat_map(|one| &one.events);
        self.guilty = guilty.filter_map(|i| self.by_index.get(i)).copied().collect();
    }

    /// The event with this index, if the trace has it and it is sound.
    pub(crate) fn by_index(&self, i: u32) -> Option<&'a Event> {
        self.by_index.get(&i).map(|&at| &self.trace.events[at])
    }

    /// For an event that ends a message's way, the position of the sending event, if the trace has
    /// it sent between these two.
    pub(crate) fn source(&self, event: &Event) -> Option<usize> {
        let (from, sent) = match event.what {
            What::Receive { from, sent } | What::Missed { from, sent } => (from, sent),
            What::Lost { from, sent, .. } | What::Again { from, sent } => (from, sent),
            _ => return None,
        };
        let position = *self.by_index.get(&sent)?;
        let sender = &self.trace.events[position];
        let matches = match sender.what {
            What::Send { to, .. } => to == event.process && sender.process == from,
            _ => false,
        };
        matches.then_some(position)
    }

    /// When an event of a run in time is drawn.
    pub(crate) fn when(&self, at: usize) -> u64 {
        self.when.get(at).copied().unwrap_or(0)
    }

    /// How many messages between different processes are still on their way at the end.
    pub(crate) fn flying(&self) -> usize {
        let all = self.trace.events.iter().enumerate();
        let sends = all.filter(|(_, event)| self.sound(event));
        let messages = sends.filter_map(|(at, event)| self.message(at, event));
        messages.filter(|one| one.from != one.to && one.fate == Fate::Flying).count()
    }

    /// When the last thing happens in a run in time.
    pub(crate) fn last_at(&self) -> u64 {
        self.when.last().copied().unwrap_or(0)
    }

    /// When a run in time ends.
    /// From when on the run goes round for ever, if it does.
    pub(crate) fn circle(&self) -> Option<u64> {
        self.time.and_then(|time| time.plan.circle).filter(|at| *at <= self.over_at())
    }

    pub(crate) fn over_at(&self) -> u64 {
        self.last_at().max(self.time.map_or(0, |time| time.over_at))
    }

    /// The sound events of a round with their positions, in order.
    pub(crate) fn events(&self, round: u16) -> impl Iterator<Item = (usize, &'a Event)> + '_ {
        let positions = self.by_round.get(&round).into_iter().flatten();
        positions.map(|&at| (at, &self.trace.events[at]))
    }

    /// The messages of a round, without those that a process sends to itself unless they are odd.
    pub(crate) fn messages(&self, round: u16) -> Vec<Message<'a>> {
        let all = self.events(round).filter_map(|(at, event)| self.message(at, event));
        all.filter(|one| one.from != one.to).collect()
    }

    /// The message behind an event that sends one, or that should have.
    pub(crate) fn message(&self, at: usize, event: &'a Event) -> Option<Message<'a>> {
        let blank = Message {
            at,
            event,
            from: event.process,
            to: 0,
            label: "",
            should: None,
            flipped: None,
            cause: None,
            count: 1,
            unasked: false,
            fate: Fate::Unsent,
        };
        match &event.what {
            What::Send { to, message, should, flipped, count, unasked, .. } => Some(Message {
                to: *to,
                unasked: *unasked,
                label: message,
                should: should.as_deref(),
                flipped: flipped.as_ref(),
                count: *count,
                fate: self.fate(at, *to, event.round),
                ..blank
            }),
            What::Unsent { to, message, cause } => {
                Some(Message { to: *to, label: message, cause: Some(cause), ..blank })
            }
            _ => None,
        }
    }

    fn fate(&self, at: usize, to: u16, round: u16) -> Fate {
        let down = self.crashed.get(&to).is_some_and(|&when| when <= round);
        let otherwise = match (self.time, down) {
            (Some(_), _) => Fate::Flying,
            (None, true) => Fate::Down,
            (None, false) => Fate::Lost,
        };
        self.fates.get(&at).copied().unwrap_or(otherwise)
    }

    /// What a process is called beside its number: its part and its fault.
    pub(crate) fn part(&self, process: u16) -> &'a str {
        let special = self.trace.header.special.as_ref().filter(|it| it.process == process);
        special.map_or("", |it| it.part.as_str())
    }

    /// How a process may fail; empty for a correct one.
    pub(crate) fn fault(&self, process: u16) -> &'a str {
        let faulty = self.trace.header.faulty.iter().find(|it| it.process == process);
        faulty.map_or("", |it| it.kind.as_str())
    }
}

fn loss(cause: &str) -> Loss {
    match cause {
        "cut" => Loss::Cut,
        "down" => Loss::Down,
        _ => Loss::Link,
    }
}

/// Messages of one sender that differ only in their receiver.
pub(crate) type Group<'a> = Vec<Message<'a>>;

/// Put messages that differ only in their receiver together, in order of the first.
pub(crate) fn groups<'a>(messages: Vec<Message<'a>>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut of_sender: BTreeMap<u16, Vec<usize>> = BTreeMap::new();
    for message in messages {
        let known = of_sender.entry(message.from).or_default();
        match known.iter().find(|&&at| groups[at][0].alike(&message)) {
            Some(&at) => groups[at].push(message),
            None => {
                known.push(groups.len());
                groups.push(alloc::vec![message]);
            }
        }
    }
    groups
}

/// Whether a requirement was judged to be violated.
pub(crate) fn is_violated(judged: &quorate_trace::Judged) -> bool {
    judged.verdict == "violated"
}
