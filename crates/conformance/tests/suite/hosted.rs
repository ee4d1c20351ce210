//! Every protocol on a network: costs, claims from both sides, crashes at every step, disks.

use std::collections::{BTreeMap, BTreeSet};

use quorate_conformance::{Troupe, beyond, edge, inside, sweep, troupe};
use quorate_kernel::{Faults, Group, ProcessSet, Value};
use quorate_protocols::{Claim, Hosted, HostedVisitor, Setup, cards, visit_hosted};
use quorate_simulator::{EVENTS_MAX, Minimiser, Runner};
use quorate_world::{CutShort, Upset};

/// How many runs of a claim are made inside its bound at each group, and at most outside.
const INSIDE: u64 = 200;
const OUTSIDE: u64 = 100_000;
/// How many events the runs of one claim at one group have at most, about.
const EVENTS: u64 = 100_000;

/// Does something with every protocol that is not one of rounds.
pub(crate) fn every<V: HostedVisitor<Out = ()> + Clone>(visitor: V) {
    for card in cards().iter().filter(|card| !card.in_rounds) {
        assert!(visit_hosted(card.name, visitor.clone()).is_some(), "{} is listed", card.name);
    }
}

fn all_or_one<P: Hosted>(group: Group, one: bool) -> Vec<Option<Value>> {
    let proposes = |at: u16| if one || P::ONE_INPUT { at == 0 } else { true };
    (0..group.n).map(|at| proposes(at).then_some(Value(1))).collect()
}

/// A model in which nothing fails.
fn faultless<P: Hosted>(group: Group) -> quorate_world::Conditions {
    let claim = Claim::new("", Faults::None, P::BOUND);
    edge(&claim, group)
}

#[derive(Clone)]
struct Costs;

impl HostedVisitor for Costs {
    type Out = ();

    fn visit<P: Hosted>(self) {
        let (mut told, mut wrong) = (0, Vec::new());
        for n in 1..=7 {
            let f = (0..n).rev().find(|f| (P::BOUND.admits)(Group { n, f: *f }));
            let Some(f) = f else { continue };
            let group = Group { n, f };
            let Ok(troupe) = troupe::<P>(group, faultless::<P>(group), &[], &[]) else {
                continue;
            };
            for one in [true, false] {
                let inputs = all_or_one::<P>(group, one);
                let Some(cost) = P::cost(group, &troupe.config, &inputs) else { continue };
                let plan = troupe.calm(&inputs);
                let outcome = troupe.run(&plan, EVENTS_MAX).outcome;
                let began = plan.requests.iter().map(|one| one.at).max();
                // A message takes half its bound, a timed round all of it.
                let round = P::round_ticks(&troupe.config).unwrap_or(Setup::DELAY_TICKS / 2);
                // A process alone tells only itself, which takes no time.
                let delays = outcome.done_at.filter(|_| n > 1 && began == Some(0));
                let delays = delays.map_or(cost.rounds, |done| done / round);
                let (is, says) = ((outcome.messages, delays), (cost.messages, cost.rounds));
                if is != says {
                    wrong.push(format!("n = {n}, f = {f}, one: {one}: {is:?}, not {says:?}"));
                }
                told += 1;
            }
        }
        assert!(wrong.is_empty(), "{}: messages and delays are {wrong:#?}", P::NAME);
        crate::say(&format!("{}: the formula holds at {told} sizes", P::NAME));
    }
}

#[test]
fn a_run_without_failures_costs_what_the_formula_says() {
    every(Costs);
}

#[derive(Clone)]
struct Inside;

impl HostedVisitor for Inside {
    type Out = ();

    fn visit<P: Hosted>(self) {
        let mut runs = 0;
        for claim in P::claims().iter().filter(|claim| claim.is_promise()) {
            for group in inside(claim) {
                let conditions = edge(claim, group);
                let Ok(troupe) =
                    troupe::<P>(group, conditions, &claim.settings(), &[claim.requirement])
                else {
                    continue;
                };
                assert!(!troupe.requirements.is_empty(), "{} is known", claim.requirement);
                let swept = sweep(&troupe, INSIDE, EVENTS, false);
                let place = format!("{} {group:?} {}", P::NAME, claim.requirement);
                assert_eq!(swept.failure, None, "{place}");
                runs += swept.tally.runs;
            }
        }
        assert!(runs > 0, "{} promises nothing", P::NAME);
        crate::say(&format!("{}: {runs} runs keep what is promised", P::NAME));
    }
}

#[test]
fn what_is_promised_holds_at_the_edge_of_the_model() {
    every(Inside);
}

