//! One run in virtual time.

use std::collections::BTreeMap;

use quorate_kernel::{
    Deceit, Effects, Ledger, Links, Margin, Problem, Process, ProcessSet, Protocol, Released, Seen,
};
use quorate_world::{CutShort, Host, Occurrence, Stage};

use crate::arena::Arena;
use crate::circle::Image;
use crate::digest::Digest;
use crate::lots::Lots;
use crate::network::Network;
use crate::outcome::Outcome;
use crate::plan::{Letter, Plan};
use crate::queue::{Queue, Slot};
use crate::record::Recorder;
use crate::run::Ran;
use crate::timers::set_timer;
use crate::weather::{Draws, Fate, Purpose, draw};

/// How many events a run has at most where nothing else is said.
pub const EVENTS_MAX: u64 = 20_000_000;

/// Something that is due.
pub(crate) enum Due<P: Protocol> {
    Message {
        letter: Letter,
        sent_at: u64,
        life: u32,
        event: u32,
        again: bool,
        message: P::Message,
    },
    /// A message to oneself: it takes no time, and is never lost.
    Own {
        who: Process,
        life: u32,
        message: P::Message,
    },
    Timer {
        who: Process,
        timer: P::Timer,
        setting: u64,
    },
    Request(u32),
    Upset(u32),
    /// The beginning of a circle.
    Circle,
}

/// One place of the group, and what the engine knows of it.
pub(crate) struct Node<P: Protocol> {
    pub(crate) host: Host<P>,
    /// Running timers, with the time and the number of their setting.
    pub(crate) timers: Vec<(P::Timer, u64, u64)>,
    /// Counts crashes.
    pub(crate) life: u32,
    /// What waits for a process that is paused, until when.
    pub(crate) paused_until: u64,
    pub(crate) drift_ppm: i32,
    pub(crate) lots: u32,
    /// How many timers it has set.
    pub(crate) settings: u32,
    /// A crash that waits for its step, and how many records are forgotten with it.
    pub(crate) armed: Option<(CutShort, u32)>,
    /// The requests that came while it was down, or were lost with a step.
    pub(crate) waiting: Vec<u32>,
    /// The place of the rule that fired last, for the coverage.
    pub(crate) phase: u8,
}

/// What the sender of a message says, and what else it can say.
#[derive(Clone, Debug)]
pub struct Offered<M> {
    /// What the protocol has it say.
    pub honest: M,
    /// Its other words, each with its reading of the vocabulary.
    pub words: Vec<(Vec<u32>, M)>,
}

/// A run under way.
pub(crate) struct Simulation<'a, P: Deceit> {
    pub(crate) arena: Arena<'a, P>,
    pub(crate) plan: &'a Plan,
    pub(crate) nodes: Vec<Node<P>>,
    pub(crate) queue: Queue<Due<P>>,
    pub(crate) network: Network,
    /// What becomes of messages.
    pub(crate) fate_draws: Draws,
    pub(crate) margin: Margin,
    pub(crate) ledger: <P::Problem as Problem>::Ledger,
    pub(crate) now: u64,
    pub(crate) settings: u64,
    pub(crate) upsets_left: usize,
    pub(crate) complete_at: Option<u64>,
    /// What traitors were sent, kept for signed protocols only.
    pub(crate) seen: Vec<P::Message>,
    /// What waits for a cut to be healed, where links promise to be reliable.
    pub(crate) held: Vec<Due<P>>,
    pub(crate) traitors: ProcessSet,
    pub(crate) flips: Vec<(Process, Process, u32)>,
    pub(crate) outcome: Outcome,
    pub(crate) recorder: Option<Recorder>,
    pub(crate) digest: Option<Digest>,
    /// Whether messages are neither recorded, nor lied about, nor given a fate by hand.
    pub(crate) plain: bool,
    /// What the sender of a message can say in its place, if that is to be known.
    pub(crate) offered: Option<(Letter, Option<Offered<P::Message>>)>,
    /// What becomes of every message, if that is to be known.
    pub(crate) fates: Option<BTreeMap<Letter, Fate>>,
    /// How the processes were at the beginning of a circle.
    pub(crate) image: Option<Vec<Image<P>>>,
}

