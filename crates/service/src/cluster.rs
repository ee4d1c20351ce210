//! Who the members are: `etcdserverpb.Cluster`.

use tonic::{Request, Response, Status};

use crate::gate::Gate;
use crate::proto::etcdserverpb as pb;
use crate::proto::etcdserverpb::cluster_server::Cluster;
use crate::refused;
use crate::replica::{Member, Replica};

fn member(one: Member) -> pb::Member {
    pb::Member {
        id: one.id,
        name: one.name,
        peer_ur_ls: one.peer_urls,
        client_ur_ls: one.client_urls,
        is_learner: one.learner,
    }
}

#[tonic::async_trait]
impl<R: Replica> Cluster for Gate<R> {
    /// What is known here, and everything that was acknowledged if that is asked for. The header
    /// has no revision, as in etcd.
    async fn member_list(
        &self,
        request: Request<pb::MemberListRequest>,
    ) -> Result<Response<pb::MemberListResponse>, Status> {
        self.pass(request.metadata(), false)?;
        if request.get_ref().linearizable {
            self.barrier().await?;
        }
        let members = self.replica.members().into_iter().map(member).collect();
        Ok(Response::new(pb::MemberListResponse { header: self.header(0), members }))
    }

    async fn member_add(
        &self,
        _: Request<pb::MemberAddRequest>,
    ) -> Result<Response<pb::MemberAddResponse>, Status> {
        Err(refused::missing("adding a member"))
    }

    async fn member_remove(
        &self,
        _: Request<pb::MemberRemoveRequest>,
    ) -> Result<Response<pb::MemberRemoveResponse>, Status> {
        Err(refused::missing("removing a member"))
    }

    async fn member_update(
        &self,
        _: Request<pb::MemberUpdateRequest>,
    ) -> Result<Response<pb::MemberUpdateResponse>, Status> {
        Err(refused::missing("changing where a member is reached"))
    }

    async fn member_promote(
        &self,
        _: Request<pb::MemberPromoteRequest>,
    ) -> Result<Response<pb::MemberPromoteResponse>, Status> {
        Err(refused::missing("promoting a learner"))
    }
}
