//! What the interface asks of the replica behind it.

use std::future::Future;
use std::{error, fmt};

use quorate_store::{Done, Error, Range, Store, Txn};

/// A member of a group that keeps a [`Store`] by a replicated log, as the interface sees it. It is
/// asked by many tasks at once.
pub trait Replica: Send + Sync + 'static {
    /// Lets somebody read the store as it is here. What is applied waits meanwhile, so `read` is
    /// short and does not wait for anything.
    fn read<T>(&self, read: impl FnOnce(&Store) -> T) -> T;

    /// Replicates a command, which is the bytes of a [`quorate_store::Command`], and answers once
    /// it is applied to the store here. Whoever goes away meanwhile drops what is waited for: the
    /// command may be done all the same.
    ///
    /// # Errors
    /// If that did not happen, or is not known: [`Unavailable::is_unknown`] says which.
    fn propose(
        &self,
        command: Vec<u8>,
    ) -> impl Future<Output = Result<Outcome, Unavailable>> + Send;

    /// Answers once the store here has everything that anybody was told was done before this was
    /// asked (Raft: ReadIndex; Ongaro 2014, 6.4).
    ///
    /// # Errors
    /// If that cannot be said.
    fn barrier(&self) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// A client reads this, here and now if it says so: the number of the call, if somebody
    /// writes down what clients see.
    fn reads(
        &self,
        what: impl FnOnce() -> Read + Send,
        local: bool,
    ) -> impl Future<Output = Option<u64>> + Send {
        let _ = (what, local);
        async { None }
    }

    /// The client with this call has read something, or was refused.
    fn has_read<T: fmt::Debug + Sync>(
        &self,
        number: u64,
        read: Result<&T, &str>,
    ) -> impl Future<Output = ()> + Send {
        let _ = (number, read);
        async {}
    }

    /// What the replica knows of itself. It is asked for every answer, so it is quick.
    fn status(&self) -> Status;

    /// The members, as far as is known here.
    fn members(&self) -> Vec<Member>;

    /// What `/metrics` answers: text in the format of Prometheus.
    fn metrics(&self) -> String {
        String::new()
    }
}

/// What a client reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Read {
    /// A range.
    Range(Range),
    /// What a transaction that writes nothing asks for.
    Txn(Txn),
}

/// What became of a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// What the store answered.
    pub answer: Result<Done, Error>,
    /// The revision of the store right after that.
    pub revision: i64,
    /// The term in which it was applied.
    pub term: u64,
}

/// What a replica knows of itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Status {
    /// The number of the group.
    pub cluster: u64,
    /// Its own number; never 0.
    pub member: u64,
    /// The number of the leader; 0 if none is known.
    pub leader: u64,
    /// The term.
    pub term: u64,
    /// The last index that is known to be committed.
    pub committed: u64,
    /// The last index that is applied.
    pub applied: u64,
    /// How many bytes it takes on the disk.
    pub size: u64,
    /// How many of these are used.
    pub size_used: u64,
    /// The version of the interface that is answered to clients, such as [`crate::VERSION`].
    pub version: &'static str,
    /// Whether it has no vote.
    pub learner: bool,
}

/// A member of the group.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Member {
    /// Its number.
    pub id: u64,
    /// Its name; empty until it has started.
    pub name: String,
    /// Where the others reach it, as URLs.
    pub peer_urls: Vec<String>,
    /// Where clients reach it, as URLs.
    pub client_urls: Vec<String>,
    /// Whether it has no vote.
    pub learner: bool,
}

/// Why a replica does not do what it is asked, in etcd's words: clients compare them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unavailable {
    /// No leader is known, and nothing was done.
    NoLeader,
    /// The leader changed. A command may be done all the same.
    LeaderChanged,
    /// It took too long. A command may be done all the same.
    TimedOut,
    /// It took too long, and the leader failed meanwhile. A command may be done all the same.
    LeaderFailed,
    /// It took too long, and others are out of reach. A command may be done all the same.
    ConnectionLost,
    /// The replica stops. A command may be done all the same.
    Stopped,
    /// More is waiting than is taken, and nothing was done.
    TooManyRequests,
    /// There is no room for it, and nothing was done.
    NoSpace,
    /// What the replica has is not what it should have, and nothing was done.
    Corrupt,
}

impl Unavailable {
    /// Whether a command may be done all the same, now or later.
    pub fn is_unknown(self) -> bool {
        match self {
            Self::NoLeader | Self::TooManyRequests | Self::NoSpace | Self::Corrupt => false,
            Self::LeaderChanged
            | Self::TimedOut
            | Self::LeaderFailed
            | Self::ConnectionLost
            | Self::Stopped => true,
        }
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("etcdserver: ")?;
        f.write_str(match self {
            Self::NoLeader => "no leader",
            Self::LeaderChanged => "leader changed",
            Self::TimedOut => "request timed out",
            Self::LeaderFailed => "request timed out, possibly due to previous leader failure",
            Self::ConnectionLost => "request timed out, possibly due to connection lost",
            Self::Stopped => "server stopped",
            Self::TooManyRequests => "too many requests",
            Self::NoSpace => "mvcc: database space exceeded",
            Self::Corrupt => "corrupt cluster",
        })
    }
}

impl error::Error for Unavailable {}
