//! `check --undecided`: a run that is kept undecided.

use std::time::Instant;

use quorate_checker::network::Shown;
use quorate_kernel::named;

use crate::explore::{Given, line_of};
use crate::failure::Failure;
use crate::hosted::Stage;
use crate::report::{Report, Verdict};

/// Runs of up to so many steps are shown.
const SHOWN_MAX: u32 = 60;

impl Stage<'_> {
    /// Looks for a bivalent beginning, and keeps the run undecided from there.
    pub(crate) fn waver(&self, given: &Given<'_>, steps: u32) -> Result<Report, Failure> {
        let orders = self.orders(given)?;
        let line = line_of(self.experiment, given.bounds);
        let Some(kept) = self.place.waver(&orders, steps as usize) else {
            let mut report = self.blank("check", Verdict::Inconclusive);
            report.reproduce = line;
            let late = orders.budget.deadline.is_some_and(|deadline| Instant::now() >= deadline);
            report.notes.push(if late {
                "the time was up before a run was found that can be kept undecided: --budget gives \
                 it longer"
                    .into()
            } else {
                "no beginning is seen to be bivalent and can be kept so: give other inputs, or a \
                 larger f (a silent process, or a timer that goes off first, must be able to \
                 change what is decided)"
                    .into()
            });
            return Ok(report);
        };
        let mut report = self.report(&kept.plan, "check", &line);
        report.notes.clear();
        if steps <= SHOWN_MAX {
            let shown = "from this beginning either can be decided, and after this run still:";
            report.showing = Some(shown.into());
        }
        let broken = report.requirements.iter().any(|line| line.verdict == Verdict::Violated);
        if !broken {
            report.verdict = Verdict::Holds;
        }
        let ways = |ways: &[(String, Shown)], from: &str| {
            let name = |value| self.experiment.names.of(value);
            let results: Vec<String> = ways
                .iter()
                .map(|(result, run)| {
                    let more = run.moves.len() - if from == "end" { steps as usize } else { 0 };
                    format!("{} in {more} steps", named(result, &name))
                })
                .collect();
            format!("from the {from} of the run: {}", results.join(", or "))
        };
        report.notes.push(format!(
            "kept undecided for {steps} steps; whatever was due waited at most {} of them",
            kept.undecided.waited
        ));
        report.notes.push(ways(&kept.undecided.ways[0], "beginning"));
        report.notes.push(ways(&kept.undecided.ways[1], "end"));
        report.reproduce = line;
        Ok(report)
    }
}
