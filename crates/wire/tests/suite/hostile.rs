//! Whoever dials and means no good.

use std::time::Duration;

use quorate_wire::frame::{self, Decoder, FRAME_MAX, Frame, Kind, VERSION};
use quorate_wire::hello::{Hello, Refusal, read_number};
use quorate_wire::message::put_piece;
use quorate_wire::{Delivery, Settings, certs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::certs as made;
use crate::group::{End, listeners, message, number, settings, soon, start, until};
use crate::trial::draws;

/// A process whose peer is played by the test, and its address.
fn victim(change: impl Fn(&mut Settings)) -> (End, String) {
    let (mut listeners, peers) = listeners(2);
    let mut settings = settings(0, &peers, Delivery::Reliable);
    change(&mut settings);
    // Nobody listens where the peer should.
    listeners.pop();
    let end = start(settings, listeners.pop().expect("two"), 4).expect("the settings fit");
    (end, peers[0].clone())
}

/// What the peer says first.
fn hello(incarnation: u64) -> Hello {
    Hello { cluster: 7, fingerprint: 11, incarnation, from: 1, to: 0, delivery: Delivery::Reliable }
}

fn framed(kind: Kind, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::put(&mut bytes, kind, &[payload]);
    bytes
}

/// The next frame of a kind; signs of life are passed over.
async fn next<T>(
    stream: &mut (impl AsyncRead + Unpin),
    decoder: &mut Decoder,
    read: impl Fn(Frame<'_>) -> T,
) -> T {
    let found = async {
        loop {
            match decoder.frame().expect("what comes is whole") {
                Some(frame) if frame.kind != Kind::Alive => return read(frame),
                Some(_) => {}
                None => {
                    let many = stream.read_buf(decoder.room()).await.expect("it can be read");
                    assert_ne!(many, 0, "the connection was closed");
                }
            }
        }
    };
    soon("an answer", found).await
}

/// Waits until the other end has closed.
async fn closed(stream: &mut (impl AsyncRead + Unpin)) {
    let mut bytes = Vec::new();
    // A reset is as good as an end.
    let _ = soon("it is closed", stream.read_to_end(&mut bytes)).await;
}

/// Says hello; what the answer is.
async fn greet(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), hello: Hello) -> Decoder {
    let mut decoder = Decoder::new(FRAME_MAX);
    stream.write_all(&framed(Kind::Hello, &hello.payload())).await.expect("it can be written");
    let welcome = next(stream, &mut decoder, |frame| read_number(frame, Kind::Welcome));
    welcome.await.expect("it is welcome");
    decoder
}

/// Says hello and begins; what the other has received.
async fn begin(stream: &mut TcpStream, hello: Hello) -> (Decoder, u64) {
    let mut decoder = greet(stream, hello).await;
    stream.write_all(&framed(Kind::Begin, &[])).await.expect("it can be written");
    let through = next(stream, &mut decoder, |frame| read_number(frame, Kind::Through)).await;
    (decoder, through.expect("it says so"))
}

async fn dial(address: &str) -> TcpStream {
    TcpStream::connect(address).await.expect("somebody listens")
}

#[tokio::test]
async fn random_bytes_are_turned_away_and_do_no_harm() {
    let (mut end, address) = victim(|_| {});
    let mut draw = draws(3);
    for at in 0..200 {
        let mut stream = dial(&address).await;
        let mut bytes = match at % 4 {
            0 => Vec::new(),
            1 => b"qw".to_vec(),
            2 => framed(Kind::Hello, &hello(at).payload())[..20].to_vec(),
            _ => framed([Kind::Last, Kind::Through, Kind::Begin][at as usize % 3], &[0; 8]),
        };
        bytes.extend((0..1 + draw(300)).map(|_| draw(256) as u8));
        // The other end may have closed in the middle of it.
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        closed(&mut stream).await;
    }
    until("all are counted", || end.links.door().refused.get() == 200).await;
    let mut stream = dial(&address).await;
    let (_, through) = begin(&mut stream, hello(1)).await;
    assert_eq!(through, 0);
    let mut bytes = Vec::new();
    put_piece(&mut bytes, 1, &message(1));
    stream.write_all(&bytes).await.expect("it can be written");
    let (from, bytes) = soon("it arrives", end.arrivals.recv()).await.expect("the links live");
    assert_eq!((from, number(&bytes)), (1, 1));
}

#[tokio::test]
async fn another_version_is_answered_with_this_one() {
    let (end, address) = victim(|_| {});
    let mut stream = dial(&address).await;
    let mut bytes = framed(Kind::Hello, &hello(1).payload());
    bytes[2] = VERSION + 1;
    stream.write_all(&bytes).await.expect("it can be written");
    let mut decoder = Decoder::new(FRAME_MAX);
    let read = |frame: Frame<'_>| Refusal::read(frame, &hello(1));
    let answer = next(&mut stream, &mut decoder, read).await;
    assert_eq!(answer, Ok(Refusal::Version { there: VERSION }));
    let said = || end.links.door_trouble().is_some_and(|why| why.contains("version 2"));
    until("it is said", said).await;
}

#[tokio::test]
async fn who_says_nothing_is_let_wait_only_so_long() {
    let quick = |settings: &mut Settings| settings.handshake = Duration::from_millis(50);
    let (end, address) = victim(quick);
    let mut silent = dial(&address).await;
    let mut slow = dial(&address).await;
    slow.write_all(&framed(Kind::Hello, &hello(1).payload())[..9])
        .await
        .expect("it can be written");
    let mut stopped = dial(&address).await;
    greet(&mut stopped, hello(1)).await;
    for stream in [&mut silent, &mut slow, &mut stopped] {
        closed(stream).await;
    }
    until("all are counted", || end.links.door().late.get() == 3).await;
}

#[tokio::test]
async fn many_who_say_nothing_make_room_for_who_does() {
    let few = |settings: &mut Settings| {
        (settings.strangers, settings.handshake) = (4, Duration::from_secs(600));
    };
    let (end, address) = victim(few);
    let mut all = Vec::new();
    for _ in 0..30 {
        all.push(dial(&address).await);
    }
    until("26 have gone", || end.links.door().crowded_out.get() == 26).await;
    let mut stream = dial(&address).await;
    begin(&mut stream, hello(1)).await;
    until("one more has gone", || end.links.door().crowded_out.get() == 27).await;
    assert_eq!((end.links.door().late.get(), end.links.door().refused.get()), (0, 0));
}

#[tokio::test]
async fn who_is_known_and_sends_nonsense_is_shut_out() {
    let (mut end, address) = victim(|settings| settings.message_max = 1 << 21);
    let gap = |sequence| {
        let mut bytes = Vec::new();
        put_piece(&mut bytes, sequence, &message(sequence));
        bytes
    };
    let broken = {
        let mut bytes = gap(1);
        *bytes.last_mut().expect("it is not empty") ^= 1;
        bytes
    };
    let piece = [&1_u64.to_le_bytes()[..], &[7; 1 << 19]].concat();
    let mut long = framed(Kind::Part, &piece).repeat(4);
    long.extend(framed(Kind::Last, &piece[..9]));
    let all = [gap(2), broken, long, vec![7; 100], framed(Kind::Hello, &[])];
    for (at, nonsense) in all.into_iter().enumerate() {
        let mut stream = dial(&address).await;
        begin(&mut stream, hello(at as u64)).await;
        // The other end may have closed in the middle of it.
        let _ = stream.write_all(&nonsense).await;
        closed(&mut stream).await;
        let counters = end.links.counters(1).expect("there is such a peer");
        until("it is counted", || counters.malformed.get() == at as u64 + 1).await;
    }
    assert!(end.arrivals.try_recv().is_err(), "something of it was believed");
    until("it is gone", || !end.links.connected().borrow()[1].from).await;
}

#[tokio::test]
async fn a_newer_connection_takes_the_place_of_an_older_one_once_it_has_begun() {
    let (mut end, address) = victim(|_| {});
    let mut first = dial(&address).await;
    begin(&mut first, hello(1)).await;
    let mut bytes = Vec::new();
    put_piece(&mut bytes, 1, &message(1));
    first.write_all(&bytes).await.expect("it can be written");
    soon("it arrives", end.arrivals.recv()).await.expect("the links live");
    // A hello that waited, of a process that is gone: it never begins.
    let mut stale = dial(&address).await;
    greet(&mut stale, hello(2)).await;
    drop(stale);
    until("it is turned away", || end.links.door().refused.get() == 1).await;
    bytes.clear();
    put_piece(&mut bytes, 2, &message(2));
    first.write_all(&bytes).await.expect("it can be written");
    soon("it arrives", end.arrivals.recv()).await.expect("the links live");
    let mut newer = dial(&address).await;
    let (_, through) = begin(&mut newer, hello(1)).await;
    assert_eq!(through, 2);
    closed(&mut first).await;
    put_piece(&mut bytes, 3, &message(3));
    newer.write_all(&bytes).await.expect("it can be written");
    let (_, arrived) = soon("it arrives", end.arrivals.recv()).await.expect("the links live");
    assert_eq!(number(&arrived), 3);
    let counters = end.links.counters(1).expect("there is such a peer");
    assert_eq!((counters.duplicate_messages.get(), counters.accepted.get()), (1, 2));
    let mut anew = dial(&address).await;
    assert_eq!(begin(&mut anew, hello(3)).await.1, 0);
}

/// Accepts a connection as this incarnation of the peer, to which nothing has arrived.
async fn accept(listener: &TcpListener, incarnation: u64) -> (TcpStream, Decoder) {
    let (mut stream, _) = soon("it dials", listener.accept()).await.expect("it can accept");
    let mut decoder = Decoder::new(FRAME_MAX);
    let said = next(&mut stream, &mut decoder, Hello::read).await;
    assert_eq!(said.expect("it says hello").to, 1);
    let welcome = framed(Kind::Welcome, &incarnation.to_le_bytes());
    stream.write_all(&welcome).await.expect("it can be written");
    next(&mut stream, &mut decoder, |frame| assert_eq!(frame.kind, Kind::Begin)).await;
    let through = framed(Kind::Through, &[0; 8]);
    stream.write_all(&through).await.expect("it can be written");
    (stream, decoder)
}

#[tokio::test]
async fn a_peer_that_began_anew_is_not_answered_over_a_connection_to_what_it_was() {
    let (listeners, peers) = listeners(2);
    let [own, there] = <[_; 2]>::try_from(listeners).expect("two");
    let end = start(settings(0, &peers, Delivery::Reliable), own, 4).expect("the settings fit");
    there.set_nonblocking(true).expect("it can be");
    let there = TcpListener::from_std(there).expect("it can be used");
    let sent = |frame: Frame<'_>| {
        let (sequence, bytes) = frame.payload.split_at(8);
        (u64::from_le_bytes(sequence.try_into().expect("eight")), bytes.to_vec())
    };
    let (mut before, mut decoder) = accept(&there, 1).await;
    end.links.send(1, message(10)).expect("there is room");
    let first = next(&mut before, &mut decoder, sent).await;
    assert_eq!(first, (1, message(10).to_vec()));
    // The old one is gone without a word: its connection stays as it is.
    let mut anew = dial(&peers[0]).await;
    begin(&mut anew, hello(2)).await;
    end.links.send(1, message(11)).expect("there is room");
    closed(&mut before).await;
    let (mut after, mut decoder) = accept(&there, 2).await;
    let first = next(&mut after, &mut decoder, sent).await;
    assert_eq!(first, (1, message(11).to_vec()));
    let counters = end.links.counters(1).expect("there is such a peer");
    assert_eq!((counters.dropped_messages.get(), counters.resent_messages.get()), (1, 0));
}

