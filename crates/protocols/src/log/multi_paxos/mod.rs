//! Paxos for a log of commands.
//!
//! Problem: replicated log. Source: Lamport 1998; Lamport 2001, 3; Howard, Malkhi, Spiegelman 2016
//! for quorums of two sizes; Chandra, Griesemer, Redstone 2007 for snapshots and catching up.
//! Resilience: safe with any number of crashes and restarts, lost and repeated messages, as long
//! as disks remember; applies all once a majority, n > 2f, is up and one leader is left alone.
//!
//! What differs: a slot holds a batch, commands of one process that follow each other, and one
//! message as many slots as there is something for; acceptors answer up to which slot they have
//! everything in the ballot, so that one answer serves for all before it. A command of a process
//! takes effect only after the one before it: what comes too early or again does nothing, on all
//! sides alike. A leader falls silent once all have said that they applied everything, and says
//! so before; while somebody does not, it asks more and more rarely.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use quorate_kernel::{
    Context, Domain, Message, Process, Protocol, Renamed, Value, inspect, mutants, rules,
};
use quorate_problems::{Call, Payload, ReplicatedLog};

use crate::ballot::Ballot;
use crate::log::batch::{self, BATCH, Queue};
pub use crate::log::batch::{Batch, Done, Entry};
pub use crate::log::pace::Pace;

mod client;
mod election;
mod learning;
mod listed;
mod replication;
mod slots;
mod stable;

pub use election::Bid;
pub use replication::Lead;
pub use slots::Slots;
pub use stable::{Durable, Record, Snapshot};

rules! {
    PREPARE = "1a": "take a ballot larger than all seen, store it, and ask all to prepare it, \
        for every slot not known to be chosen";
    PROMISE = "1b": "store the promise to heed no smaller ballot, and report what was accepted \
        in each of these slots";
    REFUSE = "nack": "say which larger ballot was promised";
    ADOPT = "2": "with promises of q1 processes lead: in each slot take up what was accepted in \
        the largest ballot";
    FILL = "gap": "the leader: nothing was reported for a slot before the last one: propose that \
        it does nothing";
    ACCEPT = "2a": "the leader: propose the commands at hand for the next slots, in one message";
    ACCEPTED = "2b": "store and accept, unless a larger ballot was promised; answer up to where \
        nothing is missing";
    CHOSEN = "learn": "the leader: what q2 processes accepted is chosen";
    HEARD = "commit": "what the leader says is chosen and was accepted in its ballot is chosen";
    APPLY = "apply": "apply what is chosen, slot by slot; a command that was applied already, or \
        whose predecessor was not, does nothing";
    SNAPSHOT = "snapshot": "after so many slots, store the state and drop the log that made it";
    ASK = "ask": "what is chosen is missing here: ask the leader for it";
    TEACH = "teach": "the leader: send what is chosen to who asks, or the state if the log was \
        dropped";
    INSTALL = "install": "take over a state that is ahead of the own one";
    FORWARD = "forward": "send one's commands to the leader";
    RETRY = "retry": "commands are not applied after a while: send them again";
    BEAT = "beat": "the leader: say that one leads, and what is chosen";
    REPEAT = "repeat": "the leader: what was sent long ago is not answered: send it again";
    HAVE = "have": "all that the leader says is chosen is applied here: say so";
    REST = "rest": "the leader: all have said so: fall silent; and who hears it expects no more";
    SUSPECT = "suspect": "nothing comes from a leader for a random time: take a ballot";
}

mutants! {
    HALF = "half-quorum" breaks CHOSEN: "takes for chosen what one process fewer than q2 \
        accepted", "";
    FORGETS = "ignores-report" breaks ADOPT: "leads without taking up what was reported", "";
    GAP = "closes-gaps" breaks FILL: "puts the next entry where nothing was reported, instead of \
        one that does nothing", "";
    DISKLESS = "reports-nothing" breaks PROMISE: "promises and reports no votes, as a process does \
        that came back without its disk", "Michael et al. 2017, on recovery without a disk";
    UNREFUSED = "heeds-smaller" breaks ACCEPTED: "accepts a ballot although a larger one was \
        promised", "";
    ANY_BALLOT = "any-ballot" breaks HEARD: "takes for chosen what it accepted in whatever \
        ballot", "";
    TWICE = "applies-again" breaks APPLY: "applies a command each time that it is chosen", "";
    LOWEST = "lowest-ballot" breaks ADOPT: "takes up what was accepted in the smallest ballot \
        reported", "";
}

/// What never changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// The payloads that commands may carry.
    pub domain: Domain,
    /// Who takes the first ballot at once.
    pub leader: Process,
    /// How many must promise.
    pub q1: u16,
    /// How many must accept.
    pub q2: u16,
    /// After how many slots to take a snapshot.
    pub snapshot: u64,
    /// How many messages with proposals may be under way; more commands wait for the next.
    pub window: u16,
    /// How many commands to wait for before the next such message.
    pub batch: u32,
    /// How long at most.
    pub linger_ticks: u64,
    /// How many times each process proposes its input, in runs of the catalogue.
    pub each: u32,
    /// How often a leader says so.
    pub beat_ticks: u64,
    /// How long at least to wait for a leader.
    pub patience_ticks: u64,
}

