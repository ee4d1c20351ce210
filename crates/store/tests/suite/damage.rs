//! Commands and saved stores that are whole, and such that somebody changed.

use quorate_store::{Command, Done, Error, Range, Store, Wanted};

use crate::draw::{Draw, Request};

/// What became of the bytes that were changed.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Tally {
    /// How many were changed.
    pub(crate) changed: u64,
    /// How many of them could be read all the same, being something else that is written so.
    pub(crate) read: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.changed += other.changed;
        self.read += other.read;
    }
}

/// A store after some requests.
pub(crate) fn store(draw: &mut Draw, requests: usize) -> Store {
    let mut store = Store::default();
    for _ in 0..requests {
        // What is refused changes nothing.
        let _ = answer(&mut store, &draw.next());
        draw.revision = store.revision();
        draw.compacted = store.compacted().unwrap_or(0);
    }
    store
}

/// What a store answers to a request.
pub(crate) fn answer(store: &mut Store, request: &Request) -> Result<Done, Error> {
    match request {
        Request::Read(range) => store.range(range).map(Done::Range),
        Request::Change(Command::Txn(txn)) => {
            let read = store.read_txn(txn);
            assert_eq!(read.is_some(), txn.only_reads());
            let done = store.txn(txn);
            assert!(read.is_none_or(|read| read == done), "{txn:?}");
            done.map(Done::Txn)
        }
        Request::Change(command) => store.apply(command),
    }
}

/// Every revision reads the same, and hashes the same, in both.
pub(crate) fn same(one: &Store, other: &Store) {
    assert_eq!(one, other);
    for revision in 0..=one.revision() + 1 {
        let range = Range { wanted: Wanted::all(), revision, ..Range::default() };
        assert_eq!(one.range(&range), other.range(&range), "at revision {revision}");
        assert_eq!(one.hash(revision), other.hash(revision), "at revision {revision}");
    }
}

/// Changes bytes as a disk, a network or somebody in bad faith may.
fn change(draw: &mut Draw, bytes: &mut Vec<u8>) {
    for _ in 0..=draw.below(3) {
        if bytes.is_empty() {
            return bytes.push(draw.number() as u8);
        }
        let at = draw.below(bytes.len());
        match draw.below(6) {
            0 => bytes[at] ^= 1 << draw.below(8),
            1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][draw.below(5)],
            2 => bytes.truncate(at),
            3 => bytes.insert(at, draw.number() as u8),
            4 => drop(bytes.remove(at)),
            _ => {
                let again: Vec<u8> = bytes[at..].iter().copied().take(1 + at % 9).collect();
                bytes.splice(at..at, again);
            }
        }
    }
}

/// The length and the checksum are right again, so that what is between them is looked at.
fn seal(bytes: &mut [u8]) {
    if bytes.len() >= 20 {
        let length = (bytes.len() - 20) as u64;
        bytes[8..16].copy_from_slice(&length.to_le_bytes());
        let end = bytes.len() - 4;
        let checksum = crc32c::crc32c(&bytes[..end]);
        bytes[end..].copy_from_slice(&checksum.to_le_bytes());
    }
}

/// A command, whole and changed. What can be read is written the same again, and can be applied.
pub(crate) fn command(draw: &mut Draw, store: &mut Store) -> Tally {
    let command = draw.command();
    let bytes = command.encode();
    assert_eq!(Command::decode(&bytes), Ok(command));
    let mut changed = bytes.clone();
    change(draw, &mut changed);
    let read = Command::decode(&changed);
    if let Ok(read) = &read {
        assert_eq!(read.encode(), changed);
        let _ = store.apply(read);
    }
    Tally {
        changed: u64::from(changed != bytes),
        read: u64::from(changed != bytes && read.is_ok()),
    }
}

/// A saved store, whole and changed; half the time whoever changed it made the checksum fit. What
/// can be read is written the same again, and answers.
pub(crate) fn snapshot(draw: &mut Draw, requests: usize) -> Tally {
    let store = store(draw, requests);
    let bytes = store.save();
    same(&store, &Store::load(&bytes).expect("it was saved"));
    let mut tally = Tally::default();
    for _ in 0..8 {
        let mut changed = bytes.clone();
        change(draw, &mut changed);
        let sealed = draw.odds(50);
        if sealed {
            seal(&mut changed);
        }
        let read = Store::load(&changed);
        tally.changed += u64::from(changed != bytes);
        let Ok(mut read) = read else { continue };
        assert_eq!(read.save(), changed);
        assert!(sealed || changed == bytes, "read with a checksum that nobody made fit");
        tally.read += u64::from(changed != bytes);
        let _ = read.hash(0);
        let _ = read.range(&Range { wanted: Wanted::all(), ..Range::default() });
        let _ = read.compact(read.revision());
        let _ = answer(&mut read, &draw.next());
    }
    tally
}
