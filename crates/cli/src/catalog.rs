//! `list` and `explain`.

use std::collections::BTreeSet;
use std::fmt::Write;

use quorate_kernel::Faults;
use quorate_protocols::{Card, Claim, Weaker, cards};
use serde_json::{Value as Json, json};

use crate::failure::{Failure, hint};
use crate::glossary::{self, terms};

/// What stands against a protocol, in a word or two.
fn stands(card: &Card) -> String {
    let signed = if card.signed { ", signed" } else { "" };
    match card.faults {
        Faults::None => "nothing fails".into(),
        Faults::Crash if card.restarts => format!("crash, restart{signed}"),
        kind => format!("{}{signed}", kind.word()),
    }
}

/// The time that a protocol takes, with its unit where the formula does not say it.
fn takes(card: &Card) -> String {
    let rounds = card.rounds;
    if card.in_rounds { format!("{rounds} rounds") } else { rounds.to_string() }
}

/// The catalogue for people.
pub(crate) fn list_text() -> String {
    let cards = cards();
    let mut out = String::new();
    let mut problems: Vec<&str> = cards.iter().map(|card| card.problem).collect();
    let mut seen = BTreeSet::new();
    problems.retain(|problem| seen.insert(*problem));
    let width = cards.iter().map(|card| card.name.len()).max().unwrap_or(0);
    for problem in problems {
        let _ = writeln!(out, "{}{problem}", if out.is_empty() { "" } else { "\n" });
        for card in cards.iter().filter(|card| card.problem == problem) {
            let _ = writeln!(
                out,
                "  {:<width$}  {:<12}  {:<17}  {:<7}  {}",
                card.name,
                card.timing.word(),
                stands(card),
                card.bound.text,
                takes(card),
            );
            let _ = writeln!(out, "{}", wrapped(card.title, "      "));
            let messages = format!("messages: {}", card.messages);
            let _ = writeln!(out, "{}", wrapped(&messages, "      "));
            let _ = writeln!(out, "{}", wrapped(&format!("source: {}", card.source), "      "));
        }
    }
    let _ = writeln!(
        out,
        "\n`quorate explain NAME` tells the rules, the claims and the pitfalls of each."
    );
    out
}

/// The catalogue as JSON.
pub(crate) fn list_json() -> Json {
    let entries: Vec<Json> = cards().iter().map(card_json).collect();
    json!({"schema": "quorate/catalogue", "version": 1, "protocols": entries})
}

fn card_json(card: &Card) -> Json {
    let rules: Vec<Json> =
        card.rules.iter().map(|rule| json!({"id": rule.id, "text": rule.text})).collect();
    let claims: Vec<Json> = card
        .claims
        .iter()
        .map(|claim| {
            let under = |(weaker, (n, f)): &(Weaker, (u16, u16))| {
                json!({"assumption": weaker_text(*weaker), "n": n, "f": f})
            };
            json!({
                "requirement": claim.requirement,
                "faults": claim.faults.word(),
                "timing": claim.timing.word(),
                "links": claim.links.word(),
                "restarts": claim.restarts,
                "bound": claim.within.text,
                "breaks": claim.breaks,
                "breaks_with_one_round_less": claim.breaks_early,
                "breaks_under": claim.breaks_under.iter()
                    .map(under)
                    .collect::<Vec<Json>>(),
            })
        })
        .collect();
    json!({
        "name": card.name, "aliases": card.aliases, "title": card.title, "problem": card.problem,
        "timing": card.timing.word(), "links": card.links.word(), "restarts": card.restarts,
        "faults": card.faults.word(), "signed": card.signed,
        "bound": card.bound.text, "rounds": card.rounds, "messages": card.messages,
        "source": card.source, "rules": rules, "claims": claims,
    })
}

/// Explains a word: a protocol, a requirement or a term.
pub(crate) fn explain(word: &str) -> Result<String, Failure> {
    let wanted = word.trim().to_lowercase();
    let cards = cards();
    let mut out = String::new();
    let named = |card: &&Card| card.name == wanted || card.aliases.contains(&wanted.as_str());
    if let Some(card) = cards.iter().find(named) {
        explain_card(card, &wanted, &mut out);
    }
    if let Some(term) = glossary::find(&wanted) {
        let also = if term.aliases.is_empty() {
            String::new()
        } else {
            format!(" (also {})", term.aliases.join(", "))
        };
        let gap = if out.is_empty() { "" } else { "\n" };
        let _ = writeln!(out, "{gap}{}{also}\n{}", term.word, wrapped(term.text, "  "));
        let users: Vec<&str> = cards
            .iter()
            .filter(|card| card.claims.iter().any(|c| c.requirement == term.word && c.is_promise()))
            .map(|card| card.name)
            .collect();
        if !users.is_empty() {
            let _ =
                writeln!(out, "\n{}", wrapped(&format!("Promised by {}.", users.join(", ")), "  "));
        }
    }
    if !out.is_empty() {
        return Ok(out);
    }
    let words = cards.iter().flat_map(|card| card.aliases.iter().copied().chain([card.name]));
    let terms = terms().flat_map(|term| term.aliases.iter().copied().chain([term.word]));
    let near = hint(&wanted, words.chain(terms));
    Err(Failure::usage(format!("there is nothing to explain under {word:?}{near}")))
}

