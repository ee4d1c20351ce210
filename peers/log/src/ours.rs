//! The logs of ours, driven through the engine's side of the kernel.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;

use quorate_kernel::{
    Context, Domain, Effects, Group, Margin, Oracle, Process, Protocol, Value, engine,
};
use quorate_problems::{Applied, Call, ReplicatedLog};
use quorate_protocols::log::{multi_paxos, raft};
use quorate_protocols::{Hosted, Setup};

use crate::bytes::Bytes;
use crate::{DROP, Log};

const GROUP: Group = Group { n: 3, f: 1 };

/// A protocol, as it is measured.
pub(crate) trait Machine<const N: usize>:
    Protocol<Problem = ReplicatedLog<Bytes<N>>>
{
    /// What a user has who sets the batch, and how often the log is dropped.
    fn config(batch: u64) -> Self::Config;
}

impl<const N: usize> Machine<N> for multi_paxos::MultiPaxos<Bytes<N>> {
    fn config(batch: u64) -> Self::Config {
        configured::<multi_paxos::MultiPaxos<Value>>(batch, &[("window", 1)])
    }
}

impl<const N: usize> Machine<N> for raft::Raft<Bytes<N>> {
    fn config(batch: u64) -> Self::Config {
        configured::<raft::Raft<Value>>(batch, &[])
    }
}

/// The configuration of the catalogue does not depend on what commands say.
fn configured<P: Hosted>(batch: u64, more: &[(&str, u64)]) -> P::Config {
    // A slot or an entry holds a batch.
    let set = [("batch", batch), ("snapshot", DROP / batch)];
    let words = |(key, value): &(&str, u64)| (key.to_string(), value.to_string());
    let settings: Vec<_> = set.iter().chain(more).map(words).collect();
    let setup = Setup { settings: &settings, ..Setup::of(GROUP, Domain::BINARY) };
    P::configure(&setup).expect("a sound configuration")
}

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

struct Node<const N: usize, M: Machine<N>> {
    machine: Option<M>,
    stable: M::Stable,
    /// What it asked for since it was last stored.
    effects: Effects<M>,
    applied: u64,
    last: Bytes<N>,
}

pub(crate) struct Ours<const N: usize, M: Machine<N>> {
    nodes: [RefCell<Node<N, M>>; 3],
    config: M::Config,
    margin: Margin,
    messages: Cell<u64>,
}

impl<const N: usize, M: Machine<N>> Ours<N, M> {
    fn step(&self, me: Process, handler: impl FnOnce(&mut Option<M>, &mut Context<'_, M>)) {
        let node = &mut *self.nodes[me.index()].borrow_mut();
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
}

impl<const N: usize, M: Machine<N>> Log<N> for Ours<N, M> {
    fn open(batch: u64) -> Self {
        let node = || {
            RefCell::new(Node {
                machine: None,
                stable: M::Stable::default(),
                effects: Effects::default(),
                applied: 0,
                last: Bytes::default(),
            })
        };
        let new = Self {
            nodes: [node(), node(), node()],
            config: M::config(batch),
            margin: Margin::new(false).unjudged(),
            messages: Cell::new(0),
        };
        for me in GROUP.processes() {
            new.step(me, |machine, cx| *machine = Some(M::start(cx)));
        }
        new
    }

    fn propose(&mut self, payload: Bytes<N>) {
        self.step(Process(0), |machine, cx| {
            if let Some(machine) = machine {
                machine.on_input(Call::Write(payload), cx);
            }
        });
    }

    /// What a process was given since its last turn is stored at once: the engine's stable state is
    /// all that is kept in memory. Nobody sends to itself.
    fn turn(&mut self, process: usize) {
        let from = Process(process as u16);
        let node = &mut *self.nodes[process].borrow_mut();
        let Ok(mut released) = node.effects.store(|_| Ok::<(), Infallible>(()));
        for output in released.outputs() {
            if let Applied::Command { payload, .. } = output {
                node.applied += 1;
                node.last = payload;
            }
        }
        for (to, message) in released.sends() {
            self.messages.set(self.messages.get() + 1);
            self.step(to, |machine, cx| {
                if let Some(machine) = machine {
                    machine.on_message(from, message, cx);
                }
            });
        }
    }

    fn applied(&self, process: usize) -> (u64, Bytes<N>) {
        let node = self.nodes[process].borrow();
        (node.applied, node.last)
    }

    fn messages(&self) -> u64 {
        self.messages.get()
    }
}
