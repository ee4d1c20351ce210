//! A synchronous protocol under asynchronous delays decides what it decides in lockstep.

use quorate_kernel::{
    Group, InRound, Inbox, Lockstep, LockstepConfig, Margin, Outgoing, Process, Rounds, Value,
    engine,
};

use crate::driver::{Driver, Random, Weather};
use crate::flood::{Flood, Known, RULES};

const ROUND_TICKS: u64 = 10;

fn config(last: u16) -> LockstepConfig<()> {
    LockstepConfig { rounds: (), round_ticks: ROUND_TICKS, last }
}

/// The definition: all send, all receive, round after round. Whoever is `down` does nothing.
fn directly(
    group: Group,
    last: u16,
    inputs: &[Option<Value>],
    down: Process,
) -> Vec<Option<Value>> {
    let margin = Margin::new(false);
    let pens: Vec<_> = group.processes().map(engine::pen).collect();
    let view = |p: Process| engine::view(&pens[p.index()], group, &(), last, &margin);
    let up = |p: &Process| *p != down;
    let mut states: Vec<Flood> =
        group.processes().map(|p| Flood::start(inputs[p.index()], &view(p))).collect();
    let mut decisions = vec![None; group.size()];
    for round in 1..=last {
        let outgoing: Vec<Outgoing<Known>> =
            group.processes().map(|p| states[p.index()].send(round, &view(p))).collect();
        for p in group.processes().filter(up) {
            let to_me = |from: Process| outgoing[from.index()].to(p).cloned();
            let came: Vec<Option<Known>> =
                group.processes().map(|from| Some(from).filter(up).and_then(to_me)).collect();
            let inbox = Inbox::new(&came, &[]);
            if let Some(value) = states[p.index()].receive(round, &inbox, &view(p)) {
                decisions[p.index()] = Some(value);
            }
        }
    }
    decisions
}

/// Nobody.
const NOBODY: Process = Process(u16::MAX);

#[test]
fn delays_below_the_length_of_a_round_change_nothing() {
    for seed in 0..1000 {
        let mut random = Random(seed);
        let n = 2 + random.below(5) as u16;
        let group = Group { n, f: random.below(u64::from(n)) as u16 };
        let last = Flood::rounds(group, &());
        let config = config(last);
        let down =
            if random.below(2) == 0 { NOBODY } else { Process(random.below(n.into()) as u16) };
        // Messages may take no time at all, so that they overtake the receiver's own input; and
        // some arrive twice.
        let weather = Weather {
            delay_ticks: (0, ROUND_TICKS - 1),
            duplication: 200,
            calm_from: u64::MAX,
            ..Weather::fair()
        };
        let mut driver: Driver<'_, Lockstep<Flood>> =
            Driver::new(group, &config, weather, random.next());
        let mut inputs = vec![None; group.size()];
        for input in &mut inputs {
            let value = Value(random.below(16) as u16);
            *input = Some(value).filter(|_| random.below(4) > 0);
        }
        for p in group.processes().filter(|&p| p != down) {
            if let Some(value) = inputs[p.index()] {
                driver.input(0, p, value);
            }
        }
        if down != NOBODY {
            driver.cut(down);
        }
        driver.run(1000, |_| false);
        let mut decided = vec![None; group.size()];
        for (who, at, value) in &driver.outputs {
            assert_eq!(*at, u64::from(last) * ROUND_TICKS, "seed {seed}");
            decided[who.index()] = Some(*value);
        }
        assert_eq!(decided, directly(group, last, &inputs, down), "seed {seed}");
        let states = group.processes().filter_map(|p| driver.state(p));
        assert_eq!(states.map(Lockstep::late).sum::<u16>(), 0, "seed {seed}");
        assert_eq!(driver.cited, (1 << RULES.len()) - 1, "both rules are cited");
    }
}

#[test]
fn a_message_later_than_its_round_is_counted_and_not_read() {
    let group = Group { n: 2, f: 1 };
    let config = config(2);
    let mut driver: Driver<'_, Lockstep<Flood>> = Driver::new(group, &config, Weather::fair(), 1);
    driver.input(0, Process(0), Value(5));
    driver.input(0, Process(1), Value(6));
    let stray = InRound { round: 1, message: Known([Value(0)].into()) };
    driver.inject(ROUND_TICKS + 5, Process(1), Process(0), stray);
    driver.run(1000, |_| false);
    let late = |p| driver.state(Process(p)).map(Lockstep::late);
    assert_eq!((late(0), late(1)), (Some(1), Some(0)));
    assert!(driver.outputs.iter().all(|(_, _, value)| *value == Value(5)));
}

#[test]
fn a_message_of_the_next_round_waits_for_it() {
    let group = Group { n: 2, f: 1 };
    let config = config(2);
    let mut driver: Driver<'_, Lockstep<Flood>> = Driver::new(group, &config, Weather::fair(), 1);
    driver.input(0, Process(0), Value(5));
    driver.cut(Process(1));
    let early = InRound { round: 2, message: Known([Value(3)].into()) };
    driver.inject(2, Process(1), Process(0), early);
    let known = |driver: &Driver<'_, Lockstep<Flood>>| {
        driver.state(Process(0)).and_then(|p| p.state().map(|flood| flood.known.len()))
    };
    driver.run(ROUND_TICKS, |_| false);
    assert_eq!(known(&driver), Some(1), "round 1 does not see it");
    driver.run(1000, |_| false);
    assert_eq!(known(&driver), Some(2), "round 2 does");
    assert_eq!(driver.state(Process(0)).map(Lockstep::late), Some(0));
}

#[test]
fn delays_beyond_the_length_of_a_round_are_noticed() {
    let noticed = (0..200).any(|seed| {
        let group = Group { n: 3, f: 1 };
        let config = config(2);
        let weather = Weather { delay_ticks: (1, 3 * ROUND_TICKS), ..Weather::fair() };
        let mut driver: Driver<'_, Lockstep<Flood>> = Driver::new(group, &config, weather, seed);
        group.processes().for_each(|p| driver.input(0, p, Value(p.0)));
        driver.run(1000, |_| false);
        group.processes().filter_map(|p| driver.state(p)).any(|p| p.late() > 0)
    });
    assert!(noticed);
}
