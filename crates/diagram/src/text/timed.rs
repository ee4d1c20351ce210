//! The rows of a run in time: one for each step, with the time in a margin.
//!
//! A message has two marks. Where it is sent, its sender's row says so; where it arrives, an arrow
//! runs from its sender's lifeline to its receiver's.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use quorate_trace::{Event, What};

use super::{Drawing, ROWS_MAX, marks};
use crate::canvas::{Ink, Line};
use crate::clock::Clock;
use crate::scene::{Message, Scene};
use crate::steps::{Step, round_at, steps, turns};
use crate::words;

/// The rows at the end of a run that are drawn even if it is too long.
const LAST_ROWS: usize = 60;
/// The columns that the name of a partition may take.
const BANNER_MAX: usize = 240;

/// Steps at one moment that look alike, as one row.
struct Row<'a> {
    steps: Vec<Step<'a>>,
    doings: Vec<(Ink, String)>,
}

/// The columns of the margin.
pub(super) fn margin(scene: &Scene<'_>) -> usize {
    let clock = Clock::of(&scene.trace.header).until(scene.last_at());
    clock.margin(scene.over_at()).chars().count().max(4) + 1
}

/// Alike steps together: what one process sends to several often arrives at one moment.
fn rows<'a>(scene: &Scene<'a>) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    for step in steps(scene) {
        if step.is_silent(scene) {
            continue;
        }
        let mut doings = step.doings(scene);
        doings.extend(step.losses(scene));
        match rows.last_mut() {
            Some(row) if row.doings == doings && belong(scene, &row.steps, &step) => {
                row.steps.push(step);
            }
            _ => rows.push(Row { steps: alloc::vec![step], doings }),
        }
    }
    rows
}

/// Whether a step may share the row of others: arrivals of what one process says to several.
fn belong<'a>(scene: &Scene<'a>, row: &[Step<'a>], step: &Step<'a>) -> bool {
    let (first, last) = (&row[0], &row[row.len() - 1]);
    let (Some((_, one)), Some((_, other))) = (first.cause(), step.cause()) else { return false };
    if first.time != step.time || last.outcomes().next().is_some() {
        return false;
    }
    match (&one.what, &other.what) {
        (What::Receive { .. }, What::Receive { .. }) => {
            let known = row.iter().any(|one| one.process == step.process);
            let message = |event| scene.source(event).and_then(|at| sent(scene, at));
            let (Some(one), Some(other)) = (message(one), message(other)) else { return false };
            !known && one.alike(&other) && scene.when(one.at) == scene.when(other.at)
        }
        _ => false,
    }
}

fn sent<'a>(scene: &Scene<'a>, at: usize) -> Option<Message<'a>> {
    scene.message(at, scene.trace.events.get(at)?)
}

