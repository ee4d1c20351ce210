//! The rows of arrows.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Drawing, marks};
use crate::canvas::{Ink, Line};
use crate::scene::{Fate, Message};
use crate::words;

impl<'a> Drawing<'a, '_> {
    /// A row of arrows: one message, or one that goes to several.
    pub(super) fn arrows(&mut self, group: &[Message<'a>], crashes: bool) {
        let first = &group[0];
        let style = self.style(first);
        let mut line = self.lifelines();
        let origin = if crashes { self.marks.crash } else { self.marks.origin };
        if crashes {
            self.used.insert(4, (origin.to_string(), "crashes"));
        }
        let mut fits = true;
        for rightwards in [true, false] {
            let side = |one: &&Message<'a>| (one.to > first.from) == rightwards;
            let targets: BTreeMap<u16, char> =
                group.iter().filter(side).map(|one| (one.to, self.head(one, rightwards))).collect();
            if !targets.is_empty() {
                fits &= self.shaft(&mut line, first, &targets, rightwards, &style);
            }
        }
        let ink = if crashes { Ink::Fault } else { style.ink };
        line.mark(self.lanes.column(first.from), origin, ink);
        let note = note(group, fits);
        self.push(line, &note, style.ink);
    }

    fn head(&mut self, message: &Message<'_>, rightwards: bool) -> char {
        match message.fate {
            Fate::Received(_) | Fate::Down if rightwards => self.marks.right,
            Fate::Received(_) | Fate::Down => self.marks.left,
            Fate::Missed(_) | Fate::Lost | Fate::Dropped(..) | Fate::Flying => {
                self.used.insert(3, (self.marks.lost.to_string(), "is not received"));
                self.marks.lost
            }
            Fate::Unsent => self.marks.lost,
        }
    }

    pub(super) fn style(&mut self, message: &Message<'_>) -> marks::Shaft {
        let marks = &self.marks;
        let cross = |mark: char| [mark, mark, marks.lost].iter().collect::<String>();
        let arrow = |mark: char| [mark, mark, marks.right].iter().collect::<String>();
        let (order, entry, shaft) = if message.cause == Some("silence") {
            (1, (cross(marks.unsent.line), "a lie by silence"), marks.silent)
        } else if message.cause.is_some() {
            (2, (cross(marks.unsent.line), "is not sent"), marks.unsent)
        } else if message.is_lie() {
            (0, (arrow(marks.lie.line), "a lie"), marks.lie)
        } else if message.flipped.is_some() {
            (8, (arrow(marks.flipped.line), "a bit flips on the way"), marks.flipped)
        } else {
            return marks.honest;
        };
        self.used.insert(order, entry);
        shaft
    }

    /// Draw to one side. Says whether the label had room.
    fn shaft(
        &self,
        line: &mut Line,
        message: &Message<'_>,
        targets: &BTreeMap<u16, char>,
        rightwards: bool,
        style: &marks::Shaft,
    ) -> bool {
        let from = message.from;
        let (Some(&least), Some(&most)) = (targets.keys().next(), targets.keys().next_back())
        else {
            return true;
        };
        let (low, high) = if rightwards { (from, most) } else { (least, from) };
        let (start, end) = (self.lanes.column(low), self.lanes.column(high));
        for column in start + 1..end {
            line.mark(column, style.line, style.ink);
        }
        for process in low..=high {
            let column = self.lanes.column(process);
            let inner = process != low && process != high;
            match targets.get(&process) {
                Some(&head) => {
                    let before = if rightwards { column - 1 } else { column + 1 };
                    line.mark(before, head, style.ink);
                    let branch = if rightwards { style.branch_right } else { style.branch_left };
                    if inner {
                        line.mark(column, branch, style.ink);
                    }
                }
                None if inner && !self.gone.contains(&process) => {
                    line.mark(column, style.crossing, style.ink);
                }
                None => {}
            }
        }
        let label = format!(" {} ", words::said(message.label));
        let size = label.chars().count();
        let fits = size + 3 < self.lanes.gap;
        if fits && message.cause != Some("silence") {
            let at = self.lanes.column(from);
            let column = if rightwards { at + 2 } else { at - 1 - size };
            line.put(column, &label, style.ink);
        }
        fits
    }
}

/// What is said at the right of a row of arrows.
fn note(group: &[Message<'_>], fits: bool) -> String {
    let first = &group[0];
    let mut parts = Vec::new();
    let odd = words::oddity(first);
    if !odd.is_empty() {
        parts.push(format!("p{} {odd}", first.from));
    } else if !fits {
        parts.push(format!("p{} says {}", first.from, words::said(first.label)));
    }
    let missed = |wanted: fn(&Fate) -> bool| {
        words::names(group.iter().filter(|one| wanted(&one.fate)).map(|one| one.to))
    };
    let omitted = missed(|fate| matches!(fate, Fate::Missed(_)));
    let lost = missed(|fate| matches!(fate, Fate::Lost));
    if !omitted.is_empty() {
        parts.push(format!("receive omission at {omitted}"));
    }
    if !lost.is_empty() {
        parts.push(format!("not received by {lost}"));
    }
    parts.join("; ")
}
