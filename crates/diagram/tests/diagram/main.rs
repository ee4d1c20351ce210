//! Pictures of runs, compared with golden files; `UPDATE_GOLDEN=1` writes these again.

mod build;
mod runs;

use quorate_diagram::{TextOptions, html, svg, table, text};

#[test]
fn look() {
    for (name, trace) in runs::all() {
        std::fs::write(format!("/tmp/look/{name}.html"), html(&trace)).unwrap();
        std::fs::write(format!("/tmp/look/{name}.svg"), svg(&trace)).unwrap();
        std::fs::write(
            format!("/tmp/look/{name}.txt"),
            text(&trace, &TextOptions::default()) + &table(&trace, &TextOptions::default()),
        )
        .unwrap();
    }
}
