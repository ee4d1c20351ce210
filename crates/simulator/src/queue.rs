//! The event queue: what is due, by time and, at one time, in the order in which it was put in.
//!
//! A calendar queue (Brown 1988): what is due soon lies in the pages of a calendar, each page a
//! short stretch of time, and a page is sorted when its time comes; what is due later than the
//! calendar reaches lies in a heap. Pages hold small keys in the order of entry, which sorting by
//! time keeps; what is due lies still in its slot.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How many pages the calendar has: a power of two.
const PAGES: usize = 1024;

/// How many words their marks are.
const WORDS: usize = PAGES / 64;

/// How long after the beginning of its page something is due, and its slot.
type Key = u64;

/// How many bits of a key are the slot.
const SLOT_BITS: u32 = 24;

/// The longest page, as a power of two of ticks.
const SHIFT_MAX: u32 = 63 - SLOT_BITS;

/// How long after the beginning of its page something is due.
#[inline]
fn after(key: Key) -> u64 {
    key >> SLOT_BITS
}

/// Where something that is due lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot(u32);

/// A queue of things that are due.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    /// A page is 2^shift ticks long.
    shift: u32,
    /// The number of the open page, counted from time 0.
    open: u64,
    /// The keys of the open page, in order, and how many of them are done.
    today: Vec<Key>,
    done: usize,
    pages: Vec<Vec<Key>>,
    /// Which pages have anything on them.
    marks: [u64; WORDS],
    /// Which words of the marks have any, twice over, so that they can be read around the end.
    marked: u32,
    /// What is due later than the calendar reaches: when, in which order it came, and its slot.
    far: BinaryHeap<Reverse<(u64, u64, u32)>>,
    slots: Vec<Option<T>>,
    free: Vec<u32>,
    /// How many things ever came that are due so late.
    far_count: u64,
}

impl<T> Queue<T> {
    /// A queue for things that are mostly due within so many ticks.
    pub(crate) fn new(usual_ticks: u64) -> Self {
        Self {
            shift: (usual_ticks / 256).max(1).ilog2().min(SHIFT_MAX),
            open: 0,
            today: Vec::new(),
            done: 0,
            pages: (0..PAGES).map(|_| Vec::new()).collect(),
            marks: [0; WORDS],
            marked: 0,
            far: BinaryHeap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            far_count: 0,
        }
    }

