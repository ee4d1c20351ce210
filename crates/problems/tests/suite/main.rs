//! Every judge, on ledgers made by hand: what it lets pass, and what it objects to.

mod detector;
mod log;
mod multicast;

use quorate_kernel::{End, Group, Problem, Process, ProcessSet};

const P0: Process = Process(0);
const P1: Process = Process(1);
const P2: Process = Process(2);

/// A settled run of three processes that lasted from 0 to 1,000, all calm.
fn end(faulty: &[Process], liars: &[Process]) -> End {
    let set = |members: &[Process]| members.iter().copied().collect::<ProcessSet>();
    End {
        group: Group { n: 3, f: 1 },
        faulty: set(faulty),
        liars: set(liars),
        settled: true,
        deadline: u64::MAX,
        calm_from: 0,
        over_at: 1_000,
        lost: 0,
    }
}

/// The names of the requirements that a run breaks.
fn broken<P: Problem>(ledger: &P::Ledger, end: &End) -> Vec<&'static str> {
    let objects =
        |requirement: &&quorate_kernel::Requirement<P>| (requirement.judge)(ledger, end).is_err();
    P::requirements().iter().filter(objects).map(|requirement| requirement.name).collect()
}

/// What is said of the breach of one requirement.
fn objection<P: Problem>(name: &str, ledger: &P::Ledger, end: &End) -> String {
    let requirement = P::requirements().iter().find(|requirement| requirement.name == name);
    let judge = requirement.expect("the problem has this requirement").judge;
    let breach = judge(ledger, end).expect_err("the run breaks it");
    quorate_kernel::named(&breach.text, &|value| format!("v{}", value.0))
}
