//! Counts of states and transitions, beside those that others have published.

use quorate_checker::Progress;
use quorate_checker::network::{Findings, Inquiry, explore};
use quorate_kernel::Deceit;

use crate::models::abd::Abd;
use crate::models::paxos_register::Paxos;
use crate::models::single_copy::SingleCopy;
use crate::models::{
    atomic_commit, ballots, boards, diffusion, nonblocking, paxos, paxos_commit, register,
    two_phase,
};

fn search<P: Deceit>(inquiry: &Inquiry<'_, P>, threads: usize) -> Findings {
    explore(inquiry, threads, &Progress::default())
}

fn counts(found: &Findings) -> (u64, u64, u32) {
    assert_eq!(found.stopped, None, "the search must end");
    assert!(found.broken.is_empty(), "every requirement holds");
    (found.explored.states, found.explored.transitions, found.explored.depth)
}

/// tlaplus/Examples, `transaction_commit/TwoPhase`: TLC, SPIN and Stateright agree.
#[test]
fn two_phase_commit_has_its_published_counts() {
    for (managers, published) in
        [(3, (288, 1_146, 11)), (5, (8_832, 58_146, 17)), (7, (296_448, 2_744_706, 23))]
    {
        for threads in [1, 2] {
            let found = search(&two_phase::inquiry(managers), threads);
            assert_eq!(counts(&found), published, "{managers} managers");
        }
    }
}

/// `konnov/protocols-made-fun`, which says only how many states there are.
#[test]
fn two_phase_commit_of_two_has_its_published_states() {
    assert_eq!(counts(&search(&two_phase::inquiry(2), 1)).0, 56);
}

/// tlaplus/Examples, `acp/ACP_SB`. TLC generates the decision to abort once for each vote against
/// it, as the witness of a quantifier, and we make one step of it: with k votes against it in all,
/// whose participants have died or aborted or both or neither, and the others died or not.
#[test]
fn atomic_commitment_has_its_published_counts() {
    let found = search(&atomic_commit::inquiry(3), 1);
    let by_two = 3 * 4u64.pow(2) * 2;
    let by_three = 4u64.pow(3);
    assert_eq!(counts(&found), (54_944, 218_352 - by_two - 2 * by_three, 21));
}

/// tlaplus/Examples, `bcastFolklore` with N = 4 and T = F = 1. There a step receives a set of
/// messages and acts, which is several steps here: only the number of states is the same.
#[test]
fn message_diffusion_has_its_published_states() {
    assert_eq!(counts(&search(&diffusion::inquiry(4, 1), 2)).0, 501_552);
}

/// tlaplus/Examples, `nbacc_ray97` with N = 2; likewise.
#[test]
fn nonblocking_commitment_has_its_published_states() {
    assert_eq!(counts(&search(&nonblocking::inquiry(2), 1)).0, 3_016);
}

/// tlaplus/Examples, from `transaction_commit`, `nbacg_guer01`, `nbacc_ray97` and `bcastByz`:
/// states, generated, depth. TLC also counts what changes nothing, and goes through an action once
/// for each witness of its guards. The example `count_network` does the same, in minutes, for
/// `bcastFolklore`, `cf1s_folklore` and `aba_asyn_byz`.
#[test]
fn shared_memory_models_have_their_published_counts() {
    let quick = |published: &&boards::Published| published.2.0 < 100_000;
    for (name, game, published, transitions) in boards::PUBLISHED.iter().filter(quick) {
        let (states, ways) = boards::generated(*game);
        let found = counts(&search(&boards::inquiry(game), 1));
        assert_eq!((states, ways, found.2), *published, "{name}");
        assert_eq!((found.0, found.1), (states, *transitions), "{name}");
    }
}

/// tlaplus/Examples, `PaxosHowToWinATuringAward/MCPaxosTiny`.
#[test]
fn paxos_without_receiving_leaders_has_its_published_counts() {
    assert_eq!(counts(&search(&ballots::inquiry(&2), 1)), (3_921, 23_563, 17));
}

/// For two resources, tlaplus/Examples publishes `transaction_commit/PaxosCommit`: the example
/// `count_network` reproduces it in minutes. For one, the counts are ours.
#[test]
fn paxos_commit_of_one_resource_keeps_its_counts() {
    assert_eq!(counts(&search(&paxos_commit::inquiry(1), 1)), (1_461, 9_936, 15));
}

/// `peers/promela/paxos.pml`, written a second time for SPIN, which counts the same.
#[test]
fn paxos_has_the_counts_that_spin_finds() {
    for (proposers, counted) in [(1, (177, 689, 12)), (2, (31_329, 161_032, 23))] {
        let found = search(&paxos::inquiry(&proposers), 1);
        assert_eq!(counts(&found), counted, "{proposers} proposers");
    }
}

/// Stateright 0.31, `examples/single-copy-register.rs`, on an unordered network.
#[test]
fn a_single_copy_has_its_published_counts() {
    for (clients, published) in [(2, (93, 121, 9)), (3, (4_243, 6_778, 13))] {
        let found = search(&register::inquiry::<SingleCopy>(&1, clients, false), 1);
        assert_eq!(counts(&found), published, "{clients} clients");
    }
}

/// Likewise: with two copies, a client that wrote one can read the other.
#[test]
fn two_copies_are_found_out_in_as_many_steps_as_published() {
    let found = search(&register::inquiry::<SingleCopy>(&2, 2, false), 1);
    let steps: Vec<usize> = found.broken.iter().map(|broken| broken.run.moves.len()).collect();
    assert_eq!(steps, [4], "write, written, read, and what is read");
}

/// Stateright 0.31, `examples/paxos.rs`, on an unordered network.
#[test]
fn a_register_over_paxos_has_its_published_counts() {
    for (clients, published) in [(1, (265, 482, 14)), (2, (16_668, 32_971, 21))] {
        for threads in [1, 2] {
            let found = search(&register::inquiry::<Paxos>(&3, clients, false), threads);
            assert_eq!(counts(&found), published, "{clients} clients");
        }
    }
}

/// Stateright 0.31, `examples/linearizable-register.rs`, on an unordered network; of the case with
/// two servers only the number of states is published.
#[test]
fn a_register_on_majorities_has_its_published_counts() {
    let found = search(&register::inquiry::<Abd>(&3, 1, false), 1);
    assert_eq!(counts(&found), (1_449, 3_728, 17));
    let found = search(&register::inquiry::<Abd>(&2, 2, false), 1);
    assert_eq!(counts(&found).0, 544);
}
