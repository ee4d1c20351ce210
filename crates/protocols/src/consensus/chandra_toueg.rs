//! Consensus by a rotating coordinator and a failure detector that may err.
//!
//! Problem: consensus. Source: Chandra, Toueg 1996, 6.2, with a detector of class ◇P, which is
//! more than the ◇S that it needs.
//! Resilience: n > 2f crashes. Safe whatever the detector says and however late messages come;
//! decides once the detector stops to suspect some correct process.
//!
//! What differs: a process that has nothing to propose takes up the first estimate it hears, so
//! that it can coordinate. Whoever decides falls silent, since its decision has gone to all: so
//! does its part, the detector.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Context, Deceit, Domain, Faults, Flaw, Group, Links, Message, Mutant, Part, Process, Protocol,
    Rule, Timing, Value, inspect, mutants, rules,
};
use quorate_problems::Consensus;

use crate::ballot::majority;
use crate::card::{Bound, Claim, Cost, First, Hosted, Listed, Request, Setup};
use crate::detector::heartbeat::{self, Heartbeat};

rules! {
    ESTIMATE = "P1": "send the estimate, and the round of its last update, to the coordinator";
    PROPOSE = "P2": "the coordinator: of a majority's estimates propose the one updated last, to \
        all";
    ACK = "P3a": "the proposal comes: estimate it, and acknowledge it to the coordinator";
    NACK = "P3b": "the coordinator is suspected first: refuse, and go to the next round";
    DECIDE = "P4a": "the coordinator: a majority acknowledged, so the value is locked: multicast \
        the decision";
    FAIL = "P4b": "the coordinator: somebody among a majority refused: go to the next round";
    DELIVER = "R": "deliver the decision: pass it on to all, then decide";
}

mutants! {
    EARLIEST = "earliest-estimate" breaks PROPOSE: "proposes the estimate that was updated first",
        "";
    FEW_ACKS = "half-acks" breaks DECIDE: "decides with n/2 acknowledgements, rounded down", "";
    FEW_ESTIMATES = "half-estimates" breaks PROPOSE: "proposes with n/2 estimates, rounded down",
        "";
    UNDATED = "undated" breaks ACK: "takes the proposal, and not the round of its update", "";
    ACKS_ONLY = "waits-for-acks" breaks FAIL: "waits for a majority of acknowledgements, whatever \
        the refusals", "";
    NO_RELAY = "keeps-it-to-itself" breaks DELIVER: "decides what it hears was decided, and passes \
        it on to nobody", "";
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// The values that may be proposed.
    pub domain: Domain,
    /// Who coordinates round 1.
    pub first: Process,
    /// How the failure detector is set.
    pub detector: heartbeat::Config,
}

/// What is sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Words {
    /// The estimate in a round, and the round of its last update.
    Estimate(u32, Value, u32),
    /// What the coordinator proposes in a round.
    Propose(u32, Value),
    /// Whether the proposal of a round was taken.
    Reply(u32, bool),
    /// What was decided.
    Decided(Value),
    /// The sender is alive.
    Alive(heartbeat::Words),
}

inspect!(
    enum Words {
        Estimate(round, value, updated),
        Propose(round, value),
        Reply(round, taken),
        Decided(value),
        Alive(beat),
    }
);

impl Message for Words {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        match self {
            Self::Estimate(round, value, updated) => {
                format!("est {round}: {} of {updated}", name(*value))
            }
            Self::Propose(round, value) => format!("propose {round}: {}", name(*value)),
            Self::Reply(round, true) => format!("ack {round}"),
            Self::Reply(round, false) => format!("nack {round}"),
            Self::Decided(value) => format!("decided {}", name(*value)),
            Self::Alive(_) => "alive".into(),
        }
    }
}

/// What came in one round.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Came {
    /// Estimates, by sender: the round of the last update, and the value.
    estimates: BTreeMap<Process, (u32, Value)>,
    proposal: Option<Value>,
    replies: BTreeMap<Process, bool>,
}