/// Every case in which a catalogue entry says that something breaks.
pub(crate) fn outside<P: Hosted>() -> Vec<(Troupe<P>, String)> {
    let mut all = Vec::new();
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
            let troupe = troupe::<P>(group, conditions, &claim.settings(), &[claim.requirement])
                .unwrap_or_else(|text| panic!("{place}: {text}"));
            all.push((troupe, place));
        }
    }
    all
}

#[derive(Clone)]
struct Outside;

impl HostedVisitor for Outside {
    type Out = ();

    fn visit<P: Hosted>(self) {
        for (troupe, place) in outside::<P>() {
            let swept = sweep(&troupe, OUTSIDE, u64::MAX, false);
            assert!(swept.failure.is_some(), "{place} does not break in {OUTSIDE} runs");
        }
    }
}

/// How many runs the minimiser makes at most to make one simple, and of how many events.
const SIMPLER: (u64, u64) = (200, 1_000_000);

#[derive(Clone)]
struct Simpler;

impl HostedVisitor for Simpler {
    type Out = ();

    fn visit<P: Hosted>(self) {
        for (troupe, place) in outside::<P>() {
            let failing = sweep(&troupe, OUTSIDE, u64::MAX, false).failure;
            let failing = failing.unwrap_or_else(|| panic!("{place} does not break"));
            let class = troupe.requirements[failing.requirement].class;
            let mut minimiser = Minimiser::new(&troupe, (failing.requirement, class), u64::MAX);
            let drawn = troupe.plan(failing.seed);
            let plan = minimiser.minimise(&drawn);
            let (tried, events) = (minimiser.tried, minimiser.events);
            crate::say(&format!(
                "{place}: {tried} runs, {events} events, {} faults",
                plan.faults()
            ));
            let broken = troupe.run(&plan, EVENTS_MAX).breaches;
            let still = broken.iter().any(|(at, _)| *at == failing.requirement);
            assert!(still, "{place}: the simpler run breaks nothing");
            assert!(tried <= SIMPLER.0 && events <= SIMPLER.1, "{place}: {tried} runs, {events}");
        }
    }
}

#[test]
fn a_failing_run_is_made_simple_with_little_work() {
    every(Simpler);
}

#[test]
fn what_is_not_promised_breaks() {
    every(Outside);
}

/// Audits a protocol, and says which of its rules fired.
#[derive(Clone)]
struct Audits;

impl HostedVisitor for Audits {
    type Out = Vec<(&'static str, bool)>;

    fn visit<P: Hosted>(self) -> Self::Out {
        let claims = P::claims();
        let mut cited = 0;
        let mut seen = BTreeSet::new();
        for claim in &claims {
            for group in inside(claim) {
                let conditions = edge(claim, group);
                if !seen.insert(format!("{group:?}{conditions:?}")) {
                    continue;
                }
                let Ok(troupe) = troupe::<P>(group, conditions, &[], &[]) else { continue };
                let swept = sweep(&troupe, 60, EVENTS / 4, true);
                assert_eq!(swept.objection, None, "{} {group:?}", P::NAME);
                cited |= swept.tally.cited;
            }
        }
        let words = P::PARAMETERS
            .iter()
            .flat_map(|parameter| parameter.words[1..].iter().map(|word| (parameter.key, *word)));
        for setting in words.chain([("each", "4")]) {
            cited |= cited_with::<P>(&claims, &[setting]);
        }
        // A session ends only where there are few entries to an end.
        cited |= cited_with::<P>(&claims, &[("sessions", "yes"), ("expire", "10"), ("each", "8")]);
        // Members of whom somebody has not heard come where not all are members.
        cited |= cited_with::<P>(&claims, &[("members", "3"), ("change", "drawn")]);
        cited |= cited_with::<P>(&claims, &[("witness", "p2")]);
        let rules = P::rules();
        assert!(rules.len() <= 64, "{} has more rules than a margin holds", P::NAME);
        let all = u64::MAX >> (64 - rules.len().max(1));
        // What is rare needs more runs: those of the claim that allows most to go wrong.
        let most = claims.iter().filter(|claim| claim.is_promise());
        let most = most.max_by_key(|claim| (claim.restarts, claim.links, claim.timing));
        let group = most.and_then(|claim| inside(claim).into_iter().find(|group| group.n == 3));
        if let (Some(claim), Some(group)) = (most.filter(|_| cited != all), group) {
            let troupe = troupe::<P>(group, edge(claim, group), &[], &[]);
            let swept = troupe.map(|troupe| sweep(&troupe, 30_000, 20 * EVENTS, false));
            cited |= swept.map_or(0, |swept| swept.tally.cited);
        }
        rules.iter().enumerate().map(|(at, rule)| (rule.text, cited >> at & 1 == 1)).collect()
    }
}

/// The rules that fire with these parameters set; none if the protocol has no such parameters.
fn cited_with<P: Hosted>(claims: &[Claim], settings: &[(&str, &str)]) -> u64 {
    let settings: Vec<(String, String)> =
        settings.iter().map(|(key, word)| (key.to_string(), word.to_string())).collect();
    let mut cited = 0;
    let mut seen = BTreeSet::new();
    for claim in claims {
        for group in inside(claim) {
            let conditions = edge(claim, group);
            // The same runs would come of it.
            if !seen.insert(format!("{group:?}{conditions:?}")) {
                continue;
            }
            let troupe = troupe::<P>(group, conditions, &settings, &[]);
            cited |= troupe.map_or(0, |troupe| sweep(&troupe, 40, EVENTS / 4, false).tally.cited);
        }
    }
    cited
}

/// A rule of a part counts as seen if it fires in any protocol that has it: as a part it may have
/// no occasion to.
#[test]
fn runs_repeat_disks_give_back_what_was_stored_and_every_rule_fires() {
    let mut fired: BTreeMap<&str, bool> = BTreeMap::new();
    for card in cards().iter().filter(|card| !card.in_rounds) {
        for (rule, did) in visit_hosted(card.name, Audits).unwrap_or_default() {
            *fired.entry(rule).or_default() |= did;
        }
    }
    let silent: Vec<&&str> = fired.iter().filter(|(_, did)| !**did).map(|(rule, _)| rule).collect();
    assert!(silent.is_empty(), "rules that never fired: {silent:#?}");
}

#[derive(Clone)]
struct Crashes;

impl HostedVisitor for Crashes {
    type Out = ();