    /// Puts something in.
    #[inline(always)]
    pub(crate) fn push(&mut self, at: u64, thing: T) {
        // A thing is large: it is made where it lies, and only its slot is handed on.
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(thing);
                slot
            }
            None => self.one_more(thing),
        };
        self.enter(at, slot);
    }

    fn one_more(&mut self, thing: T) -> u32 {
        self.slots.push(Some(thing));
        (self.slots.len() - 1) as u32
    }

    #[inline]
    fn enter(&mut self, at: u64, slot: u32) {
        let page = at >> self.shift;
        if page.wrapping_sub(self.open + 1) >= PAGES as u64 - 1 {
            return self.enter_apart(at, slot);
        }
        let place = page as usize % PAGES;
        self.mark(place);
        let key = self.key(at, slot);
        self.pages[place].push(key);
    }

    /// The key of something on its page. There are never 2^24 things at once: memory and time are
    /// spent before.
    #[inline]
    fn key(&self, at: u64, slot: u32) -> Key {
        (at & ((1 << self.shift) - 1)) << SLOT_BITS | u64::from(slot)
    }

    /// Enters what is due on the open page, or later than the calendar reaches.
    #[inline(never)]
    fn enter_apart(&mut self, at: u64, slot: u32) {
        if at >> self.shift > self.open {
            self.far.push(Reverse((at, self.far_count, slot)));
            self.far_count += 1;
            return;
        }
        let key = self.key(at, slot);
        let later = self.today[self.done..].partition_point(|other| after(*other) <= after(key));
        self.today.insert(self.done + later, key);
    }

    /// When the next thing is due, and its slot.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<(u64, Slot)> {
        if self.done >= self.today.len() {
            self.turn()?;
        }
        let key = *self.today.get(self.done)?;
        self.done += 1;
        let at = (self.open << self.shift) + after(key);
        Some((at, Slot(key as u32 & ((1 << SLOT_BITS) - 1))))
    }

    /// Takes out what lies in a slot: where it is used, so that it is moved but once.
    #[inline(always)]
    pub(crate) fn take(&mut self, slot: Slot) -> Option<T> {
        let thing = self.slots[slot.0 as usize].take();
        self.free.push(slot.0);
        thing
    }

    /// Opens the next page that has anything on it.
    #[inline]
    fn turn(&mut self) -> Option<()> {
        match (self.next_page(), self.far.is_empty()) {
            (Some(page), true) => self.open_page(page),
            (near, _) => self.turn_far(near)?,
        }
        if self.today.len() > 1 {
            self.today.sort_by_key(|key| after(*key));
        }
        Some(())
    }

    /// Opens the next page, where some things are due later than the calendar reaches.
    #[inline(never)]
    fn turn_far(&mut self, near: Option<u64>) -> Option<()> {
        let far = self.far.peek().map(|Reverse((at, ..))| at >> self.shift);
        let page = match (near, far) {
            (Some(near), Some(far)) => near.min(far),
            (near, far) => near.or(far)?,
        };
        self.open_page(page);
        // What came while the calendar did not reach the page came before what is on it.
        let mut earlier = Vec::new();
        while let Some(Reverse((at, _, slot))) = self.far.peek().copied() {
            if at >> self.shift > page {
                break;
            }
            self.far.pop();
            earlier.push(self.key(at, slot));
        }
        self.today.splice(0..0, earlier);
        Some(())
    }

    /// Opens a page; what was on the open one has all happened.
    #[inline]
    fn open_page(&mut self, page: u64) {
        self.open = page;
        self.today.clear();
        self.done = 0;
        let place = page as usize % PAGES;
        if self.unmark(place) {
            std::mem::swap(&mut self.today, &mut self.pages[place]);
        }
    }

    fn mark(&mut self, place: usize) {
        let word = place / 64;
        self.marks[word] |= 1 << (place % 64);
        self.marked |= (1 | 1 << WORDS) << word;
    }

    /// Takes a mark away; whether there was one.
    fn unmark(&mut self, place: usize) -> bool {
        let word = place / 64;
        let was = self.marks[word] >> (place % 64) & 1 == 1;
        self.marks[word] &= !(1 << (place % 64));
        if self.marks[word] == 0 {
            self.marked &= !((1 | 1 << WORDS) << word);
        }
        was
    }

    /// The next page of the calendar that has anything on it.
    fn next_page(&self) -> Option<u64> {
        let first = (self.open + 1) as usize % PAGES;
        let word = first / 64;
        let rest = self.marks[word] >> (first % 64);
        if rest != 0 {
            return Some(self.open + 1 + u64::from(rest.trailing_zeros()));
        }
        // The words after this one, and this one last: its first pages are the furthest.
        let later = self.marked >> (word + 1);
        if later == 0 {
            return None;
        }
        let words = later.trailing_zeros() as usize + 1;
        let page = self.marks[(word + words) % WORDS].trailing_zeros() as usize;
        let ahead = words * 64 + page - first % 64;
        Some(self.open + 1 + ahead as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pop(queue: &mut Queue<u64>) -> Option<(u64, u64)> {
        let (at, slot) = queue.next()?;
        Some((at, queue.take(slot)?))
    }

    #[test]
    fn things_come_out_by_time_and_then_in_order_of_entry() {
        for (usual, reach) in [(10_000, 20_000), (1, 5), (100, 1_000_000), (1 << 40, 50)] {
            let mut queue = Queue::new(usual);
            let mut plain: BinaryHeap<Reverse<(u64, u64)>> = BinaryHeap::new();
            let (mut now, mut random, mut number) = (0, 7u64, 0);
            for step in 0..20_000 {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step);
                if random >> 63 == 0 || plain.is_empty() {
                    let at = now + (random >> 20) % reach * ((random >> 8) % 3);
                    queue.push(at, number);
                    plain.push(Reverse((at, number)));
                    number += 1;
                } else {
                    let Reverse((at, first)) = plain.pop().expect("it is not empty");
                    assert_eq!(pop(&mut queue), Some((at, first)));
                    now = at;
                }
            }
            while let Some(Reverse((at, first))) = plain.pop() {
                assert_eq!(pop(&mut queue), Some((at, first)));
            }
            assert_eq!(pop(&mut queue), None);
        }
    }
}
