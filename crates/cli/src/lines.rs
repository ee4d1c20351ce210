//! The lines of a report as JSON.

use serde_json::{Value as Json, json};

use crate::report::{Judgment, ProcessLine, Verdict, When};

pub(crate) fn judgment_json(line: &Judgment) -> Json {
    let witness = (line.verdict == Verdict::Violated).then(|| {
        let processes: Vec<String> = line.witnesses.iter().map(|p| format!("p{p}")).collect();
        json!({"processes": processes, "because": line.because, "found": line.remark})
    });
    let verdict = if line.verdict == Verdict::Proved { Verdict::Holds } else { line.verdict };
    json!({"name": line.name, "verdict": verdict.word(), "witness": witness})
}

pub(crate) fn process_json(line: &ProcessLine) -> Json {
    json!({
        "id": format!("p{}", line.process),
        "faulty": line.faulty,
        "fault": line.fault,
        "input": line.input,
        "output": line.output,
        "at": line.at.map(When::json),
    })
}

/// A number of runs: exact as far as JSON's readers keep it exact.
pub(crate) fn runs_json(runs: u128) -> Json {
    match u64::try_from(runs) {
        Ok(runs) if runs < 1 << 53 => json!(runs),
        _ => json!(runs as f64),
    }
}
