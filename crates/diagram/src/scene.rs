//! A trace made ready for drawing: every message with its fate, nothing that is not there.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use quorate_trace::{Event, Flipped, Trace, What};

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
    /// It was never put on the wire.
    Unsent,
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
    pub(crate) fate: Fate,
}

impl Message<'_> {
    /// Whether this is a traitor's doing: a lie, or a silence where honest machines speak.
    pub(crate) fn is_lie(&self) -> bool {
        self.should.is_some() || self.cause == Some("silence")
    }

    fn alike(&self, other: &Self) -> bool {
        self.from == other.from
            && self.label == other.label
            && self.should == other.should
            && self.flipped == other.flipped
            && self.cause == other.cause
            && self.count == other.count
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
            by_round: BTreeMap::new(),
            by_index: BTreeMap::new(),
            fates: BTreeMap::new(),
        };
        for (at, event) in trace.events.iter().enumerate() {
            scene.enter(at, event);
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

    /// Whether every process that the event names is one of the group.
    pub(crate) fn sound(&self, event: &Event) -> bool {
        let n = self.trace.header.n;
        let other = match event.what {
            What::Send { to, .. } | What::Unsent { to, .. } => Some(to),
            What::Receive { from, .. } | What::Missed { from, .. } => Some(from),
            What::Expose { liar, .. } => Some(liar),
            _ => None,
        };
        event.process < n && other.is_none_or(|other| other < n)
    }

    /// Join what was received to what was sent, and the judgement to its events.
    fn settle(&mut self) {
        for positions in self.by_round.values() {
            for &at in positions {
                let (sent, fate) = match self.trace.events[at].what {
                    What::Receive { sent, .. } => (sent, Fate::Received(at)),
                    What::Missed { sent, .. } => (sent, Fate::Missed(at)),
                    _ => continue,
                };
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
            fate: Fate::Unsent,
        };
        match &event.what {
            What::Send { to, message, should, flipped, count, .. } => Some(Message {
                to: *to,
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
        let otherwise = if down { Fate::Down } else { Fate::Lost };
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
