//! Voters that keep no commands: of each entry they have the term, and who the members are.
//!
//! A witness stores its vote and its log like others, and its word counts for elections and
//! commits. It cannot bring a candidate what that lacks, and so votes only for one whose log is at
//! least as up to date as its own; it applies nothing, leads nobody, and is no client.

use alloc::sync::Arc;

use quorate_kernel::Process;
use quorate_problems::{Applied, Membership, Payload};

use super::{BARE, BLIND, Bid, Config, Cx, Entry, Form, Raft, Snapshot};

impl Config {
    /// Whether a process keeps no commands.
    pub(super) fn is_witness(&self, p: Process) -> bool {
        self.witnesses.contains(p)
    }
}

impl<C: Payload> Entry<C> {
    /// The same, without its commands.
    fn bare(&self) -> Self {
        Self { term: self.term, batch: None, members: self.members.clone() }
    }
}

impl<C: Payload> Snapshot<C> {
    /// The same, without what commands have made.
    fn bare(&self) -> Self {
        Self { last: self.last, force: self.force.clone(), ..Self::default() }
    }
}

impl<C: Payload, F: Form> Raft<C, F> {
    /// Entries, as a process gets them.
    pub(super) fn entries_for(
        to: Process,
        entries: &Arc<[Entry<C>]>,
        cx: &Cx<'_, C, F>,
    ) -> Arc<[Entry<C>]> {
        if !cx.config.is_witness(to) {
            return entries.clone();
        }
        cx.cite(BARE);
        entries.iter().map(Entry::bare).collect()
    }

    /// The own state, as a process gets it.
    pub(super) fn state_for(to: Process, cx: &Cx<'_, C, F>) -> Arc<Snapshot<C>> {
        let state = &cx.stable().snapshot;
        if !cx.config.is_witness(to) {
            return state.clone();
        }
        cx.cite(BARE);
        state.bare().into()
    }

    /// Whether the logs allow a vote: where votes bring what is lacking, any do, but one with an
    /// entry of the term that is asked for. Somebody leads in that, and may have changed the
    /// members.
    pub(super) fn log_suits(&self, bid: Bid, cx: &Cx<'_, C, F>) -> bool {
        if cx.stable().last().term >= bid.term {
            return false;
        }
        let brings = cx.config.pull && !cx.config.is_witness(cx.me);
        let blind = cx.config.is_witness(cx.me) && cx.is_flawed(BLIND);
        brings || blind || bid.last >= cx.stable().last()
    }

    /// Says who the members are in the beginning, if that is not everybody, or is to change.
    pub(super) fn tell_members(&self, cx: &mut Cx<'_, C, F>) {
        let config = cx.config;
        let all = config.members.voters() >= cx.group.size() && config.witnesses.is_empty();
        if !config.script.is_empty() || !all {
            let witnesses = config.witnesses.iter().collect();
            let members = Membership { witnesses, ..config.members.shown() };
            cx.output(Applied::Members { slot: 0, members: members.into() });
        }
    }
}
