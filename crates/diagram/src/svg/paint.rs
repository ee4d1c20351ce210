//! The picture itself: lanes, arrows with their labels, and what happens at the processes.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use quorate_trace::{Event, What};

use super::layout::{Band, Layout, TOP, lines, short};
use super::panel;
use super::pen::{Area, Pen, width};
use crate::scene::{Fate, Message, Scene};
use crate::words;

/// Where along its arrow a label may stand, in hundredths, best first.
const PLACES: [i32; 11] = [60, 66, 54, 72, 48, 78, 42, 36, 84, 30, 24];
/// Where an arrow ends that never leaves its sender, in hundredths.
const STUB: i32 = 44;

/// Paint everything but the verdict. Says where the picture ends.
pub(super) fn diagram(pen: &mut Pen, scene: &Scene<'_>, layout: &Layout<'_>) -> i32 {
    pen.text("heading", 24, 40, &words::heading(&scene.trace.header));
    pen.text("panel quiet cost-line", 24, 62, &words::cost(scene.trace));
    for (at, band) in layout.bands.iter().enumerate() {
        let class = if at % 2 == 0 { "band" } else { "band-odd" };
        let (y, height) = (TOP - 30, layout.bottom() - TOP + 34);
        pen.rect(class, Area { x: band.x, y, width: band.width, height }, 0);
        pen.text("round", band.x + 12, TOP - 12, &format!("round {}", band.round));
    }
    for process in 0..layout.shown {
        lifeline(pen, scene, layout, process);
    }
    inputs(pen, scene, layout);
    for band in &layout.bands {
        Painter { pen, scene, layout, band, taken: Vec::new() }.paint();
    }
    let end = panel::legend(pen, scene, layout, layout.bottom() + 30);
    panel::left_out(pen, scene, layout, end)
}

fn lifeline(pen: &mut Pen, scene: &Scene<'_>, layout: &Layout<'_>, process: u16) {
    let y = layout.y(process);
    name(pen, scene, process, y);
    let when = scene.crashed.get(&process);
    let gone = layout.bands.iter().find(|band| Some(&band.round) == when);
    let alive = gone.map_or(layout.end(), |band| crash_at(band));
    pen.line("life", [layout.start(), y, alive, y], "");
    if alive < layout.end() {
        pen.line("dead", [alive, y, layout.end(), y], "");
    }
}

/// Who a lane belongs to.
pub(super) fn name(pen: &mut Pen, scene: &Scene<'_>, process: u16, y: i32) {
    let (part, fault) = (scene.part(process), scene.fault(process));
    let two = !part.is_empty() && !fault.is_empty();
    let none = part.is_empty() && fault.is_empty();
    let base = if two {
        y - 8
    } else if none {
        y + 5
    } else {
        y - 2
    };
    pen.text("name", 24, base, &format!("p{process}"));
    for (at, (class, what)) in
        (1..).zip([("role", part), ("fault", fault)].iter().filter(|(_, what)| !what.is_empty()))
    {
        pen.text(class, 24, base + at * 15, &words::cut(what, 18));
    }
}

/// Where in its last round a process ends: after what it still sends.
fn crash_at(band: &Band<'_>) -> i32 {
    band.send + (band.send - band.x) / 2 + 22
}

fn inputs(pen: &mut Pen, scene: &Scene<'_>, layout: &Layout<'_>) {
    let Some(x) = layout.given else { return };
    pen.text("round", layout.gutter, TOP - 12, "given");
    for (at, event) in scene.events(0).filter(|(_, event)| event.process < layout.shown) {
        if let What::Input { value } = &event.what {
            let lines = [short(value)];
            let class = if scene.guilty.contains(&at) { "guilty" } else { "given" };
            let area = Area::around(x, layout.y(event.process), &lines);
            pen.open("event", &key(at));
            pen.title(&words::event(scene, at, event));
            pen.pill(class, area, &lines);
            pen.close();
        }
    }
}

/// What ties a shape to its event on the page.
pub(super) fn key(at: usize) -> String {
    format!(" data-at=\"{at}\"")
}

/// The painter of one round.
struct Painter<'p, 'a> {
    pen: &'p mut Pen,
    scene: &'p Scene<'a>,
    layout: &'p Layout<'a>,
    band: &'p Band<'a>,
    /// Where labels already are.
    taken: Vec<Area>,
}

impl<'p, 'a> Painter<'p, 'a> {
    fn paint(mut self) {
        let band = self.band;
        // What stands on the lifelines keeps its place; labels on arrows move out of its way.
        let marks: Vec<(usize, &Event)> = self
            .scene
            .events(band.round)
            .filter(|(_, event)| event.process < self.layout.shown)
            .collect();
        self.reserve(&marks);
        // Lies last, so that no honest arrow covers them.
        for odd in [false, true] {
            let all = band.groups.iter().flatten();
            for message in all.filter(|one| odd == (style(one).0 != "arrow")) {
                self.arrow(message);
            }
        }
        for group in &band.groups {
            let first = &group[0];
            if band.voices.get(&first.from) == Some(&1) {
                self.voice(group);
            } else {
                // Who crashes says why it is silent; to say it once is enough.
                let once = first.cause == Some("crash");
                for message in group.iter().take(if once { 1 } else { group.len() }) {
                    self.label(message);
                }
            }
        }
        for (at, event) in marks {
            self.mark(at, event);
        }
    }

