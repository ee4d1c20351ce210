//! The line that makes the same thing happen again.

use quorate_checker::Shown;
use quorate_kernel::{Message, Process, ProcessSet};
use quorate_protocols::Catalogued;
use quorate_world::Fault;

use crate::experiment::{Behaviour, Experiment, SEED, Written};
use crate::reading::default_names;

/// The command for an experiment as it was asked for.
pub(crate) fn command(verb: &str, experiment: &Experiment) -> String {
    let mut line = base(verb, experiment);
    if let Some(inputs) = &experiment.inputs {
        line.push(format!("--inputs {}", inputs_text(experiment, inputs)));
    }
    for (process, behaviour) in &experiment.traitors {
        line.push(match behaviour {
            Behaviour::Worst => format!("--traitor {process}"),
            Behaviour::Manner(manner) => format!("--traitor {process}={}", manner.word()),
        });
    }
    for (round, written) in &experiment.written {
        line.push(written_text(*round, written));
    }
    let culprit = |p: &&Process| experiment.written.iter().any(|(_, w)| w.culprit() == Some(**p));
    let quiet = experiment.named.iter().filter(|p| !culprit(p));
    line.extend(quiet.map(|p| format!("--faulty {p}")));
    let asked = if verb == "check" { experiment.flips } else { 0 };
    if asked > 0 {
        line.push(format!("--flips {asked}"));
    }
    if !experiment.require.is_empty() {
        line.push(format!("--require {}", experiment.require.join(",")));
    }
    if experiment.seed != SEED {
        line.push(format!("--seed {}", experiment.seed));
    }
    line.join(" ")
}

/// The command for an experiment in time as it was asked for.
pub(crate) fn in_time(verb: &str, experiment: &Experiment) -> String {
    let mut line = base(verb, experiment);
    if let Some(inputs) = &experiment.inputs {
        let name = |value: &Option<quorate_kernel::Value>| {
            value.map_or_else(|| "-".into(), |value| experiment.names.of(value))
        };
        let names: Vec<String> = match experiment.card.one_input {
            true => inputs.iter().flatten().map(|value| experiment.names.of(*value)).collect(),
            false => inputs.iter().map(name).collect(),
        };
        line.push(format!("--inputs {}", quoted(&names.join(","))));
    }
    for (option, value) in &experiment.said {
        line.push(match value.is_empty() {
            true => format!("--{option}"),
            false => format!("--{option} {}", quoted(value)),
        });
    }
    if !experiment.require.is_empty() {
        line.push(format!("--require {}", experiment.require.join(",")));
    }
    if experiment.seed != SEED {
        line.push(format!("--seed {}", experiment.seed));
    }
    line.join(" ")
}

/// The command for a run that a search found.
pub(crate) fn shown<R: Catalogued>(experiment: &Experiment, run: &Shown<R>) -> String {
    let mut line = base("run", experiment);
    line.push(format!("--inputs {}", inputs_text(experiment, &run.inputs)));
    let mut quiet: ProcessSet = run.faulty.clone();
    for (round, fault) in &run.script.faults {
        if let Some(culprit) = fault.culprit() {
            quiet.remove(culprit);
        }
        line.push(fault_text(*round, fault, &|value| experiment.names.of(value)));
    }
    // One that keeps to the protocol in this run is faulty all the same.
    line.extend(quiet.iter().map(|p| format!("--faulty {p}")));
    if !experiment.require.is_empty() {
        line.push(format!("--require {}", experiment.require.join(",")));
    }
    line.join(" ")
}

fn base(verb: &str, experiment: &Experiment) -> Vec<String> {
    let group = experiment.group;
    let mut line =
        vec![format!("quorate {verb} {} -n {} -f {}", experiment.card.name, group.n, group.f)];
    let usual = default_names(&experiment.card, experiment.domain);
    if experiment.domain.size != 2 || experiment.names != usual {
        line.push(format!("--values {}", quoted(&experiment.names.0.join(","))));
    }
    for (key, value) in &experiment.settings {
        line.push(format!("--set {}", quoted(&format!("{key}={value}"))));
    }
    if let Some(piece) = &experiment.mutant {
        line.push(format!("--mutant {}", piece.id));
    }
    if experiment.special.0 != 0 {
        line.push(format!("--commander {}", experiment.special));
    }
    if experiment.faults != experiment.card.faults || experiment.faults_given {
        line.push(format!("--faults {}", experiment.faults.word()));
    }
    if let Some(rounds) = experiment.rounds {
        line.push(format!("--rounds {rounds}"));
    }
    line
}

fn inputs_text(experiment: &Experiment, inputs: &[Option<quorate_kernel::Value>]) -> String {
    let names: Vec<String> =
        inputs.iter().flatten().map(|value| experiment.names.of(*value)).collect();
    quoted(&names.join(","))
}

fn written_text(round: u16, written: &Written) -> String {
    match written {
        Written::Crash { process, reached } => {
            let reached: Vec<String> = reached.iter().map(|p| p.to_string()).collect();
            crash_text(round, &process.to_string(), &reached)
        }
        Written::Lie { from, to, word } => {
            format!("--lie {}", quoted(&format!("{from}@{round}:{to}={word}")))
        }
        Written::Omit { from, to } => format!("--omit {from}@{round}:{to}"),
        Written::Miss { to, from } => format!("--miss {to}@{round}:{from}"),
        Written::Flip { process, to, bit } => {
            let to = to.map(|to| format!(":{to}")).unwrap_or_default();
            let bit = bit.map(|bit| format!("#{bit}")).unwrap_or_default();
            format!("--flip {}", quoted(&format!("{process}@{round}{to}{bit}")))
        }
    }
}

fn fault_text<M: Message>(
    round: u16,
    fault: &Fault<M>,
    name: &dyn Fn(quorate_kernel::Value) -> String,
) -> String {
    match fault {
        Fault::Crash { process, reached } => {
            let others = reached.iter().filter(|p| p != process);
            let reached: Vec<String> = others.map(|p| p.to_string()).collect();
            crash_text(round, &process.to_string(), &reached)
        }
        Fault::Omit { from, to } => format!("--omit {from}@{round}:{to}"),
        Fault::Miss { from, to } => format!("--miss {to}@{round}:{from}"),
        Fault::Lie { from, to, said, .. } => {
            let word = said.as_ref().map(|said| said.label(name)).unwrap_or_default();
            format!("--lie {}", quoted(&format!("{from}@{round}:{to}={word}")))
        }
        Fault::FlipMessage { from, to, bit } => {
            format!("--flip {}", quoted(&format!("{from}@{round}:{to}#{bit}")))
        }
        Fault::FlipState { process, bit } => {
            format!("--flip {}", quoted(&format!("{process}@{round}#{bit}")))
        }
    }
}

fn crash_text(round: u16, process: &str, reached: &[String]) -> String {
    if reached.is_empty() {
        format!("--crash {process}@{round}")
    } else {
        format!("--crash {process}@{round}:{}", reached.join(","))
    }
}

/// Text as one word of a shell.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@:=,.-_/".contains(c);
    if text.chars().all(plain) { text.into() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
