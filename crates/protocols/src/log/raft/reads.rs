//! Reads that see all that had happened, without an entry in the log (thesis, 6.4).

use quorate_kernel::{Process, inspect};
use quorate_problems::{Applied, Payload};

use super::{
    ANSWER, AT_ONCE, Attempt, CONFIRM, Cx, Form, LEASE, OLD_ROUND, Pace, READ, Raft, Record, Role,
    TOO_SOON, Words,
};

/// The own reads. One attempt is for all that are open when it is made; whatever answers an
/// earlier one comes too late.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Reads {
    /// How many were asked for in this life, and how many of them are answered.
    asked: u64,
    answered: u64,
    /// The last attempt, and how many had been asked for by then.
    attempt: Attempt,
    covers: u64,
    /// Through which index must be applied what it reads, once the leader has said so.
    index: Option<u64>,
}

inspect!(Reads { asked, answered, attempt, covers, index });

impl Reads {
    /// The last attempt.
    pub(super) fn attempt(&self) -> Attempt {
        self.attempt
    }

    /// Whether some are not answered.
    pub(super) fn are_open(&self) -> bool {
        self.answered < self.asked
    }

    /// The life that names attempts; 0 before the first.
    pub(super) fn life(&self) -> u64 {
        self.attempt.life
    }
}

/// A read that waits at the leader until it knows that it still leads.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Waiting {
    client: Process,
    attempt: Attempt,
    /// Through which index must be applied what is read.
    index: u64,
    /// Which round must be answered.
    round: u64,
}

inspect!(Waiting { client, attempt, index, round });

impl<C: Payload, F: Form> Raft<C, F> {
    pub(super) fn read(&mut self, cx: &mut Cx<'_, C, F>) {
        self.begin_call(cx);
        self.begin_life(cx);
        let under_way = self.reads.are_open();
        self.reads.asked += 1;
        // One attempt at a time: who asks all the time would never be answered otherwise.
        if !under_way {
            self.read_again(cx);
        }
    }

    /// Sees to it that attempts of this life have names of their own.
    pub(super) fn begin_life(&mut self, cx: &mut Cx<'_, C, F>) {
        if self.reads.attempt.life == 0 {
            cx.persist(Record::Reads);
            self.reads.attempt.life = cx.stable().lives;
        }
    }

    /// Asks where to read, under a new name.
    pub(super) fn read_again(&mut self, cx: &mut Cx<'_, C, F>) {
        if !self.reads.are_open() {
            return;
        }
        self.reads.attempt.number += 1;
        (self.reads.covers, self.reads.index) = (self.reads.asked, None);
        let attempt = self.reads.attempt;
        match self.leader {
            Some(leader) if leader == cx.me => self.on_read_ask(leader, attempt, cx),
            Some(leader) => cx.send(leader, Words::ReadAsk(attempt)),
            None => {}
        }
    }

    pub(super) fn on_read_ask(&mut self, client: Process, attempt: Attempt, cx: &mut Cx<'_, C, F>) {
        if !matches!(self.role, Role::Leader(_)) {
            return;
        }
        if self.has_lease(cx) {
            cx.cite(LEASE);
            return self.say_where((client, attempt), self.commit, cx);
        }
        let Role::Leader(lead) = &mut self.role else { return };
        cx.cite(READ);
        let least = if cx.is_flawed(TOO_SOON) { 0 } else { lead.first };
        if lead.round == 0 || !cx.is_flawed(OLD_ROUND) {
            lead.round += 1;
        }
        let (index, round) = (self.commit.max(least), lead.round);
        lead.reads.retain(|one| one.client != client);
        lead.reads.push(Waiting { client, attempt, index, round });
        self.wake(cx);
        self.beat(Pace::Busy, cx);
        self.confirm(cx);
    }

    /// Says where to read to those whose round a quorum has answered.
    #[inline]
    pub(super) fn confirm(&mut self, cx: &mut Cx<'_, C, F>) {
        if matches!(&self.role, Role::Leader(lead) if !lead.reads.is_empty()) {
            self.confirm_some(cx);
        }
    }

    #[inline(never)]
    fn confirm_some(&mut self, cx: &mut Cx<'_, C, F>) {
        let Role::Leader(lead) = &mut self.role else { return };
        let members = &self.force.members;
        let answered = |round: u64| {
            let has = |p: Process| p == cx.me || lead.peers[p.index()].bond.round >= round;
            members.is_quorum(&|voters| cx.config.keepers(voters), false, has)
        };
        let at_once = cx.is_flawed(AT_ONCE);
        let commit = self.commit;
        let is_ready = |one: &Waiting| one.index <= commit && (at_once || answered(one.round));
        let (ready, waiting) = core::mem::take(&mut lead.reads).into_iter().partition(is_ready);
        lead.reads = waiting;
        let ready: alloc::vec::Vec<Waiting> = ready;
        for one in ready {
            cx.cite(CONFIRM);
            self.say_where((one.client, one.attempt), one.index, cx);
        }
    }

    fn say_where(
        &mut self,
        (client, attempt): (Process, Attempt),
        index: u64,
        cx: &mut Cx<'_, C, F>,
    ) {
        if client == cx.me {
            self.on_read_at(attempt, index, cx);
        } else {
            cx.send(client, Words::ReadAt(attempt, index));
        }
    }

    /// Whether it is taken that no other leads yet. A voter that answered a beat sticks to this
    /// leader for `patience` beats of its own clock from then on, through a crash too. So does a
    /// quorum until the second beat after it, if clocks differ by less than a factor of
    /// patience / 2 in speed: it has answered the last round, or the one before. After a silence,
    /// or long pauses, rounds begin anew. That no more time has passed than between two beats is
    /// not known to a leader that was stopped, or whose clock was set back.
    fn has_lease(&self, cx: &Cx<'_, C, F>) -> bool {
        let Role::Leader(lead) = &self.role else { return false };
        let usable = cx.config.lease && cx.config.check_quorum && !lead.no_lease;
        let speaks = usable && !lead.is_silent() && lead.is_quick();
        let recent = |p: Process| {
            let round = lead.peers[p.index()].bond.round;
            p == cx.me || (round > 0 && round.saturating_add(1) >= lead.round)
        };
        let keepers = |voters: usize| cx.config.keepers(voters);
        let members = &self.force.members;
        speaks && self.commit >= lead.first && members.is_quorum(&keepers, false, recent)
    }

    pub(super) fn on_read_at(&mut self, attempt: Attempt, index: u64, cx: &mut Cx<'_, C, F>) {
        if attempt == self.reads.attempt {
            self.reads.index = Some(index);
            self.answer_reads(cx);
        }
    }

    /// Answers what can be.
    pub(super) fn answer_reads(&mut self, cx: &mut Cx<'_, C, F>) {
        if self.reads.index.is_none_or(|index| index > self.commit) {
            return;
        }
        cx.cite(ANSWER);
        let open = self.reads.are_open();
        self.reads.index = None;
        for number in self.reads.answered + 1..=self.reads.covers {
            let (slot, value) = (self.length, self.value.clone());
            cx.output(Applied::Answer { number: number as u32, slot, value });
        }
        self.reads.answered = self.reads.covers;
        self.settle(open, cx);
        self.read_again(cx);
    }
}
