//! Keys: `etcdserverpb.KV`.

use std::fmt::Debug;

use quorate_store::{Command, Done, Store, Txn};
use tonic::{Request, Response, Status};

use crate::gate::Gate;
use crate::proto::etcdserverpb as pb;
use crate::proto::etcdserverpb::kv_server::Kv;
use crate::proto::etcdserverpb::request_op;
use crate::replica::{Outcome, Read, Replica};
use crate::{REQUEST_MAX, answers, refused, requests};

impl<R: Replica> Gate<R> {
    /// Has a command done everywhere. What is refused whatever is stored goes nowhere.
    async fn done(&self, command: &Command) -> Result<(Done, Option<pb::ResponseHeader>), Status> {
        command.check().map_err(refused::error)?;
        let bytes = command.encode();
        if bytes.len() > REQUEST_MAX {
            return Err(refused::too_large());
        }
        let outcome = self.replica.propose(bytes).await.map_err(refused::unavailable)?;
        let Outcome { answer, revision, term } = outcome;
        let done = answer.map_err(refused::error)?;
        let header = self.header(revision);
        Ok((done, header.map(|header| pb::ResponseHeader { raft_term: term, ..header })))
    }

    /// What only reads is read here, once everything is here that has to be.
    async fn read_txn(&self, txn: &Txn, serializable: bool) -> Result<pb::TxnResponse, Status> {
        let what = || Read::Txn(txn.clone());
        let done = self.read(what, serializable, |store| store.read_txn(txn)).await?;
        let done = done.ok_or_else(other)?.map_err(refused::error)?;
        Ok(answers::txn(self.header(done.revision), done))
    }

    /// Reads, and says so to whoever writes down what clients see.
    async fn read<T: Debug + Send + Sync>(
        &self,
        what: impl FnOnce() -> Read + Send,
        serializable: bool,
        read: impl FnOnce(&Store) -> T + Send,
    ) -> Result<T, Status> {
        let number = self.replica.reads(what, serializable).await;
        let current = if serializable { Ok(()) } else { self.barrier().await };
        let done = current.map(|()| self.replica.read(read));
        if let Some(number) = number {
            self.replica.has_read(number, done.as_ref().map_err(Status::message)).await;
        }
        done
    }
}

/// A replica that answers to something else than what it was asked is broken.
fn other() -> Status {
    Status::internal("the replica answered to another request: stop it and look at its log")
}

/// Whether every read says that what this member has is enough. Where there is none, nothing says
/// so, and what is compared has to be up to date.
fn is_serializable(txn: &pb::TxnRequest) -> bool {
    let mut reads = txn.success.iter().chain(&txn.failure).peekable();
    let says = |operation: &pb::RequestOp| match &operation.request {
        Some(request_op::Request::RequestRange(range)) => range.serializable,
        _ => false,
    };
    reads.peek().is_some() && reads.all(says)
}

#[tonic::async_trait]
impl<R: Replica> Kv for Gate<R> {
    async fn range(
        &self,
        request: Request<pb::RangeRequest>,
    ) -> Result<Response<pb::RangeResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        let serializable = asked.serializable;
        self.pass(&metadata, serializable)?;
        let range = requests::range(asked).map_err(refused::error)?;
        range.check().map_err(refused::error)?;
        let what = || Read::Range(range.clone());
        let done = self.read(what, serializable, |store| store.range(&range)).await?;
        let done = done.map_err(refused::error)?;
        Ok(Response::new(answers::range(self.header(done.revision), done)))
    }

    async fn put(
        &self,
        request: Request<pb::PutRequest>,
    ) -> Result<Response<pb::PutResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.pass(&metadata, false)?;
        match self.done(&Command::Put(requests::put(asked))).await? {
            (Done::Put(done), header) => Ok(Response::new(answers::put(header, done))),
            _ => Err(other()),
        }
    }

    async fn delete_range(
        &self,
        request: Request<pb::DeleteRangeRequest>,
    ) -> Result<Response<pb::DeleteRangeResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.pass(&metadata, false)?;
        match self.done(&Command::Delete(requests::delete(asked))).await? {
            (Done::Delete(done), header) => Ok(Response::new(answers::delete(header, done))),
            _ => Err(other()),
        }
    }

    async fn txn(
        &self,
        request: Request<pb::TxnRequest>,
    ) -> Result<Response<pb::TxnResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.pass(&metadata, false)?;
        let serializable = is_serializable(&asked);
        let txn = requests::txn(asked).map_err(refused::error)?;
        if txn.only_reads() {
            txn.check().map_err(refused::error)?;
            return self.read_txn(&txn, serializable).await.map(Response::new);
        }
        match self.done(&Command::Txn(txn)).await? {
            (Done::Txn(done), header) => Ok(Response::new(answers::txn(header, done))),
            _ => Err(other()),
        }
    }

    async fn compact(
        &self,
        request: Request<pb::CompactionRequest>,
    ) -> Result<Response<pb::CompactionResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.pass(&metadata, false)?;
        match self.done(&Command::Compact(asked.revision)).await? {
            (Done::Compact(_), header) => Ok(Response::new(pb::CompactionResponse { header })),
            _ => Err(other()),
        }
    }
}
