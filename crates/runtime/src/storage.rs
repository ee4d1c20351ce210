//! Records on a disk, and what survives a crash read back from them.

use std::fmt;

use quorate_kernel::engine::{decode, encode};
use quorate_kernel::{Coded, Protocol, RecordOf, Stable};
use quorate_wal::{Disk, Error, Opened, Settings, Wal};

/// What stands before a record of the log that has everything, or the records of some steps; or in
/// the same batch after one of these, how many events the process had written to its part of a
/// trace by then, if it does.
const WHOLE: u8 = 0;
const STEPS: u8 = 1;
const TOLD: u8 = 2;
/// What is before the application's state in a record that has everything: that it is one, and how
/// many bytes the state has.
const WHOLE_BYTES: usize = 1 + 8;

/// Why what survived a crash cannot be read.
#[derive(Debug)]
pub enum Damage {
    /// The log cannot be opened.
    Log(Error),
    /// A record of the log is not one of this protocol, group and version.
    Foreign {
        /// Which record, from 0.
        record: usize,
    },
}

impl fmt::Display for Damage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(error) => error.fmt(out),
            Self::Foreign { record } => write!(
                out,
                "record {record} of the log is none of this protocol in this group; name the \
                 protocol, size and parameters that the folder was made for, or another folder"
            ),
        }
    }
}

impl std::error::Error for Damage {}

/// A log, or none for a process whose protocol stores nothing.
#[derive(Debug)]
pub struct Storage<D>(Option<Wal<D>>);

impl<D: Disk> Storage<D> {
    /// Opens the log on a disk, and reads what survives from it.
    ///
    /// # Errors
    /// If the log is damaged, another process has it, or it is not of this protocol and group.
    pub fn open<P: Protocol>(disk: D, settings: Settings, n: u16) -> Result<Found<P, D>, Damage> {
        let Opened { wal, records, torn } = Wal::open(disk, settings).map_err(Damage::Log)?;
        let (storage, stable) = (Self(Some(wal)), P::Stable::default());
        let mut found = Found { storage, stable, state: Vec::new(), torn, told: Some(0) };
        for (at, record) in records.iter().enumerate() {
            found.replay(record, n).ok_or(Damage::Foreign { record: at })?;
        }
        Ok(found)
    }

    /// Writes the records of some steps, and returns once they are safe. They are taken only then:
    /// after an error for want of room the same call can be made again.
    pub(crate) fn append(&mut self, records: &mut Vec<u8>, told: Option<u64>) -> Result<(), Error> {
        let wal = self.0.as_mut().ok_or(Error::Broken)?;
        if wal.waiting_bytes() == 0 {
            wal.append(records)?;
            told.map_or(Ok(()), |events| wal.append(&mark(events)))?;
        }
        wal.commit()?;
        records.clear();
        Ok(())
    }

    /// Puts what survives, with an application's state, in the place of all records.
    pub(crate) fn begin_anew<P: Protocol>(
        &mut self,
        stable: &P::Stable,
        state: &[u8],
        told: Option<u64>,
    ) -> Result<(), Error> {
        let mut protocol = Vec::new();
        encode(stable, &mut protocol, None);
        let length = (state.len() as u64).to_le_bytes();
        let whole: &[&[u8]] = &[&[WHOLE], &length, state, &protocol];
        let mark = told.map(mark);
        let mark = mark.as_ref().map(|mark| [&mark[..]]);
        let all: Vec<&[&[u8]]> =
            std::iter::once(whole).chain(mark.as_ref().map(|mark| &mark[..])).collect();
        self.0.as_mut().ok_or(Error::Broken)?.begin_anew(&all)
    }

    /// The application's state that was put there last, without what came after it; nothing if
    /// none was.
    pub(crate) fn state(&mut self) -> Result<Vec<u8>, Error> {
        let mut whole = self.0.as_mut().ok_or(Error::Broken)?.first()?;
        let state = whole_state(&whole).map(<[u8]>::len);
        whole.truncate(WHOLE_BYTES + state.unwrap_or(0));
        whole.drain(..WHOLE_BYTES.min(whole.len()));
        Ok(whole)
    }

    /// How many bytes the log takes on the disk.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn disk_bytes(&mut self) -> Result<u64, Error> {
        self.0.as_mut().map_or(Ok(0), Wal::disk_bytes)
    }
}

/// What a disk has.
#[derive(Debug)]
pub struct Found<P: Protocol, D> {
    /// To go on with.
    pub storage: Storage<D>,
    /// What survived.
    pub stable: P::Stable,
    /// The state of the application, without what came after it was kept.
    pub state: Vec<u8>,
    /// Whether the end was torn, and cut off.
    pub torn: bool,
    /// How many events the part of a trace had when the last of it was written; `None` if the
    /// process wrote none then.
    pub told: Option<u64>,
}

impl<P: Protocol, D> Found<P, D> {
    /// What there is where nothing is stored.
    pub fn nothing() -> Self {
        let (storage, stable) = (Storage(None), P::Stable::default());
        Self { storage, stable, state: Vec::new(), torn: false, told: Some(0) }
    }

    /// Takes a record of the log.
    fn replay(&mut self, record: &[u8], n: u16) -> Option<()> {
        self.told = None;
        match record {
            [WHOLE, ..] => {
                let kept = whole_state(record)?;
                self.stable = decode(&record[WHOLE_BYTES + kept.len()..], n, None).ok()?;
                self.state = kept.into();
            }
            [STEPS, steps @ ..] => {
                let mut rest = steps;
                while !rest.is_empty() {
                    let (bytes, after) = rest.split_first_chunk::<4>()?;
                    let (one, after) =
                        after.split_at_checked(u32::from_le_bytes(*bytes) as usize)?;
                    self.stable.apply(&decode::<RecordOf<P>>(one, n, None).ok()?);
                    rest = after;
                }
            }
            [TOLD, events @ ..] => {
                self.told = Some(u64::from_le_bytes(events.try_into().ok()?));
            }
            _ => return None,
        }
        Some(())
    }
}

/// The record that says how many events there were.
fn mark(events: u64) -> [u8; 9] {
    let mut mark = [TOLD; 9];
    mark[1..].copy_from_slice(&events.to_le_bytes());
    mark
}

/// Puts a record after those of the same batch.
pub(crate) fn put<R: Coded>(record: &R, records: &mut Vec<u8>) {
    if records.is_empty() {
        records.push(STEPS);
    }
    let before = records.len();
    records.extend([0; 4]);
    encode(record, records, None);
    let bytes = (records.len() - before - 4) as u32;
    records[before..before + 4].copy_from_slice(&bytes.to_le_bytes());
}

/// The application's state in a record that has everything.
fn whole_state(record: &[u8]) -> Option<&[u8]> {
    let (length, rest) = record.strip_prefix(&[WHOLE])?.split_first_chunk::<8>()?;
    rest.get(..usize::try_from(u64::from_le_bytes(*length)).ok()?)
}
