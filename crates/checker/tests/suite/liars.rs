//! Every word that a traitor could say, at any time, to consensus by a common coin.

use quorate_checker::Progress;
use quorate_checker::network::{Beginning, Explored, Inquiry, Scope, explore};
use quorate_kernel::{Domain, Group, Links, Process, ProcessSet, Value};
use quorate_protocols::consensus::mmr;

use crate::models::named;

/// One round of four processes, of whom the last lies, if the others propose these values.
fn one_round(values: [u16; 3], symmetry: bool, threads: usize) -> Explored {
    let config = mmr::Config { domain: Domain::BINARY, confirm: true, delay_ticks: 10 };
    let asks = |value: &u16| (1, vec![(0, Value(*value))]);
    let inquiry: Inquiry<'_, mmr::Mmr> = Inquiry {
        group: Group { n: 4, f: 1 },
        config: &config,
        scope: Scope { collapse: true, symmetry, rounds: Some(1), ..Scope::of(Links::Reliable) },
        beginnings: vec![Beginning {
            traitors: ProcessSet::from_iter([Process(3)]),
            doomed: ProcessSet::new(),
            requests: values.iter().chain(&[0]).map(asks).collect(),
        }],
        requirements: named(&["agreement", "integrity", "weak-integrity", "irrevocability"]),
        budget: Default::default(),
        wide: false,
    };
    let found = explore(&inquiry, threads, &Progress::default());
    assert!(found.stopped.is_none() && found.broken.is_empty(), "{values:?}: {found:?}");
    found.explored
}

#[test]
fn no_lie_breaks_a_round_of_four() {
    assert_eq!(one_round([0, 0, 0], true, 1).states, 101);
    assert_eq!(one_round([0, 0, 0], false, 1).states, 436);
    assert_eq!(one_round([0, 0, 1], false, 2).states, 20_972);
}
