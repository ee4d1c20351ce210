//! Leadership is handed over (thesis, 3.10).

use quorate_kernel::{Process, ProcessSet, inspect};
use quorate_problems::Payload;

use super::{CALL, CALLED, Cx, Form, KEEPS_LEASE, Raft, Role, Words};

/// A process to which leadership is to be handed over.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Heir {
    /// Which.
    pub(super) process: Process,
    /// Whether it was told to stand.
    told: bool,
    /// For how many beats commands have waited for that.
    beats: u32,
}

inspect!(Heir { process, told, beats });

impl<C: Payload, F: Form> Raft<C, F> {
    pub(super) fn ask_to_lead(&mut self, cx: &mut Cx<'_, C, F>) {
        if let Some(leader) = self.leader.filter(|leader| *leader != cx.me) {
            cx.send(leader, Words::LetLead(self.term));
        }
    }

    pub(super) fn on_let_lead(&mut self, from: Process, term: u32, cx: &mut Cx<'_, C, F>) {
        let Role::Leader(lead) = &mut self.role else { return };
        let may = self.force.members.votes(from) && !cx.config.is_witness(from);
        if term != self.term || lead.heir.is_some() || !may {
            return;
        }
        cx.cite(CALL);
        lead.heir = Some(Heir { process: from, told: false, beats: 0 });
        self.wake(cx);
        self.call_heir(cx);
    }

    /// Tells the heir to stand once it has everything.
    pub(super) fn call_heir(&mut self, cx: &mut Cx<'_, C, F>) {
        let Role::Leader(lead) = &mut self.role else { return };
        let Some(heir) = &mut lead.heir else { return };
        let matched = lead.peers[heir.process.index()].matched;
        if heir.told || matched < cx.stable().last().index {
            return;
        }
        cx.cite(CALL);
        heir.told = true;
        // From now on somebody may stand whom no voter makes wait.
        lead.no_lease = !cx.is_flawed(KEEPS_LEASE);
        cx.send(heir.process, Words::StandNow(self.term));
    }

    /// A beat later: whether the heir still has time.
    pub(super) fn hurry_heir(&mut self, cx: &mut Cx<'_, C, F>) {
        let Role::Leader(lead) = &mut self.role else { return };
        let Some(heir) = &mut lead.heir else { return };
        heir.beats += 1;
        if heir.beats >= cx.config.patience {
            cx.cite(CALL);
            lead.heir = None;
            self.flush(cx);
            self.work(cx);
        }
    }

    pub(super) fn on_stand_now(&mut self, from: Process, term: u32, cx: &mut Cx<'_, C, F>) {
        // What was said in an earlier term, or by who does not lead, is over.
        let leads = term == self.term && self.leader == Some(from);
        if leads && matches!(self.role, Role::Follower) {
            cx.cite(CALLED);
            self.stand(true, &ProcessSet::new(), cx);
        }
    }
}