#[tokio::test]
async fn who_shows_the_certificate_of_another_is_refused() {
    let folder = made::folder(7, 3);
    let at = |name: &str| folder.path().join(name);
    let (mut listeners, peers) = listeners(3);
    let own = Settings {
        security: quorate_wire::Security::Tls(made::load(folder.path(), 7, 0)),
        ..settings(0, &peers, Delivery::Reliable)
    };
    listeners.truncate(1);
    let end = start(own, listeners.pop().expect("one"), 4).expect("the settings fit");
    let mut roots = rustls::RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(at("ca.pem")).expect("it was made");
    roots.add(authority).expect("it is one");
    let shown = CertificateDer::from_pem_file(at("p2.pem")).expect("it was made");
    let key = PrivateKeyDer::from_pem_file(at("p2.key")).expect("it was made");
    let provider = rustls::crypto::ring::default_provider().into();
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("there are some")
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![shown], key)
        .expect("they fit");
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    for (from, is_own) in [(1, false), (2, true)] {
        let name = ServerName::try_from(certs::name(7, 0)).expect("it is a name");
        let mut stream = connector.connect(name, dial(&peers[0]).await).await.expect("TLS");
        let hello = Hello { from, ..hello(1) };
        if is_own {
            greet(&mut stream, hello).await;
            continue;
        }
        let said = framed(Kind::Hello, &hello.payload());
        stream.write_all(&said).await.expect("it can be written");
        let mut decoder = Decoder::new(FRAME_MAX);
        let answer = next(&mut stream, &mut decoder, |frame| Refusal::read(frame, &hello)).await;
        assert_eq!(answer, Ok(Refusal::Certificate { from }));
        assert!(end.links.door_trouble().is_none_or(|why| why.contains("not that of p1")));
    }
}
