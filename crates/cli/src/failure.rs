//! How the program ends when it cannot do what was asked.

use std::fmt::{self, Display};

/// The exit codes that scripts rely on.
pub(crate) mod exit {
    pub(crate) const AS_EXPECTED: u8 = 0;
    pub(crate) const NOT_AS_EXPECTED: u8 = 1;
    pub(crate) const USAGE: u8 = 2;
    pub(crate) const FILE: u8 = 3;
    pub(crate) const SAFETY: u8 = 10;
    pub(crate) const VALIDITY: u8 = 11;
    pub(crate) const TERMINATION: u8 = 12;
    pub(crate) const INCONCLUSIVE: u8 = 20;
    pub(crate) const INTERNAL: u8 = 70;
    /// Ended by Ctrl-C, as a shell has it: 128 and the number of the signal.
    pub(crate) const INTERRUPTED: u8 = 130;
}

/// A sentence that says what is wrong and what would be right, and the exit code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Failure {
    pub(crate) code: u8,
    pub(crate) text: String,
}

impl Failure {
    /// The command line asks for something that does not exist.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self { code: exit::USAGE, text: text.into() }
    }

    /// A file is bad, or does not fit.
    pub(crate) fn file(text: impl Into<String>) -> Self {
        Self { code: exit::FILE, text: text.into() }
    }

    /// The program is wrong, not the user.
    pub(crate) fn internal(text: impl Into<String>) -> Self {
        Self { code: exit::INTERNAL, text: text.into() }
    }
}

impl Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// The known word nearest to one that is not known, if any is near.
pub(crate) fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let closeness = |candidate: &str| {
        let plain = strsim::normalized_damerau_levenshtein(word, candidate);
        if !word.is_empty() && candidate.starts_with(word) { plain.max(0.8) } else { plain }
    };
    let scored = known.into_iter().map(|candidate| (closeness(candidate), candidate));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(score, _)| *score >= 0.5).map(|(_, candidate)| candidate)
}

/// `: did you mean ...?`, or nothing.
pub(crate) fn hint<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> String {
    nearest(word, known).map(|near| format!("; did you mean {near}?")).unwrap_or_default()
}
