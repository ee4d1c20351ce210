//! Distributions as one picture: a panel for each.

use alloc::format;
use alloc::string::String;

use super::{Distribution, nice, number, percent, runs};
use crate::svg::{Area, Pen, escape, width};
use crate::words;

const STYLE: &str = include_str!("../page/plot.css");
/// The panels of a picture above which there are none.
const PANELS_MAX: usize = 24;
/// A panel, the margin around all, and the margins within a panel: left, top, right, bottom.
const PANEL: (i32, i32) = (560, 380);
const MARGIN: i32 = 20;
const INNER: [i32; 4] = [58, 76, 20, 84];

/// Draw distributions as one standalone SVG picture, side by side: bars, what theory says of them,
/// and where the mean, the median, and 95 and 99 of 100 are.
pub fn histogram_svg(distributions: &[Distribution]) -> String {
    let shown = &distributions[..distributions.len().min(PANELS_MAX)];
    let columns = if shown.len() > 1 { 2 } else { 1 };
    let rows = i32::try_from(shown.len().div_ceil(2).max(1)).unwrap_or(1);
    let rows = if columns == 1 { shown.len() as i32 } else { rows };
    let (across, down) = (columns * PANEL.0 + 2 * MARGIN, rows.max(1) * PANEL.1 + 2 * MARGIN);
    let mut pen = Pen::default();
    pen.raw(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{}\" \
         viewBox=\"0 0 {across} {down}\" width=\"{across}\" height=\"{down}\">",
        escape(&label(shown))
    ));
    pen.raw(&format!("<style>{STYLE}</style>"));
    pen.raw(&format!("<rect class=\"ground\" width=\"{across}\" height=\"{down}\"/>"));
    for (at, one) in (0..).zip(shown) {
        let (column, row) = (at % columns, at / columns);
        let panel = Panel {
            pen: &mut pen,
            one,
            x: MARGIN + column * PANEL.0,
            y: MARGIN + row * PANEL.1,
            top: ceiling(one),
        };
        panel.paint();
    }
    if distributions.len() > shown.len() {
        let more = distributions.len() - shown.len();
        pen.text("note", MARGIN, down - 6, &format!("{more} more are left out."));
    }
    pen.raw("</svg>");
    pen.out
}

fn label(distributions: &[Distribution]) -> String {
    let mut words = String::from("Distributions: ");
    for one in distributions {
        let mean = number(one.mean);
        words.push_str(&format!("{}, {}, mean {mean} {}. ", one.title, runs(one), one.unit));
    }
    words
}

/// The share at the top of a panel.
fn ceiling(one: &Distribution) -> f64 {
    if !one.expected.is_empty() && !one.expected_exact {
        return 1.0;
    }
    let shares = one.bars.iter().map(|bar| one.share(bar.count));
    let expected = one.bars.iter().filter_map(|bar| one.expected_of(bar));
    let most = shares.chain(expected).fold(0.0, f64::max);
    (4.0 * nice(most / 4.0)).clamp(0.004, 1.0)
}

/// One distribution of the picture.
struct Panel<'p, 'd> {
    pen: &'p mut Pen,
    one: &'d Distribution,
    x: i32,
    y: i32,
    top: f64,
}

impl Panel<'_, '_> {
    fn paint(mut self) {
        self.heading();
        self.shares();
        self.bars();
        self.theory();
        self.marks();
    }

    fn left(&self) -> i32 {
        self.x + INNER[0]
    }

    fn floor(&self) -> i32 {
        self.y + PANEL.1 - INNER[3]
    }

    fn room(&self) -> (i32, i32) {
        (PANEL.0 - INNER[0] - INNER[2], PANEL.1 - INNER[1] - INNER[3])
    }

    /// Where a share is.
    fn height(&self, share: f64) -> i32 {
        let part = if share.is_finite() { (share / self.top).clamp(0.0, 1.0) } else { 0.0 };
        self.floor() - (part * f64::from(self.room().1)) as i32
    }

    /// Where a bar begins; they are all as wide, whatever they count.
    fn edge(&self, bar: usize) -> i32 {
        let bars = i32::try_from(self.one.drawn().0.max(1)).unwrap_or(1);
        self.left() + self.room().0 * i32::try_from(bar).unwrap_or(bars) / bars
    }

    fn heading(&mut self) {
        let one = self.one;
        let title = words::cut(&one.title, 60);
        self.pen.text("title", self.x, self.y + 20, &title);
        self.pen.text("quiet", self.x, self.y + 38, &words::cut(&runs(one), 80));
        if one.expected.is_empty() {
            return;
        }
        let (x, y) = (self.x, self.y + 56);
        let class = if one.expected_exact { "theory" } else { "bound" };
        self.pen.line(class, [x, y - 4, x + 26, y - 4], "");
        let label = match one.expected_exact {
            true => words::cut(&one.expected_label, 66),
            false => format!("{} (more than so many)", words::cut(&one.expected_label, 46)),
        };
        self.pen.text("quiet", x + 34, y, &label);
        if !one.expected_exact {
            let x = x + 34 + width(label.chars().count()) * 9 / 10 + 20;
            self.pen.line("left", [x, y - 4, x + 26, y - 4], "");
            self.pen.text("quiet", x + 34, y, "seen");
        }
    }

