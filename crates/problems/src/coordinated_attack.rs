//! Coordinated attack: generals who agree over messengers that may be caught.

use alloc::format;
use alloc::string::String;

use quorate_kernel::{Breach, Class, End, Problem, Process, Requirement, Value, marked};

use crate::OneShot;
use crate::one_shot::{all_decide, breach, once, same};

/// Every general may be ready to attack (1) or not (0); all attack or none does. Nobody is faulty,
/// but any message may be lost.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CoordinatedAttack;

type Border = OneShot<Value, Value>;

const RETREAT: Value = Value(0);
const ATTACK: Value = Value(1);

impl Problem for CoordinatedAttack {
    const NAME: &'static str = "coordinated-attack";
    type Input = Value;
    type Output = Value;
    type Ledger = Border;
    const COUNTS_LOSSES: bool = true;

    fn requirements() -> &'static [Requirement<Self>] {
        REQUIREMENTS
    }

    fn show(output: &Value, name: &dyn Fn(Value) -> String) -> String {
        name(*output)
    }
}

const REQUIREMENTS: &[Requirement<CoordinatedAttack>] = &[
    Requirement {
        name: "agreement",
        aliases: &[],
        text: "no two generals decide differently",
        source: "Gray 1978; Lynch 1996, 5.1",
        class: Class::Safety,
        judge: |ledger, end| same(ledger, |p| end.correct(p)),
    },
    Requirement {
        name: "irrevocability",
        aliases: &[],
        text: "a general who has decided never decides anything else",
        source: "Lynch 1996, 5.1",
        class: Class::Safety,
        judge: |ledger, end| once(ledger, end),
    },
    Requirement {
        name: "validity-retreat",
        aliases: &[],
        text: "if no general is ready to attack, none attacks",
        source: "Lynch 1996, 5.1, validity 1",
        class: Class::Validity,
        judge: |ledger, end| decided_only(ledger, end, RETREAT),
    },
    Requirement {
        name: "validity-attack",
        aliases: &[],
        text: "if all generals are ready to attack and no message is lost, none retreats",
        source: "Lynch 1996, 5.1, validity 2",
        class: Class::Validity,
        judge: |ledger, end| match end.lost == 0 && end.faulty.is_empty() {
            true => decided_only(ledger, end, ATTACK),
            false => Ok(()),
        },
    },
    Requirement {
        name: "termination",
        aliases: &[],
        text: "every general decides",
        source: "Lynch 1996, 5.1",
        class: Class::Liveness,
        judge: |ledger, end| all_decide(ledger, end, |p| end.correct(p)),
    },
];

/// If all generals were given this, no correct one decides anything else.
fn decided_only(ledger: &Border, end: &End, value: Value) -> Result<(), Breach> {
    let given = |p: Process| ledger.inputs[p.index()] == Some(value);
    if !end.group.processes().all(given) {
        return Ok(());
    }
    match ledger.decided(|p| end.correct(p)).find(|(_, decision)| **decision != value) {
        None => Ok(()),
        Some((p, decision)) => {
            let (value, other) = (marked(&value), marked(decision));
            breach(&[p], format!("all were given {value}, and {p} decided {other}"))
        }
    }
}
