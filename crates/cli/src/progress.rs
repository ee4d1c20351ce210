//! Progress on standard error, for anything that takes more than a second.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use quorate_checker::Progress;

use crate::engine::grouped;

/// How long a search stays silent.
const SILENT: Duration = Duration::from_secs(1);

/// Does something that counts its progress, and shows it if it takes long and a person watches.
pub(crate) fn shown<T: Send>(what: &str, work: impl FnOnce(&Progress) -> T + Send) -> T {
    let progress = Progress::default();
    if !std::io::stderr().is_terminal() {
        return work(&progress);
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (progress, done) = (&progress, &done);
        let watcher = scope.spawn(move || watch(what, progress, done));
        let result = work(progress);
        done.store(true, Ordering::Relaxed);
        watcher.thread().unpark();
        result
    })
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
        let transitions = progress.transitions.load(Ordering::Relaxed);
        let rate = transitions as f64 / started.elapsed().as_secs_f64();
        bar.set_message(format!(
            "{what}: {} cases done, {} states, {} transitions ({} a second)",
            grouped(progress.cases_done.load(Ordering::Relaxed).into()),
            grouped(progress.states.load(Ordering::Relaxed).into()),
            grouped(transitions.into()),
            grouped(rate as u128),
        ));
        bar.tick();
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}
