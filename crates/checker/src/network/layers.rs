//! The frontier of a breadth-first search, in chunks, and the way back from a state to its root.
//!
//! A chunk holds states that were found from the states of one chunk before. While it waits it has
//! their words and prints; once it is expanded only its log is kept: for each state how many
//! states after its sibling its parent comes, and which of the parent's successors it is. That is
//! two bytes for most states.

use super::print::Print;

/// How many states a chunk has at most.
pub(crate) const CHUNK: usize = 1 << 12;

/// A state's place in the search.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Address {
    pub(crate) chunk: u32,
    pub(crate) place: u32,
}

/// States that wait to be expanded.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// The chunk of the parents.
    pub(crate) parents: u32,
    words: Vec<u32>,
    ends: Vec<u32>,
    prints: Vec<u64>,
    /// The other half of each print, where it is kept.
    halves: Vec<u64>,
    wide: bool,
    log: Vec<u8>,
    last_parent: u32,
}

impl Chunk {
    /// An empty chunk whose prints have 64 bits, or 128.
    pub(crate) fn new(parents: u32, wide: bool) -> Self {
        Self {
            parents,
            words: Vec::new(),
            ends: Vec::new(),
            prints: Vec::new(),
            halves: Vec::new(),
            wide,
            log: Vec::new(),
            last_parent: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Adds a state that is the so-manieth successor of a parent; parents come in order.
    pub(crate) fn push(&mut self, state: &[u32], print: Print, parent: u32, successor: u32) {
        self.words.extend_from_slice(state);
        self.ends.push(self.words.len() as u32);
        self.prints.push(print as u64);
        if self.wide {
            self.halves.push((print >> 64) as u64);
        }
        write(&mut self.log, parent - self.last_parent);
        write(&mut self.log, successor);
        self.last_parent = parent;
    }

    /// The state at a place, and its print.
    pub(crate) fn get(&self, place: usize) -> (&[u32], Print) {
        let from = if place == 0 { 0 } else { self.ends[place - 1] as usize };
        let half = self.halves.get(place).copied().unwrap_or(0);
        let print = Print::from(half) << 64 | Print::from(self.prints[place]);
        (&self.words[from..self.ends[place] as usize], print)
    }

    /// About how many bytes it takes while it waits.
    pub(crate) fn bytes(&self) -> u64 {
        let words = self.words.capacity() + self.ends.capacity();
        let prints = self.prints.capacity() + self.halves.capacity();
        (words * 4 + prints * 8 + self.log.capacity()) as u64
    }

    /// Its states as bytes, without the log.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let (words, states) = (self.words.len(), self.ends.len());
        let mut bytes = Vec::with_capacity((words + 5 * states + 4) * 4);
        let heads = [self.parents, words as u32, states as u32, u32::from(self.wide)];
        for word in heads.iter().chain(&self.words).chain(&self.ends) {
            bytes.extend(word.to_le_bytes());
        }
        for print in self.prints.iter().chain(&self.halves) {
            bytes.extend(print.to_le_bytes());
        }
        bytes
    }

    /// A chunk from its bytes, with an empty log; `None` if they are none.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (heads, rest) = bytes.split_at_checked(16)?;
        let mut heads = words(heads).into_iter();
        let (parents, length) = (heads.next()?, heads.next()? as usize);
        let (states, wide) = (heads.next()? as usize, heads.next()? != 0);
        let (text, rest) = rest.split_at_checked(length.checked_mul(4)?)?;
        let (ends, rest) = rest.split_at_checked(states.checked_mul(4)?)?;
        let (low, high) = rest.split_at_checked(states.checked_mul(8)?)?;
        let (words, ends) = (words(text), words(ends));
        let (prints, halves) = (halves(low), halves(high));
        let ordered = ends.is_sorted() && ends.last().is_none_or(|end| *end as usize <= length);
        let whole = ordered && halves.len() == if wide { states } else { 0 };
        whole.then_some(Self { words, ends, prints, halves, ..Self::new(parents, wide) })
    }

    /// The same states with the log that belongs to them.
    pub(crate) fn with(self, log: Log) -> Self {
        Self { log: log.steps.into(), ..self }
    }

    /// What will be kept of it.
    pub(crate) fn log(&self) -> Log {
        Log { parents: self.parents, steps: self.log[..].into() }
    }

    /// What is kept once it is expanded.
    pub(crate) fn into_log(self) -> Log {
        Log { parents: self.parents, steps: self.log.into() }
    }
}

/// Which states of a chunk came from which of the chunk before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    parents: u32,
    steps: Box<[u8]>,
}

impl Log {
    /// A log from its parts.
    pub(crate) fn of(parents: u32, steps: Vec<u8>) -> Self {
        Self { parents, steps: steps.into() }
    }

    pub(crate) fn parts(&self) -> (u32, &[u8]) {
        (self.parents, &self.steps)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.steps.len() as u64 + 24
    }

    /// The parent of a state, and which of its successors the state is.
    fn parent(&self, place: u32) -> (Address, u32) {
        let mut rest = &self.steps[..];
        let mut parent = 0;
        let mut successor = 0;
        for _ in 0..=place {
            parent += read(&mut rest);
            successor = read(&mut rest);
        }
        (Address { chunk: self.parents, place: parent }, successor)
    }
}

/// From a root, the successors that lead to a state: the root's address, then their numbers.
pub(crate) fn way(logs: &[Log], to: Address) -> (Address, Vec<u32>) {
    let mut at = to;
    let mut way = Vec::new();
    while logs[at.chunk as usize].parents != at.chunk {
        let (parent, successor) = logs[at.chunk as usize].parent(at.place);
        way.push(successor);
        at = parent;
    }
    way.reverse();
    (at, way)
}

fn words(bytes: &[u8]) -> Vec<u32> {
    let word = |bytes: &[u8]| bytes.try_into().map_or(0, u32::from_le_bytes);
    bytes.chunks_exact(4).map(word).collect()
}

fn halves(bytes: &[u8]) -> Vec<u64> {
    let half = |bytes: &[u8]| bytes.try_into().map_or(0, u64::from_le_bytes);
    bytes.chunks_exact(8).map(half).collect()
}

/// A number in as many bytes as it needs, seven bits each.
fn write(log: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        log.push(number as u8 | 0x80);
        number >>= 7;
    }
    log.push(number as u8);
}

fn read(log: &mut &[u8]) -> u32 {
    let mut number = 0;
    let mut shift = 0;
    while let Some((byte, rest)) = log.split_first() {
        *log = rest;
        number |= u32::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_is_the_way_there() {
        let mut roots = Chunk::new(0, true);
        roots.push(&[1, 2], 7, 0, 0);
        roots.push(&[3], 8 << 64 | 3, 0, 1);
        let mut first = Chunk::new(0, false);
        first.push(&[4], 9, 0, 300);
        first.push(&[5], 10, 1, 2);
        first.push(&[6], 11, 1, 129);
        let mut second = Chunk::new(1, false);
        second.push(&[7], 12, 2, 0);
        assert_eq!(roots.get(1), (&[3][..], 8 << 64 | 3));
        assert_eq!(first.get(0), (&[4][..], 9));
        let logs = [roots.into_log(), first.into_log(), second.into_log()];
        let at = |chunk, place| Address { chunk, place };
        assert_eq!(way(&logs, at(2, 0)), (at(0, 1), vec![129, 0]));
        assert_eq!(way(&logs, at(1, 0)), (at(0, 0), vec![300]));
        assert_eq!(way(&logs, at(0, 1)), (at(0, 1), vec![]));
    }
}
