//! A frame: what is sent and checked as a whole.
//!
//! | bytes | |
//! | - | - |
//! | 0..2 | `qw` |
//! | 2 | the version of the format |
//! | 3 | what kind it is |
//! | 4..8 | how many bytes of payload there are |
//! | 8..12 | CRC-32C of the payload |
//! | 12..16 | CRC-32C of the twelve bytes before |
//! | 16.. | payload |
//!
//! Numbers are little-endian. The head has a checksum of its own, so that a length is known to be
//! right before anything is waited for.

use std::{error, fmt};

/// The version of the format.
pub const VERSION: u8 = 1;
/// How many bytes are in front of the payload.
pub const HEAD_BYTES: usize = 16;
/// How many bytes a frame has at most, its head included.
pub const FRAME_MAX: usize = 1 << 20;
/// How much room there is for a read, in bytes.
const READ_BYTES: usize = 1 << 16;

const MAGIC: [u8; 2] = *b"qw";

/// What a frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Who speaks, and what for: the first of a connection.
    Hello,
    /// The answer to it.
    Welcome,
    /// The other answer to it.
    Refused,
    /// The answer to a welcome: the speaker is still there.
    Begin,
    /// A piece of a message; more of it follow.
    Part,
    /// The last piece of a message.
    Last,
    /// All messages up to this one have arrived.
    Through,
    /// Nothing but a sign of life.
    Alive,
}

impl Kind {
    /// All of them; the first has the number 1.
    const ALL: [Self; 8] = [
        Self::Hello,
        Self::Welcome,
        Self::Refused,
        Self::Begin,
        Self::Part,
        Self::Last,
        Self::Through,
        Self::Alive,
    ];

    fn number(self) -> u8 {
        self as u8 + 1
    }

    fn of(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }
}

/// A frame that was read, and found as it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'a> {
    /// What it is.
    pub kind: Kind,
    /// What it says.
    pub payload: &'a [u8],
}

/// What is wrong with bytes that should be frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Malformed {
    /// They are no frame of this format at all.
    Magic,
    /// They are of another version of the format.
    Version {
        /// Which.
        theirs: u8,
    },
    /// The head's checksum does not fit.
    Head,
    /// The payload's checksum does not fit.
    Payload,
    /// There is no kind of that number.
    Kind {
        /// The number.
        number: u8,
    },
    /// The frame is too long.
    Long {
        /// How many bytes of payload it says it has.
        bytes: u32,
        /// How many it may have here.
        most: usize,
    },
    /// What a frame of this kind says cannot be.
    Nonsense {
        /// The kind.
        kind: Kind,
    },
    /// A frame of this kind is not due.
    Turn {
        /// The kind.
        kind: Kind,
    },
    /// A message is longer than any may be.
    Message {
        /// How many bytes one may have.
        most: usize,
    },
    /// A message is not the one that is due.
    Sequence {
        /// The one that is due.
        due: u64,
        /// The one that came.
        came: u64,
    },
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic => f.write_str("what came is no frame: something else speaks there"),
            Self::Version { theirs } => write!(
                f,
                "the other end speaks version {theirs} of the format and this one version \
                 {VERSION}: run the same program on both"
            ),
            Self::Head => f.write_str("the checksum of a frame's head does not fit"),
            Self::Payload => f.write_str("the checksum of a frame's payload does not fit"),
            Self::Kind { number } => write!(f, "there is no frame of the kind {number}"),
            Self::Long { bytes, most } => {
                write!(f, "a frame has {bytes} bytes, and at most {most} are allowed here")
            }
            Self::Nonsense { kind } => write!(f, "what a frame {kind:?} says cannot be"),
            Self::Turn { kind } => write!(f, "a frame {kind:?} came where none is due"),
            Self::Message { most } => {
                write!(f, "a message is longer than {most} bytes, which is the most")
            }
            Self::Sequence { due, came } => {
                write!(f, "message {came} came where message {due} was due")
            }
        }
    }
}

impl error::Error for Malformed {}

/// Appends a frame, whose payload is these bytes one after the other.
///
/// # Panics
/// If they are more than a frame can have.
pub fn put(out: &mut Vec<u8>, kind: Kind, payload: &[&[u8]]) {
    let bytes: usize = payload.iter().map(|part| part.len()).sum();
    assert!(bytes <= FRAME_MAX - HEAD_BYTES, "a payload of {bytes} bytes is for several frames");
    let sum = payload.iter().fold(0, |sum, part| crc32c::crc32c_append(sum, part));
    let from = out.len();
    out.extend(MAGIC);
    out.extend([VERSION, kind.number()]);
    out.extend((bytes as u32).to_le_bytes());
    out.extend(sum.to_le_bytes());
    out.extend(crc32c::crc32c(&out[from..]).to_le_bytes());
    payload.iter().for_each(|part| out.extend(*part));
}

/// Makes frames of bytes that come in any pieces.
#[derive(Debug)]
pub struct Decoder {
    bytes: Vec<u8>,
    /// How many of them are done with.
    done: usize,
    /// How many bytes of payload a frame may have.
    most: usize,
}

impl Decoder {
    /// A decoder of frames with at most so many bytes of payload.
    pub fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), done: 0, most: most.min(FRAME_MAX - HEAD_BYTES) }
    }

    /// Lets frames have so many bytes of payload from now on.
    pub fn set_most(&mut self, most: usize) {
        self.most = most.min(FRAME_MAX - HEAD_BYTES);
    }

    /// Where the next bytes are to be appended, as many as there is room for. It holds what has
    /// come of a frame, so it never has room for more than about two.
    pub fn room(&mut self) -> &mut Vec<u8> {
        self.bytes.drain(..self.done);
        self.done = 0;
        self.bytes.reserve(READ_BYTES);
        &mut self.bytes
    }

    /// How many bytes are allocated.
    pub fn allocated(&self) -> usize {
        self.bytes.capacity()
    }

    /// The next frame, if all of it is there.
    ///
    /// # Errors
    /// If what is there is no frame, or not as it was written. All that follows is worthless then.
    pub fn frame(&mut self) -> Result<Option<Frame<'_>>, Malformed> {
        let Some((kind, bytes, sum)) = head(&self.bytes[self.done..], self.most)? else {
            return Ok(None);
        };
        let from = self.done + HEAD_BYTES;
        let Some(payload) = self.bytes.get(from..from + bytes) else {
            return Ok(None);
        };
        if crc32c::crc32c(payload) != sum {
            return Err(Malformed::Payload);
        }
        self.done = from + bytes;
        Ok(Some(Frame { kind, payload }))
    }
}

/// What a head says: the kind, the length and the checksum of the payload. What is wrong is said as
/// soon as it can be known.
fn head(bytes: &[u8], most: usize) -> Result<Option<(Kind, usize, u32)>, Malformed> {
    if bytes.iter().zip(MAGIC).any(|(came, due)| *came != due) {
        return Err(Malformed::Magic);
    }
    if let Some(&theirs) = bytes.get(2).filter(|theirs| **theirs != VERSION) {
        return Err(Malformed::Version { theirs });
    }
    let Some((head, _)) = bytes.split_first_chunk::<HEAD_BYTES>() else {
        return Ok(None);
    };
    let number =
        |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    if crc32c::crc32c(&head[..12]) != number(12) {
        return Err(Malformed::Head);
    }
    let kind = Kind::of(head[3]).ok_or(Malformed::Kind { number: head[3] })?;
    let bytes = number(4);
    if bytes as usize > most {
        return Err(Malformed::Long { bytes, most });
    }
    Ok(Some((kind, bytes as usize, number(8))))
}
