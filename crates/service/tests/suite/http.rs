//! What is asked without gRPC.

use quorate_service::Unavailable;
use quorate_service::proto::health::HealthCheckRequest;
use quorate_service::proto::health::health_check_response::ServingStatus;
use quorate_service::proto::health::health_client::HealthClient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Code;

use crate::local::{Running, Trouble};

/// The first line of the answer, and what is in it.
async fn get(running: &Running, path: &str) -> (String, String) {
    let address = running.url.strip_prefix("http://").expect("it is a URL");
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let first = head.lines().next().expect("a line");
    (first.into(), body.into())
}

fn with(code: &str, body: &str) -> (String, String) {
    (format!("HTTP/1.1 {code}"), body.into())
}

#[tokio::test]
async fn plain_http_is_answered_on_the_same_port() {
    let running = Running::start(Trouble::default()).await;
    assert_eq!(get(&running, "/health").await, with("200 OK", r#"{"health":"true"}"#));
    let version = r#"{"etcdserver":"3.4.23","etcdcluster":"3.4.0"}"#;
    assert_eq!(get(&running, "/version").await, with("200 OK", version));
    assert_eq!(get(&running, "/metrics").await, with("200 OK", "applied 0\n"));
    assert_eq!(get(&running, "/x").await, with("404 Not Found", "404 page not found\n"));
    running.stop().await;
}

#[tokio::test]
async fn whoever_cannot_read_is_not_well() {
    let stale = Some(Unavailable::TimedOut);
    for trouble in [
        Trouble { leaderless: true, ..Trouble::default() },
        Trouble { stale, ..Trouble::default() },
    ] {
        let running = Running::start(trouble).await;
        let ill = with("503 Service Unavailable", r#"{"health":"false"}"#);
        assert_eq!(get(&running, "/health").await, ill);
        running.stop().await;
    }
}

#[tokio::test]
async fn the_health_check_of_grpc_is_answered() {
    let running = Running::start(Trouble::default()).await;
    let mut client = HealthClient::connect(running.url.clone()).await.expect("it listens");
    for service in ["", "etcdserverpb.KV"] {
        let asked = HealthCheckRequest { service: service.into() };
        let said = client.check(asked).await.expect("it is known").into_inner();
        assert_eq!(said.status(), ServingStatus::Serving);
    }
    let asked = HealthCheckRequest { service: "etcdserverpb.Lease".into() };
    let refused = client.check(asked).await.expect_err("it is not offered");
    assert_eq!(refused.code(), Code::NotFound);
    running.stop().await;
}
