//! A rule left out, and a flaw asked for where it is wrong.

use quorate_kernel::engine::{self, Occurrence};
use quorate_kernel::{
    Context, Domain, Effects, Flaw, Group, Inbox, Liar, Margin, Outgoing, Process, Protocol,
    Renamed, Rounds, Stable, Traitor, Value, View, Vocabulary, coded, inspect, mutants, rules,
};
use quorate_problems::Consensus;

use crate::driver::Random;

rules! {
    COUNT = "1": "count what comes, and say how much it is";
    EVEN = "2": "of an even number hand it out";
}

mutants! {
    DOUBLE = "double" breaks COUNT: "counts everything twice", "";
    ODD = "odd" breaks EVEN: "hands out odd numbers", "nowhere";
}

/// How much has come, ever.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct Sum(u16);

coded!(Sum(sum));

impl quorate_kernel::Fields for Sum {
    fn fields(&self, each: &mut dyn FnMut(&'static str, &dyn std::fmt::Debug)) {
        each("sum", &self.0);
    }
}

impl Renamed for Sum {}

impl Stable for Sum {
    type Record = u16;

    fn apply(&mut self, more: &u16) {
        self.0 += more;
    }
}

/// Counts in its state and on its disk.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Counter {
    seen: u16,
}

inspect!(Counter { seen });

impl Protocol for Counter {
    type Problem = Consensus;
    type Config = ();
    type Message = u16;
    type Timer = u8;
    type Stable = Sum;

    fn domain((): &()) -> Domain {
        Domain::BINARY
    }

    fn start(cx: &mut Context<'_, Self>) -> Self {
        cx.cite(EVEN);
        cx.set_timer(1, 1);
        Self { seen: 0 }
    }

    fn on_input(&mut self, input: Value, cx: &mut Context<'_, Self>) {
        cx.cite(COUNT);
        let more = if cx.is_flawed(DOUBLE) { 2 * input.0 } else { input.0 };
        self.seen += more;
        cx.persist(more);
        cx.expose(Process(2), || "it counted".into());
        cx.send(Process(0), self.seen);
        if self.seen.is_multiple_of(2) != cx.is_flawed(ODD) {
            cx.cite(EVEN);
            cx.output(Value(self.seen));
        }
    }

    fn on_message(&mut self, _: Process, _: u16, _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, _: u8, _: &mut Context<'_, Self>) {}
}

/// What is left of a step: the state, the disk, how many records and messages, the outputs, and
/// the citations.
type Left = (Option<Counter>, Sum, usize, usize, Vec<Value>, u64);

fn step(flaw: Flaw, seen: Option<u16>, occurrence: Occurrence<Counter>) -> Left {
    let margin = Margin::new(true).flawed(flaw);
    let (mut stable, mut effects) = (Sum(10), Effects::default());
    let mut state = seen.map(|seen| Counter { seen });
    let who = (Process(1), Group { n: 3, f: 1 }, &());
    let random = &mut Random(1);
    engine::step(who, &mut state, occurrence, &mut stable, &mut effects, random, &margin);
    let mut records = 0;
    let mut out = effects
        .store(|all| {
            records = all.len();
            Ok::<(), ()>(())
        })
        .expect("it is stored");
    let (sends, timers) = (out.sends().count(), out.timers().count());
    let outputs = out.outputs().collect();
    let cited = margin.take_cited();
    assert_eq!(margin.take_notes().len(), usize::from(cited & 1 == 1), "a note for each count");
    (state, stable, records, sends + timers, outputs, cited)
}

#[test]
fn a_step_that_follows_a_rule_left_out_has_no_effect() {
    let input = |value| Occurrence::Input(Value(value));
    let whole = |seen, more: u16, outputs, cited| {
        (Some(Counter { seen }), Sum(10 + more), 1, 1, outputs, cited)
    };
    let nothing = (Some(Counter { seen: 3 }), Sum(10), 0, 0, vec![], 0);
    assert_eq!(step(Flaw::None, Some(3), input(1)), whole(4, 1, vec![Value(4)], 3));
    assert_eq!(step(Flaw::Without(0), Some(3), input(1)), nothing);
    // Whatever else it did, it did not happen; where the rule was not followed, it did.
    assert_eq!(step(Flaw::Without(1), Some(3), input(1)), nothing);
    assert_eq!(step(Flaw::Without(1), Some(3), input(2)), whole(5, 2, vec![], 1));
    assert_eq!(step(Flaw::Without(63), Some(3), input(1)), whole(4, 1, vec![Value(4)], 3));
    assert_eq!(step(Flaw::Without(200), Some(3), input(1)), whole(4, 1, vec![Value(4)], 3));
}

#[test]
fn who_boots_against_a_rule_left_out_asks_for_nothing() {
    let up = Some(Counter { seen: 0 });
    assert_eq!(step(Flaw::None, None, Occurrence::Boot), (up.clone(), Sum(10), 0, 1, vec![], 2));
    assert_eq!(step(Flaw::Without(1), None, Occurrence::Boot), (up, Sum(10), 0, 0, vec![], 0));
}

#[test]
fn a_flaw_is_wrong_where_it_is_asked_for_and_nowhere_else() {
    let input = || Occurrence::Input(Value(2));
    let (_, sum, _, _, outputs, _) = step(DOUBLE, Some(3), input());
    assert_eq!((sum, outputs), (Sum(14), vec![]));
    let (_, sum, _, _, outputs, _) = step(ODD, Some(3), input());
    assert_eq!((sum, outputs), (Sum(12), vec![Value(5)]));
    let named = MUTANTS.iter().map(|mutant| (mutant.id, mutant.breaks, mutant.source));
    assert_eq!(named.collect::<Vec<_>>(), [("double", &["1"][..], ""), ("odd", &["2"], "nowhere")]);
    assert_ne!(DOUBLE, Flaw::Own("double"), "another protocol's flaw of that name is another");
}

/// Says what it was given, and decides the smallest.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Smallest {
    value: Value,
}

