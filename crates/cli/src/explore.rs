//! `check` of a protocol on a network: every run within bounds.

use std::time::{Duration, Instant};

use quorate_checker::network::{
    Broken, Fairness, Findings, Order, Orders, PACED_MAX, Scope, Symmetry, all_inputs,
};
use quorate_checker::{Budget, Work};
use quorate_kernel::{Class, Faults, Links, Process, ProcessSet, Timing, Value};

use crate::args::{BoundArgs, FairnessWord, KeptArgs, LiarWord};
use crate::coverage::Coverage;
use crate::deepen::Deepest;
use crate::experiment::{Behaviour, Experiment};
use crate::failure::Failure;
use crate::hosted::Stage;
use crate::kept;
use crate::liars;
use crate::order::{self, is_swarm, walked};
use crate::place;
use crate::report::{Report, Verdict, WorkDone};
use crate::reproduce;
use crate::stage::{CHECK_BUDGET, SEARCHED_MAX, grouped, why};

/// How long a search goes on after the first violation, to judge the other requirements.
const AFTER_VIOLATION: Duration = Duration::from_secs(5);
/// How many beginnings there are at most.
const BEGINNINGS_MAX: usize = 1 << 16;

/// What was given besides the experiment.
pub(crate) struct Given<'a> {
    pub(crate) bounds: &'a BoundArgs,
    pub(crate) threads: usize,
    pub(crate) memory_bytes: u64,
    /// How long the first search takes at most, if that is less than the budget.
    pub(crate) patience: Option<Duration>,
    pub(crate) kept: &'a KeptArgs,
}

/// Searches every run.
pub(crate) fn explore(experiment: &Experiment, given: &Given<'_>) -> Result<Report, Failure> {
    Stage::new(experiment)?.explore(given)
}