/// What was accepted in a slot, and in which ballot.
pub type Vote<C = Value> = (Ballot, Entry<C>);

/// What is sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Words<C: Payload = Value> {
    /// Phase 1a: from this slot on.
    Prepare(Ballot, u64),
    /// Phase 1b: the state if it is ahead of that slot, and what was accepted after it.
    Promise(Ballot, Option<Snapshot>, Vec<(u64, Vote<C>)>),
    /// Phase 2a.
    Accept(Proposal<C>),
    /// Phase 2b: in this ballot nothing is missing up to this slot.
    Accepted(Ballot, u64),
    /// Refused: the ballot, and the larger one that was promised.
    Nack(Ballot, Ballot),
    /// The sender leads.
    Beat {
        /// The leader's ballot.
        ballot: Ballot,
        /// The first slot that it proposed for.
        start: u64,
        /// Through which slot everything is chosen.
        commit: u64,
        /// What it expects.
        pace: Pace,
    },
    /// In this ballot all through this slot is applied.
    Rested(Ballot, u64),
    /// Commands of the sender, from this number on.
    Forward(u32, Arc<[C]>),
    /// What is chosen from this slot on?
    Ask(u64),
    /// What is chosen from this slot on, and through which slot all is.
    Learn {
        /// The leader's ballot.
        ballot: Ballot,
        /// The first of these slots.
        first: u64,
        /// What is chosen.
        entries: Arc<[Entry<C>]>,
        /// Through which slot everything is chosen.
        commit: u64,
    },
    /// The state.
    Install(Snapshot),
}

inspect!(
    enum Words<C: Payload> {
        Prepare(ballot, from),
        Promise(ballot, snapshot, votes),
        Accept(proposal),
        Accepted(ballot, through),
        Nack(ballot, promised),
        Beat { ballot, start, commit, pace },
        Rested(ballot, commit),
        Forward(first, payloads),
        Ask(from),
        Learn { ballot, first, entries, commit },
        Install(snapshot),
    }
);

/// What a leader asks all to accept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Proposal<C: Payload = Value> {
    /// The leader's ballot.
    pub ballot: Ballot,
    /// The first slot that it proposed for.
    pub start: u64,
    /// The first slot of this message.
    pub first: u64,
    /// What it proposes, slot by slot.
    pub entries: Arc<[Entry<C>]>,
    /// Through which slot everything is chosen.
    pub commit: u64,
}

inspect!(Proposal<C: Payload> { ballot, start, first, entries, commit });

fn slots<C: Payload>(first: u64, entries: &[Entry<C>], name: &dyn Fn(Value) -> String) -> String {
    match entries {
        [None] => format!("{first} = nothing"),
        [Some(batch)] => format!("{first} = {}", batch::show(&batch.payloads, name)),
        _ => format!("{first}-{}", first.saturating_add(entries.len() as u64).saturating_sub(1)),
    }
}

impl<C: Payload> Message for Words<C> {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        match self {
            Self::Prepare(ballot, from) => format!("prepare {ballot} from {from}"),
            Self::Promise(ballot, None, votes) => {
                format!("promise {ballot}, {} votes", votes.len())
            }
            Self::Promise(ballot, Some(state), votes) => {
                format!("promise {ballot}, state {}, {} votes", state.through, votes.len())
            }
            Self::Accept(proposal) => {
                let slots = slots(proposal.first, &proposal.entries, name);
                format!("accept {}: {slots}", proposal.ballot)
            }
            Self::Accepted(ballot, through) => format!("accepted {ballot} to {through}"),
            Self::Nack(ballot, promised) => format!("not {ballot}, {promised}"),
            Self::Beat { ballot, commit, pace, .. } => match pace {
                Pace::Busy => format!("lead {ballot}, {commit} chosen"),
                Pace::Idle(_) => format!("lead {ballot}, all {commit} chosen"),
                Pace::Rest => format!("lead {ballot}, rest"),
            },
            Self::Rested(ballot, commit) => format!("{ballot}: has all {commit}"),
            Self::Forward(_, payloads) => {
                format!("please {}", batch::show(payloads, name))
            }
            Self::Ask(from) => format!("what is {from}?"),
            Self::Learn { first, entries, .. } => {
                format!("chosen {}", slots(*first, entries, name))
            }
            Self::Install(state) => format!("state {}", state.through),
        }
    }

    fn items(&self, _: Process) -> u64 {
        match self {
            Self::Accept(Proposal { entries, .. }) | Self::Learn { entries, .. } => {
                entries.iter().map(|entry| batch::weight(entry) as u64).sum()
            }
            Self::Promise(_, _, votes) => votes.len() as u64,
            Self::Forward(_, payloads) => payloads.len() as u64,
            _ => 1,
        }
    }
}

/// What a timer is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// No leader was heard.
    Election,
    /// Say that one leads.
    Beat,
    /// Own commands are not applied.
    Retry,
    /// Commands wait for more.
    Gather,
}

