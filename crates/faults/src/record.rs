//! What clients did and what came of it, in the order in which it happened.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use quorate_history::{Action, Form, History, Model, Operation};

/// What a client did.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) client: u32,
    pub(crate) key: String,
    pub(crate) action: Action,
    /// Places among all events; without the second nobody knows whether it was done.
    pub(crate) invoked: u32,
    pub(crate) returned: Option<u32>,
    /// The revision that the answer named.
    pub(crate) revision: i64,
    /// Whether it made that revision.
    pub(crate) wrote: bool,
    pub(crate) ended: Instant,
}

/// What all clients did.
#[derive(Debug, Default)]
pub(crate) struct Record {
    clock: AtomicU32,
    done: Mutex<Vec<Done>>,
    refused: AtomicU32,
}

impl Record {
    /// The place of an event that happens now.
    pub(crate) fn now(&self) -> u32 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    /// Enters an operation.
    pub(crate) fn enter(&self, done: Done) {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push(done);
    }

    /// An operation was refused, and certainly not done.
    pub(crate) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// All operations so far, in the order in which they were asked for.
    pub(crate) fn all(&self) -> Vec<Done> {
        let mut all = self.done.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.sort_unstable_by_key(|one| one.invoked);
        all
    }

    /// How many were refused.
    pub(crate) fn refused(&self) -> u32 {
        self.refused.load(Ordering::Relaxed)
    }
}

/// A value, or that there is none.
pub(crate) fn form(value: Option<&str>) -> Form {
    value.map_or(Form::Nil, |value| Form::Text(value.into()))
}

/// What an operation left under its key.
pub(crate) fn left(action: &Action) -> Option<&Form> {
    match action {
        Action::Write(value) | Action::Cas(_, value) => Some(value),
        _ => None,
    }
}

/// What a judge of linearizability is given. A read that was not answered says nothing.
pub(crate) fn history(all: &[Done]) -> History {
    let said = all.iter().filter(|one| one.action != Action::Read(None));
    let operations = said.map(|one| Operation {
        process: Form::Word(format!("c{}", one.client)),
        key: Some(Form::Text(one.key.clone())),
        action: one.action.clone(),
        invoked: one.invoked,
        returned: one.returned,
        line: one.invoked.saturating_add(1),
    });
    History { model: Model::Cas, operations: operations.collect(), failed: 0 }
}

/// The longest time, in seconds, between two acknowledged writes, or the ends of the time given.
pub(crate) fn longest_silence(all: &[Done], from: Instant, until: Instant) -> f64 {
    let written = all.iter().filter(|one| one.wrote && one.returned.is_some());
    let mut times: Vec<Instant> = written.map(|one| one.ended).collect();
    times.extend([from, until]);
    times.retain(|at| (from..=until).contains(at));
    times.sort_unstable();
    let gaps = times.windows(2).map(|two| (two[1] - two[0]).as_secs_f64());
    gaps.fold(0.0, f64::max)
}