impl Stage<'_> {
    fn explore(&self, given: &Given<'_>) -> Result<Report, Failure> {
        self.refuse_unsearched()?;
        kept::refuse_unkept(given.kept, given.bounds)?;
        if let Some(steps) = given.bounds.undecided {
            return self.waver(given, steps);
        }
        let Deepest { told, orders, line, seconds, unfinished } = self.deepen(given)?;
        let found = &told.findings;
        let mut report = match found.broken.iter().zip(&told.plans).next() {
            None => self.blank("check", Verdict::Proved),
            Some((broken, plan)) => {
                let mut report = self.report(plan, "check", &line);
                report.notes.clear();
                let because = &report.requirements[broken.requirement].because;
                if because.is_empty() {
                    return Err(Failure::internal(format!(
                        "the run that the search found does not break {} when it is made again",
                        self.demands[broken.requirement].name
                    )));
                }
                report.primary = Some(broken.requirement);
                let name = self.demands[broken.requirement].name;
                report.notes.push(length(broken, name, orders.order));
                report
            }
        };
        self.judge(&mut report, found, &orders);
        report.seed = self.experiment.seed;
        let names = self.demands.iter().map(|demand| demand.name);
        report.coverage = Coverage::searched(&self.place.rules(), found, names);
        report.work = Some(WorkDone {
            work: Work {
                states: found.explored.states,
                transitions: found.explored.transitions,
                depth: found.explored.depth.min(u16::MAX.into()) as u16,
                ..Work::default()
            },
            seconds,
            complete: found.stopped.is_none() && found.broken.is_empty(),
            by_state: true,
        });
        report.bounds = bounds(&orders, self.experiment);
        report.notes.extend(notes(found, orders.order));
        report.notes.extend(liars::note(&orders.scope));
        report.notes.extend(unfinished);
        report.notes.extend(interchangeable(&found.symmetry, self.experiment));
        report.notes.extend(kept::notes(given, &line, found));
        report.reproduce = line;
        if let Some(last) = given.bounds.odds {
            report.odds = Some(self.weigh(given, last)?);
        }
        Ok(report)
    }

    /// What is said of every requirement, and of all of them.
    fn judge(&self, report: &mut Report, found: &Findings, orders: &Orders) {
        let (order, against) = (orders.order, liars::against(&orders.scope));
        if report.requirements.is_empty() {
            report.requirements = self.lines(&[], &[]);
        }
        let covered = found.stopped.is_none();
        for (at, line) in report.requirements.iter_mut().enumerate() {
            let broken = found.broken.iter().find(|broken| broken.requirement == at);
            if broken.is_none() {
                line.because.clear();
                line.witnesses.clear();
            }
            (line.verdict, line.remark) = match broken {
                Some(broken) => (Verdict::Violated, suffice(broken)),
                None if is_swarm(order) => (Verdict::NoViolation, String::new()),
                None if !covered => (Verdict::Inconclusive, String::new()),
                None if found.owed >> at & 1 == 1 && ends_well(found) => {
                    (Verdict::Proved, in_the_end(found) + against)
                }
                None if found.owed >> at & 1 == 1 && found.cut_off.any() => {
                    (Verdict::Inconclusive, "some runs go on beyond the bounds".into())
                }
                None if found.owed >> at & 1 == 1 && found.endless => {
                    let remark = "it holds where runs end, and some may go on for ever";
                    (Verdict::Inconclusive, remark.into())
                }
                None => {
                    let states = grouped(found.explored.states.into());
                    (Verdict::Proved, format!("in all {states} states{against}"))
                }
            };
        }
        let any = |verdict| report.requirements.iter().any(|line| line.verdict == verdict);
        report.verdict = match (any(Verdict::Violated), any(Verdict::Inconclusive)) {
            (true, _) => Verdict::Violated,
            (false, _) if is_swarm(order) => Verdict::NoViolation,
            (false, true) => Verdict::Inconclusive,
            (false, false) => Verdict::Proved,
        };
    }

    pub(crate) fn orders(&self, given: &Given<'_>) -> Result<Orders, Failure> {
        let experiment = self.experiment;
        let owed = self.demands.iter().any(|demand| demand.class == Class::Liveness);
        let mut conditions = self.timed.conditions.clone();
        conditions.flips_max = experiment.flips;
        let mut scope = Scope::under(&conditions, owed);
        let bounds = given.bounds;
        // Timed rounds come to an end of themselves.
        let timers = scope.timers.filter(|_| !experiment.card.in_rounds);
        scope.timers = bounds.timers.or(timers);
        scope.crashes = bounds.crashes.unwrap_or(scope.crashes);
        scope.restarts = bounds.restarts.unwrap_or(scope.restarts);
        scope.lies = bounds.lies;
        let values = liars::set(&mut scope, bounds, experiment)?;
        scope.any_number &= !bounds.once && !self.place.counts_losses();
        scope.rounds = experiment.rounds.filter(|_| !experiment.card.in_rounds).map(u32::from);
        let group = experiment.group;
        let domain: Vec<Value> = experiment.domain.values().collect();
        let proposes = |p: Process| !experiment.card.one_input || p == experiment.special;
        let many = domain
            .len()
            .checked_pow(u32::from(group.n))
            .is_none_or(|all| all > BEGINNINGS_MAX && !experiment.card.one_input);
        let inputs = match &experiment.inputs {
            Some(given) => vec![given.clone()],
            None if !self.timed.asked.is_empty() => vec![place::inputs(experiment)],
            None if many => {
                return Err(Failure::usage(
                    "there are too many inputs to search them all: give one with --inputs",
                ));
            }
            None => all_inputs(group, &domain, &proposes),
        };
        let faulty = if experiment.traitors.is_empty() {
            scope.failing(group, &conditions, self.place.watches_crashes())
        } else {
            let traitors = experiment.traitors.iter().map(|(who, _)| *who).collect();
            vec![(traitors, ProcessSet::new())]
        };
        scope.collapse = !bounds.no_reduction;
        scope.pace = bounds.pace.or(scope.pace).filter(|_| scope.calm && group.n <= PACED_MAX);
        let strong = bounds.fairness == FairnessWord::Strong;
        scope.fairness = Some(Fairness { strong, chance: !bounds.any_lots });
        scope.symmetry = !bounds.no_symmetry;
        let budget = Budget {
            deadline: Some(Instant::now() + experiment.budget.unwrap_or(CHECK_BUDGET)),
            steps_max: None,
            after_violation: Some(AFTER_VIOLATION),
            memory_bytes: given.memory_bytes,
        };
        let (wide, threads) = (bounds.wide, given.threads);
        let order = bounds.search.order(experiment.seed);
        Ok(Orders { scope, inputs, values, faulty, budget, wide, threads, order, keep: None })
    }

    /// A search tries everything: what fixes one thing belongs to a run.
    fn refuse_unsearched(&self) -> Result<(), Failure> {
        let (experiment, timed) = (self.experiment, self.timed);
        if experiment.group.n > SEARCHED_MAX {
            let n = experiment.group.n;
            return Err(Failure::usage(format!(
                "a search of every run takes at most {SEARCHED_MAX} processes, not {n}: make \
                 many runs with `quorate sweep`"
            )));
        }
        if timed.conditions.timing == Timing::Synchronous {
            return Err(Failure::usage(format!(
                "a search of runs on a network knows no times, so that it cannot ask what holds \
                 if every message keeps its bound: take --timing partial or asynchronous, or make \
                 many runs with `quorate sweep {}`",
                experiment.card.name
            )));
        }
        if matches!(experiment.faults, Faults::Omission | Faults::GeneralOmission) {
            return Err(Failure::usage(
                "on a network a process that omits is one whose links lose messages: take --links \
                 lossy with --faults crash, or make many runs with `quorate sweep`",
            ));
        }
        let said = &timed.said;
        let fixed = !said.upsets.is_empty()
            || !said.faulty.is_empty()
            || !said.fates.is_empty()
            || !said.choices.is_empty()
            || said.loss.is_some()
            || said.slow.is_some()
            || said.again.is_some()
            || !timed.in_rounds.is_empty()
            || experiment.traitors.iter().any(|(_, how)| *how != Behaviour::Worst);
        if fixed {
            return Err(Failure::usage(
                "check tries every crash, restart, loss, lie and lot within the bounds: name \
                 single ones with `quorate run`, and say how many there may be with --crashes, \
                 --restarts, --timers, --lies and --flips",
            ));
        }
        Ok(())
    }
}

