//! `check --checkpoint` and `--resume`: a search that is stopped goes on another time.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use quorate_checker::network::{Findings, Keep, Kept, Orders, Refusal, Saved, read_saved};
use quorate_checker::{Progress, Stop};

use crate::args::{BoundArgs, KeptArgs, SearchWord};
use crate::explore::Given;
use crate::failure::{Failure, exit};
use crate::reproduce::quoted;

/// How much memory a search may take where nothing is said, in bytes.
const MEMORY: u64 = 4 << 30;

impl KeptArgs {
    pub(crate) fn is_asked(&self) -> bool {
        self.checkpoint.is_some() || self.resume.is_some()
    }

    /// The files, which nothing else may overwrite.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        [&self.checkpoint, &self.resume].into_iter().flatten().map(|path| &**path)
    }
}

/// Only one kind of search can be kept.
pub(crate) fn refuse_unkept(kept: &KeptArgs, bounds: &BoundArgs) -> Result<(), Failure> {
    if !kept.is_asked() {
        return Ok(());
    }
    if bounds.search != SearchWord::Breadth {
        return Err(Failure::usage(
            "only a search breadth first can be kept and gone on with: leave out --search, or \
             leave out --checkpoint and --resume",
        ));
    }
    if bounds.undecided.is_some() || bounds.odds.is_some() {
        return Err(Failure::usage(
            "what --undecided and --odds compute cannot be kept and gone on with: leave them out, \
             or leave out --checkpoint and --resume",
        ));
    }
    Ok(())
}

/// A search of runs in rounds is not kept.
pub(crate) fn refuse_in_rounds(kept: &KeptArgs) -> Result<(), Failure> {
    if !kept.is_asked() {
        return Ok(());
    }
    Err(Failure::usage(
        "a search of runs in rounds cannot be kept and gone on with: leave out --checkpoint and \
         --resume and raise --budget, or ask about runs on a network with --timing asynchronous",
    ))
}

/// Says where a search is to be kept, and reads the one that it goes on from.
///
/// # Errors
/// If there is none, or it is not one of this question.
pub(crate) fn prepare(
    kept: &KeptArgs,
    line: &str,
    orders: &mut Orders,
) -> Result<Option<Saved>, Failure> {
    let question = format!("{line}\n{:?}", orders.scope);
    let at = |path: &Path| Keep { path: path.into(), question: question.clone() };
    orders.keep = kept.checkpoint.as_deref().map(at);
    let Some(path) = &kept.resume else { return Ok(None) };
    read_saved(&at(path)).map(Some).map_err(|refusal| refused(path, &refusal))
}

fn refused(path: &Path, refusal: &Refusal) -> Failure {
    let file = path.display();
    Failure::file(match refusal {
        Refusal::Unread(kind) => format!("{file} cannot be read: {kind}"),
        Refusal::Damaged => format!(
            "{file} is not a search that --checkpoint kept, or it is damaged: leave out --resume, \
             and the search begins again"
        ),
        Refusal::OtherBuild(version) => format!(
            "{file} was written by quorate {version}, and this is {}: leave out --resume, and the \
             search begins again",
            env!("CARGO_PKG_VERSION")
        ),
        Refusal::OtherQuestion(question) => format!(
            "{file} is about another question, `{}`: ask that, or leave out --resume",
            question.lines().next().unwrap_or_default()
        ),
    })
}

/// Refuses a file whose answers are not those of this program.
pub(crate) fn refuse_foreign(kept: &KeptArgs, found: &Findings) -> Result<(), Failure> {
    let Some(path) = kept.resume.as_ref().filter(|_| found.refused) else { return Ok(()) };
    Err(Failure::file(format!(
        "{} does not fit this program, in which a handler answers otherwise: leave out --resume, \
         and the search begins again",
        path.display()
    )))
}

/// Lets Ctrl-C and a request to terminate stop a search that is to be kept; the second time they
/// end the program at once.
pub(crate) fn stop_on_signal(progress: &Arc<Progress>) -> Result<(), Failure> {
    let progress = Arc::clone(progress);
    let stop = move || {
        if progress.halt.swap(true, Ordering::Relaxed) {
            std::process::exit(exit::INTERRUPTED.into());
        }
    };
    ctrlc::set_handler(stop)
        .map_err(|error| Failure::internal(format!("Ctrl-C cannot be waited for: {error}")))
}

/// What became of a search that was to be kept, and how it goes on.
pub(crate) fn notes(given: &Given<'_>, line: &str, found: &Findings) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(path) = &given.kept.resume {
        let file = path.display();
        notes.push(format!("the search went on from {file}; the time is that of this part alone"));
    }
    let Some(path) = &given.kept.checkpoint else { return notes };
    let file = path.display();
    let endless = found.forever.and_then(|forever| forever.stopped);
    notes.push(match (found.kept, endless) {
        (Some(Kept::Written), _) => format!(
            "the search is kept in {file}, and goes on from there with: {}",
            command(given, line, path, found.stopped)
        ),
        (Some(Kept::Failed(kind)), _) => format!("the search could not be kept in {file}: {kind}"),
        (None, _) if !found.broken.is_empty() => {
            format!("the search has found a violation, so that it is not kept in {file}")
        }
        (None, Some(_)) => format!(
            "the search had visited every state and was stopped while it looked for runs without \
             end, so that it is not kept in {file}"
        ),
        (None, None) => format!("the search came to its end, so that it is not kept in {file}"),
    });
    notes
}

/// The command that goes on with a search; with twice the memory, if that was full.
fn command(given: &Given<'_>, line: &str, path: &Path, stopped: Option<Stop>) -> String {
    let file = quoted(&path.display().to_string());
    let mut command = format!("{line} --checkpoint {file} --resume {file}");
    let bytes = match stopped {
        Some(Stop::Memory) => given.memory_bytes.saturating_mul(2),
        _ => given.memory_bytes,
    };
    if bytes != MEMORY {
        command.push_str(&format!(" --memory {bytes}"));
    }
    command
}
