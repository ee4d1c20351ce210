//! The bits and the named fields of states and messages.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Debug;

use crate::{Domain, Process, ProcessSet, Renamed, Value};

/// Data as bits in memory or on a wire, so that a single event upset can flip one of them.
///
/// The encoding is the plain one: a value takes the bits of its domain, a set of values one bit
/// a member, a flag one bit, a count sixteen. A flip may produce a value outside the domain; a
/// protocol must treat that as garbage.
pub trait Bits: Renamed {
    /// How many bits there are.
    fn bits(&self, domain: Domain) -> u32;

    /// Flips bit number `bit`, which is below [`Bits::bits`].
    fn flip(&mut self, bit: u32, domain: Domain);

    /// How many bits a set of these takes: those of its members, if nothing better is known.
    fn set_bits(set: &BTreeSet<Self>, domain: Domain) -> u32
    where
        Self: Ord + Clone,
    {
        set.iter().map(|member| member.bits(domain)).sum()
    }

    /// Flips a bit of a set of these.
    fn set_flip(set: &mut BTreeSet<Self>, bit: u32, domain: Domain)
    where
        Self: Ord + Clone,
    {
        let mut members: Vec<Self> = core::mem::take(set).into_iter().collect();
        flip_within(members.iter_mut(), bit, domain);
        set.extend(members);
    }
}

