//! The exchanges over madsim's endpoints, whose delays are uniform from 1 to 10 ms by default.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use madsim::net::Endpoint;
use madsim::runtime::Runtime;

const PORT: u16 = 9;

/// A run of about so many messages: how many were sent.
pub(crate) fn run(relay: bool, n: u16, messages: u64) -> u64 {
    let runtime = Runtime::with_seed_and_config(1, madsim::Config::default());
    let sent = Arc::new(AtomicU64::new(0));
    let all: Arc<[SocketAddr]> = (0..n).map(address).collect();
    for me in 0..n {
        let node = runtime.create_node().ip(address(me).ip()).build();
        let (sent, all) = (sent.clone(), all.clone());
        node.spawn(async move {
            let endpoint = Endpoint::bind(all[usize::from(me)]).await.expect("the port is free");
            // Whoever sends before the others listen is not heard.
            madsim::time::sleep(Duration::from_millis(1)).await;
            match relay {
                true => pass_on(&endpoint, all[usize::from((me + 1) % n)], &sent).await,
                false => rounds(&endpoint, &all, me, &sent).await,
            }
            .expect("nobody fails");
        });
    }
    // Its sends take time of their own, so that fewer fit into a run than elsewhere.
    runtime.block_on(async {
        while sent.load(Ordering::Relaxed) < messages {
            madsim::time::sleep(Duration::from_millis(10)).await;
        }
    });
    sent.load(Ordering::Relaxed)
}

fn address(p: u16) -> SocketAddr {
    let [high, low] = p.to_be_bytes();
    (IpAddr::from(Ipv4Addr::new(10, 1, high, low + 1)), PORT).into()
}

async fn pass_on(endpoint: &Endpoint, next: SocketAddr, sent: &AtomicU64) -> std::io::Result<()> {
    let mut buffer = [0; 2];
    loop {
        endpoint.send_to(next, 1, &buffer).await?;
        sent.fetch_add(1, Ordering::Relaxed);
        endpoint.recv_from(1, &mut buffer).await?;
    }
}

async fn rounds(
    endpoint: &Endpoint,
    all: &[SocketAddr],
    me: u16,
    sent: &AtomicU64,
) -> std::io::Result<()> {
    let (mut round, mut came, mut early) = (0u16, 0, 0);
    let mut buffer = [0; 2];
    loop {
        for (_, to) in all.iter().enumerate().filter(|(p, _)| *p != usize::from(me)) {
            endpoint.send_to(*to, 1, &round.to_le_bytes()).await?;
            sent.fetch_add(1, Ordering::Relaxed);
        }
        while came + 1 < all.len() {
            endpoint.recv_from(1, &mut buffer).await?;
            match u16::from_le_bytes(buffer) == round {
                true => came += 1,
                false => early += 1,
            }
        }
        round = round.wrapping_add(1);
        (came, early) = (early, 0);
    }
}
