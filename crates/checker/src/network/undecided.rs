//! Who has not decided, and what chance a local step leaves open.

use quorate_kernel::{Class, Deceit, Problem, Process, Protocol, Requirement};

use super::roles::Roles;
use super::tables::Case;

/// The requirement that correct processes decide, if the problem has it.
fn termination<P: Protocol>() -> Option<&'static Requirement<P::Problem>> {
    let mut all = <P::Problem as Problem>::requirements().iter();
    all.find(|one| one.name == "termination" && one.class == Class::Liveness)
}

impl<P: Deceit> Roles<'_, P> {
    /// Whether the problem asks processes to decide.
    pub(super) fn asks_termination(&self) -> bool {
        termination::<P>().is_some()
    }

    /// Whether a process draws lots when it boots.
    pub(super) fn draws_at_boot(&mut self) -> bool {
        let beginnings = 0..self.inquiry.beginnings.len() as u16;
        let all = self.inquiry.group.processes();
        let mut drawn =
            beginnings.flat_map(|beginning| all.clone().map(move |who| (who, beginning)));
        drawn.any(|(who, beginning)| {
            let landings = self.first(who, beginning);
            landings.len() > 1 || landings.iter().any(|one| !one.how.lots.is_empty())
        })
    }

    /// Who has not decided in a ledger: bit p stands for process p.
    pub(super) fn have_not_decided(&self, ledger: u32) -> u64 {
        let ledger = &self.ledgers[ledger as usize];
        let all = u64::MAX >> (64 - self.inquiry.group.n);
        let Some(termination) = termination::<P>() else { return 0 };
        let waits = |p: &Process| {
            // If it alone is correct, termination asks for its decision alone.
            let down = all & !(1 << p.0);
            let end = self.end(Case { down, traitors: 0, settled: true, lost: 0 });
            (termination.judge)(ledger, &end).is_err()
        };
        let undecided = self.inquiry.group.processes().filter(waits);
        undecided.fold(0, |set, p| set | 1 << p.0)
    }
}

/// The chance that one of two ways is gone, of which at most one can be.
pub(super) fn either((above, below): (u64, u64), (more, of): (u64, u64)) -> (u64, u64) {
    if below == of {
        return above.checked_add(more).map_or((0, 0), |above| (above, below));
    }
    let sum = || {
        let above = above.checked_mul(of)?.checked_add(more.checked_mul(below)?)?;
        Some((above, below.checked_mul(of)?))
    };
    sum().unwrap_or((0, 0))
}
