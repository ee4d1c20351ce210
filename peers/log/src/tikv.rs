//! The crate `raft` over its own storage in memory.

use raft::eraftpb::{Entry, Message, MessageType};
use raft::storage::MemStorage;
use raft::{Config, RawNode};

use crate::bytes::Bytes;
use crate::{DROP, Log};

struct Node<const N: usize> {
    machine: RawNode<MemStorage>,
    applied: u64,
    last: Bytes<N>,
    /// How many commands were applied when the log was dropped last.
    dropped: u64,
}

/// Three processes, and whether the leader says at once what is committed, or with what comes next.
pub(crate) struct Tikv<const N: usize, const AT_ONCE: bool> {
    nodes: [Node<N>; 3],
    /// What the leader was given since its last turn.
    given: Vec<Entry>,
    /// Messages that a process has just sent.
    sent: Vec<Message>,
    messages: u64,
    batch: u64,
}

impl<const N: usize> Node<N> {
    fn open(id: u64, at_once: bool) -> Self {
        let config = Config {
            id,
            pre_vote: true,
            check_quorum: true,
            // Without this a message has one entry.
            max_size_per_msg: raft::NO_LIMIT,
            batch_append: true,
            skip_bcast_commit: !at_once,
            ..Config::default()
        };
        let storage = MemStorage::new_with_conf_state((vec![1, 2, 3], vec![]));
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let machine = RawNode::new(&config, storage, &logger).expect("a sound configuration");
        Self { machine, applied: 0, last: Bytes::default(), dropped: 0 }
    }

    fn apply(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            // A leader begins with an empty entry.
            if !entry.data.is_empty() {
                self.applied += 1;
                self.last = Bytes::read(&entry.data);
            }
        }
    }

    /// Stores what there is to store, applies what there is to apply, and lets out messages.
    fn release(&mut self, batch: u64, sent: &mut Vec<Message>) {
        if !self.machine.has_ready() {
            return;
        }
        let mut ready = self.machine.ready();
        sent.append(&mut ready.take_messages());
        self.apply(ready.take_committed_entries());
        let mut store = self.machine.store().wl();
        store.append(ready.entries()).expect("no gap");
        if let Some(state) = ready.hs() {
            store.set_hardstate(state.clone());
        }
        drop(store);
        sent.append(&mut ready.take_persisted_messages());
        let mut light = self.machine.advance(ready);
        if let Some(commit) = light.commit_index() {
            self.machine.store().wl().mut_hard_state().set_commit(commit);
        }
        sent.append(&mut light.take_messages());
        self.apply(light.take_committed_entries());
        self.machine.advance_apply();
        if self.applied >= self.dropped + DROP {
            self.dropped = self.applied;
            // What another may not have stored yet stays until the next time.
            let through = self.machine.raft.raft_log.applied.saturating_sub(batch);
            self.machine.store().wl().compact(through).expect("it is stored");
        }
    }
}

impl<const N: usize, const AT_ONCE: bool> Tikv<N, AT_ONCE> {
    /// Hands the leader what it was given, all in one step.
    fn hand_over(&mut self) {
        if self.given.is_empty() {
            return;
        }
        let mut message = Message::default();
        message.set_msg_type(MessageType::MsgPropose);
        message.from = 1;
        message.set_entries(std::mem::take(&mut self.given).into());
        self.nodes[0].machine.step(message).expect("it leads");
    }
}

impl<const N: usize, const AT_ONCE: bool> Log<N> for Tikv<N, AT_ONCE> {
    fn open(batch: u64) -> Self {
        let mut new = Self {
            nodes: [1, 2, 3].map(|id| Node::open(id, AT_ONCE)),
            given: Vec::new(),
            sent: Vec::new(),
            messages: 0,
            batch,
        };
        new.nodes[0].machine.campaign().expect("it may stand");
        new
    }

    fn propose(&mut self, payload: Bytes<N>) {
        if self.given.capacity() == 0 {
            self.given.reserve_exact(self.batch as usize);
        }
        let data = payload.as_slice().to_vec().into();
        self.given.push(Entry { data, ..Entry::default() });
    }

    fn tell(&mut self) {
        if !AT_ONCE {
            self.nodes[0].machine.ping();
        }
    }

    fn turn(&mut self, process: usize) {
        if process == 0 {
            self.hand_over();
        }
        self.nodes[process].release(self.batch, &mut self.sent);
        for message in self.sent.drain(..) {
            self.messages += 1;
            let to = message.to as usize - 1;
            self.nodes[to].machine.step(message).expect("a sound message");
        }
    }

    fn applied(&self, process: usize) -> (u64, Bytes<N>) {
        (self.nodes[process].applied, self.nodes[process].last)
    }

    fn messages(&self) -> u64 {
        self.messages
    }
}
