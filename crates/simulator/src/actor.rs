//! One process of a trace that is judged: what its code does, as a trace would tell it.

use std::collections::VecDeque;

use quorate_kernel::{
    Effects, Group, InputOf, Margin, Oracle, OutputOf, Process, ProcessSet, Protocol, TimerAsk,
};
use quorate_trace::{What, Within};
use quorate_world::{CutShort, Host, Occurrence, Stage};

use crate::record::Recorder;

/// What can make a process step.
#[derive(Clone)]
pub(crate) enum Cause<P: Protocol> {
    Boot,
    Input(InputOf<P>),
    Message(Process, P::Message),
    Timer(P::Timer),
}

impl<P: Protocol> Cause<P> {
    fn occurrence(&self) -> Occurrence<P> {
        match self.clone() {
            Self::Boot => Occurrence::Boot,
            Self::Input(input) => Occurrence::Input(input),
            Self::Message(from, message) => Occurrence::Message(from, message),
            Self::Timer(timer) => Occurrence::Timer(timer),
        }
    }
}

/// What a step is to leave in the trace.
#[derive(Clone)]
pub(crate) enum Expected<P: Protocol> {
    /// Exactly this.
    Noted { what: What, rules: Vec<String>, output: Option<OutputOf<P>> },
    /// This message, or what a traitor or a flipped bit makes of it.
    Sent { to: Process, message: P::Message, rules: Vec<String> },
}

/// What all processes of a trace share.
pub(crate) struct Scene<'a, P: Protocol> {
    pub(crate) group: Group,
    pub(crate) config: &'a P::Config,
    pub(crate) margin: Margin,
    pub(crate) recorder: Recorder,
}

/// What a step is given from the trace.
#[derive(Clone, Copy)]
pub(crate) struct Given<'t> {
    pub(crate) at: u64,
    /// The draws that the trace tells of the step.
    pub(crate) lots: &'t [What],
    /// The crash that cuts the step short.
    pub(crate) crash: Option<&'t What>,
}

/// One process, as it may be after the part of the trace that was read. What it tells itself is not
/// in the trace, so there may be several ways in which it came here.
#[derive(Clone)]
pub(crate) struct Actor<P: Protocol> {
    pub(crate) me: Process,
    pub(crate) host: Host<P>,
    /// What it has told itself and not yet heard, and when.
    pub(crate) own: VecDeque<(u64, P::Message)>,
    pub(crate) timers: Vec<P::Timer>,
    pub(crate) due: VecDeque<Expected<P>>,
    pub(crate) paused_until: u64,
    shown: Vec<(String, String)>,
}

/// The draws that a trace tells.
struct Told<'t> {
    lots: std::slice::Iter<'t, What>,
    drawn: Vec<What>,
}

impl Oracle for Told<'_> {
    fn choose(&mut self, options: u32) -> u32 {
        let told = match self.lots.next() {
            Some(What::Choose { options: of, chosen }) if *of == options => *chosen,
            _ => 0,
        };
        let chosen = if told < options { told } else { 0 };
        self.drawn.push(What::Choose { options, chosen });
        chosen
    }

    fn common_coin(&mut self, toss: u64) -> bool {
        let coin = match self.lots.next() {
            Some(What::Toss { toss: of, coin }) if *of == toss => *coin,
            _ => false,
        };
        self.drawn.push(What::Toss { toss, coin });
        coin
    }
}

impl<P: Protocol> Actor<P> {
    pub(crate) fn new(me: Process) -> Self {
        Self {
            me,
            host: Host::new(true),
            own: VecDeque::new(),
            timers: Vec::new(),
            due: VecDeque::new(),
            paused_until: 0,
            shown: Vec::new(),
        }
    }

