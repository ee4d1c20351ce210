//! A run in time as steps: what comes to a process at a moment, and what it does about it.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use quorate_trace::{Event, What};

use crate::canvas::Ink;
use crate::clock::Clock;
use crate::scene::{Group, Message, Scene, groups};
use crate::words;

/// The characters of a record that are shown.
const RECORD_MAX: usize = 36;

/// What comes to a process at a moment, and what it does about it.
#[derive(Clone, Debug)]
pub(crate) struct Step<'a> {
    pub(crate) time: u64,
    pub(crate) process: u16,
    /// The events with their positions in the trace; at least one.
    pub(crate) events: Vec<(usize, &'a Event)>,
}

impl<'a> Step<'a> {
    /// The event that makes the process step, if the trace has it.
    pub(crate) fn cause(&self) -> Option<(usize, &'a Event)> {
        self.events.first().copied().filter(|(_, event)| begins(&event.what))
    }

    /// The name of the process.
    pub(crate) fn name(&self) -> String {
        self.events.first().map_or_else(String::new, |(_, event)| words::name(event))
    }

    /// Whether it is a step of a further copy of a traitor.
    fn is_twin(&self) -> bool {
        self.events.first().is_some_and(|(_, event)| event.copy > 0)
    }

    /// What comes to the process, in words that do not name it.
    pub(crate) fn comes(&self, scene: &Scene<'a>) -> String {
        let Some((_, event)) = self.cause() else { return String::new() };
        let all = || self.events.iter().map(|(_, event)| *event).collect::<Vec<&Event>>();
        match event.what {
            What::Cut { .. } => format!("links are cut {}", words::links(&all())),
            What::Heal { .. } => format!("links carry again {}", words::links(&all())),
            _ => words::predicate(scene, event),
        }
    }

    /// What the process sends, or should have sent, to others; alike messages together.
    pub(crate) fn sends(&self, scene: &Scene<'a>) -> Vec<Group<'a>> {
        let all = self.events.iter().filter_map(|&(at, event)| scene.message(at, event));
        groups(all.filter(|one| one.from != one.to).collect())
    }

    /// What the process does, in words that do not name it.
    pub(crate) fn doings(&self, scene: &Scene<'a>) -> Vec<(Ink, String)> {
        let mut doings = Vec::new();
        if self.is_twin() {
            doings.push((Ink::Plain, format!("this is {}", self.name())));
        }
        let mut stored: Vec<String> = Vec::new();
        for &(_, event) in self.events.iter().skip(usize::from(self.cause().is_some())) {
            let ink = match &event.what {
                What::Send { .. } | What::Unsent { .. } | What::State { .. } => continue,
                What::Decide { .. } | What::Output { .. } => continue,
                What::Cut { .. } | What::Heal { .. } | What::Lost { .. } => continue,
                What::Store { records } => {
                    let short = |record: &String| words::cut(words::said(record), RECORD_MAX);
                    stored.extend(records.iter().map(short));
                    continue;
                }
                // How long to wait is drawn again and again; a toss is worth a word.
                What::Choose { options, .. } if *options > 2 => continue,
                What::Broken { .. } => Ink::Bad,
                What::Expose { .. } => Ink::Strong,
                _ => Ink::Plain,
            };
            doings.push((ink, words::predicate(scene, event)));
        }
        if !stored.is_empty() {
            doings.push((Ink::Plain, format!("stores {}", stored.join(", "))));
        }
        let others = usize::from(scene.trace.header.n.saturating_sub(1));
        doings.extend(self.sends(scene).iter().map(|group| sending(group, others)));
        doings
    }

    /// What is lost as soon as the process sends it; the same to several together.
    pub(crate) fn losses(&self, scene: &Scene<'a>) -> Vec<(Ink, String)> {
        let mut losses: Vec<(&str, &str, Vec<u16>)> = Vec::new();
        for (message, cause) in self.events.iter().skip(1).filter_map(|it| lost(scene, it.1)) {
            match losses.iter_mut().find(|one| one.0 == message.label && one.1 == cause) {
                Some((.., to)) => to.push(message.to),
                None => losses.push((message.label, cause, alloc::vec![message.to])),
            }
        }
        let words = losses.into_iter().map(|(label, cause, to)| {
            let (said, to) = (words::said(label), words::names(to));
            match cause {
                "link" => format!("✗ {said} to {to} is lost"),
                cause => format!("✗ {said} to {to}: {}", words::loss(cause)),
            }
        });
        words.map(|words| (Ink::Fault, words)).collect()
    }

    /// Whether there is nothing to say of it but the state that it leaves.
    pub(crate) fn is_silent(&self, scene: &Scene<'a>) -> bool {
        self.cause().is_none()
            && self.doings(scene).is_empty()
            && self.losses(scene).is_empty()
            && self.outcomes().next().is_none()
    }

    /// Whether an event of the same process and time is part of this step.
    fn takes(&self, event: &Event) -> bool {
        if self.events.first().is_some_and(|(_, first)| first.copy != event.copy) {
            return false;
        }
        match (self.cause().map(|(_, cause)| &cause.what), &event.what) {
            (Some(What::Cut { .. }), What::Cut { .. }) => true,
            (Some(What::Heal { .. }), What::Heal { .. }) => true,
            (Some(cause), what) => !begins(what) && !links(cause),
            (None, what) => !begins(what),
        }
    }

    /// What the process concludes, in order.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = (usize, &'a Event)> + '_ {
        let outcome = |what: &What| matches!(what, What::Decide { .. } | What::Output { .. });
        self.events.iter().copied().filter(move |(_, event)| outcome(&event.what))
    }
}

