//! What a command of the replicated store says to the log: bytes.

use std::fmt;
use std::sync::Arc;

use quorate_kernel::{Bits, Coded, Domain, Garbled, Process, Reader, Renamed, Writer};
use quorate_problems::Payload;

/// The bytes before what a command says.
const TITLE_BYTES: usize = 10;

/// A command as bytes; none for one that only marks a place in the log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Item(pub Arc<[u8]>);

/// In traces it is what [`Item::of_text`] reads back.
impl fmt::Debug for Item {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl Item {
    /// The item that is written so: 0x, and two small hexadecimal digits for each byte.
    pub fn of_text(text: &str) -> Option<Self> {
        let (pairs, rest) = text.strip_prefix("0x")?.as_bytes().as_chunks::<2>();
        let digit = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
        let bytes = pairs.iter().map(byte).collect::<Option<Vec<u8>>>()?;
        rest.is_empty().then(|| Self(bytes.into()))
    }

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
