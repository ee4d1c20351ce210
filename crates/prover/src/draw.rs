//! A chain as text: one execution below the other, and who cannot tell it from the next.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::certificate::{Link, Model, Question, Simplex};
use crate::scene::Scene;

/// How wide a line may be, in characters.
const WIDTH: usize = 100;

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

/// Draws the executions of a set of simplices: who decides in each, and which values they have
/// heard of. If there are more than `most`, the text says how many it leaves out.
#[must_use]
pub fn draw_simplices(question: &Question, simplices: &[Simplex], most: usize) -> String {
    let mut out = String::new();
    let names: Vec<String> = (0..question.n).map(|p| format!("p{p:<2}")).collect();
    let _ = writeln!(out, "          {}", names.concat().trim_end());
    for (at, Simplex { execution: run, who }) in simplices.iter().enumerate().take(most) {
        let link = Link { execution: run.clone(), same: None, round: None };
        execution(&mut out, question, at, simplices.len(), &link);
        let Some(scene) = Scene::new(question, run) else { continue };
        let heard = |p: &u16| {
            let values: Vec<String> = scene.values(*p).iter().map(u8::to_string).collect();
            format!("p{p} ({})", values.join(" "))
        };
        let heard: Vec<String> = who.iter().map(heard).collect();
        let _ = writeln!(out, "{:10}have heard of: {}", "", heard.join(", "));
    }
    if simplices.len() > most {
        let _ = writeln!(out, "   ... {} more executions ...", simplices.len() - most);
    }
    out
}

fn execution(out: &mut String, question: &Question, at: usize, count: usize, link: &Link) {
    let scene = Scene::new(question, &link.execution);
    // What a liar proposes is nothing that anybody relies on.
    let liars = question.model.has_liars();
    let lies = |p: u16| liars && link.execution.faulty.contains(&p);
    let input = |(p, value): (u16, &u8)| match lies(p) {
        true => "?  ".into(),
        false => format!("{value:<3}"),
    };
    let inputs: Vec<String> = (0..).zip(&link.execution.inputs).map(input).collect();
    let faults = scene.as_ref().map_or_else(|| link.execution.faults.clone(), told);
    let head = format!("run {at:<3}   {}  ", inputs.concat());
    let margin = head.len();
    let _ = writeln!(out, "{head}{}", joined(&faults, margin));
    let forced = scene.as_ref().and_then(Scene::forced);
    if let Some(value) = forced.filter(|_| at == 0 || at + 1 == count) {
        let _ = writeln!(out, "{:10}{}", "", because(question, value));
    }
    if let Some(p) = link.same {
        let sees = scene.as_ref().and_then(|scene| scene.heard_in_one_round(p));
        let sees = sees.map(|heard| format!(" ({heard})")).unwrap_or_default();
        let next = at + 1;
        let by = match link.round.filter(|round| *round < question.rounds) {
            Some(round) => format!(" after round {round}, and has decided"),
            None => String::new(),
        };
        let _ = writeln!(out, "  |  p{p} cannot tell run {at} from run {next}{by}{sees}");
    }
}

/// Parts one after the other, in lines behind a margin.
fn joined(parts: &[String], margin: usize) -> String {
    let (mut out, mut width) = (String::new(), margin);
    for (at, part) in parts.iter().enumerate() {
        if at > 0 && width + part.len() > WIDTH {
            let _ = write!(out, ";\n{:margin$}", "");
            width = margin;
        } else if at > 0 {
            out.push_str("; ");
        }
        out.push_str(part);
        width += part.len() + 2;
    }
    out
}

/// Why something must be decided.
pub(crate) fn because(question: &Question, value: u8) -> String {
    match (question.model, value) {
        (model, 0) if model.is_for_two() => "nobody wants to attack: 0 must be decided".into(),
        (Model::LateOrder, _) => format!("p0 says {value}: {value} must be decided"),
        (model, _) if model.has_liars() => {
            format!("all who do not lie propose {value}: {value} must be decided")
        }
        (model, _) if model.is_for_two() => {
            "both want to attack and every message arrives: 1 must be decided".into()
        }
        _ => format!("all propose {value}: {value} must be decided"),
    }
}

/// What goes wrong in an execution, in a sentence.
pub(crate) fn told(scene: &Scene) -> Vec<String> {
    let names = |of: &[u16]| {
        let names: Vec<String> = of.iter().map(|p| format!("p{p}")).collect();
        names.join(" and ")
    };
    let mut parts: Vec<String> = Vec::new();
    // What goes wrong at one process in one round is said at once.
    let mut lies: BTreeMap<(u16, u16), Vec<(u16, String)>> = BTreeMap::new();
    let mut together: BTreeMap<(u16, u16, &str), Vec<u16>> = BTreeMap::new();
    for fault in scene.faults() {
        let (who, round) = (fault.who, fault.round);
        match fault.kind {
            "lie" => {
                let said = lies.entry((round, who)).or_default();
                said.extend(fault.others.into_iter().map(|to| (to, fault.claim.clone())));
            }
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
    for ((round, who), said) in lies {
        // What has been heard in several rounds is too long to be told.
        let words: Vec<String> = said.iter().map(|(to, claim)| format!("p{to} {claim}")).collect();
        let words = format!("tells {}", words.join(", "));
        let words = if words.len() > 50 { "lies".into() } else { words };
        parts.push(format!("p{who} {words} in round {round}"));
    }
    let quiet = scene.faulty().filter(|p| !scene.faults().any(|fault| fault.who == *p));
    let quiet: Vec<u16> = quiet.collect();
    if !quiet.is_empty() {
        parts.push(format!("{} counts as faulty", names(&quiet)));
    }
    if parts.is_empty() {
        parts.push("nothing goes wrong".into());
    }
    parts
}