inspect!(Smallest { value });

impl Rounds for Smallest {
    type Problem = Consensus;
    type Config = ();
    type Message = Value;

    fn rounds(_: Group, (): &()) -> u16 {
        1
    }

    fn domain((): &()) -> Domain {
        Domain::BINARY
    }

    fn start(input: Option<Value>, view: &View<'_, ()>) -> Self {
        if input.is_some() {
            view.cite(EVEN);
        }
        Self { value: input.unwrap_or(Value(9)) }
    }

    fn send(&self, _: u16, view: &View<'_, ()>) -> Outgoing<Value> {
        view.cite(EVEN);
        Outgoing::All(self.value)
    }

    fn receive(&mut self, _: u16, inbox: &Inbox<'_, Value>, view: &View<'_, ()>) -> Option<Value> {
        view.cite(COUNT);
        self.value = inbox.iter().map(|(_, value)| *value).min().unwrap_or(self.value);
        Some(self.value)
    }
}

impl Traitor for Smallest {
    fn vocabulary<'a>(_: &'a Liar<'a, Self>, _: u16, _: Process) -> Vocabulary<'a, Value> {
        Vocabulary::none()
    }
}

#[test]
fn in_rounds_a_rule_left_out_is_silence_or_no_reception() {
    let run = |flaw| {
        let (pen, group) = (engine::pen(Process(0)), Group { n: 2, f: 0 });
        let margin = Margin::new(false).flawed(flaw);
        let view = engine::view(&pen, group, &(), 1, &margin);
        let mut state: Smallest = engine::start(Some(Value(1)), &view);
        let began = state.value;
        let said = engine::send(&state, 1, &view);
        let common = [Some(Value(1)), Some(Value(0))];
        let output = engine::receive(&mut state, 1, &Inbox::new(&common, &[]), &view);
        (began, said, state.value, output, margin.take_cited())
    };
    let (one, zero) = (Value(1), Value(0));
    assert_eq!(run(Flaw::None), (one, Outgoing::All(one), zero, Some(zero), 3));
    assert_eq!(run(Flaw::Without(0)), (one, Outgoing::All(one), one, None, 2));
    assert_eq!(run(Flaw::Without(1)), (Value(9), Outgoing::Nothing, zero, Some(zero), 1));
}
