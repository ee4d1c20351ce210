//! Steps, the successors that they lead to, and whoever takes those.

use super::plain::{Move, write};
use super::print::Print;
use super::state::{State, Wires};
use super::tables::Case;

/// A step of one process, as the system takes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Step {
    pub(crate) kind: Kind,
    /// The process to which it happens.
    pub(crate) process: u16,
    /// The event, cut short or not.
    pub(crate) event: u32,
    /// Which of the event's landings.
    pub(crate) landing: u32,
}

/// What kind of step it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A message arrives.
    Deliver,
    /// A message arrives with a flipped bit.
    Garble,
    /// Something is asked.
    Request,
    /// A timer goes off.
    Timer,
    /// A traitor's word arrives.
    Word,
    /// A crash between two steps.
    Crash,
    /// A restart.
    Restart,
    /// A bit flips in a process or on its disk.
    Flip,
    /// From here on nothing fails.
    Calm,
}

/// A successor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer<'a> {
    pub(crate) print: Print,
    /// The print under which it is remembered: that of its orbit, if names may be exchanged.
    pub(crate) orbit: Print,
    /// The steps that lead to it: one, unless deliveries are put off until they matter.
    pub(crate) steps: &'a [Step],
    /// The ledger of it, and who is faulty: for the judge, where one of them has changed.
    pub(crate) judged: Option<(u32, Case)>,
    /// The rules that fired.
    pub(crate) cited: u64,
}

/// Whoever takes successors.
pub(crate) trait Sink {
    /// Takes one; `write` puts it into words.
    fn offer(&mut self, offer: &Offer<'_>, write: &mut dyn FnMut(&mut Vec<u32>));

    /// Takes one that a plain step leads to.
    #[inline]
    fn offer_plain(
        &mut self,
        offer: &Offer<'_>,
        (step, known): (&Move<'_>, u32),
        gone: &[usize],
        wires: Wires,
        state: State<'_>,
    ) {
        let _ = known;
        self.offer(offer, &mut |out| write(state, step, gone.iter().rev().copied(), wires, out));
    }

    /// Takes the state itself, after a step that changes nothing.
    fn stay(&mut self, step: Step, cited: u64);

    /// Notes a step that changes nothing and counts as none.
    fn still(&mut self, step: Step) {
        let _ = step;
    }
}