/// The bounds of a search, in words.
fn bounds(orders: &Orders, experiment: &Experiment) -> Vec<String> {
    let scope = &orders.scope;
    let mut all = Vec::new();
    let count = |count: u64, one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    };
    match scope.timers {
        Some(timers) => all.push(count(timers.into(), "timer goes off", "timers go off")),
        None => all.push("timers go off any number of times".into()),
    }
    let doomed = orders.faulty.iter().map(|(_, doomed)| doomed.len()).max().unwrap_or(0);
    if doomed > 0 {
        all.push(count(doomed as u64, "crash", "crashes"));
    }
    if scope.crashes > 0 {
        all.push(count(scope.crashes.into(), "crash", "crashes"));
        if scope.restarts > 0 {
            all.push(count(scope.restarts.into(), "restart", "restarts"));
        }
        if scope.forgetful {
            all.push("disks forget any number of their last records".into());
        }
    }
    if scope.flips > 0 {
        all.push(count(scope.flips.into(), "flipped bit", "flipped bits"));
    }
    if orders.faulty.iter().any(|(traitors, _)| !traitors.is_empty()) {
        all.push(liars::bound(scope));
    }
    all.push(match (scope.links, scope.any_number) {
        (Links::Lossy, true) => "every message lost, or repeated any number of times".into(),
        (Links::Lossy, false) => "every message lost, none repeated".into(),
        (Links::Reliable, _) => "messages lost only with their sender or receiver".into(),
        (Links::Strong, _) => "no message lost".into(),
    });
    if let Some(rounds) = scope.rounds {
        all.push(format!("up to round {rounds}"));
    }
    if scope.calm {
        let pace = scope.pace.map_or(String::new(), |pace| {
            format!(", no timer overtaken by more than {}", count(pace.into(), "other", "others"))
        });
        all.push(format!("then calm: messages faster than timers{pace}, and nothing fails"));
    }
    all.push(match (&experiment.inputs, orders.inputs.len()) {
        (Some(_), _) => "the inputs given".into(),
        (None, inputs) => count(inputs as u64, "input vector", "input vectors"),
    });
    all
}

/// How long a run is that breaks something.
fn suffice(broken: &Broken) -> String {
    let moves = broken.run.moves.len();
    match broken.run.circle {
        None => format!("{moves} steps suffice"),
        Some(circle) => format!("{} steps go round for ever", moves - circle),
    }
}

fn length(broken: &Broken, name: &str, order: Order) -> String {
    let moves = broken.run.moves.len();
    let higher = match broken.run.raised {
        0 => String::new(),
        raised => format!(", but for rounds that are higher by {raised}"),
    };
    match broken.run.circle {
        None => order::length(moves, name, order),
        Some(circle) => format!(
            "after {circle} steps, {} more lead back to where they began{higher}, and can go on \
             for ever: every message that must arrive does, every timer that runs goes off, and \
             {name} never comes",
            moves - circle
        ),
    }
}