inspect!(Came { estimates, proposal, replies });

/// What the process waits for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Phase {
    /// Something to propose.
    Idle,
    /// As the coordinator, estimates.
    Estimates,
    /// The proposal.
    Proposal,
    /// As the coordinator, replies.
    Replies,
    /// Nothing: it has decided.
    Done,
}

inspect!(
    enum Phase {
        Idle,
        Estimates,
        Proposal,
        Replies,
        Done,
    }
);

/// One process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ChandraToueg {
    round: u32,
    phase: Phase,
    estimate: Value,
    /// In which round the estimate was updated last.
    updated: u32,
    /// What came in this round and in later ones.
    came: BTreeMap<u32, Came>,
    /// It becomes perfect: it errs less often each time it has erred.
    detector: Heartbeat,
}

inspect!(ChandraToueg { round, phase, estimate, updated, came, detector });

type Cx<'a> = Context<'a, ChandraToueg>;

/// Runs a handler of the failure detector.
fn detect(cx: &mut Cx<'_>, handler: impl FnOnce(&mut Context<'_, Heartbeat>)) {
    let part = Part {
        config: &cx.config.detector,
        stable: &|_| (),
        record: &|()| (),
        message: &Words::Alive,
        timer: &|timer| timer,
    };
    // It is asked whom it suspects, so it need not be heard when that changes.
    cx.part(&part, RULES.len(), handler);
}

fn coordinator(round: u32, cx: &Cx<'_>) -> Process {
    let n = u32::from(cx.group.n);
    Process(((u32::from(cx.config.first.0) + round.saturating_sub(1) % n) % n) as u16)
}

/// A majority, unless that is what is wrong.
fn quorum(half: Flaw, cx: &Cx<'_>) -> usize {
    if cx.is_flawed(half) { (cx.group.size() / 2).max(1) } else { majority(cx.group) }
}

impl ChandraToueg {
    fn begin(&mut self, cx: &mut Cx<'_>) {
        cx.cite(ESTIMATE);
        self.round = self.round.saturating_add(1);
        self.came = self.came.split_off(&self.round);
        let leads = coordinator(self.round, cx);
        self.phase = if leads == cx.me { Phase::Estimates } else { Phase::Proposal };
        cx.send(leads, Words::Estimate(self.round, self.estimate, self.updated));
    }

    /// Takes every step for which enough has come.
    fn advance(&mut self, cx: &mut Cx<'_>) {
        while match self.phase {
            Phase::Estimates => self.propose(cx),
            Phase::Proposal => self.reply(cx),
            Phase::Replies => self.conclude(cx),
            Phase::Idle | Phase::Done => false,
        } {}
    }

    fn propose(&mut self, cx: &mut Cx<'_>) -> bool {
        let Some(came) = self.came.get(&self.round) else { return false };
        if came.estimates.len() < quorum(FEW_ESTIMATES, cx) {
            return false;
        }
        let estimates = came.estimates.values();
        let latest = match cx.is_flawed(EARLIEST) {
            true => estimates.min_by_key(|(updated, _)| *updated),
            false => estimates.max_by_key(|(updated, _)| *updated),
        };
        let Some((_, value)) = latest.copied() else { return false };
        cx.cite(PROPOSE);
        self.phase = Phase::Proposal;
        cx.broadcast(Words::Propose(self.round, value));
        true
    }

    fn reply(&mut self, cx: &mut Cx<'_>) -> bool {
        let leads = coordinator(self.round, cx);
        let proposal = self.came.get(&self.round).and_then(|came| came.proposal);
        if let Some(value) = proposal {
            cx.cite(ACK);
            self.estimate = value;
            self.updated = if cx.is_flawed(UNDATED) { 0 } else { self.round };
        } else if self.detector.suspects(leads) {
            cx.cite(NACK);
        } else {
            return false;
        }
        cx.send(leads, Words::Reply(self.round, proposal.is_some()));
        if leads == cx.me {
            self.phase = Phase::Replies
        } else {
            self.begin(cx)
        }
        true
    }

