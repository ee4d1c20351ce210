//! What is promised holds inside the bound; where a bound is tight, it breaks just outside.

use quorate_conformance::{Bench, Tried, groups};
use quorate_kernel::{Domain, Faults, Group};
use quorate_protocols::{Catalogued, Claim, Visitor, cards, visit};
use quorate_world::Model;

use crate::{every, settings};

/// The kinds of fault under which a protocol promises anything.
fn kinds<R: Catalogued>() -> Vec<Faults> {
    let mut kinds: Vec<Faults> =
        R::claims().iter().filter(|claim| claim.is_promise()).map(|claim| claim.faults).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

fn promised<R: Catalogued>(kind: Faults, group: Group) -> Vec<&'static str> {
    let holds = |claim: &&Claim| claim.faults >= kind && (claim.within.admits)(group);
    let mut names: Vec<&str> = R::claims().iter().filter(holds).map(|c| c.requirement).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[derive(Clone)]
struct Inside;

impl Visitor for Inside {
    type Out = ();

    fn visit<R: Catalogued>(self) {
        for group in groups::<R>() {
            if R::HEAVY.contains(&(group.n, group.f)) {
                crate::say(&format!(
                    "skipped: {} at {group:?} has too many runs for a test",
                    R::NAME
                ));
                continue;
            }
            for kind in kinds::<R>() {
                let names = promised::<R>(kind, group);
                let bench = Bench::<R>::new(group, Domain::BINARY, &[]).expect("a plain setup");
                let answer = bench.search(kind, &names);
                assert_eq!(answer.stopped, None, "{} at {group:?} under {kind:?}", R::NAME);
                let broken: Vec<&str> = answer
                    .findings
                    .iter()
                    .map(|finding| Bench::<R>::named(&names)[finding.requirement].name)
                    .collect();
                assert!(
                    broken.is_empty(),
                    "{} at {group:?} breaks {broken:?} under {kind:?}",
                    R::NAME
                );
            }
        }
    }
}

#[test]
fn claims_hold_at_the_smallest_groups_inside_the_bound() {
    every(Inside);
}

#[derive(Clone)]
struct Outside;

impl Outside {
    fn must_break<R: Catalogued>(claim: &Claim, (n, f): (u16, u16), early: bool) {
        let group = Group { n, f };
        let inside = (claim.within.admits)(group);
        assert_eq!(inside, early, "{} {claim:?}: ({n}, {f}) is on the wrong side", R::NAME);
        let mut bench = Bench::<R>::new(group, Domain::BINARY, &[]).expect("a plain setup");
        bench.last -= u16::from(early);
        let names = [claim.requirement];
        let answer = bench.search_for_a_break(claim.faults, &names);
        let what = format!("{} {} at n = {n}, f = {f}", R::NAME, claim.requirement);
        assert_eq!(Bench::<R>::tried(&answer, 0), Tried::Breaks, "{what} must break");
        let found = &answer.findings[0];
        let model = Model::of(group, claim.faults);
        let requirement = Bench::<R>::named(&names)[0];
        let again = bench
            .breaks_again(&model, requirement, &found.run)
            .unwrap_or_else(|refused| panic!("{what}: the world refused: {refused}"));
        assert!(again, "{what}: the run that was found does not break it when made again");
    }
}

impl Visitor for Outside {
    type Out = ();

    fn visit<R: Catalogued>(self) {
        let claims = R::claims();
        let strict = R::BOUND.text != "n > f" && R::FAULTS > Faults::None;
        let tight = claims.iter().any(|claim| !claim.breaks.is_empty());
        assert!(tight || !strict, "{} shows no break outside {}", R::NAME, R::BOUND.text);
        for claim in &claims {
            for group in claim.breaks {
                Self::must_break::<R>(claim, *group, false);
            }
            for group in claim.breaks_early {
                Self::must_break::<R>(claim, *group, true);
            }
        }
    }
}

#[test]
fn tight_claims_break_just_outside_and_the_break_can_be_made_again() {
    every(Outside);
}

#[derive(Clone)]
struct Rules;

impl Visitor for Rules {
    type Out = Option<String>;

    fn visit<R: Catalogued>(self) -> Option<String> {
        let mut cited = 0;
        for group in groups::<R>().into_iter().filter(|g| !R::HEAVY.contains(&(g.n, g.f))) {
            for domain in [Domain::BINARY, Domain { size: 3 }] {
                for setting in settings::<R>() {
                    // A protocol may refuse a domain; and three values at n = 5 add nothing.
                    let small = group.n <= 3 || domain == Domain::BINARY;
                    let Ok(bench) = Bench::<R>::new(group, domain, &setting) else { continue };
                    if small {
                        cited |= bench.search(R::FAULTS, &[]).cited;
                    }
                    // Some rules are a last resort: they fire if a run is cut short.
                    if group.n <= 3 && bench.last > 1 {
                        let last = bench.last - 1;
                        cited |= Bench { last, ..bench }.search(R::FAULTS, &[]).cited;
                    }
                }
            }
        }
        let idle = R::rules();
        let idle: Vec<&str> = idle
            .iter()
            .enumerate()
            .filter(|(at, _)| cited >> at & 1 == 0)
            .map(|(_, rule)| rule.id)
            .collect();
        (!idle.is_empty()).then(|| format!("{}: rules {idle:?} never fired", R::NAME))
    }
}

#[test]
fn every_rule_fires_somewhere() {
    let idle: Vec<String> =
        cards().iter().filter_map(|card| visit(card.name, Rules).flatten()).collect();
    assert!(idle.is_empty(), "{idle:#?}");
}
