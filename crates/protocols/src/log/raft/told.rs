//! What the process says of its log, for whoever watches.

use alloc::sync::Arc;

use quorate_problems::{Applied, Line, Payload, Place};

use super::{Cx, Entry, Form, Mark, Raft, Record};

impl From<Mark> for Place {
    fn from(mark: Mark) -> Self {
        Self { index: mark.index, term: mark.term }
    }
}

impl<C: Payload> Entry<C> {
    fn line(&self, bare: bool) -> Line {
        let line = Line { term: self.term, members: self.members.is_some(), ..Line::default() };
        let Some(batch) = &self.batch else { return Line { bare, ..line } };
        let count = batch.payloads.len() as u32;
        Line { client: batch.client, first: batch.first, count, ..line }
    }
}

impl<C: Payload, F: Form> Raft<C, F> {
    /// Puts entries into the log from an index on, in the place of all that stands there.
    pub(super) fn put(&self, first: u64, entries: Arc<[Entry<C>]>, cx: &mut Cx<'_, C, F>) {
        let told = cx.is_judged().then(|| {
            let after = cx.stable().mark(first.saturating_sub(1)).unwrap_or_default();
            let bare = cx.config.is_witness(cx.me);
            (after.into(), entries.iter().map(|entry| entry.line(bare)).collect())
        });
        cx.persist(Record::Entries(self.term, first, entries));
        if let Some((after, lines)) = told {
            cx.output(Applied::Stored { after, lines });
        }
    }

    /// Says what all of the log is, after the state that is in its place.
    pub(super) fn tell_log(&self, cx: &mut Cx<'_, C, F>) {
        let (after, log) = (cx.stable().snapshot.last.into(), &cx.stable().log);
        let bare = cx.config.is_witness(cx.me);
        let lines = log.iter().map(|entry| entry.line(bare)).collect();
        cx.output(Applied::Stored { after, lines });
    }

    /// Says through where all is committed.
    pub(super) fn tell_commit(&self, cx: &mut Cx<'_, C, F>) {
        if !cx.is_judged() {
            return;
        }
        let through = cx.stable().mark(self.commit).unwrap_or_default().into();
        cx.output(Applied::Committed { term: self.term, through });
    }
}
