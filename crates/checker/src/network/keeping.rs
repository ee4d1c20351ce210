//! What a breadth-first search keeps: states that wait, on disk where memory is short; and itself,
//! stopped between two chunks, to be taken up again.

use std::io;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use quorate_kernel::Deceit;

use super::checkpoint::{Keep, Kept, Saved, write};
use super::endless::look_for_ever;
use super::expand::Expander;
use super::findings::{Explored, Findings};
use super::layers::{Chunk, Log};
use super::logged::Logged;
use super::roles::Roles;
use super::scope::Inquiry;
use super::search::{Search, Yield, search};
use super::spill::{Layer, Waiting};
use crate::question::{Progress, Stop};

/// What is not done of a layer, and what came of the chunks that are.
pub(super) type Halfway<'l> = (&'l [Option<Waiting>], &'l [(usize, Yield, Log)]);

/// Searches every state within the bounds, breadth first, on `threads` threads: from where another
/// search was stopped, if it was `saved`. If this one is stopped it is kept.
///
/// On one thread a search that goes on finds what it would have found without a stop, run for run;
/// on several the counts and verdicts are the same.
pub fn explore_kept<P: Deceit>(
    inquiry: &Inquiry<'_, P>,
    threads: usize,
    progress: &Progress,
    keep: Option<&Keep>,
    mut saved: Option<Saved>,
) -> Findings {
    let mut tables = Logged::new(Roles::new(inquiry), keep.is_some());
    if let Some(saved) = &saved
        && !(tables.replay(&saved.asked) && tables.knows(saved))
    {
        return Findings { refused: true, ..Findings::default() };
    }
    loop {
        if saved.is_none() && !tables.begin() {
            continue;
        }
        let roots = tables.begun.clone();
        let (mut found, back) = search(inquiry, tables, threads, progress, (keep, saved.take()));
        tables = back;
        if !tables.roles.has_lapsed() {
            look_for_ever(tables.roles, &roots, &mut found, progress);
            return found;
        }
    }
}

