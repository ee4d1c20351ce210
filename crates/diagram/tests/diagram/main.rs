//! Pictures of runs, compared with golden files; `UPDATE_GOLDEN=1` writes these again.

mod build;
mod runs;

use quorate_diagram::{TextOptions, table, text};

#[test]
fn look() {
    for (name, trace) in runs::all() {
        println!("\n=== {name}\n{}", text(&trace, &TextOptions::default()));
    }
    println!("{}", table(&runs::four_generals(), &TextOptions::default()));
    println!("{}", table(&runs::phase_king(8), &TextOptions::default()));
}
