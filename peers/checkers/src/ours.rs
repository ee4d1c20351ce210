//! Our own search.

use quorate_checker::Progress;
use quorate_checker::network::{Findings, explore};

use crate::Counts;
use crate::models::paxos_register::Paxos;
use crate::models::{register, two_phase};

pub(crate) fn search(model: &str, size: u16) -> Option<Counts> {
    let found = match model {
        "two-phase" => explore(&two_phase::inquiry(size), 1, &Progress::default()),
        "paxos-register" => {
            explore(&register::inquiry::<Paxos>(&3, size, false), 1, &Progress::default())
        }
        _ => return None,
    };
    Some(counts(&found))
}

fn counts(found: &Findings) -> Counts {
    assert!(found.stopped.is_none() && found.broken.is_empty(), "every requirement holds");
    let explored = found.explored;
    (explored.states, explored.transitions, explored.depth.into())
}
