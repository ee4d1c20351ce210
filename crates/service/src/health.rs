//! Whether this server is well: `grpc.health.v1.Health`.

use tonic::{Request, Response, Status};

use crate::gate::Gate;
use crate::proto::health::health_check_response::ServingStatus;
use crate::proto::health::health_server::Health;
use crate::proto::health::{HealthCheckRequest, HealthCheckResponse};
use crate::replica::Replica;

/// The services that are offered; the empty name is the server itself.
const SERVICES: [&str; 4] =
    ["", "etcdserverpb.KV", "etcdserverpb.Cluster", "etcdserverpb.Maintenance"];

#[tonic::async_trait]
impl<R: Replica> Health for Gate<R> {
    /// A server that answers serves: what needs a leader says by itself that there is none.
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        if !SERVICES.contains(&request.get_ref().service.as_str()) {
            return Err(Status::not_found("unknown service"));
        }
        Ok(Response::new(HealthCheckResponse { status: ServingStatus::Serving as i32 }))
    }
}