    fn reserve(&mut self, marks: &[(usize, &Event)]) {
        for group in &self.band.groups {
            let first = &group[0];
            let lines = self.spoken(first);
            self.taken.push(Area::around(self.band.send, self.layout.y(first.from), &lines));
            let split = self.band.voices.get(&first.from) != Some(&1);
            for message in group.iter().filter(|_| split) {
                let part = if message.fate == Fate::Unsent { STUB } else { 100 };
                let [x1, y1, x2, y2] = self.ends(message);
                let (x, y) = (x1 + (x2 - x1) * part / 100, y1 + (y2 - y1) * part / 100);
                self.taken.push(Area { x: x - 8, y: y - 8, width: 16, height: 16 });
            }
        }
        for (_, event) in marks {
            let y = self.layout.y(event.process);
            match &event.what {
                What::Decide { value } => {
                    let lines = [decision(value)];
                    self.taken.push(Area::around(self.band.outcome, y, &lines));
                }
                What::Crash { .. } => {
                    let x = crash_at(self.band);
                    self.taken.push(Area { x: x - 10, y: y - 12, width: 66, height: 24 });
                }
                _ => {}
            }
        }
    }

    /// What stands at the sender itself: what it says to all alike, or a mere point.
    fn spoken(&self, message: &Message<'_>) -> Vec<String> {
        let alone = self.band.voices.get(&message.from) == Some(&1);
        if alone { lines(message) } else { alloc::vec![String::new()] }
    }

    /// Both ends of an arrow.
    fn ends(&self, message: &Message<'_>) -> [i32; 4] {
        let (from, to) = (self.layout.y(message.from), self.layout.y(message.to));
        let distance = i32::from(message.from.abs_diff(message.to));
        // Near senders arrive first and those from below a little later, so that tips stay apart.
        let below = if message.from > message.to { 4 } else { 0 };
        [self.band.send, from, self.band.receive + (distance - 1) * 9 + below, to]
    }

    fn arrow(&mut self, message: &Message<'a>) {
        let [x1, y1, x2, y2] = self.ends(message);
        let along = |part: i32| (x1 + (x2 - x1) * part / 100, y1 + (y2 - y1) * part / 100);
        let (class, tip, cross) = style(message);
        let part = match message.fate {
            Fate::Received(_) | Fate::Down => 100,
            Fate::Missed(_) | Fate::Lost | Fate::Dropped(..) | Fate::Flying => 88,
            Fate::Unsent => STUB,
        };
        let (x2, y2) = along(part);
        let received = match message.fate {
            Fate::Received(at) | Fate::Missed(at) | Fate::Dropped(at, _) => {
                format!(" data-to=\"{at}\"")
            }
            // It was sent and never arrives: no event is its end.
            Fate::Down | Fate::Lost | Fate::Flying => String::from(" data-lost=\"\""),
            Fate::Unsent => String::new(),
        };
        let crowd = if self.layout.shown > 5 { " crowd" } else { "" };
        self.pen.open(&format!("event message{crowd}"), &format!("{}{received}", key(message.at)));
        self.pen.title(&tooltip(self.scene, message));
        let more = if part == 100 { format!(" marker-end=\"url(#{tip})\"") } else { String::new() };
        self.pen.line("hit", [x1, y1, x2, y2], "");
        self.pen.line(class, [x1, y1, x2, y2], &more);
        if part < 100 {
            self.pen.cross(cross, x2, y2, 5);
        }
        self.pen.close();
    }

