//! What is sent.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;

use quorate_kernel::{Message, Process, Value, inspect};
use quorate_problems::{Change, Payload, Refusal};

use super::{Entry, Force, Mark, Reply, Snapshot};
use crate::log::batch;
use crate::log::pace::Pace;

/// What an answer is bound to, besides the term: it counts for nothing else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Bond {
    /// Which membership of the follower, by the count of the leader in its term.
    pub session: u64,
    /// The leader's last round of questions whether it still leads.
    pub round: u64,
}

inspect!(Bond { session, round });

/// Which attempt of whom to read, or to change the members: no two share one, not even in
/// different lives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Attempt {
    /// The life of the process.
    pub life: u64,
    /// Which attempt of that life.
    pub number: u64,
}

inspect!(Attempt { life, number });

/// What a voter's log has that a candidate's may lack; with a word on a vote only who the members
/// are by it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Offer<C: Payload = Value> {
    /// The last place of the voter's log.
    pub last: Mark,
    /// The members that it names last.
    pub force: Force,
    /// Its state, if that is ahead of what the candidate knows to be committed.
    pub snapshot: Option<Arc<Snapshot<C>>>,
    /// The index of the first entry.
    pub first: u64,
    /// Its log from there on.
    pub entries: Arc<[Entry<C>]>,
}

inspect!(Offer<C: Payload> { last, force, snapshot, first, entries });

/// What a leader sends to be appended.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Append<C: Payload = Value> {
    /// The leader's term.
    pub term: u32,
    /// What the answer is bound to.
    pub bond: Bond,
    /// The place before the entries.
    pub prev: Mark,
    /// The entries.
    pub entries: Arc<[Entry<C>]>,
    /// Through which index everything is committed.
    pub commit: u64,
    /// What it expects.
    pub pace: Pace,
}

inspect!(Append<C: Payload> { term, bond, prev, entries, commit, pace });

/// What a candidate says of itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Bid {
    /// The term that it stands in, or would.
    pub term: u32,
    /// Whether it only asks who would vote for it.
    pub pre: bool,
    /// Whether the leader asked it to stand.
    pub called: bool,
    /// The last place of its log.
    pub last: Mark,
    /// Through which index it knows everything to be committed.
    pub commit: u64,
}

inspect!(Bid { term, pre, called, last, commit });

/// What is sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Words<C: Payload = Value> {
    /// RequestVote, and the question before it.
    Stand(Bid),
    /// The answer: for a vote the term of the request, for a refusal the voter's own.
    Vote {
        /// The term.
        term: u32,
        /// Whether it answers the question before.
        pre: bool,
        /// Whether the vote is the candidate's.
        granted: bool,
        /// What the candidate lacks.
        offer: Option<Arc<Offer<C>>>,
    },
    /// AppendEntries.
    Append(Append<C>),
    /// The log is the leader's through an index, and applied through another.
    Matched {
        /// The leader's term.
        term: u32,
        /// What is answered.
        bond: Bond,
        /// Through which index the log is the leader's.
        through: u64,
        /// Through which it is applied.
        applied: u64,
    },
    /// What was sent does not fit here.
    Refused {
        /// The term of who refuses.
        term: u32,
        /// What is answered.
        bond: Bond,
        /// The index before the entries that were refused.
        at: u64,
        /// The term that stands there instead, and the first index of it; if nothing stands
        /// there, term 0 and the first index that is free.
        conflict: Mark,
    },
    /// InstallSnapshot.
    Install {
        /// The leader's term.
        term: u32,
        /// What the answer is bound to.
        bond: Bond,
        /// The state.
        snapshot: Arc<Snapshot<C>>,
    },
    /// Commands of the sender; if there are none, it asks for a session.
    Forward {
        /// The number of the first.
        first: u32,
        /// In which session of the sender, or after which one.
        session: u64,
        /// What they say.
        payloads: Arc<[C]>,
    },
    /// What came of commands that the receiver has sent once more.
    Reply(Reply),
    /// Through which index must be applied what is read now?
    ReadAsk(Attempt),
    /// Through this one.
    ReadAt(Attempt, u64),
    /// The sender would lead in place of the leader of this term.
    LetLead(u32),
    /// TimeoutNow: says the leader of this term.
    StandNow(u32),
    /// Please change the members, if the receiver leads in this term.
    Wish(u32, Attempt, Change),
    /// That is made, or refused, by the leader of this term.
    Outcome(u32, Attempt, Option<Refusal>),
    /// Who leads? With the last place of the sender's log.
    Who(Mark),
    /// The sender knows of a committed change that leaves the receiver without a vote; with the
    /// last place of its log.
    Out(Mark),
}

