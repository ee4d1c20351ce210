//! The whole store as bytes, with all that is kept of the past.

use std::collections::BTreeMap;

use crate::request::{Bytes, KeyValue};
use crate::store::{Change, Revision, Store};
use crate::wire::{Damaged, Reader, put_bytes, put_number, put_signed};

/// What a saved store begins with; the last byte is the version.
const BEGIN: [u8; 8] = *b"quostor\x01";

/// How many bytes a number takes at most.
const NUMBER_BYTES_MAX: usize = 10;

/// The bytes of the checksum at the end.
const CHECKSUM: usize = 4;

/// No store gets there: a revision a nanosecond is 146 years. So nothing that is counted overflows.
const REVISION_MAX: u64 = 1 << 62;

impl Store {
    /// Everything as bytes, so that what is loaded from them answers the same to everything: the
    /// version, the length of what follows, the changes from the first that is kept, and a CRC-32C
    /// of all that. Equal stores give equal bytes.
    pub fn save(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.save_to(&mut out);
        out
    }

    /// The same, after what is there.
    pub fn save_to(&self, out: &mut Vec<u8>) {
        let start = out.len();
        // What grows by doubling would hold twice as much for a moment.
        let sizes = self.changes.values().map(change_bytes_max);
        out.reserve(BEGIN.len() + 8 + 3 * NUMBER_BYTES_MAX + CHECKSUM + sizes.sum::<usize>());
        out.extend(BEGIN);
        out.extend([0; 8]);
        let after = out.len();
        put_number(out, self.revision as u64);
        put_number(out, (self.compacted + 1) as u64);
        put_number(out, self.changes.len() as u64);
        let mut before = 0;
        for (at, change) in &self.changes {
            put_number(out, (at.main - before) as u64);
            put_number(out, at.sub as u64);
            put_change(out, change);
            before = at.main;
        }
        let length = (out.len() - after) as u64;
        out[after - 8..after].copy_from_slice(&length.to_le_bytes());
        out.extend(crc32c::crc32c(&out[start..]).to_le_bytes());
    }

    /// The store that was saved. What is allocated is bounded by the length of the bytes times a
    /// constant.
    ///
    /// # Errors
    /// If these are not the bytes of a store, from the first to the last.
    pub fn load(bytes: &[u8]) -> Result<Self, Damaged> {
        let mut from = Reader::new(whole(bytes)?);
        let revision = number(&mut from, REVISION_MAX)?;
        let compacted = number(&mut from, revision as u64 + 1)? - 1;
        let mut store = Self { revision, compacted, ..Self::default() };
        let mut before = Revision { main: 0, sub: 0 };
        for _ in 0..from.many()? {
            let main = before.main + number(&mut from, (revision - before.main) as u64)?;
            let at = Revision { main, sub: number(&mut from, REVISION_MAX)? };
            // The first may be numbered 0, but no request has the revision 0.
            if at <= before || main == 0 {
                return from.wrong();
            }
            let change = read_change(&mut from, main, &store.keys)?;
            store.keys.entry(change.key.clone()).or_default().push(at);
            store.changes.insert(at, change);
            before = at;
        }
        from.end()?;
        Ok(store)
    }
}

/// What is between the length and the checksum, if both are right.
fn whole(bytes: &[u8]) -> Result<&[u8], Damaged> {
    let (begin, rest) = bytes.split_first_chunk().ok_or(Damaged::Short)?;
    if *begin != BEGIN {
        return Err(Damaged::Version);
    }
    let (length, rest) = rest.split_first_chunk().ok_or(Damaged::Short)?;
    let (inner, checksum) = rest.split_last_chunk::<CHECKSUM>().ok_or(Damaged::Short)?;
    let length = u64::from_le_bytes(*length);
    if length > inner.len() as u64 {
        return Err(Damaged::Short);
    }
    if length < inner.len() as u64 {
        return Err(Damaged::Byte(bytes.len() - 1));
    }
    let checked = &bytes[..bytes.len() - CHECKSUM];
    if crc32c::crc32c(checked) != u32::from_le_bytes(*checksum) {
        return Err(Damaged::Checksum);
    }
    Ok(inner)
}

fn number(from: &mut Reader<'_>, most: u64) -> Result<i64, Damaged> {
    match from.number()? {
        number if number <= most => Ok(number as i64),
        _ => from.wrong(),
    }
}

/// How many bytes a change takes at most, its revision included.
fn change_bytes_max(change: &Change) -> usize {
    let value = change.value.as_ref().map_or(0, |there| there.value.len());
    7 * NUMBER_BYTES_MAX + change.key.len() + value
}

/// Without what is said already: the key of the value is that of the change, and it was changed at
/// the revision of the change.
fn put_change(out: &mut Vec<u8>, change: &Change) {
    put_bytes(out, &change.key);
    let Some(there) = &change.value else { return out.push(0) };
    put_number(out, there.version as u64);
    put_number(out, there.created as u64);
    put_signed(out, there.lease);
    put_bytes(out, &there.value);
}

/// A removed key has the version 0.
fn read_change(
    from: &mut Reader<'_>,
    main: i64,
    keys: &BTreeMap<Bytes, Vec<Revision>>,
) -> Result<Change, Damaged> {
    // One copy of a key for everything that names it.
    let key = from.bytes()?;
    let key: Bytes = keys.get_key_value(key).map_or_else(|| key.into(), |(known, _)| known.clone());
    if key.is_empty() {
        return from.wrong();
    }
    let version = number(from, main as u64)?;
    if version == 0 {
        return Ok(Change { key, value: None });
    }
    let created = number(from, main as u64)?;
    if created == 0 {
        return from.wrong();
    }
    let (lease, value) = (from.signed()?, from.bytes()?.into());
    let there = KeyValue { key: key.clone(), created, modified: main, version, value, lease };
    Ok(Change { key, value: Some(there) })
}
