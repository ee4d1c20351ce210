//! Segments: their names, and what the first sector of each says.

use crate::error::{Error, What};
use crate::sector::{self, Found, Kind, Place, SECTOR_BYTES};

/// The first bytes of every segment, with the version of all this.
const MAGIC: &[u8; 8] = b"quorate1";

/// How many sectors a segment has at most: it is read at once.
pub(crate) const SECTORS_MAX: u64 = 1 << 22;
/// No segment and no batch has a number as high.
const NUMBER_MAX: u64 = 1 << 62;

/// A hash of everything before.
pub(crate) type Chain = [u8; 16];

/// What the first sector of a segment says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Head {
    /// Its number; they follow each other.
    pub(crate) segment: u64,
    /// How many sectors it has, this one included.
    pub(crate) sectors: u64,
    /// The number of its first batch.
    pub(crate) batch: u64,
    /// The hash of all batches before it.
    pub(crate) chain: Chain,
    /// Whether it begins with all that is needed, so that nothing before it is.
    pub(crate) begins: Option<Begins>,
}

/// What a segment with all that is needed begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Begins {
    /// Nothing: so far nothing is needed.
    Empty,
    /// A batch, which was there before the segment had its name. So it was not torn if it is not.
    Batch,
}

/// The name of the file that is made first, and named once it is whole.
pub(crate) const NEW: &str = "new.log";

/// The file of a segment.
pub(crate) fn name(segment: u64) -> String {
    format!("{segment:016x}.log")
}

/// The segment of a file, if it is one's.
pub(crate) fn number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".log")?;
    let is_plain = digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    is_plain.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}

impl Head {
    /// Its sector.
    pub(crate) fn sector(&self) -> Vec<u8> {
        let mut payload = MAGIC.to_vec();
        payload.extend(self.segment.to_le_bytes());
        payload.extend(self.sectors.to_le_bytes());
        payload.extend(self.chain);
        payload.push(match self.begins {
            None => 0,
            Some(Begins::Empty) => 1,
            Some(Begins::Batch) => 2,
        });
        let mut out = Vec::with_capacity(SECTOR_BYTES);
        let place = Place { segment: self.segment, sector: 0 };
        sector::put(&mut out, place, (Kind::HEAD, self.batch), &payload);
        out
    }

    /// Reads it.
    pub(crate) fn read(bytes: &[u8], segment: u64, size: u64) -> Result<Self, Error> {
        let name = name(segment);
        let damaged = |what| Error::Damaged { name: name.clone(), sector: 0, what };
        let Found::Whole { kind, batch, payload } =
            sector::get(bytes, Place { segment, sector: 0 })
        else {
            return Err(damaged(What::Checksum));
        };
        if kind != Kind::HEAD || payload.len() != 41 || payload[..8] != *MAGIC {
            return Err(damaged(What::Nonsense));
        }
        let begins = match payload[40] {
            0 => None,
            1 => Some(Begins::Empty),
            2 => Some(Begins::Batch),
            _ => return Err(damaged(What::Nonsense)),
        };
        let mut chain = [0; 16];
        chain.copy_from_slice(&payload[24..40]);
        let sectors = sector::u64_at(payload, 16);
        if sector::u64_at(payload, 8) != segment || segment.max(batch) > NUMBER_MAX {
            return Err(damaged(What::Nonsense));
        }
        if sectors > SECTORS_MAX || sectors * SECTOR_BYTES as u64 != size {
            return Err(damaged(What::File));
        }
        Ok(Self { segment, sectors, batch, chain, begins })
    }
}
