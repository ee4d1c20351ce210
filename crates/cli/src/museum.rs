//! `list --museum`: what can be wrong with the protocols on purpose, and where that shows.

use std::fmt::Write;

use quorate_kernel::Flaw;
use quorate_protocols::museum::{Exhibit, Figure, Piece, Shows, exhibits};
use quorate_protocols::{Card, cards};
use serde_json::{Value as Json, json};

use crate::catalog::{hanging, wrapped};

/// Where a piece is shown.
fn shown<'a>(card: &Card, piece: &'a Piece) -> impl Iterator<Item = &'static Exhibit> + 'a {
    exhibits(card.name).iter().filter(|exhibit| exhibit.piece == piece.id)
}

/// What comes of an exhibit, in words.
fn outcome(exhibit: &Exhibit) -> String {
    match exhibit.shows {
        Shows::Breaks { requirement, .. } => format!("{requirement} breaks"),
        Shows::Holds { requirement, why } => format!("{requirement} holds all the same: {why}"),
        Shows::Costs { figure, meant, flawed } => {
            let figure = match figure {
                Figure::Messages => "messages",
                Figure::Ticks => "ticks until all is done",
            };
            format!("nothing breaks; {figure}: {flawed} instead of {meant}")
        }
    }
}

/// The museum for people.
pub(crate) fn list_text() -> String {
    let mut out = String::new();
    for card in cards() {
        let _ = writeln!(out, "{}{}", if out.is_empty() { "" } else { "\n" }, card.name);
        for piece in &card.pieces {
            let _ = writeln!(out, "  {}", piece.id);
            let _ = writeln!(out, "{}", wrapped(&piece.text, "      "));
            if !piece.source.is_empty() {
                let _ =
                    writeln!(out, "{}", wrapped(&format!("source: {}", piece.source), "      "));
            }
            for exhibit in shown(&card, piece) {
                let _ = writeln!(out, "{}", wrapped(&outcome(exhibit), "      "));
                let _ = writeln!(out, "      {}", exhibit.command(&card));
            }
        }
    }
    let _ = writeln!(out, "\nThe same command without --mutant finds nothing.");
    out
}

/// The museum as JSON.
pub(crate) fn list_json() -> Json {
    let of = |card: &Card| {
        let piece = |piece: &Piece| {
            let exhibits: Vec<Json> = shown(card, piece)
                .map(|exhibit| {
                    json!({
                        "breaks": match exhibit.shows {
                            Shows::Breaks { requirement, .. } => Some(requirement),
                            _ => None,
                        },
                        "outcome": outcome(exhibit),
                        "command": exhibit.command(card),
                    })
                })
                .collect();
            json!({
                "protocol": card.name, "mutant": piece.id, "rules": piece.breaks,
                "text": piece.text, "source": piece.source, "exhibits": exhibits,
            })
        };
        card.pieces.iter().map(piece).collect::<Vec<Json>>()
    };
    let pieces: Vec<Json> = cards().iter().flat_map(of).collect();
    json!({"schema": "quorate/museum", "version": 1, "pieces": pieces})
}

/// The mutants of one protocol, for `explain`.
pub(crate) fn explain(card: &Card, out: &mut String) {
    let _ = writeln!(out, "\nmutants (--mutant NAME)");
    let own = |piece: &&Piece| !matches!(piece.flaw, Flaw::Without(_));
    let width = card.pieces.iter().filter(own).map(|piece| piece.id.chars().count() + 1).max();
    for piece in card.pieces.iter().filter(own) {
        let id = format!("  {:<1$}", piece.id, width.unwrap_or(0));
        let rules = format!(" (rule {})", piece.breaks.join(", "));
        let _ = writeln!(out, "{}", hanging(&id, &format!("{}{rules}", piece.text)));
    }
    let left_out: Vec<&str> =
        card.pieces.iter().filter(|piece| !own(piece)).map(|piece| piece.id.as_str()).collect();
    let text = format!("{}: a step that follows the rule does not happen", left_out.join(", "));
    let _ = writeln!(out, "{}", wrapped(&text, "  "));
}
