//! Connections from peers: accepted, and known before anything is taken from them.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep, timeout};

use bytes::Bytes;

use crate::error::Ended;
use crate::frame::{Decoder, FRAME_MAX, Kind, Malformed};
use crate::hello::{HELLO_MAX, Hello, Refusal};
use crate::message::Assembler;
use crate::settings::Delivery;
use crate::shared::{Peer, Shared};
use crate::source::Turn;
use crate::stream::{Stream, read_more, read_one, write_one};

/// How long to wait where the system does not let accept, mostly for want of file descriptors.
const ACCEPT_WAIT: Duration = Duration::from_millis(50);

/// Those of which it is not known yet who they are, the oldest first.
#[derive(Default, Debug)]
pub(crate) struct Strangers {
    there: Mutex<VecDeque<Arc<Notify>>>,
}

impl Strangers {
    /// One more comes; where there are too many, the oldest has to go. One that is who it says is
    /// known in a moment, so it hardly ever is the oldest of many.
    fn enter(&self, most: usize) -> Arc<Notify> {
        let mut there = self.there();
        while there.len() >= most.max(1) {
            if let Some(oldest) = there.pop_front() {
                oldest.notify_one();
            }
        }
        let leave = Arc::new(Notify::new());
        there.push_back(leave.clone());
        leave
    }

    fn leave(&self, who: &Arc<Notify>) {
        self.there().retain(|other| !Arc::ptr_eq(other, who));
    }

    fn there(&self) -> MutexGuard<'_, VecDeque<Arc<Notify>>> {
        self.there.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Accepts connections for as long as it is let.
pub(crate) async fn keep_open(shared: Arc<Shared>, listener: TcpListener) {
    let mut guests = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((tcp, address)) => {
                    shared.door.strangers.add(1);
                    let leave = shared.strangers.enter(shared.settings.strangers);
                    guests.spawn(welcome(shared.clone(), tcp, address, leave));
                }
                Err(error) => {
                    tracing::warn!("no connection can be accepted: {error}");
                    sleep(ACCEPT_WAIT).await;
                }
            },
            Some(_) = guests.join_next() => {}
        }
    }
}

/// Hears who has come, and then what is said.
async fn welcome(shared: Arc<Shared>, tcp: TcpStream, address: SocketAddr, leave: Arc<Notify>) {
    let most = shared.settings.handshake;
    let known = tokio::select! {
        known = timeout(most, identify(&shared, tcp, address)) => {
            known.unwrap_or(Err(Ended::Late(most)))
        }
        () = leave.notified() => Err(Ended::CrowdedOut),
    };
    shared.strangers.leave(&leave);
    match known {
        Ok(guest) => guest.stay(&shared).await,
        Err(ended) => shared.turned_away(address, &ended),
    }
}

/// A connection from a peer that is known.
struct Guest {
    stream: Stream,
    decoder: Decoder,
    hello: Hello,
}

/// Hears who has come.
async fn identify(shared: &Shared, tcp: TcpStream, address: SocketAddr) -> Result<Guest, Ended> {
    let settings = &shared.settings;
    settings.security.allows(address).map_err(|why| Ended::Address(why.to_string()))?;
    tcp.set_nodelay(true)?;
    let (mut stream, shown) = settings.security.accepted(tcp).await?;
    let mut decoder = Decoder::new(HELLO_MAX);
    let hello = read_one(&mut stream, &mut decoder, |frame| Ok(Hello::read(frame)?)).await;
    let fits = match &hello {
        Ok(hello) if !shown.is_of(shared.own.cluster, hello.from) => {
            Err(Refusal::Certificate { from: hello.from })
        }
        Ok(hello) => hello.fits(&shared.own, shared.n()),
        Err(Ended::Malformed(Malformed::Version { theirs })) => {
            Err(Refusal::Version { there: *theirs })
        }
        Err(_) => Ok(()),
    };
    if let Err(why) = fits {
        write_one(&mut stream, Kind::Refused, &why.payload(), settings.handshake).await?;
        return Err(Ended::RefusedHere(why));
    }
    let hello = hello?;
    let incarnation = shared.own.incarnation.to_le_bytes();
    write_one(&mut stream, Kind::Welcome, &incarnation, settings.handshake).await?;
    let begin = read_one(&mut stream, &mut decoder, |frame| match frame.kind {
        Kind::Begin if frame.payload.is_empty() => Ok(()),
        kind => Err(Malformed::Turn { kind }.into()),
    });
    begin.await?;
    Ok(Guest { stream, decoder, hello })
}

