//! Nothing leaves before it is stored.

use quorate_kernel::{Bits, Domain, Fields, Part, Renamed, coded, engine, inspect, rules};
use quorate_kernel::{Context, Effects, Group, Margin, Process, Protocol, Stable, TimerAsk, Value};
use quorate_problems::Consensus;

use crate::driver::Random;

rules! {
    COUNT = "1": "count every input, and tell all";
}

/// How many inputs came, ever.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct Count(u16);

impl Fields for Count {
    fn fields(&self, each: &mut dyn FnMut(&'static str, &dyn std::fmt::Debug)) {
        each("count", &self.0);
    }
}

inspect!(Counter {});
inspect!(Whole { ; counter });
inspect!(WholeStable { ; count });
coded!(Count(count));
coded!(Counted(more));

impl Renamed for Count {}
impl Renamed for Counted {}

impl Bits for Counted {
    fn bits(&self, domain: Domain) -> u32 {
        self.0.bits(domain)
    }

    fn flip(&mut self, bit: u32, domain: Domain) {
        self.0.flip(bit, domain);
    }
}

impl Stable for Count {
    type Record = u16;

    fn apply(&mut self, more: &u16) {
        self.0 += more;
    }
}

/// Counts its inputs durably, and asks for one of everything.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct Counter;

impl Protocol for Counter {
    type Problem = Consensus;
    type Config = ();
    type Message = u16;
    type Timer = u8;
    type Stable = Count;

    fn domain((): &()) -> Domain {
        Domain::BINARY
    }

    fn start(_: &mut Context<'_, Self>) -> Self {
        Self
    }

    fn on_input(&mut self, input: Value, cx: &mut Context<'_, Self>) {
        cx.cite(COUNT);
        cx.persist(1);
        cx.persist(input.0);
        let count = cx.stable().0;
        cx.broadcast(count);
        cx.set_timer(1, 10);
        cx.cancel_timer(2);
        cx.output(Value(count));
    }

    fn on_message(&mut self, _: Process, _: u16, _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, _: u8, _: &mut Context<'_, Self>) {}
}

const GROUP: Group = Group { n: 3, f: 1 };

/// What one input makes `P` ask for.
fn ask<P: Protocol<Problem = Consensus, Config = ()>>(
    effects: &mut Effects<P>,
    input: Value,
) -> (P::Stable, u64) {
    let (mut stable, margin, mut random) = (P::Stable::default(), Margin::new(false), Random(1));
    let me = (Process(1), GROUP, &());
    let mut cx = engine::context(me, &mut stable, effects, &mut random, &margin);
    let mut process = P::start(&mut cx);
    process.on_input(input, &mut cx);
    (stable, margin.take_cited())
}

#[test]
fn records_are_written_in_order_and_the_rest_is_released_after() {
    let mut effects = Effects::<Counter>::default();
    let (stable, cited) = ask(&mut effects, Value(4));
    assert_eq!((stable, cited), (Count(5), 1));
    let mut written = Vec::new();
    let mut released = effects
        .store(|records| {
            written.extend_from_slice(records);
            Ok::<(), ()>(())
        })
        .expect("the write succeeds");
    let sends: Vec<_> = released.sends().collect();
    assert_eq!(sends, [(Process(0), 5), (Process(1), 5), (Process(2), 5)]);
    let timers: Vec<_> = released.timers().collect();
    assert_eq!(timers, [TimerAsk::Set(1, 10), TimerAsk::Cancel(2)]);
    assert_eq!(released.outputs().collect::<Vec<_>>(), [Value(5)]);
    drop(released);
    assert_eq!(written, [1, 4]);
}

/// What is left in the lanes, by storing them once more.
fn left(effects: &mut Effects<Counter>) -> usize {
    let mut records_left = 0;
    let mut released = effects
        .store(|records| {
            records_left = records.len();
            Ok::<(), ()>(())
        })
        .expect("the write succeeds");
    let rest = released.sends().count() + released.timers().count() + released.outputs().count();
    drop(released);
    records_left + rest
}

#[test]
fn a_failed_write_releases_nothing_then_or_later() {
    let mut effects = Effects::<Counter>::default();
    ask(&mut effects, Value(4));
    assert_eq!(effects.store(|_| Err("disk full")).map(|_| ()), Err("disk full"));
    assert_eq!(left(&mut effects), 0);
}

#[test]
fn a_crash_before_the_write_forgets_everything() {
    let mut effects = Effects::<Counter>::default();
    ask(&mut effects, Value(4));
    effects.clear();
    assert_eq!(left(&mut effects), 0);
}

#[test]
fn what_is_not_taken_does_not_leak_into_the_next_step() {
    let mut effects = Effects::<Counter>::default();
    ask(&mut effects, Value(4));
    let released = effects.store(|_| Ok::<(), ()>(())).map(drop);
    assert_eq!(released, Ok(()));
    assert_eq!(left(&mut effects), 0);
}

#[test]
fn a_step_without_records_is_stored_all_the_same() {
    let mut called = false;
    let mut effects = Effects::<Counter>::default();
    let stored = effects.store(|records| {
        called = records.is_empty();
        Ok::<(), ()>(())
    });
    assert!(stored.is_ok());
    drop(stored);
    assert!(called);
}

#[test]
#[should_panic(expected = "a choice needs at least one option")]
fn a_choice_among_nothing_is_a_defect() {
    let (mut stable, margin, mut random) = (Count(0), Margin::new(false), Random(1));
    let mut effects = Effects::<Counter>::default();
    let me = (Process(0), GROUP, &());
    engine::context(me, &mut stable, &mut effects, &mut random, &margin).choose(0);
}

/// Its own rule, before those of the part.
mod outer {
    quorate_kernel::rules! {
        HAND_OVER = "0": "hand every input to the part";
    }

