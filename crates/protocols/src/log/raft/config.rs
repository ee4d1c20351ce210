//! What never changes.

use alloc::sync::Arc;
use alloc::vec::Vec;

use quorate_kernel::{Domain, Process, ProcessSet};

use super::members::Members;
use super::script::Step;

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// The payloads that commands may carry.
    pub domain: Domain,
    /// Who stands for the first election at once.
    pub leader: Process,
    /// How many must vote for a leader.
    pub q1: u16,
    /// How many must have stored an entry.
    pub q2: u16,
    /// Whether voters are asked before an election whether they would vote.
    pub pre_vote: bool,
    /// Whether a leader follows if no quorum answers, and voters stick to a leader that they hear.
    pub check_quorum: bool,
    /// Whether a vote brings a candidate what its log lacks.
    pub pull: bool,
    /// After how many entries to take a snapshot.
    pub snapshot: u64,
    /// How many messages with entries may be under way; more commands wait for the next.
    pub window: u16,
    /// How many commands to wait for before the next such message.
    pub batch: u32,
    /// How long at most.
    pub linger_ticks: u64,
    /// How many commands go into one message, if the first entry has fewer.
    pub chunk: usize,
    /// Whether clients have sessions.
    pub sessions: bool,
    /// After how many entries of others a session ends.
    pub expire: u64,
    /// How many times each process proposes its input, in runs of the catalogue.
    pub each: u32,
    /// How many times each process reads, in runs of the catalogue.
    pub reads: u32,
    /// Whether a leader may answer reads on the word of its voters that they stick to it.
    pub lease: bool,
    /// How many times another process asks to lead, in runs of the catalogue.
    pub calls: u32,
    /// Who the members are in the beginning.
    pub members: Arc<Members>,
    /// Which of them vote and keep no commands.
    pub witnesses: ProcessSet,
    /// How few voters a change may leave.
    pub least: u16,
    /// Which changes of the members are asked for, in runs of the catalogue.
    pub script: Vec<Step>,
    /// How often a leader says so.
    pub beat_ticks: u64,
    /// The least time of an election: how many beats to wait for a leader.
    pub patience: u32,
}