    /// The axis of shares, and what is counted at the bottom.
    fn shares(&mut self) {
        let (left, wide) = (self.left(), self.room().0);
        for part in 0..=4 {
            let share = self.top * f64::from(part) / 4.0;
            let y = self.height(share);
            self.pen.line(if part == 0 { "axis" } else { "grid" }, [left, y, left + wide, y], "");
            self.pen.text("scale", left - 8, y + 4, &percent(share));
        }
        let unit = words::cut(&self.one.unit, 60);
        self.pen.text("unit", left + wide / 2, self.y + PANEL.1 - 44, &unit);
    }

    fn bars(&mut self) {
        let one = self.one;
        let (drawn, rest) = one.drawn();
        let mut free = i32::MIN;
        for (at, bar) in one.bars.iter().take(drawn).enumerate() {
            let (x, end) = (self.edge(at), self.edge(at + 1));
            let share = one.share(bar.count);
            let y = self.height(share);
            let gap = if end - x > 6 { 2 } else { 0 };
            let height = (self.floor() - y).max(i32::from(bar.count > 0));
            let area = Area { x: x + gap, y: self.floor() - height, width: end - x - gap, height };
            let mut name = one.name(bar);
            self.pen.open("one", "");
            let mut told = format!("{name} {}: {} runs, {}", one.unit, bar.count, percent(share));
            if let Some(expected) = one.expected_of(bar) {
                told.push_str(&format!("; expected {}", percent(expected)));
            }
            self.pen.title(&told);
            self.pen.rect("bar", area, 0);
            self.pen.close();
            if width(name.chars().count()) > end - x && at + 1 == drawn && at > 0 {
                name = format!("{}+", number(bar.from));
            }
            let (middle, half) = ((x + end) / 2, width(name.chars().count()) / 2);
            if middle - half > free {
                self.pen.text("name", middle, self.floor() + 16, &name);
                free = middle + half + 4;
            }
        }
        if rest > 0 {
            let words = format!("{rest} runs with larger numbers are left out.");
            self.pen.text("quiet", self.left(), self.y + PANEL.1 - 4, &words);
        }
    }

    /// Steps over the bars: the share that theory gives to each or, for a bound, how many runs may
    /// be beyond it and how many are.
    fn theory(&mut self) {
        let one = self.one;
        if one.expected.is_empty() {
            return;
        }
        let (drawn, _) = one.drawn();
        let bars = || one.bars.iter().take(drawn).enumerate();
        match one.expected_exact {
            true => {
                let share = |(at, bar)| Some((at, one.expected_of(bar)?));
                self.steps("theory", bars().filter_map(share));
            }
            false => {
                self.steps("left", bars().map(|(at, _)| (at, one.beyond(at))));
                let bound = |(at, bar)| Some((at, one.tail_of(bar)?));
                self.steps("bound", bars().filter_map(bound));
            }
        }
    }

    fn steps(&mut self, class: &str, shares: impl Iterator<Item = (usize, f64)>) {
        let mut path = String::new();
        for (at, share) in shares {
            let y = self.height(share);
            let start = if path.is_empty() { 'M' } else { 'L' };
            path.push_str(&format!("{start}{},{y} L{},{y} ", self.edge(at), self.edge(at + 1)));
        }
        if !path.is_empty() {
            self.pen.raw(&format!("<path class=\"{class}\" d=\"{}\"/>", path.trim_end()));
        }
    }

    /// Where the mean and the percentiles are.
    fn marks(&mut self) {
        let one = self.one;
        if one.runs <= one.undecided {
            return;
        }
        let marks = [
            ("mean", one.mean),
            ("median", one.p50),
            ("95 of 100", one.p95),
            ("99 of 100", one.p99),
        ];
        let y = self.floor();
        for (name, is) in marks {
            if let Some(x) = self.place(is) {
                self.pen.open("one", "");
                self.pen.title(&format!("{name}: {}", number(is)));
                let d = format!("M{x},{} l5,-9 h-10 z", y + 1);
                let class = if name == "mean" { "mean" } else { "mark" };
                self.pen.raw(&format!("<path class=\"{class}\" d=\"{d}\"/>"));
                self.pen.close();
            }
        }
        // Further left than the bars: long numbers need the room.
        let mut x = self.left() - INNER[0] + 10;
        let y = self.y + PANEL.1 - 22;
        for (name, is) in marks.into_iter().chain([("most", one.max)]) {
            let words = format!("{name} {}", number(is));
            if name != "most" {
                let class = if name == "mean" { "mean" } else { "mark" };
                self.pen.raw(&format!("<path class=\"{class}\" d=\"M{x},{y} l5,-9 h-10 z\"/>"));
            }
            self.pen.text("marks", x + 9, y, &words);
            x += width(words.chars().count()) + 20;
        }
    }

    /// Where a number is on the axis.
    fn place(&self, is: f64) -> Option<i32> {
        let (drawn, _) = self.one.drawn();
        let bars = || self.one.bars.iter().take(drawn);
        // The bar of a whole number is around it.
        let is = if self.one.whole { is + 0.5 } else { is };
        let at = bars().position(|bar| (bar.from..bar.to).contains(&is))?;
        let bar = bars().nth(at)?;
        let (from, to) = (self.edge(at), self.edge(at + 1));
        let part = (is - bar.from) / (bar.to - bar.from);
        Some(from + (part * f64::from(to - from)) as i32)
    }
}
