//! Traitors that are several copies of the honest process, under one name (Bano et al., Twins: BFT
//! systems made robust, OPODIS 2021, section 3).
//!
//! The first copy has the seat of its process, further ones have seats after those of the group.
//! What is sent to the name goes to every copy, and need not arrive at any; what a copy sends need
//! not arrive, and what it tells itself it alone hears. So the network decides which copy hears
//! what, and whom it is heard by, as partitions do in the paper. Nothing of it is entered into the
//! ledger: nobody can tell what a traitor was asked, or decided.
//!
//! No protocol has to say anything for it. But a copy says only what the honest process says after
//! some run of what it heard: who may lie in any way may lie like this, and not the other way
//! round.

use quorate_kernel::{Deceit, Process, Protocol};

use super::roles::{Roles, Seat};
use super::scope::Inquiry;

impl<P: Protocol> Inquiry<'_, P> {
    /// How many seats there are: one for each process, and one for each further copy of a traitor.
    pub(crate) fn seats(&self) -> usize {
        let most = self.beginnings.iter().map(|one| one.traitors.len()).max().unwrap_or(0);
        self.group.size() + most * self.further()
    }

    /// How many copies of a traitor there are beside the first.
    fn further(&self) -> usize {
        usize::from(self.scope.copies.saturating_sub(1))
    }

    /// Whose name is borne by whoever has a seat; nobody's, if it is empty in runs that begin so.
    pub(crate) fn named(&self, beginning: u16, seat: Process) -> Option<Process> {
        let Some(copy) = seat.index().checked_sub(self.group.size()) else { return Some(seat) };
        let at = copy.checked_div(self.further())?;
        self.beginnings[usize::from(beginning)].traitors.iter().nth(at)
    }

    /// Whether a seat is that of a copy.
    pub(crate) fn is_copy(&self, beginning: u16, seat: Process) -> bool {
        let traitors = &self.beginnings[usize::from(beginning)].traitors;
        let named = || self.named(beginning, seat);
        self.scope.copies > 0 && named().is_some_and(|name| traitors.contains(name))
    }

    /// The seats of all who bear a name.
    fn bearers(&self, beginning: u16, name: Process) -> impl Iterator<Item = Process> + use<P> {
        let traitors = &self.beginnings[usize::from(beginning)].traitors;
        let place = traitors.iter().position(|one| one == name).filter(|_| self.further() > 0);
        let first = place.map_or(0, |at| self.group.size() + at * self.further());
        let more = place.map_or(0..0, |_| first..first + self.further());
        std::iter::once(name).chain(more.map(|seat| Process(seat as u16)))
    }
}

impl<P: Deceit> Roles<'_, P> {
    /// Whose name is borne by whoever has a seat.
    pub(super) fn name_of(&self, seat: &Seat<P>) -> Process {
        self.inquiry.named(seat.beginning, seat.process).unwrap_or(seat.process)
    }

    /// Whether a seat is that of a copy.
    pub(super) fn is_copy(&self, seat: &Seat<P>) -> bool {
        self.inquiry.is_copy(seat.beginning, seat.process)
    }

    /// The seats to which a message goes that is sent to a name.
    pub(super) fn receivers(&self, beginning: u16, name: Process) -> Vec<Process> {
        self.inquiry.bearers(beginning, name).collect()
    }
}
