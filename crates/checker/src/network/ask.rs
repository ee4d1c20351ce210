//! From a protocol that is set up for runs to the question about all of them.

use std::collections::BTreeMap;

use quorate_kernel::{Deceit, Faults, Group, InputOf, Process, ProcessSet, Timing, Value};
use quorate_simulator::{Director, Plan, Troupe, Twin};
use quorate_world::Conditions;

use super::checkpoint::{Keep, Saved};
use super::findings::Findings;
use super::keeping::explore_kept;
use super::odds::{Odds, weigh};
use super::order::Order;
use super::scope::{Agenda, Beginning, Inquiry, PACED_MAX, Scope};
use super::search::explore_in;
use super::valence::{Undecided, keep_undecided};
use crate::question::{Budget, Progress};

/// How often timers of others go off in the calm while one runs, where nothing is said of it.
const PACE: u8 = 2;
/// How often timers go off, where nothing is said of it.
pub const TIMERS: u8 = 2;

/// What to search, without the protocol's type.
#[derive(Clone, Debug)]
pub struct Orders {
    /// What may happen.
    pub scope: Scope,
    /// The values that the processes are given: one list for each beginning.
    pub inputs: Vec<Vec<Option<Value>>>,
    /// The values that further copies of traitors are given, if [`Scope::copies`] asks for such:
    /// one beginning for each choice of them.
    pub values: Vec<Value>,
    /// The sets of traitors, each with a set of those who crash for good at some moment without a
    /// step of its own for it: one pair for each beginning.
    pub faulty: Vec<(ProcessSet, ProcessSet)>,
    /// When to stop.
    pub budget: Budget,
    /// Whether prints have 128 bits.
    pub wide: bool,
    /// On how many threads.
    pub threads: usize,
    /// In which order.
    pub order: Order,
    /// Where to keep the search if it is stopped; breadth first only.
    pub keep: Option<Keep>,
}

/// What came of a search, and the broken runs as plans.
#[derive(Clone, Debug)]
pub struct Told {
    /// What was searched and found.
    pub findings: Findings,
    /// By place in [`Findings::broken`], the plan of the run.
    pub plans: Vec<Plan>,
}

/// A run that was kept undecided, and its plan.
#[derive(Clone, Debug)]
pub struct Wavering {
    /// The run, and what could still come of it.
    pub undecided: Undecided,
    /// The plan of it.
    pub plan: Plan,
}

impl Scope {
    /// The bounds that conditions call for: as many crashes as may fail for good, and with
    /// restarts one crash and one restart more.
    ///
    /// `owed` says that something is asked for that must come in the end: with partial synchrony
    /// it is owed in the calm.
    pub fn under(conditions: &Conditions, owed: bool) -> Self {
        let crashes = match conditions.faults {
            Faults::None | Faults::Byzantine => 0,
            _ => conditions.faulty_max,
        };
        let restarts = u8::from(conditions.restarts);
        Self {
            fifo: conditions.fifo,
            calm: owed && conditions.timing != Timing::Asynchronous,
            timers: Some(TIMERS),
            pace: Some(PACE),
            crashes: (crashes.min(200) as u8) + restarts,
            faulty_max: conditions.faulty_max,
            restarts,
            forgetful: conditions.forgetful,
            flips: conditions.flips_max.min(200) as u8,
            ..Self::of(conditions.links)
        }
    }

    /// Everybody who can fail, for [`Orders::faulty`]: sets of traitors, or of those who crash.
    ///
    /// Who crashes for good takes no more steps from some moment on. Where nobody could tell, and
    /// no requirement is `watching`, that needs no step: the crashes are taken out of the bounds.
    pub fn failing(
        &mut self,
        group: Group,
        conditions: &Conditions,
        watching: bool,
    ) -> Vec<(ProcessSet, ProcessSet)> {
        let none = ProcessSet::new;
        if conditions.faults == Faults::Byzantine {
            let sets = sets_up_to(group, conditions.faulty_max).into_iter();
            return sets.map(|set| (set, none())).collect();
        }
        if !self.crash_is_silence() || watching {
            return vec![(none(), none())];
        }
        let most = u16::from(std::mem::take(&mut self.crashes));
        sets_up_to(group, most).into_iter().map(|set| (none(), set)).collect()
    }
}

