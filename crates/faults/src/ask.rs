//! Operations on a group, each asked of one node.

use std::time::Duration;

use quorate_service::proto::etcdserverpb::compare::{CompareResult, CompareTarget, TargetUnion};
use quorate_service::proto::etcdserverpb::kv_client::KvClient;
use quorate_service::proto::etcdserverpb::maintenance_client::MaintenanceClient;
use quorate_service::proto::etcdserverpb::{
    Compare, DeleteRangeRequest, HashKvRequest, PutRequest, RangeRequest, RangeResponse, RequestOp,
    ResponseHeader, StatusRequest, TxnRequest, request_op, response_op,
};
use tokio::time::timeout;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_millis(500);
/// How long an answer to a question about a node may take.
const TOLD: Duration = Duration::from_millis(500);
/// How many operations are in one transaction; servers take up to 128.
pub(crate) const TOGETHER: usize = 100;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Silent {
    /// It was not done.
    Refused(String),
    /// It may have been done.
    Unknown,
}

/// What is there under a key: a value, or nothing, and when it was written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Held {
    pub(crate) value: Option<String>,
    pub(crate) modified: i64,
}

/// What a node says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Said {
    pub(crate) leads: bool,
    pub(crate) knows_leader: bool,
    pub(crate) term: u64,
    /// Through which index it knows the log to be committed.
    pub(crate) committed: u64,
}

/// A connection to a node.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    channel: Channel,
    patience: Duration,
}

fn silent(status: &Status) -> Silent {
    let message = status.message();
    match status.code() {
        Code::ResourceExhausted | Code::InvalidArgument | Code::OutOfRange | Code::DataLoss => {
            Silent::Refused(message.into())
        }
        _ if message == "etcdserver: no leader" => Silent::Refused(message.into()),
        _ => Silent::Unknown,
    }
}

fn revision(header: Option<ResponseHeader>) -> i64 {
    header.map_or(0, |header| header.revision)
}

fn held(answer: &RangeResponse) -> Held {
    let Some(kv) = answer.kvs.first() else { return Held::default() };
    let value = Some(String::from_utf8_lossy(&kv.value).into_owned());
    Held { value, modified: kv.mod_revision }
}

fn read(key: &str, revision: i64) -> RangeRequest {
    // Of the past it is enough to ask one node.
    RangeRequest { key: key.into(), revision, serializable: revision != 0, ..Default::default() }
}

fn put(key: &str, value: &str) -> PutRequest {
    PutRequest { key: key.into(), value: value.into(), ..Default::default() }
}

impl Node {
    /// Connects to a node.
    pub(crate) async fn connect(endpoint: &str, patience: Duration) -> Result<Self, String> {
        let known = Endpoint::from_shared(endpoint.to_string()).map_err(|why| why.to_string())?;
        let known = known.connect_timeout(CONNECT);
        let channel = timeout(CONNECT, known.connect()).await;
        let channel = channel.map_err(|_| "does not answer".to_string())?;
        Ok(Self { channel: channel.map_err(|why| why.to_string())?, patience })
    }

    async fn wait<T>(
        &self,
        asked: impl Future<Output = Result<tonic::Response<T>, Status>>,
    ) -> Result<T, Silent> {
        match timeout(self.patience, asked).await {
            Ok(Ok(answer)) => Ok(answer.into_inner()),
            Ok(Err(status)) => Err(silent(&status)),
            Err(_) => Err(Silent::Unknown),
        }
    }

    fn kv(&self) -> KvClient<Channel> {
        KvClient::new(self.channel.clone())
    }

    /// Reads a key, linearizably; with the revision of all.
    pub(crate) async fn get(&self, key: &str) -> Result<(Held, i64), Silent> {
        let answer = self.wait(self.kv().range(read(key, 0))).await?;
        Ok((held(&answer), revision(answer.header)))
    }

