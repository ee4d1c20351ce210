//! A search that is stopped, kept and taken up again comes to the same as one that is not.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use quorate_checker::network::{
    Beginning, Findings, Inquiry, Keep, Kept, Refusal, Scope, explore_kept, read_saved,
};
use quorate_checker::{Progress, Stop};
use quorate_kernel::{Deceit, Domain, Group, Links, Process, ProcessSet, Value};
use quorate_protocols::consensus::mmr;

use crate::models::single_copy::SingleCopy;
use crate::models::{named, paxos, register, two_phase};
use crate::sealed;

/// A file of its own for each test.
fn keep(name: &str) -> Keep {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    Keep { path: folder.join(format!("{name}.kept")), question: name.into() }
}

/// What is to be the same.
fn told(found: &Findings) -> String {
    let e = found.explored;
    let counts = (e.states, e.transitions, e.ends, e.depth, e.frontier_max);
    let rest = (found.cited, found.cut_off, &found.met, found.occasions, found.owed, found.endless);
    format!("{:?} {counts:?} {rest:?} {:?} {:?}", found.stopped, found.broken, found.symmetry)
}

/// Searches in parts of so many states each; how many parts there were.
fn in_parts<P: Deceit>(
    inquiry: &mut Inquiry<'_, P>,
    (name, threads, states): (&str, usize, u64),
) -> (Findings, u32) {
    let keep = keep(name);
    let _ = std::fs::remove_file(&keep.path);
    let (mut saved, mut parts, mut before) = (None, 0, 0);
    loop {
        parts += 1;
        inquiry.budget.steps_max = Some(before + states);
        let progress = Progress::default();
        let found = explore_kept(inquiry, threads, &progress, Some(&keep), saved);
        match found.kept {
            None => return (found, parts),
            kept => assert_eq!((kept, found.stopped), (Some(Kept::Written), Some(Stop::Time))),
        }
        before = found.explored.states;
        saved = Some(read_saved(&keep).expect("it was written"));
    }
}

fn same<P: Deceit>(mut inquiry: Inquiry<'_, P>, name: &str, sizes: &[u64]) {
    let whole = explore_kept(&inquiry, 1, &Progress::default(), None, None);
    for (states, threads) in sizes.iter().flat_map(|size| [(*size, 1), (*size, 2)]) {
        let (found, parts) = in_parts(&mut inquiry, (name, threads, states));
        assert!(parts > 2, "{name}: it has to be stopped twice");
        if threads == 1 || whole.broken.is_empty() {
            assert_eq!(told(&found), told(&whole), "{name}, {states} states, {threads} threads");
        }
        let length = |found: &Findings| found.broken.first().map(|one| one.run.moves.len());
        assert_eq!(length(&found), length(&whole));
    }
}

#[test]
fn a_search_in_parts_comes_to_the_same() {
    same(two_phase::inquiry(5), "two-phase", &[1, 2_000]);
    same(paxos::inquiry(&2), "paxos", &[200]);
}

#[test]
fn a_violation_is_found_with_the_same_run() {
    same(register::inquiry::<SingleCopy>(&2, 2, false), "register", &[1, 2]);
}

/// What traitors can say depends on what they have heard.
#[test]
fn traitors_where_messages_are_signed_have_heard_the_same_after_a_stop() {
    for (given, own) in [([1, 2], 0), ([1, 2], 1)] {
        let config = sealed::Config { given: given.map(Process).to_vec(), own: Value(own) };
        same(sealed::inquiry(&config, &[1]), "signed", &[1]);
    }
}

/// Messages that come too late are dropped, and which those are is checked on the way.
#[test]
fn messages_that_are_past_stay_past_after_a_stop() {
    let config = mmr::Config { domain: Domain::BINARY, confirm: true, delay_ticks: 10 };
    let group = Group { n: 3, f: 0 };
    let asks = |value: &u16| (1, vec![(0, Value(*value))]);
    for traitors in [ProcessSet::new(), [Process(2)].into_iter().collect()] {
        let inquiry: Inquiry<'_, mmr::Mmr> = Inquiry {
            group,
            config: &config,
            scope: Scope {
                collapse: true,
                symmetry: true,
                rounds: Some(1),
                ..Scope::of(Links::Reliable)
            },
            beginnings: vec![Beginning {
                traitors,
                doomed: ProcessSet::new(),
                requests: [0, 1, 1].iter().map(asks).collect(),
            }],
            requirements: named(&["agreement"]),
            budget: Default::default(),
            wide: false,
        };
        same(inquiry, "mmr", &[1]);
    }
}

