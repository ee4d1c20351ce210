//! What a command says: so many bytes.

use omnipaxos::storage::{Entry, NoSnapshot};
use quorate_kernel::{Bits, Coded, Domain, Garbled, Reader, Renamed, Writer};
use quorate_problems::Payload;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Bytes<const N: usize>([u8; N]);

impl<const N: usize> Bytes<N> {
    pub(crate) fn of(number: u64) -> Self {
        let mut bytes = [0; N];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        Self(bytes)
    }

    /// What a log handed out, which is as long.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        Self(bytes.try_into().expect("as long as what was proposed"))
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl<const N: usize> Default for Bytes<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> Coded for Bytes<N> {
    fn encode(&self, to: &mut Writer<'_>) {
        to.raw(&self.0);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        from.raw(N)?.try_into().map(Self).map_err(|_| Garbled)
    }
}

impl<const N: usize> Bits for Bytes<N> {
    fn bits(&self, _: Domain) -> u32 {
        8 * N as u32
    }

    fn flip(&mut self, bit: u32, _: Domain) {
        self.0[bit as usize / 8] ^= 1 << (bit % 8);
    }
}

impl<const N: usize> Renamed for Bytes<N> {}

impl<const N: usize> Payload for Bytes<N> {
    fn is_in(&self, _: Domain) -> bool {
        true
    }
}

impl<const N: usize> Entry for Bytes<N> {
    type Snapshot = NoSnapshot;
}
