//! The event queue: what is due, by time and, at one time, in the order in which it was put in.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A queue of things that are due.
///
/// The heap holds small keys; what is due lies still in its slot.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    heap: BinaryHeap<Reverse<(u64, u64)>>,
    slots: Vec<Option<T>>,
    free: Vec<u32>,
    next: u64,
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Self {
        Self { heap: BinaryHeap::new(), slots: Vec::new(), free: Vec::new(), next: 0 }
    }

    /// Puts something in.
    #[inline]
    pub(crate) fn push(&mut self, at: u64, thing: T) {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(thing);
                slot
            }
            None => {
                self.slots.push(Some(thing));
                (self.slots.len() - 1) as u32
            }
        };
        // 2^40 events in one run, 2^24 at once: neither is ever reached within memory and time.
        self.heap.push(Reverse((at, self.next << 24 | u64::from(slot))));
        self.next += 1;
    }

    /// Takes out what is due first, with its time.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<(u64, T)> {
        let Reverse((at, key)) = self.heap.pop()?;
        let slot = (key & 0xff_ffff) as u32;
        let thing = self.slots[slot as usize].take()?;
        self.free.push(slot);
        Some((at, thing))
    }
}
