//! The set of visited states, as prints: about 8 to 14 bytes a state.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::print::Print;

/// How many shards there are: enough that two workers seldom meet.
const SHARDS: usize = 256;
/// A shard grows when this share of its slots is used.
const FULL: (usize, usize) = (7, 8);

/// What a slot holds of a print; zero stands for an empty slot.
pub(crate) trait Slot: Copy + Eq + Default + Send {
    fn of(print: Print) -> Self;
    /// The bits that choose shard and place.
    fn key(self) -> u64;
}

impl Slot for u64 {
    fn of(print: Print) -> Self {
        (print as u64).max(1)
    }

    fn key(self) -> u64 {
        self
    }
}

impl Slot for u128 {
    fn of(print: Print) -> Self {
        print.max(1)
    }

    fn key(self) -> u64 {
        self as u64
    }
}

struct Shard<T> {
    slots: Vec<T>,
    used: usize,
    /// How many slots are used when it grows.
    most: usize,
}

impl<T: Slot> Shard<T> {
    fn new(size: usize) -> Self {
        Self { slots: vec![T::default(); size], used: 0, most: size * FULL.0 / FULL.1 }
    }

    /// Where a key belongs in a table of any size: the order of keys is the order of places.
    #[inline]
    fn place(&self, key: u64) -> usize {
        ((u128::from(key << 8) * self.slots.len() as u128) >> 64) as usize
    }

    /// Where a print is, or else where it belongs.
    #[inline]
    fn find(&self, slot: T) -> Result<usize, usize> {
        let at = self.place(slot.key());
        let (before, after) = self.slots.split_at(at);
        let look = |slots: &[T], first: usize| {
            for (k, here) in slots.iter().enumerate() {
                if *here == slot {
                    return Some(Ok(first + k));
                }
                if *here == T::default() {
                    return Some(Err(first + k));
                }
            }
            None
        };
        // A shard is never full, so that one of the two ends the search.
        look(after, at).or_else(|| look(before, 0)).unwrap_or(Err(at))
    }

    #[inline]
    fn insert(&mut self, slot: T) -> bool {
        if self.used >= self.most {
            self.grow();
        }
        let Err(place) = self.find(slot) else { return false };
        self.slots[place] = slot;
        self.used += 1;
        true
    }

    fn contains(&self, slot: T) -> bool {
        self.find(slot).is_ok()
    }

    /// Whether anything is where a print belongs.
    #[inline]
    fn is_used(&self, slot: T) -> bool {
        self.slots[self.place(slot.key())] != T::default()
    }

    #[cold]
    fn grow(&mut self) {
        let size = (self.slots.len() + self.slots.len() / 2).max(64);
        let old = std::mem::replace(self, Self::new(size));
        for slot in old.slots {
            if slot != T::default() {
                self.insert(slot);
            }
        }
    }
}

/// A set of prints that several workers fill.
pub(crate) struct Prints<T> {
    shards: Vec<Mutex<Shard<T>>>,
    bytes: AtomicU64,
}

impl<T: Slot> Prints<T> {
    pub(crate) fn new() -> Self {
        // Shards of different first sizes grow at different times, so that memory grows smoothly.
        let shard = |at: usize| {
            let size = 64 + at / 8;
            Mutex::new(Shard::new(size))
        };
        let bytes = (0..SHARDS).map(|at| 64 + at / 8).sum::<usize>() * size_of::<T>();
        Self { shards: (0..SHARDS).map(shard).collect(), bytes: AtomicU64::new(bytes as u64) }
    }

    /// Puts a print in; true if it was not there.
    #[inline]
    pub(crate) fn insert(&self, print: Print) -> bool {
        let slot = T::of(print);
        let shard = &self.shards[(slot.key() >> 56) as usize];
        let mut shard = shard.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let before = shard.slots.len();
        let new = shard.insert(slot);
        let grown = shard.slots.len() - before;
        if grown > 0 {
            self.bytes.fetch_add((grown * size_of::<T>()) as u64, Ordering::Relaxed);
        }
        new
    }

