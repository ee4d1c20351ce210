//! Models in which nobody is faulty: two armies, rounds of asynchrony, snapshots.

use quorate_prover::{Certificate, Means, Model, Numbers, Question, verify};

use crate::{by, chain, question, whole};

/// Two armies that lose one of these in each round: 1 stands for nothing, 2 for the message of p0,
/// 4 for that of p1, 8 for both.
pub(crate) fn losing(sets: &[u8], rounds: u16) -> Question {
    let losses = Numbers::try_from(sets.to_vec()).unwrap();
    Question { losses, ..question(Model::Loss, 2, 0, rounds) }
}

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
        (Model::Late, 3, 1, 8 * 27, 48),
        (Model::Late, 3, 2, 8 * 27_u128.pow(2), 1_056),
        (Model::Late, 3, 3, 8 * 27_u128.pow(3), 28_272),
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

#[test]
fn what_may_be_lost_decides_whether_two_armies_agree() {
    for rounds in 1..=4 {
        // One lost message a round is as bad as two (Santoro and Widmayer 1989).
        let one = whole(losing(&[0b0111], rounds));
        assert_eq!(one.counts.runs, 4 * 3_u128.pow(u32::from(rounds)));
        assert!(chain(&one).is_some(), "{rounds} rounds");
        // If only one army's messages are lost, the other's input is known to both.
        assert_eq!(chain(&whole(losing(&[0b0011], rounds))), None);
        // With k losses in all, k + 1 rounds are enough, and no fewer.
        for few in 0..=3 {
            let proof = whole(question(Model::LossFew, 2, few, rounds));
            assert_eq!(chain(&proof).is_none(), rounds > few, "{few} losses, {rounds} rounds");
        }
    }
}

/// Where never both messages are lost, there is agreement in r rounds exactly if some way to lose
/// them is missing (Godard and Perdereau, "Back to the coordinated attack problem", 2020).
#[test]
fn loss_sets_are_decided_as_their_characterisation_says() {
    let three = || 1..=0b111_u8;
    let all = |sets: &[u8]| sets.iter().all(|set| *set == 0b111);
    for first in three() {
        assert_eq!(chain(&whole(losing(&[first], 1))).is_some(), all(&[first]), "{first:b}");
        for second in three() {
            let sets = [first, second];
            assert_eq!(chain(&whole(losing(&sets, 2))).is_some(), all(&sets), "{sets:?}");
            for third in three() {
                let sets = [first, second, third];
                assert_eq!(chain(&whole(losing(&sets, 3))).is_some(), all(&sets), "{sets:?}");
            }
        }
    }
    // A last set goes on: losses that end, end.
    for rounds in 1..=4 {
        let ends = whole(losing(&[0b111, 0b111, 0b001], rounds));
        assert_eq!(chain(&ends).is_some(), rounds <= 2, "{rounds} rounds");
    }
}

#[test]
fn where_both_messages_can_be_lost_they_agree_if_that_is_seen() {
    for (sets, impossible) in [
        // Who hears nothing knows that the other does not, either.
        (&[0b1001][..], false),
        (&[0b1011], true),
        (&[0b1101], true),
        (&[0b1111], true),
        // Nothing ever arrives whole, so an attack is never owed.
        (&[0b1110], false),
        (&[0b1000], false),
    ] {
        for rounds in 1..=3 {
            let found = chain(&whole(losing(sets, rounds)));
            assert_eq!(found.is_some(), impossible, "{sets:?}, {rounds} rounds");
        }
    }
}

#[test]
fn two_halves_that_may_be_late_decide_differently() {
    for (n, f) in [(2, 1), (3, 2), (4, 2), (4, 3), (5, 3), (12, 6)] {
        for rounds in [1, 2, 5] {
            let proof = by(Means::Covering, question(Model::Late, n, f, rounds));
            assert_eq!(proof.as_ref().and_then(chain), Some(3), "n = {n}, f = {f}");
        }
    }
    assert_eq!(by(Means::Covering, question(Model::Late, 3, 1, 1)), None);
    assert!(chain(&whole(question(Model::Late, 4, 2, 1))).is_some());
}

#[test]
fn signatures_do_not_help_a_third_of_traitors_if_messages_may_be_late() {
    for (n, f) in [(2, 1), (3, 1), (4, 2), (5, 2), (6, 2), (7, 3)] {
        for rounds in [1, 2, 3] {
            let proof = by(Means::Covering, question(Model::LateSigned, n, f, rounds));
            assert_eq!(proof.as_ref().and_then(chain), Some(3), "n = {n}, f = {f}");
        }
    }
    assert_eq!(by(Means::Covering, question(Model::LateSigned, 4, 1, 1)), None);
}

#[test]
fn nobody_can_tell_what_a_late_general_orders() {
    for (n, f, rounds) in [(2, 1, 1), (2, 1, 3), (3, 1, 1), (3, 1, 2), (4, 2, 1), (5, 1, 1)] {
        let proof = whole(question(Model::LateOrder, n, f, rounds));
        assert_eq!(chain(&proof), Some(2), "n = {n}, f = {f}, {rounds} rounds");
    }
}

#[test]
fn sets_of_losses_that_make_no_sense_are_refused() {
    let answer = whole(losing(&[0b0011], 1)).answer;
    for sets in [&[0][..], &[0b0011, 0], &[16]] {
        let certificate = Certificate::new(losing(sets, 1), answer.clone());
        assert!(verify(&certificate).unwrap_err().because.contains("a set for each round"));
    }
    let crash = Question { model: Model::Crash, f: 1, ..losing(&[0b0011], 1) };
    assert!(verify(&Certificate::new(crash, answer)).is_err());
}
