//! Heartbeats: whoever is not heard of for too long has crashed, it seems.
//!
//! Problem: failure detection. Source: Chandra, Toueg 1996, 10; Dwork, Lynch, Stockmeyer 1988.
//! Resilience: any number of crashes. Perfect where delays are bounded and the bound is known,
//! eventually perfect where it holds from some time on.
//!
//! What differs: the time that a process is given runs from its last heartbeat, and from the start
//! for the first one; a mistake makes it longer by a fixed step.

use alloc::string::String;
use alloc::vec::Vec;

use quorate_kernel::{
    Context, Deceit, Domain, Faults, Group, Message, Mutant, Process, ProcessSet, Protocol,
    Renamed, Renaming, Rule, Timing, Value, inspect, mutants, rules,
};
use quorate_problems::{FailureDetection, Opinion};

use crate::card::{Bound, Claim, Cost, Hosted, Listed, Request, Setup, Weaker};

rules! {
    BEAT = "beat": "every period T, tell all others that one is up";
    SUSPECT = "suspect": "suspect whoever has not been heard of for longer than its time, T + D";
    TRUST = "trust": "trust a suspect that is heard of, and give it more time from now on";
}

mutants! {
    AT_LEAST = "suspects-at-once" breaks SUSPECT: "suspects whoever has not been heard of for T + \
        D: a heartbeat may still come at that very moment", "";
    SELDOM = "beats-seldom" breaks BEAT: "tells the others every other period", "";
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// The values that may be named; none ever is.
    pub domain: Domain,
    /// T, the time between two heartbeats.
    pub period_ticks: u64,
    /// D, the bound on delays where there is one.
    pub delay_ticks: u64,
    /// How long a process may be silent at first: T + D.
    pub patience_ticks: u64,
    /// By how much a mistake makes the time longer that the process is given.
    pub step_ticks: u64,
}

/// I am up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Words {
    /// I am up.
    Beat,
}

inspect!(
    enum Words {
        Beat,
    }
);

impl Message for Words {
    fn label(&self, _: &dyn Fn(Value) -> String) -> String {
        "up".into()
    }
}

/// What a timer is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// To tell that one is up.
    Beat,
    /// To suspect this process.
    Overdue(Process),
}

impl Renamed for Timer {
    fn rename(&mut self, by: &Renaming) {
        if let Self::Overdue(whom) = self {
            whom.rename(by);
        }
    }
}

/// The state of one process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Heartbeat {
    suspects: ProcessSet,
    /// How long each process may be silent.
    patience: Vec<u64>,
}

inspect!(Heartbeat { suspects, patience });

type Cx<'a> = Context<'a, Heartbeat>;

impl Heartbeat {
    /// Nobody is suspected.
    pub(crate) fn new(config: &Config, group: Group) -> Self {
        let patience = alloc::vec![config.patience_ticks; group.size()];
        Self { suspects: ProcessSet::new(), patience }
    }

    /// Tells that one is up, and waits for the others.
    pub(crate) fn begin(&self, cx: &mut Cx<'_>) {
        Self::beat(cx);
        for other in cx.group.others(cx.me) {
            self.wait_for(other, cx);
        }
    }

    /// Falls silent, and forgets what it knew: a part may be needed no longer.
    pub(crate) fn stop(&mut self, cx: &mut Cx<'_>) {
        *self = Self::new(cx.config, cx.group);
        cx.cancel_timer(Timer::Beat);
        for other in cx.group.others(cx.me) {
            cx.cancel_timer(Timer::Overdue(other));
        }
    }

    pub(crate) fn suspects(&self, process: Process) -> bool {
        self.suspects.contains(process)
    }

    fn beat(cx: &mut Cx<'_>) {
        cx.cite(BEAT);
        for other in cx.group.others(cx.me) {
            cx.send(other, Words::Beat);
        }
        let periods = if cx.is_flawed(SELDOM) { 2 } else { 1 };
        cx.set_timer(Timer::Beat, periods * cx.config.period_ticks);
    }

    /// One tick after its time, since a heartbeat may still come at the end of it.
    fn wait_for(&self, process: Process, cx: &mut Cx<'_>) {
        if let Some(patience) = self.patience.get(process.index()) {
            let more = if cx.is_flawed(AT_LEAST) { 0 } else { 1 };
            cx.set_timer(Timer::Overdue(process), patience.saturating_add(more));
        }
    }
}

impl Protocol for Heartbeat {
    type Problem = FailureDetection;
    type Config = Config;
    type Message = Words;
    type Timer = Timer;
    type Stable = ();

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn start(cx: &mut Cx<'_>) -> Self {
        let new = Self::new(cx.config, cx.group);
        new.begin(cx);
        new
    }

