//! What a command of the replicated store says to the log: bytes.

use std::sync::Arc;

use quorate_kernel::{Bits, Coded, Domain, Garbled, Process, Reader, Renamed, Writer};
use quorate_problems::Payload;

/// A command as bytes; none for one that only marks a place in the log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Item(pub Arc<[u8]>);

/// The bytes before what a command says.
const TITLE_BYTES: usize = 10;

impl Item {
    /// A command of a client of a process, under a name that no other command of that process has.
    pub fn titled(origin: Process, token: u64, command: &[u8]) -> Self {
        Self([&origin.0.to_le_bytes()[..], &token.to_le_bytes(), command].concat().into())
    }

    /// Whose client gave it, under which name, and what it says; nothing if it has no title.
    pub fn parts(&self) -> Option<(Process, u64, &[u8])> {
        let (title, command) = self.0.split_first_chunk::<TITLE_BYTES>()?;
        let (origin, token) = title.split_first_chunk::<2>()?;
        let (token, _) = token.split_first_chunk::<8>()?;
        Some((Process(u16::from_le_bytes(*origin)), u64::from_le_bytes(*token), command))
    }
}

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
