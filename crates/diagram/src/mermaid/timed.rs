//! The sequence of a run in time: what arrives, in order, and what happens between.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_trace::{Event, What};

use super::{Diagram, LABEL_MAX, escape, note};
use crate::canvas::Ink;
use crate::clock::Clock;
use crate::steps::{Step, round_at, steps, turns};
use crate::words;

impl<'a> Diagram<'a, '_> {
    /// Every step as an arrow or a note.
    pub(super) fn timed(&mut self) {
        let mut last = None;
        for (at, event) in self.scene.trace.events.iter().enumerate() {
            if let What::Input { value } = &event.what
                && self.scene.sound(event)
                && self.scene.when(at) == 0
            {
                let given = note(&format!("is given {value}"));
                self.line(&format!("    Note over p{}: {given}", event.process));
            }
        }
        for step in steps(self.scene) {
            if self.full() {
                self.left_out += 1;
                continue;
            }
            self.borders(last, step.time);
            last = Some(step.time);
            if let Some((_, event)) = step.cause() {
                self.cause(&step, event);
            }
            for (_, event) in step.events.iter().skip(1) {
                if let What::Lost { .. } = event.what {
                    let time = self.clock().span(step.time);
                    self.passage(&step, event, &time);
                }
            }
            self.conclusions(&step);
        }
        let flying = self.scene.flying();
        if flying > 0 && !self.full() {
            let messages = words::number(flying as u64, "message");
            self.note_across(&[format!("{messages} still on the way at the end")]);
        }
    }

    fn borders(&mut self, last: Option<u64>, time: u64) {
        let before = |at: u64| last.is_none_or(|last| last < at) && at <= time;
        if let Some((round, _)) = round_at(self.scene, time).filter(|&(_, at)| before(at)) {
            self.note_across(&[format!("round {round}")]);
        }
        for (at, words) in turns(self.scene).into_iter().filter(|&(at, _)| before(at)) {
            let words = format!("{}: {words}", self.clock().span(at));
            self.note_across(&[words]);
        }
    }

    fn clock(&self) -> Clock {
        Clock::of(&self.scene.trace.header)
    }

    fn cause(&mut self, step: &Step<'a>, event: &'a Event) {
        let time = self.clock().span(step.time);
        match &event.what {
            What::Receive { .. } | What::Again { .. } | What::Missed { .. } | What::Lost { .. } => {
                self.passage(step, event, &time)
            }
            What::Cut { .. } | What::Heal { .. } => {
                self.note_across(&[format!("{time}: {}", step.comes(self.scene))]);
            }
            _ => {
                let words = format!("{time}: {}", words::predicate(self.scene, event));
                self.line(&format!("    Note over p{}: {}", step.process, note(&words)));
            }
        }
    }

    /// The arrow of a message that arrives, or does not.
    fn passage(&mut self, step: &Step<'a>, event: &'a Event, time: &str) {
        let events = &self.scene.trace.events;
        let sent = self.scene.source(event);
        let Some(message) = sent.and_then(|at| self.scene.message(at, &events[at])) else {
            let words = format!("{time}: {}", words::predicate(self.scene, event));
            return self.line(&format!("    Note over p{}: {}", step.process, note(&words)));
        };
        if message.from == message.to {
            return;
        }
        let (arrow, remark) = match &event.what {
            What::Lost { cause, .. } => ("--x", words::loss(cause)),
            What::Missed { .. } => ("--x", String::from("a receive omission")),
            What::Again { .. } => ("--)", String::from("once more")),
            _ => ("-)", String::new()),
        };
        let mut label = self.said(&message);
        words::push(&mut label, &remark);
        let start = self.clock().span(self.scene.when(message.at));
        let label = format!("{} ({start} → {time})", words::cut(&label, LABEL_MAX));
        let (from, to) = (message.from, message.to);
        self.line(&format!("    p{from}{arrow}p{to}: {}", escape(&label)));
    }

    /// What the process concludes, and what else is worth a note: no message, record or lot.
    fn conclusions(&mut self, step: &Step<'a>) {
        let mut lines: Vec<String> = step
            .doings(self.scene)
            .into_iter()
            .filter(|(ink, _)| !matches!(ink, Ink::Plain))
            .map(|(_, words)| words)
            .collect();
        lines.extend(step.outcomes().map(|(_, event)| words::predicate(self.scene, event)));
        for line in lines {
            self.line(&format!("    Note over p{}: {}", step.process, note(&line)));
        }
    }
}
