//! Where everything is: lanes from top to bottom, rounds from left to right.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_trace::What;

use super::pen::width;
use crate::scene::{Group, Message, Scene, groups};
use crate::words;

/// The processes that are drawn.
const PROCESSES_MAX: u16 = 32;
/// The arrows after which no further round is drawn.
const ARROWS_MAX: usize = 1500;
/// The rounds that are drawn.
const ROUNDS_MAX: usize = 40;
/// The characters of a label that are shown; its tooltip holds all.
const LABEL_MAX: usize = 24;

pub(super) const TOP: i32 = 112;

/// A round of the picture.
pub(super) struct Band<'a> {
    pub(super) round: u16,
    pub(super) x: i32,
    pub(super) width: i32,
    /// Where messages start.
    pub(super) send: i32,
    /// Where the first of them arrives.
    pub(super) receive: i32,
    /// The middle of what is concluded.
    pub(super) outcome: i32,
    pub(super) groups: Vec<Group<'a>>,
    /// How many different things a process says in the round.
    pub(super) voices: BTreeMap<u16, usize>,
}

/// The measures of the picture.
pub(super) struct Layout<'a> {
    pub(super) shown: u16,
    pub(super) lane: i32,
    pub(super) gutter: i32,
    /// The middle of the inputs, where there are any.
    pub(super) given: Option<i32>,
    pub(super) bands: Vec<Band<'a>>,
    pub(super) width: i32,
    /// The rounds that are not drawn.
    pub(super) left_out: Vec<u16>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(scene: &Scene<'a>) -> Self {
        let shown = scene.trace.header.n.min(PROCESSES_MAX);
        let roles = (0..shown).map(|process| {
            scene.part(process).chars().count().max(scene.fault(process).chars().count())
        });
        let gutter = 40 + width(roles.max().unwrap_or(0).clamp(8, 18));
        let inputs = scene.events(0).filter_map(|(_, event)| match &event.what {
            What::Input { value } => Some(value.chars().count().min(LABEL_MAX)),
            _ => None,
        });
        let given = inputs.max().map(|longest| (width(longest) + 36).max(68));
        let mut layout = Self {
            shown,
            lane: if shown > 10 { 52 } else { 76 },
            gutter,
            given: given.map(|wide| gutter + wide / 2),
            bands: Vec::new(),
            width: gutter + given.unwrap_or(0),
            left_out: Vec::new(),
        };
        layout.lay(scene);
        layout
    }

    fn lay(&mut self, scene: &Scene<'a>) {
        let mut arrows = 0;
        for &round in &scene.rounds {
            let mut messages = scene.messages(round);
            messages.retain(|one| one.from < self.shown && one.to < self.shown);
            arrows += messages.len();
            let full = arrows > ARROWS_MAX || self.bands.len() >= ROUNDS_MAX;
            if full && !self.bands.is_empty() {
                self.left_out.push(round);
                continue;
            }
            messages.truncate(ARROWS_MAX);
            let band = Band::new(scene, round, self.width, groups(messages), self.shown);
            self.width += band.width;
            self.bands.push(band);
        }
        self.width = (self.width + 24).max(760);
    }

    pub(super) fn y(&self, process: u16) -> i32 {
        TOP + i32::from(process) * self.lane + self.lane / 2
    }

    pub(super) fn bottom(&self) -> i32 {
        TOP + i32::from(self.shown) * self.lane
    }

    /// Where the lifelines end.
    pub(super) fn end(&self) -> i32 {
        self.bands.last().map_or(self.width - 24, |band| band.x + band.width)
    }

    /// Where the lifelines begin.
    pub(super) fn start(&self) -> i32 {
        self.gutter
    }
}

impl<'a> Band<'a> {
    fn new(scene: &Scene<'_>, round: u16, x: i32, groups: Vec<Group<'a>>, shown: u16) -> Self {
        let mut voices: BTreeMap<u16, usize> = BTreeMap::new();
        for group in &groups {
            *voices.entry(group[0].from).or_default() += 1;
        }
        let says = groups.iter().map(|group| longest(&group[0])).max().unwrap_or(0);
        let split = voices.values().any(|&voices| voices > 1);
        let outcomes = scene.events(round).filter_map(|(_, event)| match &event.what {
            What::Decide { value } => Some(8 + value.chars().count().min(LABEL_MAX)),
            What::Expose { .. } => Some(13),
            _ => None,
        });
        let outcome = outcomes.max().map_or(20, |longest| width(longest) + 36);
        let flips = scene.events(round).any(|(_, event)| matches!(event.what, What::Flip { .. }));
        let lead = width(says) / 2 + 18 + if flips { 40 } else { 0 };
        let send = x + lead;
        let fan = i32::from(shown.saturating_sub(2)) * 9;
        let label = width(says) + 20;
        let room =
            if groups.is_empty() { 60 } else { if split { 170 + label } else { 130 + label / 2 } };
        let receive = send + room;
        let width = receive + fan + 14 + outcome - x;
        let outcome = x + width - outcome / 2;
        Self { round, x, width, send, receive, outcome, groups, voices }
    }
}

fn longest(message: &Message<'_>) -> usize {
    lines(message).iter().map(|line| line.chars().count()).max().unwrap_or(0)
}

/// What stands on an arrow: what is said and, for a lie, what should have been.
pub(super) fn lines(message: &Message<'_>) -> Vec<String> {
    let label = words::cut(words::said(message.label), LABEL_MAX);
    let line = |before: &str, what: &str| {
        let mut line = String::from(before);
        line.push_str(what);
        line
    };
    if let Some(truth) = message.should {
        let truth = words::cut(words::should(truth), LABEL_MAX);
        return alloc::vec![line("says ", &label), line("should say ", &truth)];
    }
    if let Some(flip) = message.flipped {
        let before = words::cut(words::said(&flip.before), LABEL_MAX);
        return alloc::vec![line("flips to ", &label), line("sent as ", &before)];
    }
    if message.unasked {
        return alloc::vec![line("says ", &label), String::from("unasked")];
    }
    match message.cause {
        Some("silence") => alloc::vec![line("silent", ""), line("should say ", &label)],
        Some(_) => alloc::vec![line("not sent: ", &label)],
        None => alloc::vec![label],
    }
}

/// What stands in a small box, cut where it is long.
pub(super) fn short(text: &str) -> String {
    words::cut(text, LABEL_MAX)
}
