//! Synchronous rounds in which processes lie.

use quorate_prover::{Answer, Certificate, Limits, Means, Model, prove, verify};

use crate::{by, chain, question, whole};

#[test]
fn the_graphs_of_one_liar_are_those_of_an_independent_computation() {
    for (n, rounds, runs, unions, views, components, joined) in [
        (3, 1, 48, 48, 24, 1, true),
        (3, 2, 3_072, 768, 672, 1, true),
        (4, 1, 256, 192, 64, 1, true),
        (4, 2, 1_048_576, 12_288, 11_584, 16, false),
        (5, 1, 1_280, 640, 160, 1, true),
    ] {
        let proof = whole(question(Model::Byzantine, n, 1, rounds));
        let counts = proof.counts;
        let found = (counts.runs, counts.unions, counts.views, counts.components);
        assert_eq!(found, (runs, unions, views, components), "n = {n}, {rounds} rounds");
        assert_eq!(chain(&proof).is_some(), joined, "n = {n}, {rounds} rounds");
    }
}

#[test]
fn a_third_of_liars_is_too_many_whatever_the_rounds() {
    for (n, f) in [(2, 1), (3, 1), (4, 2), (5, 2), (6, 2), (9, 3)] {
        for rounds in 1..=3 {
            let proof = by(Means::Covering, question(Model::Byzantine, n, f, rounds));
            assert_eq!(proof.as_ref().and_then(chain), Some(3), "n = {n}, f = {f}");
        }
    }
    assert_eq!(by(Means::Covering, question(Model::Byzantine, 4, 1, 2)), None);
    let shortest = whole(question(Model::Byzantine, 3, 1, 2));
    assert_eq!(chain(&shortest), Some(3), "and no chain is shorter than the ring");
}

#[test]
fn signatures_move_the_frontier_to_half_of_the_processes() {
    for (n, f) in [(2, 1), (3, 2), (4, 2), (4, 3)] {
        for rounds in 1..=4 {
            let proof = by(Means::Covering, question(Model::Signed, n, f, rounds));
            assert_eq!(proof.as_ref().and_then(chain), Some(3), "n = {n}, f = {f}");
        }
    }
    assert_eq!(by(Means::Covering, question(Model::Signed, 3, 1, 2)), None);
    for n in [3, 4] {
        assert!(chain(&whole(question(Model::Signed, n, 1, 1))).is_some(), "n = {n}, one round");
        assert!(chain(&whole(question(Model::Signed, n, 1, 2))).is_none(), "n = {n}, two rounds");
    }
}

#[test]
fn a_forged_signature_and_a_lie_of_a_correct_process_are_refused() {
    let asked = question(Model::Signed, 2, 1, 2);
    let Answer::Impossible { chain } = prove(asked, Limits::NONE).unwrap().answer else { panic!() };
    let refused = |chain| {
        let said = verify(&Certificate::new(asked, Answer::Impossible { chain }));
        said.expect_err("it is not true").because
    };
    let mut forged = chain.clone();
    let word = forged[0].execution.faults.iter_mut().find(|word| word.contains("@2:")).unwrap();
    *word = "lie p0@2:p1=(1,1)".into();
    assert!(refused(forged).contains("p0 forges a signature of p1"));
    let mut blamed = chain.clone();
    blamed[0].execution.faulty.clear();
    assert!(refused(blamed).contains("not said to be faulty"));
    let mut oral = chain;
    oral[0].execution.faults.push("lie p0@2:p1=(1,".into());
    assert!(refused(oral).contains("is not a fault such as"));
}
