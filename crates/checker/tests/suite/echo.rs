//! Consistent broadcast (Bracha, Toueg 1985, the first phase of their reliable broadcast): p0 sends
//! a value, everybody echoes the first that it gets, and accepts what n - f echo. The traitors of
//! this model have no vocabulary: it knows nothing of them.

use quorate_checker::network::{Beginning, Inquiry, Scope};
use quorate_kernel::{
    Context, Deceit, Domain, Group, Links, Message, Process, ProcessSet, Protocol, Value, inspect,
};
use quorate_problems::Consensus;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Said {
    First(Value),
    Echo(Value),
}

inspect!(
    enum Said {
        First(value),
        Echo(value),
    }
);

impl Message for Said {}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Echo {
    echoed: bool,
    accepted: bool,
    heard: Vec<ProcessSet>,
}

inspect!(Echo { echoed, accepted, heard });

impl Protocol for Echo {
    type Problem = Consensus;
    type Config = ();
    type Message = Said;
    type Timer = ();
    type Stable = ();

    fn domain((): &()) -> Domain {
        Domain::BINARY
    }

    fn start(_: &mut Context<'_, Self>) -> Self {
        Self { echoed: false, accepted: false, heard: vec![ProcessSet::new(); 2] }
    }

    fn on_input(&mut self, value: Value, cx: &mut Context<'_, Self>) {
        cx.broadcast(Said::First(value));
    }

    fn on_message(&mut self, from: Process, said: Said, cx: &mut Context<'_, Self>) {
        match said {
            Said::First(value) if from == Process(0) && !self.echoed => {
                self.echoed = true;
                cx.broadcast(Said::Echo(value));
            }
            Said::First(_) => {}
            Said::Echo(value) => {
                let heard = &mut self.heard[usize::from(value.0)];
                heard.insert(from);
                if heard.len() >= cx.group.size() - usize::from(cx.group.f) && !self.accepted {
                    self.accepted = true;
                    cx.output(value);
                }
            }
        }
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl Deceit for Echo {}

/// The inquiry among so many, of whom these are `copies` copies of the honest process each; the
/// first copy of the sender sends 0, and its others 1.
pub(crate) fn inquiry(n: u16, traitors: &[u16], copies: u8) -> Inquiry<'static, Echo> {
    let group = Group { n, f: 1 };
    let further = traitors.len() * usize::from(copies.saturating_sub(1));
    let mut requests = vec![(0, Vec::new()); group.size() + further];
    requests[0] = (0, vec![(0, Value(0))]);
    if traitors.first() == Some(&0) {
        for at in 1..usize::from(copies) {
            requests[group.size() + at - 1] = (0, vec![(at as u32, Value(1))]);
        }
    }
    Inquiry {
        group,
        config: &(),
        scope: Scope { copies, collapse: true, symmetry: true, ..Scope::of(Links::Reliable) },
        beginnings: vec![Beginning {
            traitors: traitors.iter().map(|p| Process(*p)).collect(),
            doomed: ProcessSet::new(),
            requests,
        }],
        requirements: crate::models::named(&["agreement", "irrevocability"]),
        budget: Default::default(),
        wide: false,
    }
}
