//! What is done with successors: the new ones are gathered, or one is picked.

use super::expand::{Offer, Sink, Step};
use super::layers::{CHUNK, Chunk};
use super::tables::Case;
use super::visited::Visited;

/// Takes the successors that are new.
pub(super) struct Gather<'v> {
    visited: &'v Visited,
    parents: u32,
    wide: bool,
    pub(super) parent: u32,
    pub(super) successors: u32,
    chunks: Vec<Chunk>,
    pub(super) unjudged: Vec<(u32, u32, u32, Case)>,
    cited: u64,
    words: Vec<u32>,
    reported: std::cell::Cell<u64>,
}

impl<'v> Gather<'v> {
    pub(super) fn new(visited: &'v Visited, parents: u32) -> Self {
        Self {
            visited,
            parents,
            wide: visited.bits() > 64,
            parent: 0,
            successors: 0,
            chunks: Vec::new(),
            unjudged: Vec::new(),
            cited: 0,
            words: Vec::new(),
            reported: std::cell::Cell::new(0),
        }
    }

    /// The states that were found, and the rules that fired.
    pub(super) fn into(self) -> (Vec<Chunk>, u64) {
        (self.chunks, self.cited)
    }

    /// About how many bytes these take.
    pub(super) fn bytes(&self) -> u64 {
        self.chunks.iter().map(Chunk::bytes).sum()
    }

    /// How many states were found since the last call.
    pub(super) fn unreported(&self) -> u64 {
        let all: u64 = self.chunks.iter().map(|chunk| chunk.len() as u64).sum();
        all - self.reported.replace(all)
    }
}

impl Sink for Gather<'_> {
    #[inline]
    fn stay(&mut self, _: Step, cited: u64) {
        self.successors += 1;
        self.cited |= cited;
    }

    #[inline(always)]
    fn offer(&mut self, offer: &Offer<'_>, write: &mut dyn FnMut(&mut Vec<u32>)) {
        let successor = self.successors;
        self.successors += 1;
        self.cited |= offer.cited;
        if self.visited.insert(offer.orbit) {
            self.take(offer, successor, write);
        }
    }
}

impl Gather<'_> {
    #[inline(never)]
    fn take(&mut self, offer: &Offer<'_>, successor: u32, write: &mut dyn FnMut(&mut Vec<u32>)) {
        write(&mut self.words);
        if self.chunks.last().is_none_or(|chunk| chunk.len() >= CHUNK) {
            self.chunks.push(Chunk::new(self.parents, self.wide));
        }
        let at = self.chunks.len() - 1;
        let chunk = &mut self.chunks[at];
        if let Some((ledger, case)) = offer.judged {
            self.unjudged.push((at as u32, chunk.len() as u32, ledger, case));
        }
        chunk.push(&self.words, offer.print, self.parent, successor);
    }
}

/// Takes one successor by its number.
pub(super) struct Pick {
    pub(super) wanted: u32,
    pub(super) at: u32,
    pub(super) taken: Option<(Vec<Step>, Vec<u32>)>,
}

impl Sink for Pick {
    fn stay(&mut self, _: Step, _: u64) {
        self.at += 1;
    }

    fn offer(&mut self, offer: &Offer<'_>, write: &mut dyn FnMut(&mut Vec<u32>)) {
        if self.at == self.wanted {
            let mut words = Vec::new();
            write(&mut words);
            self.taken = Some((offer.steps.to_vec(), words));
        }
        self.at += 1;
    }
}
