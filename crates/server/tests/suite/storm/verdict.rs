//! Whether everything was kept that was promised.

use std::collections::BTreeMap;

use quorate_history::{Limits, Verdict, judge};
use quorate_kernel::Process;
use quorate_store::{Range, Store, Wanted};

use super::world::{Event, World};
use super::{Stormy, Tally};

/// What a search for an order of a history may hold.
const LIMITS: Limits = Limits { deadline: None, bytes: 32 << 20 };

impl<L: Stormy> World<L> {
    /// The state of a process, compared with what another had at the same place.
    pub(crate) fn compare(&mut self, p: Process) -> Result<(), String> {
        let seat = &mut self.seats[p.index()];
        let Some(node) = &mut seat.node else { return Ok(()) };
        let slot = node.application().slot();
        if slot != seat.compared {
            seat.compared = slot;
            let store = seat.shared.store();
            let hash = store.hash(0).map_err(|error| error.to_string())?;
            self.truth.borrow_mut().state(p, slot, (store.revision(), hash));
        }
        match seat.shared.known().corrupt {
            true => Err(format!("{p} takes its own state for corrupt")),
            false => Ok(()),
        }
    }

    /// Where each process is; nothing of those that are gone for good.
    fn slots(&mut self) -> Vec<(Process, Option<u64>)> {
        let there = self.seats.iter_mut().filter(|seat| !seat.refused);
        there
            .map(|seat| (seat.me, seat.node.as_mut().map(|node| node.application().slot())))
            .collect()
    }

    /// Whether all have read everything and are at the same place, and were when that was looked
    /// at last.
    pub(crate) fn is_over(&mut self) -> bool {
        let slots = self.slots();
        let first = slots.first().and_then(|(_, slot)| *slot);
        let same = slots.iter().all(|(_, slot)| slot.is_some() && *slot == first);
        if same && self.have_all_read() && self.checked == first {
            return true;
        }
        self.checked = first.filter(|_| same);
        self.soon(self.quiet, Event::Check);
        false
    }

    /// What is not over although it should be.
    pub(crate) fn lagging(&mut self) -> String {
        let (slots, read) = (self.slots(), self.have_all_read());
        format!(
            "all has been calm for long, and not everybody has everything: {slots:?}, clients have \
             {} read all",
            if read { "" } else { "not " }
        )
    }

    /// The judgement, once all is over.
    pub(crate) fn verdict(mut self) -> Result<Tally, String> {
        let mut stores = Vec::new();
        for seat in self.seats.iter().filter(|seat| !seat.refused) {
            self.tally.digests += seat.shared.known().compared / super::seat::COMPARED;
            stores.push((seat.me, seat.shared.store().save()));
        }
        let Some((p, first)) = stores.first() else { return Err("nobody is left".into()) };
        if let Some((q, _)) = stores.iter().find(|(_, bytes)| bytes != first) {
            return Err(format!("at the end {q} has another store than {p}"));
        }
        let store = Store::load(first).map_err(|error| format!("{p} saves nonsense: {error}"))?;
        self.kept(&store)?;
        self.once(&store)?;
        self.tally.add(&self.truth.borrow().tally);
        let history = self.book.history();
        match judge(&history, LIMITS).verdict {
            Verdict::Holds => {}
            Verdict::Inconclusive(_) => self.tally.undecided += 1,
            Verdict::Violated(witness) => {
                let shown = witness.operations.iter().map(|at| {
                    let one = &history.operations[*at];
                    format!(
                        "{} by {} ({}..{:?})",
                        one.action, one.process, one.invoked, one.returned
                    )
                });
                let shown: Vec<String> = shown.collect();
                return Err(format!("no order explains {:?}: {}", witness.key, shown.join("; ")));
            }
        }
        Ok(self.tally)
    }

    /// Whatever a client was told is there, at the revision that it was told.
    fn kept(&self, store: &Store) -> Result<(), String> {
        for change in &self.book.changes {
            let wanted = Wanted::one(change.key.as_bytes());
            let range = Range { wanted, revision: change.revision, ..Range::default() };
            let found = store.range(&range);
            let found = found.map_err(|error| format!("{change:?} is lost: {error}"))?;
            let there = super::clients::value_of(found.found.first());
            let modified = found.found.first().map_or(change.revision, |one| one.modified);
            if there != change.value || modified != change.revision {
                return Err(format!("{change:?} is lost: there is {there:?} of {modified}"));
            }
        }
        Ok(())
    }

    /// Nothing is there that nobody wrote, and nothing was written twice.
    fn once(&self, store: &Store) -> Result<(), String> {
        let mut seen = BTreeMap::new();
        for revision in 2..=store.revision() {
            let range = Range {
                wanted: Wanted::all(),
                revision,
                modified_min: revision,
                ..Range::default()
            };
            let found = store.range(&range).map_err(|error| error.to_string())?;
            for value in found.found.iter().filter_map(|one| super::clients::value_of(Some(one))) {
                if !self.book.values.contains(&value) {
                    return Err(format!("revision {revision} has {value}, which nobody wrote"));
                }
                if let Some(before) = seen.insert(value, revision) {
                    return Err(format!("{value} was written at revision {before} and {revision}"));
                }
            }
        }
        Ok(())
    }
}
