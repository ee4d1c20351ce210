//! What many runs came to: for people, and as JSON.

use std::fmt::Write;

use quorate_diagram::TextOptions;
use quorate_diagram::plot::{Distribution, histogram_text};
use quorate_simulator::{Spread, Tally};
use serde_json::{Value as Json, json};

use crate::coverage::{lines_of_phases, phases_json};
use crate::stage::grouped;
use crate::timed::TICKS_PER_MS;

/// What many runs came to.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    pub(crate) tally: Tally,
    pub(crate) seeds: (u64, u64),
    pub(crate) seconds: f64,
    pub(crate) threads: usize,
    /// The probability that somebody is undecided after each round, and whether it is exact.
    pub(crate) expected: Vec<(u32, f64)>,
    pub(crate) expected_exact: bool,
    pub(crate) rule_ids: Vec<&'static str>,
    pub(crate) first_failure: Option<u64>,
}

impl Summary {
    /// The lines of a report.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        let tally = &self.tally;
        let rate = tally.events as f64 / self.seconds.max(1e-9);
        let _ = writeln!(
            out,
            "{} runs (seeds {} to {}), {} events, in {:.1} s with {} threads: {} events a second",
            grouped(tally.runs.into()),
            self.seeds.0,
            self.seeds.1.saturating_sub(1),
            grouped(tally.events.into()),
            self.seconds,
            self.threads,
            grouped(rate as u128),
        );
        let _ = writeln!(
            out,
            "met: {} crashes, {} restarts, {} lost messages, {} lies; {} runs ended undone",
            grouped(tally.crashes.into()),
            grouped(tally.restarts.into()),
            grouped(tally.lost.into()),
            grouped(tally.lies.into()),
            grouped(tally.undone.into()),
        );
        if tally.broken > 0 {
            let _ = writeln!(
                out,
                "{} messages came outside their round: the assumption of the synchronous model \
                 does not hold",
                grouped(tally.broken.into())
            );
        }
        self.lines_of_spreads(&mut out);
        let title = "\nfaults, by the rule that their process had fired last";
        out.push_str(&lines_of_phases(&tally.met, &self.rule_ids, title));
        out
    }

    /// The distributions: rounds, if the protocol has any; messages; time to decision.
    pub(crate) fn distributions(&self) -> Vec<Distribution> {
        let all = self.spreads().into_iter().map(|(name, spread, scale)| {
            let counts = spread.counts().map(|(number, count)| (number as f64 / scale, count));
            let unit = if name == "ms to done" { "ms" } else { name };
            let title = match name {
                "rounds" => "rounds until the last correct process was done",
                "messages" => "messages between different processes",
                _ => "time until the last correct process was done",
            };
            let undone = if name == "messages" { 0 } else { self.tally.undone };
            let drawn = Distribution::new(title, unit, counts, undone);
            if name != "rounds" || self.expected.is_empty() {
                return drawn;
            }
            let tail = self.expected.iter().map(|(round, left)| (f64::from(*round), *left));
            let label = if self.expected_exact { "theory" } else { "bound" };
            drawn.expecting(tail.collect(), self.expected_exact, label)
        });
        all.collect()
    }

    /// The distributions as bars for a terminal.
    pub(crate) fn bars(&self, options: &TextOptions) -> String {
        let all = self.distributions();
        let texts: Vec<String> = all.iter().map(|one| histogram_text(one, options)).collect();
        texts.join("\n")
    }

    fn spreads(&self) -> Vec<(&'static str, &Spread, f64)> {
        let tally = &self.tally;
        let mut all = vec![
            ("messages", &tally.messages, 1.0),
            ("ms to done", &tally.ticks, TICKS_PER_MS as f64),
        ];
        if tally.rounds.max() > 0 {
            all.insert(0, ("rounds", &tally.rounds, 1.0));
        }
        all
    }

    fn lines_of_spreads(&self, out: &mut String) {
        let _ = writeln!(
            out,
            "\n  {:<12} {:>10} {:>10} {:>10} {:>10} {:>10}",
            "", "mean", "median", "95 of 100", "99 of 100", "most"
        );
        for (name, spread, scale) in self.spreads() {
            let at = |percent| trimmed(spread.percentile(percent) as f64 / scale);
            let _ = writeln!(
                out,
                "  {name:<12} {:>10} {:>10} {:>10} {:>10} {:>10}",
                trimmed(spread.mean() / scale),
                at(50),
                at(95),
                at(99),
                trimmed(spread.max() as f64 / scale),
            );
        }
    }

    pub(crate) fn json(&self) -> Json {
        let tally = &self.tally;
        let spread = |spread: &Spread, scale: f64| {
            json!({
                "runs": spread.runs(),
                "mean": spread.mean() / scale,
                "p50": spread.percentile(50) as f64 / scale,
                "p95": spread.percentile(95) as f64 / scale,
                "p99": spread.percentile(99) as f64 / scale,
                "max": spread.max() as f64 / scale,
                "counts": spread.counts()
                    .map(|(number, count)| json!([number as f64 / scale, count]))
                    .collect::<Vec<Json>>(),
            })
        };
        json!({
            "seeds": {"from": self.seeds.0, "to": self.seeds.1},
            "threads": self.threads,
            "seconds": self.seconds,
            "events": tally.events,
            "crashes": tally.crashes,
            "restarts": tally.restarts,
            "lost": tally.lost,
            "lies": tally.lies,
            "broken": tally.broken,
            "undone": tally.undone,
            "unsettled": tally.unsettled,
            "violations": tally.violations.iter()
                .map(|(name, (count, seed))| json!({"name": name, "runs": count, "seed": seed}))
                .collect::<Vec<Json>>(),
            "first_failure": self.first_failure,
            "rounds": spread(&tally.rounds, 1.0),
            "messages": spread(&tally.messages, 1.0),
            "ms": spread(&tally.ticks, TICKS_PER_MS as f64),
            "expected": self.expected.iter()
                .map(|(round, left)| json!([round, left])).collect::<Vec<Json>>(),
            "expected_exact": self.expected_exact,
            "met": phases_json(&tally.met, &self.rule_ids),
        })
    }
}

/// A number with as many digits as are worth reading.
fn trimmed(number: f64) -> String {
    if number >= 1000.0 || number.fract() == 0.0 {
        grouped(number.round() as u128)
    } else {
        format!("{number:.2}")
    }
}
