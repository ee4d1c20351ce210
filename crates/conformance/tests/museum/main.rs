//! Every piece of the museum dies where its exhibit says, and the protocol as it is meant keeps
//! there all that breaks: the same question without the flaw is answered by "proved", or in a sweep
//! by runs that all pass.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use quorate_conformance::museum::{Query, Reply, ask, claimed};
use quorate_kernel::Flaw;
use quorate_protocols::museum::{Exhibit, Figure, Room, Shows, Way, hall};
use quorate_protocols::{Card, cards};

/// A question, and what it must come to.
struct Case {
    card: Card,
    room: Room,
    requirements: Vec<&'static str>,
    flaw: Flaw,
    told: bool,
    /// The exhibit that it is; the room as it is meant if none.
    exhibit: Option<Exhibit>,
}

impl Case {
    fn name(&self) -> String {
        match &self.exhibit {
            Some(exhibit) => exhibit.command(&self.card),
            None => format!("{} as it is meant", self.room.command(&self.card)),
        }
    }
}

/// What an exhibit is judged by: what it is about, or all that is promised if it only costs more.
fn judged(card: &Card, exhibit: &Exhibit) -> Vec<&'static str> {
    match exhibit.requirement() {
        Some(requirement) => vec![requirement],
        None => claimed(card, &exhibit.room),
    }
}

/// Every exhibit, and every room without a flaw, with all that breaks or holds in it.
fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    for card in cards() {
        let hall = hall(card.name);
        for exhibit in hall.exhibits {
            let piece = card.pieces.iter().find(|piece| piece.id == exhibit.piece);
            let piece = piece.unwrap_or_else(|| panic!("{} has no {}", card.name, exhibit.piece));
            all.push(Case {
                card: card.clone(),
                room: exhibit.room,
                requirements: judged(&card, exhibit),
                flaw: piece.flaw,
                told: !matches!(exhibit.room.way, Way::Sweep { .. }),
                exhibit: Some(*exhibit),
            });
        }
        for room in hall.rooms {
            let here = hall.exhibits.iter().filter(|exhibit| exhibit.room == *room);
            let names: BTreeSet<&str> = here.flat_map(|one| judged(&card, one)).collect();
            all.push(Case {
                card: card.clone(),
                room: *room,
                requirements: names.into_iter().collect(),
                flaw: Flaw::None,
                told: false,
                exhibit: None,
            });
        }
    }
    all
}

/// Asks all of them, on two threads.
fn replies(cases: &[Case]) -> Vec<Result<Reply, String>> {
    let next = AtomicUsize::new(0);
    let done: Mutex<BTreeMap<usize, Result<Reply, String>>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(at) else { return };
                    let reply = ask(Query {
                        protocol: case.card.name,
                        room: &case.room,
                        requirements: &case.requirements,
                        flaw: case.flaw,
                        told: case.told,
                    });
                    done.lock().expect("no thread panics with it").insert(at, reply);
                }
            });
        }
    });
    done.into_inner().expect("no thread panicked").into_values().collect()
}

/// What a reply does not have of what it should; nothing if it is as it should be.
fn objection(case: &Case, reply: &Reply) -> Option<String> {
    let Some(exhibit) = &case.exhibit else {
        return (!reply.holds).then(|| "it does not hold".into());
    };
    match exhibit.shows {
        Shows::Holds { .. } => (!reply.holds).then(|| "it does not hold".into()),
        Shows::Breaks { length, .. } => match &reply.broken[0] {
            None => Some("nothing breaks".into()),
            Some(found) if found.length != length => {
                Some(format!("the length is {} and should be {length}", found.length))
            }
            Some(_) => None,
        },
        Shows::Costs { .. } if !reply.holds => Some("it does not hold".into()),
        Shows::Costs { figure, flawed, .. } => {
            let is = figure_of(figure, reply);
            (is != flawed).then(|| format!("it costs {is} and should cost {flawed}"))
        }
    }
}

fn figure_of(figure: Figure, reply: &Reply) -> u64 {
    match figure {
        Figure::Messages => reply.messages,
        Figure::Ticks => reply.ticks,
    }
}

#[test]
fn every_piece_dies_and_its_repaired_twin_does_not() {
    let cases = cases();
    let replies = replies(&cases);
    let mut objections = Vec::new();
    let mut golden = String::new();
    for (case, reply) in cases.iter().zip(&replies) {
        match reply {
            Err(error) => objections.push(format!("{}: {error}", case.name())),
            Ok(reply) => {
                objections
                    .extend(objection(case, reply).map(|text| format!("{}: {text}", case.name())));
                let run = reply.broken.first().and_then(Option::as_ref);
                if let Some(run) = run.filter(|run| case.told && !run.run.is_empty()) {
                    golden.push_str(&format!("{}\n{}\n", case.name(), indented(&run.run)));
                }
            }
        }
    }
    assert!(objections.is_empty(), "{}", objections.join("\n"));
    dearer(&cases, &replies);
    compare(&golden);
}