    fn conclude(&mut self, cx: &mut Cx<'_>) -> bool {
        let Some(came) = self.came.get(&self.round) else { return false };
        let enough = quorum(FEW_ACKS, cx);
        let taken = came.replies.values().filter(|taken| **taken).count();
        let counted = if cx.is_flawed(ACKS_ONLY) { taken } else { came.replies.len() };
        if counted < enough {
            return false;
        }
        if taken >= enough {
            cx.cite(DECIDE);
            self.decide(self.estimate, cx);
            return false;
        }
        cx.cite(FAIL);
        self.begin(cx);
        true
    }

    fn decide(&mut self, value: Value, cx: &mut Cx<'_>) {
        let told = self.phase != Phase::Replies;
        if !told || !cx.is_flawed(NO_RELAY) {
            for other in cx.group.others(cx.me) {
                cx.send(other, Words::Decided(value));
            }
        }
        self.phase = Phase::Done;
        self.estimate = value;
        self.came.clear();
        detect(cx, |cx| self.detector.stop(cx));
        cx.output(value);
    }

    /// What came in a round that is not over; `None` if it is.
    fn open(&mut self, round: u32) -> Option<&mut Came> {
        (round >= self.round.max(1)).then(|| self.came.entry(round).or_default())
    }

    /// Who has nothing to propose takes up the first estimate it hears.
    fn take_up(&mut self, value: Value, cx: &mut Cx<'_>) {
        if self.phase == Phase::Idle {
            self.estimate = value;
            self.begin(cx);
        }
    }
}

impl Protocol for ChandraToueg {
    type Problem = Consensus;
    type Config = Config;
    type Message = Words;
    type Timer = heartbeat::Timer;
    type Stable = ();

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn round(&self) -> u32 {
        self.round
    }

    fn start(cx: &mut Cx<'_>) -> Self {
        let detector = Heartbeat::new(&cx.config.detector, cx.group);
        detect(cx, |cx| detector.begin(cx));
        Self {
            round: 0,
            phase: Phase::Idle,
            estimate: Value::DEFAULT,
            updated: 0,
            came: BTreeMap::new(),
            detector,
        }
    }

    fn on_input(&mut self, input: Value, cx: &mut Cx<'_>) {
        if cx.config.domain.contains(input) {
            self.take_up(input, cx);
            self.advance(cx);
        }
    }

    fn on_message(&mut self, from: Process, message: Words, cx: &mut Cx<'_>) {
        if self.phase == Phase::Done || from.0 >= cx.group.n {
            return;
        }
        let domain = cx.config.domain;
        match message {
            Words::Estimate(round, value, updated) if domain.contains(value) => {
                let Some(came) = self.open(round) else { return };
                came.estimates.entry(from).or_insert((updated, value));
                self.take_up(value, cx);
            }
            Words::Propose(round, value) if domain.contains(value) => {
                if coordinator(round, cx) != from {
                    return;
                }
                let Some(came) = self.open(round) else { return };
                came.proposal.get_or_insert(value);
                self.take_up(value, cx);
            }
            Words::Reply(round, taken) => {
                let Some(came) = self.open(round) else { return };
                came.replies.entry(from).or_insert(taken);
            }
            Words::Decided(value) if domain.contains(value) => {
                cx.cite(DELIVER);
                self.decide(value, cx);
            }
            Words::Alive(beat) => detect(cx, |cx| self.detector.on_message(from, beat, cx)),
            _ => return,
        }
        self.advance(cx);
    }

    fn on_timer(&mut self, timer: heartbeat::Timer, cx: &mut Cx<'_>) {
        if self.phase != Phase::Done {
            detect(cx, |cx| self.detector.on_timer(timer, cx));
            self.advance(cx);
        }
    }
}

