//! Synchronous rounds in which messages of faulty processes are left out.

use quorate_prover::{Model, Question};

use crate::{chain, question, whole};

#[test]
fn omissions_need_as_many_rounds_as_crashes() {
    for (model, n, f, rounds, impossible) in [
        (Model::Omission, 3, 1, 1, true),
        (Model::Omission, 3, 1, 2, false),
        (Model::Omission, 4, 1, 1, true),
        (Model::Omission, 4, 1, 2, false),
        (Model::GeneralOmission, 3, 1, 1, true),
        (Model::GeneralOmission, 3, 1, 2, false),
    ] {
        let proof = whole(question(model, n, f, rounds));
        assert_eq!(chain(&proof).is_some(), impossible, "{model:?}, n = {n}, {rounds} rounds");
    }
}

#[test]
fn uniform_agreement_despite_general_omission_needs_a_majority() {
    for (n, rounds, impossible) in
        [(2, 1, true), (2, 2, true), (2, 3, true), (3, 1, true), (3, 2, false)]
    {
        let asked = question(Model::GeneralOmission, n, 1, rounds);
        let proof = whole(Question { uniform: true, ..asked });
        assert_eq!(chain(&proof).is_some(), impossible, "n = {n}, {rounds} rounds");
    }
    let proof = whole(question(Model::GeneralOmission, 2, 1, 1));
    assert_eq!(chain(&proof), None, "without uniformity one correct process is free to decide");
}

#[test]
fn uniformity_costs_nothing_where_crashes_are_all() {
    for (n, f, rounds) in [(3, 1, 1), (3, 1, 2), (3, 2, 2), (4, 2, 2)] {
        let asked = question(Model::Crash, n, f, rounds);
        let proof = whole(Question { uniform: true, ..asked });
        assert_eq!(proof.counts, whole(asked).counts);
        let send = Question { model: Model::Omission, n: 3, f: 1, ..asked };
        if (n, f) == (3, 1) {
            assert_eq!(chain(&whole(Question { uniform: true, ..send })).is_some(), rounds == 1);
        }
    }
}
