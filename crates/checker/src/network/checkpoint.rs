//! A search that was stopped, in a file, to go on from there another time.
//!
//! The file is words of eight bytes: what it is, the version of the program and the question; then
//! what was asked of the tables (`logged.rs`), the prints of the visited states, the way back, the
//! states that wait and what came of the chunks of their layer that are done; and a sum over all of
//! it, which changes if any one word does. It is written beside its place and moved there, so that
//! an older one is there until the new one is whole.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::coverage::{Local, Taken};
use super::cut_off::CutOff;
use super::findings::Explored;
use super::layers::{Chunk, Log};
use super::logged::{Asked, Call};
use super::print::{Print, scramble};
use super::search::Root;
use super::tables::Case;
use super::visited::Visited;

const MAGIC: u64 = u64::from_le_bytes(*b"quorate\n");
const VERSION: u64 = 1;

/// Where to keep a search that is stopped before its end, and what was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keep {
    /// The file.
    pub path: PathBuf,
    /// Everything on which the answer depends but the program, in words.
    pub question: String,
}

/// What became of a search that was to be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept {
    /// It is in the file.
    Written,
    /// It could not be written.
    Failed(ErrorKind),
}

/// Why a file is not gone on from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It cannot be read.
    Unread(ErrorKind),
    /// It is none, or not whole, or a bit of it is another.
    Damaged,
    /// It was written by another version of the program.
    OtherBuild(String),
    /// It is about another question.
    OtherQuestion(String),
}

/// What came of a chunk that is done, the layer under way being not.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) at: usize,
    pub(super) chunks: Vec<Chunk>,
    pub(super) log: Log,
    pub(super) transitions: u64,
    pub(super) ends: u64,
    pub(super) cited: u64,
    pub(super) cut_off: CutOff,
}

/// A search that was stopped.
pub struct Saved {
    pub(super) asked: Vec<Asked>,
    pub(super) visited: Visited,
    pub(super) begun: Vec<Root>,
    pub(super) logs: Vec<Log>,
    /// The layer under way; nothing in place of chunks that are done.
    pub(super) layer: Vec<Option<Chunk>>,
    pub(super) done: Vec<Done>,
    pub(super) explored: Explored,
    pub(super) cited: u64,
    pub(super) cut_off: CutOff,
    pub(super) taken: Taken,
}

impl std::fmt::Debug for Saved {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Saved").field("explored", &self.explored).finish()
    }
}

/// Writes words, and sums them.
pub(super) struct Out {
    file: BufWriter<File>,
    sum: u64,
}

impl Out {
    pub(super) fn word(&mut self, word: u64) -> io::Result<()> {
        self.sum = scramble(self.sum ^ word);
        self.file.write_all(&word.to_le_bytes())
    }

    pub(super) fn words(&mut self, words: &[u64]) -> io::Result<()> {
        words.iter().try_for_each(|word| self.word(*word))
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.word(bytes.len() as u64)?;
        bytes.chunks(8).try_for_each(|part| {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.word(u64::from_le_bytes(word))
        })
    }

    pub(super) fn chunk(&mut self, (states, log): (Vec<u8>, Log)) -> io::Result<()> {
        self.bytes(&states)?;
        self.log(&log)
    }

    pub(super) fn log(&mut self, log: &Log) -> io::Result<()> {
        let (parents, steps) = log.parts();
        self.word(parents.into())?;
        self.bytes(steps)
    }

    pub(super) fn asked(&mut self, log: &[Asked]) -> io::Result<()> {
        self.word(log.len() as u64)?;
        for (call, answer) in log {
            let pair = |a: u32, b: u32| u64::from(a) | u64::from(b) << 32;
            let words = match *call {
                Call::Begin => [0, 0, 0, 0],
                Call::Land(seat, event) => [1, pair(seat, event), 0, 0],
                Call::Cut(event, for_good) => [2, pair(event, for_good.into()), 0, 0],
                Call::Garbled(event) => [3, event.into(), 0, 0],
                Call::Enter(ledger, process, entry) => [4, pair(ledger, entry), process.into(), 0],
                Call::Past(seat, event) => [6, pair(seat, event), 0, 0],
                Call::From(seat) => [7, seat.into(), 0, 0],
                Call::Words => [8, 0, 0, 0],
                Call::Judge(ledger, case) => {
                    let rest = pair(ledger, case.lost << 1 | u32::from(case.settled));
                    [5, rest, case.down, case.traitors]
                }
            };
            self.words(&words)?;
            self.word(*answer)?;
        }
        Ok(())
    }

