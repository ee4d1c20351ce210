//! What came of a command: for people, and as JSON.

use std::fmt::Write;

use quorate_checker::Work;
use quorate_checker::network::Odds;
use quorate_diagram::TextOptions;
use quorate_kernel::{Class, Group, Timing};
use quorate_protocols::Card;
use quorate_trace::Trace;
use serde_json::{Value as Json, json};

use crate::args::{Expect, OutputArgs};
use crate::coverage::Coverage;
use crate::failure::exit;
use crate::lines::{judgment_json, process_json, runs_json};
use crate::odds::{odds_json, odds_text};
use crate::stage::{code, grouped};
use crate::timed::TICKS_PER_MS;
use crate::timed::ms_text;

/// The verdicts that a run and a search can come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// Of this one run.
    Holds,
    /// Of every run within the bounds.
    Proved,
    /// Of many runs, not of all.
    NoViolation,
    Violated,
    Inconclusive,
}

impl Verdict {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Proved => "proved",
            Self::NoViolation => "no-violation",
            Self::Violated => "violated",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// The judgement on one requirement.
#[derive(Clone, Debug)]
pub(crate) struct Judgment {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    pub(crate) class: Class,
    pub(crate) verdict: Verdict,
    pub(crate) witnesses: Vec<u16>,
    pub(crate) because: String,
    /// How many runs, and how simple.
    pub(crate) remark: String,
}

/// What one process did.
#[derive(Clone, Debug)]
pub(crate) struct ProcessLine {
    pub(crate) process: u16,
    pub(crate) faulty: bool,
    pub(crate) fault: Option<String>,
    pub(crate) input: Option<String>,
    pub(crate) output: Option<String>,
    pub(crate) at: Option<When>,
    /// How many more things it handed out.
    pub(crate) more: usize,
}

/// When something happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum When {
    /// By the end of this round.
    Round(u64),
    /// So many ticks after the start.
    Ticks(u64),
}

impl When {
    fn text(self) -> String {
        match self {
            Self::Round(round) => format!("in round {round}"),
            Self::Ticks(ticks) => format!("at {}", ms_text(ticks)),
        }
    }

    pub(crate) fn json(self) -> Json {
        match self {
            Self::Round(round) => json!({"round": round}),
            Self::Ticks(ticks) => json!({"ms": ticks as f64 / TICKS_PER_MS as f64}),
        }
    }
}

/// How much was searched, and how long it took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WorkDone {
    pub(crate) work: Work,
    pub(crate) seconds: f64,
    pub(crate) complete: bool,
    /// Whether states were searched, and runs not counted.
    pub(crate) by_state: bool,
}

/// What came of a command.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) command: &'static str,
    pub(crate) title: Option<String>,
    pub(crate) card: Card,
    pub(crate) group: Group,
    pub(crate) rounds: u16,
    pub(crate) timing: Timing,
    /// Whether it is about runs in time, and not in rounds.
    pub(crate) in_time: bool,
    pub(crate) faults: String,
    pub(crate) verdict: Verdict,
    pub(crate) requirements: Vec<Judgment>,
    /// The requirement whose violation is shown.
    pub(crate) primary: Option<usize>,
    /// By number of failures: the latest decision in any run, and the promised round.
    pub(crate) slowest: Vec<(u16, u16, u16)>,
    /// What the run is that is shown, if it is not a violation.
    pub(crate) showing: Option<String>,
    pub(crate) work: Option<WorkDone>,
    /// What many runs came to.
    pub(crate) swept: Option<crate::summary::Summary>,
    pub(crate) cost: Option<quorate_world::Cost>,
    /// What the formula says that a run without failures costs.
    pub(crate) expected_cost: Option<quorate_protocols::Cost>,
    pub(crate) processes: Vec<ProcessLine>,
    pub(crate) seed: u64,
    pub(crate) reproduce: String,
    /// The command that makes the run that is shown.
    pub(crate) this_run: Option<String>,
    /// What bounds a search of states.
    pub(crate) bounds: Vec<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) trace: Option<Trace>,
    /// How likely decisions are, round by round.
    pub(crate) odds: Option<Odds>,
    /// Which rules fired, and what else was met.
    pub(crate) coverage: Coverage,
    /// How long the run took.
    pub(crate) seconds: f64,
}

