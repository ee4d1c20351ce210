//! What the log asks of a disk.

use std::io;

/// A folder of files, by name. Nothing is sure to survive a crash before it is synced: the bytes of
/// a file by [`Disk::sync`], its name by [`Disk::sync_names`].
pub trait Disk {
    /// The names of all files, in any order.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn names(&mut self) -> io::Result<Vec<String>>;

    /// How many bytes a file has.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn size(&mut self, name: &str) -> io::Result<u64>;

    /// Makes a file of so many bytes, all zero; one of that name is replaced.
    ///
    /// # Errors
    /// If there is no room, or whatever else the disk says.
    fn create(&mut self, name: &str, bytes: u64) -> io::Result<()>;

    /// Reads exactly as many bytes as there is room for.
    ///
    /// # Errors
    /// If there are fewer, or whatever else the disk says.
    fn read(&mut self, name: &str, at: u64, into: &mut [u8]) -> io::Result<()>;

    /// Writes all the bytes.
    ///
    /// # Errors
    /// Whatever the disk says; then any of them may have been written.
    fn write(&mut self, name: &str, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Returns once the bytes of a file will survive a crash.
    ///
    /// # Errors
    /// Whatever the disk says; then nothing is known of what was written since the last time.
    fn sync(&mut self, name: &str) -> io::Result<()>;

    /// Gives a file another name, and replaces one that has it.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn remove(&mut self, name: &str) -> io::Result<()>;

    /// Returns once what was made, renamed and removed will survive a crash.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn sync_names(&mut self) -> io::Result<()>;
}
