//! The successors that are new are gathered.
//!
//! Whether a state is new is seen in a table far larger than any cache. So successors wait until
//! there are many, are looked up part of the table by part of it, and only those that are new are
//! put into words.

use super::expand::{Offer, Sink, Step};
use super::layers::{CHUNK, Chunk};
use super::plain::{Move, write};
use super::print::Print;
use super::state::{State, Wires};
use super::tables::{Case, Tables};
use super::visited::Visited;

/// How many successors wait at most, and those of one more state.
const BATCH: usize = 1 << 11;

/// The ledger after a plain step, who takes it, and where it lands.
#[derive(Clone, Copy)]
struct Plain {
    ledger: u32,
    process: u16,
    known: u32,
}

/// A successor that waits.
#[derive(Clone, Copy)]
struct Waiting {
    print: Print,
    parent: u32,
    successor: u32,
    /// What is known of it if the step is plain.
    plain: Option<Plain>,
    /// Where its numbers end: the places of messages that are gone if the step is plain, or else
    /// the state in words.
    end: u32,
}

/// Takes the successors that are new.
pub(super) struct Gather<'v> {
    visited: &'v Visited,
    parents: u32,
    pub(super) parent: u32,
    pub(super) successors: u32,
    chunks: Vec<Chunk>,
    /// For the judge: where the state is, the ledger, and the case.
    pub(super) unjudged: Vec<(u32, u32, u32, Case)>,
    cited: u64,
    words: Vec<u32>,
    reported: std::cell::Cell<u64>,
    waiting: Vec<Waiting>,
    /// What is looked up for each that waits.
    orbits: Vec<Print>,
    numbers: Vec<u32>,
    /// Which of those that wait are for the judge.
    judged: Vec<(u32, u32, Case)>,
    fresh: Vec<bool>,
}

impl<'v> Gather<'v> {
    pub(super) fn new(visited: &'v Visited, parents: u32) -> Self {
        Self {
            visited,
            parents,
            parent: 0,
            successors: 0,
            chunks: Vec::new(),
            unjudged: Vec::new(),
            cited: 0,
            words: Vec::new(),
            reported: std::cell::Cell::new(0),
            waiting: Vec::with_capacity(BATCH),
            orbits: Vec::with_capacity(BATCH),
            numbers: Vec::new(),
            judged: Vec::new(),
            fresh: Vec::new(),
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

    /// Whether so many successors wait that they are to be looked up.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= BATCH
    }

    #[inline]
    fn wait(&mut self, offer: &Offer<'_>, plain: Option<Plain>) {
        if let Some((ledger, case)) = offer.judged {
            self.judged.push((self.waiting.len() as u32, ledger, case));
        }
        self.orbits.push(offer.orbit);
        let (parent, successor) = (self.parent, self.successors);
        let end = self.numbers.len() as u32;
        self.waiting.push(Waiting { print: offer.print, parent, successor, plain, end });
        self.successors += 1;
        self.cited |= offer.cited;
    }

    /// Looks up those that wait, successors of the states of a chunk, and takes the new ones.
    pub(super) fn settle(
        &mut self,
        (chunk, n): (&Chunk, usize),
        wires: Wires,
        tables: &Tables<'_>,
    ) {
        self.visited.insert_all(&self.orbits, &mut self.fresh);
        let mut judged = self.judged.iter().peekable();
        let mut begin = 0;
        for (k, one) in self.waiting.iter().enumerate() {
            let numbers = &self.numbers[begin..one.end as usize];
            begin = one.end as usize;
            let case = judged.next_if(|(at, ..)| *at as usize == k);
            if !self.fresh[k] {
                continue;
            }
            let words = match one.plain {
                None => numbers,
                Some(Plain { ledger, process, known }) => {
                    let state = State { words: chunk.get(one.parent as usize).0, n };
                    let landing = &tables.known[known as usize].landing;
                    let step = Move { process: process.into(), landing, ledger };
                    let gone = numbers.iter().rev().map(|place| *place as usize);
                    write(state, &step, gone, wires, &mut self.words);
                    &self.words
                }
            };
            if self.chunks.last().is_none_or(|chunk| chunk.len() >= CHUNK) {
                self.chunks.push(Chunk::new(self.parents, self.visited.bits() > 64));
            }
            let at = self.chunks.len() - 1;
            if let Some((_, ledger, case)) = case {
                self.unjudged.push((at as u32, self.chunks[at].len() as u32, *ledger, *case));
            }
            self.chunks[at].push(words, one.print, one.parent, one.successor);
        }
        self.waiting.clear();
        self.orbits.clear();
        self.numbers.clear();
        self.judged.clear();
    }
}

impl Sink for Gather<'_> {
    #[inline]
    fn stay(&mut self, _: Step, cited: u64) {
        self.successors += 1;
        self.cited |= cited;
    }

    fn offer(&mut self, offer: &Offer<'_>, write: &mut dyn FnMut(&mut Vec<u32>)) {
        write(&mut self.words);
        self.numbers.extend_from_slice(&self.words);
        self.wait(offer, None);
    }

    #[inline]
    fn offer_plain(
        &mut self,
        offer: &Offer<'_>,
        (step, known): (&Move<'_>, u32),
        gone: &[usize],
        _: Wires,
        _: State<'_>,
    ) {
        self.numbers.extend(gone.iter().map(|place| *place as u32));
        let (ledger, process) = (step.ledger, step.process as u16);
        self.wait(offer, Some(Plain { ledger, process, known }));
    }
}
