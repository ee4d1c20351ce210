//! What a command of the replicated store says to the log: bytes.

use std::sync::Arc;

use quorate_kernel::{Bits, Coded, Domain, Garbled, Reader, Renamed, Writer};
use quorate_problems::Payload;

/// A command as bytes; none for one that only marks a place in the log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Item(pub Arc<[u8]>);

impl Coded for Item {
    fn encode(&self, to: &mut Writer<'_>) {
        to.number(self.0.len() as u64);
        to.raw(&self.0);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        let length = from.length()?;
        from.raw(length).map(|bytes| Self(bytes.into()))
    }
}

impl Renamed for Item {}

impl Bits for Item {
    fn bits(&self, _: Domain) -> u32 {
        u32::try_from(8 * self.0.len() as u64).unwrap_or(u32::MAX)
    }

    fn flip(&mut self, bit: u32, _: Domain) {
        let mut bytes = self.0.to_vec();
        bytes[bit as usize / 8] ^= 1 << (bit % 8);
        self.0 = bytes.into();
    }
}

impl Payload for Item {
    fn is_in(&self, _: Domain) -> bool {
        true
    }
}
