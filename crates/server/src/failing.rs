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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use quorate_wal::memory::Memory;
    use quorate_wal::{Error, Settings, Wal};

    use super::Failing;

    /// Opens a log and commits to it.
    fn commit(marker: Option<PathBuf>) -> Result<(), Error> {
        let mut wal = Wal::open(Failing { disk: Memory::new(1), marker }, Settings::default())?.wal;
        wal.append(b"a record")?;
        wal.commit()
    }

    #[test]
    fn a_sync_fails_only_if_the_file_is_there() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        assert!(commit(None).is_ok());
        assert!(commit(Some(folder.join("no-such-file"))).is_ok());
        let failed = commit(Some(folder.join("Cargo.toml")));
        assert!(matches!(failed, Err(Error::Disk { .. })), "{failed:?}");
    }
}
