//! The space-time diagram for a terminal.
//!
//! Processes are columns, time runs downwards. Messages that differ only in their receiver share
//! a row; what is odd about a row is said at its right.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use quorate_trace::{Event, Judged, Trace, What};

use crate::TextOptions;
use crate::canvas::{Ink, Line};
use crate::scene::{Group, Scene, groups, is_violated};
use crate::{table, words};

mod arrows;
mod marks;
mod timed;
mod verdict;

pub(crate) use marks::plain as ascii;
pub(crate) use verdict::verdict;

use marks::Marks;

/// The columns kept for what is said at the right of a row.
const NOTE_COLUMNS: usize = 34;
/// The same for a run in time, which has a margin for the time as well.
const TIMED_NOTE_COLUMNS: usize = 30;
/// The narrowest and the widest distance of two lifelines.
const LANE_COLUMNS: (usize, usize) = (7, 18);
/// The rows of messages after which no further round is drawn.
const ROWS_MAX: usize = 240;

/// Draw a run for a terminal: the space-time diagram, the verdict with its witnesses, and a legend
/// of the marks that were used. A group too large for the width gets its [`table`] instead.
pub fn text(trace: &Trace, options: &TextOptions) -> String {
    let options = TextOptions { width: options.width.max(40), ..*options };
    let scene = Scene::new(trace);
    let mut out = String::new();
    let mut lines = if options.framed { heading(&scene, options.width) } else { Vec::new() };
    match Lanes::fit(&scene, &options) {
        Some(lanes) if scene.time.is_some() => {
            lines.extend(Drawing::new(&scene, lanes, &options).draw_timed());
        }
        Some(lanes) => lines.extend(Drawing::new(&scene, lanes, &options).draw()),
        None => {
            let why = "Too many processes for lifelines at this width; here is the table instead.";
            lines.extend(words::wrap(why, options.width).iter().map(|s| Line::of(s, Ink::Faint)));
            lines.push(Line::default());
            lines.extend(table::lines(&scene, options.width));
        }
    }
    if options.framed {
        lines.extend(verdict(&scene, &options));
    }
    for line in lines {
        line.write(options.width, options.colour, &mut out);
    }
    if options.unicode { out } else { ascii(&out) }
}

/// The first lines of every text about a run.
pub(crate) fn heading(scene: &Scene<'_>, width: usize) -> Vec<Line> {
    let title = words::wrap(&words::heading(&scene.trace.header), width);
    let mut lines: Vec<Line> = title.iter().map(|line| Line::of(line, Ink::Strong)).collect();
    lines.push(Line::default());
    lines
}

/// Where the lifelines are.
#[derive(Clone, Copy)]
struct Lanes {
    n: u16,
    gap: usize,
    /// The columns of the margin.
    left: usize,
}

impl Lanes {
    fn fit(scene: &Scene<'_>, options: &TextOptions) -> Option<Self> {
        let n = scene.trace.header.n;
        let (left, notes) = match scene.time {
            Some(_) => (timed::margin(scene), TIMED_NOTE_COLUMNS),
            None => (0, NOTE_COLUMNS),
        };
        let room = options.width.saturating_sub(left + notes) / usize::from(n.max(1));
        if n == 0 || room < LANE_COLUMNS.0 {
            return None;
        }
        let labels = scene.trace.events.iter().map(|event| match &event.what {
            What::Send { message, .. } | What::Unsent { message, .. } => {
                message.chars().count() + 6
            }
            What::Decide { value } => value.chars().count() + if n > 3 { 4 } else { 11 },
            _ => 0,
        });
        let parts = (0..n).map(|process| scene.part(process).chars().count() + 2);
        let wanted = labels.chain(parts).max().unwrap_or(0).max(10);
        Some(Self { n, gap: wanted.min(room).clamp(LANE_COLUMNS.0, LANE_COLUMNS.1), left })
    }

    fn column(self, process: u16) -> usize {
        self.left + usize::from(process) * self.gap + self.gap / 2
    }

    fn end(self) -> usize {
        self.left + usize::from(self.n) * self.gap
    }
}

/// A drawing in the making.
struct Drawing<'a, 'b> {
    scene: &'b Scene<'a>,
    lanes: Lanes,
    marks: Marks,
    width: usize,
    /// Who has crashed so far.
    gone: BTreeSet<u16>,
    /// Who stands still, and until when.
    still: BTreeMap<u16, u64>,
    /// The time that the next row begins with.
    margin: String,
    /// The entries of the legend, by their order.
    used: BTreeMap<usize, (String, &'static str)>,
    lines: Vec<Line>,
}

impl<'a, 'b> Drawing<'a, 'b> {
    fn new(scene: &'b Scene<'a>, lanes: Lanes, options: &TextOptions) -> Self {
        Self {
            scene,
            lanes,
            marks: Marks::DRAWN,
            width: options.width,
            gone: BTreeSet::new(),
            still: BTreeMap::new(),
            margin: String::new(),
            used: BTreeMap::new(),
            lines: Vec::new(),
        }
    }

