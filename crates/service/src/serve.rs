//! The server.

use std::future::Future;
use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_stream::StreamExt;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::authority::Lenient;
use crate::gate::Gate;
use crate::proto::etcdserverpb::cluster_server::ClusterServer;
use crate::proto::etcdserverpb::kv_server::KvServer;
use crate::proto::etcdserverpb::maintenance_server::MaintenanceServer;
use crate::proto::health::health_server::HealthServer;
use crate::replica::Replica;
use crate::{REQUEST_MAX, http};

/// How many requests of one connection are worked on at once; the others wait.
const STREAMS: u32 = 4096;

/// How many bytes of one request, and of all requests of one connection, are taken before they are
/// asked for: many requests on few connections do not wait for each other.
const WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;

/// What a message may have beyond the largest request, as etcd has it.
const OVERHEAD: usize = 512 << 10;

/// Answers clients on all listeners until `shutdown`, and then what was asked before it. HTTP/1 and
/// gRPC are told apart by themselves. To be called in a runtime of tokio with time and network.
///
/// # Errors
/// If a connection cannot be accepted any more.
pub async fn serve<R: Replica>(
    replica: Arc<R>,
    listeners: Vec<TcpListener>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let routes = routes(Gate { replica });
    let (stop, stopped) = watch::channel(false);
    let mut servers = JoinSet::new();
    for listener in listeners {
        let mut stopped = stopped.clone();
        let until = async move {
            // An error says that nobody is left who could say so.
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let incoming = incoming.map(|stream| stream.map(Lenient::new));
        let server = server().add_routes(routes.clone());
        servers.spawn(server.serve_with_incoming_shutdown(incoming, until));
    }
    // Ends with this function, if nobody shuts down before.
    let mut waits = JoinSet::new();
    waits.spawn(async move {
        shutdown.await;
        stop.send_replace(true);
    });
    let mut ended = Ok(());
    while let Some(server) = servers.join_next().await {
        ended = ended
            .and(server.map_err(io::Error::other).and_then(|done| done.map_err(io::Error::other)));
        if ended.is_err() {
            servers.abort_all();
        }
    }
    ended
}

fn server() -> Server {
    Server::builder()
        .accept_http1(true)
        .max_concurrent_streams(Some(STREAMS))
        .initial_stream_window_size(Some(WINDOW))
        .initial_connection_window_size(Some(CONNECTION_WINDOW))
}

fn routes<R: Replica>(gate: Gate<R>) -> Routes {
    let most = REQUEST_MAX + OVERHEAD;
    let kv = KvServer::new(gate.clone()).max_decoding_message_size(most);
    let grpc = Routes::new(kv)
        .add_service(ClusterServer::new(gate.clone()))
        .add_service(MaintenanceServer::new(gate.clone()))
        .add_service(HealthServer::new(gate.clone()));
    Routes::from(grpc.into_axum_router().merge(http::router(gate)).fallback(http::missing))
}