impl<'a, P: Deceit> Simulation<'a, P> {
    pub(crate) fn new(
        arena: Arena<'a, P>,
        plan: &'a Plan,
        recorder: Option<Recorder>,
        audited: bool,
    ) -> Self {
        let recorder_is_none = recorder.is_none();
        let recorder = recorder.map(|recorder| recorder.with_twins(&plan.twins));
        let keeps = recorder.is_some() || audited || plan.needs_records();
        let size = arena.group.size() + plan.twins.len();
        let node = |_| Node {
            host: Host::new(keeps),
            timers: Vec::new(),
            life: 0,
            paused_until: 0,
            drift_ppm: 0,
            lots: 0,
            settings: 0,
            armed: None,
            waiting: Vec::new(),
            phase: u8::MAX,
        };
        let mut queue = Queue::new(plan.conditions.delay_ticks);
        for (at, upset) in plan.upsets.iter().enumerate() {
            queue.push(upset.0, Due::Upset(at as u32));
        }
        for (at, asked) in plan.requests.iter().enumerate() {
            queue.push(asked.at, Due::Request(at as u32));
        }
        if let Some(at) = plan.circle {
            queue.push(at, Due::Circle);
        }
        Self {
            arena,
            plan,
            nodes: (0..size).map(node).collect(),
            queue,
            network: Network::new(size, &plan.conditions),
            fate_draws: Draws::of(plan.seed, Purpose::Fate),
            margin: Margin::new(recorder.is_some()).flawed(arena.flaw),
            ledger: <P::Problem as Problem>::Ledger::open(arena.group),
            now: 0,
            settings: 0,
            upsets_left: plan.upsets.len(),
            complete_at: None,
            seen: Vec::new(),
            held: Vec::new(),
            traitors: plan.liars(),
            flips: Vec::new(),
            outcome: Outcome::new(arena.group),
            recorder,
            digest: audited.then(Digest::new),
            plain: recorder_is_none && plan.is_plain(),
            offered: None,
            fates: None,
            image: None,
        }
    }

    /// Runs to the end.
    pub(crate) fn run(&mut self) {
        let mut effects = Effects::default();
        for who in 0..self.nodes.len() {
            self.step(Process(who as u16), Occurrence::Boot, &mut effects);
        }
        let linger = 4 * self.plan.conditions.delay_ticks;
        let mut quiet = true;
        while let Some((at, slot)) = self.queue.next() {
            if at > self.plan.over_at || self.outcome.events >= self.arena.events_max {
                self.now = at.min(self.plan.over_at);
                quiet = false;
                break;
            }
            if self.complete_at.is_some_and(|done| self.upsets_left == 0 && at > done + linger) {
                break;
            }
            self.now = at;
            self.outcome.events += 1;
            self.happen(at, slot, &mut effects);
        }
        self.finish(quiet);
    }

    /// The run, once it is over.
    pub(crate) fn over(self) -> Ran<P> {
        let events = self.recorder.and_then(Recorder::into_events);
        Ran { outcome: self.outcome, ledger: self.ledger, events }
    }

    #[inline]
    fn happen(&mut self, at: u64, slot: Slot, effects: &mut Effects<P>) {
        match self.queue.take(slot) {
            None => {}
            Some(Due::Message { letter, sent_at, life, event, again, message }) => {
                if self.waits(letter.to) {
                    let until = self.nodes[letter.to.index()].paused_until;
                    let due = Due::Message { letter, sent_at, life, event, again, message };
                    return self.queue.push(until, due);
                }
                if self.network.is_cut(letter.from, letter.to) && self.holds() {
                    let due = Due::Message { letter, sent_at, life, event, again, message };
                    return self.held.push(due);
                }
                self.arrive((letter, sent_at, life), (event, again), message, effects);
            }
            Some(Due::Own { who, life, message }) => {
                if self.waits(who) {
                    let until = self.nodes[who.index()].paused_until;
                    return self.queue.push(until, Due::Own { who, life, message });
                }
                let node = &self.nodes[who.index()];
                if node.life == life && node.host.is_up() {
                    self.step(who, Occurrence::Message(self.named(who), message), effects);
                }
            }
            Some(Due::Timer { who, timer, setting }) => {
                self.timer((at, setting), who, timer, effects)
            }
            Some(Due::Request(number)) => self.request(number, effects),
            Some(Due::Upset(number)) => self.upset(number, effects),
            Some(Due::Circle) => self.image = Some(self.image_now()),
        }
    }

    pub(crate) fn waits(&self, who: Process) -> bool {
        self.nodes[who.index()].paused_until > self.now
    }

