//! States that are the same but for names: how many orbits there are, and that no verdict changes.

use quorate_checker::Progress;
use quorate_checker::network::{Beginning, Findings, Inquiry, Scope, Symmetry, explore};
use quorate_kernel::{Deceit, Domain, Group, Links, Process, ProcessSet, Value};
use quorate_protocols::multicast::{self, bracha};

use crate::models::abd::Abd;
use crate::models::paxos_register::Paxos;
use crate::models::single_copy::SingleCopy;
use crate::models::{
    atomic_commit, ballots, diffusion, nonblocking, paxos, paxos_commit, register, two_phase,
};

fn search<P: Deceit>(inquiry: &mut Inquiry<'_, P>, symmetry: bool, threads: usize) -> Findings {
    inquiry.scope.symmetry = symmetry;
    explore(inquiry, threads, &Progress::default())
}

/// The numbers of orbits are those of a count by hand, sorting what belongs to each manager; for
/// five managers TLC too has 314, with 2,048 transitions (`SYMMETRY Permutations(RM)`).
#[test]
fn two_phase_commit_has_as_many_orbits_as_tlc_finds() {
    for (managers, orbits) in
        [(3, (80, 318, 11)), (5, (314, 2_048, 17)), (7, (920, 8_410, 23)), (8, (1_461, 15_287, 26))]
    {
        for threads in [1, 2] {
            let found = search(&mut two_phase::inquiry(managers), true, threads);
            let explored = found.explored;
            let counted = (explored.states, explored.transitions, explored.depth);
            assert_eq!(counted, orbits, "{managers} managers");
            let all = (1..=managers).map(Process).collect();
            let symmetry = Symmetry { processes: vec![all], values: Vec::new() };
            assert_eq!(found.symmetry, symmetry, "nothing is asked of a value");
        }
    }
}

/// What a search says, but for counts.
fn verdict(found: &Findings) -> String {
    let broken: Vec<_> = found
        .broken
        .iter()
        .map(|broken| (broken.requirement, broken.over, broken.run.moves.len()))
        .collect();
    let Findings { stopped, cut_off, cited, endless, owed, explored, .. } = found;
    let depth = explored.depth;
    format!("{stopped:?} {cut_off:?} {cited:b} {endless} {owed:b} {depth} {broken:?}")
}

/// Compares a search with that of orbits; how many states there are of either.
fn compare<P: Deceit>(mut inquiry: Inquiry<'_, P>) -> (u64, u64) {
    let plain = search(&mut inquiry, false, 1);
    let orbits = search(&mut inquiry, true, 1);
    assert_eq!(verdict(&plain), verdict(&orbits), "{inquiry:?}");
    let both = search(&mut inquiry, true, 2);
    assert_eq!(verdict(&plain), verdict(&both), "{inquiry:?}, on two threads");
    assert_eq!(orbits.explored.states, both.explored.states, "{inquiry:?}, on two threads");
    (plain.explored.states, orbits.explored.states)
}

#[test]
fn no_model_has_another_verdict_by_orbits() {
    let counts = [
        compare(two_phase::inquiry(2)),
        compare(atomic_commit::inquiry(3)),
        compare(nonblocking::inquiry(2)),
        compare(diffusion::inquiry(3, 1)),
        compare(ballots::inquiry(&2)),
        compare(paxos_commit::inquiry(1)),
        compare(paxos::inquiry(&2)),
        compare(register::inquiry::<SingleCopy>(&1, 3, false)),
        compare(register::inquiry::<SingleCopy>(&2, 2, false)),
        compare(register::inquiry::<Paxos>(&3, 2, false)),
        compare(register::inquiry::<Abd>(&2, 2, false)),
        compare(register::inquiry::<Abd>(&3, 1, true)),
    ];
    assert_eq!(
        counts,
        [
            (56, 34),
            (54_944, 10_100),
            (3_016, 1_536),
            (3_700, 675),
            (3_921, 2_001),
            (1_461, 1_461),
            (31_329, 5_489),
            (4_243, 712),
            (18, 18),
            (16_668, 16_668),
            (544, 544),
            (559, 559),
        ]
    );
}

/// Bracha's broadcast among four with the sender p0, searched from one beginning for each of these
/// sets of traitors; how many states there are, and orbits.
fn broadcast(traitors: &[&[u16]]) -> (u64, u64) {
    let common = multicast::Config { domain: Domain::BINARY, delay_ticks: 1_000, each: 1 };
    let config = bracha::Config { common, capped: false, about: Some(Process(0)) };
    let begin = |set: &&[u16]| Beginning {
        traitors: set.iter().map(|p| Process(*p)).collect::<ProcessSet>(),
        doomed: ProcessSet::new(),
        requests: vec![(1, vec![(0, Value(1))]), (0, Vec::new()), (0, Vec::new()), (0, Vec::new())],
    };
    let names = ["integrity", "no-duplication", "consistency", "totality"];
    let inquiry: Inquiry<'_, bracha::Bracha> = Inquiry {
        group: Group { n: 4, f: 1 },
        config: &config,
        scope: Scope { collapse: true, ..Scope::of(Links::Reliable) },
        beginnings: traitors.iter().map(begin).collect(),
        requirements: crate::models::named(&names),
        budget: Default::default(),
        wide: false,
    };
    compare(inquiry)
}

/// The numbers of states add up, and those of orbits too, where traitors that play the same part
/// are one beginning. Only a traitor who is the sender treats the values alike.
#[test]
fn beginnings_that_are_the_same_but_for_names_are_one() {
    assert_eq!(broadcast(&[&[]]), (241, 66));
    assert_eq!(broadcast(&[&[0]]), (301, 38));
    assert_eq!(broadcast(&[&[1]]), (74, 42));
    assert_eq!(broadcast(&[&[1], &[2], &[3]]), (3 * 74, 42));
    assert_eq!(broadcast(&[&[], &[3], &[1], &[2]]), (241 + 3 * 74, 66 + 42));
}
