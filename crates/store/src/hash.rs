//! All that there is, as one number.

use std::collections::BTreeSet;

use crate::error::Error;
use crate::request::KeyValue;
use crate::store::{Change, Revision, Store};
use crate::wire;

impl Store {
    /// The hash of every change that is kept up to a revision; 0 stands for now, and up to a
    /// negative one there is none. Equal to that of etcd 3.4.23 for the same requests: CRC-32C of
    /// the word `key`, and for each change its revision and what is there then in protobuf. A key
    /// that was removed exactly at the revision of the last compaction counts as forgotten, as it
    /// does there.
    ///
    /// # Errors
    /// If what was at that revision is compacted, or it has not come.
    pub fn hash(&self, revision: i64) -> Result<u32, Error> {
        if revision > 0 && revision <= self.compacted {
            return Err(Error::Compacted);
        }
        if revision > self.revision {
            return Err(Error::Future);
        }
        let until = if revision == 0 { self.revision } else { revision };
        let kept = self.keys.values().filter_map(|changes| self.kept(changes, until));
        let kept: BTreeSet<Revision> = kept.collect();
        let mut hash = crc32c::crc32c(b"key");
        let mut bytes = Vec::new();
        for (at, change) in &self.changes {
            let is_old = at.main <= self.compacted && !kept.is_empty() && !kept.contains(at);
            if at.main <= until && !is_old {
                bytes.clear();
                put_change(&mut bytes, *at, change);
                hash = crc32c::crc32c_append(hash, &bytes);
            }
        }
        Ok(hash)
    }
}

fn put_change(out: &mut Vec<u8>, at: Revision, change: &Change) {
    out.extend(at.main.to_be_bytes());
    out.push(b'_');
    out.extend(at.sub.to_be_bytes());
    match &change.value {
        None => {
            out.push(b't');
            put_bytes(out, 1, &change.key);
        }
        Some(value) => put_value(out, value),
    }
}

/// In protobuf, as etcd writes it.
fn put_value(out: &mut Vec<u8>, value: &KeyValue) {
    put_bytes(out, 1, &value.key);
    put_number(out, 2, value.created);
    put_number(out, 3, value.modified);
    put_number(out, 4, value.version);
    put_bytes(out, 5, &value.value);
    put_number(out, 6, value.lease);
}

fn put_bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    if !bytes.is_empty() {
        out.push(field << 3 | 2);
        wire::put_number(out, bytes.len() as u64);
        out.extend(bytes);
    }
}

fn put_number(out: &mut Vec<u8>, field: u8, number: i64) {
    if number != 0 {
        out.push(field << 3);
        wire::put_number(out, number as u64);
    }
}
