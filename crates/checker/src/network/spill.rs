//! States that wait on disk, where memory is short: those of the layer under way in one file, those
//! of the next in another. The files have no names, so that nothing is left of them in any case.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::layers::{Chunk, Log};

/// States that wait, wherever they are.
#[derive(Debug)]
pub(crate) enum Waiting {
    /// In memory.
    Here(Chunk),
    /// On disk.
    Away(Away),
}

/// A chunk on disk. What is kept of it once it is expanded stays in memory.
#[derive(Debug)]
pub(crate) struct Away {
    log: Log,
    states: usize,
    at: u64,
    bytes: usize,
}

impl Waiting {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Here(chunk) => chunk.len(),
            Self::Away(away) => away.states,
        }
    }

    /// About how many bytes of memory it takes.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Here(chunk) => chunk.bytes(),
            Self::Away(away) => away.log.bytes(),
        }
    }

    pub(crate) fn into_log(self) -> Log {
        match self {
            Self::Here(chunk) => chunk.into_log(),
            Self::Away(away) => away.log,
        }
    }
}

/// The layer whose states wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Layer {
    /// The one under way.
    This,
    /// The one that is being found.
    Next,
}

#[derive(Debug, Default)]
struct Shelf {
    file: Option<File>,
    end: u64,
}

/// Two files, made when they are needed.
#[derive(Debug)]
pub(crate) struct Spill {
    folder: PathBuf,
    shelves: [Mutex<Shelf>; 2],
    turn: usize,
    written: AtomicU64,
}

impl Spill {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, shelves: Default::default(), turn: 0, written: AtomicU64::new(0) }
    }

    fn shelf(&self, layer: Layer) -> MutexGuard<'_, Shelf> {
        let at = if layer == Layer::This { self.turn } else { 1 - self.turn };
        self.shelves[at].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the states of a chunk on disk. If that fails they stay where they are.
    pub(crate) fn put(&self, chunk: Chunk, layer: Layer) -> (Waiting, io::Result<()>) {
        let bytes = chunk.encode();
        let mut shelf = self.shelf(layer);
        match shelf.append(&self.folder, &bytes) {
            Err(error) => (Waiting::Here(chunk), Err(error)),
            Ok(at) => {
                self.written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                let (states, bytes) = (chunk.len(), bytes.len());
                (Waiting::Away(Away { log: chunk.into_log(), states, at, bytes }), Ok(()))
            }
        }
    }

    /// Reads the states of a chunk of the layer under way.
    pub(crate) fn get(&self, away: &Away) -> io::Result<Chunk> {
        self.read(away, Layer::This)
    }

    /// The states of a chunk of some layer as bytes, wherever it waits, and its log.
    pub(crate) fn copy(&self, waiting: &Waiting, layer: Layer) -> io::Result<(Vec<u8>, Log)> {
        match waiting {
            Waiting::Here(chunk) => Ok((chunk.encode(), chunk.log())),
            Waiting::Away(away) => Ok((self.read(away, layer)?.encode(), away.log.clone())),
        }
    }

    fn read(&self, away: &Away, layer: Layer) -> io::Result<Chunk> {
        let mut bytes = vec![0; away.bytes];
        {
            let mut shelf = self.shelf(layer);
            let file = shelf.file.as_mut().ok_or(ErrorKind::NotFound)?;
            file.seek(SeekFrom::Start(away.at))?;
            file.read_exact(&mut bytes)?;
        }
        let chunk = Chunk::decode(&bytes).filter(|chunk| chunk.len() == away.states);
        chunk.ok_or_else(|| ErrorKind::InvalidData.into())
    }

    /// The next layer is the one under way from now on, and the old one is done.
    pub(crate) fn turn(&mut self) -> io::Result<()> {
        {
            let mut shelf = self.shelf(Layer::This);
            shelf.end = 0;
            if let Some(file) = &shelf.file {
                file.set_len(0)?;
            }
        }
        self.turn = 1 - self.turn;
        Ok(())
    }

    /// Counts what was written before.
    pub(crate) fn add(&self, bytes: u64) {
        self.written.fetch_add(bytes, Ordering::Relaxed);
    }

    /// How many bytes were written so far.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }
}

impl Shelf {
    fn append(&mut self, folder: &Path, bytes: &[u8]) -> io::Result<u64> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(folder)?),
        };
        file.seek(SeekFrom::Start(self.end))?;
        file.write_all(bytes)?;
        let at = self.end;
        self.end += bytes.len() as u64;
        Ok(at)
    }
}

/// Where files go that may become large: where the environment says, or not into memory.
pub(crate) fn folder() -> PathBuf {
    let large = Path::new("/var/tmp");
    match std::env::var_os("TMPDIR") {
        None if large.is_dir() => large.into(),
        _ => std::env::temp_dir(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(first: u32) -> Chunk {
        let mut chunk = Chunk::new(3, first.is_multiple_of(20));
        chunk.push(&[first, 2, 3], 1 << 100 | 7, 0, 5);
        chunk.push(&[], 8, 4, 0);
        chunk.push(&[first], 9, 4, 300);
        chunk
    }

    #[test]
    fn what_is_put_away_comes_back_as_it_was() {
        let mut spill = Spill::new(folder());
        let put = |spill: &Spill, first, layer| match spill.put(chunk(first), layer) {
            (Waiting::Away(away), Ok(())) => away,
            other => panic!("it is not on disk: {other:?}"),
        };
        let (now, later) = (put(&spill, 10, Layer::This), [20, 30]);
        let later = later.map(|first| put(&spill, first, Layer::Next));
        let same = |back: &Chunk, first| {
            let all = (0..back.len()).map(|place| back.get(place));
            let expected = chunk(first);
            assert!(all.eq((0..3).map(|place| expected.get(place))), "{back:?}");
        };
        same(&spill.get(&now).expect("it can be read"), 10);
        spill.turn().expect("a file can be cut");
        for (away, first) in later.iter().zip([20, 30]) {
            same(&spill.get(away).expect("it can be read"), first);
        }
        assert!(spill.written() > 0);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_and_nothing_is_lost() {
        let spill = Spill::new("/no/such/folder".into());
        let (waiting, done) = spill.put(chunk(1), Layer::Next);
        assert_eq!(done.map_err(|error| error.kind()), Err(ErrorKind::NotFound));
        assert!(matches!(waiting, Waiting::Here(chunk) if chunk.len() == 3));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_and_nothing_is_lost() {
        let spill = Spill::new(folder());
        let full = File::options().write(true).open("/dev/full").expect("there is such a device");
        spill.shelf(Layer::Next).file = Some(full);
        let (waiting, done) = spill.put(chunk(1), Layer::Next);
        assert_eq!(done.map_err(|error| error.kind()), Err(ErrorKind::StorageFull));
        assert!(matches!(waiting, Waiting::Here(chunk) if chunk.len() == 3));
    }
}
