//! Where everything is: lanes from top to bottom, moments from left to right.
//!
//! The scale gives way to labels: where two of one lane would cover each other, the later moment
//! moves to the right.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_trace::What;

use super::super::layout::{lines, short};
use super::super::paint::pill;
use super::super::pen::{Area, width};
use super::cuts::{Cut, cuts};
use super::scale::Scale;
use crate::scene::{Fate, Group, Scene};
use crate::steps::{Step, is_given, steps, turns};
use crate::words;

/// The processes that are drawn.
const PROCESSES_MAX: u16 = 32;
/// The messages after which nothing more is drawn.
const ARROWS_MAX: usize = 1500;
/// How wide the picture is at most, and how wide it should be.
const WIDTHS: (i32, i32) = (6000, 3200);
/// The width of the bound on delays, tried one after the other, each with how wide the picture may
/// be for it: short runs are spread out.
const DELAYS: [(i32, i32); 6] =
    [(330, 1300), (240, 1400), (170, WIDTHS.1), (120, WIDTHS.1), (85, WIDTHS.1), (60, WIDTHS.1)];
/// The characters of a broken assumption that are shown.
const BROKEN_MAX: usize = 44;
/// The lines of a label at a lane.
const LINES_MAX: usize = 2;
/// The rounds whose beginnings are drawn.
const ROUNDS_MAX: u64 = 200;
/// The width of a character of the heading.
const HEADING: i32 = 11;
/// How far a label may move to the right of its moment before the moment does.
const SHIFT: i32 = 26;

/// A label at a lane.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) class: &'static str,
    pub(super) lines: Vec<String>,
    pub(super) area: Area,
    /// The events that it stands for; the first is its own.
    pub(super) events: Vec<usize>,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Above,
    Below,
    On,
}

/// A step with its place.
#[derive(Clone, Debug)]
pub(super) struct Placed<'a> {
    pub(super) step: Step<'a>,
    pub(super) x: i32,
    pub(super) sends: Vec<Group<'a>>,
    pub(super) labels: Vec<Label>,
}

/// The measures of the picture.
pub(in super::super) struct Plan<'a> {
    pub(super) shown: u16,
    pub(super) lane: i32,
    pub(super) top: i32,
    pub(super) gutter: i32,
    /// The middle of the inputs, where there are any.
    pub(super) given: Option<i32>,
    pub(super) steps: Vec<Placed<'a>>,
    pub(super) scale: Scale,
    pub(super) cuts: Vec<Cut>,
    /// The rows of captions above the lanes.
    pub(super) rows: i32,
    pub(super) delay_px: i32,
    /// Where the lifelines end.
    pub(super) end: i32,
    pub(in super::super) width: i32,
    /// The last time that is drawn.
    pub(super) until: u64,
    /// The steps and messages that are not drawn because the picture would be too large.
    pub(super) left_out: (usize, usize),
}

/// How far a lane is taken: above, below and on it.
#[derive(Clone, Copy, Default)]
struct Taken {
    above: i32,
    below: i32,
    on: i32,
}

impl<'a> Plan<'a> {
    pub(in super::super) fn new(scene: &Scene<'a>) -> Self {
        let shown = scene.trace.header.n.min(PROCESSES_MAX);
        let roles = (0..shown).map(|process| {
            scene.part(process).chars().count().max(scene.fault(process).chars().count())
        });
        let gutter = 40 + width(roles.max().unwrap_or(0).clamp(8, 18));
        let inputs = scene.trace.events.iter().enumerate().filter_map(|(at, event)| {
            let What::Input { value } = &event.what else { return None };
            is_given(scene, at, event).then(|| short(value).chars().count())
        });
        let given = inputs.max().map(|longest| (width(longest) + 36).max(68));
        let all = steps(scene);
        let cuts = cuts(&all);
        let rows = 1 + i32::try_from(cuts.len().min(2)).unwrap_or(0);
        let lane = if shown > 10 { 68 } else { 92 };
        let mut plan = Self {
            shown,
            lane,
            top: 92 + 18 * rows,
            gutter,
            given: given.map(|wide| gutter + wide / 2),
            steps: Vec::new(),
            scale: Scale::default(),
            cuts,
            rows,
            delay_px: DELAYS[0].0,
            end: 0,
            width: 0,
            until: scene.over_at(),
            left_out: (0, 0),
        };
        let start = gutter + given.unwrap_or(0) + 16;
        for (delay_px, width_max) in DELAYS {
            plan.delay_px = delay_px;
            plan.lay(scene, &all, start);
            if plan.left_out.0 == 0 && plan.end <= width_max {
                break;
            }
        }
        let heading = words::heading(&scene.trace.header).chars().count().min(120);
        plan.width = (plan.end + 24).max(760).max(48 + HEADING * heading as i32);
        plan.end = plan.width - 24;
        plan
    }

