//! The log that is open: batches are put together, written and synced.

use std::io::{self, ErrorKind};
use std::iter;

use crate::disk::Disk;
use crate::error::Error;
use crate::recover::{self, Tail};
use crate::sector::{self, Kind, PAYLOAD_BYTES, Place, SECTOR_BYTES};
use crate::segment::{self, Begins, Chain, Head, NEW, SECTORS_MAX};

/// How many bytes the records of a batch have at most, with their lengths.
const BATCH_MAX: usize = 1 << 30;
/// In how many parts at least a segment that begins anew, and is full, is written: more than one is
/// never in memory besides what it is made of.
const PARTS: u64 = 4;
/// What stands before the records of a batch: the hash of those before, how many sectors there are,
/// and how many bytes of records.
pub(crate) const PREFACE_BYTES: usize = 24;

/// How the log uses the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// How many bytes a segment has, at most 2 GiB; one that has to hold a larger batch has more.
    pub segment_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { segment_bytes: 4 << 20 }
    }
}

/// A log that is open for writing.
#[derive(Debug)]
pub struct Wal<D> {
    disk: D,
    settings: Settings,
    /// The first segment that is needed, and the one that is written to.
    oldest: u64,
    head: Head,
    /// The next sector in it.
    sector: u64,
    batch: u64,
    chain: Chain,
    /// The records of the next batch, each after its length.
    records: Vec<u8>,
    sectors: Vec<u8>,
    broken: bool,
}

/// A log as it was found.
#[derive(Debug)]
pub struct Opened<D> {
    /// The log, to go on with.
    pub wal: Wal<D>,
    /// Its records, from the last [`Wal::begin_anew`] on.
    pub records: Vec<Vec<u8>>,
    /// Whether the end was torn, and cut off.
    pub torn: bool,
}

impl<D: Disk> Wal<D> {
    /// Opens the log in a folder, or begins one. What it returns is on the disk.
    ///
    /// # Errors
    /// If the log is damaged, or the disk fails.
    pub fn open(mut disk: D, settings: Settings) -> Result<Opened<D>, Error> {
        let Some(found) = recover::read(&mut disk)? else {
            let wal = Self::begin(disk, settings)?;
            return Ok(Opened { wal, records: Vec::new(), torn: false });
        };
        let Tail { head, sector, batch, chain, .. } = found.tail;
        let wal = Self {
            disk,
            settings,
            oldest: found.oldest,
            head,
            sector,
            batch,
            chain,
            records: Vec::new(),
            sectors: Vec::new(),
            broken: false,
        };
        Ok(Opened { wal, records: found.records, torn: found.torn })
    }

    /// An empty log.
    fn begin(disk: D, settings: Settings) -> Result<Self, Error> {
        let head =
            Head { segment: 0, sectors: 0, batch: 0, chain: [0; 16], begins: Some(Begins::Empty) };
        let (records, sectors) = (Vec::new(), Vec::new());
        let mut wal = Self {
            disk,
            settings,
            oldest: 0,
            head,
            sector: 1,
            batch: 0,
            chain: [0; 16],
            records,
            sectors,
            broken: false,
        };
        wal.begin_segment(head, 0, &[])?;
        Ok(wal)
    }

    /// Puts a record into the next batch.
    ///
    /// # Errors
    /// If it is too long, or the disk failed before.
    pub fn append(&mut self, record: &[u8]) -> Result<(), Error> {
        self.refuse_broken()?;
        if record.len() + 4 > BATCH_MAX - self.records.len() {
            return Err(Error::TooLong { bytes: record.len() });
        }
        self.records.extend((record.len() as u32).to_le_bytes());
        self.records.extend(record);
        Ok(())
    }

    /// How many bytes wait for the next [`Wal::commit`].
    pub fn waiting_bytes(&self) -> usize {
        self.records.len()
    }

    /// The first record, which there must be, read back.
    ///
    /// # Errors
    /// If it is damaged, or the disk fails.
    pub fn first(&mut self) -> Result<Vec<u8>, Error> {
        self.refuse_broken()?;
        let first = recover::first(&mut self.disk, self.oldest);
        self.trusted(first)
    }