    pub(super) fn visited(&mut self, visited: &Visited) -> io::Result<()> {
        self.words(&[visited.bits().into(), visited.len()])?;
        let wide = visited.bits() > 64;
        let mut done = Ok(());
        visited.for_each(|print| {
            if done.is_ok() {
                done = self.word(print as u64);
            }
            if wide && done.is_ok() {
                done = self.word((print >> 64) as u64);
            }
        });
        done
    }

    pub(super) fn roots(&mut self, begun: &[Root]) -> io::Result<()> {
        self.word(begun.len() as u64)?;
        begun.iter().try_for_each(|root| {
            self.word(root.beginning as u64)?;
            let bytes: Vec<u8> = root.words.iter().flat_map(|word| word.to_le_bytes()).collect();
            self.bytes(&bytes)
        })
    }

    pub(super) fn taken(&mut self, taken: &Taken) -> io::Result<()> {
        self.word(taken.steps.len() as u64)?;
        for (step, (cited, when)) in &taken.steps {
            let from = u64::from(step.seat) | u64::from(step.event) << 32;
            let to = u64::from(step.next) | u64::from(step.disk) << 32;
            self.words(&[from, to, *cited, (*when).into()])?;
        }
        self.word(taken.judged.len() as u64)?;
        for (ledger, case) in &taken.judged {
            let rest = u64::from(case.lost) << 1 | u64::from(case.settled);
            self.words(&[(*ledger).into(), rest, case.down, case.traitors])?;
        }
        Ok(())
    }

    pub(super) fn counts(&mut self, cited: u64, cut_off: CutOff) -> io::Result<()> {
        let flags = [cut_off.timers, cut_off.rounds, cut_off.tosses];
        let flags = (0..).zip(flags).fold(0, |set, (bit, flag)| set | u64::from(flag) << bit);
        self.words(&[cited, flags])
    }
}

/// Writes a file, or leaves the one that is there.
pub(super) fn write(keep: &Keep, fill: impl FnOnce(&mut Out) -> io::Result<()>) -> io::Result<()> {
    let mut name = keep.path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    let beside = keep.path.with_file_name(name);
    let written = || {
        let mut out = Out { file: BufWriter::new(File::create(&beside)?), sum: 0 };
        out.words(&[MAGIC, VERSION])?;
        out.bytes(env!("CARGO_PKG_VERSION").as_bytes())?;
        out.bytes(keep.question.as_bytes())?;
        fill(&mut out)?;
        let sum = out.sum;
        out.word(sum)?;
        out.file.flush()?;
        out.file.get_ref().sync_all()?;
        std::fs::rename(&beside, &keep.path)
    };
    let done = written();
    if done.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    done
}

/// Reads words; `None` where the file ends too early or holds something else.
struct In {
    file: BufReader<File>,
    /// How many words are left.
    left: u64,
}

impl In {
    fn word(&mut self) -> Option<u64> {
        self.left = self.left.checked_sub(1)?;
        let mut word = [0; 8];
        self.file.read_exact(&mut word).ok()?;
        Some(u64::from_le_bytes(word))
    }

    /// A number of things that take at least a word each.
    fn count(&mut self) -> Option<u64> {
        self.word().filter(|count| *count <= self.left)
    }

