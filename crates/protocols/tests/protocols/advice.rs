//! What is said to be impossible is promised by nobody.

use quorate_kernel::{Faults, Group, Links, Timing};
use quorate_protocols::theorems::{CORES, impossible};
use quorate_protocols::{Terms, cards};

/// Every model with up to seven processes.
fn models() -> impl Iterator<Item = Terms> {
    let groups = (2..=7).flat_map(|n| (0..n).map(move |f| Group { n, f }));
    groups.flat_map(|group| {
        Faults::ALL.into_iter().flat_map(move |faults| {
            Timing::ALL.into_iter().map(move |timing| {
                let rounds = timing == Timing::Synchronous;
                let links = if rounds { Links::Strong } else { Links::Reliable };
                Terms { group, faults, timing, links, restarts: false }
            })
        })
    })
}

#[test]
fn no_protocol_promises_what_a_theorem_forbids() {
    let cards = cards();
    let mut by_chance = Vec::new();
    for terms in models() {
        for core in CORES {
            for card in cards.iter().filter(|card| core.is_solved_by(card, terms)) {
                let theorem = impossible(core.problem, terms, card.signed);
                let Some(theorem) = theorem else { continue };
                assert!(theorem.deterministic, "{}: {theorem:?} at {terms:?}", card.name);
                by_chance.push(card.name);
            }
        }
    }
    by_chance.sort_unstable();
    by_chance.dedup();
    assert_eq!(by_chance, ["ben-or", "ben-or-byzantine", "mmr"]);
}

#[test]
fn where_no_theorem_forbids_it_some_protocol_stands_traitors() {
    let cards = cards();
    let traitors =
        |terms: &Terms| terms.timing == Timing::Synchronous && terms.faults == Faults::Byzantine;
    for terms in models().filter(traitors) {
        for signed in [false, true] {
            for core in CORES.iter().filter(|core| core.problem != "replicated-log") {
                let solves = |card: &&quorate_protocols::Card| {
                    (signed || !card.signed) && core.is_solved_by(card, terms)
                };
                let solved = cards.iter().any(|card| solves(&card));
                let free = impossible(core.problem, terms, signed).is_none();
                // Two generals of whom one may lie are a case of its own that no protocol is for.
                let small = core.problem != "consensus" && terms.group.n == 2;
                assert!(solved == free || small, "{}, signed: {signed}, {terms:?}", core.problem);
            }
        }
    }
}
