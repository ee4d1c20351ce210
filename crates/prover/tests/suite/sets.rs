//! Agreement on k of k + 1 values.

use quorate_prover::{Answer, Certificate, Limits, Means, Model, Proof, Question, Simplex};
use quorate_prover::{Stopped, prove, prove_by, verify};

use crate::question;

fn of(model: Model, n: u16, f: u16, rounds: u16, k: u16) -> Question {
    Question { k, ..question(model, n, f, rounds) }
}

fn uniform(question: Question) -> Question {
    Question { uniform: true, ..question }
}

/// Answers a question and checks the certificate.
fn answered(question: Question) -> Proof {
    let proof = prove(question, Limits::NONE).unwrap_or_else(|why| panic!("{question:?}: {why}"));
    let checked = verify(&Certificate::new(question, proof.answer.clone()));
    checked.unwrap_or_else(|refused| panic!("{question:?}: {refused}"));
    proof
}

/// How many executions show that it is impossible, if it is.
fn executions(question: Question) -> Option<usize> {
    match answered(question).answer {
        Answer::Parity { simplices } => Some(simplices.len()),
        _ => None,
    }
}

#[test]
fn crashes_take_a_round_more_for_each_k_of_them_that_leave_k_plus_1_processes() {
    for (n, f, k) in [
        (3, 1, 2),
        (3, 2, 2),
        (4, 2, 2),
        (4, 3, 2),
        (4, 2, 3),
        (5, 1, 2),
        (5, 2, 2),
        (5, 3, 2),
        (5, 4, 2),
        (6, 3, 2),
    ] {
        // Fewer processes than k + 1 cannot disagree, so crashes that leave fewer do not count.
        let least = f.min(n - k - u16::from(n > k)) / k + 1;
        for rounds in 1..=least {
            let found = executions(of(Model::Crash, n, f, rounds, k));
            assert_eq!(found.is_none(), rounds == least, "n = {n}, f = {f}, k = {k}, {rounds}");
        }
    }
}

#[test]
fn snapshots_give_as_many_simplices_as_the_subdivision_of_one_has() {
    for (n, rounds, k, simplices) in
        [(3, 1, 2, 13), (3, 2, 2, 13 * 13), (3, 3, 2, 13 * 13 * 13), (4, 1, 2, 13), (4, 1, 3, 75)]
    {
        let asked = of(Model::ImmediateSnapshot, n, 1, rounds, k);
        assert_eq!(executions(asked), Some(simplices), "n = {n}, {rounds} rounds");
    }
    assert_eq!(executions(of(Model::Snapshot, 3, 1, 1, 2)), Some(13));
    // One that may be late is not enough to keep two values apart.
    for (n, rounds) in [(3, 1), (3, 2), (4, 1)] {
        assert_eq!(executions(of(Model::Late, n, 1, rounds, 2)), None, "n = {n}");
    }
}

#[test]
fn omissions_count_where_faulty_processes_must_agree_too() {
    let asked = |model, f, rounds| of(model, 3, f, rounds, 2);
    assert_eq!(executions(asked(Model::Omission, 2, 1)), None);
    assert!(executions(uniform(asked(Model::Omission, 2, 1))).is_some());
    assert_eq!(executions(uniform(asked(Model::Omission, 2, 2))), None);
    assert_eq!(executions(uniform(asked(Model::Omission, 1, 1))), None);
    assert!(executions(uniform(asked(Model::GeneralOmission, 2, 1))).is_some());
}

#[test]
fn every_small_question_about_omissions_and_two_values_has_an_answer() {
    let mut impossible = Vec::new();
    for model in [Model::Omission, Model::GeneralOmission] {
        for (n, f) in [(3, 1), (3, 2), (4, 1), (4, 2), (4, 3)] {
            for rounds in [1, 2] {
                let asked = of(model, n, f, rounds, 2);
                // Three who are correct must be left to disagree.
                let found = executions(asked);
                assert_eq!(found, None, "{asked:?}");
                if executions(uniform(asked)).is_some() {
                    impossible.push((model, n, f, rounds));
                }
            }
        }
    }
    let (send, general) = (Model::Omission, Model::GeneralOmission);
    let one = [(3, 2, 1), (4, 2, 1), (4, 3, 1)].map(|(n, f, rounds)| (send, n, f, rounds));
    // Who omits to receive can be left alone for ever, if two can.
    let more = [(3, 2, 1), (3, 2, 2), (4, 2, 1), (4, 3, 1), (4, 3, 2)];
    let more = more.map(|(n, f, rounds)| (general, n, f, rounds));
    assert_eq!(impossible, [&one[..], &more].concat());
}

