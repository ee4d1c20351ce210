//! What one process receives: what all got, and what it got instead.

use quorate_kernel::{Inbox, Outgoing, Process};

const COMMON: [Option<&str>; 4] = [Some("a"), None, Some("c"), Some("d")];

fn all<'m>(inbox: &Inbox<'_, &'m str>) -> Vec<(u16, &'m str)> {
    inbox.iter().map(|(from, message)| (from.0, *message)).collect()
}

#[test]
fn without_exceptions_everybody_gets_the_same() {
    let inbox = Inbox::new(&COMMON, &[]);
    assert_eq!(all(&inbox), [(0, "a"), (2, "c"), (3, "d")]);
    assert_eq!(inbox.from(Process(1)), None);
    assert_eq!(inbox.from(Process(2)), Some(&"c"));
    assert_eq!(inbox.len(), 3);
}

#[test]
fn an_exception_replaces_adds_or_removes() {
    let own = [(Process(0), Some("x")), (Process(1), Some("y")), (Process(3), None)];
    let inbox = Inbox::new(&COMMON, &own);
    assert_eq!(all(&inbox), [(0, "x"), (1, "y"), (2, "c")]);
    for (p, message) in [(0, Some("x")), (1, Some("y")), (2, Some("c")), (3, None)] {
        assert_eq!(inbox.from(Process(p)).copied(), message);
    }
}

#[test]
fn an_inbox_without_messages_is_empty() {
    assert!(Inbox::<&str>::new(&[None, None], &[]).is_empty());
    assert!(Inbox::new(&[Some("a")], &[(Process(0), None)]).is_empty());
    assert_eq!(Inbox::<&str>::new(&[], &[]).from(Process(7)), None);
}

#[test]
fn outgoing_says_what_each_gets() {
    let listed = Outgoing::To(vec![(Process(0), 'x'), (Process(2), 'z')]);
    assert_eq!([0, 1, 2].map(|p| listed.to(Process(p))), [Some(&'x'), None, Some(&'z')]);
    assert_eq!(Outgoing::All('m').to(Process(9)), Some(&'m'));
    assert_eq!(Outgoing::<char>::Nothing.to(Process(0)), None);
}
