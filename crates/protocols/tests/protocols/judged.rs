//! What a log says to judges alone changes nothing else.

use std::collections::VecDeque;

use quorate_kernel::{
    Domain, Effects, Group, Margin, Oracle, Process, Protocol, RecordOf, TimerAsk, Value, engine,
};
use quorate_problems::{Applied, Call};
use quorate_protocols::log::raft::{Config, Raft, Timer, Words};
use quorate_protocols::{Hosted, Setup};

const GROUP: Group = Group { n: 3, f: 1 };

struct Zero;

impl Oracle for Zero {
    fn choose(&mut self, _: u32) -> u32 {
        0
    }

    fn common_coin(&mut self, _: u64) -> bool {
        false
    }
}

/// All that three processes asked for, in order.
#[derive(Default, PartialEq, Debug)]
struct Asked {
    records: Vec<RecordOf<Raft>>,
    sends: Vec<(Process, Process, Words)>,
    timers: Vec<TimerAsk<Timer>>,
    outputs: Vec<Applied>,
}

struct Node {
    machine: Raft,
    stable: <Raft as Protocol>::Stable,
    effects: Effects<Raft>,
}

/// Messages arrive in the order in which they are sent; each process proposes now and then.
fn run(config: &Config, margin: &Margin) -> Asked {
    let mut asked = Asked::default();
    let mut wire = VecDeque::new();
    let mut nodes: Vec<Node> = GROUP
        .processes()
        .map(|me| {
            let (mut stable, mut effects) = (Default::default(), Effects::default());
            let who = (me, GROUP, config);
            let machine = Raft::start(&mut engine::context(
                who,
                &mut stable,
                &mut effects,
                &mut Zero,
                margin,
            ));
            Node { machine, stable, effects }
        })
        .collect();
    for step in 0..600u16 {
        let me = Process(step % GROUP.n);
        let (node, mut zero) = (&mut nodes[me.index()], Zero);
        let mut cx = engine::context(
            (me, GROUP, config),
            &mut node.stable,
            &mut node.effects,
            &mut zero,
            margin,
        );
        match wire.iter().position(|(_, to, _)| *to == me).and_then(|at| wire.remove(at)) {
            Some((from, _, message)) => node.machine.on_message(from, message, &mut cx),
            None => node.machine.on_input(Call::Write(Value(step % 2)), &mut cx),
        }
        let Ok(mut released) = node.effects.store(|records| {
            asked.records.extend_from_slice(records);
            Ok::<(), std::convert::Infallible>(())
        });
        let sent: Vec<_> = released.sends().map(|(to, message)| (me, to, message)).collect();
        asked.sends.extend_from_slice(&sent);
        wire.extend(sent);
        asked.timers.extend(released.timers());
        asked.outputs.extend(released.outputs());
    }
    asked
}

#[test]
fn without_judges_raft_does_the_same_and_says_less() {
    let settings = [("snapshot".to_string(), "5".to_string())];
    let setup = Setup { settings: &settings, ..Setup::of(GROUP, Domain::BINARY) };
    let config = Raft::<Value>::configure(&setup).expect("a sound setup");
    let mut judged = run(&config, &Margin::new(false));
    let unjudged = run(&config, &Margin::new(false).unjudged());
    let all = judged.outputs.len();
    let of_logs =
        |what: &Applied| matches!(what, Applied::Stored { .. } | Applied::Committed { .. });
    judged.outputs.retain(|what| !of_logs(what));
    assert!(all > judged.outputs.len() + 100, "{all} outputs");
    assert!(judged.outputs.iter().filter(|what| !what.is_inner()).count() > 100);
    assert_eq!(judged, unjudged);
}
