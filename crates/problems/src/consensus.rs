//! Consensus: every process proposes a value, and all decide one.

use alloc::format;
use alloc::string::String;

use quorate_kernel::{Breach, Class, End, Problem, Process, Requirement, Value, marked};

use crate::OneShot;
use crate::one_shot::{all_decide, breach, in_time, once, same};

/// Every process proposes a value; the correct ones must decide, and decide the same.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Consensus;

type Border = OneShot<Value, Value>;

impl Problem for Consensus {
    const NAME: &'static str = "consensus";
    type Input = Value;
    type Output = Value;
    type Ledger = Border;

    fn requirements() -> &'static [Requirement<Self>] {
        REQUIREMENTS
    }

    fn show(output: &Value, name: &dyn Fn(Value) -> String) -> String {
        name(*output)
    }
}

const REQUIREMENTS: &[Requirement<Consensus>] = &[
    Requirement {
        name: "agreement",
        aliases: &[],
        text: "no two correct processes decide differently",
        source: "Coulouris et al. 2012, 15.5.1; Lynch 1996, 6.1",
        class: Class::Safety,
        judge: |ledger, end| same(ledger, |p| end.correct(p)),
    },
    Requirement {
        name: "uniform-agreement",
        aliases: &[],
        text: "no two processes decide differently, whether they are correct or fail later",
        source: "Hadzilacos, Toueg 1993; Charron-Bost, Schiper 2004",
        class: Class::Safety,
        judge: |ledger, end| same(ledger, |p| !end.liars.contains(p)),
    },
    Requirement {
        name: "irrevocability",
        aliases: &[],
        text: "a process that has decided never decides anything else",
        source: "Lynch 1996, 6.1",
        class: Class::Safety,
        judge: |ledger, end| once(ledger, end),
    },
    Requirement {
        name: "integrity",
        aliases: &["byzantine-integrity", "validity-correct", "strong-unanimity"],
        text: "if all correct processes propose the same value, no correct process decides another",
        source: "Coulouris et al. 2012, 15.5.1; Neiger 1994",
        class: Class::Validity,
        judge: |ledger, end| unanimity(ledger, end, |p| end.correct(p)),
    },
    Requirement {
        name: "weak-integrity",
        aliases: &["validity-correct-proposed"],
        text: "a value that a correct process decides was proposed by a correct process",
        source: "Neiger 1994 (strong consensus); the course's weak integrity",
        class: Class::Validity,
        judge: |ledger, end| proposed(ledger, end, "a correct process", |p| end.correct(p)),
    },
    Requirement {
        name: "validity-all",
        aliases: &["unanimity"],
        text: "if all processes propose the same value, no correct process decides another",
        source: "Fischer, Lynch, Paterson 1985; Lynch 1996, 6.2",
        class: Class::Validity,
        judge: |ledger, end| unanimity(ledger, end, |_| true),
    },
    Requirement {
        name: "validity-proposed",
        aliases: &["validity"],
        text: "a value that a correct process decides was proposed by some process",
        source: "Chandra, Toueg 1996; Lynch 1996, 6.2.1",
        class: Class::Validity,
        judge: |ledger, end| proposed(ledger, end, "any process", |_| true),
    },
    Requirement {
        name: "termination",
        aliases: &[],
        text: "every correct process decides",
        source: "Coulouris et al. 2012, 15.5.1",
        class: Class::Liveness,
        judge: |ledger, end| all_decide(ledger, end, |p| end.correct(p)),
    },
    Requirement {
        name: "deadline",
        aliases: &[],
        text: "every correct process decides by the round that the protocol promises for the number of processes that really fail",
        source: "Dolev, Reischuk, Strong 1990; Charron-Bost, Schiper 2004",
        class: Class::Liveness,
        judge: |ledger, end| in_time(ledger, end),
    },
];

/// If all whose proposal counts propose v, every correct process that decides decides v.
fn unanimity(ledger: &Border, end: &End, counts: impl Fn(Process) -> bool) -> Result<(), Breach> {
    let mut inputs = end
        .group
        .processes()
        .filter(|&p| counts(p))
        .filter_map(|p| ledger.inputs[p.index()].map(|input| (p, input)));
    let Some((first, value)) = inputs.next() else { return Ok(()) };
    if inputs.any(|(_, other)| other != value) {
        return Ok(());
    }
    match ledger.decided(|p| end.correct(p)).find(|(_, decision)| **decision != value) {
        None => Ok(()),
        Some((p, decision)) => {
            let (value, other) = (marked(&value), marked(decision));
            let text = if p == first {
                format!("{p} proposed {value}, as did all who count, and decided {other}")
            } else {
                format!("{first} proposed {value}, as did all who count, and {p} decided {other}")
            };
            breach(&[first, p], text)
        }
    }
}

/// Every value that a correct process decides was proposed by somebody who counts.
fn proposed(
    ledger: &Border,
    end: &End,
    whom: &str,
    counts: impl Fn(Process) -> bool,
) -> Result<(), Breach> {
    for (p, decision) in ledger.decided(|p| end.correct(p)) {
        let known =
            end.group.processes().any(|q| counts(q) && ledger.inputs[q.index()] == Some(*decision));
        if !known {
            let decision = marked(decision);
            let text = format!("{p} decided {decision}, which was not proposed by {whom}");
            return breach(&[p], text);
        }
    }
    Ok(())
}
