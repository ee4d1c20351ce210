//! The graph of final views: one column for each step from where 0 must be decided, and the
//! shortest chain through it.

use super::pen::Pen;
use crate::search::Web;

const COLUMN: i32 = 150;
const ROW: i32 = 26;

/// Draws a graph of views as SVG, under a title.
#[must_use]
pub fn web(web: &Web, title: &str) -> String {
    let mut pen = Pen::new();
    pen.text("title", 24, 28, title);
    pen.text(
        "quiet",
        24,
        48,
        "a view for each circle: whose, and what it heard; two are joined if they are seen in one \
         execution",
    );
    pen.text(
        "quiet",
        24,
        66,
        "white: in an execution in which 0 must be decided; black: in one in which 1 must be; \
         blue: the chain",
    );
    let columns = web.views.iter().map(|view| view.column).max().map_or(0, |last| last + 1);
    let mut rows = vec![0; columns];
    let places: Vec<(i32, i32)> = web
        .views
        .iter()
        .map(|view| {
            let row = rows[view.column];
            rows[view.column] += 1;
            (60 + COLUMN * view.column as i32, 100 + ROW * row + 7 * (view.column as i32 % 2))
        })
        .collect();
    for (a, b) in &web.joined {
        let ((x1, y1), (x2, y2)) = (places[*a], places[*b]);
        pen.line("edge", [x1, y1, x2, y2]);
    }
    for pair in web.chain.windows(2) {
        let ((x1, y1), (x2, y2)) = (places[pair[0]], places[pair[1]]);
        pen.line("way", [x1, y1, x2, y2]);
    }
    for (view, (x, y)) in web.views.iter().zip(&places) {
        let class = match view.forced {
            0b01 => "must0",
            0b10 => "must1",
            _ => "free",
        };
        pen.circle(class, *x, *y, 7);
        pen.text("halo", x + 11, y + 4, &view.text);
    }
    let tallest = rows.iter().max().copied().unwrap_or(0);
    pen.done(COLUMN * columns.max(5) as i32 + 110, 120 + ROW * tallest, title)
}