impl Report {
    /// What a process did, and when.
    fn said(&self, value: &str, at: When, more: usize) -> String {
        let many = ["multicast", "failure-detection", "replicated-log"];
        let decided = if many.contains(&self.card.problem) { "" } else { "decided " };
        let more = match more {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        format!("{decided}{value} {}{more}", at.text())
    }

    /// What a process did with its input, and what one did that handed out nothing.
    fn words(&self) -> (&'static str, &'static str) {
        match self.card.problem {
            "multicast" => ("multicast", "delivered nothing"),
            "failure-detection" => ("was given", "suspected nobody"),
            "replicated-log" => ("asked for", "learned nothing"),
            _ => ("proposed", "did not decide"),
        }
    }

    /// The requirement that decides the exit code: the one that is shown, or the first violated.
    fn decisive(&self) -> Option<&Judgment> {
        let violated = |line: &&Judgment| line.verdict == Verdict::Violated;
        let shown = self.primary.and_then(|at| self.requirements.get(at)).filter(violated);
        shown.or_else(|| self.requirements.iter().find(violated))
    }

    /// The exit code, given what was expected.
    pub(crate) fn exit_code(&self, expect: Option<Expect>) -> u8 {
        let violated = self.decisive().map(|line| code(line.class));
        match (expect, self.verdict) {
            (_, Verdict::Inconclusive) => exit::INCONCLUSIVE,
            (Some(Expect::Violated), _) if violated.is_some() => exit::AS_EXPECTED,
            (Some(Expect::Holds), _) if violated.is_none() => exit::AS_EXPECTED,
            (Some(_), _) => exit::NOT_AS_EXPECTED,
            (None, _) => violated.unwrap_or(exit::AS_EXPECTED),
        }
    }

    /// The verdict as one JSON object.
    pub(crate) fn json(&self) -> Json {
        let requirements: Vec<Json> = self.requirements.iter().map(judgment_json).collect();
        let processes: Vec<Json> = self.processes.iter().map(process_json).collect();
        let (runs, states, transitions, depth, seconds) = match &self.work {
            Some(WorkDone { work, seconds, .. }) => {
                (runs_json(work.runs), work.states, work.transitions, work.depth, *seconds)
            }
            None if self.swept.is_some() => {
                let swept = self.swept.as_ref();
                let runs = swept.map_or(0, |swept| swept.tally.runs);
                let events = swept.map_or(0, |swept| swept.tally.events);
                (json!(runs), 0, events, 0, swept.map_or(0.0, |swept| swept.seconds))
            }
            None => (json!(1), 0, 0, self.rounds, self.seconds),
        };
        let cost = self.cost.unwrap_or_default();
        let mut verdict = json!({
            "schema": "quorate/verdict",
            "version": 1,
            "command": self.command,
            "protocol": self.card.name,
            "n": self.group.n,
            "f": self.group.f,
            "model": {
                "timing": self.timing.word(), "faults": self.faults, "signed": self.card.signed,
            },
            "verdict": self.verdict.word(),
            "requirements": requirements,
            "work": {
                "runs": runs, "states": states, "transitions": transitions, "depth": depth,
                "seconds": seconds,
            },
            "cost": {
                "rounds": cost.rounds, "messages": cost.messages, "items": cost.items,
                "bits": cost.bits,
            },
            "processes": processes,
            "rules": self.coverage.rules_json(),
            "slowest": self.slowest.iter()
                .map(|(failures, round, promised)| {
                    json!({"failures": failures, "round": round, "promised": promised})
                })
                .collect::<Vec<Json>>(),
            "bounds": self.bounds,
            "notes": self.notes,
            "seed": self.seed,
            "reproduce": self.reproduce,
            "run": self.this_run,
        });
        if let Some(swept) = &self.swept {
            verdict["sweep"] = swept.json();
        }
        if let Some(coverage) = self.coverage.searched_json() {
            verdict["coverage"] = coverage;
        }
        if let Some(odds) = &self.odds {
            verdict["odds"] = odds_json(odds);
        }
        verdict
    }

    /// The verdict for people.
    pub(crate) fn text(&self, output: &OutputArgs, colour: bool) -> String {
        let mut out = String::new();
        self.headline(&mut out, colour);
        if output.quiet {
            return out;
        }
        if let Some(trace) = self.trace.as_ref().filter(|_| self.picture_fits()) {
            if let Some(what) = &self.showing {
                let _ = writeln!(out, "\n{what}");
            }
            let picture = quorate_diagram::text(trace, &drawn(colour));
            let _ = writeln!(out, "\n{}", picture.trim_end());
        }
        if let Some(trace) = self.trace.as_ref().filter(|_| output.verbose) {
            let table = quorate_diagram::table(trace, &drawn(colour));
            let _ = writeln!(out, "\n{}", table.trim_end());
        }
        self.lines_of_processes(&mut out);
        self.lines_of_requirements(&mut out, colour);
        if let Some(swept) = &self.swept {
            let _ = write!(out, "\n{}", swept.text());
            if self.verdict != Verdict::Violated || output.verbose {
                let _ = write!(out, "\n{}", swept.bars(&drawn(colour)));
            }
        }
        self.lines_of_work(&mut out);
        for (failures, round, promised) in &self.slowest {
            let failing = plural(u128::from(*failures), "failure");
            let _ = writeln!(
                out,
                "with {failing} the last decision comes in round {round} at the latest (promised: {promised})"
            );
        }
        if let Some(odds) = &self.odds {
            out.push_str(&odds_text(odds));
        }
        for note in &self.notes {
            let _ = writeln!(out, "{note}");
        }
        let clean = matches!(self.verdict, Verdict::Holds | Verdict::Proved | Verdict::NoViolation);
        if !clean {
            let _ = writeln!(out, "\nreproduce: {}", self.reproduce);
            if let Some(run) = self.this_run.as_ref().filter(|run| **run != self.reproduce) {
                let _ = writeln!(out, "this run:  {run}");
            }
        }
        out
    }

    fn picture_fits(&self) -> bool {
        let shown =
            self.command != "check" || self.verdict == Verdict::Violated || self.showing.is_some();
        shown && self.group.n <= 8 && self.rounds <= 12
    }

    fn headline(&self, out: &mut String, colour: bool) {
        if let Some(title) = &self.title {
            let _ = writeln!(out, "{title}");
        }
        let signed = if self.card.signed { ", signed messages" } else { "" };
        let last = match self.in_time {
            true => {
                self.timing.word().to_string()
                    + if self.timing == Timing::Partial { " synchrony" } else { "" }
            }
            false => plural(u128::from(self.rounds), "round"),
        };
        let model = format!(
            "{}, n = {}, f = {}, {} faults{signed}, {last}",
            self.card.name,
            self.group.n,
            self.group.f,
            if self.faults == "none" { "no" } else { &self.faults },
        );
        let what = match (self.verdict, self.decisive()) {
            (Verdict::Violated, Some(line)) => format!(": {}", line.name),
            (Verdict::Proved, _) => match &self.work {
                Some(done) if done.by_state => {
                    format!(": all {} states", grouped(done.work.states.into()))
                }
                Some(done) => format!(": all {} runs", grouped(done.work.runs)),
                None => String::new(),
            },
            (Verdict::Holds, _) => ": this run".into(),
            (Verdict::NoViolation, _) => match &self.swept {
                Some(swept) => {
                    format!(" in {} runs (not a proof)", grouped(swept.tally.runs.into()))
                }
                None => String::new(),
            },
            _ => String::new(),
        };
        let word = painted(self.verdict.word(), self.verdict, colour);
        let _ = writeln!(out, "{word}{what} ({model})");
        if let Some(line) = self.decisive() {
            let _ = writeln!(out, "  broken: {}", line.text);
            if !line.because.is_empty() {
                let _ = writeln!(out, "  shown:  {}", line.because);
            }
        }
    }

    fn lines_of_processes(&self, out: &mut String) {
        if self.processes.is_empty() || !["run", "up"].contains(&self.command) {
            return;
        }
        let most = 24;
        let _ = writeln!(out);
        for line in self.processes.iter().take(most) {
            let (proposed, silent) = self.words();
            let input = line.input.as_ref().map(|v| format!("{proposed} {v}")).unwrap_or_default();
            let output = match (&line.output, line.at) {
                (Some(value), Some(at)) => self.said(value, at, line.more),
                _ if line.fault.as_deref() == Some("traitor") => "(a traitor)".into(),
                _ => silent.into(),
            };
            let fault = match line.fault.as_deref() {
                Some("crash") => "  (crashed)",
                Some("omission") => "  (loses messages)",
                Some("flip") => "  (hit by a flipped bit)",
                _ => "",
            };
            let _ = writeln!(out, "  p{:<4} {input:<14} {output}{fault}", line.process);
        }
        if self.processes.len() > most {
            self.lines_of_the_rest(out, most);
        }
    }

    fn lines_of_the_rest(&self, out: &mut String, most: usize) {
        let mut groups: Vec<(String, usize)> = Vec::new();
        for line in &self.processes[most..] {
            let what = match (&line.output, line.at) {
                (Some(value), Some(at)) => self.said(value, at, line.more),
                _ => self.words().1.into(),
            };
            match groups.iter_mut().find(|(known, _)| *known == what) {
                Some((_, count)) => *count += 1,
                None => groups.push((what, 1)),
            }
        }
        for (what, count) in groups.iter().take(8) {
            let _ = writeln!(out, "  {count} more {what}");
        }
    }

    fn lines_of_requirements(&self, out: &mut String, colour: bool) {
        let width = self.requirements.iter().map(|line| line.name.len()).max().unwrap_or(0);
        let _ = writeln!(out);
        for line in &self.requirements {
            let word = painted(&format!("{:<12}", line.verdict.word()), line.verdict, colour);
            let why = if line.remark.is_empty() { &line.because } else { &line.remark };
            let text = format!("  {:<width$}  {word}  {why}", line.name);
            let _ = writeln!(out, "{}", text.trim_end());
        }
    }

    fn lines_of_work(&self, out: &mut String) {
        let _ = writeln!(out);
        if let Some(WorkDone { work, seconds, complete, by_state }) = &self.work {
            let all = if *complete { "searched all" } else { "searched" };
            let runs = match by_state {
                true => String::new(),
                false => format!("{} runs in ", grouped(work.runs)),
            };
            let (states, steps) = (grouped(work.states.into()), grouped(work.transitions.into()));
            let _ = writeln!(
                out,
                "{all} {runs}{states} distinct states, {steps} transitions, {seconds:.2} s"
            );
        }
        if !self.bounds.is_empty() {
            let _ = writeln!(out, "within: {}", self.bounds.join("; "));
        }
        self.lines_of_cost(out);
    }

    fn lines_of_cost(&self, out: &mut String) {
        if self.command != "run" {
            out.push_str(&self.coverage.text());
        }
        if let Some(cost) = self.cost {
            let which = if self.work.is_none() {
                ""
            } else if self.verdict == Verdict::Violated {
                " of the run shown"
            } else {
                " of a run without faults"
            };
            let formula = match self.expected_cost {
                Some(e) if e.messages == cost.messages => " (as the formula says)".to_string(),
                Some(e) => format!(" (the formula says {})", grouped(e.messages.into())),
                None => String::new(),
            };
            // What has no rounds, or was not done in any, took none that could be counted.
            let rounds = match self.in_time && cost.rounds == 0 {
                true => String::new(),
                false => plural(cost.rounds.into(), "round") + ", ",
            };
            let _ = writeln!(
                out,
                "cost{which}: {rounds}{}{formula}, {}",
                plural(cost.messages.into(), "message"),
                plural(cost.bits.into(), "bit"),
            );
        }
    }
}

/// The picture only: what was run and what it means is said around it.
fn drawn(colour: bool) -> TextOptions {
    TextOptions { colour, framed: false, ..TextOptions::default() }
}

pub(crate) fn plural(count: u128, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

pub(crate) fn painted(text: &str, verdict: Verdict, colour: bool) -> String {
    let paint = match verdict {
        Verdict::Holds | Verdict::Proved | Verdict::NoViolation => "32",
        Verdict::Violated => "31",
        Verdict::Inconclusive => "33",
    };
    if colour { format!("\u{1b}[1;{paint}m{text}\u{1b}[0m") } else { text.into() }
}
