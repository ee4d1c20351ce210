//! What a replicated log must keep.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{Breach, End, Process, ProcessSet, marked};

use super::ledger::{Doers, LogLedger};
use super::logs::Recession;
use super::{Applied, Payload};
use crate::one_shot::breach;

pub(super) fn log_agreement<C: Payload>(ledger: &LogLedger<C>, end: &End) -> Result<(), Breach> {
    let teller = |set: &ProcessSet| set.iter().find(|p| !end.liars.contains(*p));
    let honest = |doers: &Doers<C>| -> Vec<(Process, Applied<C>)> {
        doers.iter().filter_map(|(what, set)| Some((teller(set)?, what.clone()))).collect()
    };
    for (slot, doers) in &ledger.slots {
        if let [(p, one), (q, other), ..] = &honest(doers)[..] {
            let (one, other) = (told(one), told(other));
            let text = format!("in slot {slot} {p} applied {one} and {q} applied {other}");
            return breach(&[*p, *q], text);
        }
    }
    // What is installed must be what the slots before it make.
    let mut made: BTreeMap<Process, u32> = BTreeMap::new();
    let mut through = 0;
    for (last, doers) in &ledger.installed {
        while through < *last {
            let Some(doers) = ledger.slots.get(&(through + 1)) else { return Ok(()) };
            through += 1;
            if let Some((_, Applied::Command { client, number, .. })) = honest(doers).first() {
                let highest = made.entry(*client).or_default();
                *highest = (*highest).max(*number);
            }
        }
        for (p, what) in honest(doers) {
            let Applied::Installed { applied, .. } = what else { continue };
            if applied.iter().filter(|(_, number)| *number > 0).copied().ne(made.clone()) {
                let text = format!("{p} installed a state that slots 1 to {last} do not make");
                return breach(&[p], text);
            }
        }
    }
    Ok(())
}

/// What was applied, with its values marked.
fn told<C: Payload>(what: &Applied<C>) -> String {
    match what {
        Applied::Members { members, .. } => format!("members {}", members.show()),
        _ => marked(what),
    }
}

pub(super) fn exactly_once<C: Payload>(ledger: &LogLedger<C>, end: &End) -> Result<(), Breach> {
    if let Some((p, slot)) = ledger.repeated.iter().find(|(p, _)| !end.liars.contains(*p)) {
        return breach(&[*p], format!("{p} applied in slot {slot} a command that it had applied"));
    }
    let all = ledger.told.iter().filter(|((p, _), _)| !end.liars.contains(*p));
    for ((p, number), slot) in all {
        let elsewhere = |doers: &Doers<C>| {
            let is_it = |what: &Applied<C>| match what {
                Applied::Command { client, number: which, .. } => client == p && which == number,
                _ => false,
            };
            !doers.is_empty() && !doers.iter().any(|(what, _)| is_it(what))
        };
        if ledger.slots.get(slot).is_some_and(elsewhere) {
            let text = format!(
                "{p} was told that its command {number} stands in slot {slot}, where another thing \
                 does"
            );
            return breach(&[*p], text);
        }
    }
    Ok(())
}

pub(super) fn in_order<C: Payload>(ledger: &LogLedger<C>, end: &End) -> Result<(), Breach> {
    match ledger.disordered.iter().find(|(p, ..)| !end.liars.contains(*p)) {
        None => Ok(()),
        Some((p, slot, before)) => {
            breach(&[*p], format!("{p} applied slot {slot} after slot {before}"))
        }
    }
}

pub(super) fn integrity<C: Payload>(ledger: &LogLedger<C>, end: &End) -> Result<(), Breach> {
    let given: Vec<BTreeSet<&C>> = ledger.inputs.iter().map(|all| all.iter().collect()).collect();
    for (slot, doers) in &ledger.slots {
        for (what, set) in doers {
            let Applied::Command { client, payload, .. } = what else { continue };
            let Some(p) = set.iter().find(|p| !end.liars.contains(*p)) else { continue };
            let proposed = given.get(client.index()).is_some_and(|given| given.contains(payload));
            if !proposed && !end.liars.contains(*client) {
                let payload = marked(payload);
                let text = format!(
                    "{p} applied {payload} in slot {slot}, which {client} had not proposed"
                );
                return breach(&[p], text);
            }
        }
    }
    Ok(())
}

pub(super) fn termination<C: Payload>(ledger: &LogLedger<C>, end: &End) -> Result<(), Breach> {
    if !end.settled {
        return Ok(());
    }
    let owed = |p: &Process| end.correct(*p) && ledger.changes.is_member(*p);
    let correct = || end.group.processes().filter(owed);
    for client in correct() {
        let (given, _) = ledger.taken[client.index()];
        for p in correct() {
            let done = ledger.lives[p.index()].done.get(&client).map_or(0, |done| done.through);
            if done < given {
                let text =
                    format!("{p} is correct and has not applied command {} of {client}", done + 1);
                return breach(&[p, client], text);
            }
        }
    }
    Ok(())
}

pub(super) fn election_safety<C: Payload>(ledger: &LogLedger<C>, end: &End) -> Result<(), Breach> {
    for (term, leaders) in &ledger.leads {
        let honest: Vec<Process> = leaders.iter().filter(|p| !end.liars.contains(*p)).collect();
        if let [p, q, ..] = honest[..] {
            return breach(&[p, q], format!("{p} and {q} both led in term {term}"));
        }
    }
    Ok(())
}

