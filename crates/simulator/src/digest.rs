//! A fingerprint of everything that happens in a run, to compare two runs of one plan.

use std::hash::{Hash, Hasher};

use quorate_kernel::Process;

/// A hash that is the same on every machine.
#[derive(Debug)]
pub(crate) struct Digest(u64);

impl Digest {
    pub(crate) fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    pub(crate) fn step<S: Hash, T: Hash>(&mut self, now: u64, who: Process, state: S, stable: T) {
        now.hash(self);
        who.hash(self);
        state.hash(self);
        stable.hash(self);
    }

    pub(crate) fn finish(self) -> u64 {
        self.0
    }
}

impl Hasher for Digest {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(number.into());
    }

    fn write_u16(&mut self, number: u16) {
        self.write_u64(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        let wide = u128::from(self.0 ^ number) * 0xa076_1d64_78bd_642f_u128;
        self.0 = (wide as u64) ^ (wide >> 64) as u64;
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }
}
