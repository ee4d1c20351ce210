//! Messages that can make no difference any more, whenever they arrive.

use quorate_kernel::Process;
use quorate_problems::Payload;

use super::{Ballots, Form, Raft, Role, Words};

impl<C: Payload, F: Form> Raft<C, F> {
    /// What is of an earlier term; and of this one what counts only for who leads in it, or stands,
    /// which nobody does twice.
    pub(super) fn has_passed(&self, from: Process, message: &Words<C>) -> bool {
        let leads = matches!(self.role, Role::Leader(_));
        match message {
            Words::Vote { term, pre, granted, .. } => {
                let counts = |ballots: &Ballots<C>| *granted && ballots.counts(from);
                let stands = matches!(&self.role, Role::Candidate(ballots) if counts(ballots));
                *term < self.term || (*term == self.term && (*pre || !stands))
            }
            Words::Matched { term, .. }
            | Words::Refused { term, .. }
            | Words::LetLead(term)
            | Words::Wish(term, ..) => *term < self.term || (*term == self.term && !leads),
            Words::StandNow(term) => *term < self.term,
            Words::Outcome(term, attempt, refused) => self.is_over((*term, *attempt), *refused),
            Words::ReadAt(attempt, _) => *attempt != self.reads.attempt(),
            _ => false,
        }
    }
}
