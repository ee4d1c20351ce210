//! Data as bytes, for a wire between processes and for a disk.
//!
//! The encoding is the plain one: numbers in groups of seven bits, the lowest first; a variant, a
//! length and whether there is something as a number before what follows. Each datum has one
//! encoding, so that whatever is decoded is encoded to the same bytes. Nothing tells where a datum
//! begins, what it is or whether it is whole: that is a frame's business.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt::{self, Debug, Display};
use core::marker::PhantomData;
use core::ops::Range;

use crate::{Process, ProcessSet, Value};

/// Bytes are not the encoding of what was wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Garbled;

impl Display for Garbled {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the bytes are not what should be there")
    }
}

impl core::error::Error for Garbled {}

/// Data that can be written as bytes and read back.
pub trait Coded: Sized {
    /// Writes it.
    fn encode(&self, to: &mut Writer<'_>);

    /// Reads it.
    ///
    /// # Errors
    /// If the bytes are not its encoding, or name a process that there is not.
    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled>;
}

/// Whoever turns the signatures of [`Signed`](crate::Signed) into bytes that only their signer
/// can make, and back.
pub trait Notary {
    /// Writes the last signature of a chain under a statement. Whoever encodes it made it or got
    /// it from somebody, so that it is known.
    fn sign(&mut self, statement: &[u8], signers: &[Process], out: &mut Vec<u8>);

    /// Whether these bytes begin with that signature: then how many of them it takes.
    fn verify(&mut self, statement: &[u8], signers: &[Process], bytes: &[u8]) -> Option<usize>;
}

/// Where encodings go.
pub struct Writer<'a> {
    pub(crate) bytes: &'a mut Vec<u8>,
    pub(crate) notary: Option<&'a mut dyn Notary>,
}

impl Debug for Writer<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Writer(at {})", self.bytes.len())
    }
}

impl Writer<'_> {
    /// Writes a number.
    #[inline]
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// Writes bytes as they are: whoever reads them has to know how many.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes how many there are, and all of them.
    pub fn all<'b, T: Coded + 'b>(&mut self, all: impl ExactSizeIterator<Item = &'b T>) {
        self.number(all.len() as u64);
        all.for_each(|one| one.encode(self));
    }

    /// Writes the signatures of a chain under what was written at a place.
    pub(crate) fn signatures(&mut self, statement: Range<usize>, signers: &[Process]) {
        let Some(notary) = &mut self.notary else { return };
        let statement = self.bytes[statement].to_vec();
        for count in 1..=signers.len() {
            notary.sign(&statement, &signers[..count], self.bytes);
        }
    }
}

/// Where encodings come from.
pub struct Reader<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) n: u16,
    pub(crate) notary: Option<&'a mut dyn Notary>,
}

impl Debug for Reader<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Reader({} bytes left)", self.bytes.len())
    }
}

impl<'a> Reader<'a> {
    /// Reads a number.
    ///
    /// # Errors
    /// If there is none, or it is written longer than it has to be.
    #[inline]
    pub fn number(&mut self) -> Result<u64, Garbled> {
        let mut number = 0;
        for at in 0..10 {
            let [byte, rest @ ..] = self.bytes else { return Err(Garbled) };
            self.bytes = rest;
            let part = u64::from(byte & 0x7f);
            if part << (7 * at) >> (7 * at) != part || (*byte == 0 && at > 0) {
                return Err(Garbled);
            }
            number |= part << (7 * at);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Garbled)
    }

