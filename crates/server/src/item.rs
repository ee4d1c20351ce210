//! What a command of the replicated store says to the log: bytes.

use std::fmt;
use std::sync::Arc;

use quorate_kernel::{Bits, Coded, Domain, Garbled, Reader, Renamed, Writer};
use quorate_problems::Payload;

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