    /// Puts prints in; `fresh` says which were not there, nor among those before.
    ///
    /// The table is far larger than any cache. So it is gone through shard by shard, and all places
    /// in a shard are read before any is written: the memory answers several reads at once.
    fn insert_all(&self, prints: &[Print], fresh: &mut Vec<bool>) {
        fresh.clear();
        fresh.resize(prints.len(), false);
        let shard_of = |print: &Print| (T::of(*print).key() >> 56) as usize;
        let mut ends = [0u32; SHARDS];
        prints.iter().for_each(|print| ends[shard_of(print)] += 1);
        let mut sum = 0;
        for end in &mut ends {
            sum += std::mem::replace(end, sum);
        }
        let mut order = vec![0u32; prints.len()];
        for (k, print) in prints.iter().enumerate() {
            let end = &mut ends[shard_of(print)];
            order[*end as usize] = k as u32;
            *end += 1;
        }
        let mut begin = 0;
        for (shard, end) in self.shards.iter().zip(ends) {
            let all = &order[begin..end as usize];
            begin = end as usize;
            if all.is_empty() {
                continue;
            }
            let mut shard = shard.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            let before = shard.slots.len();
            let slots = || all.iter().map(|k| (*k as usize, T::of(prints[*k as usize])));
            let met = slots().filter(|(_, slot)| shard.is_used(*slot)).count();
            std::hint::black_box(met);
            for (k, slot) in slots() {
                fresh[k] = shard.insert(slot);
            }
            let grown = shard.slots.len() - before;
            self.bytes.fetch_add((grown * size_of::<T>()) as u64, Ordering::Relaxed);
        }
    }

    /// Whether a print is there.
    pub(crate) fn contains(&self, print: Print) -> bool {
        let slot = T::of(print);
        let shard = &self.shards[(slot.key() >> 56) as usize];
        shard.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).contains(slot)
    }

    /// How many bytes the set takes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// The set of visited states.
pub(crate) enum Visited {
    /// 64 bits of each.
    Narrow(Prints<u64>),
    /// 128 bits of each.
    Wide(Prints<u128>),
}

impl Visited {
    pub(crate) fn new(wide: bool) -> Self {
        if wide { Self::Wide(Prints::new()) } else { Self::Narrow(Prints::new()) }
    }

    /// Enters a state; true if it is new.
    #[inline]
    pub(crate) fn insert(&self, print: Print) -> bool {
        match self {
            Self::Narrow(prints) => prints.insert(print),
            Self::Wide(prints) => prints.insert(print),
        }
    }

    /// Enters states; `fresh` says which are new.
    pub(crate) fn insert_all(&self, prints: &[Print], fresh: &mut Vec<bool>) {
        match self {
            Self::Narrow(all) => all.insert_all(prints, fresh),
            Self::Wide(all) => all.insert_all(prints, fresh),
        }
    }

    /// Whether a state was entered.
    pub(crate) fn contains(&self, print: Print) -> bool {
        match self {
            Self::Narrow(prints) => prints.contains(print),
            Self::Wide(prints) => prints.contains(print),
        }
    }

    /// How many bytes the set takes.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Narrow(prints) => prints.bytes(),
            Self::Wide(prints) => prints.bytes(),
        }
    }

    /// The bits of a print that are kept.
    pub(crate) fn mask(&self) -> Print {
        if self.bits() == 64 { u64::MAX.into() } else { Print::MAX }
    }

    /// How many bits of a print are kept.
    pub(crate) fn bits(&self) -> u32 {
        match self {
            Self::Narrow(_) => 64,
            Self::Wide(_) => 128,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::print::{Part, mix};
    use super::*;

    #[test]
    fn what_was_entered_is_found_and_nothing_else() {
        for visited in [Visited::new(false), Visited::new(true)] {
            let count = 200_000u64;
            assert!((0..count).all(|id| visited.insert(mix(Part::Seat, id))), "all are new");
            assert!((0..count).all(|id| visited.contains(mix(Part::Seat, id))), "all are there");
            assert!(!visited.contains(mix(Part::Seat, count)), "and no others");
            assert!(!(0..count).any(|id| visited.insert(mix(Part::Seat, id))), "none is new");
            assert!(visited.insert(mix(Part::Ledger, 1)), "another part is another print");
            let bytes = visited.bytes() as f64 / count as f64;
            let least = f64::from(visited.bits()) / 8.0;
            assert!((least..1.9 * least).contains(&bytes), "{bytes} bytes a state");
        }
    }
}