fn explain_card(card: &Card, wanted: &str, out: &mut String) {
    let _ = writeln!(out, "{} - {}", card.name, card.title);
    if !card.aliases.is_empty() {
        let _ = writeln!(out, "also called {}", card.aliases.join(", "));
    }
    let _ = writeln!(out, "\n  problem   {}", card.problem);
    let _ = writeln!(out, "  stands    {} faults, {}", stands(card), card.bound.text);
    let links = format!("{} links", card.links.word());
    let _ = writeln!(out, "  needs     {} timing, {links}", card.timing.word());
    let _ = writeln!(out, "  takes     {}", takes(card));
    let _ = writeln!(out, "  messages  {}", card.messages);
    let _ = writeln!(out, "  source    {}", card.source);
    let _ = writeln!(out, "\nrules");
    let width = card.rules.iter().map(|rule| rule.id.chars().count() + 1).max().unwrap_or(0);
    let width = width.max(6);
    for rule in &card.rules {
        let _ = writeln!(out, "{}", hanging(&format!("  {:<width$}", rule.id), rule.text));
    }
    if !card.parameters.is_empty() {
        let _ = writeln!(out, "\nparameters");
    }
    for parameter in card.parameters {
        let words = parameter.words.join("|");
        let _ = writeln!(
            out,
            "  --set {}={words}\n{}",
            parameter.key,
            wrapped(parameter.text, "      ")
        );
    }
    let _ = writeln!(out, "\nclaims");
    for claim in &card.claims {
        let mut text = if claim.is_promise() {
            format!("holds under {} if {}", model_text(card, claim), claim.within.text)
        } else {
            format!("is not promised under {} faults", claim.faults.word())
        };
        for ((key, word), joint) in
            claim.unless.iter().zip([", but not with"].into_iter().chain(core::iter::repeat(" or")))
        {
            match *word {
                "" => _ = write!(text, "{joint} {key} set"),
                _ => _ = write!(text, "{joint} {key}={word}"),
            }
        }
        if let Some((key, word)) = claim.only {
            let _ = write!(text, ", with {key}={word}");
        }
        let groups = |list: &[(u16, u16)]| {
            let all: Vec<String> = list.iter().map(|(n, f)| format!("n = {n}, f = {f}")).collect();
            all.join("; ")
        };
        if !claim.breaks.is_empty() {
            let _ = write!(text, "; breaks at {}", groups(claim.breaks));
        }
        if !claim.breaks_early.is_empty() {
            let _ = write!(text, "; with one round less, breaks at {}", groups(claim.breaks_early));
        }
        for (weaker, (n, f)) in claim.breaks_under {
            let _ = write!(text, "; {} breaks it at n = {n}, f = {f}", weaker_text(*weaker));
        }
        let _ = writeln!(out, "{}", hanging(&format!("  {:<18}", claim.requirement), &text));
    }
    crate::museum::explain(card, out);
    let _ = writeln!(out, "\nnotes\n{}", wrapped(card.notes, "  "));
    let smallest = card.claims.iter().flat_map(|claim| claim.breaks).next();
    let verb = if card.in_rounds { "check" } else { "sweep" };
    let _ = writeln!(out, "\ntry\n  quorate {verb} {wanted}");
    if let Some((n, f)) = smallest {
        let _ = writeln!(out, "  quorate {verb} {wanted} -n {n} -f {f}");
    }
}

/// What a claim stands and needs, in words.
fn model_text(card: &Card, claim: &Claim) -> String {
    let mut text = format!("{} faults", claim.faults.word());
    if claim.restarts {
        text.push_str(" and restarts");
    }
    if !card.in_rounds {
        let (timing, links) = (claim.timing.word(), claim.links.word());
        text.push_str(&format!(", {timing} timing and {links} links"));
    }
    text
}

fn weaker_text(weaker: Weaker) -> String {
    match weaker {
        Weaker::Timing(timing) => format!("{} timing", timing.word()),
        Weaker::Links(links) => format!("{} links", links.word()),
        Weaker::Faults(faults) => format!("{} faults", faults.word()),
        Weaker::Restarts => "a restart".into(),
        Weaker::Forgetful => "a forgetful disk".into(),
    }
}

const WIDTH: usize = 96;

pub(crate) fn wrapped(text: &str, indent: &str) -> String {
    hanging_with(indent, indent, text)
}

pub(crate) fn hanging(first: &str, text: &str) -> String {
    hanging_with(first, &" ".repeat(first.chars().count()), text)
}

fn hanging_with(first: &str, rest: &str, text: &str) -> String {
    let mut lines = vec![first.to_string()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a first line");
        let bare = line.trim().is_empty() || *line == first;
        if !bare && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(format!("{rest}{word}"));
        } else {
            if !bare {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}
