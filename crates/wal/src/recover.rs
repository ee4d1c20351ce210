//! Reads a log after a crash: what is whole, what was torn, and what is damaged.

use crate::disk::Disk;
use crate::error::{Error, What};
use crate::sector::{self, Found, PAYLOAD_BYTES, Place, SECTOR_BYTES};
use crate::segment::{self, Begins, Chain, Head, NEW};
use crate::wal::{PREFACE_BYTES, chained, kind, sectors_of};

/// Where writing goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tail {
    pub(crate) head: Head,
    pub(crate) sector: u64,
    pub(crate) batch: u64,
    pub(crate) chain: Chain,
    /// Where the last batch of this segment begins, if it has one.
    last: Option<u64>,
}

/// What is there.
pub(crate) struct Recovered {
    pub(crate) oldest: u64,
    pub(crate) records: Vec<Vec<u8>>,
    pub(crate) tail: Tail,
    pub(crate) torn: bool,
}

/// Reads everything, cuts off what was torn, and removes what is not needed; `None` if there is no
/// log.
pub(crate) fn read<D: Disk>(disk: &mut D) -> Result<Option<Recovered>, Error> {
    let names = disk.names().map_err(Error::disk("list the files of", "the folder"))?;
    let mut segments: Vec<u64> = names.iter().filter_map(|name| segment::number(name)).collect();
    segments.sort_unstable();
    if names.iter().any(|name| name == NEW) {
        disk.remove(NEW).map_err(Error::disk("remove", NEW))?;
    }
    // A name may be in memory only, if who gave it ended before it was synced: what is written to
    // that file next would be lost with it, and what it stands for must not be removed before.
    disk.sync_names().map_err(Error::disk("sync", "the folder"))?;
    let Some(&newest) = segments.last() else { return Ok(None) };
    let mut heads = Vec::new();
    for number in segments.iter().rev() {
        let head = read_head(disk, *number)?;
        heads.push(head);
        if head.begins.is_some() {
            break;
        }
    }
    heads.reverse();
    let oldest = heads[0].segment;
    if heads[0].begins.is_none() || newest - oldest + 1 != heads.len() as u64 {
        let there = |number: &u64| segments.contains(number);
        let missing = (0..newest).rev().find(|number| !there(number)).unwrap_or(0);
        let name = segment::name(missing);
        return Err(Error::Damaged { name, sector: 0, what: What::File });
    }
    let mut records = Vec::new();
    let head = heads[0];
    let mut tail = Tail { head, sector: 1, batch: head.batch, chain: head.chain, last: None };
    let mut torn = false;
    for (at, head) in heads.iter().enumerate() {
        if (head.batch, head.chain) != (tail.batch, tail.chain) {
            let name = segment::name(head.segment);
            return Err(Error::Damaged { name, sector: 0, what: What::Chain });
        }
        tail = Tail { head: *head, sector: 1, last: None, ..tail };
        torn = read_segment(disk, &mut tail, &mut records, at + 1 == heads.len())?;
    }
    for old in segments.iter().filter(|number| **number < oldest) {
        let name = segment::name(*old);
        disk.remove(&name).map_err(Error::disk("remove", &name))?;
    }
    if oldest > segments[0] {
        disk.sync_names().map_err(Error::disk("sync", "the folder"))?;
    }
    Ok(Some(Recovered { oldest, records, tail, torn }))
}

fn read_head<D: Disk>(disk: &mut D, number: u64) -> Result<Head, Error> {
    let name = segment::name(number);
    let size = disk.size(&name).map_err(Error::disk("measure", &name))?;
    if size < SECTOR_BYTES as u64 {
        return Err(Error::Damaged { name, sector: 0, what: What::File });
    }
    let mut bytes = [0; SECTOR_BYTES];
    disk.read(&name, 0, &mut bytes).map_err(Error::disk("read", &name))?;
    Head::read(&bytes, number, size)
}

/// The first record of a segment, which must have one.
pub(crate) fn first<D: Disk>(disk: &mut D, segment: u64) -> Result<Vec<u8>, Error> {
    let head = read_head(disk, segment)?;
    let tail = Tail { head, sector: 1, batch: head.batch, chain: head.chain, last: None };
    let bytes = read_bytes(disk, head)?;
    let segment = Segment { head, bytes: &bytes };
    let found = batch_at(&segment, &tail)?;
    let (mut batch, _) = match found {
        Some(found) => found,
        None => return Err(segment.lacks(1, &leftovers(&segment, &tail, true)?)),
    };
    let length = batch.first_chunk().map(|length| 4 + u32::from_le_bytes(*length) as usize);
    let length = length.filter(|length| *length <= batch.len());
    batch.truncate(length.ok_or_else(|| segment.damaged(1, What::Nonsense))?);
    batch.drain(..4);
    Ok(batch)
}

fn read_bytes<D: Disk>(disk: &mut D, head: Head) -> Result<Vec<u8>, Error> {
    let name = segment::name(head.segment);
    let mut bytes = vec![0; head.sectors as usize * SECTOR_BYTES];
    disk.read(&name, 0, &mut bytes).map_err(Error::disk("read", &name))?;
    Ok(bytes)
}

/// A segment in memory.
struct Segment<'a> {
    head: Head,
    bytes: &'a [u8],
}

