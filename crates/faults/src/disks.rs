//! Faults of the disk of one node.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rand_core::Rng;
use rustix::process::Signal;
use tokio::time::sleep;

use crate::stage::{LOOK, Stage};

/// How long a process may take to end.
const ENDS: Duration = Duration::from_secs(10);
/// How long a full disk may take to be noticed, under load.
const NOTICED: Duration = Duration::from_secs(20);
/// How many bytes a sector of the log has, and where a batch says how many sectors it takes.
const SECTOR: usize = 512;
const SECTORS_AT: usize = 32;

/// Which node the next fault is for: the leader and another in turn.
async fn next(stage: &mut Stage) -> Result<u16, String> {
    let (leader, _) = stage.leader().await?;
    let other = stage.faults % 2;
    stage.faults += 1;
    Ok(if other == 0 { leader } else { (leader + 1) % stage.n() })
}

/// Waits until the process of a node has ended by itself.
async fn ends(stage: &mut Stage, node: u16) -> Result<ExitStatus, String> {
    let until = Instant::now() + ENDS;
    while Instant::now() < until {
        if let Some(status) = stage.group.ended(node) {
            return Ok(status);
        }
        sleep(LOOK).await;
    }
    Err(format!("p{node} goes on {} s after the fault of its disk", ENDS.as_secs()))
}

/// The last line that a node has said, which has to have these words.
fn last_words(stage: &Stage, node: u16, words: &[&str]) -> Result<String, String> {
    let said = stage.group.said(node);
    let last = said.lines().last().unwrap_or("nothing").to_string();
    match words.iter().all(|word| last.contains(word)) {
        true => Ok(last),
        false => Err(format!("p{node} has ended, and said only: {last}")),
    }
}

/// Takes all room, and gives it back once the node has noticed.
pub(crate) async fn full(stage: &mut Stage) -> Result<(), String> {
    let node = next(stage).await?;
    let before = stage.group.said(node).len();
    stage.group.fill(node)?;
    let until = Instant::now() + NOTICED;
    while !stage.group.said(node)[before..].contains("no room for the log") {
        if Instant::now() > until {
            return Err(format!("p{node} has written for {} s to a full disk", NOTICED.as_secs()));
        }
        sleep(LOOK).await;
    }
    stage.pass(1_000, 4_000).await;
    if let Some(status) = stage.group.ended(node) {
        return Err(format!("p{node} has ended on a full disk: {status}"));
    }
    if stage.lot(2) == 0 {
        // It can be ended, and started again before there is room.
        stage.group.signal(node, Signal::TERM);
        ends(stage, node).await?;
        last_words(stage, node, &["waited for room"])?;
        stage.group.start(node)?;
        stage.pass(500, 2_000).await;
    }
    stage.group.free(node)?;
    stage.all_answer(&[node]).await
}

/// Lets a sync fail: the process has to end and say why, and can be started again.
pub(crate) async fn sync_fails(stage: &mut Stage) -> Result<(), String> {
    let node = next(stage).await?;
    let marker = stage.group.sync_fails(node);
    let failed = |error: std::io::Error| error.to_string();
    File::create(&marker).map_err(failed)?;
    let status = ends(stage, node).await?;
    if status.code() != Some(1) {
        return Err(format!("p{node} has ended with {status} after a sync that failed"));
    }
    let said = last_words(stage, node, &["disk failed to sync"])?;
    if stage.faults == 1 {
        stage.notes.push(format!("said: {said}"));
    }
    stage.pass(200, 1_500).await;
    fs::remove_file(&marker).map_err(failed)?;
    stage.group.start(node)?;
    stage.all_answer(&[node]).await
}

/// Flips a bit in the log of a node that does not run: it has to refuse to start, and to say where.
/// The others go on. Once the same bit is flipped back, all is as it was, and it starts.
pub(crate) async fn flip(stage: &mut Stage, in_state: bool) -> Result<(), String> {
    let node = next(stage).await?;
    if in_state {
        has_state(stage, node).await?;
    }
    stage.group.signal(node, Signal::TERM);
    ends(stage, node).await?;
    let place = place(&stage.group.log_folder(node), in_state, stage.chance.next_u32())?;
    place.flip()?;
    stage.group.start(node)?;
    let status = ends(stage, node).await?;
    let (name, sector) = (place.name(), format!("sector {}", place.sector()));
    if status.success() {
        return Err(format!("p{node} has ended with {status} after a bit was flipped"));
    }
    let said = last_words(stage, node, &[&name, &sector])?;
    if stage.faults == 1 {
        stage.notes.push(format!("said: {said}"));
    }
    stage.pass(500, 2_000).await;
    place.flip()?;
    stage.group.start(node)?;
    stage.all_answer(&[node]).await
}

/// Waits until a state stands in the place of the log of a node: its first segment is gone.
async fn has_state(stage: &Stage, node: u16) -> Result<(), String> {
    let until = Instant::now() + NOTICED;
    while segments(&stage.group.log_folder(node))?.first().is_none_or(|one| is_first(one)) {
        if Instant::now() > until {
            return Err(format!("p{node} keeps no state"));
        }
        sleep(LOOK).await;
    }
    Ok(())
}

fn is_first(segment: &Path) -> bool {
    segment.file_stem().is_some_and(|stem| stem.to_string_lossy().bytes().all(|b| b == b'0'))
}

fn segments(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|end| end == "log")).collect();
    files.sort();
    Ok(files)
}

/// A bit of a file.
struct Place {
    file: PathBuf,
    bit: u64,
}

/// A bit of a log: of the state that it begins with, or in the middle of what comes after that.
fn place(folder: &Path, in_state: bool, lot: u32) -> Result<Place, String> {
    let file = segments(folder)?.into_iter().next().ok_or("there is no log")?;
    let bytes = fs::read(&file).map_err(|error| error.to_string())?;
    let used = bytes.chunks(SECTOR).take_while(|sector| sector.iter().any(|b| *b != 0)).count();
    let at = SECTOR + SECTORS_AT;
    let many = bytes.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    // Sector 0 is the segment's head.
    let (from, until) = match many {
        Some(many) if in_state => (1, 1 + many as usize),
        _ => (1.max(used / 4), used - used / 4),
    };
    if until <= from || until > used {
        return Err(format!("{} has {used} sectors", file.display()));
    }
    let bits = ((until - from) * SECTOR * 8) as u64;
    let bit = (from * SECTOR * 8) as u64 + ((u64::from(lot) * bits) >> 32);
    Ok(Place { file, bit })
}

impl Place {
    fn name(&self) -> String {
        self.file.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn sector(&self) -> u64 {
        self.bit / 8 / SECTOR as u64
    }

    fn flip(&self) -> Result<(), String> {
        let flipped = || {
            let mut file = OpenOptions::new().read(true).write(true).open(&self.file)?;
            let (at, mut byte) = (SeekFrom::Start(self.bit / 8), [0]);
            file.seek(at)?;
            file.read_exact(&mut byte)?;
            byte[0] ^= 1 << (self.bit % 8);
            file.seek(at)?;
            file.write_all(&byte)?;
            file.sync_all()
        };
        flipped().map_err(|error: std::io::Error| format!("{}: {error}", self.file.display()))
    }
}
