//! What the pictures show.

use quorate_prover::{
    Answer, Limits, Model, Numbers, Question, complex, draw, draw_simplices, draw_views, prove,
    strip, web,
};

use crate::question;

#[test]
fn a_strip_shows_every_execution_and_who_cannot_tell_it_from_the_next() {
    for asked in [question(Model::Crash, 3, 1, 1), question(Model::LossInTurn, 2, 0, 3)] {
        let Answer::Impossible { chain } = prove(asked, Limits::NONE).unwrap().answer else {
            panic!("{asked:?}")
        };
        let picture = strip(&asked, &chain, "a < b");
        assert!(picture.contains("a &lt; b"));
        for (at, link) in chain.iter().enumerate() {
            assert!(picture.contains(&format!(">run {at}<")), "run {at}");
            assert_eq!(link.same.is_some(), picture.contains(&format!("same in run {}", at + 1)));
        }
        let values = 2 * usize::from(asked.n);
        assert!(picture.matches("class=\"v0\"").count() >= values / 2);
        assert_eq!(picture.matches("must be decided").count(), 2);
        let text = draw(&asked, &chain, usize::MAX);
        assert_eq!(text.matches("cannot tell").count(), chain.len() - 1);
    }
}

#[test]
fn a_long_chain_is_cut_and_says_so() {
    let asked = question(Model::Crash, 4, 2, 2);
    let Answer::Impossible { chain } = prove(asked, Limits::NONE).unwrap().answer else { panic!() };
    assert_eq!(chain.len(), 32);
    assert!(strip(&asked, &chain, "").contains("... 8 more executions ..."));
    let text = draw(&asked, &chain, 12);
    assert!(text.contains("... 20 more executions ..."), "{text}");
    assert!(text.contains("run 31"), "{text}");
}

#[test]
fn the_graph_of_three_processes_has_its_views_in_the_order_of_the_chain() {
    let views = draw_views(question(Model::Crash, 3, 1, 1), Limits::NONE).unwrap().unwrap();
    assert_eq!(views.views.len(), 48);
    // The chain has one execution more than views on it.
    assert_eq!(views.chain.len(), 6);
    let columns: Vec<usize> = views.chain.iter().map(|at| views.views[*at].column).collect();
    assert_eq!(columns, [5, 4, 3, 2, 1, 0]);
    assert!(web(&views, "").contains(">p1 -00<"));
    assert_eq!(draw_views(question(Model::Crash, 4, 2, 2), Limits::NONE), Ok(None));
}

#[test]
fn simplices_are_drawn_as_a_triangle_with_three_tips() {
    for (asked, corners, edges) in [
        (question(Model::ImmediateSnapshot, 3, 1, 1), 12, 24),
        (question(Model::Crash, 5, 2, 1), 40, 96),
    ] {
        let asked = Question { k: 2, ..asked };
        let Answer::Parity { simplices } = prove(asked, Limits::NONE).unwrap().answer else {
            panic!("{asked:?}")
        };
        let picture = complex(&asked, &simplices, "a & b").expect("it is a triangle");
        assert!(picture.contains("a &amp; b"));
        assert_eq!(picture.matches("<circle").count(), corners, "{asked:?}");
        assert_eq!(picture.matches("<line").count(), edges, "{asked:?}");
        // Of a triangle that is divided, corners and triangles are one more than edges.
        assert_eq!(corners + simplices.len(), edges + 1);
        for tip in [">0<", ">1<", ">2<"] {
            assert_eq!(picture.matches(tip).count(), 1, "{asked:?}");
        }
        let text = draw_simplices(&asked, &simplices, 5);
        assert_eq!(text.matches("have heard of").count(), 5);
        assert!(text.contains(&format!("... {} more executions ...", simplices.len() - 5)));
        assert_eq!(complex(&asked, &simplices[1..], ""), None, "without one it is none");
    }
}

#[test]
fn who_decides_early_is_marked_until_then() {
    let early = Numbers::try_from(vec![1, 3, 3]).unwrap();
    let asked = Question { early, uniform: true, ..question(Model::Crash, 4, 2, 3) };
    let Answer::Impossible { chain } = prove(asked, Limits::NONE).unwrap().answer else { panic!() };
    let picture = strip(&asked, &chain, "");
    let decided = chain.iter().filter(|link| link.round.is_some()).count();
    assert!(decided > 0 && picture.matches("decided; same in run").count() >= decided);
    assert!(draw(&asked, &chain, usize::MAX).contains("after round 1, and has decided"));
}
