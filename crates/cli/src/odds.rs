//! `check --odds`: how likely decisions are, round by round, whatever the adversary does.

use std::fmt::Write;

use quorate_checker::network::{By, Odds};
use serde_json::{Value as Json, json};

use crate::explore::Given;
use crate::failure::Failure;
use crate::hosted::Stage;
use crate::progress;
use crate::stage::{grouped, why};

/// Fractions longer than this are not shown but for what they are about.
const DIGITS_MAX: usize = 24;

impl Stage<'_> {
    /// Computes the probabilities within the same bounds.
    pub(crate) fn weigh(&self, given: &Given<'_>, last: u32) -> Result<Odds, Failure> {
        let orders = self.orders(given)?;
        let shown = progress::Shown::new("weighing");
        let odds = self.place.odds(&orders, last, &shown.progress);
        odds.map_err(|objection| Failure::usage(format!("--odds: {objection}")))
    }
}

/// The lines of a report.
pub(crate) fn odds_text(odds: &Odds) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "\nprobability that all correct processes have decided by a round, whatever the schedule \
         and the faults:\n  {:<8} {:>24}  {:>24}",
        "round", "least", "greatest"
    );
    let (below, above) = if odds.is_exact() { ("", "") } else { ("at least ", "at most ") };
    for By { round, least, most } in &odds.by {
        let text = |bound: &str, exact: &quorate_checker::network::Exact| {
            let fraction = exact.to_string();
            match fraction.len() > DIGITS_MAX - bound.len() {
                true => format!("{bound}about {:.6}", exact.about()),
                false => format!("{bound}{fraction}"),
            }
        };
        let _ = writeln!(out, "  {round:<8} {:>24}  {:>24}", text(below, least), text(above, most));
    }
    let (states, moves) = (grouped(odds.states.into()), grouped(odds.transitions.into()));
    let _ = writeln!(out, "computed from {states} states and {moves} transitions");
    if let Some(stop) = odds.stopped {
        let _ = writeln!(
            out,
            "not all of them were looked at ({}), so that these are bounds",
            why(stop)
        );
    } else if !odds.is_exact() {
        let _ = writeln!(out, "some runs go on beyond the bounds, so that these are bounds");
    }
    out.push('\n');
    out
}

/// The same as JSON: fractions as text, since numbers of JSON are not exact.
pub(crate) fn odds_json(odds: &Odds) -> Json {
    let by = |by: &By| {
        json!({
            "round": by.round,
            "least": by.least.to_string(),
            "greatest": by.most.to_string(),
            "about": [by.least.about(), by.most.about()],
        })
    };
    json!({
        "by_round": odds.by.iter().map(by).collect::<Vec<Json>>(),
        "exact": odds.is_exact(),
        "states": odds.states,
        "transitions": odds.transitions,
        "omission": odds.omission,
    })
}
