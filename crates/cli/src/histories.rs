//! Histories of operations that a real system left: whether they are linearizable.

use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use quorate_history::{
    History, Judgement, Limits, Model, Operation, Spent, Verdict as Found, Witness, draw, read,
};
use serde_json::{Value as Json, json};

use crate::args::{JudgeArgs, ModelWord};
use crate::clients::picture;
use crate::failure::{Failure, exit};
use crate::files::{is_trace, read_text};
use crate::reading::{read_bytes, read_time};
use crate::report::{Verdict, painted, plural};
use crate::reproduce::quoted;
use crate::stage::grouped;

/// One file, and what came of it.
struct One {
    file: String,
    history: History,
    judgement: Judgement,
    seconds: f64,
}

/// What came of all files.
pub(crate) struct Judged {
    files: Vec<One>,
    reproduce: String,
}

/// Whether the files are histories. One that does not begin like a trace is taken for one.
pub(crate) fn are(args: &JudgeArgs) -> Result<bool, Failure> {
    let mut traces = Vec::new();
    for file in &args.files {
        traces.push(is_trace(file)?);
    }
    match (traces.iter().position(|is| *is), traces.iter().position(|is| !is)) {
        (Some(trace), Some(history)) => Err(Failure::file(format!(
            "{} is a trace and {} is none: judge traces and histories one after the other",
            args.files[trace].display(),
            args.files[history].display()
        ))),
        (Some(_), None) if args.model.is_some() => {
            Err(Failure::usage("--model is for histories, and a trace says itself what it is of"))
        }
        (trace, _) => Ok(trace.is_none()),
    }
}

/// Judges every file.
pub(crate) fn judge(args: &JudgeArgs) -> Result<Judged, Failure> {
    let mut files = Vec::new();
    for file in &args.files {
        let history = history(file, args.model)?;
        let started = Instant::now();
        let limits = limits(args, started)?;
        let judgement = quorate_history::judge(&history, limits);
        let seconds = started.elapsed().as_secs_f64();
        files.push(One { file: file.display().to_string(), history, judgement, seconds });
    }
    Ok(Judged { files, reproduce: reproduce(args) })
}

/// What judging a history may take.
pub(crate) fn limits(args: &JudgeArgs, started: Instant) -> Result<Limits, Failure> {
    Ok(Limits {
        deadline: started.checked_add(read_time(&args.budget)?),
        bytes: usize::try_from(read_bytes(&args.memory)?).unwrap_or(usize::MAX),
    })
}

fn history(file: &Path, model: Option<ModelWord>) -> Result<History, Failure> {
    let text = read_text(file)?;
    let model = model.map(|word| match word {
        ModelWord::Register => Model::Register,
        ModelWord::Cas => Model::Cas,
        ModelWord::Lock => Model::Lock,
        ModelWord::Kv => Model::Kv,
        ModelWord::Log => Model::Log,
    });
    read(&text, model).map_err(|bad| {
        let words = Model::ALL.map(Model::word).join(", ");
        let hint = if bad.unclear { format!(" with --model ({words})") } else { String::new() };
        Failure::file(format!("{}:{bad}{hint}", file.display()))
    })
}

fn reproduce(args: &JudgeArgs) -> String {
    let files = args.files.iter().map(|file| quoted(&file.display().to_string()));
    let mut line = format!("quorate judge {}", files.collect::<Vec<_>>().join(" "));
    if let Some(model) = args.model {
        let _ = write!(line, " --model {}", format!("{model:?}").to_lowercase());
    }
    if args.budget != "60s" {
        let _ = write!(line, " --budget {}", quoted(&args.budget));
    }
    if args.memory != "2G" {
        let _ = write!(line, " --memory {}", quoted(&args.memory));
    }
    line
}

impl One {
    fn verdict(&self) -> Verdict {
        match self.judgement.verdict {
            Found::Holds => Verdict::Holds,
            Found::Violated(_) => Verdict::Violated,
            Found::Inconclusive(_) => Verdict::Inconclusive,
        }
    }

    fn witness(&self) -> Option<(&Witness, Vec<&Operation>)> {
        let Found::Violated(witness) = &self.judgement.verdict else { return None };
        let operations =
            witness.operations.iter().filter_map(|at| self.history.operations.get(*at));
        Some((witness, operations.collect()))
    }

    fn processes(&self) -> usize {
        let mut names: Vec<_> = self.history.operations.iter().map(|one| &one.process).collect();
        names.sort_unstable();
        names.dedup();
        names.len()
    }

    fn because(&self) -> String {
        match &self.judgement.verdict {
            Found::Holds => String::new(),
            Found::Violated(witness) => {
                let key = witness.key.as_ref();
                let key = key.map(|key| format!(" on key {key}")).unwrap_or_default();
                let count = plural(witness.operations.len() as u128, "operation");
                let least = match witness.minimal {
                    true => "no fewer of them show it",
                    false => "the budget was spent before it was known that no fewer show it",
                };
                format!("no order explains {count}{key}, whatever the others did; {least}")
            }
            Found::Inconclusive(Spent::Time) => "stopped by --budget".into(),
            Found::Inconclusive(Spent::Memory) => "stopped by --memory".into(),
        }
    }