/// Every vector of inputs: each process that proposes is given each of the values.
pub fn all_inputs(
    group: Group,
    values: &[Value],
    proposes: &dyn Fn(Process) -> bool,
) -> Vec<Vec<Option<Value>>> {
    let mut all = vec![Vec::new()];
    for p in group.processes() {
        let options: Vec<Option<Value>> = match proposes(p) {
            true => values.iter().copied().map(Some).collect(),
            false => vec![None],
        };
        let longer = |inputs: Vec<Option<Value>>| {
            options
                .iter()
                .map(move |value| {
                    let mut inputs = inputs.clone();
                    inputs.push(*value);
                    inputs
                })
                .collect::<Vec<_>>()
        };
        all = all.into_iter().flat_map(longer).collect();
    }
    all
}

/// Every set of at most so many processes.
fn sets_up_to(group: Group, most: u16) -> Vec<ProcessSet> {
    let mut all = vec![ProcessSet::new()];
    for p in group.processes() {
        let with = |set: &ProcessSet| {
            let mut set = set.clone();
            set.insert(p);
            set
        };
        let more: Vec<ProcessSet> =
            all.iter().filter(|set| set.len() < usize::from(most)).map(with).collect();
        all.extend(more);
    }
    all
}

/// Searches what can become of a troupe; breadth first, from where another search for the same was
/// stopped, if it was `saved`.
pub fn ask<P: Deceit, D: Director<P>>(
    troupe: &Troupe<P, D>,
    orders: &Orders,
    saved: Option<Saved>,
    progress: &Progress,
) -> Told {
    let openings = openings(troupe.group, orders);
    let inquiry = inquiry(troupe, orders, &openings);
    let (threads, keep) = (orders.threads, orders.keep.as_ref());
    let findings = match orders.order {
        Order::Breadth => explore_kept(&inquiry, threads, progress, keep, saved),
        order => explore_in(&inquiry, order, threads, progress),
    };
    let plan = |broken: &super::Broken| {
        let beginning = &inquiry.beginnings[broken.run.beginning];
        let opening = &openings[broken.run.beginning];
        let mut plan = troupe.calm(opening.inputs);
        let list = |set: &ProcessSet| set.iter().collect::<Vec<Process>>();
        let (traitors, doomed) = (list(&beginning.traitors), list(&beginning.doomed));
        let twins = (orders.scope.copies > 0).then_some(&opening.twins[..]);
        broken.run.schedule((&traitors, twins, &doomed), (broken.over, P::SIGNED), &mut plan);
        plan
    };
    let plans = findings.broken.iter().map(plan).collect();
    Told { findings, plans }
}

/// Keeps a run undecided for so many steps, if that can be done from a bivalent beginning.
pub fn waver<P: Deceit, D: Director<P>>(
    troupe: &Troupe<P, D>,
    orders: &Orders,
    steps: usize,
) -> Option<Wavering> {
    let openings = openings(troupe.group, orders);
    let inquiry = inquiry(troupe, orders, &openings);
    let undecided = keep_undecided(&inquiry, steps)?;
    let mut plan = troupe.calm(openings[undecided.run.beginning].inputs);
    undecided.run.schedule((&[], None, &[]), (false, false), &mut plan);
    Some(Wavering { undecided, plan })
}

/// What a run begins with, before the protocol is asked what that means.
struct Opening<'o> {
    inputs: &'o [Option<Value>],
    faulty: &'o (ProcessSet, ProcessSet),
    /// Further copies of traitors, in the order of their seats.
    twins: Vec<Twin>,
}

