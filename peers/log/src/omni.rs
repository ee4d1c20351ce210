//! OmniPaxos over its own storage in memory.

use omnipaxos::messages::Message;
use omnipaxos::util::LogEntry;
use omnipaxos::{ClusterConfig, OmniPaxos, ServerConfig};
use omnipaxos_storage::memory_storage::MemoryStorage;

use crate::bytes::Bytes;
use crate::{DROP, Log};

struct Node<const N: usize> {
    machine: OmniPaxos<Bytes<N>, MemoryStorage<Bytes<N>>>,
    applied: u64,
    last: Bytes<N>,
}

/// Three processes, and whether they read what is decided.
pub(crate) struct Omni<const N: usize, const READ: bool> {
    nodes: [Node<N>; 3],
    /// Messages that a process has just sent.
    sent: Vec<Message<Bytes<N>>>,
    messages: u64,
    /// How many commands were applied when the log was dropped last.
    dropped: u64,
}

impl<const N: usize, const READ: bool> Omni<N, READ> {
    fn read(node: &mut Node<N>) {
        let decided = node.machine.get_decided_idx() as u64;
        if decided == node.applied {
            return;
        }
        if !READ {
            node.applied = decided;
            node.last = Bytes::of(decided - 1);
            return;
        }
        for entry in node.machine.read_decided_suffix(node.applied as usize).unwrap_or_default() {
            if let LogEntry::Decided(payload) = entry {
                node.applied += 1;
                node.last = payload;
            }
        }
    }
}

impl<const N: usize, const READ: bool> Log<N> for Omni<N, READ> {
    fn open(batch: u64) -> Self {
        let node = |pid| {
            let cluster =
                ClusterConfig { configuration_id: 1, nodes: vec![1, 2, 3], flexible_quorum: None };
            let server =
                ServerConfig { pid, batch_size: batch as usize, ..ServerConfig::default() };
            let storage = MemoryStorage::default();
            let machine = cluster.build_for_server(server, storage).expect("a sound configuration");
            Node { machine, applied: 0, last: Bytes::default() }
        };
        let mut new =
            Self { nodes: [node(1), node(2), node(3)], sent: Vec::new(), messages: 0, dropped: 0 };
        new.nodes[0].machine.try_become_leader();
        new
    }

    fn propose(&mut self, payload: Bytes<N>) {
        self.nodes[0].machine.append(payload).expect("the configuration stays");
    }

    fn turn(&mut self, process: usize) {
        self.nodes[process].machine.take_outgoing_messages(&mut self.sent);
        for message in self.sent.drain(..) {
            self.messages += 1;
            let to = message.get_receiver() as usize - 1;
            self.nodes[to].machine.handle_incoming(message);
            Self::read(&mut self.nodes[to]);
        }
        if self.nodes[0].applied >= self.dropped + DROP {
            self.dropped = self.nodes[0].applied;
            // What somebody has not accepted yet stays until the next time.
            let _ = self.nodes[0].machine.trim(None);
        }
    }

    fn applied(&self, process: usize) -> (u64, Bytes<N>) {
        (self.nodes[process].applied, self.nodes[process].last)
    }

    fn messages(&self) -> u64 {
        self.messages
    }
}
