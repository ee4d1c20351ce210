//! What is asked over plain HTTP, on the same port: `/health`, `/version` and `/metrics`.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::gate::Gate;
use crate::replica::Replica;
use crate::{VERSION, refused};

/// How long a replica has to say that it is well.
const PATIENCE: Duration = Duration::from_secs(1);

/// The format of Prometheus.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(crate) fn router<R: Replica>(gate: Gate<R>) -> Router {
    Router::new()
        .route("/health", get(health::<R>))
        .route("/version", get(version))
        .route("/metrics", get(metrics::<R>))
        .with_state(gate)
}

/// Well is whoever knows a leader, and can answer a read that has to be up to date.
async fn health<R: Replica>(State(gate): State<Gate<R>>) -> impl IntoResponse {
    let leads = gate.replica.status().leader != 0;
    let well = leads && matches!(tokio::time::timeout(PATIENCE, gate.barrier()).await, Ok(Ok(())));
    let code = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, format!(r#"{{"health":"{well}"}}"#))
}

/// What nobody offers, in the words of whoever asks.
pub(crate) async fn missing(uri: Uri, headers: HeaderMap) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
    if kind.starts_with(b"application/grpc") {
        return refused::missing(uri.path()).into_http();
    }
    (StatusCode::NOT_FOUND, "404 page not found\n").into_response()
}

async fn version() -> impl IntoResponse {
    let json = format!(r#"{{"etcdserver":"{VERSION}","etcdcluster":"3.4.0"}}"#);
    ([(header::CONTENT_TYPE, "application/json")], json)
}

async fn metrics<R: Replica>(State(gate): State<Gate<R>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, METRICS)], gate.replica.metrics())
}