    fn bytes(&mut self) -> Option<Vec<u8>> {
        let length = self.word()?;
        let mut bytes = Vec::new();
        if length.div_ceil(8) > self.left {
            return None;
        }
        for _ in 0..length.div_ceil(8) {
            bytes.extend(self.word()?.to_le_bytes());
        }
        bytes.truncate(length as usize);
        Some(bytes)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?).ok()
    }

    fn many<T>(&mut self, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        (0..self.count()?).map(|_| one(self)).collect()
    }

    fn log(&mut self) -> Option<Log> {
        let parents = self.word()?.try_into().ok()?;
        Some(Log::of(parents, self.bytes()?))
    }

    fn chunk(&mut self) -> Option<Chunk> {
        let chunk = Chunk::decode(&self.bytes()?)?;
        Some(chunk.with(self.log()?))
    }

    fn asked(&mut self) -> Option<Asked> {
        let [kind, pair, more, last] = [self.word()?, self.word()?, self.word()?, self.word()?];
        let (low, high) = (pair as u32, (pair >> 32) as u32);
        let call = match kind {
            0 => Call::Begin,
            1 => Call::Land(low, high),
            2 => Call::Cut(low, high != 0),
            3 => Call::Garbled(low),
            4 => Call::Enter(low, more.try_into().ok()?, high),
            5 => Call::Judge(low, case(high.into(), more, last)),
            6 => Call::Past(low, high),
            7 => Call::From(low),
            8 => Call::Words,
            _ => return None,
        };
        Some((call, self.word()?))
    }

    fn visited(&mut self) -> Option<Visited> {
        let wide = match self.word()? {
            64 => false,
            128 => true,
            _ => return None,
        };
        let visited = Visited::new(wide);
        for _ in 0..self.count()? {
            let low = self.word()?;
            let high = if wide { self.word()? } else { 0 };
            visited.insert(Print::from(high) << 64 | Print::from(low));
        }
        Some(visited)
    }

    fn root(&mut self) -> Option<Root> {
        let beginning = self.word()? as usize;
        let word = |bytes: &[u8]| bytes.try_into().map_or(0, u32::from_le_bytes);
        Some(Root { beginning, words: self.bytes()?.chunks(4).map(word).collect() })
    }

    fn taken(&mut self) -> Option<Taken> {
        let mut taken = Taken::default();
        for _ in 0..self.count()? {
            let (from, to) = (self.word()?, self.word()?);
            let (seat, event) = (from as u32, (from >> 32) as u32);
            let step = Local { seat, event, next: to as u32, disk: to >> 32 != 0 };
            let cited = self.word()?;
            taken.note(step, cited, self.word()? as u8);
        }
        for _ in 0..self.count()? {
            let ledger = self.word()? as u32;
            let (rest, down, traitors) = (self.word()?, self.word()?, self.word()?);
            taken.judged.insert((ledger, case(rest, down, traitors)));
        }
        Some(taken)
    }

    fn counts(&mut self) -> Option<(u64, CutOff)> {
        let (cited, flags) = (self.word()?, self.word()?);
        let flag = |bit: u32| flags >> bit & 1 == 1;
        Some((cited, CutOff { timers: flag(0), rounds: flag(1), tosses: flag(2) }))
    }

    fn done(&mut self) -> Option<Done> {
        let (at, transitions, ends) = (self.word()? as usize, self.word()?, self.word()?);
        let (cited, cut_off) = self.counts()?;
        let (chunks, log) = (self.many(Self::chunk)?, self.log()?);
        Some(Done { at, chunks, log, transitions, ends, cited, cut_off })
    }

    fn saved(&mut self) -> Option<Saved> {
        let asked = self.many(Self::asked)?;
        let (visited, begun) = (self.visited()?, self.many(Self::root)?);
        let logs = self.many(Self::log)?;
        let layer = self.many(|file| match file.word()? {
            0 => Some(None),
            _ => Some(Some(file.chunk()?)),
        })?;
        let done = self.many(Self::done)?;
        let explored = Explored {
            states: self.word()?,
            transitions: self.word()?,
            ends: self.word()?,
            depth: self.word()? as u32,
            frontier_max: self.word()?,
            spilled: self.word()?,
            ..Explored::default()
        };
        let (cited, cut_off) = self.counts()?;
        let taken = self.taken()?;
        let fits = self.left == 1 && done.iter().all(|one| one.at < layer.len());
        fits.then_some(Saved {
            asked,
            visited,
            begun,
            logs,
            layer,
            done,
            explored,
            cited,
            cut_off,
            taken,
        })
    }
}

fn case(rest: u64, down: u64, traitors: u64) -> Case {
    Case { down, traitors, settled: rest & 1 == 1, lost: (rest >> 1) as u32 }
}

/// Whether a file is whole: how many words it has, if so.
fn whole(path: &Path) -> io::Result<Option<u64>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let words = length / 8;
    if length % 8 != 0 || words < 3 {
        return Ok(None);
    }
    let mut all = In { file: BufReader::new(file), left: words };
    let mut sum = 0;
    for _ in 1..words {
        sum = scramble(sum ^ all.word().ok_or(ErrorKind::UnexpectedEof)?);
    }
    Ok((all.word() == Some(sum)).then_some(words))
}

/// Reads a search that was kept, if it is one of this program and of this question.
pub fn read_saved(keep: &Keep) -> Result<Saved, Refusal> {
    let unread = |error: io::Error| Refusal::Unread(error.kind());
    let left = whole(&keep.path).map_err(unread)?.ok_or(Refusal::Damaged)?;
    let file = BufReader::new(File::open(&keep.path).map_err(unread)?);
    let mut file = In { file, left };
    if (file.word(), file.word()) != (Some(MAGIC), Some(VERSION)) {
        return Err(Refusal::Damaged);
    }
    let build = file.text().ok_or(Refusal::Damaged)?;
    if build != env!("CARGO_PKG_VERSION") {
        return Err(Refusal::OtherBuild(build));
    }
    let question = file.text().ok_or(Refusal::Damaged)?;
    if question != keep.question {
        return Err(Refusal::OtherQuestion(question));
    }
    file.saved().ok_or(Refusal::Damaged)
}