    /// Place every step, as far as there is room.
    fn lay(&mut self, scene: &Scene<'a>, all: &[Step<'a>], start: i32) {
        let time = scene.time;
        let delay = time.map_or(1, |time| time.delay_ticks);
        (self.scale, self.left_out, self.until) = (Scale::default(), (0, 0), scene.over_at());
        self.steps.clear();
        let mut taken: BTreeMap<u16, Taken> = BTreeMap::new();
        let (mut x, mut last, mut arrows) = (start, 0, 0);
        let mut moments = self.moments(scene, all).into_iter();
        for (moment, here) in moments.by_ref() {
            let (wide, broken) = Scale::step(moment - last, delay, self.delay_px);
            let mut placed: Vec<Placed<'a>> =
                here.iter().map(|&at| self.place(scene, &all[at])).collect();
            arrows += placed.iter().flat_map(|one| &one.sends).map(Vec::len).sum::<usize>();
            let before = x;
            x += if moment == last { 0 } else { wide };
            let from = before + if moment == last { 0 } else { 5 };
            x = placed.iter().map(|one| self.need(one, &taken)).fold(x.max(from), i32::max);
            if x > WIDTHS.0 || arrows > ARROWS_MAX && !self.steps.is_empty() {
                let rest = here.into_iter().chain(moments.flat_map(|(_, here)| here));
                let rest: Vec<&Step<'a>> = rest.map(|at| &all[at]).collect();
                let messages = rest.iter().flat_map(|step| step.sends(scene)).map(|it| it.len());
                self.left_out = (rest.len(), messages.sum());
                self.until = last;
                break;
            }
            if broken {
                self.scale.breaks.push((last, moment));
            }
            self.scale.put(moment, x);
            for one in &mut placed {
                one.x = x;
                self.take(one, taken.entry(one.step.process).or_default());
            }
            self.steps.append(&mut placed);
            last = moment;
        }
        let free = taken.values().map(|one| one.above.max(one.below).max(one.on));
        self.end = free.fold(x + 40, i32::max);
    }

    /// The times that have a place of their own, each with the steps then.
    fn moments(&self, scene: &Scene<'a>, all: &[Step<'a>]) -> BTreeMap<u64, Vec<usize>> {
        let mut moments: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        moments.entry(0).or_default();
        for (at, step) in all.iter().enumerate() {
            let drawn = step.process < self.shown;
            moments.entry(step.time).or_default().extend(drawn.then_some(at));
            if let Some(What::Pause { ticks }) = step.cause().map(|(_, event)| &event.what) {
                let end = step.time.saturating_add(*ticks).min(scene.over_at());
                moments.entry(end).or_default();
            }
        }
        moments.entry(scene.over_at()).or_default();
        for (_, at) in rounds(scene) {
            moments.entry(at).or_default();
        }
        for (at, _) in turns(scene) {
            moments.entry(at).or_default();
        }
        moments
    }

    /// A step with its labels, not yet in their places.
    fn place(&self, scene: &Scene<'a>, step: &Step<'a>) -> Placed<'a> {
        let mut sends = step.sends(scene);
        for group in &mut sends {
            group.retain(|one| one.to < self.shown);
        }
        sends.retain(|group| !group.is_empty());
        let up = |group: &Group<'a>| group.iter().all(|one| one.to < one.from);
        let spoken = if sends.iter().any(|group| !up(group)) { Place::Above } else { Place::Below };
        let other = if spoken == Place::Above { Place::Below } else { Place::Above };
        let mut labels = Vec::new();
        labels.extend(spoken_labels(&sends, spoken));
        let side = if labels.is_empty() { Place::Above } else { other };
        for &(at, event) in &step.events {
            let (class, text, place) = match &event.what {
                What::Decide { value } => {
                    ("decision", format!("decides {}", short(value)), Place::On)
                }
                What::Output { value } => ("output", short(value), Place::On),
                What::Input { value } => ("given", short(value), side),
                What::Request { request, .. } => ("given", short(request), side),
                What::Timer { timer } => ("note", short(timer), side),
                What::Restart { records } => ("up", format!("up again: {records} stored"), side),
                What::Crash { .. } => ("end", String::from("crashes"), Place::On),
                What::Step { .. } | What::Drift { .. } => ("note", String::from("clock"), side),
                What::Flip { before, after, .. } | What::FlipRecord { before, after, .. } => {
                    ("odd", format!("{} → {}", short(before), short(after)), side)
                }
                What::Expose { liar, .. } => ("odd", format!("! p{liar} lied"), side),
                What::Broken { assumption } => ("broken", words::cut(assumption, BROKEN_MAX), side),
                _ => continue,
            };
            let class = if scene.guilty.contains(&at) { "guilty" } else { class };
            labels.push(Label::new(class, alloc::vec![text], place, alloc::vec![at]));
        }
        Placed { step: step.clone(), x: 0, sends, labels }
    }

    /// The least that a step must be to the right for its labels to have room.
    fn need(&self, placed: &Placed<'_>, taken: &BTreeMap<u16, Taken>) -> i32 {
        let Some(taken) = taken.get(&placed.step.process) else { return 0 };
        let sides: BTreeSet<i32> = placed
            .labels
            .iter()
            .map(|label| match label.place {
                Place::Above => taken.above - 2 - SHIFT,
                Place::Below => taken.below - 2 - SHIFT,
                Place::On => taken.on,
            })
            .collect();
        sides.last().copied().unwrap_or(0).max(taken.on)
    }

    /// Put the labels of a step in their places.
    fn take(&self, placed: &mut Placed<'_>, taken: &mut Taken) {
        let y = self.y(placed.step.process);
        for label in &mut placed.labels {
            let size = Area::around(0, 0, &label.lines);
            let (edge, start, y) = match label.place {
                Place::Above => (&mut taken.above, placed.x + 6, y - 11 - size.height),
                Place::Below => (&mut taken.below, placed.x + 6, y + 11),
                Place::On => (&mut taken.on, placed.x + 9, y - size.height / 2),
            };
            let x = start.max(*edge + 4);
            *edge = x + size.width;
            label.area = Area { x, y, ..size };
            if label.place == Place::On {
                *edge += 6;
            }
        }
    }

    pub(super) fn y(&self, process: u16) -> i32 {
        self.top + i32::from(process) * self.lane + self.lane / 2
    }

    pub(super) fn bottom(&self) -> i32 {
        self.top + i32::from(self.shown) * self.lane
    }

    pub(super) fn x(&self, time: u64) -> i32 {
        self.scale.x(time)
    }
}

