//! What is stored at a key.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, Range};
use std::sync::Arc;

use crate::request::Bytes;

/// A value: bytes, which may be a part of a longer row that others hold too, as the command that
/// wrote them. So a store and the log that it is made of have most of their bytes in common.
#[derive(Clone)]
pub struct Value {
    whole: Bytes,
    from: usize,
    until: usize,
}

impl Value {
    /// This part of a row, which must be in it. Where it is the smaller part, it is copied: so what
    /// stays does not keep much that is needed no more.
    pub(crate) fn within(whole: &Bytes, part: Range<usize>) -> Self {
        if 2 * part.len() < whole.len() {
            return Self::from(&whole[part]);
        }
        Self { whole: Arc::clone(whole), from: part.start, until: part.end }
    }
}

impl Deref for Value {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.whole[self.from..self.until]
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self { whole: bytes.into(), from: 0, until: bytes.len() }
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(&bytes[..])
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Self::from(&bytes[..])
    }
}

impl Default for Value {
    fn default() -> Self {
        Self::from(&[])
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only the larger part of a row is shared, and a part is what it is a part of.
    #[test]
    fn a_value_is_a_part_or_a_copy() {
        let whole: Bytes = (0..100).collect::<Vec<u8>>().into();
        for (part, shared) in [(10..60, true), (0..100, true), (10..59, false), (7..7, false)] {
            let value = Value::within(&whole, part.clone());
            assert_eq!(*value, whole[part.clone()]);
            assert_eq!(value, Value::from(whole[part.clone()].to_vec()));
            assert_eq!(Arc::ptr_eq(&value.whole, &whole), shared, "{part:?}");
        }
    }
}
