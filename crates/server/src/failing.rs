//! A disk that can be told to fail.

use std::io;
use std::path::PathBuf;

use quorate_wal::Disk;

/// A disk whose syncs fail as long as a file is there, to see what a process does then.
#[derive(Debug)]
pub(crate) struct Failing<D> {
    pub(crate) disk: D,
    /// Nothing fails without one.
    pub(crate) marker: Option<PathBuf>,
}

impl<D> Failing<D> {
    fn refuse(&self) -> io::Result<()> {
        match &self.marker {
            Some(marker) if marker.exists() => {
                Err(io::Error::other(format!("{} is there", marker.display())))
            }
            _ => Ok(()),
        }
    }
}

impl<D: Disk> Disk for Failing<D> {
    fn names(&mut self) -> io::Result<Vec<String>> {
        self.disk.names()
    }

    fn size(&mut self, name: &str) -> io::Result<u64> {
        self.disk.size(name)
    }

    fn create(&mut self, name: &str, bytes: u64) -> io::Result<()> {
        self.disk.create(name, bytes)
    }

    fn read(&mut self, name: &str, at: u64, into: &mut [u8]) -> io::Result<()> {
        self.disk.read(name, at, into)
    }

    fn write(&mut self, name: &str, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.disk.write(name, at, bytes)
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        self.refuse()?;
        self.disk.sync(name)
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.disk.remove(name)
    }

    fn sync_names(&mut self) -> io::Result<()> {
        self.refuse()?;
        self.disk.sync_names()
    }
}
