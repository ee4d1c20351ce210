//! Models whose numbers of states others have published.

pub(crate) mod abd;
pub(crate) mod atomic_commit;
pub(crate) mod ballots;
pub(crate) mod boards;
pub(crate) mod diffusion;
pub(crate) mod nonblocking;
pub(crate) mod paxos;
pub(crate) mod paxos_commit;
pub(crate) mod paxos_register;
pub(crate) mod register;
pub(crate) mod single_copy;
pub(crate) mod two_phase;

use quorate_kernel::{Problem, Requirement};

/// Requirements by name.
pub(crate) fn named<P: Problem>(names: &[&str]) -> Vec<&'static Requirement<P>> {
    let known = P::requirements();
    let one = |name: &&str| known.iter().find(|r| r.name == *name).expect("a known requirement");
    names.iter().map(one).collect()
}
