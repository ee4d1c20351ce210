//! Multi-Paxos, driven through the engine's side of the kernel.

use std::convert::Infallible;

use quorate_kernel::{Context, Domain, Effects, Group, Margin, Oracle, Process, Protocol, engine};
use quorate_problems::{Applied, Call};
use quorate_protocols::log::multi_paxos::{Config, Durable, MultiPaxos, Words};

use crate::bytes::Bytes;
use crate::{DROP, Log};

const GROUP: Group = Group { n: 3, f: 1 };

/// No lots are drawn: no timer goes off in a run without failures.
struct First;

impl Oracle for First {
    fn choose(&mut self, _: u32) -> u32 {
        0
    }

    fn common_coin(&mut self, _: u64) -> bool {
        false
    }
}

struct Node<const N: usize> {
    machine: Option<MultiPaxos<Bytes<N>>>,
    stable: Durable<Bytes<N>>,
    /// What it asked for since it was last stored.
    effects: Effects<Machine<N>>,
    applied: u64,
    last: Bytes<N>,
}

pub(crate) struct Ours<const N: usize> {
    nodes: [Node<N>; 3],
    config: Config,
    margin: Margin,
    /// Messages that a process has just sent.
    sent: Vec<(Process, Words<Bytes<N>>)>,
    messages: u64,
}

type Machine<const N: usize> = MultiPaxos<Bytes<N>>;

impl<const N: usize> Ours<N> {
    fn step(
        &mut self,
        me: Process,
        handler: impl FnOnce(&mut Option<Machine<N>>, &mut Context<'_, Machine<N>>),
    ) {
        let node = &mut self.nodes[me.index()];
        let mut oracle = First;
        handler(
            &mut node.machine,
            &mut engine::context(
                (me, GROUP, &self.config),
                &mut node.stable,
                &mut node.effects,
                &mut oracle,
                &self.margin,
            ),
        );
    }

    /// Lets out what a process asked for since the last time.
    fn release(&mut self, me: Process) {
        let node = &mut self.nodes[me.index()];
        // The engine's stable state is all that is kept in memory.
        let Ok(mut released) = node.effects.store(|_| Ok::<(), Infallible>(()));
        self.sent.extend(released.sends());
        for output in released.outputs() {
            if let Applied::Command { payload, .. } = output {
                node.applied += 1;
                node.last = payload;
            }
        }
    }
}

impl<const N: usize> Log<N> for Ours<N> {
    fn open(batch: u64) -> Self {
        let config = Config {
            domain: Domain::BINARY,
            leader: Process(0),
            q1: 2,
            q2: 2,
            // A slot holds a batch.
            snapshot: DROP / batch,
            window: 1,
            batch: batch as u32,
            linger_ticks: 2_500,
            each: 1,
            beat_ticks: 20_001,
            patience_ticks: 60_003,
        };
        let node = || Node {
            machine: None,
            stable: Durable::default(),
            effects: Effects::default(),
            applied: 0,
            last: Bytes::default(),
        };
        let mut new = Self {
            nodes: [node(), node(), node()],
            config,
            margin: Margin::new(false),
            sent: Vec::new(),
            messages: 0,
        };
        for me in GROUP.processes() {
            new.step(me, |machine, cx| *machine = Some(MultiPaxos::start(cx)));
        }
        new.finish();
        new
    }

    fn propose(&mut self, payload: Bytes<N>) {
        self.step(Process(0), |machine, cx| {
            if let Some(machine) = machine {
                machine.on_input(Call::Write(payload), cx);
            }
        });
    }

    fn finish(&mut self) {
        self.settle(u64::MAX);
    }

    /// What a process was given since its last turn is stored at once.
    fn settle(&mut self, applied: u64) {
        while self.nodes[0].applied < applied {
            let before = self.messages;
            for from in GROUP.processes() {
                self.release(from);
                let mut sent = std::mem::take(&mut self.sent);
                for (to, message) in sent.drain(..) {
                    self.messages += 1;
                    self.step(to, |machine, cx| {
                        if let Some(machine) = machine {
                            machine.on_message(from, message, cx);
                        }
                    });
                }
                self.sent = sent;
            }
            if self.messages == before {
                break;
            }
        }
    }

    fn applied(&self) -> [u64; 3] {
        self.nodes.each_ref().map(|node| {
            assert_eq!(node.last, Bytes::of(node.applied - 1), "in order");
            node.applied
        })
    }

    fn messages(&self) -> u64 {
        self.messages
    }
}