inspect!(
    enum Words<C: Payload> {
        Stand(bid),
        Vote { term, pre, granted, offer },
        Append(append),
        Matched { term, bond, through, applied },
        Refused { term, bond, at, conflict },
        Install { term, bond, snapshot },
        Forward { first, session, payloads },
        Reply(reply),
        ReadAsk(attempt),
        ReadAt(attempt, index),
        LetLead(term),
        StandNow(term),
        Wish(term, attempt, change),
        Outcome(term, attempt, refused),
        Who(last),
        Out(last),
    }
);

fn show<C: Payload>(append: &Append<C>, name: &dyn Fn(Value) -> String) -> String {
    let Append { term, prev, entries, commit, pace, .. } = append;
    let first = prev.index.saturating_add(1);
    let what = match &entries[..] {
        [] if *pace == Pace::Rest => return format!("lead {term}, rest"),
        [] => return format!("lead {term}, {commit} committed"),
        [Entry { members: Some(members), .. }] => {
            format!("{first} = members {}", members.shown().show())
        }
        [Entry { batch: None, .. }] => format!("{first} = nothing"),
        [Entry { batch: Some(batch), .. }] => {
            format!("{first} = {}", batch::show(&batch.payloads, name))
        }
        more => format!("{first}-{}", prev.index.saturating_add(more.len() as u64)),
    };
    format!("append {term}: {what}")
}

impl<C: Payload> Message for Words<C> {
    fn label(&self, name: &dyn Fn(Value) -> String) -> String {
        match self {
            Self::Stand(Bid { term, pre: true, .. }) => format!("would you vote in {term}?"),
            Self::Stand(Bid { term, .. }) => format!("vote in {term}?"),
            Self::Vote { term, granted: false, .. } => format!("no vote, {term}"),
            Self::Vote { term, pre: true, .. } => format!("would vote in {term}"),
            Self::Vote { term, offer: None, .. } => format!("vote in {term}"),
            Self::Vote { term, offer: Some(offer), .. } => {
                format!("vote in {term}, log to {}", offer.last.index)
            }
            Self::Append(append) => show(append, name),
            Self::Matched { term, through, .. } => format!("has {term} to {through}"),
            Self::Refused { term, at, .. } => format!("{term}: not after {at}"),
            Self::Install { term, snapshot, .. } => {
                format!("lead {term}, state {}", snapshot.last.index)
            }
            Self::Forward { session, payloads, .. } if payloads.is_empty() => {
                format!("a session after {session}?")
            }
            Self::Forward { payloads, .. } => format!("please {}", batch::show(payloads, name)),
            Self::Reply(reply) => format!("done to command {}", reply.last()),
            Self::ReadAsk(_) => "read where?".into(),
            Self::ReadAt(_, index) => format!("read at {index}"),
            Self::LetLead(term) => format!("let me lead after {term}"),
            Self::StandNow(term) => format!("stand after {term}"),
            Self::Wish(term, _, change) => format!("members {} in {term}?", change.show()),
            Self::Outcome(term, _, None) => format!("members changed, {term}"),
            Self::Outcome(term, _, Some(why)) => format!("no change, {term}: {}", why.text()),
            Self::Who(_) => "who leads?".into(),
            Self::Out(_) => "you have no vote".into(),
        }
    }

    fn items(&self, _: Process) -> u64 {
        match self {
            Self::Append(append) => append.entries.iter().map(|one| one.weight() as u64).sum(),
            Self::Forward { payloads, .. } => payloads.len().max(1) as u64,
            _ => 1,
        }
    }
}
