//! Messages: one frame each, or several if it is long.
//!
//! The payload of each piece is the number of the message and then bytes of it. Pieces of one
//! message follow each other.

use bytes::Bytes;

use crate::frame::{self, FRAME_MAX, Frame, HEAD_BYTES, Kind, Malformed};

/// How many bytes a number has.
const NUMBER_BYTES: usize = 8;
/// How many bytes of a message a frame has at most.
pub const PIECE_MAX: usize = FRAME_MAX - HEAD_BYTES - NUMBER_BYTES;

/// Appends the next piece of a message, of which this is left; what is left then, if anything is.
pub fn put_piece<'a>(out: &mut Vec<u8>, sequence: u64, left: &'a [u8]) -> Option<&'a [u8]> {
    let (piece, after) = left.split_at(left.len().min(PIECE_MAX));
    let kind = if after.is_empty() { Kind::Last } else { Kind::Part };
    frame::put(out, kind, &[&sequence.to_le_bytes(), piece]);
    (!after.is_empty()).then_some(after)
}

/// Puts messages together again.
#[derive(Debug)]
pub struct Assembler {
    /// What has come of a message that is in several pieces, and its number.
    parts: Vec<u8>,
    sequence: Option<u64>,
    /// How many bytes a message may have.
    most: usize,
}

impl Assembler {
    /// An assembler of messages of at most so many bytes.
    pub fn new(most: usize) -> Self {
        Self { parts: Vec::new(), sequence: None, most }
    }

    /// How many bytes are allocated: at most twice what has come of a message.
    pub fn allocated(&self) -> usize {
        self.parts.capacity()
    }

    /// Takes a piece; the message and its number, if it was the last.
    ///
    /// # Errors
    /// If it is no piece, or none of the message that has begun, or the message is too long.
    pub fn take(&mut self, frame: Frame<'_>) -> Result<Option<(u64, Bytes)>, Malformed> {
        let kind = frame.kind;
        if !matches!(kind, Kind::Part | Kind::Last) {
            return Err(Malformed::Turn { kind });
        }
        let Some((sequence, piece)) = frame.payload.split_first_chunk::<NUMBER_BYTES>() else {
            return Err(Malformed::Nonsense { kind });
        };
        let came = u64::from_le_bytes(*sequence);
        if let Some(due) = self.sequence.filter(|due| *due != came) {
            return Err(Malformed::Sequence { due, came });
        }
        if piece.len() > self.most - self.parts.len() {
            return Err(Malformed::Message { most: self.most });
        }
        if kind == Kind::Last {
            self.sequence = None;
            if self.parts.is_empty() {
                return Ok(Some((came, Bytes::copy_from_slice(piece))));
            }
            self.parts.extend_from_slice(piece);
            return Ok(Some((came, std::mem::take(&mut self.parts).into())));
        }
        if piece.is_empty() {
            return Err(Malformed::Nonsense { kind });
        }
        self.sequence = Some(came);
        self.parts.extend_from_slice(piece);
        Ok(None)
    }
}
