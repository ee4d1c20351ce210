//! The follower's work: its log becomes the leader's.

use quorate_kernel::Process;
use quorate_problems::Payload;

use super::{
    ALL, Append, Bond, CUTS, Cx, Form, HEARD, HEEDS, Mark, Pace, REFUSE, REST, Raft, Role, STALE,
    STORE, UNCHECKED, Words,
};

impl<C: Payload, F: Form> Raft<C, F> {
    /// Takes the sender for the leader of its term; false if that is over.
    pub(super) fn follow(
        &mut self,
        from: Process,
        (term, bond): (u32, Bond),
        cx: &mut Cx<'_, C, F>,
    ) -> bool {
        if term < self.term && !cx.is_flawed(HEEDS) {
            cx.cite(STALE);
            self.refuse(from, bond, (0, Mark::default()), cx);
            return false;
        }
        if term > self.term {
            self.enter(term, None, cx);
        }
        // Nobody else leads in the own term.
        if matches!(self.role, Role::Leader(_)) {
            return false;
        }
        if !matches!(self.role, Role::Follower) {
            self.role = Role::Follower;
        }
        let new = self.leader.replace(from) != Some(from);
        self.stick(cx);
        self.await_leader(1, cx);
        if new {
            self.forward_all(cx);
            self.read_again(cx);
            self.wish_again(cx);
        }
        true
    }

    fn refuse(
        &mut self,
        to: Process,
        bond: Bond,
        (at, conflict): (u64, Mark),
        cx: &mut Cx<'_, C, F>,
    ) {
        cx.send(to, Words::Refused { term: self.term, bond, at, conflict });
    }

    pub(super) fn on_append(&mut self, from: Process, append: &Append<C>, cx: &mut Cx<'_, C, F>) {
        let (term, bond, prev) = (append.term, append.bond, append.prev);
        if !self.follow(from, (term, bond), cx) || !self.join(bond.session, append.commit, cx) {
            return;
        }
        let stable = cx.stable();
        let covered = prev.index <= stable.snapshot.last.index;
        if !covered && stable.mark(prev.index) != Some(prev) && !cx.is_flawed(UNCHECKED) {
            cx.cite(REFUSE);
            let conflict = match stable.mark(prev.index) {
                Some(held) => Mark { index: stable.term_begins(held), ..held },
                None => Mark { term: 0, index: stable.last().index.saturating_add(1) },
            };
            return self.refuse(from, bond, (prev.index, conflict), cx);
        }
        let through = prev.index.saturating_add(append.entries.len() as u64);
        self.store(append, cx);
        let reach = if cx.is_flawed(ALL) { cx.stable().last().index } else { through };
        let commit = append.commit.min(reach);
        let (before, had) = (self.commit, self.session(cx).is_some());
        while self.commit < commit && self.apply_next(cx) {
            cx.cite(HEARD);
        }
        if self.commit > before {
            self.tell_commit(cx);
            if self.session(cx).is_some() != had {
                self.forward_all(cx);
            }
        }
        self.answer_reads(cx);
        self.keep_pace(append.pace, append.commit, cx);
        if append.pace != Pace::Rest || self.beats > 0 {
            let applied = self.commit;
            cx.send(from, Words::Matched { term, bond, through, applied });
        }
    }

    /// Puts entries in: the log is cut off only where one differs.
    fn store(&mut self, append: &Append<C>, cx: &mut Cx<'_, C, F>) {
        if append.entries.is_empty() && !cx.is_flawed(CUTS) {
            return cx.cite(STORE);
        }
        let stable = cx.stable();
        let known = |at: &usize| {
            let index = append.prev.index.saturating_add(1 + *at as u64);
            let held = stable.entry(index).map(|entry| entry.term);
            index <= stable.snapshot.last.index || held == Some(append.entries[*at].term)
        };
        let agreed = (0..append.entries.len()).take_while(known).count();
        let cuts = cx.is_flawed(CUTS);
        cx.cite(STORE);
        if agreed == append.entries.len() && !cuts {
            return;
        }
        let first = append.prev.index.saturating_add(1 + agreed as u64);
        let new = match agreed {
            0 => append.entries.clone(),
            _ => append.entries[agreed..].into(),
        };
        // There is a gap only if nobody looked what comes before.
        if first > stable.last().index.saturating_add(1) {
            return;
        }
        self.put(first, new, cx);
        self.enforce(first, cx);
    }

    /// What the leader expects, where all that it had when it said so was committed through an
    /// index.
    fn keep_pace(&mut self, pace: Pace, commit: u64, cx: &mut Cx<'_, C, F>) {
        let has_all = self.commit == commit && cx.stable().last().index == commit;
        match pace {
            Pace::Idle(beats) if beats > 1 && !self.waits(cx) => self.await_leader(beats, cx),
            // An old message says so of a time before what was appended since, and which others may
            // lack though it is committed here.
            Pace::Rest if has_all && !self.waits(cx) => {
                cx.cite(REST);
                (self.beats, self.contact) = (0, false);
                cx.cancel_timer(super::Timer::Election);
            }
            _ => {}
        }
    }
}
