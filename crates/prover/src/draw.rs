//! A chain as text: one execution below the other, and who cannot tell it from the next.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::certificate::{Link, Model, Question};
use crate::verify::Scene;

/// Draws a chain. If there are more executions than `most`, those in the middle are left out, and
/// the text says so.
#[must_use]
pub fn draw(question: &Question, chain: &[Link], most: usize) -> String {
    let mut out = String::new();
    let head = if chain.len() <= most { chain.len() } else { most.saturating_sub(2).max(2) };
    let tail = if chain.len() <= most { chain.len() } else { chain.len() - 2 };
    let names: Vec<String> = (0..question.n).map(|p| format!("p{p:<2}")).collect();
    let _ = writeln!(out, "          {}", names.concat().trim_end());
    for (at, link) in chain.iter().enumerate() {
        if at >= head && at < tail {
            if at == head {
                let _ = writeln!(out, "   ... {} more executions ...\n", tail - head);
            }
            continue;
        }
        execution(&mut out, question, at, chain.len(), link);
    }
    out
}

fn execution(out: &mut String, question: &Question, at: usize, count: usize, link: &Link) {
    let inputs: Vec<String> = link.execution.inputs.iter().map(|v| format!("{v:<3}")).collect();
    let scene = Scene::new(question, &link.execution);
    let faults = scene.as_ref().map_or_else(|| link.execution.faults.join("; "), told);
    let _ = write!(out, "run {at:<3}   {}  {faults}", inputs.concat());
    let forced = scene.as_ref().and_then(Scene::forced);
    match forced.filter(|_| at == 0 || at + 1 == count) {
        Some(value) => {
            let _ = writeln!(out, "\n{:10}{}", "", because(question, value));
        }
        None => out.push('\n'),
    }
    if let Some(p) = link.same {
        let sees = scene.as_ref().and_then(|scene| scene.heard_in_one_round(p));
        let sees = sees.map(|heard| format!(" ({heard})")).unwrap_or_default();
        let next = at + 1;
        let _ = writeln!(out, "  |  p{p} cannot tell run {at} from run {next}{sees}");
    }
}

/// Why something must be decided.
fn because(question: &Question, value: u8) -> String {
    match (question.model, value) {
        (Model::Loss | Model::LossInTurn, 0) => "nobody wants to attack: 0 must be decided".into(),
        (Model::Loss | Model::LossInTurn, _) => {
            "both want to attack and every message arrives: 1 must be decided".into()
        }
        _ => format!("all propose {value}: {value} must be decided"),
    }
}

/// What goes wrong in an execution, in a sentence.
fn told(scene: &Scene) -> String {
    let names = |of: &[u16]| {
        let names: Vec<String> = of.iter().map(|p| format!("p{p}")).collect();
        names.join(" and ")
    };
    let mut parts: Vec<String> = Vec::new();
    // What goes wrong at one process in one round is said at once.
    let mut together: BTreeMap<(u16, u16, &str), Vec<u16>> = BTreeMap::new();
    for fault in scene.faults() {
        let (who, round) = (fault.who, fault.round);
        match fault.kind {
            "crash" if fault.others.is_empty() => {
                parts.push(format!("p{who} crashes in round {round}, reaching nobody"));
            }
            "crash" => {
                let reached = names(&fault.others);
                parts.push(format!("p{who} crashes in round {round}, reaching {reached} only"));
            }
            kind => together.entry((round, who, kind)).or_default().extend(fault.others),
        }
    }
    for ((round, who, kind), others) in together {
        let others = names(&others);
        parts.push(match kind {
            "miss" => format!("p{who} misses {others} in round {round}"),
            "omit" => format!("p{who} omits to send to {others} in round {round}"),
            _ => format!("the message of p{who} to {others} in round {round} is lost"),
        });
    }
    let quiet = scene.faulty().filter(|p| !scene.faults().any(|fault| fault.who == *p));
    let quiet: Vec<u16> = quiet.collect();
    if !quiet.is_empty() {
        parts.push(format!("{} counts as faulty", names(&quiet)));
    }
    if parts.is_empty() { "nothing goes wrong".into() } else { parts.join("; ") }
}