    fn on_input(&mut self, _: Value, _: &mut Cx<'_>) {}

    fn on_message(&mut self, from: Process, Words::Beat: Words, cx: &mut Cx<'_>) {
        if from == cx.me {
            return;
        }
        if self.suspects.remove(from) {
            cx.cite(TRUST);
            let patience = &mut self.patience[from.index()];
            *patience = patience.saturating_add(cx.config.step_ticks);
            cx.output(Opinion::Trust(from));
        }
        self.wait_for(from, cx);
    }

    fn on_timer(&mut self, timer: Timer, cx: &mut Cx<'_>) {
        match timer {
            Timer::Beat => Self::beat(cx),
            Timer::Overdue(process) => {
                if self.suspects.insert(process) {
                    cx.cite(SUSPECT);
                    cx.output(Opinion::Suspect(process));
                }
            }
        }
    }
}

impl Deceit for Heartbeat {}

impl Listed for Heartbeat {
    const NAME: &'static str = "heartbeat";
    const ALIASES: &'static [&'static str] = &["failure-detector"];
    const TITLE: &'static str = "suspect whoever is silent for too long, and learn from mistakes";
    const SOURCE: &'static str = "Chandra, Toueg 1996, 10; Dwork, Lynch, Stockmeyer 1988";
    const NOTES: &'static str = "Dead or slow? Two heartbeats arrive at most T + D apart if delays \
        are at most D, so whoever is silent for longer has crashed: the detector is perfect, and \
        takes T + 2D at worst, when the last heartbeat left just before the crash and took D. \
        Where the bound holds from some time on only, a suspicion may be a mistake; the suspect \
        is then given more time, and the mistakes end. Where there is no bound they never need \
        to: a detector that suspects a silent process at some time t cannot tell it from one \
        whose messages all take until t+1, and one that does not misses a crash. Parameters: \
        --set period=TICKS for T, --set step=TICKS for the time added after a mistake.";
    const TIMING: Timing = Timing::Partial;
    const FAULTS: Faults = Faults::Crash;
    const BOUND: Bound = Bound::ANY;
    const ROUNDS: &'static str = "T + 2D to detect a crash";
    const MESSAGES: &'static str = "n(n-1) in each period";

    fn mutants() -> Vec<Mutant> {
        MUTANTS.to_vec()
    }

    fn rules() -> Vec<Rule> {
        RULES.to_vec()
    }

    fn claims() -> Vec<Claim> {
        const PARTIAL: &[(Weaker, (u16, u16))] = &[(Weaker::Timing(Timing::Partial), (2, 1))];
        const NEVER: &[(Weaker, (u16, u16))] = &[(Weaker::Timing(Timing::Asynchronous), (2, 1))];
        let claim =
            |requirement, timing| Claim::new(requirement, Faults::Crash, Bound::ANY).timed(timing);
        [
            claim("strong-completeness", Timing::Asynchronous),
            claim("strong-accuracy", Timing::Synchronous).breaks_under(PARTIAL),
            claim("eventual-accuracy", Timing::Partial).breaks_under(NEVER),
            claim("detection-time", Timing::Synchronous).breaks_under(PARTIAL),
        ]
        .into()
    }
}

impl Hosted for Heartbeat {
    fn configure(setup: &Setup<'_>) -> Result<Config, String> {
        setup.only_or(Self::PARAMETERS, &["period", "step"])?;
        let (delay, most) = (setup.delay_ticks, 1 << 40);
        let period_ticks = setup.number("period", 2 * delay, 1, most)?;
        Ok(Config {
            domain: setup.domain,
            period_ticks,
            delay_ticks: delay,
            patience_ticks: period_ticks + delay,
            step_ticks: setup.number("step", delay, 1, most)?,
        })
    }

    fn requests(_: &Setup<'_>, _: &Config, _: &[Option<Value>]) -> Vec<Request<Value>> {
        Vec::new()
    }

    /// Time for the opinions to change once more for a process that was given more time than the
    /// first, and as long again in which they must stay.
    fn calm_ticks(_: Group, config: &Config) -> u64 {
        20 * (config.period_ticks + 2 * config.delay_ticks)
    }

    fn cost(_: Group, _: &Config, _: &[Option<Value>]) -> Option<Cost> {
        None
    }

    fn deadline_ticks(_: Group, config: &Config) -> Option<u64> {
        // The tick on top: a process is suspected when its time is over, not at the end of it.
        Some(config.period_ticks + 2 * config.delay_ticks + 1)
    }
}
