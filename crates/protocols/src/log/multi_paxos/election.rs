//! Ballots: who leads, and what it finds.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use quorate_kernel::{Process, ProcessSet, Value, inspect};
use quorate_problems::Payload;

use super::{
    ADOPT, Cx, DISKLESS, Entry, FILL, FORGETS, GAP, LOWEST, Lead, MultiPaxos, PREPARE, PROMISE,
    REFUSE, Record, Role, Snapshot, Timer, Vote, Words, tell_others,
};
use crate::ballot::Ballot;

/// A ballot that waits for promises.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Bid<C: Payload = Value> {
    /// Who promised.
    promised: ProcessSet,
    /// What was accepted in the largest ballot reported, slot by slot.
    best: BTreeMap<u64, Vote<C>>,
}

inspect!(Bid<C: Payload> { promised, best });

/// More slots than can be under way: a gap so wide is no gap but garbage.
const GAP_MAX: u64 = 1 << 20;

impl<C: Payload> MultiPaxos<C> {
    /// Patience, some times as much as usual, and a random number of beats on top: in one of them a
    /// candidate hears from all, so that two of them part in the end.
    pub(super) fn await_leader(&mut self, patience: u32, cx: &mut Cx<'_, C>) {
        self.patience = patience;
        let random = cx.config.beat_ticks * u64::from(cx.choose(2 * u32::from(cx.group.n)));
        let least = cx.config.patience_ticks * u64::from(patience);
        cx.set_timer(Timer::Election, least + random);
    }

    pub(super) fn campaign(&mut self, cx: &mut Cx<'_, C>) {
        cx.cite(PREPARE);
        let round = cx.stable().promised.round.max(self.seen).saturating_add(1);
        self.ballot = Ballot { round, proposer: cx.me };
        cx.persist(Record::Promised(self.ballot));
        let from = self.commit.saturating_add(1);
        let best = cx
            .stable()
            .log
            .range(from, u64::MAX)
            .map(|(slot, vote)| (slot, vote.clone()))
            .collect();
        self.role = Role::Candidate(Bid { promised: [cx.me].into_iter().collect(), best });
        let ballot = self.ballot;
        tell_others(cx, || Words::Prepare(ballot, from));
        self.await_leader(1, cx);
        self.lead_if_promised(cx);
    }

    pub(super) fn on_prepare(
        &mut self,
        from: Process,
        ballot: Ballot,
        first: u64,
        cx: &mut Cx<'_, C>,
    ) {
        let promised = cx.stable().promised;
        if ballot < promised {
            return self.refuse(from, ballot, cx);
        }
        cx.cite(PROMISE);
        if ballot > promised {
            cx.persist(Record::Promised(ballot));
            self.follow_nobody(cx);
        }
        let stable = cx.stable();
        let state = Some(&stable.snapshot).filter(|state| state.through >= first).cloned();
        let first = if cx.is_flawed(DISKLESS) { u64::MAX } else { first };
        let votes =
            stable.log.range(first, u64::MAX).map(|(slot, vote)| (slot, vote.clone())).collect();
        cx.send(from, Words::Promise(ballot, state, votes));
    }

    pub(super) fn refuse(&mut self, from: Process, ballot: Ballot, cx: &mut Cx<'_, C>) {
        cx.cite(REFUSE);
        cx.send(from, Words::Nack(ballot, cx.stable().promised));
    }

    pub(super) fn on_nack(&mut self, ballot: Ballot, promised: Ballot, cx: &mut Cx<'_, C>) {
        self.seen = self.seen.max(promised.round);
        if ballot == self.ballot && promised > ballot && self.role != Role::Follower {
            self.follow_nobody(cx);
        }
    }

    /// Some larger ballot is under way: wait for what comes of it.
    fn follow_nobody(&mut self, cx: &mut Cx<'_, C>) {
        self.role = Role::Follower;
        cx.cancel_timer(Timer::Beat);
        self.await_leader(1, cx);
    }

    pub(super) fn on_promise(
        &mut self,
        from: Process,
        ballot: Ballot,
        state: Option<Snapshot>,
        votes: Vec<(u64, Vote<C>)>,
        cx: &mut Cx<'_, C>,
    ) {
        let Role::Candidate(bid) = &mut self.role else { return };
        if ballot != self.ballot || !bid.promised.insert(from) {
            return;
        }
        for (slot, vote) in votes {
            let lowest = cx.is_flawed(LOWEST);
            if bid.best.get(&slot).is_none_or(|best| (vote.0 > best.0) != lowest) {
                bid.best.insert(slot, vote);
            }
        }
        if let Some(state) = state {
            self.install(state, cx);
        }
        self.lead_if_promised(cx);
    }

    fn lead_if_promised(&mut self, cx: &mut Cx<'_, C>) {
        let Role::Candidate(bid) = &self.role else { return };
        if bid.promised.len() < usize::from(cx.config.q1) {
            return;
        }
        cx.cite(ADOPT);
        let start = self.commit.saturating_add(1);
        let mut entries: Vec<Entry<C>> = Vec::new();
        let reported = bid.best.range(start..).filter(|_| !cx.is_flawed(FORGETS));
        for (slot, (_, entry)) in reported {
            let filled = entries.len() as u64;
            let missing = if cx.is_flawed(GAP) { 0 } else { *slot - start - filled };
            if missing > GAP_MAX {
                break;
            }
            if missing > 0 {
                cx.cite(FILL);
                entries.resize(entries.len() + missing as usize, None);
            }
            entries.push(entry.clone());
        }
        cx.cancel_timer(Timer::Election);
        self.role = Role::Leader(Lead::new(cx.group.size(), start, &self.done, &entries));
        self.following = self.ballot;
        self.assign(entries.into(), cx);
        self.wake(cx);
        self.flush(cx);
        self.beat_if_silent(cx);
    }
}
