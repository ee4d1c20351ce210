//! Scenario files: TOML, one file one experiment, the same words as the options.

use std::path::Path;

use crate::experiment::Words;
use crate::failure::{Failure, hint};

/// Every key that a scenario file may have.
const KEYS: &[&str] = &[
    "title",
    "protocol",
    "n",
    "f",
    "inputs",
    "values",
    "crash",
    "traitor",
    "faulty",
    "lie",
    "omit",
    "miss",
    "flip",
    "flips",
    "faults",
    "timing",
    "restart",
    "partition",
    "pause",
    "clock",
    "ask",
    "message",
    "lots",
    "links",
    "delay",
    "loss",
    "slow",
    "repeat",
    "calm",
    "until",
    "fifo",
    "forgetful",
    "signed",
    "seed",
    "rounds",
    "commander",
    "set",
    "require",
    "expect",
    "budget",
];

/// Whether the subject of a command is a scenario file.
pub(crate) fn is_file(subject: &str) -> bool {
    subject.ends_with(".toml")
}

/// Reads a scenario file.
pub(crate) fn read(path: &Path) -> Result<Words, Failure> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::file(format!("{shown} cannot be read: {error}")))?;
    let words: Words = toml::from_str(&text).map_err(|error| located(path, &text, &error))?;
    if words.protocol.is_none() {
        let text = format!("{shown} names no protocol: it needs a line such as protocol = \"om\"");
        return Err(Failure::file(text));
    }
    Ok(words)
}

/// A mistake with its line, its column, and the nearest valid word.
fn located(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let shown = path.display();
    let Some(span) = error.span() else {
        return Failure::file(format!("{shown}: {}", error.message()));
    };
    let start = span.start.min(text.len());
    let before = &text[..start];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
    let source = text.lines().nth(line - 1).unwrap_or_default();
    let word = text.get(span).unwrap_or_default();
    let message = error.message();
    let what = if message.starts_with("unknown field") {
        format!("{word:?} is no key of a scenario{}", hint(word, KEYS.iter().copied()))
    } else {
        in_words(message.lines().next().unwrap_or(message))
    };
    let mark = format!("{}^", " ".repeat(column - 1));
    Failure::file(format!("{shown}:{line}:{column}: {what}\n  {source}\n  {mark}"))
}

/// A message of the reader of the file, without the names of types.
fn in_words(message: &str) -> String {
    let types = [
        ("expected i64", "expected a whole number"),
        ("expected u64", "expected a whole number from 0 on"),
        ("expected u16", "expected a whole number from 0 to 65535"),
        ("expected a sequence", "expected a list, as in [\"p1\"]"),
        ("expected a map", "expected KEY = VALUE, as in set.KEY = VALUE"),
    ];
    types.iter().fold(message.to_string(), |text, (from, to)| text.replace(from, to))
}

/// Says of a failure in which file it is.
pub(crate) fn within(path: &Path, failure: Failure) -> Failure {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    // The word at fault stands in quotes in the sentence, or the key does at its beginning: show
    // the line that has it.
    let culprit = failure.text.split('"').nth(1).unwrap_or_default();
    let key = failure.text.split_whitespace().next().unwrap_or_default();
    let found = |column: &dyn Fn(&str) -> Option<usize>| {
        let lines = text.lines().enumerate();
        let lines = lines.filter(|(_, line)| !line.starts_with('#') && !line.starts_with("title"));
        let mut found = lines.filter_map(|(at, line)| {
            column(line).map(|column| (at + 1, line[..column].chars().count() + 1))
        });
        found.next()
    };
    let is_key = |line: &str| line.split('=').next().is_some_and(|word| word.trim() == key);
    let found = if culprit.is_empty() {
        found(&|line| is_key(line).then_some(0))
    } else {
        let quoted = format!("\"{culprit}\"");
        let exact = found(&|line| line.find(&quoted).map(|column| column + 1));
        exact.or_else(|| found(&|line| line.find(culprit)))
    };
    let place = found.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
    let code = crate::failure::exit::FILE;
    Failure { code, text: format!("{}{place}: {}", path.display(), failure.text) }
}
