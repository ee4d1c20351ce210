//! How a server listens, and how it ends.

use std::sync::Arc;

use quorate_service::serve;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::beside::Server;
use crate::local::{Local, Running, Trouble};

#[tokio::test]
async fn it_answers_wherever_it_listens() {
    let mut listeners = Vec::new();
    for _ in 0..2 {
        listeners.push(TcpListener::bind("127.0.0.1:0").await.expect("a port is free"));
    }
    let place = |one: &TcpListener| format!("http://{}", one.local_addr().expect("it is bound"));
    let urls: Vec<String> = listeners.iter().map(place).collect();
    let local = Arc::new(Local::new(urls[0].clone(), Trouble::default()));
    let (stop, stopped) = oneshot::channel::<()>();
    let until = async move { drop(stopped.await) };
    let server = tokio::spawn(serve(local, listeners, until));
    for url in &urls {
        let mut client = Server::connect(url).await.expect("it listens");
        assert_eq!(client.revision().await, 1);
    }
    drop(stop);
    server.await.expect("it does not panic").expect("it served");
    for url in &urls {
        assert!(Server::connect(url).await.is_err(), "{url} still answers");
    }
}

#[tokio::test]
async fn it_ends_though_somebody_is_connected() {
    let running = Running::start(Trouble::default()).await;
    let address = running.url.strip_prefix("http://").expect("it is a URL").to_owned();
    let silent = TcpStream::connect(&address).await.expect("it listens");
    let mut client = Server::connect(&running.url).await.expect("it listens");
    assert_eq!(client.revision().await, 1);
    running.stop().await;
    assert_eq!(client.revision().await, 0);
    drop(silent);
}