impl Guest {
    /// Hears all that is said, and notes that the peer is there for as long as it is.
    async fn stay(self, shared: &Shared) {
        let from = self.hello.from;
        let peer = shared.peer(from);
        peer.outbox.met(self.hello.incarnation);
        peer.outbox.awake.notify_one();
        peer.counters.accepted.add(1);
        let at = usize::from(from);
        let turn = shared.set_connected(|connected| {
            connected[at].from = true;
            peer.source.open(self.hello.incarnation)
        });
        tracing::info!("p{from} is connected to p{}", shared.own.from);
        let listening = Listening {
            shared,
            peer,
            turn: &turn,
            signs: signs(shared.settings.keepalive),
            stream: self.stream,
            told: 0,
        };
        let ended = tokio::select! {
            ended = listening.hear(self.decoder) => ended.err().unwrap_or(Ended::Closed),
            () = turn.replaced.notified() => Ended::Replaced,
        };
        peer.counters.malformed.add(u64::from(ended.is_malformed()));
        shared.set_connected(|connected| {
            if peer.source.is_turn(&turn) {
                connected[at].from = false;
            }
        });
        shared.parted(from, &ended);
    }
}

/// When a sign of life is due.
fn signs(keepalive: Duration) -> Interval {
    let mut signs = interval_at(Instant::now() + keepalive, keepalive);
    signs.set_missed_tick_behavior(MissedTickBehavior::Delay);
    signs
}

/// A connection from a peer while messages come.
struct Listening<'a> {
    shared: &'a Shared,
    peer: &'a Peer,
    turn: &'a Turn,
    signs: Interval,
    stream: Stream,
    /// Up to which message the peer knows that they arrived.
    told: u64,
}

impl Listening<'_> {
    /// Hands out what comes.
    async fn hear(mut self, mut decoder: Decoder) -> Result<(), Ended> {
        let settings = &self.shared.settings;
        let mut assembler = Assembler::new(settings.message_max);
        decoder.set_most(FRAME_MAX);
        self.told = self.peer.source.through();
        self.write(Kind::Through, &self.told.to_le_bytes()).await?;
        let mut quiet = Duration::ZERO;
        loop {
            while let Some(frame) = decoder.frame()? {
                if frame.kind == Kind::Alive && frame.payload.is_empty() {
                    continue;
                }
                if let Some(message) = assembler.take(frame)? {
                    self.hand_out(message).await?;
                }
            }
            self.tell().await?;
            tokio::select! {
                more = read_more(&mut self.stream, &mut decoder) => {
                    more?;
                    quiet = Duration::ZERO;
                }
                _ = self.signs.tick() => {
                    quiet += settings.keepalive;
                    if quiet > settings.silence {
                        return Err(Ended::Silent(settings.silence));
                    }
                    self.write(Kind::Alive, &[]).await?;
                }
            }
        }
    }

    /// Hands out a message, and waits until there is room for it. Meanwhile nothing is read, so
    /// that the other end waits too; that this one is alive it hears.
    async fn hand_out(&mut self, message: (u64, Bytes)) -> Result<(), Ended> {
        let (shared, peer) = (self.shared, self.peer);
        let room = match shared.arrivals.try_reserve() {
            Ok(room) => room,
            Err(TrySendError::Closed(())) => return Err(Ended::NoOwner),
            Err(TrySendError::Full(())) => {
                self.tell().await?;
                let mut room = std::pin::pin!(shared.arrivals.reserve());
                loop {
                    tokio::select! {
                        room = &mut room => break room.map_err(|_| Ended::NoOwner)?,
                        _ = self.signs.tick() => self.write(Kind::Alive, &[]).await?,
                    }
                }
            }
        };
        peer.source.arrive(self.turn, message, room)
    }

    /// Tells what has arrived.
    async fn tell(&mut self) -> Result<(), Ended> {
        let through = self.peer.source.through();
        if self.shared.settings.delivery == Delivery::Reliable && through > self.told {
            self.told = through;
            self.write(Kind::Through, &through.to_le_bytes()).await?;
        }
        Ok(())
    }

    async fn write(&mut self, kind: Kind, payload: &[u8]) -> Result<(), Ended> {
        write_one(&mut self.stream, kind, payload, self.shared.settings.silence).await
    }
}