impl Deceit for ChandraToueg {}

impl Listed for ChandraToueg {
    const NAME: &'static str = "chandra-toueg";
    const ALIASES: &'static [&'static str] = &["rotating-coordinator"];
    const TITLE: &'static str = "coordinators take turns, and a detector that may err says when";
    const SOURCE: &'static str = "Chandra, Toueg 1996, 6.2";
    const NOTES: &'static str = "Once a majority has acknowledged a proposal, every later \
        coordinator finds it in any majority's estimates, as the one updated last: it is locked, \
        and no mistake of the detector can undo that. Mistakes cost rounds only: with n <= 2f, \
        or without any bound on time, it blocks and is not wrong. The coordinator must wait for a \
        majority of replies of either kind: waiting for acknowledgements alone blocks on a \
        refusal. Processes that have acknowledged go on to the next round at once; what they send \
        there depends on the schedule. So do the heartbeats, which end with the decision: both \
        are not in the count of messages. --set period=TICKS is how often one tells that one is \
        alive, timeout=TICKS how long another is waited for at first, patience=TICKS how much \
        longer after each mistake.";
    const TIMING: Timing = Timing::Partial;
    const FAULTS: Faults = Faults::Crash;
    const FIRST: First = First::ROUND;
    const BOUND: Bound = Bound::HALF;
    const ROUNDS: &'static str = "4 delays";
    const MESSAGES: &'static str =
        "(n-1)(n+3) of round 1 and the decision; later rounds and heartbeats not counted";
    const SPECIAL: Option<&'static str> = Some("coordinator");

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        [RULES.to_vec(), Heartbeat::rules()].concat()
    }

    fn claims() -> Vec<Claim> {
        let safe = |requirement| {
            Claim::new(requirement, Faults::Crash, Bound::ANY)
                .timed(Timing::Asynchronous)
                .over(Links::Lossy)
        };
        let decided = Claim::new("termination", Faults::Crash, Bound::HALF)
            .timed(Timing::Partial)
            .breaks(&[(2, 1), (4, 2)]);
        [
            safe("agreement"),
            safe("uniform-agreement"),
            safe("irrevocability"),
            safe("validity-all"),
            safe("validity-proposed"),
            decided,
        ]
        .into()
    }
}

/// What a timeout may have grown to before time was bounded, in delays.
const GROWN: u64 = 64;

impl Hosted for ChandraToueg {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only_or(&[], &["period", "timeout", "patience"])?;
        let delay = setup.delay_ticks;
        let ticks = |key, default| setup.number(key, default, 1, 1 << 40);
        let timeout_ticks = ticks("timeout", (2 * delay).saturating_add(1))?;
        let detector = heartbeat::Config {
            domain: setup.domain,
            period_ticks: ticks("period", delay.max(1))?,
            delay_ticks: delay,
            // The detector suspects one tick after its time.
            patience_ticks: timeout_ticks - 1,
            step_ticks: ticks("patience", delay.max(1))?,
        };
        Ok(Config { domain: setup.domain, first: setup.special, detector })
    }

    fn requests(_: &Setup<'_>, _: &Config, inputs: &[Option<Value>]) -> Vec<Request<Value>> {
        Request::at_once(inputs.iter().copied())
    }

    /// Every process coordinates once more, each after the longest timeout.
    fn calm_ticks(group: Group, config: &Config) -> u64 {
        let detector = &config.detector;
        let turn = detector.patience_ticks
            + 1
            + (GROWN + 8) * (detector.step_ticks + detector.period_ticks);
        (2 + u64::from(group.n)) * turn
    }

    /// Heartbeats and rounds begun before the decision came depend on the schedule.
    fn cost(_: Group, _: &Config, _: &[Option<Value>]) -> Option<Cost> {
        None
    }
}
