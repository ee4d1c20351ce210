//! The vocabularies: complete for receivers, and readable.

use quorate_conformance::{Bench, gaps, groups};
use quorate_kernel::Domain;
use quorate_protocols::{Catalogued, Visitor};

use crate::every;

#[derive(Clone)]
struct Gaps;

impl Visitor for Gaps {
    type Out = ();

    fn visit<R: Catalogued>(self) {
        for group in groups::<R>().into_iter().filter(|g| g.f > 0 && g.n > 2) {
            for domain in [Domain::BINARY, Domain { size: 3 }] {
                let Ok(bench) = Bench::<R>::new(group, domain, &[]) else { continue };
                let found = gaps(&bench, 12).expect("a run with one traitor");
                assert!(
                    found.is_empty(),
                    "{} at {group:?}: {:#?}",
                    R::NAME,
                    &found[..found.len().min(3)]
                );
            }
        }
    }
}

#[test]
fn whatever_a_receiver_can_tell_apart_is_among_the_words() {
    every(Gaps);
}
