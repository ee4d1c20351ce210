//! The log on disks that fail, and in a folder.

mod trial;

use quorate_wal::memory::Memory;
use quorate_wal::{Error, Folder, SECTOR_BYTES, Settings, Wal};

use trial::Tally;

const SEEDS: u64 = 3_000;

#[test]
fn what_was_committed_survives_every_crash() {
    let mut tally = Tally::default();
    for seed in 0..SEEDS {
        trial::crashes(seed, 4, &mut tally);
    }
    assert!(tally.crashes > 4 * SEEDS && tally.torn > SEEDS / 4, "{tally:?}");
    assert!(tally.batches > 10 * SEEDS && tally.anew > 2 * SEEDS, "{tally:?}");
}

#[test]
fn a_flipped_bit_is_found() {
    let mut tally = Tally::default();
    for seed in 0..SEEDS {
        trial::flips(seed, &mut tally);
    }
    assert!(tally.damaged > SEEDS / 2, "{tally:?}");
}

#[test]
fn a_write_that_is_lost_or_misdirected_is_found_by_the_next() {
    let mut tally = Tally::default();
    for seed in 0..SEEDS {
        trial::lost_writes(seed, &mut tally);
    }
    assert!(tally.damaged > SEEDS / 50, "{tally:?}");
}

#[test]
fn after_a_failure_the_log_is_opened_anew() {
    let mut tally = Tally::default();
    for seed in 0..SEEDS {
        trial::failures(seed, &mut tally);
    }
    assert!(tally.batches > SEEDS, "{tally:?}");
}

/// Of a state that is written in parts, a part is lost: that is no torn end.
#[test]
fn a_lost_part_of_a_state_is_damage() {
    trial::lost_writes(900_040_379, &mut Tally::default());
}

#[test]
fn a_full_disk_loses_nothing() {
    let disk = Memory::new(1);
    let settings = Settings { segment_bytes: 4 * SECTOR_BYTES as u64 };
    let mut wal = Wal::open(disk.clone(), settings).expect("an empty disk").wal;
    disk.set_room(6 * SECTOR_BYTES as u64);
    let mut written: Vec<Vec<u8>> = Vec::new();
    let refused = loop {
        let record = vec![written.len() as u8; 300];
        wal.append(&record).expect("there is memory");
        written.push(record);
        if let Err(error) = wal.commit() {
            break error;
        }
    };
    assert!(matches!(refused, Error::Full { .. }), "{refused}");
    assert!(matches!(wal.begin_anew(&[&[b"all"]]), Err(Error::Full { .. })));
    disk.set_room(u64::MAX);
    wal.commit().expect("there is room again");
    disk.crash();
    assert_eq!(Wal::open(disk, settings).expect("it is whole").records, written);
}

#[test]
fn a_folder_is_for_one_and_keeps_what_it_was_given() {
    let at = tempfile::tempdir().expect("a folder");
    let path = at.path().join("log");
    let open = || Wal::open(Folder::open(&path)?, Settings { segment_bytes: 4096 });
    let mut wal = open().expect("an empty folder").wal;
    let taken = open().expect_err("it is taken");
    assert!(matches!(taken, Error::Taken { .. }), "{taken}");
    let records: Vec<Vec<u8>> = (0..40u8).map(|fill| vec![fill; usize::from(fill) * 17]).collect();
    for batch in records.chunks(3) {
        batch.iter().for_each(|record| wal.append(record).expect("it is short"));
        wal.commit().expect("there is room");
    }
    assert!(wal.disk_bytes().expect("it can be measured") > 3 * 4096);
    drop(wal);
    let opened = open().expect("it is whole");
    assert_eq!(opened.records, records);
    let mut wal = opened.wal;
    wal.begin_anew(&[&[b"all ", b"of it"]]).expect("there is room");
    wal.append(b"and more").expect("it is short");
    wal.commit().expect("there is room");
    assert_eq!(wal.disk_bytes().expect("it can be measured"), 4096);
    assert_eq!(wal.first().expect("it is whole"), b"all of it");
    drop(wal);
    assert_eq!(open().expect("it is whole").records, [&b"all of it"[..], b"and more"]);
}

/// What was put in the place of everything, in more than one write, is read back while the log is
/// open; and not if a bit of it has flipped.
#[test]
fn the_first_record_is_read_back_or_refused() {
    let at = tempfile::tempdir().expect("a folder");
    let disk = Folder::open(at.path()).expect("nobody has it");
    let mut wal = Wal::open(disk, Settings { segment_bytes: 4096 }).expect("it is empty").wal;
    let state: Vec<u8> = (0..3_000_000u32).map(|at| (at % 251) as u8).collect();
    wal.begin_anew(&[&[b"all", &state], &[b"more"]]).expect("there is room");
    assert_eq!(wal.first().expect("it is whole"), [b"all", &state[..]].concat());
    let name = at.path().join("0000000000000001.log");
    let mut bytes = std::fs::read(&name).expect("it is there");
    bytes[2_000_000] ^= 4;
    std::fs::write(&name, &bytes).expect("it can be written");
    let found = wal.first();
    assert!(matches!(&found, Err(Error::Damaged { sector: 3_906, .. })), "{found:?}");
    assert!(matches!(wal.append(b"x"), Err(Error::Broken)), "it goes on after damage");
}

#[test]
fn what_is_no_log_is_refused_in_a_sentence() {
    let at = tempfile::tempdir().expect("a folder");
    let name = at.path().join("0000000000000000.log");
    for bytes in [&b""[..], &[7; 512], &[0; 4096]] {
        std::fs::write(&name, bytes).expect("it can be written");
        let folder = Folder::open(at.path()).expect("nobody has it");
        let error = Wal::open(folder, Settings::default()).expect_err("it is no log");
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("0000000000000000.log is damaged"), "{error}");
    }
}

/// Whatever is in the files, there is an answer, and it is a sentence or what was written.
#[test]
fn files_full_of_anything_are_no_trouble() {
    for seed in 0..SEEDS {
        trial::anything(seed);
    }
}
