//! Commits of records of 256 bytes: in a folder, where a sync takes most of the time, and on a disk
//! that does nothing, where what is left is ours.
//!
//! `cargo bench -p quorate-wal`, with TMPDIR on the disk that is meant

use std::collections::BTreeMap;
use std::io;

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use quorate_wal::{Disk, Folder, Settings, Wal};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const BATCHES: [usize; 3] = [1, 16, 256];
const RECORD: [u8; 256] = [7; 256];

fn commits<D: Disk>(bencher: Bencher<'_, '_>, batch: usize, disk: D) {
    let mut wal = Wal::open(disk, Settings::default()).expect("an empty log").wal;
    bencher.counter(ItemsCount::new(batch)).bench_local(|| {
        for _ in 0..batch {
            wal.append(&RECORD).expect("it is short");
        }
        wal.commit().expect("there is room");
        if wal.disk_bytes().expect("it can be measured") > 64 << 20 {
            wal.begin_anew(&[]).expect("there is room");
        }
    });
}

#[divan::bench(args = BATCHES, sample_count = 200, max_time = 3)]
fn folder(bencher: Bencher<'_, '_>, batch: usize) {
    let at = tempfile::tempdir().expect("a folder");
    commits(bencher, batch, Folder::open(at.path()).expect("nobody has it"));
}

#[divan::bench(args = BATCHES, sample_count = 1000, max_time = 3)]
fn no_disk(bencher: Bencher<'_, '_>, batch: usize) {
    commits(bencher, batch, NoDisk::default());
}

/// Keeps nothing but the sizes of files.
#[derive(Default)]
struct NoDisk(BTreeMap<String, u64>);

impl Disk for NoDisk {
    fn names(&mut self) -> io::Result<Vec<String>> {
        Ok(self.0.keys().cloned().collect())
    }

    fn size(&mut self, name: &str) -> io::Result<u64> {
        self.0.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn create(&mut self, name: &str, bytes: u64) -> io::Result<()> {
        self.0.insert(name.into(), bytes);
        Ok(())
    }

    fn read(&mut self, _: &str, _: u64, into: &mut [u8]) -> io::Result<()> {
        into.fill(0);
        Ok(())
    }

    fn write(&mut self, _: &str, _: u64, bytes: &[u8]) -> io::Result<()> {
        divan::black_box(bytes);
        Ok(())
    }

    fn sync(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let size = self.0.remove(from).ok_or(io::ErrorKind::NotFound)?;
        self.0.insert(to.into(), size);
        Ok(())
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.0.remove(name);
        Ok(())
    }

    fn sync_names(&mut self) -> io::Result<()> {
        Ok(())
    }
}