#[test]
fn a_search_that_is_told_to_stop_says_so_and_is_kept() {
    let keep = keep("told");
    let inquiry = two_phase::inquiry(3);
    let progress = Progress::default();
    progress.halt.store(true, Ordering::Relaxed);
    let found = explore_kept(&inquiry, 1, &progress, Some(&keep), None);
    assert_eq!((found.kept, found.stopped), (Some(Kept::Written), Some(Stop::Halt)));
    let saved = read_saved(&keep).expect("it was written");
    let progress = Progress::default();
    let found = explore_kept(&inquiry, 1, &progress, Some(&keep), Some(saved));
    assert_eq!(told(&found), told(&explore_kept(&inquiry, 1, &progress, None, None)));
}

#[test]
fn states_that_wait_on_disk_are_kept_too() {
    let mut inquiry = two_phase::inquiry(7);
    let whole = explore_kept(&inquiry, 1, &Progress::default(), None, None);
    inquiry.budget.memory_bytes = whole.explored.bytes / 10 * 19;
    let (found, parts) = in_parts(&mut inquiry, ("spilled", 1, 140_000));
    assert!(parts > 2 && found.explored.spilled > 0, "{:?}", found.explored);
    assert_eq!(told(&found), told(&whole));
}

fn refusal(keep: &Keep, bytes: &[u8]) -> Option<Refusal> {
    std::fs::write(&keep.path, bytes).expect("there is room");
    read_saved(keep).err()
}

#[test]
fn a_file_that_is_damaged_or_of_another_question_is_refused() {
    let keep = keep("damaged");
    let mut inquiry = two_phase::inquiry(3);
    inquiry.budget.steps_max = Some(100);
    let found = explore_kept(&inquiry, 1, &Progress::default(), Some(&keep), None);
    assert_eq!(found.kept, Some(Kept::Written));
    let good = std::fs::read(&keep.path).expect("it was written");
    assert_eq!(refusal(&keep, &good), None);
    let other = Keep { question: "another".into(), ..keep.clone() };
    assert_eq!(read_saved(&other).err(), Some(Refusal::OtherQuestion("damaged".into())));
    let step = (good.len() / 400).max(1);
    for at in (0..good.len()).step_by(step).chain([good.len() - 1]) {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        assert_eq!(refusal(&keep, &bad), Some(Refusal::Damaged), "byte {at}");
        assert_eq!(refusal(&keep, &good[..at]), Some(Refusal::Damaged), "cut at {at}");
    }
    let longer = [&good[..], &[0; 8]].concat();
    assert_eq!(refusal(&keep, &longer), Some(Refusal::Damaged));
    let _ = std::fs::remove_file(&keep.path);
    assert!(matches!(read_saved(&keep), Err(Refusal::Unread(_))));
}

#[test]
fn what_other_handlers_would_number_otherwise_is_refused() {
    let keep = keep("foreign");
    let mut inquiry = two_phase::inquiry(3);
    inquiry.budget.steps_max = Some(100);
    let found = explore_kept(&inquiry, 1, &Progress::default(), Some(&keep), None);
    assert_eq!(found.kept, Some(Kept::Written));
    let saved = read_saved(&keep).expect("it was written");
    let other = two_phase::inquiry(4);
    let found = explore_kept(&other, 1, &Progress::default(), None, Some(saved));
    assert!(found.refused, "four managers do other things than three");
}

#[test]
fn where_it_cannot_be_written_that_is_said() {
    let keep = Keep { path: Path::new("/no/such/folder/file").into(), question: String::new() };
    let mut inquiry = two_phase::inquiry(3);
    inquiry.budget.steps_max = Some(100);
    let found = explore_kept(&inquiry, 1, &Progress::default(), Some(&keep), None);
    assert_eq!(found.kept, Some(Kept::Failed(std::io::ErrorKind::NotFound)));
}
