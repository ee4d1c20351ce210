//! A distribution for a terminal.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Distribution, grouped, number, percent, runs};
use crate::TextOptions;
use crate::canvas::{Ink, Line};
use crate::text::ascii;
use crate::words;

/// The columns of a count, and of a share.
const COLUMNS: (usize, usize) = (13, 9);

/// Draw a distribution for a terminal: a bar for each number or range of numbers, with how many
/// runs it stands for, and what theory says beside it, where it says anything.
pub fn histogram_text(distribution: &Distribution, options: &TextOptions) -> String {
    let width = options.width.max(40);
    let mut out = String::new();
    for line in lines(distribution, width) {
        line.write(width, options.colour, &mut out);
    }
    if options.unicode { out } else { ascii(&out) }
}

fn lines(distribution: &Distribution, width: usize) -> Vec<Line> {
    let mut lines = heading(distribution, width);
    let (drawn, rest) = distribution.drawn();
    let bars = &distribution.bars[..drawn];
    let names: Vec<String> = bars.iter().map(|bar| distribution.name(bar)).collect();
    let label = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(width / 4);
    let theory = match (distribution.expected.is_empty(), distribution.expected_exact) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    };
    let room = width.saturating_sub(label + 4 + COLUMNS.0 + COLUMNS.1 * (1 + theory)).max(4);
    let most = bars.iter().map(|bar| distribution.share(bar.count)).fold(0.0, f64::max);
    let expected = bars.iter().filter_map(|bar| distribution.expected_of(bar));
    let scale = expected.fold(most, f64::max);
    for (at, (bar, name)) in bars.iter().zip(&names).enumerate() {
        let mut line = Line::default();
        let name = words::cut(name, label);
        line.put(2 + label - name.chars().count(), &name, Ink::Plain);
        let share = distribution.share(bar.count);
        let halves = halves(share, scale, room);
        for column in 0..halves / 2 {
            line.mark(label + 4 + column, '█', Ink::Decision);
        }
        if halves % 2 == 1 {
            line.mark(label + 4 + halves / 2, '▌', Ink::Decision);
        }
        if let Some(expected) = distribution.expected_of(bar) {
            let column = self::halves(expected, scale, room) / 2;
            line.mark(label + 4 + column.min(room - 1), '┃', Ink::Good);
        }
        let mut column = label + 4 + room;
        right(&mut line, &mut column, COLUMNS.0, &grouped(bar.count), Ink::Plain);
        right(&mut line, &mut column, COLUMNS.1, &percent(share), Ink::Plain);
        for (text, ink) in beside(distribution, at) {
            right(&mut line, &mut column, COLUMNS.1, &text, ink);
        }
        lines.push(line);
    }
    if rest > 0 {
        let what = format!("{} runs with larger numbers are left out.", grouped(rest));
        lines.push(Line::of(&what, Ink::Strong));
    }
    lines.extend(footer(distribution, width));
    lines
}

/// The title, and the names of the columns.
fn heading(distribution: &Distribution, width: usize) -> Vec<Line> {
    let mut title = distribution.title.clone();
    if !distribution.unit.is_empty() && !distribution.title.eq_ignore_ascii_case(&distribution.unit)
    {
        title.push_str(&format!(" ({})", distribution.unit));
    }
    let mut lines = Vec::new();
    let mut head = Line::default();
    let mut columns = alloc::vec![("runs", COLUMNS.0), ("share", COLUMNS.1)];
    if !distribution.expected.is_empty() {
        match distribution.expected_exact {
            true => columns.push(("expected", COLUMNS.1)),
            false => columns.extend([("more", COLUMNS.1), ("at most", COLUMNS.1)]),
        }
    }
    let wide: usize = columns.iter().map(|(_, wide)| wide).sum();
    head.put(0, &words::cut(&title, width.saturating_sub(wide + 1)), Ink::Strong);
    let mut column = width.saturating_sub(wide);
    for (name, wide) in columns {
        right(&mut head, &mut column, wide, name, Ink::Faint);
    }
    lines.push(head);
    lines
}

/// What theory says of a bar: its share, or how much is beyond it.
fn beside(distribution: &Distribution, at: usize) -> Vec<(String, Ink)> {
    if distribution.expected.is_empty() {
        return Vec::new();
    }
    let bar = &distribution.bars[at];
    if distribution.expected_exact {
        let share = distribution.expected_of(bar).map_or_else(String::new, percent);
        return alloc::vec![(share, Ink::Good)];
    }
    let beyond = distribution.beyond(at);
    let bound = distribution.tail_of(bar);
    let ink = if bound.is_some_and(|bound| beyond > bound) { Ink::Bad } else { Ink::Good };
    let bound = bound.map_or_else(String::new, percent);
    alloc::vec![(percent(beyond), ink), (bound, Ink::Good)]
}

fn footer(distribution: &Distribution, width: usize) -> Vec<Line> {
    let mut parts = alloc::vec![runs(distribution)];
    if distribution.runs > distribution.undecided {
        let numbers = [
            ("mean", distribution.mean),
            ("median", distribution.p50),
            ("95 of 100 at most", distribution.p95),
            ("99 of 100 at most", distribution.p99),
            ("most", distribution.max),
        ];
        parts.extend(numbers.map(|(name, is)| format!("{name} {}", number(is))));
    }
    let mut lines = Vec::new();
    for part in words::wrap(&parts.join("; "), width - 2) {
        let mut line = Line::default();
        line.put(2, &part, Ink::Faint);
        lines.push(line);
    }
    if !distribution.expected.is_empty() && !distribution.expected_label.is_empty() {
        let mark = if distribution.expected_exact { "┃ " } else { "" };
        let label = format!("{mark}{}", distribution.expected_label);
        for part in words::wrap(&label, width - 2) {
            let mut line = Line::default();
            line.put(2, &part, Ink::Good);
            lines.push(line);
        }
    }
    lines.push(Line::default());
    lines
}

/// How long a bar is, in halves of a column. What is there at all is seen.
fn halves(share: f64, scale: f64, room: usize) -> usize {
    if share.is_nan() || scale.is_nan() || share <= 0.0 || scale <= 0.0 {
        return 0;
    }
    let halves = share / scale * (room * 2) as f64 + 0.5;
    (halves as usize).clamp(1, room * 2)
}

fn right(line: &mut Line, column: &mut usize, width: usize, text: &str, ink: Ink) {
    *column += width;
    line.put(column.saturating_sub(text.chars().count()), text, ink);
}
