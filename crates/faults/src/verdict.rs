//! Whether what clients saw, and what nodes have, is what it should be.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use quorate_history::{Limits, Verdict as Found, judge};

use crate::ask::{Node, Silent, TOGETHER};
use crate::record::{Done, form, history, left};

/// What judging one history may take.
const TIME: Duration = Duration::from_secs(60);
const BYTES: usize = 2 << 30;
/// How long one question to a node may take once there are no faults any more.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// How many things that are wrong are said.
const SAID: usize = 5;

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Verdict {
    /// Everything that is wrong.
    pub(crate) wrong: Vec<String>,
    /// What could not be found out.
    pub(crate) open: Vec<String>,
}

impl Verdict {
    /// Whether all is right, and nothing is open.
    pub(crate) fn holds(&self) -> bool {
        self.wrong.is_empty() && self.open.is_empty()
    }

    /// In a word.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self { wrong, .. } if !wrong.is_empty() => "violated",
            Self { open, .. } if !open.is_empty() => "inconclusive",
            _ => "holds",
        }
    }

    fn says(&mut self, what: impl IntoIterator<Item = String>) {
        self.wrong.extend(what.into_iter().take(SAID));
    }

    /// Judges what clients saw: an order explains every answer, and no client went back.
    pub(crate) fn of_clients(&mut self, all: &[Done]) {
        let history = history(all);
        let limits = Limits { deadline: Instant::now().checked_add(TIME), bytes: BYTES };
        match judge(&history, limits).verdict {
            Found::Holds => {}
            Found::Inconclusive(spent) => {
                self.open.push(format!("the judge of histories was stopped: {spent:?}"));
            }
            Found::Violated(witness) => {
                let operations =
                    witness.operations.iter().filter_map(|at| history.operations.get(*at));
                let shown: Vec<String> = operations
                    .map(|one| format!("{} {} {:?}", one.process, one.action, one.returned))
                    .collect();
                let key = witness.key.map(|key| key.to_string()).unwrap_or_default();
                self.says([format!("not linearizable at {key}: {}", shown.join("; "))]);
            }
        }
        self.says(backwards(all));
        self.says(shared(all));
    }

    /// Asks a node for every acknowledged write at its revision.
    pub(crate) async fn of_past(&mut self, all: &[Done], node: &Node) {
        let written: Vec<&Done> = acknowledged(all).collect();
        for some in written.chunks(TOGETHER) {
            let asked: Vec<_> = some.iter().map(|one| (one.key.clone(), one.revision)).collect();
            let held = match node.past(&asked).await {
                Ok(held) if held.len() == some.len() => held,
                Ok(_) => return self.says(["fewer answers than questions of the past".into()]),
                Err(Silent::Refused(why)) => {
                    return self.says([format!("an acknowledged revision is not there: {why}")]);
                }
                Err(Silent::Unknown) => {
                    return self.open.push("a node did not answer what was in the past".into());
                }
            };
            self.says(some.iter().zip(held).filter_map(|(one, held)| {
                let is = form(held.value.as_deref());
                let there = held.value.is_none() || held.modified == one.revision;
                (left(&one.action) != Some(&is) || !there).then(|| {
                    let Done { client, key, action, revision, .. } = one;
                    format!("c{client} {action} of {key} at {revision} is lost: {is} is there")
                })
            }));
        }
    }

    /// Asks all nodes for the hash of everything at one revision.
    pub(crate) async fn of_hashes(&mut self, nodes: &[(u16, Node)], revision: i64) {
        let mut hashes = Vec::new();
        for (number, node) in nodes {
            match node.hash(revision).await {
                Ok(hash) => hashes.push((*number, hash)),
                Err(why) => self.open.push(format!("p{number} tells no hash: {why:?}")),
            }
        }
        if hashes.windows(2).any(|two| two[0].1 != two[1].1) {
            self.says([format!("hashes differ at revision {revision}: {hashes:?}")]);
        }
    }
}

/// Writes that clients were told are done.
pub(crate) fn acknowledged(all: &[Done]) -> impl Iterator<Item = &Done> {
    all.iter().filter(|one| one.wrote && one.returned.is_some())
}

/// Where a client was told an older revision than before.
fn backwards(all: &[Done]) -> Vec<String> {
    let mut last: HashMap<u32, i64> = HashMap::new();
    let mut wrong = Vec::new();
    for one in all.iter().filter(|one| one.returned.is_some()) {
        let before = last.insert(one.client, one.revision).unwrap_or(0);
        if one.revision < before {
            let Done { client, action, revision, .. } = one;
            wrong.push(format!("c{client} {action} at revision {revision} came after {before}"));
        }
    }
    wrong
}

/// Where two writes were told one revision.
fn shared(all: &[Done]) -> Vec<String> {
    let mut writers: HashMap<i64, &Done> = HashMap::new();
    let mut wrong = Vec::new();
    for one in acknowledged(all) {
        if let Some(other) = writers.insert(one.revision, one) {
            let (a, b) = (&one.action, &other.action);
            wrong.push(format!("{a} and {b} were both told revision {}", one.revision));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use quorate_history::Action;

    use super::Verdict;
    use crate::record::{Done, form};

    fn done(client: u32, value: &str, place: u32, revision: i64) -> Done {
        Done {
            client,
            key: "k".into(),
            action: Action::Write(form(Some(value))),
            invoked: place,
            returned: Some(place + 1),
            revision,
            wrote: true,
            ended: Instant::now(),
        }
    }

    fn read(client: u32, value: &str, place: u32, revision: i64) -> Done {
        let action = Action::Read(Some(form(Some(value))));
        Done { action, wrote: false, ..done(client, value, place, revision) }
    }

    fn judged(all: &[Done]) -> Verdict {
        let mut verdict = Verdict::default();
        verdict.of_clients(all);
        verdict
    }

    #[test]
    fn what_clients_may_see_holds() {
        let all = [done(0, "a", 0, 2), read(1, "a", 2, 2), done(0, "b", 4, 3), read(1, "b", 6, 3)];
        assert!(judged(&all).holds());
    }

    #[test]
    fn a_stale_read_is_found() {
        let all = [done(0, "a", 0, 2), done(0, "b", 2, 3), read(1, "a", 4, 3)];
        let verdict = judged(&all);
        assert_eq!(verdict.word(), "violated");
        assert!(verdict.wrong[0].starts_with("not linearizable"), "{verdict:?}");
    }

    #[test]
    fn an_unknown_write_may_have_been_done_or_not() {
        let open = Done { returned: None, wrote: false, ..done(0, "b", 2, 0) };
        let before = [done(0, "a", 0, 2), open.clone(), read(1, "a", 4, 2)];
        let after = [done(0, "a", 0, 2), open, read(1, "b", 4, 3)];
        assert!(judged(&before).holds() && judged(&after).holds());
    }

    #[test]
    fn a_client_that_goes_back_and_a_revision_twice_are_found() {
        let back = [done(0, "a", 0, 3), read(0, "a", 2, 2)];
        assert!(judged(&back).wrong[0].contains("came after 3"));
        let twice = [done(0, "a", 0, 2), done(1, "b", 2, 2)];
        assert!(judged(&twice).wrong[0].contains("both told revision 2"));
    }
}
