//! Reliable broadcast by message diffusion (Chandra, Toueg 1996, figure 4), of one message: whoever
//! has it accepts it and passes it on. The last process stands for the adversary, whose only word
//! makes another crash; how often it speaks is bounded by the scope.

use quorate_checker::network::{Beginning, Inquiry, Scope};
use quorate_kernel::{
    Context, Deceit, Domain, Group, Links, Message, Process, ProcessSet, Protocol, Renamed,
    Turncoat, Value, Vocabulary, inspect,
};
use quorate_problems::Consensus;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Words {
    Echo,
    Crash,
}

inspect!(
    enum Words {
        Echo,
        Crash,
    }
);

impl Message for Words {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Timer {
    Accept,
    /// Its own echo arrives.
    Own,
}

impl Renamed for Timer {}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Phase {
    /// It did not get the message from its first sender, or did.
    Open(bool),
    Accepted,
    Crashed,
}

inspect!(
    enum Phase {
        Open(asked),
        Accepted,
        Crashed,
    }
);

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Relay {
    phase: Phase,
    received: ProcessSet,
}

inspect!(Relay { phase, received });

impl Protocol for Relay {
    type Problem = Consensus;
    type Config = ();
    type Message = Words;
    type Timer = Timer;
    type Stable = ();

    fn domain((): &()) -> Domain {
        Domain { size: 2 }
    }

    fn start(cx: &mut Context<'_, Self>) -> Self {
        let has_it = cx.choose(2) == 1;
        if has_it {
            cx.set_timer(Timer::Accept, 1);
        }
        Self { phase: Phase::Open(has_it), received: ProcessSet::new() }
    }

    fn on_input(&mut self, _: Value, _: &mut Context<'_, Self>) {}

    fn on_message(&mut self, from: Process, words: Words, cx: &mut Context<'_, Self>) {
        match (self.phase, words) {
            (Phase::Crashed, _) => {}
            (_, Words::Crash) => {
                self.phase = Phase::Crashed;
                cx.cancel_timer(Timer::Accept);
                cx.cancel_timer(Timer::Own);
            }
            (phase, Words::Echo) => {
                self.received.insert(from);
                if matches!(phase, Phase::Open(_)) {
                    cx.set_timer(Timer::Accept, 1);
                }
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, cx: &mut Context<'_, Self>) {
        match timer {
            Timer::Own => {
                self.received.insert(cx.me);
            }
            Timer::Accept => {
                self.phase = Phase::Accepted;
                cx.output(Value(1));
                cx.set_timer(Timer::Own, 1);
                for other in cx.group.others(cx.me) {
                    cx.send(other, Words::Echo);
                }
            }
        }
    }
}

impl Deceit for Relay {
    fn lies<'a>(_: &'a Turncoat<'a, Self>, _: Process, _: Option<&Words>) -> Vocabulary<'a, Words> {
        Vocabulary::one_of(vec![Words::Crash])
    }
}

/// The inquiry for so many processes, and so many that may crash.
pub(crate) fn inquiry(processes: u16, crashes: u16) -> Inquiry<'static, Relay> {
    let group = Group { n: processes + 1, f: crashes };
    let adversary = Process(processes);
    Inquiry {
        group,
        config: &(),
        scope: Scope { timers: None, lies: Some(crashes), ..Scope::of(Links::Lossy) },
        beginnings: vec![Beginning {
            traitors: ProcessSet::from_iter([adversary]),
            doomed: ProcessSet::new(),
            requests: vec![(0, Vec::new()); group.size()],
        }],
        requirements: super::named(&["agreement", "irrevocability"]),
        budget: Default::default(),
        wide: false,
    }
}
