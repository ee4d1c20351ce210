//! Numbers and bytes in a row. Each has one form and no other, so that what is read back and
//! written again is the same.

use std::{error, fmt};

use crate::request::Bytes;
use crate::value::Value;

/// Why bytes are not a command, or not a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Damaged {
    /// They end too early.
    Short,
    /// They were written by another version, or are something else.
    Version,
    /// Their checksum is not the one that was written.
    Checksum,
    /// At this byte is what nobody writes there; counted from 0.
    Byte(usize),
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short => f.write_str("they end too early: use another copy"),
            Self::Version => f.write_str(
                "they were written by another version, or are something else: read them with the \
                 version that wrote them",
            ),
            Self::Checksum => f.write_str("their checksum is wrong: use another copy"),
            Self::Byte(at) => {
                write!(f, "at byte {at} is what is never written there: use another copy")
            }
        }
    }
}

impl error::Error for Damaged {}

/// Seven bits a byte, from the lowest on, as protobuf has it.
pub(crate) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Small numbers of either sign are short.
pub(crate) fn put_signed(out: &mut Vec<u8>, number: i64) {
    put_number(out, ((number << 1) ^ (number >> 63)) as u64);
}

/// The length first.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend(bytes);
}

/// The first is the lowest bit.
pub(crate) fn put_flags<const N: usize>(out: &mut Vec<u8>, flags: [bool; N]) {
    out.push(flags.iter().rev().fold(0, |all, flag| all << 1 | u8::from(*flag)));
}

/// Reads what was written. Never looks beyond the end, and allocates nothing.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// All of it is in this row, if it is known in which.
    whole: Option<&'a Bytes>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, whole: None }
    }

    /// What is in a row from a place on, which must be in it.
    pub(crate) fn within(whole: &'a Bytes, at: usize) -> Self {
        Self { bytes: whole, at, whole: Some(whole) }
    }

    /// What was read last is nothing that is written there.
    pub(crate) fn wrong<T>(&self) -> Result<T, Damaged> {
        Err(Damaged::Byte(self.at.saturating_sub(1)))
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Damaged> {
        let byte = *self.bytes.get(self.at).ok_or(Damaged::Short)?;
        self.at += 1;
        Ok(byte)
    }

    pub(crate) fn number(&mut self) -> Result<u64, Damaged> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            let too_long = shift > 0 && byte == 0;
            if too_long || bits << shift >> shift != bits {
                return self.wrong();
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        self.wrong()
    }

    pub(crate) fn signed(&mut self) -> Result<i64, Damaged> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// A number of things that are still to come, of one byte each at least.
    pub(crate) fn many(&mut self) -> Result<usize, Damaged> {
        let many = usize::try_from(self.number()?).map_err(|_| Damaged::Short)?;
        if many > self.bytes.len() - self.at { Err(Damaged::Short) } else { Ok(many) }
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Damaged> {
        let many = self.many()?;
        let bytes = &self.bytes[self.at..self.at + many];
        self.at += many;
        Ok(bytes)
    }

    pub(crate) fn value(&mut self) -> Result<Value, Damaged> {
        let bytes = self.bytes()?;
        let from = self.at - bytes.len();
        Ok(self.whole.map_or_else(|| bytes.into(), |whole| Value::within(whole, from..self.at)))
    }

    pub(crate) fn flags<const N: usize>(&mut self) -> Result<[bool; N], Damaged> {
        let byte = self.byte()?;
        if u32::from(byte) >> N != 0 {
            return self.wrong();
        }
        Ok(std::array::from_fn(|at| byte >> at & 1 == 1))
    }

    /// One of a few, by its number.
    pub(crate) fn one_of<T: Copy>(&mut self, all: &[T]) -> Result<T, Damaged> {
        let at = usize::from(self.byte()?);
        all.get(at).copied().map_or_else(|| self.wrong(), Ok)
    }

    /// Nothing is left.
    pub(crate) fn end(&self) -> Result<(), Damaged> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(Damaged::Byte(self.at)) }
    }
}