impl Renamed for Timer {}

/// What part the process plays.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Role<C: Payload = Value> {
    /// It follows.
    Follower,
    /// It waits for promises.
    Candidate(Bid<C>),
    /// It leads.
    Leader(Lead<C>),
}

inspect!(
    enum Role<C: Payload> {
        Follower,
        Candidate(bid),
        Leader(lead),
    }
);

/// Proposer, acceptor, learner and client in one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MultiPaxos<C: Payload = Value> {
    role: Role<C>,
    /// The own ballot under way, or the last one.
    ballot: Ballot,
    /// The largest round that another's ballot was seen in.
    seen: u32,
    /// The ballot of the leader that was heard last.
    following: Ballot,
    /// Up to which slot nothing is missing in that ballot.
    voted: u64,
    /// Through which slot everything is chosen, and applied.
    commit: u64,
    /// How many commands are applied, with each slot that did nothing counted as one.
    length: u64,
    /// Which commands are applied.
    done: Done,
    /// From which slot on the leader was asked for what is chosen; 0 if it may be asked again.
    asked: u64,
    /// How many times as long as usual to wait for a leader; 0 if nothing is expected of it.
    patience: u32,
}

inspect!(MultiPaxos<C: Payload> {
    role, ballot, seen, following, voted, commit, length, done, asked, patience
});

type Cx<'a, C> = Context<'a, MultiPaxos<C>>;

impl<C: Payload> Protocol for MultiPaxos<C> {
    type Problem = ReplicatedLog<C>;
    type Config = Config;
    type Message = Words<C>;
    type Timer = Timer;
    type Stable = Durable<C>;

    fn domain(config: &Config) -> Domain {
        config.domain
    }

    fn round(&self) -> u32 {
        self.ballot.round.max(self.following.round)
    }

    fn start(cx: &mut Cx<'_, C>) -> Self {
        let mut new = Self {
            role: Role::Follower,
            ballot: Ballot::default(),
            seen: 0,
            following: Ballot::default(),
            voted: 0,
            commit: 0,
            length: 0,
            done: Done::default(),
            asked: 0,
            patience: 1,
        };
        new.resume(cx);
        new.await_leader(1, cx);
        if new.has_pending(cx) {
            cx.set_timer(Timer::Retry, 2 * cx.config.patience_ticks);
        }
        let fresh = cx.stable().promised == Ballot::default();
        if fresh && cx.config.leader == cx.me {
            new.campaign(cx);
        }
        new
    }

    fn on_input(&mut self, input: Call<C>, cx: &mut Cx<'_, C>) {
        if let Call::Write(payload) = input
            && payload.is_in(cx.config.domain)
        {
            self.propose(payload, cx);
        }
    }

    fn on_message(&mut self, from: Process, message: Words<C>, cx: &mut Cx<'_, C>) {
        if from.0 >= cx.group.n || from == cx.me {
            return;
        }
        match message {
            Words::Prepare(ballot, first) => self.on_prepare(from, ballot, first, cx),
            Words::Promise(ballot, state, votes) => self.on_promise(from, ballot, state, votes, cx),
            Words::Accept(proposal) => self.on_accept(from, &proposal, cx),
            Words::Accepted(ballot, through) => self.on_accepted(from, ballot, through, cx),
            Words::Nack(ballot, promised) => self.on_nack(ballot, promised, cx),
            Words::Beat { ballot, start, commit, pace } => {
                self.on_beat(from, (ballot, start), commit, pace, cx);
            }
            Words::Rested(ballot, commit) => self.on_rested(from, ballot, commit, cx),
            Words::Forward(first, payloads) => self.on_forward(from, first, payloads, cx),
            Words::Ask(first) => self.on_ask(from, first, cx),
            Words::Learn { ballot, first, entries, commit } => {
                self.on_learn(from, ballot, (first, entries), commit, cx);
            }
            Words::Install(state) => self.install(state, cx),
        }
    }

    fn on_timer(&mut self, timer: Timer, cx: &mut Cx<'_, C>) {
        match timer {
            Timer::Election if matches!(self.role, Role::Leader(_)) || self.patience == 0 => {}
            Timer::Election => {
                cx.cite(SUSPECT);
                self.campaign(cx);
            }
            Timer::Beat => self.on_beat_due(cx),
            Timer::Retry => self.retry(cx),
            Timer::Gather => self.flush(cx),
        }
    }
}

/// Everybody but the process itself.
fn tell_others<C: Payload>(cx: &mut Cx<'_, C>, message: impl Fn() -> Words<C>) {
    for other in cx.group.others(cx.me) {
        cx.send(other, message());
    }
}

impl<C: Payload> MultiPaxos<C> {
    /// Who leads, as far as is known: a ballot is its leader's.
    pub fn leader(&self) -> Option<Process> {
        match self.role {
            Role::Leader(_) => Some(self.ballot.proposer),
            _ => (self.following.round > 0).then_some(self.following.proposer),
        }
    }

    /// Through which slot everything is chosen, and applied.
    pub fn commit(&self) -> u64 {
        self.commit
    }
}
