//! Whether a run has come back to where it was, so that it can go round for ever.

use quorate_kernel::{Deceit, Protocol, Renamed, Renaming, engine};

use crate::simulation::{Node, Simulation};

/// A process with its running timers, as far as it decides what can come.
#[derive(PartialEq)]
pub(crate) struct Image<P: Protocol> {
    state: Option<P>,
    stable: P::Stable,
    timers: Vec<P::Timer>,
}

impl<P: Protocol> Renamed for Image<P> {
    fn rename(&mut self, by: &Renaming) {
        self.state.rename(by);
        self.stable.rename(by);
        self.timers.rename(by);
    }
}

impl<P: Deceit> Simulation<'_, P> {
    /// All processes as they are now, with rounds counted from the lowest.
    pub(crate) fn image_now(&self) -> Vec<Image<P>> {
        let image = |node: &Node<P>| {
            let mut timers: Vec<P::Timer> = node.timers.iter().map(|(timer, ..)| *timer).collect();
            timers.sort_unstable();
            Image { state: node.host.state().cloned(), stable: node.host.stable().clone(), timers }
        };
        let mut all: Vec<Image<P>> = self.nodes.iter().map(image).collect();
        if let Some(lowest) = engine::lowest(|look| all.rename(look)) {
            all.rename(&engine::lowered(i64::from(lowest) - 1));
        }
        all
    }
}
