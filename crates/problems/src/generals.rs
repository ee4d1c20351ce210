//! The Byzantine generals: a commander gives an order to lieutenants.

use alloc::format;
use alloc::string::String;

use quorate_kernel::{Breach, Class, End, Problem, Process, Requirement, Value, marked};

use crate::OneShot;
use crate::one_shot::{all_decide, breach, in_time, same};

/// One process, the commander, proposes; the lieutenants must obey the same order.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Generals;

type Border = OneShot<Value, Value>;

impl Problem for Generals {
    const NAME: &'static str = "generals";
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

const REQUIREMENTS: &[Requirement<Generals>] = &[
    Requirement {
        name: "ic1",
        aliases: &["agreement"],
        text: "all loyal lieutenants obey the same order",
        source: "Lamport, Shostak, Pease 1982, IC1",
        class: Class::Safety,
        judge: |ledger, end| same(ledger, |p| end.correct(p) && ledger.inputs[p.index()].is_none()),
    },
    Requirement {
        name: "ic2",
        aliases: &["validity"],
        text: "if the commanding general is loyal, every loyal lieutenant obeys the order he sends",
        source: "Lamport, Shostak, Pease 1982, IC2",
        class: Class::Validity,
        judge: obeyed,
    },
    Requirement {
        name: "termination",
        aliases: &[],
        text: "every loyal lieutenant obeys some order",
        source: "Coulouris et al. 2012, 15.5.1",
        class: Class::Liveness,
        judge: |ledger, end| all_decide(ledger, end, |p| end.correct(p)),
    },
    Requirement {
        name: "deadline",
        aliases: &[],
        text: "every loyal lieutenant obeys by the round that the protocol promises",
        source: "Lamport, Shostak, Pease 1982; Dolev, Strong 1983",
        class: Class::Liveness,
        judge: |ledger, end| in_time(ledger, end),
    },
];

/// The commander: whoever was given an order.
fn commander(ledger: &Border) -> Option<(Process, Value)> {
    let inputs = ledger.inputs.iter().enumerate();
    inputs.filter_map(|(at, input)| input.map(|order| (Process(at as u16), order))).next()
}

fn obeyed(ledger: &Border, end: &End) -> Result<(), Breach> {
    let Some((chief, order)) = commander(ledger).filter(|(chief, _)| end.correct(*chief)) else {
        return Ok(());
    };
    match ledger.decided(|p| end.correct(p)).find(|(_, obeyed)| **obeyed != order) {
        None => Ok(()),
        Some((p, other)) => {
            let (order, other) = (marked(&order), marked(other));
            let text =
                format!("{chief} is loyal and ordered {order}, and {p}, loyal too, obeyed {other}");
            breach(&[chief, p], text)
        }
    }
}
