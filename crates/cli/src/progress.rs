//! Progress on standard error, for anything that takes more than a second.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use quorate_checker::Progress;

use crate::stage::grouped;

/// How long a search stays silent.
const SILENT: Duration = Duration::from_secs(1);

/// Shows the progress of a search for as long as it lives, if it takes long and a person watches.
pub(crate) struct Shown {
    pub(crate) progress: Arc<Progress>,
    done: Arc<AtomicBool>,
    watcher: Option<JoinHandle<()>>,
}

impl Shown {
    pub(crate) fn new(what: &'static str) -> Self {
        let (progress, done) = (Arc::<Progress>::default(), Arc::<AtomicBool>::default());
        let watcher = std::io::stderr().is_terminal().then(|| {
            let (progress, done) = (Arc::clone(&progress), Arc::clone(&done));
            std::thread::spawn(move || watch(what, &progress, &done))
        });
        Self { progress, done, watcher }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        end(&self.done, &mut self.watcher);
    }
}

fn watch(what: &str, progress: &Progress, done: &AtomicBool) {
    let started = Instant::now();
    let mut bar: Option<ProgressBar> = None;
    while !done.load(Ordering::Relaxed) {
        std::thread::park_timeout(Duration::from_millis(100));
        if started.elapsed() < SILENT || done.load(Ordering::Relaxed) {
            continue;
        }
        let bar = bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{spinner} {msg} [{elapsed}]");
            ProgressBar::new_spinner()
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        bar.set_message(format!("{what}: {}", line(progress, started.elapsed())));
        bar.tick();
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

/// How far a search has come: in rounds by its cases, on a network by its states.
fn line(progress: &Progress, elapsed: Duration) -> String {
    let count = |counter: &AtomicU64| grouped(counter.load(Ordering::Relaxed).into());
    let rate = |counter: &AtomicU64| {
        let per_second = counter.load(Ordering::Relaxed) as f64 / elapsed.as_secs_f64();
        grouped(per_second as u128)
    };
    let states = count(&progress.states);
    if progress.depth.load(Ordering::Relaxed) > 0 {
        return format!(
            "{states} states ({} a second), depth {}, frontier {}",
            rate(&progress.states),
            count(&progress.depth),
            count(&progress.frontier),
        );
    }
    let (cases, transitions) = (count(&progress.cases_done), count(&progress.transitions));
    let rate = rate(&progress.transitions);
    format!("{cases} cases done, {states} states, {transitions} transitions ({rate} a second)")
}

/// Shows how far a sweep is for as long as it lives, if it takes long and a person watches.
pub(crate) struct Watched {
    done: Arc<AtomicBool>,
    watcher: Option<JoinHandle<()>>,
}

impl Watched {
    /// Watches a sweep of so many runs.
    pub(crate) fn new(progress: &Arc<quorate_simulator::Progress>, runs: u64) -> Self {
        let done = Arc::<AtomicBool>::default();
        let watcher = std::io::stderr().is_terminal().then(|| {
            let (progress, done) = (Arc::clone(progress), Arc::clone(&done));
            std::thread::spawn(move || watch_runs(&progress, &done, runs))
        });
        Self { done, watcher }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        end(&self.done, &mut self.watcher);
    }
}

fn end(done: &AtomicBool, watcher: &mut Option<JoinHandle<()>>) {
    done.store(true, Ordering::Relaxed);
    if let Some(watcher) = watcher.take() {
        watcher.thread().unpark();
        // A watcher that panicked has nothing left to show.
        let _ = watcher.join();
    }
}

fn watch_runs(progress: &quorate_simulator::Progress, done: &AtomicBool, runs: u64) {
    let started = Instant::now();
    let mut bar: Option<ProgressBar> = None;
    while !done.load(Ordering::Relaxed) {
        std::thread::park_timeout(Duration::from_millis(100));
        if started.elapsed() < SILENT || done.load(Ordering::Relaxed) {
            continue;
        }
        let bar = bar.get_or_insert_with(|| {
            let form = "{bar:30} {human_pos} of {human_len} runs, {per_sec}, {eta} left";
            let style = ProgressStyle::with_template(form);
            ProgressBar::new(runs)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        bar.set_position(progress.runs.load(Ordering::Relaxed));
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_of_a_network_shows_its_rate_its_depth_and_its_frontier() {
        let progress = Progress::default();
        progress.states.store(2_000_000, Ordering::Relaxed);
        assert!(line(&progress, Duration::from_secs(2)).contains("cases done"));
        progress.depth.store(17, Ordering::Relaxed);
        progress.frontier.store(54_321, Ordering::Relaxed);
        let said = line(&progress, Duration::from_secs(2));
        assert_eq!(said, "2,000,000 states (1,000,000 a second), depth 17, frontier 54,321");
    }
}
