//! Logs on a disk that fails, from a seed.

use quorate_wal::memory::{Fault, Memory};
use quorate_wal::{Disk, Error, Opened, SECTOR_BYTES, Settings, Wal};

type Records = Vec<Vec<u8>>;

/// Segments so small that they are often full.
const SETTINGS: Settings = Settings { segment_bytes: 8 * SECTOR_BYTES as u64 };

/// What was done and what came of it.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Tally {
    pub(crate) crashes: u64,
    pub(crate) torn: u64,
    pub(crate) batches: u64,
    pub(crate) anew: u64,
    pub(crate) damaged: u64,
}

/// A log with what is known of it.
struct Subject {
    wal: Wal<Memory>,
    /// What will survive.
    sure: Records,
    /// What waits.
    waiting: Records,
}

/// How an operation that failed may have left things.
type Outcomes = Vec<Records>;

impl Subject {
    /// A random operation; what may be found if it fails.
    fn step(
        &mut self,
        draw: &mut impl FnMut(u64) -> u64,
        tally: &mut Tally,
    ) -> (Result<(), Error>, Outcomes) {
        let mut record = |most| {
            let fill = draw(256) as u8;
            vec![fill; draw(most) as usize]
        };
        let (record, base) = (record(1_200), [record(3_000), record(40)]);
        match draw(10) {
            0..5 => {
                let done = self.wal.append(&record);
                if done.is_ok() {
                    self.waiting.push(record);
                }
                (done, vec![self.sure.clone()])
            }
            5..9 => {
                let after = [&self.sure[..], &self.waiting].concat();
                let done = self.wal.commit();
                if done.is_ok() {
                    tally.batches += u64::from(!self.waiting.is_empty());
                    self.waiting.clear();
                    self.sure.clone_from(&after);
                }
                (done, vec![self.sure.clone(), after])
            }
            _ => {
                let before = self.sure.clone();
                let done = self.wal.begin_anew(&[&[&base[0]], &[&base[1]]]);
                if done.is_ok() {
                    tally.anew += 1;
                    self.waiting.clear();
                    self.sure = base.to_vec();
                }
                (done, vec![before, base.to_vec()])
            }
        }
    }
}

fn lengths(all: &Records) -> Vec<usize> {
    all.iter().map(Vec::len).collect()
}

/// Opens the log, which has to be one of those that are possible.
fn open(disk: &Memory, possible: &[Records], place: &str) -> (Subject, bool) {
    let Opened { wal, records, torn } =
        Wal::open(disk.clone(), SETTINGS).unwrap_or_else(|error| panic!("{place}: {error}"));
    let expected: Vec<_> = possible.iter().map(lengths).collect();
    let found = lengths(&records);
    assert!(possible.contains(&records), "{place}: {found:?} is none of {expected:?}");
    (Subject { wal, sure: records, waiting: Vec::new() }, torn)
}

fn draws(seed: u64) -> impl FnMut(u64) -> u64 {
    let chance = Memory::new(seed ^ 0x5eed);
    move |many| chance.below(many)
}

/// Works until something fails; what may be found then.
fn work(subject: &mut Subject, draw: &mut impl FnMut(u64) -> u64, tally: &mut Tally) -> Outcomes {
    loop {
        let (done, outcomes) = subject.step(draw, tally);
        if done.is_err() {
            return outcomes;
        }
    }
}

/// A log whose machine stops in any operation, again and again, also while it is opened.
pub(crate) fn crashes(seed: u64, lives: u64, tally: &mut Tally) {
    let mut draw = draws(seed);
    let disk = Memory::new(seed);
    let mut possible: Outcomes = vec![Vec::new()];
    for life in 0..lives {
        let place = format!("seed {seed}, life {life}");
        if draw(4) == 0 {
            disk.let_fail(1 + draw(6), Fault::Stops);
            if let Err(error) = Wal::open(disk.clone(), SETTINGS) {
                assert!(matches!(error, Error::Disk { .. }), "{place}: {error}");
            }
            disk.crash();
            tally.crashes += 1;
        }
        let (mut subject, torn) = open(&disk, &possible, &place);
        tally.torn += u64::from(torn);
        disk.let_fail(1 + draw(60), Fault::Stops);
        possible = work(&mut subject, &mut draw, tally);
        disk.crash();
        tally.crashes += 1;
    }
    open(&disk, &possible, &format!("seed {seed}, at last"));
}