    /// Reads bytes as they are.
    ///
    /// # Errors
    /// If there are not so many.
    pub fn raw(&mut self, count: usize) -> Result<&'a [u8], Garbled> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or(Garbled)?;
        self.bytes = rest;
        Ok(taken)
    }

    /// Reads how many follow: never more than there are bytes, each taking at least one.
    ///
    /// # Errors
    /// If there cannot be so many.
    pub fn length(&mut self) -> Result<usize, Garbled> {
        let length = usize::try_from(self.number()?).map_err(|_| Garbled)?;
        if length > self.bytes.len() { Err(Garbled) } else { Ok(length) }
    }

    /// Reads how many there are, and all of them.
    ///
    /// # Errors
    /// If one of them is garbled.
    pub fn all<T: Coded>(&mut self) -> Result<Vec<T>, Garbled> {
        let length = self.length()?;
        (0..length).map(|_| T::decode(self)).collect()
    }

    /// How many processes there are.
    pub fn n(&self) -> u16 {
        self.n
    }

    /// Reads things of which each is greater than the one before.
    ///
    /// # Errors
    /// If one of them is garbled, or not greater.
    pub fn ascending<T: Coded, K: Ord>(
        &mut self,
        key: impl Fn(&T) -> K,
    ) -> Result<Vec<T>, Garbled> {
        let all: Vec<T> = self.all()?;
        let ascend = all.iter().zip(all.iter().skip(1)).all(|(one, next)| key(one) < key(next));
        if ascend { Ok(all) } else { Err(Garbled) }
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Checks the signatures of a chain under a statement.
    pub(crate) fn signatures(
        &mut self,
        statement: &[u8],
        signers: &[Process],
    ) -> Result<(), Garbled> {
        let Some(notary) = &mut self.notary else { return Ok(()) };
        for count in 1..=signers.len() {
            let verified = notary.verify(statement, &signers[..count], self.bytes);
            self.bytes = verified.and_then(|taken| self.bytes.get(taken..)).ok_or(Garbled)?;
        }
        Ok(())
    }
}

/// Implements [`Coded`] as [`inspect!`](crate::inspect) does with the rest: by listing the fields
/// of a struct, or the variants of an enum with a name for each field.
#[macro_export]
macro_rules! coded {
    (enum $name:ident $(<$($param:ident : $bound:path),+>)? {
        $($variant:ident $(($($place:ident),+ $(,)?))? $({$($field:ident),+ $(,)?})?),* $(,)?
    }) => {
        impl $(<$($param: $bound + $crate::Coded),+>)? $crate::Coded for $name $(<$($param),+>)? {
            fn encode(&self, to: &mut $crate::Writer<'_>) {
                let variant = 0;
                $(
                    if let Self::$variant $(($($place),+))? $({$($field),+})? = self {
                        to.number(variant);
                        $($( $crate::Coded::encode($place, to); )+)?
                        $($( $crate::Coded::encode($field, to); )+)?
                        return;
                    }
                    let variant = variant + 1;
                )*
                let _ = variant;
            }

            fn decode(from: &mut $crate::Reader<'_>) -> Result<Self, $crate::Garbled> {
                let variant = from.number()?;
                let at = 0;
                $(
                    if variant == at {
                        $($( let $place = $crate::Coded::decode(from)?; )+)?
                        $($( let $field = $crate::Coded::decode(from)?; )+)?
                        return Ok(Self::$variant $(($($place),+))? $({$($field),+})?);
                    }
                    let at = at + 1;
                )*
                let _ = at;
                Err($crate::Garbled)
            }
        }
    };
    ($name:ident $(<$($param:ident : $bound:path),+>)? ($($place:ident),+)) => {
        impl $(<$($param: $bound + $crate::Coded),+>)? $crate::Coded for $name $(<$($param),+>)? {
            fn encode(&self, to: &mut $crate::Writer<'_>) {
                let Self($($place),+) = self;
                $( $crate::Coded::encode($place, to); )+
            }

            fn decode(from: &mut $crate::Reader<'_>) -> Result<Self, $crate::Garbled> {
                $( let $place = $crate::Coded::decode(from)?; )+
                Ok(Self($($place),+))
            }
        }
    };
    ($name:ident $(<$($param:ident : $bound:path),+>)? {
        $($field:ident),* $(; $($silent:ident),+)? $(,)?
    }) => {
        impl $(<$($param: $bound + $crate::Coded),+>)? $crate::Coded for $name $(<$($param),+>)? {
            fn encode(&self, to: &mut $crate::Writer<'_>) {
                let _ = &to;
                $( $crate::Coded::encode(&self.$field, to); )*
            }

            fn decode(from: &mut $crate::Reader<'_>) -> Result<Self, $crate::Garbled> {
                let _ = &from;
                Ok(Self {
                    $( $field: $crate::Coded::decode(from)?, )*
                    $( $( $silent: core::default::Default::default(), )+ )?
                })
            }
        }
    };
}

