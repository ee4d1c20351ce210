//! Synchronous rounds with crashes.

use quorate_prover::{Means, Model};

use crate::{by, chain, question, whole};

#[test]
fn runs_views_and_components_are_those_of_an_independent_computation() {
    for (n, f, rounds, runs, views, components, joined) in [
        (2, 1, 1, 20, 12, 8, false),
        (3, 1, 1, 104, 48, 1, true),
        (3, 1, 2, 200, 192, 68, false),
        (3, 2, 2, 776, 246, 122, false),
        (4, 1, 1, 528, 160, 1, true),
        (4, 1, 2, 1_040, 1_504, 432, false),
        (4, 2, 1, 2_064, 208, 1, true),
        (4, 2, 2, 10_256, 3_856, 601, true),
        (4, 2, 3, 24_592, 15_568, 4_872, false),
        (4, 3, 3, 87_568, 19_640, 8_944, false),
        (5, 1, 1, 2_592, 480, 1, true),
        (5, 2, 2, 128_032, 64_080, 13_521, true),
        (5, 2, 3, 314_912, 329_040, 91_392, false),
    ] {
        let proof = whole(question(Model::Crash, n, f, rounds));
        let counts = proof.counts;
        let found = (counts.runs, counts.views, counts.components, chain(&proof).is_some());
        assert_eq!(found, (runs, views, components, joined), "n = {n}, f = {f}, {rounds} rounds");
    }
}

#[test]
fn shortest_chains_have_the_lengths_of_an_independent_computation() {
    for (n, f, rounds, links) in [
        (3, 1, 1, 6),
        (4, 1, 1, 7),
        (5, 1, 1, 9),
        (3, 2, 1, 6),
        (4, 2, 1, 4),
        (5, 2, 1, 5),
        (4, 3, 1, 4),
        (5, 3, 1, 4),
        (4, 2, 2, 31),
        (5, 2, 2, 49),
        (4, 3, 2, 31),
        (5, 3, 2, 18),
    ] {
        let proof = whole(question(Model::Crash, n, f, rounds));
        assert_eq!(chain(&proof), Some(links + 1), "n = {n}, f = {f}, {rounds} rounds");
    }
}

#[test]
fn the_least_number_of_rounds_is_f_plus_1_but_for_f_as_large_as_it_gets() {
    for n in 2..=4 {
        for f in 1..n {
            let least =
                (1..).find(|rounds| chain(&whole(question(Model::Crash, n, f, *rounds))).is_none());
            assert_eq!(least, Some((f + 1).min(n - 1)), "n = {n}, f = {f}");
        }
    }
}

#[test]
fn views_without_names_are_enough_for_an_algorithm_and_few_executions_for_a_chain() {
    for (n, f) in [(3, 1), (4, 1), (4, 2), (5, 2), (5, 3), (6, 2)] {
        for rounds in 1..=f + 1 {
            let asked = question(Model::Crash, n, f, rounds);
            let (table, few) = (by(Means::WithoutNames, asked), by(Means::FewExecutions, asked));
            assert_eq!(table.is_some(), rounds == f + 1, "n = {n}, f = {f}, {rounds} rounds");
            assert_eq!(few.is_some(), rounds <= f, "n = {n}, f = {f}, {rounds} rounds");
        }
    }
}