    /// How many bytes the segments that are needed have on the disk.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn disk_bytes(&mut self) -> Result<u64, Error> {
        let names: Vec<String> = (self.oldest..=self.head.segment).map(segment::name).collect();
        let size = |name: &String| self.disk.size(name).map_err(Error::disk("measure", name));
        names.iter().map(size).sum()
    }

    /// Writes the batch, and returns once it will survive a crash: all of it, or after a crash in
    /// the middle, nothing.
    ///
    /// # Errors
    /// If there is no room, in which case it can be tried again; or if the disk fails.
    pub fn commit(&mut self) -> Result<(), Error> {
        self.refuse_broken()?;
        if self.records.is_empty() {
            return Ok(());
        }
        let needed = sectors_of(self.records.len());
        if self.head.sectors - self.sector < needed {
            let next = Head {
                segment: self.head.segment + 1,
                sectors: 0,
                batch: self.batch,
                chain: self.chain,
                begins: None,
            };
            self.begin_segment(next, needed, &[])?;
        }
        let name = segment::name(self.head.segment);
        let place = Place { segment: self.head.segment, sector: self.sector };
        self.sectors.clear();
        let batch = Batch { number: self.batch, chain: self.chain, records: &[&self.records] };
        let sectors = &mut self.sectors;
        batch.sectors(|at, kind, payload| sector::put(sectors, place.after(at), kind, payload));
        let at = self.sector * SECTOR_BYTES as u64;
        let written = self.disk.write(&name, at, &self.sectors);
        self.trusted(written.map_err(Error::disk("write", &name)))?;
        let synced = self.disk.sync(&name);
        self.trusted(synced.map_err(Error::disk("sync", &name)))?;
        let records = std::mem::take(&mut self.records);
        self.written(self.sector + needed, &[&records]);
        self.records = records;
        self.records.clear();
        Ok(())
    }

    /// Puts these records, each in parts, in the place of all that there are, and of those that
    /// wait. It returns once they will survive a crash; after a crash in the middle, either they
    /// are there or all that was before.
    ///
    /// # Errors
    /// If there is no room, in which case nothing has changed; or if the disk fails.
    pub fn begin_anew(&mut self, records: &[&[&[u8]]]) -> Result<(), Error> {
        self.refuse_broken()?;
        let length = |record: &&[&[u8]]| record.iter().map(|part| part.len()).sum::<usize>();
        let lengths: Vec<usize> = records.iter().map(length).collect();
        let bytes: usize = lengths.iter().map(|length| length + 4).sum();
        if bytes > BATCH_MAX {
            return Err(Error::TooLong { bytes });
        }
        let heads: Vec<[u8; 4]> =
            lengths.iter().map(|length| (*length as u32).to_le_bytes()).collect();
        let with_head = |(head, record)| iter::once(head).chain(record);
        let heads = heads.iter().map(|head| &head[..]);
        let parts = heads.zip(records.iter().map(|record| record.iter().copied()));
        let parts: Vec<&[u8]> = parts.flat_map(with_head).collect();
        let next = Head {
            segment: self.head.segment + 1,
            sectors: 0,
            batch: self.batch,
            chain: self.chain,
            begins: Some(if records.is_empty() { Begins::Empty } else { Begins::Batch }),
        };
        let needed = if records.is_empty() { 0 } else { sectors_of(bytes) };
        self.begin_segment(next, needed, &parts)?;
        self.records.clear();
        if needed > 0 {
            self.written(1 + needed, &parts);
        }
        let unneeded = self.oldest..self.head.segment;
        self.oldest = self.head.segment;
        for old in unneeded {
            let name = segment::name(old);
            let removed = self.disk.remove(&name);
            self.trusted(removed.map_err(Error::disk("remove", &name)))?;
        }
        Ok(())
    }

    /// The disk, and nothing of what waits.
    pub fn into_disk(self) -> D {
        self.disk
    }

    /// Makes the next segment, of which a batch will need so much, with these records in it if it
    /// begins anew. Its name comes last: a segment that has one is whole.
    fn begin_segment(&mut self, head: Head, needed: u64, records: &[&[u8]]) -> Result<(), Error> {
        let usual = self.settings.segment_bytes.div_ceil(SECTOR_BYTES as u64);
        let head = Head { sectors: usual.clamp(2, SECTORS_MAX).max(1 + needed), ..head };
        let bytes = head.sectors * SECTOR_BYTES as u64;
        if let Err(source) = self.disk.create(NEW, bytes) {
            if matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
                // It may be there in part; the next try replaces it.
                let _ = self.disk.remove(NEW);
                return Err(Error::Full { bytes, source });
            }
            return self.trusted(Err(Error::disk("create", NEW)(source)));
        }
        let name = segment::name(head.segment);
        let written = self.write_new(head, records).map_err(Error::disk("write", NEW));
        let disk = &mut self.disk;
        let made = written
            .and_then(|()| disk.sync(NEW).map_err(Error::disk("sync", NEW)))
            .and_then(|()| disk.rename(NEW, &name).map_err(Error::disk("rename", NEW)))
            .and_then(|()| disk.sync_names().map_err(Error::disk("sync the folder of", &name)));
        self.trusted(made)?;
        (self.head, self.sector) = (head, 1);
        Ok(())
    }

    /// Writes the head of a segment and the batch that it begins with, if there is one, a part of
    /// it at a time.
    fn write_new(&mut self, head: Head, records: &[&[u8]]) -> io::Result<()> {
        let (mut bytes, mut from) = (head.sector(), 0);
        let mut done = Ok(());
        let part = self.settings.segment_bytes / PARTS;
        let place = Place { segment: head.segment, sector: 1 };
        let batch = Batch { number: head.batch, chain: head.chain, records };
        let disk = &mut self.disk;
        if !records.is_empty() {
            batch.sectors(|at, kind, payload| {
                sector::put(&mut bytes, place.after(at), kind, payload);
                if bytes.len() as u64 >= part && done.is_ok() {
                    done = disk.write(NEW, from, &bytes);
                    from += bytes.len() as u64;
                    bytes.clear();
                }
            });
        }
        done.and_then(|()| disk.write(NEW, from, &bytes))
    }

    /// The batch is on the disk.
    fn written(&mut self, sector: u64, records: &[&[u8]]) {
        self.chain = chained(&self.chain, records);
        self.batch += 1;
        self.sector = sector;
    }

    fn refuse_broken(&self) -> Result<(), Error> {
        if self.broken { Err(Error::Broken) } else { Ok(()) }
    }

    /// After an error nothing is known of what is on the disk.
    fn trusted<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        self.broken |= result.is_err();
        result
    }
}