macro_rules! numbers {
    ($($number:ty)*) => {
        $(
            impl Coded for $number {
                #[inline]
                fn encode(&self, to: &mut Writer<'_>) {
                    to.number((*self).into());
                }

                #[inline]
                fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
                    from.number()?.try_into().map_err(|_| Garbled)
                }
            }
        )*
    };
}

numbers!(u8 u16 u32 u64);

impl Coded for usize {
    fn encode(&self, to: &mut Writer<'_>) {
        to.number(*self as u64);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        from.number()?.try_into().map_err(|_| Garbled)
    }
}

impl Coded for bool {
    fn encode(&self, to: &mut Writer<'_>) {
        to.number((*self).into());
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        match from.number()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Garbled),
        }
    }
}

impl Coded for () {
    fn encode(&self, to: &mut Writer<'_>) {
        to.number(0);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        if from.number()? == 0 { Ok(()) } else { Err(Garbled) }
    }
}

impl Coded for Infallible {
    fn encode(&self, _: &mut Writer<'_>) {
        match *self {}
    }

    fn decode(_: &mut Reader<'_>) -> Result<Self, Garbled> {
        Err(Garbled)
    }
}

impl<T> Coded for PhantomData<T> {
    fn encode(&self, _: &mut Writer<'_>) {}

    fn decode(_: &mut Reader<'_>) -> Result<Self, Garbled> {
        Ok(Self)
    }
}

impl Coded for Value {
    fn encode(&self, to: &mut Writer<'_>) {
        self.0.encode(to);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        u16::decode(from).map(Self)
    }
}

impl Coded for Process {
    fn encode(&self, to: &mut Writer<'_>) {
        self.0.encode(to);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        u16::decode(from).ok().filter(|at| *at < from.n).map(Self).ok_or(Garbled)
    }
}

impl Coded for ProcessSet {
    fn encode(&self, to: &mut Writer<'_>) {
        to.number(self.iter().count() as u64);
        self.iter().for_each(|member| member.encode(to));
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        Ok(from.ascending(|member: &Process| *member)?.into_iter().collect())
    }
}

impl<A: Coded, B: Coded> Coded for (A, B) {
    fn encode(&self, to: &mut Writer<'_>) {
        self.0.encode(to);
        self.1.encode(to);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        Ok((A::decode(from)?, B::decode(from)?))
    }
}

impl<A: Coded, B: Coded, C: Coded> Coded for (A, B, C) {
    fn encode(&self, to: &mut Writer<'_>) {
        self.0.encode(to);
        self.1.encode(to);
        self.2.encode(to);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        Ok((A::decode(from)?, B::decode(from)?, C::decode(from)?))
    }
}

impl<T: Coded> Coded for Option<T> {
    fn encode(&self, to: &mut Writer<'_>) {
        self.is_some().encode(to);
        if let Some(inner) = self {
            inner.encode(to);
        }
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        if bool::decode(from)? { T::decode(from).map(Some) } else { Ok(None) }
    }
}

impl<T: Coded> Coded for Vec<T> {
    fn encode(&self, to: &mut Writer<'_>) {
        to.all(self.iter());
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        from.all()
    }
}

impl<T: Coded> Coded for Arc<[T]> {
    fn encode(&self, to: &mut Writer<'_>) {
        to.all(self.iter());
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        from.all().map(Into::into)
    }
}

impl<T: Coded> Coded for Arc<T> {
    fn encode(&self, to: &mut Writer<'_>) {
        self.as_ref().encode(to);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        T::decode(from).map(Self::new)
    }
}

impl<T: Coded + Ord> Coded for BTreeSet<T> {
    fn encode(&self, to: &mut Writer<'_>) {
        to.all(self.iter());
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        let all: Vec<T> = from.all()?;
        if !all.is_sorted_by(|one, next| one < next) {
            return Err(Garbled);
        }
        Ok(all.into_iter().collect())
    }
}

impl<K: Coded + Ord, T: Coded> Coded for BTreeMap<K, T> {
    fn encode(&self, to: &mut Writer<'_>) {
        to.number(self.len() as u64);
        for (key, one) in self {
            key.encode(to);
            one.encode(to);
        }
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, Garbled> {
        let all: Vec<(K, T)> = from.all()?;
        if !all.is_sorted_by(|one, next| one.0 < next.0) {
            return Err(Garbled);
        }
        Ok(all.into_iter().collect())
    }
}