/// A log in which one bit flips: it is as it was, or the damage is found.
pub(crate) fn flips(seed: u64, tally: &mut Tally) {
    let mut draw = draws(seed);
    let disk = Memory::new(seed);
    let mut possible: Outcomes = vec![Vec::new()];
    let (mut subject, _) = open(&disk, &possible, &format!("seed {seed}"));
    disk.let_fail(3 + draw(60), Fault::Stops);
    possible.clone_from(&work(&mut subject, &mut draw, tally));
    disk.crash();
    let names = disk.clone().names().expect("it has names");
    let logs: Vec<&String> = names.iter().filter(|name| name.as_str() != "new.log").collect();
    if logs.is_empty() {
        return;
    }
    let name = logs[draw(logs.len() as u64) as usize];
    let size = disk.clone().size(name).expect("it is there");
    let at = draw(size) as usize;
    disk.flip(name, at, draw(8) as u8);
    match Wal::open(disk.clone(), SETTINGS) {
        Err(Error::Damaged { name: said, sector, .. }) => {
            assert_eq!((&said, sector as usize), (name, at / SECTOR_BYTES), "seed {seed}");
            tally.damaged += 1;
        }
        Err(error) => panic!("seed {seed}: {error}"),
        Ok(Opened { records, .. }) => {
            assert!(possible.contains(&records), "seed {seed}: a flipped bit is believed");
        }
    }
}

/// A disk that loses or misdirects a write, or says that something is safe that is not: what came
/// before the last batch is never cut off, nor what came before the last segment where it was the
/// name of that.
pub(crate) fn lost_writes(seed: u64, tally: &mut Tally) {
    let mut draw = draws(seed);
    let disk = Memory::new(seed);
    let (mut subject, _) = open(&disk, &[Vec::new()], &format!("seed {seed}"));
    let faults = [Fault::Lost, Fault::Misdirected(1 + draw(4)), Fault::Lies, Fault::ForgetsNames];
    let fault = faults[draw(4) as usize];
    disk.let_fail(1 + draw(20), fault);
    let mut sure = vec![Vec::new(); 2];
    for _ in 0..30 {
        if subject.step(&mut draw, tally).0.is_err() {
            break;
        }
        if sure.last() != Some(&subject.sure) {
            sure.push(subject.sure.clone());
        }
    }
    disk.crash();
    let last = if fault == Fault::ForgetsNames { sure.len() } else { 2 };
    let possible = &sure[sure.len() - last..];
    match Wal::open(disk.clone(), SETTINGS) {
        Err(Error::Damaged { .. }) => tally.damaged += 1,
        Err(error) => panic!("seed {seed}: {error}"),
        Ok(Opened { records, .. }) => {
            let expected: Vec<_> = possible.iter().map(lengths).collect();
            let found = lengths(&records);
            assert!(possible.contains(&records), "seed {seed}, {fault:?}: {found:?}, {expected:?}");
        }
    }
}

/// A disk on which something fails once: the log is not used any more, and whoever opens it finds
/// all that was sure, and keeps what it found and what it adds.
pub(crate) fn failures(seed: u64, tally: &mut Tally) {
    let mut draw = draws(seed);
    let disk = Memory::new(seed);
    let (mut subject, _) = open(&disk, &[Vec::new()], &format!("seed {seed}"));
    disk.let_fail(1 + draw(40), Fault::Fails);
    let possible = work(&mut subject, &mut draw, tally);
    assert!(matches!(subject.wal.append(b"more"), Err(Error::Broken)), "seed {seed}");
    assert!(matches!(subject.wal.commit(), Err(Error::Broken)), "seed {seed}");
    disk.restart();
    let (mut found, _) = open(&disk, &possible, &format!("seed {seed}, anew"));
    for _ in 0..draw(8) {
        found.step(&mut draw, tally).0.expect("nothing fails any more");
    }
    disk.crash();
    open(&disk, &[found.sure], &format!("seed {seed}, after a crash"));
}

/// Files in which whole stretches are overwritten, with noise, with zeros or with each other.
pub(crate) fn anything(seed: u64) {
    let mut draw = draws(seed);
    let disk = Memory::new(seed);
    let mut subject = open(&disk, &[Vec::new()], &format!("seed {seed}")).0;
    for _ in 0..30 {
        subject.step(&mut draw, &mut Tally::default()).0.expect("nothing fails");
    }
    let mut disk = disk;
    let names = disk.names().expect("it has names");
    for _ in 0..1 + draw(4) {
        let (from, to) = (&names[draw(names.len() as u64) as usize], &names[0]);
        let size = disk.size(from).expect("it is there").min(disk.size(to).expect("it is there"));
        let sectors = size / SECTOR_BYTES as u64;
        let (at, many) = (draw(sectors), 1 + draw(3));
        let mut bytes = vec![0; (many.min(sectors - at) as usize) * SECTOR_BYTES];
        let (at, kind) = (at * SECTOR_BYTES as u64, draw(3));
        match kind {
            0 => bytes.fill_with(|| draw(256) as u8),
            1 => disk.read(from, at, &mut bytes).expect("it is there"),
            _ => {}
        }
        disk.write(to, at, &bytes).expect("nothing fails");
    }
    match Wal::open(disk, SETTINGS) {
        Err(error) => assert!(matches!(error, Error::Damaged { .. }), "seed {seed}: {error}"),
        Ok(Opened { records, .. }) => {
            let known = |record: &&Vec<u8>| subject.sure.contains(record);
            assert_eq!(records.iter().filter(known).count(), records.len(), "seed {seed}");
        }
    }
}