impl Search<'_> {
    /// Takes up a search where it was stopped.
    pub(super) fn go_on(&mut self, saved: Saved) {
        let here = |chunk: Chunk| Waiting::Here(chunk);
        self.visited = saved.visited;
        (self.logs, self.begun, self.taken) = (saved.logs, saved.begun, saved.taken);
        self.layer = saved.layer.into_iter().map(|chunk| chunk.map(here)).collect();
        let done = saved.done.into_iter().map(|done| {
            let yielded = Yield {
                chunks: done.chunks.into_iter().map(here).collect(),
                transitions: done.transitions,
                end_count: done.ends,
                cited: done.cited,
                cut_off: done.cut_off,
                ..Yield::default()
            };
            (done.at, yielded, done.log)
        });
        self.done = done.collect();
        self.found.explored = saved.explored;
        (self.found.cited, self.found.cut_off) = (saved.cited, saved.cut_off);
        self.spill.add(saved.explored.spilled);
        let found = self.done.iter().flat_map(|(_, yielded, _)| &yielded.chunks);
        *self.waiting.get_mut() =
            self.layer.iter().flatten().chain(found).map(Waiting::bytes).sum();
        self.progress.states.store(self.visited.len(), Ordering::Relaxed);
    }

    /// Keeps a search that stops, if it is to be kept and nothing is broken.
    pub(super) fn keep_if_asked(&mut self, state: Halfway<'_>, workers: &mut [Expander<'_>]) {
        let sound = self.hits.is_empty() && state.1.iter().all(|(_, done, _)| done.is_clean());
        let lapsed = self.lapsed.load(Ordering::Relaxed);
        if let Some(keep) = self.keep.filter(|_| sound && !lapsed) {
            let kept = self.keep_for_later(keep, state, workers);
            let failed = |error: io::Error| Kept::Failed(error.kind());
            self.found.kept = Some(kept.map_or_else(failed, |()| Kept::Written));
        }
    }

    /// Keeps the search as it is between two chunks.
    fn keep_for_later(
        &self,
        keep: &Keep,
        (layer, done): Halfway<'_>,
        workers: &mut [Expander<'_>],
    ) -> io::Result<()> {
        let mut taken = self.taken.clone();
        workers.iter_mut().for_each(|worker| taken.add(worker));
        let tables = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        write(keep, |file| {
            file.asked(tables.log())?;
            file.visited(&self.visited)?;
            file.roots(&self.begun)?;
            file.word(self.logs.len() as u64)?;
            self.logs.iter().try_for_each(|log| file.log(log))?;
            file.word(layer.len() as u64)?;
            for waiting in layer {
                file.word(waiting.is_some().into())?;
                if let Some(waiting) = waiting {
                    file.chunk(self.spill.copy(waiting, Layer::This)?)?;
                }
            }
            file.word(done.len() as u64)?;
            for (at, yielded, log) in done {
                file.words(&[*at as u64, yielded.transitions, yielded.end_count])?;
                file.counts(yielded.cited, yielded.cut_off)?;
                file.word(yielded.chunks.len() as u64)?;
                for waiting in &yielded.chunks {
                    file.chunk(self.spill.copy(waiting, Layer::Next)?)?;
                }
                file.log(log)?;
            }
            let Explored { states, transitions, ends, depth, frontier_max, .. } =
                self.found.explored;
            let spilled = self.spill.written();
            file.words(&[states, transitions, ends, depth.into(), frontier_max, spilled])?;
            file.counts(self.found.cited, self.found.cut_off)?;
            file.taken(&taken)
        })
    }

    /// Whether to stop before the next chunk: a search that is to be kept stops nowhere else.
    pub(super) fn stop_between(&self, expander: &Expander<'_>) -> Option<Stop> {
        self.keep?;
        let states = self.progress.states.load(Ordering::Relaxed);
        if self.states_max.is_some_and(|most| states >= most) {
            return Some(Stop::Time);
        }
        self.stop_for(self.bytes() + expander.bytes())
    }

    /// If memory is short, puts the layer under way on disk.
    pub(super) fn put_away(&mut self, tables_bytes: u64) -> io::Result<()> {
        if !self.is_short(tables_bytes) {
            return Ok(());
        }
        let mut done = Ok(());
        let spill = &self.spill;
        let put = |waiting: Waiting| match waiting {
            Waiting::Here(chunk) if done.is_ok() => {
                let (waiting, put) = spill.put(chunk, Layer::This);
                done = put;
                waiting
            }
            waiting => waiting,
        };
        let mut put = put;
        let layer = std::mem::take(&mut self.layer).into_iter();
        self.layer = layer.map(|waiting| waiting.map(&mut put)).collect();
        let found = self.done.iter().flat_map(|(_, yielded, _)| &yielded.chunks);
        *self.waiting.get_mut() =
            self.layer.iter().flatten().chain(found).map(Waiting::bytes).sum();
        done
    }

    /// Whether what waits should wait on disk.
    fn is_short(&self, tables_bytes: u64) -> bool {
        self.bytes() + tables_bytes > self.memory_bytes / 2
    }

    /// Keeps what was found for the next layer, in memory or on disk.
    pub(super) fn keep(
        &self,
        chunks: Vec<Chunk>,
        tables_bytes: u64,
    ) -> (Vec<Waiting>, Option<Stop>) {
        let mut failed = None;
        let keep = |chunk: Chunk| {
            let short = failed.is_none() && self.is_short(tables_bytes + chunk.bytes());
            let (waiting, put) = match short {
                true => self.spill.put(chunk, Layer::Next),
                false => (Waiting::Here(chunk), Ok(())),
            };
            failed = failed.or(put.err().map(|error| Stop::Disk(error.kind())));
            self.waiting.fetch_add(waiting.bytes(), Ordering::Relaxed);
            waiting
        };
        (chunks.into_iter().map(keep).collect(), failed)
    }
}

impl Yield {
    /// Whether nothing new is broken.
    pub(super) fn is_clean(&self) -> bool {
        self.fresh.is_empty() && self.ends.is_empty()
    }
}