    #[inline]
    fn arrive(
        &mut self,
        (letter, sent_at, life): (Letter, u64, u32),
        (event, again): (u32, bool),
        message: P::Message,
        effects: &mut Effects<P>,
    ) {
        let (from, to) = (letter.from, letter.to);
        if let Some(cause) = self.lost_on_the_way(letter, sent_at, life) {
            if let Some(fates) = self.fates.as_mut().filter(|_| cause == "link") {
                fates.insert(letter, Fate::Lost);
            }
            self.outcome.lost += 1;
            if let Some(recorder) = &mut self.recorder {
                recorder.lost(self.now, to, from, event, cause);
            }
            return;
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.received(self.now, to, from, event, again);
        }
        if P::SIGNED && self.traitors.contains(to) {
            self.seen.push(message.clone());
        }
        self.step(to, Occurrence::Message(self.named(from), message), effects);
    }

    #[inline]
    fn lost_on_the_way(&self, letter: Letter, sent_at: u64, life: u32) -> Option<&'static str> {
        let plan = self.plan;
        if !self.nodes[letter.to.index()].host.is_up() {
            return Some("down");
        }
        let cut = self.network.any_cut() && !self.holds();
        if cut && self.network.cut_since(letter.from, letter.to, sent_at) {
            return Some("cut");
        }
        let gone = self.nodes[letter.from.index()].life != life;
        if gone && plan.conditions.links != Links::Strong && !plan.fates.contains_key(&letter) {
            let drawn = draw(plan.seed, Purpose::Orphan, letter.occasion());
            return plan.weather.orphaned(drawn).then_some("link");
        }
        None
    }

    fn timer(
        &mut self,
        (at, setting): (u64, u64),
        who: Process,
        timer: P::Timer,
        effects: &mut Effects<P>,
    ) {
        let node = &mut self.nodes[who.index()];
        let Some(place) = node.timers.iter().position(|(_, _, set)| *set == setting) else {
            return;
        };
        if node.paused_until > at {
            return self.queue.push(node.paused_until, Due::Timer { who, timer, setting });
        }
        node.timers.swap_remove(place);
        if let Some(recorder) = &mut self.recorder {
            recorder.timer(at, who, &timer);
        }
        self.step(who, Occurrence::Timer(timer), effects);
    }

    fn request(&mut self, number: u32, effects: &mut Effects<P>) {
        let asked = self.plan.requests[number as usize];
        let Some(input) = self.arena.inputs.get(asked.number as usize) else { return };
        let node = &mut self.nodes[asked.process.index()];
        if !node.host.is_up() {
            return node.waiting.push(number);
        }
        if node.paused_until > self.now {
            return self.queue.push(node.paused_until, Due::Request(number));
        }
        if !self.is_copy(asked.process) {
            let seen: Seen<'_, P::Problem> = Seen::Input(input);
            self.ledger.observe(asked.process, self.now, seen);
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.request::<P>(self.now, asked.process, asked.number, input);
        }
        let input = input.clone();
        let life = self.nodes[asked.process.index()].life;
        self.step(asked.process, Occurrence::Input(input), effects);
        let node = &mut self.nodes[asked.process.index()];
        if node.life != life {
            // The step was cut short: whoever asked gets no answer and asks again.
            node.waiting.push(number);
        }
    }

    #[inline]
    pub(crate) fn step(
        &mut self,
        who: Process,
        occurrence: Occurrence<P>,
        effects: &mut Effects<P>,
    ) {
        let at = who.index();
        if self.nodes[at].armed.is_some() {
            return self.last_step(who, occurrence, effects);
        }
        self.run_step(who, occurrence, effects, None);
    }

    /// A step of a process that crashes in its first step that stores or sends anything.
    #[cold]
    fn last_step(&mut self, who: Process, occurrence: Occurrence<P>, effects: &mut Effects<P>) {
        let again = match &occurrence {
            Occurrence::Boot => Occurrence::Boot,
            Occurrence::Input(input) => Occurrence::Input(input.clone()),
            Occurrence::Message(from, message) => Occurrence::Message(*from, message.clone()),
            Occurrence::Timer(timer) => Occurrence::Timer(*timer),
        };
        let (mut trial, mut lots) =
            (self.nodes[who.index()].host.clone(), self.nodes[who.index()].lots);
        let (stored, margin) = (trial.records(), Margin::new(false).flawed(self.arena.flaw));
        let (group, config) = (self.arena.group, self.arena.config);
        let stage = Stage { me: self.named(who), group, config, margin: &margin };
        let mut oracle = Lots { plan: self.plan, who, next: &mut lots, drawn: None };
        let mut released = trial.step(&stage, again, effects, &mut oracle, None);
        let sends = released.as_mut().map_or(0, |out| out.sends().filter(|m| m.0 != who).count());
        drop(released);
        let armed = self.nodes[who.index()].armed.take();
        if sends == 0 && trial.records() == stored {
            self.nodes[who.index()].armed = armed;
            return self.run_step(who, occurrence, effects, None);
        }
        let Some((cut, forgotten)) = armed else { return };
        if cut.passed > 0 {
            let later = CutShort { passed: cut.passed - 1, ..cut };
            self.nodes[who.index()].armed = Some((later, forgotten));
            return self.run_step(who, occurrence, effects, None);
        }
        let wanted = (trial.records() - stored, sends as u32);
        self.run_step(who, occurrence, effects, Some(&cut));
        let reached = cut.reached.clone();
        self.down(who, forgotten, Some((wanted, cut.stored.min(wanted.0), reached)));
    }

    #[inline]
    pub(crate) fn run_step(
        &mut self,
        who: Process,
        occurrence: Occurrence<P>,
        effects: &mut Effects<P>,
        cut: Option<&CutShort>,
    ) {
        if let Some(mut released) = self.handle(who, occurrence, effects, cut) {
            if cut.is_none() && released.more_than_sends() {
                self.release(who, &mut released);
            }
            if released.any_sends() {
                for (to, message) in released.sends() {
                    if cut.is_none_or(|cut| cut.reached.contains(to) && to != who) {
                        self.send(who, to, message);
                    }
                }
            }
        }
        if self.recorder.is_some() {
            let host = &self.nodes[who.index()].host;
            if let (Some(recorder), Some(state)) = (&mut self.recorder, host.state()) {
                recorder.state(self.now, who, state, host.stable());
            }
        }
    }

    /// The timers and the outputs of a step.
    fn release(&mut self, who: Process, released: &mut Released<'_, P>) {
        let copy = self.is_copy(who);
        let node = &mut self.nodes[who.index()];
        for ask in released.timers() {
            let clock = (who, self.now, &mut self.settings);
            set_timer(&mut self.queue, node, clock, self.plan, ask);
        }
        let mut any = false;
        for output in released.outputs() {
            any = true;
            if !copy {
                self.ledger.observe(who, self.now, Seen::Output(&output));
                self.outcome.output(who, self.now, node.host.state().map_or(0, P::round));
            }
            if let Some(recorder) = &mut self.recorder {
                recorder.output::<P>(self.now, who, &output);
            }
        }
        if any {
            self.look_whether_complete();
        }
    }

    /// The step up to its effects.
    #[inline]
    fn handle<'e>(
        &mut self,
        who: Process,
        occurrence: Occurrence<P>,
        effects: &'e mut Effects<P>,
        cut: Option<&CutShort>,
    ) -> Option<Released<'e, P>> {
        let me = self.named(who);
        let drawn = self.recorder.as_mut().map(|recorder| &mut recorder.drawn);
        let node = &mut self.nodes[who.index()];
        let (group, config) = (self.arena.group, self.arena.config);
        let stage = Stage { me, group, config, margin: &self.margin };
        let mut oracle = Lots { plan: self.plan, who, next: &mut node.lots, drawn };
        let stored_before = node.host.disk().len();
        let released = node.host.step(&stage, occurrence, effects, &mut oracle, cut);
        let cited = self.margin.take_cited();
        if cited != 0 {
            node.phase = (63 - cited.leading_zeros()) as u8;
            self.outcome.cited |= cited;
        }
        self.outcome.broken += self.margin.take_broken_count();
        if let Some(digest) = &mut self.digest {
            digest.step(self.now, who, node.host.state(), node.host.stable());
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.step(self.now, who, cited, &self.margin);
            recorder.stored(self.now, who, &node.host.disk()[stored_before..]);
        }
        released
    }

    #[inline]
    pub(crate) fn send_to(&mut self, from: Process, to: Process, message: P::Message) {
        if from == to {
            let life = self.nodes[from.index()].life;
            return self.queue.push(self.now, Due::Own { who: from, life, message });
        }
        let letter = Letter { from, to, number: self.network.number(from, to) };
        if self.plain {
            return self.carry_plainly(letter, message);
        }
        if !self.traitors.is_empty() && self.traitors.contains(from) {
            return self.lie(letter, message);
        }
        self.carry(letter, message, None);
    }
}
