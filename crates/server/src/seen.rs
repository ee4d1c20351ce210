//! What clients of the store ask and see, in the words of a trace.

use std::fmt::Debug;

use quorate_runtime::Note;
use quorate_service::{Outcome, Unavailable};
use quorate_store::Command;

use crate::item::Item;

/// The text of a request or an answer. Two have the same only if they are the same: it is what
/// `Debug` says, with bytes as text.
pub fn text_of(thing: &impl Debug) -> String {
    let debug = format!("{thing:?}");
    let (mut text, mut rest) = (String::with_capacity(debug.len()), &debug[..]);
    while let Some(open) = rest.find('[') {
        let (before, list) = rest.split_at(open);
        text += before;
        let close = list.find(']').unwrap_or(list.len());
        let bytes = list.get(1..close).and_then(|inner| {
            let each = inner.split(", ").map(|one| one.parse::<u8>().ok());
            each.collect::<Option<Vec<u8>>>()
        });
        match bytes {
            Some(bytes) => {
                text += &format!("\"{}\"", bytes.escape_ascii());
                rest = &list[close + 1..];
            }
            None => {
                text.push('[');
                rest = &list[1..];
            }
        }
    }
    text + rest
}

/// What kind of call a command is.
pub(crate) fn kind_of(command: &Command) -> &'static str {
    match command {
        Command::Put(_) => "put",
        Command::Delete(_) => "delete",
        Command::Txn(_) => "txn",
        Command::Compact(_) => "compact",
    }
}

/// A client gives a command, which goes to the log as this item, if it does.
pub(crate) fn called(number: u64, command: &[u8], item: Option<Item>) -> Note {
    let bytes = item.unwrap_or_else(|| Item(command.into()));
    let (call, asks) = match Command::decode(command) {
        Ok(command) => (kind_of(&command), text_of(&command)),
        Err(_) => ("txn", "nothing that can be read".into()),
    };
    Note::Call { number, call, asks, bytes: format!("{bytes:?}"), local: false }
}

/// What came of it.
pub(crate) fn returned(number: u64, outcome: &Result<Outcome, Unavailable>) -> Note {
    let (outcome, answer) = match outcome {
        Ok(outcome) => ("answered", text_of(&outcome.answer)),
        Err(why) if why.is_unknown() => ("unknown", why.to_string()),
        Err(why) => ("refused", why.to_string()),
    };
    Note::Return { number, outcome, answer }
}

#[cfg(test)]
mod tests {
    use quorate_store::{Put, Wanted};

    use super::*;

    #[test]
    fn bytes_are_told_as_text() {
        let wanted = Wanted { key: b"a\"]b".to_vec(), end: Vec::new() };
        assert_eq!(text_of(&wanted), "Wanted { key: \"a\\\"]b\", end: [] }");
        let put = Put { key: vec![0, 255], ..Put::default() };
        assert!(text_of(&put).starts_with("Put { key: \"\\x00\\xff\", value: [], "));
        assert_eq!(text_of(&[vec![b'[', b'1'], vec![]]), "[\"[1\", []]");
    }
}
