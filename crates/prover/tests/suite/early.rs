//! Decisions that come early where few processes are faulty.

use quorate_prover::{Answer, Certificate, Model, Numbers, Question, verify};

use crate::certificates::Drawn;
use crate::{chain, question, whole};

pub(crate) fn by(model: Model, n: u16, deadlines: &[u8], uniform: bool) -> Question {
    let early = Numbers::try_from(deadlines.to_vec()).unwrap();
    let rounds = deadlines.last().copied().unwrap().into();
    Question { early, uniform, ..question(model, n, deadlines.len() as u16 - 1, rounds) }
}

fn is_possible(question: Question) -> bool {
    chain(&whole(question)).is_none()
}

#[test]
fn correct_processes_agree_one_round_after_as_many_as_fail() {
    for (n, deadlines, possible) in [
        (3, &[1, 2][..], true),
        (3, &[1, 1], false),
        (4, &[1, 2], true),
        (4, &[1, 2, 3], true),
        (4, &[1, 2, 2], false),
        (4, &[1, 1, 3], false),
        (4, &[1, 2, 3, 3], true),
        (4, &[1, 2, 2, 3], false),
        (5, &[1, 2, 3], true),
        (5, &[1, 1, 3], false),
    ] {
        let asked = by(Model::Crash, n, deadlines, false);
        assert_eq!(is_possible(asked), possible, "n = {n}, {deadlines:?}");
    }
}

#[test]
fn uniform_agreement_takes_a_round_more_but_where_nearly_all_have_failed_that_can() {
    for (n, deadlines, possible) in [
        (3, &[1, 2][..], true),
        (3, &[1, 2, 2], false),
        (3, &[2, 2, 2], true),
        (4, &[1, 2], true),
        (4, &[1, 3, 3], false),
        (4, &[2, 2, 3], true),
        (4, &[2, 2, 2], false),
        (4, &[1, 3, 3, 3], false),
        (4, &[2, 2, 3, 3], false),
        (4, &[2, 3, 3, 3], true),
        (5, &[2, 2, 3], true),
        (5, &[1, 3, 3], false),
    ] {
        let asked = by(Model::Crash, n, deadlines, true);
        assert_eq!(is_possible(asked), possible, "n = {n}, {deadlines:?}");
    }
}

#[test]
fn who_omits_to_send_may_see_nothing_of_it_so_uniform_decisions_come_later_than_with_crashes() {
    for (n, deadlines, uniform, possible) in [
        (3, &[1, 2][..], false, true),
        (3, &[1, 1], false, false),
        (3, &[1, 2], true, false),
        (3, &[2, 2], true, true),
        (4, &[1, 2], true, false),
        (4, &[2, 2], true, true),
    ] {
        let asked = by(Model::Omission, n, deadlines, uniform);
        assert_eq!(is_possible(asked), possible, "n = {n}, {deadlines:?}, uniform: {uniform}");
    }
}

#[test]
fn a_link_at_a_round_in_which_nobody_need_have_decided_is_refused() {
    let asked = by(Model::Crash, 4, &[1, 3, 3], true);
    let Answer::Impossible { chain } = whole(asked).answer else { panic!() };
    let early = |round: Option<u16>| round.is_some_and(|round| round < asked.rounds);
    assert!(chain.iter().any(|link| early(link.round)), "no decision comes early");
    let mut refused = 0;
    for at in 0..chain.len() - 1 {
        for round in [Some(1), Some(2), Some(4), None] {
            let mut bad = chain.clone();
            bad[at].round = round;
            if round != chain[at].round {
                let said = verify(&Certificate::new(asked, Answer::Impossible { chain: bad }));
                refused += usize::from(said.is_err());
            }
        }
    }
    assert!(refused >= 2 * (chain.len() - 1), "{refused} of {}", chain.len() - 1);
    // The same chain says nothing of algorithms that have more time.
    let late = by(Model::Crash, 4, &[2, 3, 3], true);
    let said = verify(&Certificate::new(late, Answer::Impossible { chain }));
    assert!(said.unwrap_err().because.contains("need not have decided"));
}

#[test]
fn a_table_that_decides_too_late_or_otherwise_is_refused() {
    let mut drawn = Drawn(4);
    for (n, deadlines, uniform, times) in
        [(3, &[1, 2][..], false, 100), (4, &[1, 2, 3], false, 10), (4, &[2, 2, 3], true, 10)]
    {
        let asked = by(Model::Crash, n, deadlines, uniform);
        let Answer::Solvable { table } = whole(asked).answer else { panic!() };
        let places = table.earlier.iter().enumerate().flat_map(|(round, decided)| {
            let decided = decided.iter().enumerate().filter(|(_, value)| **value >= 0);
            decided.map(move |(view, _)| (round, view))
        });
        let places: Vec<(usize, usize)> = places.collect();
        let mut otherwise = 0;
        for _ in 0..times {
            let (round, view) = places[drawn.below(places.len())];
            let mut late = table.clone();
            late.earlier[round][view] = -1;
            let why = verify(&Certificate::new(asked, Answer::Solvable { table: late }));
            let why = why.expect_err("it had to decide").because;
            assert!(why.contains("has not decided") || why.contains("does not have it"), "{why}");
            let mut bad = table.clone();
            bad.earlier[round][view] ^= 1;
            let said = verify(&Certificate::new(asked, Answer::Solvable { table: bad }));
            otherwise += usize::from(said.is_err());
        }
        assert!(otherwise * 2 > times, "{otherwise} of {times}");
        // A faster algorithm is a slower one, too; a slower one is not faster.
        let all = |round: u8| vec![round; deadlines.len() - 1];
        let slower = [all(asked.rounds as u8), vec![asked.rounds as u8]].concat();
        let slower = by(Model::Crash, n, &slower, uniform);
        verify(&Certificate::new(slower, Answer::Solvable { table: table.clone() })).unwrap();
        if n > 3 {
            let faster = by(Model::Crash, n, &[all(1), vec![3]].concat(), uniform);
            assert!(verify(&Certificate::new(faster, Answer::Solvable { table })).is_err());
        }
    }
}

#[test]
fn deadlines_that_make_no_sense_are_refused() {
    let asked = by(Model::Crash, 4, &[1, 2, 3], false);
    let answer = whole(asked).answer;
    for bad in [&[2, 1, 3][..], &[0, 2, 3], &[1, 2], &[1, 2, 4], &[1, 2, 3, 3]] {
        let early = Numbers::try_from(bad.to_vec()).unwrap();
        let certificate = Certificate::new(Question { early, ..asked }, answer.clone());
        assert!(verify(&certificate).unwrap_err().because.contains("deadlines"), "{bad:?}");
    }
    assert!(Numbers::try_from(vec![1; 33]).is_err());
    let lies = Certificate::new(Question { model: Model::Byzantine, ..asked }, answer);
    assert!(verify(&lies).is_err());
}