#[test]
fn what_needs_no_agreement_takes_no_more_than_one_round() {
    for (n, f, k) in [(2, 1, 2), (3, 2, 3), (3, 2, 4)] {
        assert_eq!(executions(of(Model::Crash, n, f, 1, k)), None, "n = {n}, k = {k}");
        assert_eq!(executions(of(Model::ImmediateSnapshot, n, f, 1, k)), None, "n = {n}, k = {k}");
    }
}

/// The simplices of some questions, with the questions.
fn shown() -> Vec<(Question, Vec<Simplex>)> {
    let questions = [
        of(Model::ImmediateSnapshot, 3, 1, 1, 2),
        of(Model::Snapshot, 3, 1, 1, 2),
        of(Model::Crash, 5, 2, 1, 2),
        uniform(of(Model::Omission, 3, 2, 1, 2)),
    ];
    let with = |question: Question| match answered(question).answer {
        Answer::Parity { simplices } => (question, simplices),
        other => panic!("{question:?}: {other:?}"),
    };
    questions.into_iter().map(with).collect()
}

fn refused(question: Question, simplices: Vec<Simplex>) -> Option<String> {
    let certificate = Certificate::new(question, Answer::Parity { simplices });
    verify(&certificate).err().map(|refused| refused.to_string())
}

#[test]
fn a_set_of_simplices_that_lacks_one_or_has_one_twice_is_refused() {
    for (question, simplices) in shown() {
        let size = usize::from(question.k) + 1;
        for at in 0..simplices.len() {
            let mut fewer = simplices.clone();
            let gone = fewer.remove(at);
            let why = refused(question, fewer).expect("one is missing");
            let whys = ["do not close", "shows that", "even number"];
            assert!(whys.iter().any(|known| why.contains(known)), "{question:?}: {why}");
            if gone.who.len() == size {
                let mut more = simplices.clone();
                more.push(gone);
                assert!(refused(question, more).is_some(), "{question:?}: {at} twice");
            }
        }
    }
}

#[test]
fn a_simplex_with_another_proposal_or_other_processes_is_refused() {
    let mut drawn = crate::certificates::Drawn(3);
    for (question, simplices) in shown() {
        for _ in 0..100 {
            let mut bad = simplices.clone();
            let simplex = &mut bad[drawn.below(simplices.len())];
            let p = drawn.below(usize::from(question.n));
            let input = &mut simplex.execution.inputs[p];
            *input = (*input + 1 + drawn.below(2) as u8) % 3;
            let unseen = simplex.execution.faulty.contains(&(p as u16)) || question.n > 3;
            let unseen = unseen || simplex.who.len() < 3;
            assert!(refused(question, bad).is_some() || unseen, "{question:?}");
            let mut bad = simplices.clone();
            let simplex = &mut bad[drawn.below(simplices.len())];
            let place = drawn.below(simplex.who.len());
            simplex.who[place] = drawn.below(usize::from(question.n) + 2) as u16;
            if simplices != bad {
                assert!(refused(question, bad).is_some(), "{question:?}");
            }
        }
    }
}

#[test]
fn a_table_that_decides_what_was_not_heard_of_or_too_much_is_refused() {
    let asked = of(Model::Crash, 4, 1, 1, 2);
    let whole = prove_by(asked, Means::Whole, Limits::NONE).unwrap().unwrap();
    let Answer::Solvable { table } = whole.answer else { panic!() };
    let mut refused = 0;
    for at in 0..table.decisions.len() {
        for other in 1..3 {
            let mut bad = table.clone();
            bad.decisions[at] = (bad.decisions[at] + other) % 3;
            let said = verify(&Certificate::new(asked, Answer::Solvable { table: bad }));
            refused += usize::from(said.is_err());
        }
    }
    assert!(refused * 2 > table.decisions.len(), "{refused}");
    // What two values are enough for, one is not.
    let fewer = Certificate::new(of(Model::Crash, 4, 1, 1, 1), Answer::Solvable { table });
    assert!(verify(&fewer).is_err());
}

#[test]
fn sets_of_values_are_for_models_in_which_nobody_lies() {
    for (question, simplices) in shown() {
        for model in [Model::Byzantine, Model::Signed, Model::Loss] {
            let asked = Question { model, n: 2, f: 1, ..question };
            assert!(refused(Question { model, ..question }, simplices.clone()).is_some());
            assert_eq!(prove(asked, Limits::NONE), Err(Stopped::Open), "{asked:?}");
        }
    }
}
