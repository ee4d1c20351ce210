//! Two-phase commit, as in Lamport's `TwoPhase` (Gray, Lamport 2006, section 3): a transaction
//! manager p0 and n-1 resource managers; all may abort of their own accord.

use quorate_checker::network::{Beginning, Inquiry, Scope};
use quorate_kernel::{
    Context, Deceit, Domain, Group, Links, Message, Process, ProcessSet, Protocol, Renamed, Value,
    inspect, rules,
};
use quorate_problems::Consensus;

rules! {
    PREPARED = "TMRcvPrepared": "the manager hears that a resource is prepared";
    COMMIT = "TMCommit": "all are prepared: commit";
    ABORT = "TMAbort": "abort at any time before";
    PREPARE = "RMPrepare": "a resource is prepared";
    CHOOSE = "RMChooseToAbort": "a resource aborts of its own accord";
    OBEY = "RMRcvMsg": "a resource does what the manager says";
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Words {
    Prepared,
    Commit,
    Abort,
}

inspect!(
    enum Words {
        Prepared,
        Commit,
        Abort,
    }
);

impl Message for Words {
    fn label(&self, _: &dyn Fn(Value) -> String) -> String {
        format!("{self:?}")
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Timer {
    Prepare,
    Commit,
    Abort,
}

impl Renamed for Timer {}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct TwoPhase {
    prepared: ProcessSet,
    ready: bool,
    outcome: Option<bool>,
}

inspect!(TwoPhase { prepared, ready, outcome });

const MANAGER: Process = Process(0);

impl TwoPhase {
    fn end(&mut self, commit: bool, cx: &mut Context<'_, Self>) {
        for timer in [Timer::Prepare, Timer::Commit, Timer::Abort] {
            cx.cancel_timer(timer);
        }
        self.outcome = Some(commit);
        cx.output(Value(u16::from(commit)));
    }

    fn tell(&mut self, words: Words, cx: &mut Context<'_, Self>) {
        for other in cx.group.others(MANAGER) {
            cx.send(other, words.clone());
        }
    }
}

impl Protocol for TwoPhase {
    type Problem = Consensus;
    type Config = ();
    type Message = Words;
    type Timer = Timer;
    type Stable = ();

    fn domain((): &()) -> Domain {
        Domain { size: 2 }
    }

    fn start(cx: &mut Context<'_, Self>) -> Self {
        if cx.me != MANAGER {
            cx.set_timer(Timer::Prepare, 1);
        }
        cx.set_timer(Timer::Abort, 1);
        Self::default()
    }

    fn on_input(&mut self, _: Value, _: &mut Context<'_, Self>) {}

    fn on_message(&mut self, from: Process, message: Words, cx: &mut Context<'_, Self>) {
        match message {
            Words::Prepared if self.outcome.is_none() => {
                cx.cite(PREPARED);
                self.prepared.insert(from);
                if self.prepared.len() + 1 == cx.group.size() {
                    cx.set_timer(Timer::Commit, 1);
                }
            }
            Words::Prepared => {}
            words => {
                cx.cite(OBEY);
                self.end(words == Words::Commit, cx);
                self.ready = false;
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, cx: &mut Context<'_, Self>) {
        match (timer, cx.me == MANAGER) {
            (Timer::Prepare, _) => {
                cx.cite(PREPARE);
                cx.cancel_timer(Timer::Abort);
                self.ready = true;
                cx.send(MANAGER, Words::Prepared);
            }
            (Timer::Commit, _) => {
                cx.cite(COMMIT);
                self.tell(Words::Commit, cx);
                self.end(true, cx);
            }
            (Timer::Abort, true) => {
                cx.cite(ABORT);
                self.tell(Words::Abort, cx);
                self.end(false, cx);
            }
            (Timer::Abort, false) => {
                cx.cite(CHOOSE);
                self.end(false, cx);
            }
        }
    }
}

impl Deceit for TwoPhase {}

/// The inquiry for so many resource managers.
pub(crate) fn inquiry(managers: u16) -> Inquiry<'static, TwoPhase> {
    let group = Group { n: managers + 1, f: 0 };
    let requirements = ["agreement", "irrevocability"];
    Inquiry {
        group,
        config: &(),
        scope: Scope { timers: None, ..Scope::of(Links::Lossy) },
        beginnings: vec![Beginning {
            traitors: ProcessSet::new(),
            doomed: ProcessSet::new(),
            requests: vec![(0, Vec::new()); group.size()],
        }],
        requirements: super::named(&requirements),
        budget: Default::default(),
        wide: false,
    }
}