/// The named fields of a state, in the order in which a table shows them.
pub trait Fields {
    /// Calls `each` with the name and the content of every field.
    fn fields(&self, each: &mut dyn FnMut(&'static str, &dyn Debug));
}

/// Implements [`Bits`], [`Fields`], [`Renamed`] and [`Coded`](crate::Coded) for a struct by listing
/// its fields.
///
/// ```
/// # use quorate_kernel::{inspect, Value};
/// struct State { estimate: Value, early: bool }
/// inspect!(State { estimate, early });
/// ```
///
/// Fields after a semicolon say nothing, as `PhantomData` does: they are only begun with.
///
/// For an enum, lists the variants with a name for each field: then it implements [`Bits`],
/// [`Renamed`] and [`Coded`](crate::Coded), and which variant it is counts as a header that does
/// not flip.
///
/// ```
/// # use quorate_kernel::{inspect, Value};
/// enum Message { Ask, Tell(Value), Vote { round: u32, value: Value } }
/// inspect!(enum Message { Ask, Tell(value), Vote { round, value } });
/// ```
#[macro_export]
macro_rules! inspect {
    (enum $name:ident $(<$($param:ident : $bound:path),+>)? {
        $($variant:ident $(($($place:ident),+ $(,)?))? $({$($field:ident),+ $(,)?})?),* $(,)?
    }) => {
        $crate::coded!(enum $name $(<$($param: $bound),+>)? {
            $($variant $(($($place),+))? $({$($field),+})?),*
        });

        impl $(<$($param: $bound),+>)? $crate::Bits for $name $(<$($param),+>)? {
            fn bits(&self, domain: $crate::Domain) -> u32 {
                let _ = domain;
                match self {
                    $(
                        Self::$variant $(($($place),+))? $({$($field),+})? => {
                            0 $($(+ $crate::Bits::bits($place, domain))+)?
                                $($(+ $crate::Bits::bits($field, domain))+)?
                        }
                    )*
                }
            }

            fn flip(&mut self, bit: u32, domain: $crate::Domain) {
                let _ = (bit, domain);
                match self {
                    $(
                        Self::$variant $(($($place),+))? $({$($field),+})? => {
                            $crate::inspect!(@flip bit, domain
                                $($(, $place)+)? $($(, $field)+)?);
                        }
                    )*
                }
            }
        }

        impl $(<$($param: $bound),+>)? $crate::Renamed for $name $(<$($param),+>)? {
            fn rename(&mut self, by: &$crate::Renaming) {
                let _ = by;
                match self {
                    $(
                        Self::$variant $(($($place),+))? $({$($field),+})? => {
                            $($( $crate::Renamed::rename($place, by); )+)?
                            $($( $crate::Renamed::rename($field, by); )+)?
                        }
                    )*
                }
            }
        }
    };
    (@flip $bit:ident, $domain:ident $(, $part:ident)*) => {
        let bit = $bit;
        $(
            let width = $crate::Bits::bits($part, $domain);
            if bit < width {
                return $crate::Bits::flip($part, bit, $domain);
            }
            let bit = bit - width;
        )*
        let _ = bit;
    };
    ($name:ident $(<$($param:ident : $bound:path),+>)? {
        $($field:ident),* $(; $($silent:ident),+)? $(,)?
    }) => {
        $crate::coded!($name $(<$($param: $bound),+>)? { $($field),* $(; $($silent),+)? });

        impl $(<$($param: $bound),+>)? $crate::Bits for $name $(<$($param),+>)? {
            fn bits(&self, domain: $crate::Domain) -> u32 {
                let _ = domain;
                0 $(+ $crate::Bits::bits(&self.$field, domain))*
            }

            fn flip(&mut self, bit: u32, domain: $crate::Domain) {
                let _ = (bit, domain);
                $(
                    let width = $crate::Bits::bits(&self.$field, domain);
                    if bit < width {
                        return $crate::Bits::flip(&mut self.$field, bit, domain);
                    }
                    let bit = bit - width;
                )*
                let _ = bit;
            }
        }

        impl $(<$($param: $bound),+>)? $crate::Fields for $name $(<$($param),+>)? {
            fn fields(&self, each: &mut dyn FnMut(&'static str, &dyn core::fmt::Debug)) {
                let _ = &each;
                $( each(stringify!($field), &self.$field); )*
            }
        }

        impl $(<$($param: $bound),+>)? $crate::Renamed for $name $(<$($param),+>)? {
            fn rename(&mut self, by: &$crate::Renaming) {
                let _ = by;
                $( $crate::Renamed::rename(&mut self.$field, by); )*
            }
        }
    };
}

impl Fields for () {
    fn fields(&self, _: &mut dyn FnMut(&'static str, &dyn Debug)) {}
}

impl Bits for () {
    fn bits(&self, _: Domain) -> u32 {
        0
    }

    fn flip(&mut self, _: u32, _: Domain) {}
}

impl Bits for Value {
    #[inline]
    fn bits(&self, domain: Domain) -> u32 {
        domain.width()
    }

    fn flip(&mut self, bit: u32, _: Domain) {
        let plain = if self.is_bottom() { 0 } else { self.0 };
        self.0 = plain ^ (1 << bit);
    }

    fn set_bits(_: &BTreeSet<Self>, domain: Domain) -> u32 {
        u32::from(domain.size)
    }

    fn set_flip(set: &mut BTreeSet<Self>, bit: u32, _: Domain) {
        let member = Value(bit as u16);
        if !set.remove(&member) {
            set.insert(member);
        }
    }
}

impl Bits for bool {
    fn bits(&self, _: Domain) -> u32 {
        1
    }

    fn flip(&mut self, _: u32, _: Domain) {
        *self = !*self;
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {
        $(
            impl Bits for $number {
                fn bits(&self, _: Domain) -> u32 {
                    <$number>::BITS
                }

                fn flip(&mut self, bit: u32, _: Domain) {
                    *self ^= 1 << bit;
                }
            }
        )*
    };
}

numbers!(u8 u16 u32 u64);

impl Bits for Process {
    fn bits(&self, _: Domain) -> u32 {
        u16::BITS
    }

    fn flip(&mut self, bit: u32, _: Domain) {
        self.0 ^= 1 << bit;
    }
}

/// As many bits as the largest member needs; a flip puts a process in or takes it out.
impl Bits for ProcessSet {
    fn bits(&self, _: Domain) -> u32 {
        self.iter().last().map_or(1, |last| u32::from(last.0) + 1)
    }

    fn flip(&mut self, bit: u32, _: Domain) {
        let member = Process(bit as u16);
        if !self.remove(member) {
            self.insert(member);
        }
    }
}

impl<A: Bits, B: Bits> Bits for (A, B) {
    fn bits(&self, domain: Domain) -> u32 {
        self.0.bits(domain) + self.1.bits(domain)
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        let width = self.0.bits(domain);
        if bit < width {
            self.0.flip(bit, domain);
        } else {
            self.1.flip(bit - width, domain);
        }
    }
}

impl<T: Bits + Default> Bits for Option<T> {
    fn bits(&self, domain: Domain) -> u32 {
        1 + self.as_ref().map_or(0, |inner| inner.bits(domain))
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        match self {
            Some(inner) if bit > 0 => inner.flip(bit - 1, domain),
            Some(_) => *self = None,
            None => *self = Some(T::default()),
        }
    }
}

fn flip_within<'a, T: Bits + 'a>(parts: impl Iterator<Item = &'a mut T>, bit: u32, domain: Domain) {
    let mut rest = bit;
    for part in parts {
        let width = part.bits(domain);
        if rest < width {
            return part.flip(rest, domain);
        }
        rest -= width;
    }
}

impl<T: Bits> Bits for Vec<T> {
    fn bits(&self, domain: Domain) -> u32 {
        self.iter().map(|part| part.bits(domain)).sum()
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        flip_within(self.iter_mut(), bit, domain);
    }
}

impl<T: Bits + Clone> Bits for Arc<[T]> {
    fn bits(&self, domain: Domain) -> u32 {
        self.iter().map(|part| part.bits(domain)).sum()
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        let mut parts: Vec<T> = self.to_vec();
        flip_within(parts.iter_mut(), bit, domain);
        *self = parts.into();
    }
}

impl<T: Bits + Clone> Bits for Arc<T> {
    fn bits(&self, domain: Domain) -> u32 {
        self.as_ref().bits(domain)
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        Arc::make_mut(self).flip(bit, domain);
    }
}

impl<T: Bits + Ord + Clone> Bits for BTreeSet<T> {
    fn bits(&self, domain: Domain) -> u32 {
        T::set_bits(self, domain)
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        T::set_flip(self, bit, domain);
    }
}

impl<K: Ord + Renamed, T: Bits> Bits for BTreeMap<K, T> {
    fn bits(&self, domain: Domain) -> u32 {
        self.values().map(|part| part.bits(domain)).sum()
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        flip_within(self.values_mut(), bit, domain);
    }
}
