//! A sector: what is written whole or not at all.
//!
//! | bytes | |
//! | - | - |
//! | 0..4 | CRC-32C of the rest, begun with the segment's and the sector's number |
//! | 4..6 | how many bytes of the payload are used |
//! | 6..8 | which sector of its batch it is: the first, the last, a segment's head |
//! | 8..16 | the number of its batch |
//! | 16..512 | payload |

/// How many bytes a sector has.
pub const SECTOR_BYTES: usize = 512;
/// How many of them are in front of the payload.
const HEAD_BYTES: usize = 16;
/// How many are payload.
pub(crate) const PAYLOAD_BYTES: usize = SECTOR_BYTES - HEAD_BYTES;

/// Where a sector belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) segment: u64,
    pub(crate) sector: u64,
}

impl Place {
    /// So many sectors later.
    pub(crate) fn after(self, many: u64) -> Self {
        Self { sector: self.sector + many, ..self }
    }
}

/// What a sector is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Kind(u16);

impl Kind {
    pub(crate) const INNER: Self = Self(0);
    pub(crate) const FIRST: Self = Self(1);
    pub(crate) const LAST: Self = Self(2);
    pub(crate) const HEAD: Self = Self(4);

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn is_known(self) -> bool {
        self.0 == Self::HEAD.0 || self.0 & !3 == 0
    }
}

/// A sector that was read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found<'a> {
    /// It was never written.
    Empty,
    /// It is as it was written.
    Whole { kind: Kind, batch: u64, payload: &'a [u8] },
    /// It is neither.
    Damaged,
}

/// Appends a sector.
pub(crate) fn put(out: &mut Vec<u8>, place: Place, (kind, batch): (Kind, u64), payload: &[u8]) {
    let from = out.len();
    out.extend([0; 4]);
    out.extend((payload.len() as u16).to_le_bytes());
    out.extend(kind.0.to_le_bytes());
    out.extend(batch.to_le_bytes());
    out.extend(payload);
    out.resize(from + SECTOR_BYTES, 0);
    let sum = checksum(place, &out[from + 4..]);
    out[from..from + 4].copy_from_slice(&sum.to_le_bytes());
}

/// Reads a sector; `bytes` are as many as a sector has.
pub(crate) fn get(bytes: &[u8], place: Place) -> Found<'_> {
    if bytes.iter().all(|byte| *byte == 0) {
        return Found::Empty;
    }
    let (sum, rest) = bytes.split_at(4);
    if sum != checksum(place, rest).to_le_bytes() {
        return Found::Damaged;
    }
    let number = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let (used, kind) = (usize::from(number(4)), Kind(number(6)));
    if used > PAYLOAD_BYTES || !kind.is_known() {
        return Found::Damaged;
    }
    let batch = u64_at(bytes, 8);
    Found::Whole { kind, batch, payload: &bytes[HEAD_BYTES..HEAD_BYTES + used] }
}

fn checksum(place: Place, rest: &[u8]) -> u32 {
    let mut begun = [0; 16];
    begun[..8].copy_from_slice(&place.segment.to_le_bytes());
    begun[8..].copy_from_slice(&place.sector.to_le_bytes());
    crc32c::crc32c_append(crc32c::crc32c(&begun), rest)
}

/// A number of eight bytes, of which there are enough.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 8].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
