//! The parts that a process can play: beginnings that are the same for it are one.

use quorate_kernel::{InputOf, Process, Protocol};
use rustc_hash::FxHashMap;

use super::scope::Inquiry;

/// For each seat and beginning, the first beginning in which its process plays the same part: the
/// same traitors are about, it is asked the same, and crashes for good in both or in neither. What
/// others are asked it learns from messages alone, so that its local steps need be known once.
#[derive(Debug)]
pub(super) struct Parts {
    seats: usize,
    first: Vec<u16>,
}

impl Parts {
    pub(super) fn of<P: Protocol>(inquiry: &Inquiry<'_, P>) -> Self {
        let seats = inquiry.seats();
        let mut known = FxHashMap::default();
        let mut first = Vec::with_capacity(seats * inquiry.beginnings.len());
        for (beginning, number) in inquiry.beginnings.iter().zip(0u16..) {
            for who in (0..seats as u16).map(Process) {
                // Nobody asks a traitor that says its words.
                let mute = inquiry.scope.copies == 0 && beginning.traitors.contains(who);
                let agenda = beginning.requests.get(who.index()).filter(|_| !mute);
                let asked = agenda.map(|(first, all)| {
                    let inputs = all.iter().map(|(_, input)| input);
                    (*first, inputs.collect::<Vec<&InputOf<P>>>())
                });
                let doomed = beginning.doomed.contains(who);
                let part = (who, &beginning.traitors, doomed, asked);
                first.push(*known.entry(part).or_insert(number));
            }
        }
        Self { seats, first }
    }

    /// The beginning that stands for all in which a process plays the same part as in this.
    pub(super) fn of_beginning(&self, who: Process, beginning: u16) -> u16 {
        let at = usize::from(beginning) * self.seats + who.index();
        self.first.get(at).copied().unwrap_or(beginning)
    }
}
