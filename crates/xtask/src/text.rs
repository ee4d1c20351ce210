//! Checks of plain text, line by line.

use crate::files::Objections;

/// The widest line, in characters.
const COLUMNS_MAX: usize = 100;

/// Words that mark what is not done; spelt in halves so that this file passes.
const UNFINISHED: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME")];

/// Lines that say that something is not done.
pub(crate) fn unfinished(text: &str) -> Objections {
    numbered(text)
        .filter_map(|(line, content)| {
            let mut words = content.split(|c: char| !c.is_alphanumeric() && c != '_');
            let word = words.find(|word| UNFINISHED.contains(word))?;
            Some((line, format!("{word}: finish it, or open an issue")))
        })
        .collect()
}

/// Tabs, and characters that are shown as pictures.
pub(crate) fn tabs_and_emoji(text: &str) -> Objections {
    numbered(text)
        .filter_map(|(line, content)| {
            let bad = content.chars().find(|&c| c == '\t' || is_emoji(c))?;
            let what = if bad == '\t' { "a tab".into() } else { format!("an emoji: {bad}") };
            Some((line, what))
        })
        .collect()
}

/// Lines wider than the limit, other than those that hold nothing but one string: a sentence is
/// easier to search for in one piece.
pub(crate) fn wide(text: &str) -> Objections {
    numbered(text)
        .filter(|(_, content)| content.chars().count() > COLUMNS_MAX && !is_one_string(content))
        .map(|(line, content)| {
            let columns = content.chars().count();
            (line, format!("{columns} columns; the limit is {COLUMNS_MAX}"))
        })
        .collect()
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(at, content)| (at + 1, content))
}

/// Whether a line is `"..."`, or `name: "..."`, with at most punctuation after it.
fn is_one_string(content: &str) -> bool {
    let trimmed = content.trim().trim_end_matches([',', ';', ')']);
    let (before, string) = match trimmed.find('"') {
        Some(at) => trimmed.split_at(at),
        None => return false,
    };
    let name = before.trim_end().trim_end_matches(':');
    let named = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let inner = string.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    named && inner.is_some_and(|inner| !inner.replace("\\\"", "").contains('"'))
}

/// Whether a character is drawn as a picture unless a font is told otherwise.
fn is_emoji(c: char) -> bool {
    const SINGLE: &str = "\u{231a}\u{231b}\u{23f0}\u{23f3}\u{2614}\u{2615}\u{267f}\u{2693}\
        \u{26a1}\u{26aa}\u{26ab}\u{26bd}\u{26be}\u{26c4}\u{26c5}\u{26ce}\u{26d4}\u{26ea}\u{26f2}\
        \u{26f3}\u{26f5}\u{26fa}\u{26fd}\u{2705}\u{270a}\u{270b}\u{2728}\u{274c}\u{274e}\u{2753}\
        \u{2754}\u{2755}\u{2757}\u{2795}\u{2796}\u{2797}\u{27b0}\u{27bf}\u{2b1b}\u{2b1c}\u{2b50}\
        \u{2b55}\u{fe0f}";
    matches!(c, '\u{1f000}'..='\u{1faff}' | '\u{23e9}'..='\u{23ec}' | '\u{2648}'..='\u{2653}')
        || SINGLE.contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(found: Objections) -> Vec<usize> {
        found.into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn unfinished_work_is_found() {
        let text = format!("fine\n// {}: later\n// {}(me)\nTODOS\n", UNFINISHED[0], UNFINISHED[1]);
        assert_eq!(lines(unfinished(&text)), [2, 3]);
    }

    #[test]
    fn tabs_and_emoji_are_found() {
        assert_eq!(lines(tabs_and_emoji("a\n\tb\nc\u{1f680}\nd\u{2705}\n")), [2, 3, 4]);
        assert_eq!(lines(tabs_and_emoji("≥ ⊥ → ✗ ✓ † × │\n")), []);
    }

    #[test]
    fn wide_lines_are_found() {
        let code = format!("let a = {};", "1 + ".repeat(30));
        assert_eq!(lines(wide(&format!("{code}\nlet b = 1;\n{code}\n"))), [1, 3]);
        let exact = "x".repeat(COLUMNS_MAX);
        assert_eq!(lines(wide(&exact)), []);
        assert_eq!(lines(wide(&format!("{exact}x"))), [1]);
    }

    #[test]
    fn one_long_string_may_run_on_and_code_around_it_may_not() {
        let long = "word ".repeat(25);
        assert_eq!(lines(wide(&format!("    \"{long}\",\n    text: \"{long}\",\n"))), []);
        assert_eq!(lines(wide(&format!("f(\"a\", \"{long}\");\n"))), [1]);
    }

    #[test]
    fn characters_count_and_bytes_do_not() {
        assert_eq!(lines(wide(&"⊥".repeat(COLUMNS_MAX))), []);
    }
}
