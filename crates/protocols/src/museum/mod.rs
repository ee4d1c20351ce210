//! The museum: what can be wrong with each protocol on purpose, and where that shows.
//!
//! A [`Piece`] is a flaw: one that the protocol lists beside its rules, or a rule left out. An
//! [`Exhibit`] is where a piece is shown: a [`Room`], which is a question that a command can ask,
//! and what comes of it there. Without the flaw, the same question finds nothing: the suite shows
//! both, for every exhibit.

mod composed;
mod consensus;
mod exhibit;
mod layered;
mod log;
mod multicast;
mod rounds;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use quorate_kernel::{Flaw, Mutant};

use crate::card::Listed;

pub use exhibit::{Exhibit, Figure, Hall, Happening, Room, Shows, Way};

/// Something that is wrong with a protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// Its name on the command line.
    pub id: String,
    /// The ids of the rules that it breaks.
    pub breaks: Vec<&'static str>,
    /// What it does, in one sentence.
    pub text: String,
    /// Where it was published; empty if nowhere.
    pub source: &'static str,
    /// What an engine hands in to have it.
    pub flaw: Flaw,
}

/// Everything that can be wrong with a protocol: its own mutants, then each rule left out; for a
/// form of another only what is wrong there alone.
pub fn pieces<L: Listed>() -> Vec<Piece> {
    let mut all: Vec<Piece> = Vec::new();
    // Two parts of one protocol may name their mutants or number their rules alike.
    let mut add = |id: String, piece: Piece| {
        let alike = (2..).map(|count| format!("{id}-{count}"));
        let mut names = core::iter::once(id.clone()).chain(alike);
        let free = names.find(|name| all.iter().all(|piece| piece.id != *name));
        all.push(Piece { id: free.unwrap_or_default(), ..piece });
    };
    for Mutant { id, breaks, text, source, flaw } in L::mutants() {
        let (breaks, text) = (breaks.to_vec(), text.to_string());
        add(id.to_string(), Piece { id: String::new(), breaks, text, source, flaw });
    }
    if L::FORM_OF.is_some() {
        return all;
    }
    for (rule, place) in L::rules().iter().zip(0..) {
        let text = format!("leaves rule {} out: {}", rule.id, rule.text);
        let (breaks, flaw) = (vec![rule.id], Flaw::Without(place));
        let piece = Piece { id: String::new(), breaks, text, source: "", flaw };
        add(format!("without-{}", slug(rule.id)), piece);
    }
    all
}

/// The id of a rule as a word for the command line.
fn slug(id: &str) -> String {
    let mut word = String::new();
    for c in id.chars() {
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        } else if !word.is_empty() && !word.ends_with('-') {
            word.push('-');
        }
    }
    word.trim_end_matches('-').to_string()
}

/// The halls, one for each protocol.
const HALLS: &[&[Hall]] = &[
    rounds::HALLS,
    composed::HALLS,
    consensus::HALLS,
    log::HALLS,
    multicast::HALLS,
    layered::HALLS,
];

/// The hall of a protocol; an empty one if it has none.
pub fn hall(name: &str) -> Hall {
    let none = Hall { protocol: "", rooms: &[], exhibits: &[] };
    HALLS.iter().copied().flatten().find(|hall| hall.protocol == name).copied().unwrap_or(none)
}

/// Where the pieces of a protocol are shown.
pub fn exhibits(name: &str) -> &'static [Exhibit] {
    hall(name).exhibits
}
