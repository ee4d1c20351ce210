//! A folder of the file system.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::disk::Disk;
use crate::error::Error;

/// The file that says whose the folder is.
const LOCK: &str = "lock";
/// How much is written at a time when a file is filled with zeros.
const ZEROS: usize = 1 << 20;

/// A folder, which nobody else uses as long as it is open.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    open: HashMap<String, File>,
    /// Held until it is dropped.
    _lock: File,
}

impl Folder {
    /// Opens a folder, and makes it if it is not there.
    ///
    /// # Errors
    /// If another process has it, or the file system says no.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let shown = path.display().to_string();
        if !path.is_dir() {
            std::fs::create_dir_all(path).map_err(Error::disk("make the folder", &shown))?;
            if let Some(parent) = path.canonicalize().ok().as_deref().and_then(Path::parent) {
                let synced = File::open(parent).and_then(|parent| parent.sync_all());
                synced.map_err(Error::disk("sync the folder around", &shown))?;
            }
        }
        let mut options = OpenOptions::new();
        let lock = options.read(true).write(true).create(true).truncate(false);
        let lock = lock.open(path.join(LOCK)).map_err(Error::disk("open the lock of", &shown))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.into(), open: HashMap::new(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::Taken { folder: shown }),
            Err(TryLockError::Error(error)) => Err(Error::disk("lock", &shown)(error)),
        }
    }

    fn file(&mut self, name: &str) -> io::Result<&mut File> {
        if !self.open.contains_key(name) {
            let file = OpenOptions::new().read(true).write(true).open(self.path.join(name))?;
            self.open.insert(name.into(), file);
        }
        self.open.get_mut(name).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Disk for Folder {
    fn names(&mut self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    fn size(&mut self, name: &str) -> io::Result<u64> {
        Ok(self.file(name)?.metadata()?.len())
    }

    /// The zeros are written, so that no later write has to find room for itself, and a sync has
    /// nothing but bytes to bring to the disk.
    fn create(&mut self, name: &str, bytes: u64) -> io::Result<()> {
        self.open.remove(name);
        let mut options = OpenOptions::new();
        let path = self.path.join(name);
        let mut file = options.read(true).write(true).create(true).truncate(true).open(path)?;
        let zeros = vec![0; ZEROS];
        let mut left = bytes;
        while left > 0 {
            let many = left.min(ZEROS as u64);
            file.write_all(&zeros[..many as usize])?;
            left -= many;
        }
        self.open.insert(name.into(), file);
        Ok(())
    }

    fn read(&mut self, name: &str, at: u64, into: &mut [u8]) -> io::Result<()> {
        let file = self.file(name)?;
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(into)
    }

    fn write(&mut self, name: &str, at: u64, bytes: &[u8]) -> io::Result<()> {
        let file = self.file(name)?;
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        self.file(name)?.sync_data()
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.path.join(from), self.path.join(to))?;
        self.open.remove(to);
        if let Some(file) = self.open.remove(from) {
            self.open.insert(to.into(), file);
        }
        Ok(())
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.open.remove(name);
        std::fs::remove_file(self.path.join(name))
    }

    fn sync_names(&mut self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}
