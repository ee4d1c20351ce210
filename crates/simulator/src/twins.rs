//! Traitors that are several copies of the honest process (Bano et al., Twins, OPODIS 2021).
//!
//! Each copy has a place of its own, numbered on from the processes, and follows the protocol by
//! what it hears. All of them bear one name: to everybody else they are one process that says
//! this here and that there.

use quorate_kernel::{Deceit, Process};

use crate::simulation::Simulation;

impl<P: Deceit> Simulation<'_, P> {
    /// Whose name a process bears: its own, unless it is a further copy of another.
    #[inline]
    pub(crate) fn named(&self, who: Process) -> Process {
        match who.index() < self.arena.group.size() {
            true => who,
            false => self.plan.named(who, self.arena.group.n),
        }
    }

    /// Whether it is one of several copies: what these are asked and hand out counts for nothing.
    pub(crate) fn is_copy(&self, who: Process) -> bool {
        !self.plan.twins.is_empty() && self.plan.is_doubled(self.named(who))
    }

    /// Sends to all who bear a name; what a copy tells itself, it alone hears.
    #[inline]
    pub(crate) fn send(&mut self, from: Process, to: Process, message: P::Message) {
        if to.index() >= self.arena.group.size() {
            return;
        }
        if self.named(from) == to {
            return self.send_to(from, from, message);
        }
        if self.plan.twins.is_empty() {
            return self.send_to(from, to, message);
        }
        for copy in self.plan.copies(to, self.arena.group.n) {
            self.send_to(from, copy, message.clone());
        }
    }
}
