//! A write-ahead log: what was committed is there after any crash, and damage is never taken for
//! an end.
//!
//! Records are handed out again in the order in which they were written. Those that are written
//! together are one batch: after a crash all of them are there, or none.
//!
//! # What is on the disk
//!
//! The log is a row of segments, files of a fixed size that are full of zeros before anything is
//! written to them. A segment is made of sectors of 512 bytes, and no sector is written twice. Each
//! has a checksum (CRC-32C) over what it says and where it belongs, so that a sector in the wrong
//! place is found too. A batch begins in a sector of its own and names a hash of all batches before
//! it.
//!
//! # Torn or damaged
//!
//! A batch is written only once the one before it is on the disk. So where the last batch is
//! incomplete, a sector of it is either what was written or zeros; that is a crash in the middle of
//! writing, and the batch, which nobody was told of, is cut off. Anything else is damage: a sector
//! that is neither, or one that is missing although a later batch is there. Damage is an
//! [error](Error::Damaged), and nothing is cut off. What is not noticed is the loss of all of the
//! last batch, or of the name of the last segment, by a disk that said that they were safe.
//!
//! What is assumed: a sector is written whole or not at all (Pillai et al. 2014, section 2), and
//! what was synced stays, but for damage. After an error of a write or a sync nothing is known of
//! what is on the disk (Rebello et al. 2020), so the log is not used any more: it has to be opened
//! again, by a process that begins anew.

mod disk;
mod error;
mod folder;
pub mod memory;
mod recover;
mod sector;
mod segment;
mod wal;

pub use disk::Disk;
pub use error::{Error, What};
pub use folder::Folder;
pub use sector::SECTOR_BYTES;
pub use wal::{Opened, Settings, Wal};