    /// One step: what is to be in the trace of it is due from then on.
    pub(crate) fn step(&mut self, scene: &mut Scene<'_, P>, cause: &Cause<P>, given: Given<'_>) {
        let (me, at) = (self.me, given.at);
        let cut = given.crash.and_then(|crash| shortened(crash, me));
        let wanted = cut.as_ref().map(|_| self.wanted(scene, cause, given));
        let stored = self.host.disk().len();
        let mut told = Told { lots: given.lots.iter(), drawn: Vec::new() };
        let mut effects = Effects::default();
        let (group, config, margin) = (scene.group, scene.config, &scene.margin);
        let stage = Stage { me, group, config, margin };
        let released =
            self.host.step(&stage, cause.occurrence(), &mut effects, &mut told, cut.as_ref());
        scene.recorder.drawn = told.drawn;
        let cited = scene.margin.take_cited();
        scene.recorder.step(at, me, cited, &scene.margin);
        scene.margin.take_broken_count();
        scene.recorder.stored(at, me, &self.host.disk()[stored..]);
        self.noted(&mut scene.recorder, None);
        if let Some(mut released) = released {
            if cut.is_none() {
                for ask in released.timers() {
                    self.set(ask);
                }
                for output in released.outputs() {
                    scene.recorder.output::<P>(at, me, &output);
                    self.noted(&mut scene.recorder, Some(output));
                }
            }
            for (to, message) in released.sends() {
                let lets = cut.as_ref().is_none_or(|cut| cut.reached.contains(to));
                if to == me && cut.is_none() {
                    self.own.push_back((at, message));
                } else if to != me && lets && to.index() < group.size() {
                    let rules = scene.recorder.fired();
                    self.due.push_back(Expected::Sent { to, message, rules });
                }
            }
        }
        if let Some(state) = self.host.state() {
            scene.recorder.swap_shown(me, &mut self.shown);
            scene.recorder.state(at, me, state, self.host.stable());
            scene.recorder.swap_shown(me, &mut self.shown);
            self.noted(&mut scene.recorder, None);
        }
        if let (Some(wanted), Some(What::Crash { reached, within, forgotten })) =
            (wanted, given.crash)
        {
            let said = within.as_ref().map_or(0, |within| within.stored);
            let (records, messages) = wanted;
            let within = Some(Within { records, stored: said.min(records), messages });
            let (reached, forgotten) = (reached.clone(), *forgotten);
            let what = What::Crash { reached, within, forgotten };
            self.due.push_back(Expected::Noted { what, rules: Vec::new(), output: None });
            self.crash(forgotten);
        }
    }

    /// How many records and messages a step wants to get out.
    fn wanted(&self, scene: &Scene<'_, P>, cause: &Cause<P>, given: Given<'_>) -> (u32, u32) {
        let mut trial = self.host.clone();
        let mut told = Told { lots: given.lots.iter(), drawn: Vec::new() };
        let mut effects = Effects::default();
        let (me, group, config, margin) = (self.me, scene.group, scene.config, &scene.margin);
        let stage = Stage { me, group, config, margin };
        let released = trial.step(&stage, cause.occurrence(), &mut effects, &mut told, None);
        let sends =
            released.map_or(0, |mut out| out.sends().filter(|(to, _)| *to != me).count() as u32);
        let _ = (margin.take_cited(), margin.take_broken(), margin.take_notes());
        margin.take_broken_count();
        (trial.records().saturating_sub(self.host.records()), sends)
    }

    /// What the recorder was told is due.
    fn noted(&mut self, recorder: &mut Recorder, mut output: Option<OutputOf<P>>) {
        for event in recorder.take_events() {
            let (what, rules, output) = (event.what, event.rules, output.take());
            self.due.push_back(Expected::Noted { what, rules, output });
        }
    }

    fn set(&mut self, ask: TimerAsk<P::Timer>) {
        let (TimerAsk::Set(timer, _) | TimerAsk::Cancel(timer)) = ask;
        self.timers.retain(|running| *running != timer);
        if matches!(ask, TimerAsk::Set(..)) {
            self.timers.push(timer);
        }
    }

    /// It goes down, and what was not on its disk is gone.
    pub(crate) fn crash(&mut self, forgotten: u32) {
        self.host.crash(forgotten);
        self.own.clear();
        self.timers.clear();
        self.shown.clear();
        self.paused_until = 0;
    }

    /// Whether it must have heard what it told itself by then.
    pub(crate) fn is_late(&self, at: u64) -> bool {
        self.own.front().is_some_and(|(told, _)| at > (*told).max(self.paused_until))
    }

    /// Whether nothing that comes after can tell the two apart.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.due.is_empty()
            && other.due.is_empty()
            && self.own == other.own
            && self.timers == other.timers
            && self.host.state() == other.host.state()
            && self.host.stable() == other.host.stable()
            && self.host.disk() == other.host.disk()
    }
}

/// Where a crash cut a step short, as a trace tells it.
fn shortened(crash: &What, me: Process) -> Option<CutShort> {
    let What::Crash { reached, within: Some(within), .. } = crash else { return None };
    let reached: ProcessSet = reached.iter().map(|p| Process(*p)).filter(|p| *p != me).collect();
    Some(CutShort { passed: 0, stored: within.stored, reached })
}
