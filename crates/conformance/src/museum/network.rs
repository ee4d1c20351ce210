//! Questions on a network: every run within bounds, or many seeded ones.

use quorate_checker::network::{Order, Orders, Scope, all_inputs, ask};
use quorate_checker::{Budget, Progress};
use quorate_kernel::{Class, Faults, Group, Problem, Process, ProcessSet, Value};
use quorate_protocols::museum::{Happening, Room, Way};
use quorate_protocols::{Hosted, HostedVisitor, Listed};
use quorate_simulator::{EVENTS_MAX, Plan, Recorder, Runner, Sweep};
use quorate_world::{Conditions, Names, Upset};

use super::told::{lines, names_of};
use super::{MEMORY, Query, Reply, Shortest, named, settings};
use crate::hosted::{Troupe, troupe};

const TICKS_PER_MS: u64 = 1_000;

pub(super) struct Ask<'a>(pub(super) Query<'a>);

impl HostedVisitor for Ask<'_> {
    type Out = Result<Reply, String>;

    fn visit<P: Hosted>(self) -> Self::Out {
        let Query { room, requirements, flaw, told, .. } = self.0;
        let (Way::Network { timing, links, .. } | Way::Sweep { timing, links, .. }) = room.way
        else {
            return Err("a room in rounds is no room on a network".into());
        };
        let group = Group { n: room.group.0, f: room.group.1 };
        let mut conditions = Conditions::of(group, timing, links, room.faults);
        conditions.restarts = room.faults <= Faults::Crash && <P as Listed>::RESTARTS;
        for one in room.happens {
            if let Happening::Delay { ms } = one {
                conditions.delay_ticks = ms * TICKS_PER_MS;
            }
        }
        let mut troupe = troupe::<P>(group, conditions, &settings(room), &[])?;
        troupe.requirements = named::<P::Problem>(requirements)?;
        troupe.director.given = room.inputs();
        troupe.flaw = flaw;
        happen(&mut troupe, room.happens);
        match room.way {
            Way::Sweep { runs, .. } => sweep(&troupe, requirements, runs),
            _ => search(&troupe, room, told),
        }
    }
}

/// Sets up what is so in every run of a sweep.
fn happen<P: Hosted>(troupe: &mut Troupe<P>, happens: &[Happening]) {
    let set = |all: &[u16]| all.iter().map(|p| Process(*p)).collect::<ProcessSet>();
    let crash = |process| Upset::Crash { process, within: None, forgotten: 0 };
    let said = &mut troupe.swarm.said;
    for one in happens {
        match *one {
            Happening::Cut { from, to, both, ms: (at, until) } => {
                let ways = [(from, to), (to, from)];
                for (from, to) in ways.into_iter().take(1 + usize::from(both)) {
                    let cut = Upset::Cut { from: set(from), to: set(to) };
                    let heal = Upset::Heal { from: set(from), to: set(to) };
                    said.upsets.push((at * TICKS_PER_MS, cut));
                    said.upsets.push((until * TICKS_PER_MS, heal));
                }
            }
            Happening::Down { process, ms: (at, until) } => {
                let process = Process(process);
                said.upsets.push((at * TICKS_PER_MS, crash(process)));
                said.upsets.push((until * TICKS_PER_MS, Upset::Restart { process }));
            }
            Happening::Gone { process, ms } => {
                said.upsets.push((ms * TICKS_PER_MS, crash(Process(process))));
            }
            Happening::Ask { process, ms, value } => {
                let asked = (ms * TICKS_PER_MS, Process(process), Value(value));
                troupe.director.beside.push(asked);
                troupe.swarm.late_requests = false;
            }
            Happening::Delay { ms } => {
                said.delay_ticks = Some((ms * TICKS_PER_MS, ms * TICKS_PER_MS));
            }
        }
    }
}

/// Every run within bounds.
fn search<P: Hosted>(troupe: &Troupe<P>, room: &Room, told: bool) -> Result<Reply, String> {
    let Way::Network { timers, crashes, restarts, lies, .. } = room.way else {
        return Err("this room is not one of a search".into());
    };
    let conditions = &troupe.swarm.conditions;
    let owed = troupe.requirements.iter().any(|one| one.class == Class::Liveness);
    let mut scope = Scope::under(conditions, owed);
    let in_rounds = P::round_ticks(&troupe.config).is_some();
    scope.timers = timers.or(scope.timers.filter(|_| !in_rounds));
    scope.crashes = crashes.unwrap_or(scope.crashes);
    scope.restarts = restarts.unwrap_or(scope.restarts);
    scope.lies = lies;
    scope.any_number &= !<P::Problem as Problem>::COUNTS_LOSSES;
    scope.rounds = room.rounds.filter(|_| !in_rounds).map(u32::from);
    scope.collapse = true;
    let watching = <P::Problem as Problem>::WATCHES_CRASHES;
    let faulty = scope.failing(troupe.group, conditions, watching);
    let proposes = |p: Process| !P::ONE_INPUT || p == Process(0);
    let inputs = match room.inputs() {
        Some(given) => vec![given],
        None => all_inputs(troupe.group, &[Value(0), Value(1)], &proposes),
    };
    let budget = Budget { memory_bytes: MEMORY, ..Budget::default() };
    let order = Order::default();
    let values = Vec::new();
    let (wide, threads, keep) = (false, 1, None);
    let orders = Orders { scope, inputs, values, faulty, budget, wide, threads, order, keep };
    let came = ask(troupe, &orders, None, &Progress::default());
    let found = &came.findings;
    let open = found.stopped.is_some() || owed && (found.cut_off.any() || found.endless);
    let mut reply = Reply {
        broken: vec![None; troupe.requirements.len()],
        holds: found.broken.is_empty() && !open,
        states: found.explored.states,
        ..Reply::default()
    };
    for (broken, plan) in found.broken.iter().zip(&came.plans) {
        let again = troupe.run(plan, EVENTS_MAX).breaches;
        if !again.iter().any(|(place, _)| *place == broken.requirement) {
            return Err("the simulator does not break it in the run that was found".into());
        }
        let run = if told { tell(troupe, plan) } else { String::new() };
        let length = broken.run.moves.len() as u64;
        reply.broken[broken.requirement] = Some(Shortest { length, run });
    }
    Ok(reply)
}

fn tell<P: Hosted>(troupe: &Troupe<P>, plan: &Plan) -> String {
    let names = Names(names_of(2, <P::Problem as Problem>::NAME));
    let recorder = Recorder::new(troupe.group.n, names, &P::rules(), true);
    lines(&troupe.recorded(plan, recorder).events.unwrap_or_default())
}

/// Seeded runs, up to the first that breaks something.
fn sweep<P: Hosted>(troupe: &Troupe<P>, names: &[&str], runs: u64) -> Result<Reply, String> {
    let requirements: Vec<&'static str> = troupe.requirements.iter().map(|one| one.name).collect();
    let made = Sweep {
        runner: troupe,
        requirements: &requirements,
        seeds: (1, 1 + runs),
        threads: 1,
        keep_going: false,
        audited: false,
        progress: &quorate_simulator::Progress::default(),
    }
    .make();
    if let Some(objection) = made.objection {
        return Err(objection);
    }
    let mut broken = vec![None; names.len()];
    if let Some(failing) = &made.failure {
        let run = String::new();
        broken[failing.requirement] = Some(Shortest { length: failing.seed, run });
    }
    Ok(Reply {
        holds: made.failure.is_none(),
        broken,
        states: made.tally.runs,
        messages: made.tally.messages.mean().round() as u64,
        ticks: made.tally.ticks.mean().round() as u64,
    })
}