    /// Writes a key; with the revision that it made.
    pub(crate) async fn put(&self, key: &str, value: &str) -> Result<i64, Silent> {
        let answer = self.wait(self.kv().put(put(key, value))).await?;
        Ok(revision(answer.header))
    }

    /// Deletes a key; whether there was one, and the revision.
    pub(crate) async fn delete(&self, key: &str) -> Result<(bool, i64), Silent> {
        let asked = DeleteRangeRequest { key: key.into(), ..Default::default() };
        let answer = self.wait(self.kv().delete_range(asked)).await?;
        Ok((answer.deleted > 0, revision(answer.header)))
    }

    /// Writes a key if what is there is what was read; what was there if it is not. Values are
    /// compared, or revisions.
    pub(crate) async fn swap(
        &self,
        key: &str,
        old: &Held,
        value: &str,
        by_revision: bool,
    ) -> Result<(Option<Held>, i64), Silent> {
        let (target, union) = match (&old.value, by_revision) {
            (None, _) => (CompareTarget::Create, TargetUnion::CreateRevision(0)),
            (Some(old), false) => (CompareTarget::Value, TargetUnion::Value(old.clone().into())),
            (Some(_), true) => (CompareTarget::Mod, TargetUnion::ModRevision(old.modified)),
        };
        let compare = Compare {
            result: CompareResult::Equal.into(),
            target: target.into(),
            key: key.into(),
            target_union: Some(union),
            ..Default::default()
        };
        let operation = |one| vec![RequestOp { request: Some(one) }];
        let asked = TxnRequest {
            compare: vec![compare],
            success: operation(request_op::Request::RequestPut(put(key, value))),
            failure: operation(request_op::Request::RequestRange(read(key, 0))),
        };
        let answer = self.wait(self.kv().txn(asked)).await?;
        let revision = revision(answer.header);
        if answer.succeeded {
            return Ok((None, revision));
        }
        match answer.responses.first().and_then(|one| one.response.as_ref()) {
            Some(response_op::Response::ResponseRange(range)) => Ok((Some(held(range)), revision)),
            _ => Err(Silent::Refused("an answer to another request".into())),
        }
    }

    /// What was under each key at a revision.
    pub(crate) async fn past(&self, asked: &[(String, i64)]) -> Result<Vec<Held>, Silent> {
        let reads = asked.iter().map(|(key, revision)| RequestOp {
            request: Some(request_op::Request::RequestRange(read(key, *revision))),
        });
        let asked = TxnRequest { success: reads.collect(), ..Default::default() };
        let answer = self.wait(self.kv().txn(asked)).await?;
        let held = answer.responses.iter().filter_map(|one| match &one.response {
            Some(response_op::Response::ResponseRange(range)) => Some(held(range)),
            _ => None,
        });
        Ok(held.collect())
    }

    /// The hash of everything at a revision.
    pub(crate) async fn hash(&self, revision: i64) -> Result<u32, Silent> {
        let mut client = MaintenanceClient::new(self.channel.clone());
        Ok(self.wait(client.hash_kv(HashKvRequest { revision })).await?.hash)
    }

    async fn said(&self) -> Result<Said, Silent> {
        let mut client = MaintenanceClient::new(self.channel.clone());
        let status = self.wait(client.status(StatusRequest::default())).await?;
        let me = status.header.map_or(0, |header| header.member_id);
        Ok(Said {
            leads: status.leader == me,
            knows_leader: status.leader != 0,
            term: status.raft_term,
            committed: status.raft_index,
        })
    }
}

/// What each node says of itself, if it answers.
pub(crate) async fn all_said(endpoints: &[String]) -> Vec<Option<Said>> {
    let ask = |endpoint: String| async move {
        Node::connect(&endpoint, TOLD).await.ok()?.said().await.ok()
    };
    let asked: Vec<_> = endpoints.iter().cloned().map(|at| tokio::spawn(ask(at))).collect();
    let mut all = Vec::new();
    for one in asked {
        all.push(one.await.ok().flatten());
    }
    all
}