    fn draw(mut self) -> Vec<Line> {
        self.names();
        let mut rows = 0;
        for (at, &round) in self.scene.rounds.iter().enumerate() {
            let groups = groups(self.scene.messages(round));
            rows += groups.len() + 1;
            if rows > ROWS_MAX && at > 0 {
                self.left_out(at);
                break;
            }
            self.separator(round);
            self.round(round, groups);
        }
        let lifelines = self.lifelines();
        self.lines.push(lifelines);
        self.lines.push(Line::default());
        self.legend();
        self.lines
    }

    /// Who is who, and what each was given.
    fn names(&mut self) {
        let scene = self.scene;
        let mut inputs: BTreeMap<u16, &str> = BTreeMap::new();
        for (_, event) in scene.events(0) {
            if let What::Input { value } = &event.what {
                inputs.insert(event.process, value);
            }
        }
        let input = |process| inputs.get(&process).copied().unwrap_or("");
        self.name_row("", Ink::Strong, |process| format!("p{process}"));
        self.name_row("", Ink::Plain, |process| scene.part(process).to_string());
        self.name_row("", Ink::Fault, |process| scene.fault(process).to_string());
        self.name_row("is given", Ink::Decision, |process| input(process).to_string());
        let lifelines = self.lifelines();
        self.lines.push(lifelines);
    }

    fn name_row(&mut self, note: &str, ink: Ink, name: impl Fn(u16) -> String) {
        let names: Vec<String> = (0..self.lanes.n).map(name).collect();
        if names.iter().all(|name| name.is_empty()) {
            return;
        }
        // A name with no neighbours may take their room.
        let alone = names.iter().filter(|name| !name.is_empty()).count() == 1;
        let room = if alone { self.lanes.gap * 2 - 2 } else { self.lanes.gap - 1 };
        let mut line = Line::default();
        for (process, name) in (0..self.lanes.n).zip(&names) {
            line.centre(self.lanes.column(process), &words::cut(name, room), ink);
        }
        line.put(self.lanes.end() + 2, note, Ink::Faint);
        self.lines.push(line);
    }

    fn lifelines(&self) -> Line {
        let mut line = Line::default();
        for process in 0..self.lanes.n {
            if !self.gone.contains(&process) {
                let still = self.still.contains_key(&process);
                let mark = if still { self.marks.still } else { self.marks.life };
                line.mark(self.lanes.column(process), mark, Ink::Faint);
            }
        }
        line
    }

    fn separator(&mut self, round: u16) {
        let line = self.rule(&format!("round {round}"));
        self.lines.push(line);
    }

    /// A line across all lifelines, and what it stands for.
    fn rule(&self, meaning: &str) -> Line {
        let mut line = Line::default();
        for column in self.lanes.left..self.lanes.end() {
            line.mark(column, self.marks.rule, Ink::Faint);
        }
        for process in 0..self.lanes.n {
            if !self.gone.contains(&process) {
                line.mark(self.lanes.column(process), self.marks.rule_life, Ink::Faint);
            }
        }
        line.put(self.lanes.end() + 2, meaning, Ink::Strong);
        line
    }

    fn round(&mut self, round: u16, groups: Vec<Group<'a>>) {
        for (_, event) in self.scene.events(round) {
            if let What::Flip { bit, before, after } = &event.what {
                let note = format!("bit {bit} flips: {before} → {after}");
                self.used.insert(5, (self.marks.flip.to_string(), "a bit of the state flips"));
                self.single(event.process, self.marks.flip, Ink::Fault, &note);
            }
        }
        let crashing: Vec<u16> = self
            .scene
            .crashed
            .iter()
            .filter(|&(_, &when)| when == round)
            .map(|(&process, _)| process)
            .collect();
        for (at, group) in groups.iter().enumerate() {
            let from = group[0].from;
            let last = !groups[at + 1..].iter().any(|later| later[0].from == from);
            let crash = last && crashing.contains(&from);
            let shown = crash && group[0].cause == Some("crash");
            self.arrows(group, shown);
            if crash && !shown {
                self.crash(from);
            }
            if crash {
                self.gone.insert(from);
            }
        }
        for process in crashing {
            if !self.gone.contains(&process) {
                self.crash(process);
                self.gone.insert(process);
            }
        }
        self.outcome(round);
    }