/// What is sent to some, in words.
fn sending(group: &[Message<'_>], others: usize) -> (Ink, String) {
    let first = &group[0];
    let to = match group.len() {
        all if all == others && all > 1 => "all".to_string(),
        _ => words::names(group.iter().map(|one| one.to)),
    };
    let odd = words::oddity(first);
    let said = words::said(first.label);
    match first.cause {
        None if odd.is_empty() => (Ink::Plain, format!("sends {said} to {to}")),
        Some(_) if !first.is_lie() => (Ink::Fault, format!("{odd} to {to}")),
        _ if first.is_lie() => {
            (Ink::Lie, format!("{} to {to}", odd.replacen(" (lie", " (a lie", 1)))
        }
        _ => (Ink::Fault, format!("sends {said} to {to} ({odd})")),
    }
}

/// Whether an event makes a process step, or happens to it from outside.
fn begins(what: &What) -> bool {
    !matches!(
        what,
        What::Send { .. }
            | What::Unsent { .. }
            | What::Store { .. }
            | What::Choose { .. }
            | What::Toss { .. }
            | What::Output { .. }
            | What::Decide { .. }
            | What::Expose { .. }
            | What::State { .. }
            | What::Broken { .. }
    )
}

/// Whether an event happens to links.
fn links(what: &What) -> bool {
    matches!(what, What::Cut { .. } | What::Heal { .. })
}

/// Whether an event happens to a process without making it step.
fn befalls(what: &What) -> bool {
    matches!(
        what,
        What::Call { .. }
            | What::Return { .. }
            | What::Lost { .. }
            | What::Missed { .. }
            | What::Cut { .. }
            | What::Heal { .. }
            | What::Pause { .. }
            | What::Step { .. }
            | What::Drift { .. }
            | What::Flip { .. }
            | What::FlipRecord { .. }
    )
}

/// Whether an event is drawn where a process begins, and not at its time.
pub(crate) fn is_given(scene: &Scene<'_>, at: usize, event: &Event) -> bool {
    matches!(event.what, What::Input { .. }) && scene.when(at) == 0
}

/// The message that is lost by an event, and why.
fn lost<'a>(scene: &Scene<'a>, event: &'a Event) -> Option<(Message<'a>, &'a str)> {
    let What::Lost { cause, .. } = &event.what else { return None };
    let at = scene.source(event)?;
    Some((scene.message(at, &scene.trace.events[at])?, cause))
}

/// The steps of a run in time, in order.
pub(crate) fn steps<'a>(scene: &Scene<'a>) -> Vec<Step<'a>> {
    let mut steps: Vec<Step<'a>> = Vec::new();
    // Where each process steps last: what a step leads to may stand after what it does to others.
    let mut last: BTreeMap<u16, usize> = BTreeMap::new();
    let events = scene.trace.events.iter().enumerate();
    for (at, event) in events.filter(|(_, event)| scene.sound(event)) {
        if is_given(scene, at, event) {
            continue;
        }
        let time = scene.when(at);
        // What is lost as soon as it is sent belongs to the step that sends it.
        let actor = match lost(scene, event) {
            Some((message, _)) if scene.when(message.at) == time => message.from,
            _ => event.process,
        };
        let gone = actor != event.process;
        let known = last.get(&actor).copied().filter(|&known| {
            let step = &steps[known];
            step.time == time && (gone || step.takes(event))
        });
        match known {
            Some(known) => steps[known].events.push((at, event)),
            None => {
                if !befalls(&event.what) || links(&event.what) {
                    last.insert(event.process, steps.len());
                }
                let (process, events) = (event.process, alloc::vec![(at, event)]);
                steps.push(Step { time, process, events });
            }
        }
    }
    steps
}

/// The moments from which on something is different, with what is said there: nothing fails any
/// more, or the run goes round for ever.
pub(crate) fn turns(scene: &Scene<'_>) -> Vec<(u64, String)> {
    let circle = scene.circle().map(|at| (at, "from here on, again and again".to_string()));
    calm(scene).into_iter().chain(circle).collect()
}

/// What is said where nothing fails any more, or where the bound on delays begins to hold.
fn calm(scene: &Scene<'_>) -> Option<(u64, String)> {
    let time = scene.time?;
    if time.calm_from == 0 || time.calm_from > scene.last_at() {
        return None;
    }
    let words = match scene.trace.header.model.timing.as_str() {
        "partial" => {
            let bound = Clock::of(&scene.trace.header).span(time.delay_ticks);
            format!("from here on, messages take at most {bound}")
        }
        _ => "from here on, nothing fails".to_string(),
    };
    Some((time.calm_from, words))
}

/// The round that begins at a time or before it, and when, for a protocol in timed rounds. The end
/// of a run begins no round.
pub(crate) fn round_at(scene: &Scene<'_>, time: u64) -> Option<(u64, u64)> {
    let length = scene.time?.round_ticks.filter(|&length| length > 0)?;
    let mut round = time / length;
    if round > 0 && round * length >= scene.last_at() {
        round -= 1;
    }
    Some((round + 1, round * length))
}
