//! Whether a protocol's own code allows a trace: driven by the recorded causes alone.

use std::collections::{BTreeMap, VecDeque};

use quorate_kernel::{
    Deceit, End, InputOf, Ledger, Margin, Message, OutputOf, Problem, Process, ProcessSet, Seen,
};
use quorate_trace::{Event, Time, Trace, What};

use crate::actor::{Actor, Cause, Given, Scene};
use crate::outcome::Outcome;
use crate::record::Recorder;
use crate::run::Ran;
use crate::troupe::{Director, Troupe};

/// The most ways in which a process may have come where it is.
const WAYS_MAX: usize = 256;
/// The most steps that are tried for one event.
const TRIED_MAX: usize = 4_096;

/// The first step of a trace that the protocol's code does not allow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// The index of the event.
    pub event: u32,
    /// Where it is said to have happened.
    pub process: u16,
    /// What is wrong with it, and what the code does there.
    pub because: String,
}

/// What an event makes known, once it is allowed.
pub(crate) enum Known<P: Deceit> {
    Nothing,
    Output(OutputOf<P>),
    Sent(Process, P::Message),
    Asked(InputOf<P>),
}

/// One trace under judgement.
pub(crate) struct Court<'a, P: Deceit> {
    pub(crate) scene: Scene<'a, P>,
    pub(crate) faults: &'a str,
    pub(crate) traitors: ProcessSet,
    pub(crate) seen: Vec<P::Message>,
    pub(crate) actors: Vec<Vec<Actor<P>>>,
    events: &'a [Event],
    pub(crate) time: &'a Time,
    pub(crate) inputs: BTreeMap<String, InputOf<P>>,
    /// Of each process its events, by place, and how many of them were read.
    pub(crate) lines: Vec<(Vec<usize>, usize)>,
    /// What was sent, and whether it was received.
    pub(crate) sent: BTreeMap<u32, (Process, Process, P::Message, bool)>,
    coins: BTreeMap<u64, bool>,
    /// Whether something outside all steps was noted in the middle of one: then the rest of it
    /// may cite nothing.
    pub(crate) hushed: Vec<bool>,
    /// Who crashed at any time.
    down: ProcessSet,
    ledger: <P::Problem as Problem>::Ledger,
    outcome: Outcome,
}

impl<P: Deceit, D: Director<P>> Troupe<P, D> {
    /// Follows a trace of a run in time, whose requests are some of these inputs.
    ///
    /// # Errors
    /// The first step that the protocol's code does not allow.
    pub fn accept(
        &self,
        trace: &Trace,
        time: &Time,
        inputs: Vec<InputOf<P>>,
        recorder: Recorder,
    ) -> Result<Ran<P>, Refused> {
        let named = inputs.into_iter().map(|input| (recorder.text(&input), input)).collect();
        let n = self.group.size();
        let mut lines = vec![(Vec::new(), 0); n];
        for (place, event) in trace.events.iter().enumerate() {
            if let Some(line) = lines.get_mut(usize::from(event.process)) {
                line.0.push(place);
            }
        }
        let liars = trace.header.faulty.iter().filter(|one| one.kind == "traitor");
        let margin = Margin::new(true).flawed(self.flaw);
        let mut court = Court::<P> {
            scene: Scene { group: self.group, config: &self.config, margin, recorder },
            faults: &trace.header.model.faults,
            traitors: liars.map(|one| Process(one.process)).collect(),
            seen: Vec::new(),
            actors: self.group.processes().map(|p| vec![Actor::new(p)]).collect(),
            events: &trace.events,
            time,
            inputs: named,
            lines,
            sent: BTreeMap::new(),
            coins: BTreeMap::new(),
            hushed: vec![false; n],
            down: ProcessSet::new(),
            ledger: <P::Problem as Problem>::Ledger::open(self.group),
            outcome: Outcome::new(self.group),
        };
        court.follow()?;
        court.end(trace, self.deadline_ticks.unwrap_or(u64::MAX));
        Ok(Ran { outcome: court.outcome, ledger: court.ledger, events: None })
    }
}

