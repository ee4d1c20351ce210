//! What a protocol promises under a model.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{Faults, Group, Links, Timing};

use crate::card::Claim;

/// The model that promises are looked up for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// The group.
    pub group: Group,
    /// What may fail.
    pub faults: Faults,
    /// What is known of time.
    pub timing: Timing,
    /// What links promise.
    pub links: Links,
    /// Whether crashed processes come back.
    pub restarts: bool,
}

impl Terms {
    /// The synchronous model.
    pub const fn in_rounds(group: Group, faults: Faults) -> Self {
        Self { group, faults, timing: Timing::Synchronous, links: Links::Strong, restarts: false }
    }

    fn are_covered_by(&self, claim: &Claim) -> bool {
        claim.faults >= self.faults
            && claim.timing >= self.timing
            && claim.links >= self.links
            && (claim.restarts || !self.restarts)
    }
}

/// Whether a promise is made on these terms, in exactly this group.
pub fn is_kept(claim: &Claim, terms: Terms) -> bool {
    terms.are_covered_by(claim) && (claim.within.admits)(terms.group)
}

/// The names of what is promised on these terms for so many failures, in this group or in one that
/// is large enough; if nothing is, what is said of these faults at all; if nothing is, every
/// promise. What is not promised with the parameters that are set is never among them.
pub fn promised(
    claims: &[Claim],
    terms: Terms,
    settings: &[(String, String)],
) -> Vec<&'static str> {
    let made = || claims.iter().filter(|claim| claim.is_made_with(settings));
    let large = Group { n: u16::MAX, f: terms.group.f };
    let admits = |claim: &Claim| (claim.within.admits)(large) || (claim.within.admits)(terms.group);
    let tests: [&dyn Fn(&Claim) -> bool; 3] = [
        &|claim| terms.are_covered_by(claim) && admits(claim),
        &|claim| claim.faults >= terms.faults && claim.is_promise(),
        &Claim::is_promise,
    ];
    let fits = tests.into_iter().find(|fits| made().any(fits));
    let counts = |claim: &&Claim| fits.is_some_and(|fits| fits(claim));
    made().filter(counts).map(|claim| claim.requirement).collect()
}
