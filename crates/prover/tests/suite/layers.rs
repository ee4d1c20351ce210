//! Models in which nobody is faulty: two armies, rounds of asynchrony, snapshots.

use quorate_prover::Model;

use crate::{chain, question, whole};

#[test]
fn two_armies_that_both_send_have_chains_that_grow_by_one_a_round() {
    for rounds in 1..=6_u16 {
        let proof = whole(question(Model::Loss, 2, 0, rounds));
        let power = 4_u64.pow(u32::from(rounds) + 1);
        assert_eq!(proof.counts.runs, power.into());
        assert_eq!(proof.counts.views, (2 * power + 4) / 3);
        assert_eq!(proof.counts.components, 1);
        assert_eq!(chain(&proof), Some(usize::from(rounds) + 3));
    }
}

#[test]
fn messages_in_turn_have_chains_as_long_as_they_are_many() {
    for messages in 1..=10_u16 {
        let proof = whole(question(Model::LossInTurn, 2, 0, messages));
        assert_eq!(proof.counts.runs, 4 << messages);
        assert_eq!(chain(&proof), Some(usize::from(messages).max(1) + 2));
    }
}

#[test]
fn rounds_of_asynchrony_and_snapshots_are_connected() {
    for (model, n, rounds, runs, views) in [
        (Model::MissOne, 3, 1, 8 * 27, 48),
        (Model::MissOne, 3, 2, 8 * 27_u128.pow(2), 1_056),
        (Model::MissOne, 3, 3, 8 * 27_u128.pow(3), 28_272),
        (Model::ImmediateSnapshot, 2, 1, 4 * 3, 4 * 3),
        (Model::ImmediateSnapshot, 2, 5, 4 * 3_u128.pow(5), 4 * 3_u64.pow(5)),
        (Model::ImmediateSnapshot, 3, 1, 8 * 13, 4 * 13 + 2),
        (Model::ImmediateSnapshot, 3, 2, 8 * 13_u128.pow(2), 4 * 13_u64.pow(2) + 2),
        (Model::ImmediateSnapshot, 4, 1, 16 * 75, 216),
    ] {
        let proof = whole(question(model, n, 1, rounds));
        assert_eq!((proof.counts.runs, proof.counts.views), (runs, views), "{model:?}, n = {n}");
        assert_eq!(proof.counts.components, 1, "{model:?}, n = {n}, {rounds} rounds");
        assert!(chain(&proof).is_some(), "{model:?}, n = {n}, {rounds} rounds");
    }
    let proof = whole(question(Model::Snapshot, 3, 1, 1));
    assert_eq!(proof.counts.runs, 8 * 19);
    assert!(chain(&proof).is_some());
}