fn indented(run: &str) -> String {
    run.lines().map(|line| format!("    {line}\n")).collect()
}

/// What a flaw makes dearer is as much as it says without the flaw.
fn dearer(cases: &[Case], replies: &[Result<Reply, String>]) {
    let mut wrong = Vec::new();
    for case in cases {
        let Some(Exhibit { shows: Shows::Costs { figure, meant, flawed }, room, .. }) =
            case.exhibit
        else {
            continue;
        };
        assert!(flawed > meant, "{} should be dearer", case.name());
        let mut twins = cases.iter().zip(replies).filter(|(other, _)| {
            other.exhibit.is_none() && other.card.name == case.card.name && other.room == room
        });
        let (_, twin) = twins.next().expect("its room is one of the hall's");
        let is = twin.as_ref().map(|reply| figure_of(figure, reply));
        if is != Ok(meant) {
            wrong.push(format!("{} as it is meant: {is:?}, and not {meant}", case.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The shortest runs, a line for each step.
fn compare(runs: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/museum.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, runs).expect("the golden file can be written");
    }
    let golden = std::fs::read_to_string(&path).expect("the golden file is there");
    assert!(runs == golden, "a shortest run changed; if it should, run with UPDATE_GOLDEN=1");
}

/// The rules that no piece kills by breaking them, each with the reason in its exhibit.
const SPARED: &[(&str, &str)] = &[
    ("paxos", "nack"),
    ("paxos", "told"),
    ("paxos", "answer"),
    ("multi-paxos", "nack"),
    ("multi-paxos", "ask"),
    ("multi-paxos", "retry"),
    ("multi-paxos", "repeat"),
    ("multi-paxos", "have"),
    ("multi-paxos", "rest"),
    ("raft", "rest"),
    ("raft", "T3.10 call"),
    ("raft", "T3.10 called"),
    ("raft", "6 step down"),
    ("raft", "offer"),
    ("raft", "named"),
    ("raft", "shun"),
    ("consensus-order", "nack"),
    ("consensus-order", "told"),
    ("consensus-order", "ask"),
    ("consensus-order", "answer"),
    ("consensus-order-ben-or", "T4"),
    ("consensus-order-ben-or", "4"),
    ("consensus-from-order", "nack"),
    ("consensus-from-order", "told"),
    ("consensus-from-order", "ask"),
    ("consensus-from-order", "answer"),
];

#[test]
fn every_rule_is_broken_by_a_piece_that_dies() {
    let mut spared = Vec::new();
    for card in cards().into_iter().filter(|card| !card.pieces.is_empty()) {
        let whole = card.pieces.iter().any(|piece| matches!(piece.flaw, Flaw::Without(_)));
        let exhibits = hall(card.name).exhibits;
        let shown: BTreeSet<&str> = exhibits.iter().map(|exhibit| exhibit.piece).collect();
        let unshown: Vec<&str> = card
            .pieces
            .iter()
            .map(|piece| piece.id.as_str())
            .filter(|id| !shown.contains(id))
            .collect();
        assert!(unshown.is_empty(), "{} does not show {unshown:?}", card.name);
        let dies = |id: &str| {
            let mut of_piece = exhibits.iter().filter(|exhibit| exhibit.piece == id);
            of_piece.any(|exhibit| matches!(exhibit.shows, Shows::Breaks { .. }))
        };
        // The rules of a form are those of the protocol that it is a form of.
        for rule in card.rules.iter().filter(|_| whole) {
            let breaks = |id: &str| {
                let piece = card.pieces.iter().find(|piece| piece.id == id);
                piece.is_some_and(|piece| piece.breaks.contains(&rule.id))
            };
            if !card.pieces.iter().any(|piece| breaks(&piece.id) && dies(&piece.id)) {
                spared.push((card.name, rule.id));
            }
        }
    }
    assert_eq!(spared, SPARED, "the rules that nothing kills");
}

#[test]
fn names_are_words_for_the_command_line_and_differ() {
    for card in cards() {
        let names: BTreeSet<&str> = card.pieces.iter().map(|piece| piece.id.as_str()).collect();
        assert_eq!(names.len(), card.pieces.len(), "{}", card.name);
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(names.iter().all(|name| name.chars().all(plain)), "{names:?}");
        for piece in &card.pieces {
            let known = |rule: &&str| card.rules.iter().any(|one| one.id == *rule);
            assert!(piece.breaks.iter().all(known), "{} of {}", piece.id, card.name);
        }
    }
}
