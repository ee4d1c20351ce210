//! The same requests to two servers, and whether they answer alike.

use quorate_service::proto::etcdserverpb as pb;
use quorate_service::proto::etcdserverpb::kv_client::KvClient;
use quorate_service::proto::etcdserverpb::maintenance_client::MaintenanceClient;
use quorate_store::Command;
use tonic::transport::Channel;
use tonic::{Code, Request};

use crate::draw::{self, Draw};
use crate::messages;

/// What is asked.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Asked {
    Range(pb::RangeRequest),
    Put(pb::PutRequest),
    Delete(pb::DeleteRangeRequest),
    Txn(pb::TxnRequest),
    Compact(pb::CompactionRequest),
    Hash(pb::HashKvRequest),
}

/// What is answered, with no header's cluster, member and term.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Answer {
    Range(pb::RangeResponse),
    Put(pb::PutResponse),
    Delete(pb::DeleteRangeResponse),
    Txn(pb::TxnResponse),
    Compact(pb::CompactionResponse),
    Hash(pb::HashKvResponse),
    Refused(Code, String),
}

/// What was compared.
#[derive(Default, Debug)]
pub(crate) struct Count {
    pub(crate) requests: u64,
    pub(crate) refused: u64,
    pub(crate) hashes: u64,
    pub(crate) revision: i64,
}

/// A server, by its two clients.
pub(crate) struct Server {
    keys: KvClient<Channel>,
    member: MaintenanceClient<Channel>,
}

impl Answer {
    /// The revision of the header; 0 for what was refused.
    fn revision(&self) -> i64 {
        let header = match self {
            Self::Range(answer) => &answer.header,
            Self::Put(answer) => &answer.header,
            Self::Delete(answer) => &answer.header,
            Self::Txn(answer) => &answer.header,
            Self::Compact(answer) => &answer.header,
            Self::Hash(answer) => &answer.header,
            Self::Refused(..) => return 0,
        };
        header.as_ref().map_or(0, |header| header.revision)
    }

    /// Leaves out who answered. That there is a header is compared.
    fn anonymous(mut self) -> Self {
        let header = match &mut self {
            Self::Range(answer) => &mut answer.header,
            Self::Put(answer) => &mut answer.header,
            Self::Delete(answer) => &mut answer.header,
            Self::Txn(answer) => &mut answer.header,
            Self::Compact(answer) => &mut answer.header,
            Self::Hash(answer) => &mut answer.header,
            Self::Refused(..) => return self,
        };
        if let Some(header) = header {
            (header.cluster_id, header.member_id, header.raft_term) = (0, 0, 0);
        }
        self
    }
}

fn answer<T>(got: Result<tonic::Response<T>, tonic::Status>, of: fn(T) -> Answer) -> Answer {
    match got {
        Ok(answer) => of(answer.into_inner()).anonymous(),
        Err(status) => Answer::Refused(status.code(), status.message().into()),
    }
}

impl Server {
    pub(crate) async fn connect(url: &str) -> Result<Self, tonic::transport::Error> {
        let channel = Channel::from_shared(url.to_owned()).expect("it is a URL").connect().await?;
        let keys = KvClient::new(channel.clone());
        Ok(Self { keys, member: MaintenanceClient::new(channel) })
    }

    pub(crate) async fn ask(&mut self, asked: &Asked) -> Answer {
        match asked.clone() {
            Asked::Range(asked) => answer(self.keys.range(led(asked)).await, Answer::Range),
            Asked::Put(asked) => answer(self.keys.put(led(asked)).await, Answer::Put),
            Asked::Delete(asked) => {
                answer(self.keys.delete_range(led(asked)).await, Answer::Delete)
            }
            Asked::Txn(asked) => answer(self.keys.txn(led(asked)).await, Answer::Txn),
            Asked::Compact(asked) => answer(self.keys.compact(led(asked)).await, Answer::Compact),
            Asked::Hash(asked) => answer(self.member.hash_kv(led(asked)).await, Answer::Hash),
        }
    }

    /// The revision of the store.
    pub(crate) async fn revision(&mut self) -> i64 {
        let range = pb::RangeRequest { key: b"x".into(), ..pb::RangeRequest::default() };
        self.ask(&Asked::Range(range)).await.revision()
    }
}

/// With the wish for a leader: both have one.
fn led<T>(asked: T) -> Request<T> {
    let mut request = Request::new(asked);
    request.metadata_mut().insert("hasleader", "true".parse().expect("it is a word"));
    request
}

fn next(draw: &mut Draw) -> Asked {
    if draw.odds(3) {
        let back = draw.below(20) as i64;
        let revision = if draw.odds(50) { 0 } else { draw.revision + 1 - back };
        return Asked::Hash(pb::HashKvRequest { revision });
    }
    match draw.next() {
        draw::Request::Read(range) => {
            let serializable = draw.odds(20);
            Asked::Range(pb::RangeRequest { serializable, ..messages::range(range) })
        }
        draw::Request::Change(Command::Put(put)) => Asked::Put(messages::put(put)),
        draw::Request::Change(Command::Delete(delete)) => Asked::Delete(messages::delete(delete)),
        draw::Request::Change(Command::Txn(txn)) => Asked::Txn(messages::txn(txn)),
        draw::Request::Change(Command::Compact(revision)) => {
            // What etcd has not removed from its file yet is in its hash if no key is left.
            Asked::Compact(pb::CompactionRequest { revision, physical: true })
        }
    }
}

/// Sends random requests to both, one after the other.
///
/// # Errors
/// With the first that was answered otherwise.
pub(crate) async fn compare(
    one: &mut Server,
    other: &mut Server,
    seed: u64,
    requests: u64,
) -> Result<Count, String> {
    let (mut draw, mut count) = (Draw::new(seed), Count::default());
    for at in 0..requests {
        let asked = next(&mut draw);
        let (said, expected) = tokio::join!(one.ask(&asked), other.ask(&asked));
        if said != expected {
            return Err(format!(
                "request {at} of seed {seed}: {asked:#?}\nquorate: {said:#?}\netcd: {expected:#?}"
            ));
        }
        count.requests += 1;
        count.hashes += u64::from(matches!(said, Answer::Hash(_)));
        count.refused += u64::from(matches!(said, Answer::Refused(..)));
        draw.revision = draw.revision.max(said.revision());
        if let (Asked::Compact(asked), Answer::Compact(_)) = (&asked, &said) {
            draw.compacted = asked.revision;
        }
    }
    count.revision = draw.revision;
    Ok(count)
}