/// Every beginning.
fn openings(group: Group, orders: &Orders) -> Vec<Opening<'_>> {
    let further = usize::from(orders.scope.copies.saturating_sub(1));
    let mut all = Vec::new();
    for inputs in &orders.inputs {
        for faulty in &orders.faulty {
            let copies = faulty.0.iter().filter(|who| who.index() < group.size());
            let names: Vec<Process> =
                copies.flat_map(|who| std::iter::repeat_n(who, further)).collect();
            let choices = names.iter().fold(vec![Vec::new()], |choices: Vec<Vec<Twin>>, who| {
                let given = inputs.get(who.index()).copied().flatten();
                let options: Vec<Option<Value>> = match given {
                    Some(_) => orders.values.iter().copied().map(Some).collect(),
                    None => vec![None],
                };
                let with = |twins: Vec<Twin>| {
                    let twin = |input: &Option<Value>| Twin { of: *who, input: *input };
                    let longer = |one| twins.iter().copied().chain([one]).collect::<Vec<Twin>>();
                    options.iter().map(twin).map(longer).collect::<Vec<_>>()
                };
                choices.into_iter().flat_map(with).collect()
            });
            all.extend(choices.into_iter().map(|twins| Opening { inputs, faulty, twins }));
        }
    }
    all
}

/// The least and the greatest probability that all correct processes have decided by each round up
/// to `last`; an objection if that cannot be computed.
pub fn odds<P: Deceit, D: Director<P>>(
    troupe: &Troupe<P, D>,
    orders: &Orders,
    last: u32,
    progress: &Progress,
) -> Result<Odds, &'static str> {
    // Whoever has not decided is not followed beyond the last round.
    let scope = Scope { rounds: Some(last + 1), ..orders.scope.clone() };
    let orders = Orders { scope, ..orders.clone() };
    let openings = openings(troupe.group, &orders);
    let inquiry = inquiry(troupe, &orders, &openings);
    weigh(&inquiry, last, progress)
}

fn inquiry<'t, P: Deceit, D: Director<P>>(
    troupe: &'t Troupe<P, D>,
    orders: &Orders,
    openings: &[Opening<'_>],
) -> Inquiry<'t, P> {
    let begin = |opening: &Opening<'_>| Beginning {
        traitors: opening.faulty.0.clone(),
        doomed: opening.faulty.1.clone(),
        requests: requests(troupe, opening),
    };
    let beginnings = openings.iter().map(begin).collect();
    let seats = troupe.group.size() + openings.iter().map(|one| one.twins.len()).max().unwrap_or(0);
    Inquiry {
        group: troupe.group,
        config: &troupe.config,
        scope: Scope {
            flaw: troupe.flaw,
            pace: orders.scope.pace.filter(|_| seats <= usize::from(PACED_MAX)),
            ..orders.scope.clone()
        },
        beginnings,
        requirements: troupe.requirements.clone(),
        budget: orders.budget,
        wide: orders.wide,
    }
}

/// What each process is asked in a beginning, and then each further copy of a traitor.
fn requests<P: Deceit, D: Director<P>>(
    troupe: &Troupe<P, D>,
    opening: &Opening<'_>,
) -> Vec<Agenda<InputOf<P>>> {
    let made = troupe.asks(opening.inputs, &opening.twins);
    let mut by_process: BTreeMap<Process, Vec<(u64, u32, InputOf<P>)>> = BTreeMap::new();
    for ((at, process, input), number) in made.into_iter().zip(0..) {
        by_process.entry(process).or_default().push((at, number, input));
    }
    let of = |p: Process| {
        let mut asked = by_process.get(&p).cloned().unwrap_or_default();
        asked.sort_by_key(|(at, number, _)| (*at, *number));
        let first = asked.iter().filter(|(at, ..)| *at == 0).count() as u16;
        (first, asked.into_iter().map(|(_, number, input)| (number, input)).collect())
    };
    let seats = troupe.group.size() + opening.twins.len();
    (0..seats as u16).map(Process).map(of).collect()
}
