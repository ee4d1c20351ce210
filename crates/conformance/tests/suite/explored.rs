//! Every run of the protocols on a network, in small groups: what is promised holds in all of them,
//! the reductions change no verdict, and what breaks breaks in the simulator too.

use std::collections::BTreeSet;

use quorate_conformance::{Depth, Troupe, edge, explored, inputs, troupe};
use quorate_kernel::{Faults, Group};
use quorate_protocols::{Hosted, HostedVisitor};
use quorate_simulator::{EVENTS_MAX, Runner};
use quorate_world::Conditions;

use crate::hosted::{every, outside};

/// About how many bytes a search may take.
const MEMORY: u64 = 16 << 20;

const DEPTH: Depth = Depth {
    collapse: true,
    symmetry: true,
    rounds: Some(2),
    timers: 1,
    copies: 0,
    memory_bytes: MEMORY,
};

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

/// What a search came to.
struct Came {
    /// The requirements that it found broken.
    broken: BTreeSet<&'static str>,
    /// Whether it went through everything within its bounds.
    ended: bool,
    /// And no run went on beyond them.
    whole: bool,
}

/// Searches, and lets the simulator make every broken run again.
fn came<P: Hosted>(troupe: &Troupe<P>, depth: Depth, place: &str) -> Option<Came> {
    let told = explored(troupe, inputs(troupe), depth)?;
    let mut broken = BTreeSet::new();
    for (found, plan) in told.findings.broken.iter().zip(&told.plans) {
        let name = troupe.requirements[found.requirement].name;
        let judged = troupe.run(plan, EVENTS_MAX);
        let again = judged.breaches.iter().any(|(at, _)| *at == found.requirement);
        assert!(again, "{place}: the simulator does not break {name} in {:#?}", found.run);
        broken.insert(name);
    }
    let findings = &told.findings;
    let share = if findings.stopped.is_none() { "all" } else { "the first" };
    let states = findings.explored.states;
    crate::say(&format!("{place}: {share} {states} states, broken: {broken:?}"));
    let ended = findings.stopped.is_none();
    let whole = ended && !findings.cut_off.any() && !findings.endless;
    Some(Came { broken, ended, whole })
}

/// What is promised in a group, as troupes under the conditions at the edge of the claims.
fn promised<P: Hosted>(group: Group) -> Vec<(Troupe<P>, String)> {
    let made = terms::<P>(group).into_iter().filter_map(|(conditions, names)| {
        let (timing, links) = (conditions.timing.word(), conditions.links.word());
        let place = format!("{} {group:?} {timing} {links} {}", P::NAME, conditions.word());
        Some((troupe::<P>(group, conditions, &[], &names).ok()?, place))
    });
    made.collect()
}

#[derive(Clone)]
struct Inside;

impl HostedVisitor for Inside {
    type Out = ();

    fn visit<P: Hosted>(self) {
        for (n, f) in [(2, 0), (2, 1), (3, 1), (4, 1)] {
            for (troupe, place) in promised::<P>(Group { n, f }) {
                let broken = came(&troupe, DEPTH, &place).map(|came| came.broken);
                assert!(broken.is_none_or(|broken| broken.is_empty()), "{place} breaks");
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
        for (troupe, place) in outside::<P>() {
            let came = came(&troupe, DEPTH, &place);
            let found = came.is_none_or(|came| !came.broken.is_empty() || !came.whole);
            assert!(found, "{place} should break, and is proved");
        }
    }
}

#[test]
fn what_is_not_promised_is_never_proved() {
    every(Outside);
}

#[derive(Clone)]
struct Reductions;

impl HostedVisitor for Reductions {
    type Out = ();

    fn visit<P: Hosted>(self) {
        let (mut compared, mut all) = (0, outside::<P>());
        all.extend(promised::<P>(Group { n: 2, f: 0 }));
        all.extend(promised::<P>(Group { n: 2, f: 1 }));
        all.extend(promised::<P>(Group { n: 3, f: 1 }));
        for (troupe, place) in all {
            let both = Depth { memory_bytes: MEMORY / 2, ..DEPTH };
            let put_off = Depth { symmetry: false, ..both };
            let orbits = Depth { collapse: false, ..both };
            let plain = Depth { symmetry: false, ..orbits };
            let Some(plain) = came(&troupe, plain, &place) else { continue };
            for (depth, which) in [(both, "both"), (put_off, "put off"), (orbits, "orbits")] {
                // A search that stopped early may have missed what the other found.
                let reduced = came(&troupe, depth, &format!("{place}, {which}"));
                if let Some(reduced) = reduced.filter(|reduced| reduced.ended && plain.ended) {
                    assert_eq!(reduced.broken, plain.broken, "{place}, {which}");
                    assert_eq!(reduced.whole, plain.whole, "{place}, {which}");
                    compared += 1;
                }
            }
        }
        crate::say(&format!("{}: {compared} verdicts with and without reduction", P::NAME));
    }
}

#[test]
fn no_reduction_changes_a_verdict() {
    every(Reductions);
}

#[derive(Clone)]
struct Twins;

impl HostedVisitor for Twins {
    type Out = ();

    fn visit<P: Hosted>(self) {
        let lie =
            |(troupe, _): &(Troupe<P>, String)| troupe.swarm.conditions.faults == Faults::Byzantine;
        let small = Depth { memory_bytes: MEMORY / 4, ..DEPTH };
        let depth = Depth { copies: 2, ..small };
        for (troupe, place) in promised::<P>(Group { n: 4, f: 1 }).into_iter().filter(lie) {
            let twins = came(&troupe, depth, &format!("{place}, twins"));
            assert!(twins.is_none_or(|came| came.broken.is_empty()), "{place} breaks by twins");
        }
        for (troupe, place) in outside::<P>().into_iter().filter(lie) {
            let twins = came(&troupe, depth, &format!("{place}, twins"));
            // A search by words that stopped early may have missed what twins found.
            let words = came(&troupe, small, &place).filter(|words| words.ended);
            if let (Some(twins), Some(words)) = (twins, words) {
                let more: Vec<_> = twins.broken.difference(&words.broken).collect();
                assert!(more.is_empty(), "{place}: twins break {more:?}, and no words do");
            }
        }
    }
}

/// Whoever says what two honest processes would say is one of those who say anything.
#[test]
fn whatever_twins_break_words_break_too() {
    every(Twins);
}
