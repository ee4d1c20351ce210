//! Every run of the protocols on a network, in small groups: what is promised holds in all of them,
//! the reductions change no verdict, and what breaks breaks in the simulator too.

use std::collections::BTreeSet;

use quorate_conformance::{Depth, Troupe, beyond, edge, explored, inputs, troupe};
use quorate_kernel::{Class, Group};
use quorate_protocols::{Hosted, HostedVisitor};
use quorate_simulator::Runner;
use quorate_world::Conditions;

use crate::hosted::every;

/// About how many bytes a search may take.
const MEMORY: u64 = 24 << 20;

const DEPTH: Depth = Depth { collapse: true, rounds: Some(2), timers: 1, memory_bytes: MEMORY };

/// The names of the claims on the same terms, by the conditions at their edge.
fn terms<P: Hosted>(group: Group) -> Vec<(Conditions, Vec<&'static str>)> {
    let mut all: Vec<(Conditions, Vec<&'static str>)> = Vec::new();
    for claim in P::claims().iter().filter(|claim| (claim.within.admits)(group)) {
        let conditions = edge(claim, group);
        match all.iter_mut().find(|(known, _)| *known == conditions) {
            Some((_, names)) => names.push(claim.requirement),
            None => all.push((conditions, vec![claim.requirement])),
        }
    }
    all
}

/// The requirements that a search finds broken, each made again by the simulator.
fn broken<P: Hosted>(
    troupe: &Troupe<P>,
    depth: Depth,
    place: &str,
) -> Option<BTreeSet<&'static str>> {
    let told = explored(troupe, inputs(troupe), depth)?;
    let mut names = BTreeSet::new();
    for (broken, plan) in told.findings.broken.iter().zip(&told.plans) {
        let name = troupe.requirements[broken.requirement].name;
        let judged = troupe.run(plan);
        let again = judged.breaches.iter().any(|(at, _)| *at == broken.requirement);
        assert!(again, "{place}: the simulator does not break {name} in {:#?}", broken.run);
        names.insert(name);
    }
    let explored = told.findings.explored;
    let ended = match told.findings.stopped {
        None => "all",
        Some(_) => "the first",
    };
    crate::say(&format!("{place}: {ended} {} states, broken: {names:?}", explored.states));
    (told.findings.stopped.is_none() || !names.is_empty()).then_some(names)
}

#[derive(Clone)]
struct Inside;

impl HostedVisitor for Inside {
    type Out = ();

    fn visit<P: Hosted>(self) {
        for (n, f) in [(2, 0), (2, 1), (3, 1), (4, 1)] {
            let group = Group { n, f };
            for (conditions, names) in terms::<P>(group) {
                let word = format!(
                    "{} {} {}",
                    conditions.timing.word(),
                    conditions.links.word(),
                    conditions.word()
                );
                let place = format!("{} {group:?} {word}", P::NAME);
                let Ok(troupe) = troupe::<P>(group, conditions, &[], &names) else { continue };
                if let Some(broken) = broken(&troupe, DEPTH, &place) {
                    assert!(broken.is_empty(), "{place} breaks {broken:?}");
                }
            }
        }
    }
}

#[test]
fn what_is_promised_holds_in_every_run_of_small_groups() {
    every(Inside);
}

#[derive(Clone)]
struct Outside;

impl HostedVisitor for Outside {
    type Out = ();

    fn visit<P: Hosted>(self) {
        for claim in P::claims() {
            let sizes = claim.breaks.iter().map(|size| (None, *size));
            let weaker = claim.breaks_under.iter().map(|(weaker, size)| (Some(*weaker), *size));
            for (weaker, (n, f)) in sizes.chain(weaker) {
                let group = Group { n, f };
                let conditions = match weaker {
                    None => edge(&claim, group),
                    Some(weaker) => beyond(&claim, group, weaker),
                };
                let place = format!("{} {group:?} {weaker:?} {}", P::NAME, claim.requirement);
                let Ok(troupe) = troupe::<P>(group, conditions, &[], &[claim.requirement]) else {
                    continue;
                };
                if broken(&troupe, DEPTH, &place).is_some_and(|broken| broken.is_empty()) {
                    crate::say(&format!("{place}: NOT FOUND"));
                }
            }
        }
    }
}

#[test]
fn what_is_not_promised_breaks_in_a_shortest_run() {
    every(Outside);
}
