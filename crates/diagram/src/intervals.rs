//! Operations of clients as bars on an axis of time: what a judge of histories blames.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::svg::{Area, Pen, STYLE, escape, width};

/// An operation from its invocation to its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interval {
    /// Whose it is.
    pub client: String,
    /// What it does, and what it answered.
    pub label: String,
    /// The place of its invocation in the order of all events, and what is written there.
    pub begins: (u64, String),
    /// The same of its answer, if there was one.
    pub ends: Option<(u64, String)>,
    /// Whether it is the one that cannot be explained.
    pub blamed: bool,
}

/// Where the first bar may begin, and how far lines are apart.
const LEFT: i32 = 120;
const TOP: i32 = 84;
const LANE: i32 = 46;
/// The height of a bar.
const BAR: i32 = 26;
/// From the beginning of a bar to that of another one that overlaps, and to one that comes after.
const NEXT: i32 = 26;
const APART: i32 = 40;

const BARS: &str = ".bar{fill:#eaf3fb;stroke:#0b5cad;stroke-width:1.5}\
    .bar-open{fill:#f5f7fa;stroke:#0b5cad;stroke-width:1.5;stroke-dasharray:5 4}\
    .bar-blamed{fill:#fdecea;stroke:#b91c1c;stroke-width:2.5}\
    .bar-text{fill:#083f78}.bar-blamed-text{fill:#991b1b;font-weight:700}\
    .guide{stroke:#b91c1c;stroke-width:1;stroke-dasharray:3 4}\
    .when{font-size:11px;fill:#52606d;text-anchor:middle}\
    .client{font-size:14px;font-weight:600;text-anchor:end}";

/// Where the bars are: each one's line, and from where to where it goes.
struct Layout {
    lanes: Vec<(String, Vec<usize>)>,
    starts: Vec<i32>,
    /// Where it ends; one without an answer goes on to the right end.
    ends: Vec<i32>,
    right: i32,
}

impl Layout {
    /// Bars overlap in the picture if the operations did so; lengths mean nothing.
    fn new(all: &[Interval]) -> Self {
        let mut events: Vec<(u64, bool, usize)> = Vec::new();
        for (at, one) in all.iter().enumerate() {
            events.push((one.begins.0, false, at));
            events.extend(one.ends.iter().map(|(end, _)| (*end, true, at)));
        }
        events.sort_unstable();
        let room = |at: usize| width(all[at].label.chars().count()) + 20;
        let (mut starts, mut ends) = (Vec::new(), Vec::new());
        starts.resize(all.len(), LEFT);
        ends.resize(all.len(), None);
        let (mut x, mut answered) = (LEFT - NEXT, false);
        for (_, answer, at) in events {
            if answer {
                x = (x + NEXT).max(starts[at] + room(at));
                ends[at] = Some(x);
            } else {
                x += if answered { APART } else { NEXT };
                starts[at] = x;
            }
            answered = answer;
        }
        let open = (0..all.len()).filter(|at| ends[*at].is_none());
        let right = open.map(|at| starts[at] + room(at)).max().unwrap_or(x).max(x + NEXT);
        let mut lanes: Vec<(String, Vec<usize>)> = Vec::new();
        for (at, one) in all.iter().enumerate() {
            // A client that went on after an operation without an answer gets another line.
            let fits = |(name, lane): &(String, Vec<usize>)| {
                *name == one.client && lane.iter().all(|before| all[*before].ends.is_some())
            };
            match lanes.iter_mut().find(|lane| fits(lane)) {
                Some((_, lane)) => lane.push(at),
                None => lanes.push((one.client.clone(), [at].into())),
            }
        }
        lanes.sort_by_key(|(name, lane)| (name.len(), name.clone(), lane.clone()));
        let ends = ends.into_iter().map(|end| end.unwrap_or(right)).collect();
        Self { lanes, starts, ends, right }
    }
}

/// Draws operations, with what is to be said of them above.
pub fn intervals_svg(heading: &str, because: &str, all: &[Interval]) -> String {
    let layout = Layout::new(all);
    let bottom = TOP + LANE * i32::try_from(layout.lanes.len()).unwrap_or(1);
    let across = (layout.right + 76).max(width(because.chars().count()) + 48);
    let (across, height) = (across.max(width(heading.chars().count()) * 3 / 2 + 48), bottom + 60);
    let mut pen = Pen::default();
    let label = escape(&format!("{heading}. {because}"));
    pen.raw(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{label}\" \
         viewBox=\"0 0 {across} {height}\" width=\"{across}\" height=\"{height}\">"
    ));
    pen.raw(&format!("<style>{STYLE}{BARS}</style>"));
    pen.rect("ground", Area { x: 0, y: 0, width: across, height }, 0);
    pen.text("heading", 24, 34, heading);
    pen.text("quiet sans", 24, 58, because);
    axis(&mut pen, &layout, all, bottom);
    for (row, (name, lane)) in (0..).zip(&layout.lanes) {
        let middle = TOP + LANE * row + LANE / 2;
        pen.text("client", LEFT - 34, middle + 5, name);
        pen.line("life", [LEFT - 22, middle, layout.right + 16, middle], "");
        for at in lane {
            bar(&mut pen, &layout, &all[*at], *at, middle);
        }
    }
    pen.raw("</svg>");
    pen.out
}

fn bar(pen: &mut Pen, layout: &Layout, one: &Interval, at: usize, middle: i32) {
    let (x, end) = (layout.starts[at], layout.ends[at]);
    let class = match (one.blamed, one.ends.is_some()) {
        (true, _) => "bar-blamed",
        (false, true) => "bar",
        (false, false) => "bar-open",
    };
    pen.open("operation", "");
    let open = if one.ends.is_some() { "" } else { ", never answered" };
    pen.title(&format!("{}: {}{open}", one.client, one.label));
    let area = Area { x, y: middle - BAR / 2, width: end - x, height: BAR };
    pen.rect(class, area, 5);
    let text = if one.blamed { "bar-blamed-text" } else { "bar-text" };
    pen.text(text, x + 9, middle + 4, &one.label);
    if one.ends.is_none() {
        pen.text("quiet", layout.right + 20, middle + 4, "?");
    }
    pen.close();
}

/// The axis, with what is written at invocations and answers; and from the one that is blamed a
/// line up, left of which lies what had been answered before.
fn axis(pen: &mut Pen, layout: &Layout, all: &[Interval], bottom: i32) {
    for (at, _) in all.iter().enumerate().filter(|(_, one)| one.blamed) {
        let x = layout.starts[at];
        pen.line("guide", [x, TOP - 8, x, bottom + 8], "");
    }
    let y = bottom + 8;
    pen.line("life", [LEFT - 22, y, layout.right + 16, y], "");
    let mut marks: Vec<(i32, &str)> = Vec::new();
    for (at, one) in all.iter().enumerate() {
        marks.push((layout.starts[at], &one.begins.1));
        marks.extend(one.ends.iter().map(|(_, label)| (layout.ends[at], label.as_str())));
    }
    marks.sort_unstable();
    // What would be written over something else goes a line lower, or is left out.
    let mut free = [i32::MIN; 2];
    for (x, label) in marks {
        pen.line("life", [x, y - 4, x, y + 4], "");
        let half = width(label.chars().count()) / 2;
        if let Some(row) = free.iter().position(|end| x - half > *end) {
            free[row] = x + half + 4;
            pen.text("when", x, y + 20 + 15 * i32::try_from(row).unwrap_or(0), label);
        }
    }
    pen.text("legend", layout.right + 24, y + 4, "time");
}