    pub(super) const FIRST: quorate_kernel::Cite = HAND_OVER;
}

/// A protocol of which [`Counter`] is a part.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Whole {
    counter: Counter,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct WholeStable {
    count: Count,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Counted(u16);

impl Stable for WholeStable {
    type Record = Counted;

    fn apply(&mut self, Counted(more): &Counted) {
        self.count.apply(more);
    }
}

impl Protocol for Whole {
    type Problem = Consensus;
    type Config = ();
    type Message = (u8, u16);
    type Timer = (u8, u8);
    type Stable = WholeStable;

    fn domain((): &()) -> Domain {
        Domain::BINARY
    }

    fn start(cx: &mut Context<'_, Self>) -> Self {
        let mut part = None;
        part_of(cx, |cx| part = Some(Counter::start(cx)));
        Self { counter: part.expect("the part has started") }
    }

    fn on_input(&mut self, input: Value, cx: &mut Context<'_, Self>) {
        cx.cite(outer::FIRST);
        for output in part_of(cx, |cx| self.counter.on_input(input, cx)) {
            cx.output(Value(output.0 + 100));
        }
    }

    fn on_message(&mut self, _: Process, _: (u8, u16), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, _: (u8, u8), _: &mut Context<'_, Self>) {}
}

fn part_of(
    cx: &mut Context<'_, Whole>,
    handler: impl FnOnce(&mut Context<'_, Counter>),
) -> Vec<Value> {
    let part = Part::<Whole, Counter> {
        config: &(),
        stable: &|whole| whole.count.clone(),
        record: &Counted,
        message: &|message| (9, message),
        timer: &|timer| (9, timer),
    };
    cx.part(&part, outer::RULES.len(), handler)
}

#[test]
fn a_part_speaks_stores_and_cites_through_the_whole() {
    let mut effects = Effects::<Whole>::default();
    let (stable, cited) = ask(&mut effects, Value(4));
    assert_eq!(stable, WholeStable { count: Count(5) });
    assert_eq!(RULES.len() + outer::RULES.len(), 2);
    assert_eq!(cited, 0b11, "rule 0 is ours, rule 1 the part's first");
    let mut written = Vec::new();
    let mut released = effects
        .store(|records| {
            written.extend_from_slice(records);
            Ok::<(), ()>(())
        })
        .expect("the write succeeds");
    assert_eq!(released.sends().last(), Some((Process(2), (9, 5))));
    let timers: Vec<_> = released.timers().collect();
    assert_eq!(timers, [TimerAsk::Set((9, 1), 10), TimerAsk::Cancel((9, 2))]);
    assert_eq!(released.outputs().collect::<Vec<_>>(), [Value(105)]);
    drop(released);
    assert_eq!(written, [Counted(1), Counted(4)]);
}
