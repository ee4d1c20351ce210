//! What is asked of a single member: `etcdserverpb.Maintenance`.

use std::sync::Arc;

use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use crate::gate::Gate;
use crate::proto::etcdserverpb as pb;
use crate::proto::etcdserverpb::alarm_request::AlarmAction;
use crate::proto::etcdserverpb::maintenance_server::Maintenance;
use crate::refused;
use crate::replica::{Replica, Unavailable};

fn size(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[tonic::async_trait]
impl<R: Replica> Maintenance for Gate<R> {
    type SnapshotStream = BoxStream<pb::SnapshotResponse>;

    /// There are no alarms: what a member cannot do it refuses by itself.
    async fn alarm(
        &self,
        request: Request<pb::AlarmRequest>,
    ) -> Result<Response<pb::AlarmResponse>, Status> {
        self.pass(request.metadata(), false)?;
        if request.get_ref().action != AlarmAction::Get as i32 {
            return Err(refused::missing("raising or disarming an alarm"));
        }
        Ok(Response::new(pb::AlarmResponse::default()))
    }

    async fn status(
        &self,
        request: Request<pb::StatusRequest>,
    ) -> Result<Response<pb::StatusResponse>, Status> {
        self.pass(request.metadata(), true)?;
        let status = self.replica.status();
        let leaderless = (status.leader == 0).then(|| Unavailable::NoLeader.to_string());
        Ok(Response::new(pb::StatusResponse {
            header: self.header(self.replica.read(|store| store.revision())),
            version: status.version.into(),
            db_size: size(status.size),
            leader: status.leader,
            raft_index: status.committed,
            raft_term: status.term,
            raft_applied_index: status.applied,
            errors: leaderless.into_iter().collect(),
            db_size_in_use: size(status.size_used),
            is_learner: status.learner,
        }))
    }

    async fn hash_kv(
        &self,
        request: Request<pb::HashKvRequest>,
    ) -> Result<Response<pb::HashKvResponse>, Status> {
        self.pass(request.metadata(), false)?;
        let asked = request.get_ref().revision;
        let replica = Arc::clone(&self.replica);
        // It goes through all that is kept of the past, which others do not wait for.
        let read =
            move || replica.read(|store| (store.hash(asked), store.revision(), store.compacted()));
        let (hash, revision, compacted) = tokio::task::spawn_blocking(read)
            .await
            .map_err(|error| Status::internal(error.to_string()))?;
        Ok(Response::new(pb::HashKvResponse {
            header: self.header(revision),
            hash: hash.map_err(refused::error)?,
            // As etcd says that it never was.
            compact_revision: compacted.unwrap_or(-1),
        }))
    }

    async fn hash(
        &self,
        _: Request<pb::HashRequest>,
    ) -> Result<Response<pb::HashResponse>, Status> {
        Err(refused::missing("a hash of the file of the database (ask for HashKV)"))
    }

    async fn snapshot(
        &self,
        _: Request<pb::SnapshotRequest>,
    ) -> Result<Response<Self::SnapshotStream>, Status> {
        Err(refused::missing("a snapshot"))
    }

    async fn defragment(
        &self,
        _: Request<pb::DefragmentRequest>,
    ) -> Result<Response<pb::DefragmentResponse>, Status> {
        Err(refused::missing("defragmenting"))
    }

    async fn move_leader(
        &self,
        _: Request<pb::MoveLeaderRequest>,
    ) -> Result<Response<pb::MoveLeaderResponse>, Status> {
        Err(refused::missing("moving the leader"))
    }

    async fn downgrade(
        &self,
        _: Request<pb::DowngradeRequest>,
    ) -> Result<Response<pb::DowngradeResponse>, Status> {
        Err(refused::missing("a downgrade"))
    }
}
