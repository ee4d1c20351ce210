//! What a run is made of besides its plan.

use quorate_kernel::{Flaw, Group, InputOf, Protocol};

/// What a run is made of besides its plan.
#[derive(Debug)]
pub struct Arena<'a, P: Protocol> {
    /// The group.
    pub group: Group,
    /// What never changes.
    pub config: &'a P::Config,
    /// What is asked, by the number of the request.
    pub inputs: &'a [InputOf<P>],
    /// How long after the last failure all that is owed has come.
    pub calm_ticks: u64,
    /// How long after whatever calls for it every answer comes, if the protocol says so.
    pub deadline_ticks: Option<u64>,
    /// How many events the run has at most, if nothing else ends it.
    pub events_max: u64,
    /// What is wrong with the protocol on purpose.
    pub flaw: Flaw,
}

impl<P: Protocol> Clone for Arena<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Protocol> Copy for Arena<'_, P> {}
