//! The connection to a peer: made, kept, and made again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg32;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};

use crate::error::Ended;
use crate::frame::{self, Decoder, Kind, Malformed};
use crate::hello::{HELLO_MAX, Hello, Refusal, read_number};
use crate::message::put_piece;
use crate::outbox::Outbox;
use crate::shared::Shared;
use crate::stream::{Stream, read_more, read_one, write_one};

/// The longest wait after the first attempt that failed, and after many.
const WAIT_FIRST: Duration = Duration::from_millis(20);
const WAIT_LAST: Duration = Duration::from_secs(1);
/// How many bytes are written at a time.
const BATCH_BYTES: usize = 1 << 18;

/// Keeps a connection to a peer for as long as it is let. After a failure it waits for a random
/// part of a time that doubles (Brooker 2015, "full jitter"), or until the peer dials. A connection
/// over which nothing went, and soon ended, is a failure too.
pub(crate) async fn keep(shared: Arc<Shared>, to: u16) {
    let peer = shared.peer(to);
    let mut chance = Pcg32::seed_from_u64(shared.own.incarnation ^ u64::from(to));
    let mut longest = WAIT_FIRST;
    loop {
        match connect(&shared, to).await {
            Ok(link) => {
                let (begun, first) = (Instant::now(), peer.outbox.first());
                peer.counters.dialled.add(1);
                peer.set_trouble(None);
                shared.set_connected(|connected| connected[usize::from(to)].to = true);
                tracing::info!("p{} is connected to p{to}", shared.own.from);
                let ended = link.keep(&shared, &peer.outbox).await;
                peer.outbox.close();
                shared.set_connected(|connected| connected[usize::from(to)].to = false);
                shared.lost(to, &ended);
                if peer.outbox.first() != first || begun.elapsed() > WAIT_LAST {
                    longest = WAIT_FIRST;
                }
            }
            Err(ended) => {
                peer.counters.failed.add(1);
                shared.lost(to, &ended);
            }
        }
        let wait = longest.mul_f64(f64::from(chance.next_u32()) / f64::from(u32::MAX));
        let _ = timeout(wait, peer.outbox.awake.notified()).await;
        longest = (longest * 2).min(WAIT_LAST);
    }
}

/// A connection over which messages may go.
struct Link {
    stream: Stream,
    decoder: Decoder,
    connection: u64,
}

/// Makes a connection.
async fn connect(shared: &Shared, to: u16) -> Result<Link, Ended> {
    let most = shared.settings.handshake;
    let made = async {
        let stream = dial(shared, to).await?;
        greet(shared, to, stream).await
    };
    timeout(most, made).await.unwrap_or(Err(Ended::Late(most)))
}

/// Dials each address that the peer's name has, until one answers.
async fn dial(shared: &Shared, to: u16) -> Result<Stream, Ended> {
    let name = &shared.settings.peers[usize::from(to)];
    let none = |why: &dyn std::fmt::Display| Ended::Address(format!("{name} is no address: {why}"));
    let found: Vec<SocketAddr> = lookup_host(name).await.map_err(|why| none(&why))?.collect();
    let mut last = none(&"it has no meaning here");
    for address in found {
        if let Err(refused) = shared.settings.security.allows(address) {
            last = Ended::Address(refused.to_string());
            continue;
        }
        match TcpStream::connect(address).await {
            Ok(tcp) => {
                tcp.set_nodelay(true)?;
                return shared.settings.security.dialled(tcp, to).await;
            }
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

/// Says who dials, and hears who is there and what has arrived.
async fn greet(shared: &Shared, to: u16, mut stream: Stream) -> Result<Link, Ended> {
    let most = shared.settings.handshake;
    let outbox = &shared.peer(to).outbox;
    let own = Hello { to, ..shared.own };
    let mut decoder = Decoder::new(HELLO_MAX);
    write_one(&mut stream, Kind::Hello, &own.payload(), most).await?;
    let incarnation = read_one(&mut stream, &mut decoder, |frame| match frame.kind {
        Kind::Refused => Err(Ended::RefusedThere(Refusal::read(frame, &own)?)),
        _ => Ok(read_number(frame, Kind::Welcome)?),
    });
    let incarnation = incarnation.await?;
    outbox.met(incarnation);
    write_one(&mut stream, Kind::Begin, &[], most).await?;
    let through =
        read_one(&mut stream, &mut decoder, |frame| Ok(read_number(frame, Kind::Through)?));
    let through = through.await?;
    let connection = outbox.open(incarnation, through)?;
    Ok(Link { stream, decoder, connection })
}

impl Link {
    /// Sends and hears until that fails.
    async fn keep(self, shared: &Shared, outbox: &Outbox) -> Ended {
        let (read, write) = tokio::io::split(self.stream);
        let settings = &shared.settings;
        let heard = hear(read, self.decoder, outbox, self.connection, settings.silence);
        let sent = send(write, outbox, self.connection, settings.keepalive);
        let ended = tokio::select! {
            ended = heard => ended,
            ended = sent => ended,
        };
        ended.err().unwrap_or(Ended::Closed)
    }
}

/// Hears what has arrived there. Only this tells whether the other end is alive: one that reads
/// slowly makes a write wait, and is not dead.
async fn hear(
    mut read: impl AsyncRead + Unpin,
    mut decoder: Decoder,
    outbox: &Outbox,
    connection: u64,
    silence: Duration,
) -> Result<(), Ended> {
    loop {
        while let Some(frame) = decoder.frame()? {
            match frame.kind {
                Kind::Through => {
                    outbox.acknowledge(connection, read_number(frame, Kind::Through)?)?;
                }
                Kind::Alive if frame.payload.is_empty() => {}
                kind => return Err(Malformed::Turn { kind }.into()),
            }
        }
        let more = timeout(silence, read_more(&mut read, &mut decoder)).await;
        more.unwrap_or(Err(Ended::Silent(silence)))?;
    }
}

/// Sends what waits, all of it at a time, and a sign of life where nothing does.
async fn send(
    mut write: impl AsyncWrite + Unpin,
    outbox: &Outbox,
    connection: u64,
    keepalive: Duration,
) -> Result<(), Ended> {
    let (mut batch, mut bytes) = (Vec::new(), Vec::new());
    loop {
        outbox.take(connection, BATCH_BYTES, &mut batch)?;
        if batch.is_empty() {
            if timeout(keepalive, outbox.wake.notified()).await.is_ok() {
                continue;
            }
            frame::put(&mut bytes, Kind::Alive, &[]);
        }
        for (sequence, message) in batch.drain(..) {
            let mut left = Some(&message[..]);
            while let Some(rest) = left {
                left = put_piece(&mut bytes, sequence, rest);
                if bytes.len() >= BATCH_BYTES {
                    write.write_all(&bytes).await?;
                    bytes.clear();
                }
            }
        }
        write.write_all(&bytes).await?;
        bytes.clear();
        write.flush().await?;
    }
}
