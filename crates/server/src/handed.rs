//! Commands that a process hands on to the leader, for its clients.

use std::collections::BTreeMap;

use bytes::Bytes;
use quorate_kernel::Process;

use crate::item::Item;

/// The bytes before the commands: the term of the leader, and which life of the sender it is.
const HEAD_BYTES: usize = 16;

/// What a process hands on: the commands since it last did.
#[derive(Debug, Default)]
pub(crate) struct Handing(Vec<u8>);

impl Handing {
    pub(crate) fn push(&mut self, item: &Item) {
        self.0.extend((item.0.len() as u32).to_le_bytes());
        self.0.extend(&*item.0);
    }

    /// All of it, in words that begin with a mark, for the leader of a term; nothing if it is none.
    pub(crate) fn take(&mut self, mark: u8, term: u64, life: u64) -> Option<Bytes> {
        if self.0.is_empty() {
            return None;
        }
        let words = [&[mark][..], &term.to_le_bytes(), &life.to_le_bytes(), &self.0].concat();
        self.0.clear();
        Some(words.into())
    }
}

/// What a leader was handed in its term: each command at most once, even if its words come again.
/// Whoever leads in a term does so in one life, so that this is known as long as it is asked for.
#[derive(Debug, Default)]
pub(crate) struct Handed {
    term: u64,
    /// The last name of each life of each process.
    last: BTreeMap<(Process, u64), u64>,
}

impl Handed {
    /// The commands in these words that are new, if they are for the leader of this term.
    pub(crate) fn take(&mut self, from: Process, words: &[u8], term: u64) -> Vec<Item> {
        let Some((head, mut rest)) = words.split_first_chunk::<HEAD_BYTES>() else {
            return Vec::new();
        };
        let head = u128::from_le_bytes(*head);
        let (meant, life) = (head as u64, (head >> 64) as u64);
        if meant != term {
            return Vec::new();
        }
        if self.term != term {
            (self.term, self.last) = (term, BTreeMap::new());
        }
        let mut new = Vec::new();
        while let Some((length, after)) = rest.split_first_chunk::<4>()
            && let Some((item, after)) =
                after.split_at_checked(u32::from_le_bytes(*length) as usize)
        {
            rest = after;
            let item = Item(item.into());
            let Some((origin, token, _)) = item.parts() else { continue };
            let token = token.wrapping_sub(life);
            let last = self.last.get(&(from, life));
            if origin == from && last.is_none_or(|last| *last < token) {
                self.last.insert((from, life), token);
                new.push(item);
            }
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever comes again, or for another term, or out of order is not taken.
    #[test]
    fn each_command_is_taken_once() {
        let (me, life) = (Process(1), u64::MAX - 1);
        let words = |tokens: &[u64], term| {
            let mut handing = Handing::default();
            for token in tokens {
                handing.push(&Item::titled(me, life.wrapping_add(*token), b"x"));
            }
            handing.take(2, term, life).map_or(Vec::new(), |words| words[1..].to_vec())
        };
        let mut handed = Handed::default();
        for (tokens, meant, term, taken) in [
            (&[0, 1][..], 3, 3, 2),
            (&[0, 1], 3, 3, 0),
            (&[1, 2, 4], 3, 3, 2),
            (&[3], 3, 3, 0),
            (&[5], 3, 4, 0),
            (&[5], 4, 4, 1),
            (&[5], 4, 4, 0),
        ] {
            let new = handed.take(me, &words(tokens, meant), term);
            assert_eq!(new.len(), taken, "{tokens:?} for {meant} in {term}");
        }
        assert!(handed.take(Process(0), &words(&[7], 4), 4).is_empty(), "of another process");
        let all = words(&[8, 9], 4);
        for length in 0..all.len() {
            let mut handed = Handed::default();
            assert!(handed.take(me, &all[..length], 4).len() < 2, "{length} bytes");
        }
    }
}
