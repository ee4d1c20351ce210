//! The space-time diagram as a picture: processes are horizontal lifelines, time runs to the right.

use alloc::format;
use alloc::string::String;

use quorate_trace::Trace;

use crate::scene::Scene;
use crate::words;

mod layout;
mod paint;
mod panel;
mod pen;
mod timed;

pub(crate) use pen::{Area, Pen, escape, visible, width};

use layout::Layout;
use timed::Plan;

pub(crate) const STYLE: &str = include_str!("page/svg.css");
/// The tips of arrows and the hatch of lies.
const DEFINITIONS: &str = include_str!("page/marks.svg");
/// What a picture of a run in time has beside these.
const TIMED_DEFINITIONS: &str = include_str!("page/timed-marks.svg");
const TIMED_STYLE: &str = include_str!("page/timed.css");

/// Where the heading ends.
const HEADING: i32 = layout::TOP - 40;

/// Draw a run as one standalone SVG picture with its verdict below. It brings its own light ground,
/// so that it reads the same on a dark page. A run too large is drawn in part, and the picture says
/// what is left out.
pub fn svg(trace: &Trace) -> String {
    let scene = Scene::new(trace);
    let mut body = Pen::default();
    let [_, width, end] = diagram(&mut body, &scene);
    let end = panel::verdict(&mut body, &scene, width, end + 18) + 20;
    let attributes = " xmlns=\"http://www.w3.org/2000/svg\"";
    let mut pen = Pen::default();
    head(&mut pen, &scene, [0, width, end], attributes);
    let timed = if scene.time.is_some() { TIMED_STYLE } else { "" };
    pen.raw(&format!("<style>{STYLE}{timed}</style>"));
    pen.raw(&format!("<rect class=\"ground\" width=\"{width}\" height=\"{end}\"/>"));
    pen.raw(&body.out);
    pen.raw("</svg>");
    pen.out
}

/// The picture without verdict and style, for the page that has both in its own form.
pub(crate) fn inline(scene: &Scene<'_>) -> String {
    let mut body = Pen::default();
    let [top, width, end] = diagram(&mut body, scene);
    let mut pen = Pen::default();
    // The page has the heading in its own form; wide pictures shrink to what can still be read.
    let attributes = format!(
        " id=\"picture\" style=\"max-width:{}px;min-width:{}px\"",
        width * 5 / 4,
        width * 7 / 10
    );
    head(&mut pen, scene, [top, width, end + 8], &attributes);
    pen.raw(&body.out);
    pen.raw("</svg>");
    pen.out
}

/// Paint what is not the verdict. Says where it begins below the heading, how wide it is and where
/// it ends.
fn diagram(pen: &mut Pen, scene: &Scene<'_>) -> [i32; 3] {
    if scene.time.is_some() {
        let plan = Plan::new(scene);
        let end = timed::diagram(pen, scene, &plan);
        return [HEADING, plan.width, end];
    }
    let layout = Layout::new(scene);
    let end = paint::diagram(pen, scene, &layout);
    [HEADING, layout.width, end]
}

fn head(pen: &mut Pen, scene: &Scene<'_>, [top, width, height]: [i32; 3], attributes: &str) {
    let height = height - top;
    let label = escape(&format!("Space-time diagram of {}", words::heading(&scene.trace.header)));
    pen.raw(&format!(
        "<svg{attributes} role=\"img\" aria-label=\"{label}\" viewBox=\"0 {top} {width} {height}\" \
         width=\"{width}\" height=\"{height}\">"
    ));
    pen.raw(&format!("<desc>{}</desc>", escape(&description(scene))));
    pen.raw(DEFINITIONS.trim());
    if scene.time.is_some() {
        pen.raw(TIMED_DEFINITIONS.trim());
    }
}

/// What the picture shows, for whoever cannot see it.
fn description(scene: &Scene<'_>) -> String {
    let mut words = format!("{}. ", words::cost(scene.trace));
    for judged in &scene.trace.closing.requirements {
        words.push_str(&format!("{} {}. ", judged.name, judged.verdict));
        words.push_str(&judged.because);
        words.push(' ');
    }
    words.push_str(match scene.time {
        Some(_) => {
            "Each process is a horizontal line, with time from left to right; a message runs from \
             its sender when it is sent to its receiver when it arrives."
        }
        None => {
            "Each process is a horizontal line; messages run from their sender at the start of a \
             round to their receiver at its end."
        }
    });
    words
}