pub(super) fn log_matching<C: Payload>(ledger: &LogLedger<C>, end: &End) -> Result<(), Breach> {
    match ledger.logs.split.filter(|(p, q, _)| ![p, q].iter().any(|p| end.liars.contains(**p))) {
        None => Ok(()),
        Some((p, q, index)) => {
            let text = format!(
                "the logs of {p} and {q} differ at index {index}, and agree at it or after it"
            );
            breach(&[p, q], text)
        }
    }
}

pub(super) fn leader_completeness<C: Payload>(
    ledger: &LogLedger<C>,
    end: &End,
) -> Result<(), Breach> {
    match ledger.logs.lack.filter(|(p, ..)| !end.liars.contains(*p)) {
        None => Ok(()),
        Some((p, term, place, when)) => {
            let (index, made) = (place.index, place.term);
            let text = format!(
                "{p} led in term {term} without the entry of term {made} at index {index}, which \
                 was committed in term {when}"
            );
            breach(&[p], text)
        }
    }
}

pub(super) fn monotone_commit<C: Payload>(ledger: &LogLedger<C>, end: &End) -> Result<(), Breach> {
    let Some((p, how)) = ledger.logs.receded().filter(|(p, _)| !end.liars.contains(*p)) else {
        return Ok(());
    };
    let text = match how {
        Recession::Back(now, before) => {
            format!("{p} took index {now} for the last that is committed, after {before}")
        }
        Recession::Beyond(commit, last) => format!(
            "{p} took index {commit} for committed, which is not in its log: that ends with {last}"
        ),
        Recession::Cut(last, commit) => format!(
            "{p}'s log ends with index {last}, although {p} had taken all through {commit} for \
             committed"
        ),
    };
    breach(&[p], text)
}

pub(super) fn durability<C: Payload>(ledger: &LogLedger<C>, end: &End) -> Result<(), Breach> {
    let honest = |p: &Process| !end.liars.contains(*p);
    let lacking = |p: Process| ledger.lacks(p).map(|(client, number)| (p, client, number));
    let lives = end.group.processes().filter(honest).find_map(lacking);
    match lives.or(ledger.lost.filter(|(p, client, _)| honest(p) && honest(client))) {
        None => Ok(()),
        Some((p, client, number)) => {
            let text = format!(
                "command {number} of {client} was acknowledged, and {p}'s state, which reaches as \
                 far, is without it"
            );
            breach(&[p, client], text)
        }
    }
}

pub(super) fn uniform_agreement<C: Payload>(
    ledger: &LogLedger<C>,
    end: &End,
) -> Result<(), Breach> {
    if !end.settled {
        return Ok(());
    }
    for (at, (number, _)) in ledger.acknowledged.iter().enumerate() {
        let client = Process(at as u16);
        let lacks = |p: &Process| {
            let done = ledger.lives[p.index()].done.get(&client).map_or(0, |done| done.through);
            end.correct(*p) && ledger.changes.is_member(*p) && done < *number
        };
        let mut all = end.group.processes().filter(|_| !end.liars.contains(client));
        if let Some(p) = all.find(lacks) {
            let text = format!(
                "command {number} of {client} was acknowledged, and {p}, which is correct, has not \
                 applied it"
            );
            return breach(&[p, client], text);
        }
    }
    Ok(())
}

/// What was written last through a slot; `None` if that is not known, since a slot before it was
/// only ever taken over within a whole state.
fn written<C: Payload>(ledger: &LogLedger<C>, slot: u64) -> Option<Option<&C>> {
    for at in (1..=slot).rev() {
        if let (Applied::Command { payload, .. }, _) = ledger.slots.get(&at)?.first()? {
            return Some(Some(payload));
        }
    }
    Some(None)
}

/// Where every operation says in which slot it takes effect, one order is as good as the slots
/// say: it is only to be compared with that of time.
pub(super) fn linearizability<C: Payload>(ledger: &LogLedger<C>, end: &End) -> Result<(), Breach> {
    if let Some((p, slot, before)) = ledger.late.iter().find(|(p, ..)| !end.liars.contains(*p)) {
        let text = format!(
            "a call of {p} took effect in slot {slot}, although one in slot {before} had responded \
             when it was made"
        );
        return breach(&[*p], text);
    }
    for (slot, readers) in &ledger.answers {
        let Some(last) = written(ledger, *slot) else { continue };
        for (value, set) in readers.iter().filter(|(value, _)| value.as_ref() != last) {
            let Some(p) = set.iter().find(|p| !end.liars.contains(*p)) else { continue };
            let (value, last) = (marked(value), marked(&last));
            let text = format!("in slot {slot} {p} read {value}, and what was written is {last}");
            return breach(&[p], text);
        }
    }
    Ok(())
}

pub(super) fn answers<C: Payload>(ledger: &LogLedger<C>, end: &End) -> Result<(), Breach> {
    let owed = |p: Process| end.settled && end.correct(p) && ledger.changes.is_member(p);
    let mut open = ledger.reads.keys().filter(|(p, _)| owed(*p));
    match open.next() {
        None => Ok(()),
        Some((p, number)) => {
            breach(&[*p], format!("{p} is correct and has no answer to its read {number}"))
        }
    }
}
