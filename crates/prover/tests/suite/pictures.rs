//! What the pictures show.

use quorate_prover::{Answer, Limits, Model, draw, draw_views, prove, strip, web};

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