impl<P: Deceit> Court<'_, P> {
    fn follow(&mut self) -> Result<(), Refused> {
        for who in self.scene.group.processes() {
            let lots = self.lots(who, 0);
            let given = Given { at: 0, lots: &lots, crash: None };
            self.actors[who.index()][0].step(&mut self.scene, &Cause::Boot, given);
        }
        let events = self.events;
        for event in events {
            let refuse = |because| Refused { event: event.i, process: event.process, because };
            self.event(event).map_err(refuse)?;
        }
        let last = events.iter().filter_map(|event| event.at).max().unwrap_or(0);
        for who in self.scene.group.processes() {
            let event = self.lines[who.index()].0.last().map_or(0, |place| events[*place].i);
            self.close(who, last).map_err(|because| Refused { event, process: who.0, because })?;
        }
        Ok(())
    }

    /// The draws that the trace tells from this event of a process on.
    fn lots(&self, who: Process, from: usize) -> Vec<What> {
        let rest = self.lines[who.index()].0.iter().skip(from).map(|at| &self.events[*at].what);
        let drawn = |what: &&What| matches!(what, What::Choose { .. } | What::Toss { .. });
        rest.take_while(drawn).cloned().collect()
    }

    /// The crash that may cut short the step to which an event of a process belongs.
    fn crash(&self, who: Process, from: usize) -> Option<&What> {
        let rest = self.lines[who.index()].0.iter().skip(from).map(|at| &self.events[*at].what);
        let mut rest = rest.skip_while(|what| is_effect(what));
        rest.next().filter(|what| matches!(what, What::Crash { within: Some(_), .. }))
    }

    fn event(&mut self, event: &Event) -> Result<(), String> {
        let who = Process(event.process);
        let Some(line) = self.lines.get_mut(who.index()) else {
            return Err(format!("there is no process {who} in this group"));
        };
        line.1 += 1;
        let at = event.at.ok_or("the event has no time")?;
        match &event.what {
            What::Lost { from, sent, .. } | What::Missed { from, sent } => {
                self.sent_to(who, *from, *sent)?;
                if matches!(event.what, What::Missed { .. }) && !self.faults.contains("omission") {
                    return Err(format!("nothing is missed where faults are {}", self.faults));
                }
                self.outcome.lost += u64::from(matches!(event.what, What::Lost { .. }));
                self.hushed.fill(true);
                return Ok(());
            }
            What::Cut { .. } | What::Heal { .. } | What::Step { .. } | What::Drift { .. } => {
                self.hushed.fill(true);
                return Ok(());
            }
            // What clients see is not the protocol's.
            What::Call { .. } | What::Return { .. } => return Ok(()),
            What::Toss { toss, coin } if *self.coins.entry(*toss).or_insert(*coin) != *coin => {
                return Err(format!("toss {toss} of the common coin fell otherwise before"));
            }
            _ => {}
        }
        let known = self.advance(who, at, event)?;
        self.learn(who, at, event, known);
        if self.actors[who.index()].iter().all(|actor| actor.due.is_empty()) {
            self.hushed[who.index()] = false;
        }
        Ok(())
    }

    /// Lets every way in which a process may have come here go on by one event.
    fn advance(&mut self, who: Process, at: u64, event: &Event) -> Result<Known<P>, String> {
        let mut open: VecDeque<Actor<P>> = std::mem::take(&mut self.actors[who.index()]).into();
        let mut next: Vec<Actor<P>> = Vec::new();
        let (mut known, mut why, mut tried) = (None, None, 0);
        while let Some(mut actor) = open.pop_front() {
            tried += 1;
            if tried > TRIED_MAX || next.len() > WAYS_MAX {
                return Err("there are too many ways in which this may have come about".into());
            }
            let went = if actor.due.is_empty() {
                let read = self.lines[who.index()].1 - 1;
                open.extend(self.told_itself(&actor, at, read));
                self.begin(actor, at, event)
            } else {
                self.meet(&mut actor, event).map(|now| (vec![actor], now))
            };
            match went {
                Err(because) => why = why.or(Some(because)),
                Ok((ways, now)) => {
                    known.get_or_insert(now);
                    for way in ways {
                        if !next.iter().any(|other| other.is_like(&way)) {
                            next.push(way);
                        }
                    }
                }
            }
        }
        self.actors[who.index()] = next;
        known.ok_or_else(|| why.unwrap_or_default())
    }

    /// The ways in which a process goes on if it hears first what it told itself.
    fn told_itself(&mut self, actor: &Actor<P>, at: u64, read: usize) -> Vec<Actor<P>> {
        if actor.own.is_empty() {
            return Vec::new();
        }
        let mut heard = actor.clone();
        match heard.own.pop_front() {
            Some((_, message)) if heard.host.is_up() => {
                self.ways(heard, &Cause::Message(actor.me, message), at, read)
            }
            _ => Vec::new(),
        }
    }

    /// The ways in which a step goes: to its end, or to the crash that is told after it.
    pub(crate) fn ways(
        &mut self,
        actor: Actor<P>,
        cause: &Cause<P>,
        at: u64,
        read: usize,
    ) -> Vec<Actor<P>> {
        let lots = self.lots(actor.me, read);
        let crash = self.crash(actor.me, read).cloned();
        let mut ways = vec![actor];
        if crash.is_some() {
            ways.push(ways[0].clone());
        }
        for (way, crash) in ways.iter_mut().zip([None, crash.as_ref()]) {
            way.step(&mut self.scene, cause, Given { at, lots: &lots, crash });
        }
        ways
    }

    /// What has not come by the end must not be due.
    fn close(&mut self, who: Process, last: u64) -> Result<(), String> {
        let mut open: VecDeque<Actor<P>> = self.actors[who.index()].clone().into();
        let (mut why, mut tried) = (None, 0);
        while let Some(actor) = open.pop_front() {
            tried += 1;
            if let Some(due) = actor.due.front() {
                let due = self.expected(due);
                why.get_or_insert(format!("the trace ends there, and the code goes on: {due}"));
            } else if !actor.is_late(last.saturating_add(1)) || tried > TRIED_MAX {
                return Ok(());
            } else {
                open.extend(self.told_itself(&actor, last, usize::MAX));
            }
        }
        Err(why.unwrap_or_default())
    }

    /// What an event that is allowed makes known.
    fn learn(&mut self, who: Process, at: u64, event: &Event, known: Known<P>) {
        match known {
            Known::Output(output) => {
                self.ledger.observe(who, at, Seen::Output(&output));
                let state = self.actors[who.index()].first().and_then(|way| way.host.state());
                let round = state.map_or(0, P::round);
                self.outcome.output(who, at, round);
            }
            Known::Sent(to, message) => {
                let domain = P::domain(self.scene.config);
                self.outcome.messages += message.messages(to);
                self.outcome.bits += message.cost_bits(to, domain);
                self.sent.insert(event.i, (who, to, message, false));
            }
            Known::Asked(input) => self.ledger.observe(who, at, Seen::Input(&input)),
            Known::Nothing => {}
        }
        match &event.what {
            What::Crash { .. } => {
                self.outcome.crashes += 1;
                self.down.insert(who);
                self.ledger.crashed(who, at);
            }
            What::Restart { .. } => {
                self.outcome.restarts += 1;
                self.ledger.restarted(who, at);
            }
            What::Receive { sent, .. } | What::Again { sent, .. } => {
                if let Some((_, _, message, received)) = self.sent.get_mut(sent) {
                    *received |= matches!(event.what, What::Receive { .. });
                    if P::SIGNED && self.traitors.contains(who) {
                        self.seen.push(message.clone());
                    }
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, trace: &Trace, deadline: u64) {
        let named = |who: Process| {
            trace.header.faulty.iter().any(|one| one.process == who.0 && one.kind != "flip")
        };
        let owed = |who: Process| {
            let up = self.actors[who.index()].first().is_some_and(|way| way.host.is_up());
            up && (!self.down.contains(who) || self.time.restarts) && !named(who)
        };
        let faulty: ProcessSet = self.scene.group.processes().filter(|who| !owed(*who)).collect();
        self.outcome.end = End {
            group: self.scene.group,
            faulty: faulty.clone(),
            liars: self.traitors.clone(),
            settled: self.time.settled,
            deadline,
            calm_from: self.time.calm_from,
            over_at: self.time.over_at,
            lost: self.outcome.lost,
        };
        self.outcome.conclude(|who| !faulty.contains(who));
    }
}

fn is_effect(what: &What) -> bool {
    matches!(
        what,
        What::Choose { .. }
            | What::Toss { .. }
            | What::Broken { .. }
            | What::Expose { .. }
            | What::Store { .. }
            | What::Send { .. }
            | What::Unsent { .. }
            | What::Lost { .. }
            | What::Missed { .. }
            | What::Cut { .. }
            | What::Heal { .. }
    )
}
