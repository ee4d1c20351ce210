//! Interactive consistency: every process proposes, and all decide the vector of proposals.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{Breach, Class, End, Problem, Requirement, Value, marked};

use crate::OneShot;
use crate::one_shot::{all_decide, breach, in_time, same};

/// Every process proposes a value; the correct ones must decide the same vector of values.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct InteractiveConsistency;

type Border = OneShot<Value, Vec<Value>>;

impl Problem for InteractiveConsistency {
    const NAME: &'static str = "interactive-consistency";
    type Input = Value;
    type Output = Vec<Value>;
    type Ledger = Border;

    fn requirements() -> &'static [Requirement<Self>] {
        REQUIREMENTS
    }

    fn show(output: &Vec<Value>, name: &dyn Fn(Value) -> String) -> String {
        let entries: Vec<String> = output.iter().map(|value| name(*value)).collect();
        format!("[{}]", entries.join(" "))
    }
}

const REQUIREMENTS: &[Requirement<InteractiveConsistency>] = &[
    Requirement {
        name: "vector-agreement",
        aliases: &["agreement"],
        text: "all correct processes decide the same vector",
        source: "Pease, Shostak, Lamport 1980",
        class: Class::Safety,
        judge: |ledger, end| same(ledger, |p| end.correct(p)),
    },
    Requirement {
        name: "vector-integrity",
        aliases: &["integrity"],
        text: "the entry of a correct process is, in every correct process's vector, what it proposed",
        source: "Pease, Shostak, Lamport 1980",
        class: Class::Validity,
        judge: entries,
    },
    Requirement {
        name: "termination",
        aliases: &[],
        text: "every correct process decides a vector",
        source: "Coulouris et al. 2012, 15.5.1",
        class: Class::Liveness,
        judge: |ledger, end| all_decide(ledger, end, |p| end.correct(p)),
    },
    Requirement {
        name: "deadline",
        aliases: &[],
        text: "every correct process decides by the round that the protocol promises",
        source: "Pease, Shostak, Lamport 1980",
        class: Class::Liveness,
        judge: |ledger, end| in_time(ledger, end),
    },
];

fn entries(ledger: &Border, end: &End) -> Result<(), Breach> {
    for (p, vector) in ledger.decided(|p| end.correct(p)) {
        for q in end.group.processes().filter(|&q| end.correct(q)) {
            let Some(proposed) = ledger.inputs[q.index()] else { continue };
            let entry = vector.get(q.index()).copied().unwrap_or(Value::BOTTOM);
            if entry != proposed {
                let (proposed, entry) = (marked(&proposed), marked(&entry));
                let text = format!("{q} proposed {proposed} and {p} has {entry} in its place");
                return breach(&[q, p], text);
            }
        }
    }
    Ok(())
}
