//! What came of a scenario, as a line and as JSON.

use serde_json::{Value, json};

use crate::group::Peer;
use crate::play::{Play, worst};
use crate::record::Done;
use crate::scenarios::Scenario;
use crate::stage::Stage;
use crate::verdict::{Verdict, acknowledged};

/// What came of a scenario.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    scenario: Scenario,
    peer: Peer,
    nodes: u16,
    seed: u64,
    faults: u32,
    operations: usize,
    acknowledged: usize,
    unknown: usize,
    refused: u32,
    silence: f64,
    /// The worst time after a cut, in election timeouts.
    recovery: Option<f64>,
    notes: Vec<String>,
    pub(crate) verdict: Verdict,
    pub(crate) seconds: f64,
}

impl Report {
    pub(crate) fn new(scenario: Scenario, play: &Play) -> Self {
        Self {
            scenario,
            peer: play.made.peer,
            nodes: play.made.n,
            seed: play.seed,
            faults: 0,
            operations: 0,
            acknowledged: 0,
            unknown: 0,
            refused: 0,
            silence: 0.0,
            recovery: None,
            notes: Vec::new(),
            verdict: Verdict::default(),
            seconds: 0.0,
        }
    }

    /// Counts what was done.
    pub(crate) fn enter(&mut self, stage: &Stage, done: &[Done], silence: f64) {
        self.faults = stage.faults;
        self.operations = done.len();
        self.acknowledged = acknowledged(done).count();
        self.unknown = done.iter().filter(|one| one.returned.is_none()).count();
        self.refused = stage.record.refused();
        self.silence = silence;
        self.recovery = worst(&stage.recoveries);
        self.notes.clone_from(&stage.notes);
        if let Some(cuts) = self.scenario.kind.bar().map(|_| stage.recoveries.len()) {
            let skipped = match stage.skipped {
                0 => String::new(),
                many => format!("; {many} were not made, since the group was not ready for one"),
            };
            self.notes.push(format!("cuts: {cuts}{skipped}"));
        }
    }

    /// Whether somebody led again as soon as it has to be.
    fn is_soon(&self) -> bool {
        match (self.scenario.kind.bar(), self.recovery) {
            (Some(bar), Some(worst)) => worst <= bar,
            (Some(_), None) => false,
            (None, _) => true,
        }
    }

    /// Whether all is as it has to be.
    pub(crate) fn holds(&self) -> bool {
        self.verdict.holds() && self.is_soon()
    }

    fn recovery(&self) -> String {
        match self.recovery {
            None => "-".into(),
            Some(worst) if worst.is_infinite() => "never".into(),
            Some(worst) => format!("{worst:.2}"),
        }
    }

    /// What stands over the lines.
    pub(crate) fn heading() -> String {
        format!(
            "{:17} {:>5} {:>6} {:>10} {:>12} {:>8} {:>9} {:>9} {:>8}  verdict\n",
            "scenario",
            "nodes",
            "faults",
            "operations",
            "acknowledged",
            "unknown",
            "silence s",
            "elections",
            "seconds"
        )
    }

    /// A line, and what there is to say under it.
    pub(crate) fn line(&self) -> String {
        let mut text = format!(
            "{:17} {:>5} {:>6} {:>10} {:>12} {:>8} {:>9.2} {:>9} {:>8.1}  {}\n",
            self.scenario.name,
            self.nodes,
            self.faults,
            self.operations,
            self.acknowledged,
            self.unknown,
            self.silence,
            self.recovery(),
            self.seconds,
            self.verdict.word(),
        );
        if !self.is_soon() && self.verdict.wrong.is_empty() {
            text += "  nobody led within four election timeouts of a cut\n";
        }
        for said in self.verdict.wrong.iter().chain(&self.verdict.open).chain(&self.notes) {
            text += &format!("  {said}\n");
        }
        text
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "scenario": self.scenario.name,
            "group": format!("{:?}", self.peer).to_lowercase(),
            "nodes": self.nodes,
            "seed": self.seed,
            "faults": self.faults,
            "operations": self.operations,
            "acknowledged_writes": self.acknowledged,
            "unknown": self.unknown,
            "refused": self.refused,
            "longest_silence_s": self.silence,
            "recovery_election_timeouts": self.recovery.filter(|worst| worst.is_finite()),
            "recovered": self.recovery.is_none_or(f64::is_finite),
            "verdict": self.verdict.word(),
            "wrong": self.verdict.wrong,
            "open": self.verdict.open,
            "notes": self.notes,
            "holds": self.holds(),
            "seconds": self.seconds,
        })
    }
}