    fn text(&self, quiet: bool, colour: bool) -> String {
        let (history, judgement) = (&self.history, &self.judgement);
        let verdict = self.verdict();
        let mut out = format!(
            "{} linearizability ({}: {}, {}, {}",
            painted(verdict.word(), verdict, colour),
            self.file,
            history.model.word(),
            plural(history.operations.len() as u128, "operation"),
            plural(judgement.keys as u128, "key"),
        );
        if history.failed > 0 {
            let _ = write!(out, "; {} failed and left out", grouped(history.failed.into()));
        }
        out.push_str(")\n");
        if quiet || verdict == Verdict::Holds {
            return out;
        }
        let _ = writeln!(out, "  {}", self.because());
        if let Some((_, operations)) = self.witness() {
            let _ = writeln!(out, "\n{}", draw(&operations));
            for operation in operations {
                let Operation { process, action, line, returned, .. } = operation;
                let open = if returned.is_none() { ", not answered" } else { "" };
                let _ = writeln!(out, "  line {line}: process {process}, {action}{open}");
            }
            out.push('\n');
        }
        out
    }

    fn svg(&self) -> Option<String> {
        let (_, operations) = self.witness()?;
        let lines: HashMap<u32, String> = (self.history.operations.iter())
            .map(|one| (one.invoked, format!("line {}", one.line)))
            .collect();
        let when = |event: u32| lines.get(&event).cloned().unwrap_or_default();
        let heading = format!("{} is not linearizable", self.file);
        picture(&heading, &self.because(), &operations, &when)
    }

    fn json(&self) -> Json {
        let witness = self.witness().map(|(witness, operations)| {
            let operations: Vec<Json> = operations.into_iter().map(operation_json).collect();
            json!({
                "key": witness.key.as_ref().map(ToString::to_string),
                "operations": operations,
                "minimal": witness.minimal,
                "because": self.because(),
            })
        });
        json!({
            "file": self.file,
            "object": self.history.model.word(),
            "verdict": self.verdict().word(),
            "operations": self.history.operations.len(),
            "failed": self.history.failed,
            "keys": self.judgement.keys,
            "processes": self.processes(),
            "states": self.judgement.configurations,
            "seconds": self.seconds,
            "because": self.because(),
            "witness": witness,
        })
    }
}

fn operation_json(operation: &Operation) -> Json {
    json!({
        "process": operation.process.to_string(),
        "does": operation.action.to_string(),
        "invoked": operation.invoked,
        "returned": operation.returned,
        "line": operation.line,
    })
}

impl Judged {
    /// The worst of all files.
    fn verdict(&self) -> Verdict {
        let has = |verdict| self.files.iter().any(|one| one.verdict() == verdict);
        let worst = [Verdict::Violated, Verdict::Inconclusive].into_iter().find(|one| has(*one));
        worst.unwrap_or(Verdict::Holds)
    }

    /// The first violation as a picture.
    pub(crate) fn svg(&self) -> Option<String> {
        self.files.iter().find_map(One::svg)
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self.verdict() {
            Verdict::Violated => exit::SAFETY,
            Verdict::Inconclusive => exit::INCONCLUSIVE,
            _ => exit::AS_EXPECTED,
        }
    }

    pub(crate) fn text(&self, quiet: bool, colour: bool) -> String {
        let mut out: String = self.files.iter().map(|one| one.text(quiet, colour)).collect();
        if self.files.len() > 1 && !quiet {
            let count = |verdict| self.files.iter().filter(|one| one.verdict() == verdict).count();
            let of = [Verdict::Holds, Verdict::Violated, Verdict::Inconclusive];
            let of = of.map(|verdict| format!("{} {}", count(verdict), verdict.word()));
            let _ =
                writeln!(out, "{}: {}", plural(self.files.len() as u128, "file"), of.join(", "));
        }
        if !quiet && self.verdict() != Verdict::Holds {
            let _ = writeln!(out, "reproduce: {}", self.reproduce);
        }
        out
    }

    pub(crate) fn json(&self) -> Json {
        let verdict = self.verdict().word();
        let first = self.files.iter().find(|one| one.verdict() == Verdict::Violated);
        let witness = first.map(|one| {
            let mut witness = one.json()["witness"].take();
            witness["file"] = json!(one.file);
            witness
        });
        let states: u64 = self.files.iter().map(|one| one.judgement.configurations).sum();
        let seconds: f64 = self.files.iter().map(|one| one.seconds).sum();
        json!({
            "schema": "quorate/verdict",
            "version": 1,
            "command": "judge",
            "verdict": verdict,
            "requirements": [{"name": "linearizability", "verdict": verdict, "witness": witness}],
            "work": {
                "runs": self.files.len(), "states": states, "transitions": 0, "depth": 0,
                "seconds": seconds,
            },
            "histories": self.files.iter().map(One::json).collect::<Vec<Json>>(),
            "reproduce": self.reproduce,
        })
    }
}
