//! Things by number, nearly all of which stand in a row.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt::{self, Debug};

use quorate_kernel::{Bits, Coded, Domain, Garbled, Reader, Renamed, Renaming, Writer};

/// A map from numbers that is quick where they follow each other. Its form depends on what was
/// put in and dropped, not on the order.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Slots<T> {
    /// The number of the first in the row.
    first: u64,
    row: Vec<T>,
    /// What does not stand in the row: before it, or after a gap. A number that is far off takes
    /// no more room than another.
    apart: BTreeMap<u64, T>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { first: 1, row: Vec::new(), apart: BTreeMap::new() }
    }
}

impl<T: Debug> Debug for Slots<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_map().entries(self.range(0, u64::MAX)).finish()
    }
}

impl<T> Slots<T> {
    #[inline]
    fn place(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.first)?).ok()
    }

    /// The number after the row.
    fn next(&self) -> u64 {
        self.first.saturating_add(self.row.len() as u64)
    }

    /// What stands at a number.
    #[inline]
    pub fn get(&self, number: u64) -> Option<&T> {
        let in_row = self.place(number).and_then(|place| self.row.get(place));
        if in_row.is_some() || self.apart.is_empty() {
            return in_row;
        }
        self.apart.get(&number)
    }

    /// The last number at which something stands.
    pub fn last(&self) -> Option<u64> {
        let row = self.row.len().checked_sub(1).map(|place| self.first + place as u64);
        row.max(self.apart.last_key_value().map(|(number, _)| *number))
    }

    /// Everything from one number through another, in order.
    pub fn range(&self, from: u64, through: u64) -> impl Iterator<Item = (u64, &T)> {
        let before = self.apart.range(from.min(self.first)..self.first);
        let skip = usize::try_from(from.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let row = self.row.iter().enumerate().skip(skip);
        let row = row.map(|(place, thing)| (self.first + place as u64, thing));
        let after = self.apart.range(from.max(self.first)..);
        let before = before.map(|(number, thing)| (*number, thing));
        let after = after.map(|(number, thing)| (*number, thing));
        before.chain(row).chain(after).take_while(move |(number, _)| *number <= through)
    }

    /// Puts something at a number, in the place of what stood there.
    #[inline]
    pub(super) fn insert(&mut self, number: u64, thing: T) {
        match self.place(number) {
            Some(place) if place < self.row.len() => self.row[place] = thing,
            Some(place) if place == self.row.len() => {
                self.row.push(thing);
                if !self.apart.is_empty() {
                    self.close_up();
                }
            }
            _ => _ = self.apart.insert(number, thing),
        }
    }

    /// Drops everything before a number.
    pub(super) fn keep_from(&mut self, number: u64) {
        self.apart = self.apart.split_off(&number);
        match self.place(number) {
            Some(place) => _ = self.row.drain(..place.min(self.row.len())),
            // The row begins later: what stood before it is apart.
            None => {
                let row = core::mem::take(&mut self.row);
                let row = row.into_iter().enumerate();
                self.apart.extend(row.map(|(place, thing)| (self.first + place as u64, thing)));
            }
        }
        self.first = number;
        self.close_up();
    }

    /// Lengthens the row by what was apart and follows it now.
    fn close_up(&mut self) {
        while let Some(thing) = self.apart.remove(&self.next()) {
            self.row.push(thing);
        }
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut T> {
        let first = self.first;
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for (number, thing) in &mut self.apart {
            if *number < first { before.push(thing) } else { after.push(thing) }
        }
        before.into_iter().chain(&mut self.row).chain(after)
    }
}

impl<T: Coded> Coded for Slots<T> {
    fn encode(&self, to: &mut Writer<'_>) {
        self.first.encode(to);
        self.row.encode(to);
        self.apart.encode(to);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        let (first, row, apart) = Coded::decode(from)?;
        let read = Self { first, row, apart };
        let next = read.first.checked_add(read.row.len() as u64).ok_or(Garbled)?;
        let between = read.apart.range(read.first..=next).next().is_some();
        if between { Err(Garbled) } else { Ok(read) }
    }
}

impl<T: Renamed> Renamed for Slots<T> {
    fn rename(&mut self, by: &Renaming) {
        self.row.rename(by);
        self.apart.rename(by);
    }
}

impl<T: Bits> Bits for Slots<T> {
    fn bits(&self, domain: Domain) -> u32 {
        self.range(0, u64::MAX).map(|(_, thing)| thing.bits(domain)).sum()
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        let mut rest = bit;
        for thing in self.all_mut() {
            let width = thing.bits(domain);
            if rest < width {
                return thing.flip(rest, domain);
            }
            rest -= width;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::vec;

    /// It is a map, whatever is put in and dropped, and equal if the contents are.
    #[test]
    fn slots_are_a_map() {
        let numbers = [1, 2, 4, 3, 7, 5, 6, 9, 20, u64::MAX, 0, 8, u64::MAX - 1, 21];
        for keep in [0, 1, 3, 5, 10, 20, 22, u64::MAX] {
            let (mut slots, mut map) = (Slots::default(), BTreeMap::new());
            for (at, number) in numbers.into_iter().enumerate() {
                slots.insert(number, at);
                map.insert(number, at);
                if at == 9 {
                    slots.keep_from(keep);
                    map = map.split_off(&keep);
                }
                assert_eq!(format!("{slots:?}"), format!("{map:?}"));
                assert_eq!(slots.last(), map.last_key_value().map(|(last, _)| *last));
                for from in numbers {
                    assert_eq!(slots.get(from), map.get(&from));
                    let range = map.range(from..).map(|(number, thing)| (*number, thing));
                    assert!(slots.range(from, 20).eq(range.take_while(|(at, _)| *at <= 20)));
                }
            }
            let mut other = Slots::default();
            other.keep_from(keep);
            map.iter().rev().for_each(|(number, thing)| other.insert(*number, *thing));
            assert_eq!(slots, other);
        }
    }

    #[test]
    fn a_flip_hits_one_bit() {
        let mut slots = Slots::default();
        slots.keep_from(4);
        for number in [9u64, 4, 1, 5] {
            slots.insert(number, number as u16);
        }
        assert_eq!(slots.bits(Domain::BINARY), 64);
        for bit in [0, 16, 32, 48] {
            slots.flip(bit, Domain::BINARY);
        }
        let all: Vec<(u64, u16)> =
            slots.range(0, u64::MAX).map(|(at, thing)| (at, *thing)).collect();
        assert_eq!(all, vec![(1, 0), (4, 5), (5, 4), (9, 8)]);
    }
}