/// The rounds of a protocol in timed rounds that are named, and when they begin.
pub(super) fn rounds(scene: &Scene<'_>) -> Vec<(u64, u64)> {
    let length = scene.time.and_then(|time| time.round_ticks).filter(|&length| length > 0);
    let Some(length) = length else { return Vec::new() };
    let starts = (0..ROUNDS_MAX).map(|round| (round + 1, round.saturating_mul(length)));
    starts.take_while(|&(_, at)| at == 0 || at < scene.last_at()).collect()
}

/// What stands at the sender: all that it says without lying or does not say, or one thing that it
/// says to all. Other lies stand along their arrows.
fn spoken_labels(sends: &[Group<'_>], place: Place) -> Vec<Label> {
    let at_sender: Vec<&Group<'_>> = sends.iter().filter(|group| !along(sends, group)).collect();
    let receivers = |group: &Group<'_>| group.iter().map(|one| one.to).collect::<Vec<u16>>();
    let alike = at_sender.windows(2).all(|pair| receivers(pair[0]) == receivers(pair[1]));
    let said = |group: &&Group<'_>| {
        let mut said = lines(&group[0]);
        if let (false, Some(last)) = (alike, said.last_mut()) {
            last.push_str(" to ");
            last.push_str(&short(&words::names(receivers(group))));
        }
        said
    };
    let mut labels: Vec<Label> = Vec::new();
    for group in at_sender {
        let (class, mut lines) = (pill(&group[0]), said(&group));
        let mut events: Vec<usize> = group.iter().map(|one| one.at).collect();
        match labels.last_mut().filter(|last| last.class == class) {
            Some(last) if last.lines.len() + lines.len() <= LINES_MAX => {
                last.lines.append(&mut lines);
                last.events.append(&mut events);
            }
            _ => labels.push(Label::new(class, lines, place, events)),
        }
    }
    labels
}

/// Whether what is said to some in a step stands along the arrows to them.
pub(super) fn along(sends: &[Group<'_>], group: &Group<'_>) -> bool {
    sends.len() > 1 && group[0].is_lie() && group[0].fate != Fate::Unsent
}

impl Label {
    fn new(class: &'static str, lines: Vec<String>, place: Place, events: Vec<usize>) -> Self {
        let area = Area { x: 0, y: 0, width: 0, height: 0 };
        Self { class, lines, area, events, place }
    }
}
