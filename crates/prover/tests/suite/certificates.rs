//! Certificates that are damaged or say what is not so.

use quorate_prover::{Answer, Certificate, Limits, Link, Model, Question, prove, verify};

use crate::early::by;
use crate::layers::losing;
use crate::question;

/// Numbers that look drawn, the same in every test.
pub(crate) struct Drawn(pub(crate) u64);

impl Drawn {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

fn shown() -> Vec<Question> {
    vec![
        question(Model::Crash, 3, 1, 1),
        question(Model::Crash, 4, 2, 2),
        question(Model::Crash, 3, 1, 2),
        question(Model::Crash, 3, 2, 2),
        question(Model::Omission, 3, 1, 1),
        question(Model::GeneralOmission, 3, 1, 2),
        Question { uniform: true, ..question(Model::GeneralOmission, 2, 1, 2) },
        Question { uniform: true, ..question(Model::GeneralOmission, 3, 1, 2) },
        question(Model::Loss, 2, 0, 3),
        question(Model::LossInTurn, 2, 0, 5),
        question(Model::Late, 3, 1, 2),
        question(Model::ImmediateSnapshot, 3, 1, 2),
        question(Model::Snapshot, 3, 1, 1),
        question(Model::Byzantine, 3, 1, 2),
        question(Model::Byzantine, 4, 1, 1),
        question(Model::Signed, 2, 1, 2),
        question(Model::Signed, 3, 1, 2),
        losing(&[0b0111, 0b0011], 2),
        losing(&[0b1011], 2),
        question(Model::Late, 4, 2, 2),
        question(Model::LateOrder, 3, 1, 2),
        question(Model::LateSigned, 3, 1, 2),
        Question { k: 2, ..question(Model::ImmediateSnapshot, 3, 1, 1) },
        Question { k: 2, ..question(Model::Crash, 4, 1, 1) },
        by(Model::Crash, 3, &[1, 2], false),
        by(Model::Crash, 4, &[1, 3, 3], true),
    ]
}

fn certificate(question: Question) -> Certificate {
    Certificate::new(question, prove(question, Limits::NONE).unwrap().answer)
}

#[test]
fn a_hundred_damaged_bytes_of_each_certificate_are_noticed() {
    let mut drawn = Drawn(1);
    for question in shown() {
        let whole = certificate(question);
        let text = serde_json::to_vec(&whole).unwrap();
        let read: Certificate = serde_json::from_slice(&text).unwrap();
        assert_eq!(read, whole);
        verify(&read).unwrap();
        for _ in 0..100 {
            let mut bad = text.clone();
            let place = drawn.below(bad.len());
            bad[place] ^= 1 << drawn.below(8);
            // What cannot be read any more is noticed too.
            if let Ok(read) = serde_json::from_slice::<Certificate>(&bad) {
                let said = String::from_utf8_lossy(&bad[place.saturating_sub(30)..]).into_owned();
                assert!(verify(&read).is_err(), "{question:?}: {}", &said[..said.len().min(60)]);
            }
        }
    }
}

/// Changes what a chain says in one place, so that it is not true any more.
fn lie(chain: &mut [Link], drawn: &mut Drawn) -> usize {
    let at = drawn.below(chain.len());
    let inputs = &mut chain[at].execution.inputs;
    let p = drawn.below(inputs.len());
    inputs[p] ^= 1;
    at
}

#[test]
fn a_chain_with_another_proposal_is_refused_where_it_breaks() {
    let mut drawn = Drawn(2);
    for question in shown() {
        let Answer::Impossible { chain } = certificate(question).answer else { continue };
        for _ in 0..100 {
            let mut bad = chain.clone();
            let at = lie(&mut bad, &mut drawn);
            match verify(&Certificate::new(question, Answer::Impossible { chain: bad.clone() })) {
                Err(refused) => {
                    let link = refused.link.expect("a link is named");
                    assert!(at.abs_diff(link) <= 1, "{question:?}: link {link}, changed is {at}");
                }
                // It can be that nobody saw that proposal who matters.
                Ok(_) => assert!(unseen(question, &chain, &bad, at), "{question:?}: {bad:?}"),
            }
        }
    }
}

/// Whether the witnesses on both sides of a link see the same although a proposal changed.
fn unseen(question: Question, good: &[Link], bad: &[Link], at: usize) -> bool {
    let pair = |one: &Link, other: &Link, p: u16| {
        let first = Link { same: Some(p), ..one.clone() };
        let last = Link { same: None, ..other.clone() };
        let pair = Answer::Impossible { chain: vec![first, last] };
        // Only the ends may be wrong with a pair from the middle of a chain.
        verify(&Certificate::new(question, pair))
            .is_err_and(|refused| !refused.because.contains("can tell"))
    };
    let left = at.checked_sub(1).and_then(|left| good[left].same);
    left.is_none_or(|p| pair(&good[at], &bad[at], p))
        && good[at].same.is_none_or(|p| pair(&good[at], &bad[at], p))
}

#[test]
fn a_chain_with_a_wrong_witness_is_refused_at_that_link() {
    for question in shown() {
        let Answer::Impossible { chain } = certificate(question).answer else { continue };
        for at in 0..chain.len() - 1 {
            let told_apart = |p: &u16| {
                let mut bad = chain.clone();
                bad[at].same = Some(*p);
                let said = verify(&Certificate::new(question, Answer::Impossible { chain: bad }));
                said.is_err_and(|refused| refused.link == Some(at))
            };
            let refused = (0..question.n + 1).filter(told_apart).count();
            assert!(refused >= 1, "{question:?}: any witness will do at link {at}");
        }
        let missing = Answer::Impossible { chain: chain[1..].to_vec() };
        assert!(verify(&Certificate::new(question, missing)).is_err(), "{question:?}");
    }
}

#[test]
fn every_single_wrong_decision_that_matters_is_refused() {
    for question in shown() {
        let Answer::Solvable { table } = certificate(question).answer else { continue };
        let mut refused = 0;
        for at in 0..table.decisions.len() {
            let mut bad = table.clone();
            bad.decisions[at] ^= 1;
            let said = verify(&Certificate::new(question, Answer::Solvable { table: bad }));
            refused += usize::from(said.is_err());
        }
        assert!(refused * 2 > table.decisions.len(), "{question:?}: {refused} refused");
        let mut missing = table.clone();
        missing.views.last_mut().unwrap().pop();
        missing.decisions.pop();
        let said = verify(&Certificate::new(question, Answer::Solvable { table: missing }));
        assert!(said.unwrap_err().because.contains("the table does not have it"));
    }
}

#[test]
fn an_answer_to_another_question_is_refused() {
    let few = certificate(question(Model::Crash, 3, 1, 1));
    let more = Certificate::new(question(Model::Crash, 3, 1, 2), few.answer.clone());
    assert!(verify(&more).is_err());
    let fewer = Certificate::new(question(Model::Crash, 3, 0, 1), few.answer.clone());
    assert!(verify(&fewer).unwrap_err().because.contains("0 may be"));
    let other = Certificate::new(question(Model::Loss, 3, 0, 1), few.answer);
    assert!(verify(&other).unwrap_err().because.contains("two armies"));
}

#[test]
fn a_hostile_table_is_refused_and_not_worked_on() {
    let table = |names| {
        let (views, decisions, earlier) = (vec![vec![]], vec![], vec![]);
        quorate_prover::Table { names, views, decisions, earlier }
    };
    for (model, n) in [
        (Model::Crash, 32),
        (Model::GeneralOmission, 12),
        (Model::ImmediateSnapshot, 6),
        (Model::Late, 12),
        (Model::Byzantine, 9),
    ] {
        let answer = Answer::Solvable { table: table(true) };
        assert!(verify(&Certificate::new(question(model, n, 1, 1), answer)).is_err(), "{model:?}");
    }
    for asked in [
        question(Model::Omission, 12, 11, 1),
        Question { k: 15, ..question(Model::Crash, 12, 1, 1) },
    ] {
        let certificate = Certificate::new(asked, Answer::Solvable { table: table(true) });
        let why = verify(&certificate).unwrap_err().because;
        assert!(why.contains("more ways to begin"), "{why}");
    }
}

#[test]
fn a_search_that_is_too_large_stops_at_its_limits() {
    let soon = || Limits {
        deadline: std::time::Instant::now().checked_add(std::time::Duration::from_millis(50)),
        bytes: 1 << 30,
    };
    for (model, n, f, rounds) in [
        (Model::Crash, 12, 11, 3),
        (Model::GeneralOmission, 12, 5, 3),
        (Model::Late, 12, 1, 3),
        (Model::Snapshot, 9, 1, 2),
        (Model::Signed, 12, 1, 4),
    ] {
        assert!(prove(question(model, n, f, rounds), soon()).is_err(), "{model:?}");
    }
}