/// Whether every run without end has been seen to, and those that end within the same bounds.
fn ends_well(found: &Findings) -> bool {
    found.forever.is_some_and(|forever| forever.is_complete())
}

/// What is proved of runs without end.
fn in_the_end(found: &Findings) -> String {
    let states = grouped(found.forever.map_or(0, |forever| forever.states).into());
    match found.lots {
        true => format!("in every fair run, with probability 1: {states} states"),
        false => format!("in every fair run: {states} states"),
    }
}

fn notes(found: &Findings, order: Order) -> Vec<String> {
    let mut notes = Vec::new();
    if is_swarm(order) {
        notes.push(walked(found));
    } else if let Some(stop) = found.stopped {
        let why = why(stop);
        let states = grouped(found.explored.states.into());
        notes.push(match found.broken.is_empty() {
            true => format!("the search stopped early: {why}; it had come to {states} states"),
            false => "the search went on for a while to judge the other requirements, and was \
                      stopped"
                .into(),
        });
    }
    let cut = found.cut_off;
    let bounds = [(cut.timers, "timers"), (cut.rounds, "rounds"), (cut.tosses, "tosses")];
    let met: Vec<&str> = bounds.into_iter().filter_map(|(met, name)| met.then_some(name)).collect();
    if !met.is_empty() {
        notes.push(format!("some runs go on beyond the bound on {}", met.join(" and on ")));
    }
    let explored = found.explored;
    if explored.spilled > 0 {
        let bytes = grouped(explored.spilled.into());
        notes.push(format!("memory was short: {bytes} bytes of waiting states went through disk"));
    }
    notes.push(format!(
        "{:.1} bytes a state; the probability that a state was left out is {:.0e}",
        explored.bytes as f64 / explored.states.max(1) as f64,
        found.omission
    ));
    notes
}

/// Which names may be exchanged, in words.
fn interchangeable(symmetry: &Symmetry, experiment: &Experiment) -> Option<String> {
    let processes = symmetry.processes.iter().map(|set| {
        let (first, last) = (set[0], set[set.len() - 1]);
        match usize::from(last.0 - first.0) + 1 == set.len() && set.len() > 2 {
            true => format!("processes {first}..{last}"),
            false => {
                let names: Vec<String> = set.iter().map(|p| format!("{p}")).collect();
                format!("processes {}", names.join(", "))
            }
        }
    });
    let values = symmetry.values.iter().map(|set| {
        let names: Vec<String> = set.iter().map(|value| experiment.names.of(*value)).collect();
        format!("values {}", names.join(", "))
    });
    let sets: Vec<String> = processes.chain(values).collect();
    (!sets.is_empty()).then(|| {
        let sets = sets.join("; ");
        format!("interchangeable: {sets}; states that differ in their names alone count as one")
    })
}

/// The command that asks the same again.
pub(crate) fn line_of(experiment: &Experiment, bounds: &BoundArgs) -> String {
    let mut line = reproduce::in_time("check", experiment);
    let numbers = [
        ("timers", bounds.timers.map(u16::from)),
        ("crashes", bounds.crashes.map(u16::from)),
        ("restarts", bounds.restarts.map(u16::from)),
        ("lies", bounds.lies),
        ("pace", bounds.pace.map(u16::from)),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            line.push_str(&format!(" --{name} {number}"));
        }
    }
    let flags = [
        ("once", bounds.once),
        ("wide", bounds.wide),
        ("no-reduction", bounds.no_reduction),
        ("any-lots", bounds.any_lots),
        ("no-symmetry", bounds.no_symmetry),
    ];
    for (name, set) in flags {
        if set {
            line.push_str(&format!(" --{name}"));
        }
    }
    for (name, number) in [("undecided", bounds.undecided), ("odds", bounds.odds)] {
        if let Some(number) = number {
            line.push_str(&format!(" --{name} {number}"));
        }
    }
    line.push_str(bounds.search.option());
    if bounds.liar == LiarWord::Twins {
        line.push_str(" --liar twins");
    }
    if bounds.fairness == FairnessWord::Strong {
        line.push_str(" --fairness strong");
    }
    line
}