/// A batch: the records with their lengths, in any number of parts.
struct Batch<'a> {
    number: u64,
    /// The hash of those before.
    chain: Chain,
    records: &'a [&'a [u8]],
}

impl Batch<'_> {
    /// Its sectors, one after the other: which it is, its kind with the number of the batch, and
    /// its payload.
    fn sectors(&self, mut put: impl FnMut(u64, (Kind, u64), &[u8])) {
        let bytes: usize = self.records.iter().map(|part| part.len()).sum();
        let many = sectors_of(bytes);
        let lengths = [(many as u32).to_le_bytes(), (bytes as u32).to_le_bytes()].concat();
        let preface = [&self.chain[..], &lengths].concat();
        let (mut at, mut payload) = (0, Vec::with_capacity(PAYLOAD_BYTES));
        for part in iter::once(&preface[..]).chain(self.records.iter().copied()) {
            let mut left = part;
            while !left.is_empty() {
                let (now, after) = left.split_at(left.len().min(PAYLOAD_BYTES - payload.len()));
                payload.extend_from_slice(now);
                left = after;
                if payload.len() == PAYLOAD_BYTES {
                    put(at, (kind(at, many), self.number), &payload);
                    payload.clear();
                    at += 1;
                }
            }
        }
        if !payload.is_empty() {
            put(at, (kind(at, many), self.number), &payload);
        }
    }
}

/// How many sectors a batch takes with so many bytes of records.
pub(crate) fn sectors_of(bytes: usize) -> u64 {
    (PREFACE_BYTES + bytes).div_ceil(PAYLOAD_BYTES) as u64
}

/// What a sector of a batch is, by its place.
pub(crate) fn kind(at: u64, many: u64) -> Kind {
    let first = if at == 0 { Kind::FIRST } else { Kind::INNER };
    if at + 1 == many { first.and(Kind::LAST) } else { first }
}

/// The hash of all batches, with one more.
pub(crate) fn chained(before: &Chain, records: &[&[u8]]) -> Chain {
    let mut hasher = blake3::Hasher::new();
    hasher.update(before);
    for part in records {
        hasher.update(part);
    }
    let mut chain = [0; 16];
    chain.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    chain
}
