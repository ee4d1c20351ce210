//! The faults of a round: what the model grants, and what each does to which message.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use quorate_kernel::{Faults, Process, ProcessSet, Traitor};

use crate::{Fault, Rounded};

impl<R: Traitor> Rounded<'_, R> {
    /// Sorts the faults of a round by sender, and refuses what the model does not grant.
    pub(crate) fn plan<'f>(
        &self,
        faults: &'f [Fault<R::Message>],
    ) -> Result<Plan<'f, R::Message>, String> {
        let size = self.arena().group.size();
        let mut plan = Plan { crashes: Vec::new(), edits: (0..size).map(|_| None).collect() };
        for fault in faults {
            self.grant(fault, plan.crashes.len())?;
            match fault {
                Fault::Crash { process, reached } => plan.crashes.push((*process, reached)),
                Fault::Omit { from, to } => plan.edit(*from, *to, Edit::Omit)?,
                Fault::Miss { from, to } => plan.edit(*from, *to, Edit::Miss)?,
                Fault::Lie { from, to, said, word } => {
                    plan.edit(*from, *to, Edit::Say(said.as_ref(), word.as_deref()))?;
                }
                Fault::FlipMessage { from, to, bit } => {
                    plan.edit(*from, *to, Edit::Flip(*bit))?;
                }
                Fault::FlipState { .. } => {
                    return Err("a state flips at the beginning of a round, not within".to_string());
                }
            }
        }
        for (process, _) in &plan.crashes {
            plan.edits[process.index()].get_or_insert_with(|| (0..size).map(|_| None).collect());
        }
        Ok(plan)
    }

    /// Whether the model grants a fault.
    fn grant(&self, fault: &Fault<R::Message>, crashing: usize) -> Result<(), String> {
        if let Some(p) = fault.culprit().filter(|p| p.index() >= self.arena().group.size()) {
            return Err(format!("there is no {p} in a group of {}", self.arena().group.n));
        }
        let kind = self.model.faults;
        let faulty = |p: Process| self.faulty().contains(p);
        match fault {
            Fault::Crash { process, .. } => {
                let after = self.crashed().len() + crashing + 1;
                if kind != Faults::Crash {
                    return Err(format!("processes do not crash in the {} model", kind.word()));
                }
                if self.crashed().contains(*process) {
                    return Err(format!("{process} has crashed already"));
                }
                if after > usize::from(self.model.faulty_max) {
                    let most = self.model.faulty_max;
                    return Err(format!(
                        "{process} would be crash number {after}, and at most {most} may (raise -f)"
                    ));
                }
                Ok(())
            }
            Fault::Omit { from, .. }
                if faulty(*from) && matches!(kind, Faults::Omission | Faults::GeneralOmission) =>
            {
                Ok(())
            }
            Fault::Miss { to, .. } if faulty(*to) && kind == Faults::GeneralOmission => Ok(()),
            Fault::Lie { from, .. } if faulty(*from) && kind == Faults::Byzantine => Ok(()),
            Fault::FlipMessage { from, to, .. } if from != to => Ok(()),
            Fault::FlipState { .. } => Ok(()),
            Fault::Lie { from, .. } => Err(format!("{from} is no traitor, so it cannot lie")),
            Fault::Omit { from, .. } => {
                Err(format!("{from} is not faulty by omission, so it loses nothing that it sends"))
            }
            Fault::Miss { to, .. } => {
                Err(format!("{to} is not faulty by general omission, so it receives what is sent"))
            }
            Fault::FlipMessage { from, .. } => {
                Err(format!("what {from} tells itself crosses no wire, so no bit of it can flip"))
            }
        }
    }
}

/// The faults of one round, by sender.
pub(crate) struct Plan<'f, M> {
    pub(crate) crashes: Vec<(Process, &'f ProcessSet)>,
    pub(crate) edits: Vec<Option<Vec<Option<Edit<'f, M>>>>>,
}

impl<'f, M> Plan<'f, M> {
    fn edit(&mut self, from: Process, to: Process, edit: Edit<'f, M>) -> Result<(), String> {
        let size = self.edits.len();
        let row = self.edits.get_mut(from.index());
        let row = row.ok_or_else(|| format!("there is no {from} in a group of {size}"))?;
        let row = row.get_or_insert_with(|| (0..size).map(|_| None).collect());
        let place = row.get_mut(to.index());
        let place = place.ok_or_else(|| format!("there is no {to} in a group of {size}"))?;
        if place.is_some() {
            return Err(format!("two faults hit the message from {from} to {to}"));
        }
        *place = Some(edit);
        Ok(())
    }
}

/// What a fault does to one message.
pub(crate) enum Edit<'f, M> {
    /// A traitor says this, by this word of its vocabulary.
    Say(Option<&'f M>, Option<&'f [u32]>),
    /// The sender loses it.
    Omit,
    /// The receiver loses it.
    Miss,
    /// A bit of it flips.
    Flip(u32),
}

/// One message on its way: what the honest machine says, and what becomes of it.
pub(crate) struct Letter<'l, M> {
    pub(crate) from: Process,
    pub(crate) to: Process,
    pub(crate) honest: Option<&'l M>,
    pub(crate) edit: Option<&'l Edit<'l, M>>,
    /// Whether the sender crashed before it sent this.
    pub(crate) cut: bool,
}