    /// One label at the sender for all who are told the same.
    fn voice(&mut self, group: &[Message<'a>]) {
        let first = &group[0];
        let lines = lines(first);
        let area = Area::around(self.band.send, self.layout.y(first.from), &lines);
        let all: Vec<String> = group.iter().map(|one| one.at.to_string()).collect();
        let all = format!("{} data-all=\"{}\"", key(first.at), all.join(" "));
        self.pen.open("event", &all);
        self.pen.title(&tooltip(self.scene, first));
        self.pen.pill(pill(first), area, &lines);
        self.pen.close();
    }

    /// A label of its own for a message, where the least is in its way.
    fn label(&mut self, message: &Message<'a>) {
        let lines = lines(message);
        let [x1, y1, x2, y2] = self.ends(message);
        let along = |part: i32| (x1 + (x2 - x1) * part / 100, y1 + (y2 - y1) * part / 100);
        let mut places: Vec<(i32, i32)> = Vec::new();
        if message.fate == Fate::Unsent {
            let (x, y) = along(STUB);
            let aside = Area::around(x, y, &lines).width / 2 + 12;
            let steps = [0, 8, -8, 16, -16, 24, -24, 36, -36, 52, -52];
            places.extend(steps.map(|step| (x + aside, y + step)));
            places.extend(steps.map(|step| (x - aside, y + step)));
        }
        places.extend(PLACES.map(along));
        let areas = places.into_iter().map(|(x, y)| Area::around(x, y, &lines));
        let clash = |area: &Area| {
            let covered: i32 = self.taken.iter().map(|one| one.overlap(area)).sum();
            covered + self.crossed(area, message)
        };
        let Some(area) = areas.min_by_key(clash) else { return };
        self.taken.push(area);
        self.pen.open("event", &key(message.at));
        self.pen.raw(&format!("<circle class=\"node\" cx=\"{x1}\" cy=\"{y1}\" r=\"4\"/>"));
        self.pen.title(&tooltip(self.scene, message));
        self.pen.pill(pill(message), area, &lines);
        self.pen.close();
    }

    /// How much of its sender's other arrows a label would cover: it would seem to be theirs.
    fn crossed(&self, area: &Area, message: &Message<'a>) -> i32 {
        let all = self.band.groups.iter().filter(|group| group[0].from == message.from).flatten();
        let others = all.filter(|one| one.at != message.at);
        let points = others.flat_map(|one| {
            let [x1, y1, x2, y2] = self.ends(one);
            (5..=20).map(move |part| (x1 + (x2 - x1) * part / 20, y1 + (y2 - y1) * part / 20))
        });
        points.filter(|&(x, y)| area.holds(x, y)).count() as i32 * 40
    }

    /// What happens at one process.
    fn mark(&mut self, at: usize, event: &Event) {
        let y = self.layout.y(event.process);
        let (class, x, y, text) = match &event.what {
            What::Decide { value } => {
                let class = if self.scene.guilty.contains(&at) { "guilty" } else { "decision" };
                (class, self.band.outcome, y, decision(value))
            }
            What::Flip { before, after, .. } => {
                let text = format!("{} → {}", short(before), short(after));
                (self.flip(y), self.band.x + 20 + width(text.chars().count()) / 2, y - 24, text)
            }
            What::Expose { liar, .. } => {
                ("odd", self.band.outcome, y + 24, format!("! p{liar} lied"))
            }
            What::Crash { .. } => return self.crash(at, event, y),
            What::State { .. } => return self.state(at, event, y),
            _ => return,
        };
        let lines = [text];
        self.pen.open("event", &key(at));
        self.pen.title(&words::event(self.scene, at, event));
        self.pen.pill(class, Area::around(x, y, &lines), &lines);
        self.pen.close();
    }

    /// A bolt on the lifeline.
    fn flip(&mut self, y: i32) -> &'static str {
        let x = self.band.x + 14;
        self.pen.raw(&format!(
            "<path class=\"tip-flip\" d=\"M{},{} l-8,12 h6 l-4,10 l11,-14 h-6 l4,-8 z\"/>",
            x + 2,
            y - 11
        ));
        "odd"
    }

    fn crash(&mut self, at: usize, event: &Event, y: i32) {
        let x = crash_at(self.band);
        self.pen.open("event", &key(at));
        self.pen.title(&words::event(self.scene, at, event));
        self.pen.cross("crash", x, y, 7);
        self.pen.text("crash-text", x + 12, y + 4, "crashes");
        self.pen.close();
    }

    fn state(&mut self, at: usize, event: &Event, y: i32) {
        let x = self.band.x + self.band.width - 2;
        self.pen.open("event", &key(at));
        self.pen.title(&words::event(self.scene, at, event));
        self.pen.raw(&format!("<circle class=\"tick\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>"));
        self.pen.close();
    }
}

fn decision(value: &str) -> String {
    format!("decides {}", short(value))
}

/// The class of an arrow, its tip, and the cross that it may end in.
pub(super) fn style(message: &Message<'_>) -> (&'static str, &'static str, &'static str) {
    match message.cause {
        Some("silence") => ("silence", "tip-lie", "cross-lie"),
        Some(_) => ("unsent", "tip", "cross"),
        None if message.is_lie() => ("lie", "tip-lie", "cross-lie"),
        None if message.flipped.is_some() => ("flip", "tip-flip", "cross"),
        None => ("arrow", "tip", "cross"),
    }
}

pub(super) fn pill(message: &Message<'_>) -> &'static str {
    match message.cause {
        _ if message.is_lie() => "told",
        Some(_) => "note",
        None if message.flipped.is_some() => "odd",
        None => "says",
    }
}

/// What the pointer is told about a message: the event, its fate, and the rule behind it.
pub(super) fn tooltip(scene: &Scene<'_>, message: &Message<'_>) -> String {
    let mut parts = alloc::vec![words::event(scene, message.at, message.event)];
    let fate = words::fate(message);
    if !fate.is_empty() {
        parts.push(fate.to_string());
    }
    parts.push(format!("event {}", message.event.i));
    parts.extend(words::rules(&scene.trace.header, &message.event.rules));
    parts.join("\n")
}