impl Segment<'_> {
    fn sector(&self, at: u64) -> Found<'_> {
        let from = at as usize * SECTOR_BYTES;
        let place = Place { segment: self.head.segment, sector: at };
        sector::get(&self.bytes[from..from + SECTOR_BYTES], place)
    }

    fn damaged(&self, sector: u64, what: What) -> Error {
        Error::Damaged { name: segment::name(self.head.segment), sector, what }
    }

    /// Of a batch that was whole and began at a sector only some are left: the first other one.
    fn lacks(&self, from: u64, left: &[u64]) -> Error {
        let gone = (from..).zip(left).find(|(at, left)| at != *left);
        self.damaged(gone.map_or(from + left.len() as u64, |(at, _)| at), What::Missing)
    }
}

/// Reads the batches of a segment; whether the last one was torn, which only the last segment's may
/// be.
fn read_segment<D: Disk>(
    disk: &mut D,
    tail: &mut Tail,
    records: &mut Vec<Vec<u8>>,
    is_last: bool,
) -> Result<bool, Error> {
    let head = tail.head;
    let name = segment::name(head.segment);
    let bytes = read_bytes(disk, head)?;
    let segment = Segment { head, bytes: &bytes };
    while let Some((batch, many)) = batch_at(&segment, tail)? {
        read_records(&batch, records)
            .ok_or_else(|| segment.damaged(tail.sector, What::Nonsense))?;
        tail.chain = chained(&tail.chain, &[&batch]);
        tail.last = Some(tail.sector);
        tail.batch += 1;
        tail.sector += many;
    }
    let leftover = leftovers(&segment, tail, is_last)?;
    if head.begins == Some(Begins::Batch) && tail.last.is_none() {
        return Err(segment.lacks(1, &leftover));
    }
    if !leftover.is_empty() {
        for at in &leftover {
            let written = disk.write(&name, at * SECTOR_BYTES as u64, &[0; SECTOR_BYTES]);
            written.map_err(Error::disk("clean the end of", &name))?;
        }
        disk.sync(&name).map_err(Error::disk("sync", &name))?;
    }
    if let Some(last) = tail.last.filter(|_| is_last) {
        // What was read may be in memory only, after a sync that failed and was forgotten: it is
        // written once more, the same, before anybody acts on it.
        let from = last as usize * SECTOR_BYTES;
        let until = tail.sector as usize * SECTOR_BYTES;
        let written = disk.write(&name, from as u64, &bytes[from..until]);
        written.map_err(Error::disk("write", &name))?;
        disk.sync(&name).map_err(Error::disk("sync", &name))?;
    }
    Ok(!leftover.is_empty())
}

/// The records of the next batch and how many sectors it has, if it is whole.
fn batch_at(segment: &Segment<'_>, tail: &Tail) -> Result<Option<(Vec<u8>, u64)>, Error> {
    let first = tail.sector;
    let left = segment.head.sectors - first;
    let nonsense = |at| segment.damaged(at, What::Nonsense);
    if left == 0 {
        return Ok(None);
    }
    let Found::Whole { batch, payload, .. } = segment.sector(first) else { return Ok(None) };
    if batch != tail.batch || payload.len() < PREFACE_BYTES {
        return Ok(None);
    }
    let number = |at: usize| {
        u32::from_le_bytes([payload[at], payload[at + 1], payload[at + 2], payload[at + 3]])
    };
    let (many, length) = (u64::from(number(16)), number(20) as usize);
    if many > left || many != sectors_of(length) {
        return Err(nonsense(first));
    }
    if payload[..16] != tail.chain {
        return Err(segment.damaged(first, What::Chain));
    }
    let mut bytes = Vec::with_capacity(PREFACE_BYTES + length);
    for at in 0..many {
        let Found::Whole { kind: of, batch, payload } = segment.sector(first + at) else {
            return Ok(None);
        };
        if batch != tail.batch {
            return Ok(None);
        }
        let wanted = (PREFACE_BYTES + length - bytes.len()).min(PAYLOAD_BYTES);
        if of != kind(at, many) || payload.len() != wanted {
            return Err(nonsense(first + at));
        }
        bytes.extend(payload);
    }
    bytes.drain(..PREFACE_BYTES);
    Ok(Some((bytes, many)))
}

/// The sectors that are left of a batch that was torn. Everything else that is behind the last
/// batch is damage.
fn leftovers(segment: &Segment<'_>, tail: &Tail, is_last: bool) -> Result<Vec<u64>, Error> {
    let mut left = Vec::new();
    let mut later = false;
    for at in tail.sector..segment.head.sectors {
        match segment.sector(at) {
            Found::Empty => {}
            Found::Damaged => return Err(segment.damaged(at, What::Checksum)),
            Found::Whole { kind, batch, .. } => match batch.cmp(&tail.batch) {
                _ if kind == sector::Kind::HEAD => {
                    return Err(segment.damaged(at, What::Nonsense));
                }
                std::cmp::Ordering::Less => return Err(segment.damaged(at, What::Nonsense)),
                std::cmp::Ordering::Equal => left.push(at),
                std::cmp::Ordering::Greater => later = true,
            },
        }
    }
    if later || !(is_last || left.is_empty()) {
        return Err(segment.lacks(tail.sector, &left));
    }
    Ok(left)
}

fn read_records(mut bytes: &[u8], records: &mut Vec<Vec<u8>>) -> Option<()> {
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        let (record, rest) = rest.split_at_checked(length)?;
        records.push(record.to_vec());
        bytes = rest;
    }
    Some(())
}
