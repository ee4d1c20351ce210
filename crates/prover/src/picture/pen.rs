//! Writing SVG: numbers, escaped text and a few shapes.

use std::fmt::Write;

const STYLE: &str = "text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1d2733}\
.title{font-weight:700;font-size:14px}.strong{font-weight:700}.quiet{fill:#5b6774}\
.life{stroke:#9aa5b1;stroke-width:1.5}.gone{stroke:#c5ccd3;stroke-width:1.5;stroke-dasharray:2 4}\
.says{stroke:#8593a1;stroke-width:1.1}.lost{stroke:#c43b3b;stroke-width:1.1;stroke-dasharray:4 3}\
.lie{stroke:#c43b3b;stroke-width:1.4}.new{stroke:#d97a00;stroke-width:2.4}.newtext{fill:#b86200}\
.cross{stroke:#c43b3b;stroke-width:2.4}.same{fill:#d9e8fb}.sametext{fill:#1c5fb0}\
.v0{fill:#fff;stroke:#1d2733;stroke-width:1.4}.v1{fill:#1d2733;stroke:#1d2733;stroke-width:1.4}\
.vq{fill:#f6dada;stroke:#c43b3b;stroke-width:1.4}.light{fill:#fff}.mid{text-anchor:middle}\
.end{text-anchor:end}.halo{paint-order:stroke;stroke:#fff;stroke-width:4px}\
.edge{stroke:#b5bec8;stroke-width:.7}.way{stroke:#1c5fb0;stroke-width:2.6}\
.must0{fill:#fff;stroke:#1c5fb0;stroke-width:2}.must1{fill:#1d2733;stroke:#1c5fb0;stroke-width:2}\
.free{fill:#dfe4e9;stroke:#8593a1;stroke-width:1}";

/// A picture in the making.
pub(super) struct Pen {
    body: String,
}

impl Pen {
    pub(super) fn new() -> Self {
        Self { body: String::new() }
    }

    pub(super) fn line(&mut self, class: &str, [x1, y1, x2, y2]: [i32; 4]) {
        let _ = writeln!(
            self.body,
            "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>"
        );
    }

    /// A line with a tip at its end.
    pub(super) fn arrow(&mut self, class: &str, [x1, y1, x2, y2]: [i32; 4]) {
        self.line(class, [x1, y1, x2, y2]);
        let (dx, dy) = (f64::from(x2 - x1), f64::from(y2 - y1));
        let length = dx.hypot(dy).max(1.0);
        let (ux, uy) = (dx / length, dy / length);
        for side in [-1.0, 1.0] {
            let x = f64::from(x2) - 8.0 * ux + side * 4.0 * uy;
            let y = f64::from(y2) - 8.0 * uy - side * 4.0 * ux;
            self.line(class, [x2, y2, x.round() as i32, y.round() as i32]);
        }
    }

    pub(super) fn cross(&mut self, class: &str, x: i32, y: i32, size: i32) {
        self.line(class, [x - size, y - size, x + size, y + size]);
        self.line(class, [x - size, y + size, x + size, y - size]);
    }

    pub(super) fn circle(&mut self, class: &str, x: i32, y: i32, radius: i32) {
        let _ =
            writeln!(self.body, "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>");
    }

    pub(super) fn band(&mut self, class: &str, [x, y, width, height]: [i32; 4]) {
        let _ = writeln!(
            self.body,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
             rx=\"5\"/>"
        );
    }

    pub(super) fn text(&mut self, class: &str, x: i32, y: i32, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let _ = writeln!(self.body, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>");
    }

    /// What a process proposes.
    pub(super) fn value(&mut self, x: i32, y: i32, value: Option<u8>) {
        let (class, text) = match value {
            Some(0) => ("v0", "mid"),
            Some(_) => ("v1", "mid light"),
            None => ("vq", "mid"),
        };
        self.circle(class, x, y, 9);
        let said = value.map_or("?".into(), |value| value.to_string());
        self.text(text, x, y + 4, &said);
    }

    /// The picture, wide enough for its title.
    pub(super) fn done(self, width: i32, height: i32, title: &str) -> String {
        let width = width.max(title.chars().count() as i32 * 9 + 48);
        let title = title.replace('&', "&amp;").replace('<', "&lt;");
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{title}\">\n\
             <style>{STYLE}</style>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n{}</svg>\n",
            self.body
        )
    }
}