    fn crash(&mut self, process: u16) {
        self.used.insert(4, (self.marks.crash.to_string(), "crashes"));
        self.single(process, self.marks.crash, Ink::Fault, &format!("p{process} crashes"));
    }

    /// A row with one mark on one lifeline.
    fn single(&mut self, process: u16, mark: char, ink: Ink, note: &str) {
        let mut line = self.lifelines();
        line.mark(self.lanes.column(process), mark, ink);
        self.push(line, note, ink);
    }

    /// What the processes conclude at the end of a round.
    fn outcome(&mut self, round: u16) {
        let events: Vec<(usize, &Event)> = self.scene.events(round).collect();
        let mut boxes = self.lifelines();
        let mut any = false;
        let mut hidden: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
        for &(at, event) in &events {
            if let What::Decide { value } = &event.what {
                let ink = if self.scene.guilty.contains(&at) { Ink::Bad } else { Ink::Decision };
                let label = self.decision(value);
                if !label.contains(value.as_str()) {
                    hidden.entry(value).or_default().push(event.process);
                }
                boxes.centre(self.lanes.column(event.process), &label, ink);
                any = true;
            }
        }
        if any {
            let shown = self.shown_by(&events);
            let ink = if shown.is_empty() { Ink::Plain } else { Ink::Bad };
            let hidden = hidden.into_iter().map(|(value, who)| match who.len() {
                1 => format!("{} decides {value}", words::names(who)),
                _ => format!("{} decide {value}", words::names(who)),
            });
            let note: Vec<String> = hidden.chain(shown).collect();
            self.push(boxes, &note.join(", "), ink);
        }
        for (at, event) in events {
            if let What::Expose { .. } = event.what {
                self.used.insert(7, (self.marks.expose.to_string(), "can prove a lie"));
                let note = words::event(self.scene, at, event);
                self.single(event.process, self.marks.expose, Ink::Strong, &note);
            }
        }
    }

    /// Which violations the decisions among these events show.
    fn shown_by(&self, events: &[(usize, &Event)]) -> Vec<String> {
        let deciding = |judged: &&Judged| {
            let shows = |event: &&Event| {
                matches!(event.what, What::Decide { .. }) && judged.events.contains(&event.i)
            };
            let who: Vec<u16> = events
                .iter()
                .map(|(_, event)| *event)
                .filter(shows)
                .map(|event| event.process)
                .collect();
            (!who.is_empty()).then(|| format!("{} violated at {}", judged.name, words::names(who)))
        };
        let violated = self.scene.trace.closing.requirements.iter().filter(|one| is_violated(one));
        violated.filter_map(|judged| deciding(&judged)).collect()
    }

    fn decision(&mut self, value: &str) -> String {
        let room = self.lanes.gap - 1;
        let long = format!("[decides {value}]");
        if long.chars().count() <= room {
            return long;
        }
        self.used.insert(6, ("[v]".to_string(), "decides v"));
        format!("[{}]", words::cut(value, room.saturating_sub(2)))
    }

    fn push(&mut self, mut line: Line, note: &str, ink: Ink) {
        let column = self.lanes.end() + 2;
        line.put(0, &core::mem::take(&mut self.margin), Ink::Faint);
        for part in words::wrap(note, self.width.saturating_sub(column)) {
            line.put(column, &part, ink);
            self.lines.push(core::mem::replace(&mut line, self.lifelines()));
        }
    }

    fn left_out(&mut self, at: usize) {
        let rounds = &self.scene.rounds[at..];
        let messages: usize = rounds.iter().map(|&round| self.scene.messages(round).len()).sum();
        let (first, last) = (rounds[0], rounds[rounds.len() - 1]);
        let what = format!(
            "Rounds {first} to {last} are left out: {}.",
            words::number(messages as u64, "message")
        );
        self.lines.push(Line::of(&what, Ink::Strong));
    }

    fn legend(&mut self) {
        let used = core::mem::take(&mut self.used);
        if used.is_empty() {
            return;
        }
        let mut line = String::new();
        for (mark, meaning) in used.values() {
            let entry = format!("{mark} {meaning}");
            if !line.is_empty() && line.chars().count() + 3 + entry.chars().count() > self.width {
                self.lines.push(Line::of(&core::mem::take(&mut line), Ink::Faint));
            }
            if !line.is_empty() {
                line.push_str("   ");
            }
            line.push_str(&entry);
        }
        self.lines.push(Line::of(&line, Ink::Faint));
        self.lines.push(Line::default());
    }
}
