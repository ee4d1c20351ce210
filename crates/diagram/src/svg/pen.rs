//! Writing SVG: numbers, escaped text, and the few shapes that the picture uses.

use alloc::format;
use alloc::string::String;

/// The width of a character of the labels, which are set in one fixed pitch of 12 pixels.
pub(crate) const CHARACTER: i32 = 7;

/// A picture in the making.
#[derive(Default)]
pub(crate) struct Pen {
    pub(crate) out: String,
}

impl Pen {
    /// Add markup as it is; what comes from the trace is escaped by the caller.
    pub(crate) fn raw(&mut self, markup: &str) {
        self.out.push_str(markup);
        self.out.push('\n');
    }

    pub(crate) fn open(&mut self, class: &str, attributes: &str) {
        self.raw(&format!("<g class=\"{class}\"{attributes}>"));
    }

    pub(crate) fn close(&mut self) {
        self.raw("</g>");
    }

    pub(crate) fn title(&mut self, text: &str) {
        self.raw(&format!("<title>{}</title>", escape(text)));
    }

    pub(crate) fn line(&mut self, class: &str, [x1, y1, x2, y2]: [i32; 4], more: &str) {
        self.raw(&format!(
            "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"{more}/>"
        ));
    }

    pub(crate) fn text(&mut self, class: &str, x: i32, y: i32, text: &str) {
        let text = escape(text);
        self.raw(&format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>"));
    }

    pub(crate) fn rect(&mut self, class: &str, area: Area, radius: i32) {
        let Area { x, y, width, height } = area;
        self.raw(&format!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
             rx=\"{radius}\"/>"
        ));
    }

    /// Lines of text in a rounded box around a point.
    pub(crate) fn pill(&mut self, class: &str, area: Area, lines: &[String]) {
        self.rect(class, area, 6);
        let middle = area.x + area.width / 2;
        for (at, line) in (0..).zip(lines) {
            self.text(&format!("{class}-text"), middle, area.y + 13 + at * 14, line);
        }
    }

    /// Two strokes where a message ends or a process does.
    pub(crate) fn cross(&mut self, class: &str, x: i32, y: i32, size: i32) {
        self.line(class, [x - size, y - size, x + size, y + size], "");
        self.line(class, [x - size, y + size, x + size, y - size], "");
    }
}

/// A part of the picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Area {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) width: i32,
    pub(crate) height: i32,
}

impl Area {
    /// The room that lines of a label take around a point.
    pub(crate) fn around(x: i32, y: i32, lines: &[String]) -> Self {
        let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        let width = width(longest) + 12;
        let height = 4 + 14 * i32::try_from(lines.len()).unwrap_or(1);
        Self { x: x - width / 2, y: y - height / 2, width, height }
    }

    /// Whether a point is in it.
    pub(crate) fn holds(&self, x: i32, y: i32) -> bool {
        (self.x..self.x + self.width).contains(&x) && (self.y..self.y + self.height).contains(&y)
    }

    /// How much of two areas is in both.
    pub(crate) fn overlap(&self, other: &Self) -> i32 {
        let across = (self.x + self.width).min(other.x + other.width) - self.x.max(other.x);
        let down = (self.y + self.height).min(other.y + other.height) - self.y.max(other.y);
        if across > 0 && down > 0 { across * down } else { 0 }
    }
}

/// The width of so many characters of a label.
pub(crate) fn width(characters: usize) -> i32 {
    i32::try_from(characters).unwrap_or(i32::MAX / 64).min(i32::MAX / 64) * CHARACTER + 1
}

/// Text as it may stand in SVG and HTML, in content and in attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for mark in text.chars() {
        match mark {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            mark => out.push(visible(mark)),
        }
    }
    out
}

/// A character as it may be shown: no control but line ends, none that turns the direction of the
/// text around, and none that XML forbids.
pub(crate) fn visible(mark: char) -> char {
    match mark {
        '\n' | '\t' => mark,
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        mark if mark.is_control() => '\u{fffd}',
        mark => mark,
    }
}