    fn visit<P: Hosted>(self) {
        let claims = P::claims();
        let safe: Vec<&Claim> = claims
            .iter()
            .filter(|claim| claim.is_promise() && claim.faults >= Faults::Crash)
            .filter(|claim| (claim.within.admits)(Group { n: 3, f: 1 }))
            .collect();
        let group = Group { n: 3, f: 1 };
        let (mut runs, mut cuts) = (0u32, 0u32);
        for claim in safe {
            let mut conditions = edge(claim, group);
            conditions.faults = Faults::Crash;
            let Ok(troupe) =
                troupe::<P>(group, conditions, &claim.settings(), &[claim.requirement])
            else {
                continue;
            };
            let calm = troupe.calm(&all_or_one::<P>(group, false));
            for at in moments(&troupe, &calm) {
                for crash in crashes(group, at) {
                    let mut plan = calm.clone();
                    plan.upsets = crash;
                    plan.sort();
                    plan.calm_from = plan.troubled_until();
                    plan.over_at += plan.calm_from;
                    if !claim.restarts && plan.upsets.len() > 1 {
                        continue;
                    }
                    let judged = troupe.run(&plan, EVENTS_MAX);
                    let (name, what) = (P::NAME, claim.requirement);
                    assert!(judged.breaches.is_empty(), "{name} {what}: {:?}", plan.upsets);
                    runs += 1;
                    cuts += judged.outcome.crashes;
                }
            }
        }
        crate::say(&format!("{}: {runs} runs with a crash in a step, {cuts} crashes", P::NAME));
    }
}

/// The times at which something happens in a run: each is the time of a step.
fn moments<P: Hosted>(troupe: &Troupe<P>, calm: &quorate_simulator::Plan) -> Vec<u64> {
    let half = Setup::DELAY_TICKS / 2;
    let done = troupe.run(calm, EVENTS_MAX).outcome.done_at.unwrap_or(0);
    let latest = done.min(30 * half) / half + 1;
    (0..=latest).map(|step| step * half).collect()
}

/// Crashes of each process in its step at that time: any part of its records, any of the others
/// reached; and the same with a restart.
fn crashes(group: Group, at: u64) -> Vec<Vec<(u64, Upset)>> {
    let mut all = Vec::new();
    for process in group.processes() {
        for stored in [0, 1, u32::MAX] {
            for mask in 0..1u32 << group.n {
                let reached: ProcessSet =
                    group.processes().filter(|p| mask >> p.0 & 1 == 1).collect();
                if reached.contains(process) || (stored == 0 && mask > 0) {
                    continue;
                }
                let within = Some(CutShort { passed: 0, stored, reached });
                let crash = (at, Upset::Crash { process, within, forgotten: 0 });
                let back = (at + 3 * Setup::DELAY_TICKS, Upset::Restart { process });
                all.push(vec![crash.clone()]);
                all.push(vec![crash, back]);
            }
        }
    }
    all
}

#[test]
fn a_crash_in_any_step_breaks_nothing_that_is_promised() {
    every(Crashes);
}
