//! A value under a seal: p0 signs one, hands it to some, and hands out one for itself; whoever gets
//! a value that p0 signed hands it out. The others do not pass it on, unless they are traitors.

use quorate_checker::network::{Beginning, Inquiry, Scope};
use quorate_kernel::{
    Context, Deceit, Domain, Group, Links, Message, Process, ProcessSet, Protocol, Signed,
    Turncoat, Value, Vocabulary, coded, inspect,
};
use quorate_problems::Consensus;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Letter(Signed<Value>);

impl quorate_kernel::Bits for Letter {
    fn bits(&self, domain: Domain) -> u32 {
        self.0.body_bits(domain)
    }

    fn flip(&mut self, _: u32, _: Domain) {}
}

coded!(Letter(letter));

impl quorate_kernel::Renamed for Letter {}

impl Message for Letter {}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Sealed {
    done: bool,
}

inspect!(Sealed { done });

/// To whom p0 gives what it signed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Config {
    pub(crate) given: Vec<Process>,
    /// What p0 hands out for itself.
    pub(crate) own: Value,
}

impl Protocol for Sealed {
    type Problem = Consensus;
    type Config = Config;
    type Message = Letter;
    type Timer = ();
    type Stable = ();

    const SIGNED: bool = true;

    fn domain(_: &Config) -> Domain {
        Domain::BINARY
    }

    fn start(_: &mut Context<'_, Self>) -> Self {
        Self { done: false }
    }

    fn on_input(&mut self, value: Value, cx: &mut Context<'_, Self>) {
        self.done = true;
        let letter = Letter(cx.sign(value));
        for to in cx.config.given.clone() {
            cx.send(to, letter.clone());
        }
        cx.output(cx.config.own);
    }

    fn on_message(&mut self, _: Process, letter: Letter, cx: &mut Context<'_, Self>) {
        if letter.0.signers() == [Process(0)] && !self.done {
            self.done = true;
            cx.output(*letter.0.body());
        }
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl Deceit for Sealed {
    fn lies<'a>(
        liar: &'a Turncoat<'a, Self>,
        _: Process,
        _: Option<&Letter>,
    ) -> Vocabulary<'a, Letter> {
        let own = liar.pens.iter().flat_map(|pen| {
            Self::domain(liar.config).values().map(|value| Letter(pen.sign(value)))
        });
        Vocabulary::one_of(own.chain(liar.seen.iter().cloned()).collect())
    }
}

/// The inquiry among three with these traitors, where p0 is asked for 0.
pub(crate) fn inquiry<'c>(config: &'c Config, traitors: &[u16]) -> Inquiry<'c, Sealed> {
    let group = Group { n: 3, f: traitors.len() as u16 };
    let mut requests = vec![(0, Vec::new()); group.size()];
    requests[0] = (0, vec![(0, Value(0))]);
    Inquiry {
        group,
        config,
        scope: Scope { collapse: true, symmetry: true, ..Scope::of(Links::Reliable) },
        beginnings: vec![Beginning {
            traitors: traitors.iter().map(|p| Process(*p)).collect(),
            doomed: ProcessSet::new(),
            requests,
        }],
        requirements: crate::models::named(&["agreement"]),
        budget: Default::default(),
        wide: false,
    }
}
