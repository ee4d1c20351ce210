//! Whether a run has come back to where it was, so that it can go round for ever.

use quorate_kernel::{Deceit, Protocol};

use crate::simulation::{Node, Simulation};

/// A process with its running timers, as far as it decides what can come.
#[derive(PartialEq)]
pub(crate) struct Image<P: Protocol> {
    state: Option<P>,
    stable: P::Stable,
    timers: Vec<P::Timer>,
}

impl<P: Deceit> Simulation<'_, P> {
    pub(crate) fn image_now(&self) -> Vec<Image<P>> {
        let image = |node: &Node<P>| {
            let mut timers: Vec<P::Timer> = node.timers.iter().map(|(timer, ..)| *timer).collect();
            timers.sort_unstable();
            Image { state: node.host.state().cloned(), stable: node.host.stable().clone(), timers }
        };
        self.nodes.iter().map(image).collect()
    }
}