impl<'a> Drawing<'a, '_> {
    /// The whole picture of a run in time.
    pub(super) fn draw_timed(mut self) -> Vec<Line> {
        self.margin = "ms".to_string();
        self.names();
        let rows = rows(self.scene);
        let clock = Clock::of(&self.scene.trace.header).until(self.scene.last_at());
        let folded = match rows.len() > ROWS_MAX {
            true => ROWS_MAX - LAST_ROWS..rows.len() - LAST_ROWS,
            false => 0..0,
        };
        let mut last = None;
        for (at, row) in rows.iter().enumerate() {
            let time = row.steps[0].time;
            let drawn = self.lines.len();
            self.borders(last, time, clock);
            self.margin = if last == Some(time) { String::new() } else { self.right(clock, time) };
            last = Some(time);
            self.wake(time);
            self.row(row);
            if folded.contains(&at) {
                self.lines.truncate(drawn);
            }
            if at + 1 == folded.end {
                self.fold(&rows[folded.clone()], clock);
                last = None;
            }
        }
        self.over(clock);
        self.lines.push(Line::default());
        self.legend();
        self.lines
    }

    /// A time as it stands in the margin.
    fn right(&self, clock: Clock, time: u64) -> String {
        format!("{:>width$}", clock.margin(time), width = self.lanes.left - 1)
    }

    /// The lines that a row comes after: of a round, and of what is calm from then on.
    fn borders(&mut self, last: Option<u64>, time: u64, clock: Clock) {
        let before = |at: u64| last.is_none_or(|last| last < at) && at <= time;
        if let Some((round, at)) = round_at(self.scene, time).filter(|&(_, at)| before(at)) {
            let mut line = self.rule(&format!("round {round}"));
            line.put(0, &self.right(clock, at), Ink::Faint);
            self.lines.push(line);
        }
        for (at, words) in turns(self.scene).into_iter().filter(|&(at, _)| before(at)) {
            self.margin = self.right(clock, at);
            self.bar(&words, self.marks.rule, Ink::Good);
        }
    }

    /// Who stood still and goes on by now.
    fn wake(&mut self, time: u64) {
        self.still.retain(|_, until| *until > time);
    }

    fn row(&mut self, row: &Row<'a>) {
        let step = &row.steps[0];
        let doings = row.doings.clone();
        match step.cause() {
            Some((_, event)) => match &event.what {
                What::Cut { .. } | What::Heal { .. } => return self.banner(row),
                What::Receive { .. } | What::Again { .. } | What::Missed { .. } => {
                    self.arrival(row, event, doings);
                }
                What::Lost { .. } => self.arrival(row, event, doings),
                _ => self.upset(step, event, doings),
            },
            None => self.at(step, self.marks.origin, doings),
        }
        self.outcomes(&row.steps);
    }

    /// A row with a mark where something happens that is no message.
    fn upset(&mut self, step: &Step<'a>, event: &'a Event, mut doings: Vec<(Ink, String)>) {
        let marks = self.marks;
        let (mark, ink, meaning, order) = match &event.what {
            What::Crash { .. } => (marks.crash, Ink::Fault, "crashes", 4),
            What::Restart { .. } => (marks.up, Ink::Good, "is up again", 9),
            What::Pause { .. } => (marks.pause, Ink::Fault, "stands still for a while", 10),
            What::Step { .. } | What::Drift { .. } => (marks.clock, Ink::Fault, "its clock", 11),
            What::Timer { .. } => (marks.timer, Ink::Plain, "timer", 12),
            What::Flip { .. } | What::FlipRecord { .. } => {
                (marks.flip, Ink::Fault, "a bit flips", 5)
            }
            _ => (marks.origin, Ink::Strong, "", 0),
        };
        if !meaning.is_empty() {
            self.used.insert(order, (mark.to_string(), meaning));
        }
        doings.insert(0, (ink, words::predicate(self.scene, event)));
        if let What::Restart { .. } = event.what {
            self.gone.remove(&step.process);
        }
        self.at(step, mark, doings);
        match event.what {
            What::Crash { .. } => {
                self.gone.insert(step.process);
                self.still.remove(&step.process);
            }
            What::Pause { ticks } => {
                self.still.insert(step.process, step.time.saturating_add(ticks));
            }
            _ => {}
        }
    }

    /// A row with one mark.
    fn at(&mut self, step: &Step<'a>, mark: char, notes: Vec<(Ink, String)>) {
        let mut line = self.lifelines();
        let ink = notes.first().map_or(Ink::Plain, |(ink, _)| *ink);
        line.mark(self.lanes.column(step.process), mark, ink);
        self.push_notes(line, &notes);
    }

    /// A row with the arrow of a message that arrives, or does not.
    fn arrival(&mut self, row: &Row<'a>, event: &'a Event, mut notes: Vec<(Ink, String)>) {
        let Some(message) = self.scene.source(event).and_then(|at| sent(self.scene, at)) else {
            notes.insert(0, (Ink::Fault, words::predicate(self.scene, event)));
            return self.at(&row.steps[0], self.marks.origin, notes);
        };
        let (style, lost, remark) = self.passage(&message, event);
        let mut line = self.lifelines();
        let label = format!(" {} ", words::said(message.label));
        let mut fits = true;
        for rightwards in [true, false] {
            let to: BTreeSet<u16> = row.steps.iter().map(|step| step.process).collect();
            let to: BTreeSet<u16> =
                to.into_iter().filter(|&to| (to > message.from) == rightwards).collect();
            if !to.is_empty() {
                fits &= self.flight(&mut line, message.from, &to, &label, (&style, lost));
            }
        }
        for step in row.steps.iter().filter(|_| !lost && !notes.is_empty()) {
            let broken = notes.iter().any(|(ink, _)| *ink == Ink::Bad);
            let (mark, ink) = match broken {
                true => (self.marks.expose, Ink::Bad),
                false => (self.marks.origin, style.ink),
            };
            line.mark(self.lanes.column(step.process), mark, ink);
        }
        let mut head: Vec<(Ink, String)> = Vec::new();
        if !fits {
            head.push((style.ink, format!("gets {}", words::said(message.label))));
        }
        head.extend(remark);
        if message.is_lie() && !lost {
            let truth = match message.should {
                Some(truth) => format!("should say {}", words::should(truth)),
                None => "unasked".to_string(),
            };
            head.push((Ink::Lie, format!("a lie: {truth}")));
        }
        let long = self.scene.time.map_or(0, |time| time.delay_ticks.saturating_mul(2));
        let took = self.scene.when(event_at(row)).saturating_sub(self.scene.when(message.at));
        if took > long && !lost {
            let clock = Clock::of(&self.scene.trace.header);
            head.push((Ink::Faint, format!("sent {} before", clock.span(took))));
        }
        if let (true, Some((_, first))) = (row.steps.len() > 1, notes.first_mut()) {
            *first = format!("each {first}");
        }
        head.append(&mut notes);
        self.push_notes(line, &head);
    }

    /// How the arrow of an arrival is drawn, whether it ends in a cross, and what is odd about it.
    fn passage(
        &mut self,
        message: &Message<'a>,
        event: &Event,
    ) -> (marks::Shaft, bool, Option<(Ink, String)>) {
        let style = self.style(message);
        let lost = self.marks.lost;
        match &event.what {
            What::Lost { cause, .. } => {
                self.used.insert(3, (lost.to_string(), "is lost"));
                let why = words::loss(cause).replacen("it is", &format!("p{} is", message.to), 1);
                (style, true, Some((Ink::Fault, format!("lost: {why}"))))
            }
            What::Missed { .. } => {
                self.used.insert(3, (lost.to_string(), "is lost"));
                (style, true, Some((Ink::Fault, "omits to receive it".to_string())))
            }
            What::Again { .. } => {
                let shaft = self.marks.again;
                let mark = [shaft.line, shaft.line, self.marks.right].iter().collect();
                self.used.insert(13, (mark, "once more"));
                (shaft, false, Some((Ink::Plain, "once more".to_string())))
            }
            _ => (style, false, None),
        }
    }

    /// Draw an arrow to one side. Says whether the label had room.
    fn flight(
        &self,
        line: &mut Line,
        from: u16,
        to: &BTreeSet<u16>,
        label: &str,
        (style, lost): (&marks::Shaft, bool),
    ) -> bool {
        let (Some(&least), Some(&most)) = (to.first(), to.last()) else { return true };
        let rightwards = most > from;
        let (low, high) = if rightwards { (from, most) } else { (least, from) };
        let (start, end) = (self.lanes.column(low), self.lanes.column(high));
        for column in start + 1..end {
            line.mark(column, style.line, style.ink);
        }
        let arrow = if rightwards { self.marks.right } else { self.marks.left };
        let branch = if rightwards { style.branch_right } else { style.branch_left };
        for process in low..=high {
            let column = self.lanes.column(process);
            if to.contains(&process) {
                let before = if rightwards { column - 1 } else { column + 1 };
                line.mark(before, if lost { self.marks.lost } else { arrow }, style.ink);
                if process != low && process != high {
                    line.mark(column, branch, style.ink);
                }
            } else if !self.gone.contains(&process) {
                let mark = if process == from { branch } else { style.crossing };
                line.mark(column, mark, style.ink);
            }
        }
        // The label may stand on lifelines between, but not on the branch to another receiver.
        let next = if rightwards { to.first() } else { to.last() };
        let span = next.map_or(0, |&next| usize::from(next.abs_diff(from)) * self.lanes.gap);
        let size = label.chars().count();
        let fits = size + 3 <= span;
        if fits {
            let at = self.lanes.column(from);
            line.put(if rightwards { at + 2 } else { at - 1 - size }, label, style.ink);
        }
        fits
    }

    /// What the processes of a row conclude, each in a box on its lifeline.
    fn outcomes(&mut self, steps: &[Step<'a>]) {
        for step in steps {
            for (at, event) in step.outcomes() {
                let guilty = self.scene.guilty.contains(&at);
                let ink = if guilty { Ink::Bad } else { Ink::Decision };
                let (label, note) = match &event.what {
                    What::Decide { value } => {
                        let label = self.decision(value);
                        let hidden = !label.contains(value.as_str());
                        (label, hidden.then(|| format!("decides {value}")))
                    }
                    What::Output { value } => {
                        let room = (self.lanes.gap + self.lanes.gap / 2).saturating_sub(5);
                        let label = format!("‹{}›", words::cut(value, room));
                        self.used.insert(14, ("‹v›".to_string(), "an output"));
                        (label, (value.chars().count() > room).then(|| value.clone()))
                    }
                    _ => continue,
                };
                let mut line = self.lifelines();
                let size = label.chars().count();
                let middle = self.lanes.column(event.process);
                let latest = (self.lanes.end() + 1).saturating_sub(size);
                let column = middle.saturating_sub(size / 2).min(latest).max(self.lanes.left);
                line.put(column, &label, ink);
                let mut notes: Vec<(Ink, String)> = note.into_iter().map(|it| (ink, it)).collect();
                let shown = self.shown_by(&[(at, event)]);
                notes.extend(shown.into_iter().map(|it| (Ink::Bad, it)));
                self.push_notes(line, &notes);
            }
        }
    }

    /// A bar across the picture where links are cut or carry again.
    fn banner(&mut self, row: &Row<'a>) {
        let cut = matches!(row.steps[0].events[0].1.what, What::Cut { .. });
        let (mark, ink) =
            if cut { (self.marks.cut, Ink::Fault) } else { (self.marks.rule, Ink::Good) };
        let words = words::cut(&row.steps[0].comes(self.scene), BANNER_MAX);
        self.bar(&words, mark, ink);
    }

    /// Words across the whole picture.
    fn bar(&mut self, words: &str, mark: char, ink: Ink) {
        let room = self.width.saturating_sub(self.lanes.left + 8);
        for part in words::wrap(words, room) {
            let mut line = Line::default();
            for column in self.lanes.left..self.width {
                line.mark(column, mark, ink);
            }
            line.put(0, &core::mem::take(&mut self.margin), Ink::Faint);
            line.put(self.lanes.left + 4, &format!(" {part} "), ink);
            self.lines.push(line);
        }
    }

    /// Put a row with what is said at its right, each part in its own ink.
    fn push_notes(&mut self, mut line: Line, notes: &[(Ink, String)]) {
        let start = self.lanes.end() + 2;
        let room = self.width.saturating_sub(start).max(8);
        line.put(0, &core::mem::take(&mut self.margin), Ink::Faint);
        let mut column = 0;
        for (at, (ink, note)) in notes.iter().enumerate() {
            let end = if at + 1 < notes.len() { ";" } else { "" };
            let mut note = note.clone();
            note.push_str(end);
            for word in note.split_whitespace().flat_map(|word| words::wrap(word, room)) {
                let size = word.chars().count();
                if column > 0 && column + 1 + size > room {
                    self.lines.push(core::mem::replace(&mut line, self.lifelines()));
                    column = 0;
                }
                column += usize::from(column > 0);
                line.put(start + column, &word, *ink);
                column += size;
            }
        }
        self.lines.push(line);
    }

    /// What is left out of a run that is too long.
    fn fold(&mut self, rows: &[Row<'a>], clock: Clock) {
        let steps = rows.iter().flat_map(|row| &row.steps);
        let sends = |what: &What| matches!(what, What::Send { .. });
        let events = || steps.clone().flat_map(|step| &step.events).map(|(_, event)| event);
        let messages = events().filter(|event| sends(&event.what)).count();
        let outcomes = steps.clone().flat_map(Step::outcomes).count();
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return };
        let mut what = format!(
            "Left out, from {} to {}: {}, {} sent",
            clock.span(first.steps[0].time),
            clock.span(last.steps[0].time),
            words::number(steps.clone().count() as u64, "step"),
            words::number(messages as u64, "message"),
        );
        if outcomes > 0 {
            what.push_str(&format!(", {}", words::number(outcomes as u64, "result")));
        }
        what.push('.');
        let line = self.lifelines();
        self.lines.push(line);
        let lines = words::wrap(&what, self.width.saturating_sub(self.lanes.left));
        for part in lines {
            let mut line = Line::default();
            line.put(self.lanes.left, &part, Ink::Strong);
            self.lines.push(line);
        }
        let line = self.lifelines();
        self.lines.push(line);
    }

    /// The end, and what is still on its way then.
    fn over(&mut self, clock: Clock) {
        let over = self.scene.over_at();
        self.wake(over);
        self.margin = self.right(clock, over);
        let flying = self.scene.flying();
        let last = match self.scene.circle() {
            Some(from) => (
                Ink::Fault,
                format!("and so on for ever, as from {} ms", clock.margin(from).trim()),
            ),
            None => (Ink::Faint, "it is over".to_string()),
        };
        let mut notes = alloc::vec![last];
        if flying > 0 {
            let messages = words::number(flying as u64, "message");
            notes.push((Ink::Faint, format!("{messages} still on the way")));
        }
        let line = self.lifelines();
        self.push_notes(line, &notes);
    }
}

fn event_at(row: &Row<'_>) -> usize {
    row.steps[0].events[0].0
}
