//! Connections that are cut, ends that stop, and ends that begin anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use bytes::Bytes;
use quorate_wire::Delivery::{self, Lossy, Reliable};
use quorate_wire::{Error, Security, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::certs;
use crate::group::{End, group, listeners, message, number, send, settings, soon, start, until};
use crate::trial::draws;

const MANY: u64 = 10_000;
/// How many bytes go over a connection at most before it is cut.
const CUT_MOST: u64 = 60_000;

/// What stands between one end and another.
#[derive(Default)]
struct Proxy {
    /// Whether connections are cut at random, and whether nothing gets through.
    cuts: AtomicBool,
    swallows: AtomicBool,
    /// How many were cut, or made.
    cut: AtomicU64,
    made: AtomicU64,
}

impl Proxy {
    /// Listens, and passes on to an address; where it listens.
    async fn start(self: &Arc<Self>, to: String, seed: u64) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it has one").to_string();
        let proxy = self.clone();
        tokio::spawn(async move {
            let mut draw = draws(seed);
            loop {
                let (near, _) = listener.accept().await.expect("it can accept");
                if let Ok(far) = TcpStream::connect(&to).await {
                    proxy.made.fetch_add(1, SeqCst);
                    let lives = [draw(CUT_MOST), draw(CUT_MOST)];
                    tokio::spawn(proxy.clone().pass(near, far, lives));
                }
            }
        });
        address
    }

    /// Passes bytes both ways until one way has had enough; then some are lost.
    async fn pass(self: Arc<Self>, near: TcpStream, far: TcpStream, lives: [u64; 2]) {
        for end in [&near, &far] {
            end.set_nodelay(true).expect("it is a connection");
        }
        let ((near_read, near_write), (far_read, far_write)) =
            (near.into_split(), far.into_split());
        tokio::select! {
            () = self.one_way(near_read, far_write, lives[0]) => {}
            () = self.one_way(far_read, near_write, lives[1]) => {}
        }
    }

    async fn one_way(
        &self,
        mut from: impl AsyncReadExt + Unpin,
        mut to: impl AsyncWriteExt + Unpin,
        life: u64,
    ) {
        let (mut passed, mut bytes) = (0, [0; 4096]);
        while let Ok(many @ 1..) = from.read(&mut bytes).await {
            passed += many as u64;
            if self.cuts.load(SeqCst) && passed > life {
                let rest = many - (passed - life) as usize;
                let _ = to.write_all(&bytes[..rest]).await;
                self.cut.fetch_add(1, SeqCst);
                return;
            }
            if !self.swallows.load(SeqCst) && to.write_all(&bytes[..many]).await.is_err() {
                return;
            }
        }
    }
}

/// Two ends that reach each other through proxies only.
async fn behind_proxies(
    seed: u64,
    delivery: Delivery,
    change: impl Fn(&mut Settings),
) -> ([End; 2], [Arc<Proxy>; 2]) {
    let (listeners, addresses) = listeners(2);
    let proxies: [Arc<Proxy>; 2] = Default::default();
    let mut peers = Vec::new();
    for (at, proxy) in proxies.iter().enumerate() {
        peers.push(proxy.start(addresses[at].clone(), seed + at as u64).await);
    }
    let mut ends = listeners.into_iter().enumerate().map(|(me, listener)| {
        let mut settings = settings(me as u16, &peers, delivery);
        change(&mut settings);
        start(settings, listener, 64).expect("the settings fit")
    });
    let ends = [ends.next().expect("two"), ends.next().expect("two")];
    for end in &ends {
        soon("all are connected", end.links.all_connected()).await;
    }
    (ends, proxies)
}

/// Sends all, and hears all in order, while connections are cut.
async fn lose_nothing(mut end: End, to: u16, many: u64) -> End {
    let sent = async {
        for at in 0..many {
            send(&end.links, to, message(at)).await;
        }
        end.links.flushed().await;
    };
    let received = async {
        for at in 0..many {
            let (_, bytes) = end.arrivals.recv().await.expect("the links live");
            assert_eq!(number(&bytes), at, "a message is lost, repeated or out of turn");
        }
    };
    soon("all messages arrive", async { tokio::join!(sent, received) }).await;
    assert!(end.arrivals.try_recv().is_err(), "a message is repeated");
    end
}

async fn cut_and_lose_nothing(seed: u64, many: u64, change: impl Fn(&mut Settings)) {
    let (ends, proxies) = behind_proxies(seed, Reliable, change).await;
    proxies.iter().for_each(|proxy| proxy.cuts.store(true, SeqCst));
    let [a, b] = ends;
    let both = [tokio::spawn(lose_nothing(a, 1, many)), tokio::spawn(lose_nothing(b, 0, many))];
    let mut resent = 0;
    for (me, end) in both.into_iter().enumerate() {
        let end = end.await.expect("it is well");
        let counters = end.links.counters(1 - me as u16).expect("there is such a peer");
        assert_eq!(counters.received_messages.get(), many);
        assert_eq!((counters.dropped_messages.get(), counters.malformed.get()), (0, 0));
        resent += counters.resent_messages.get();
    }
    let cut: u64 = proxies.iter().map(|proxy| proxy.cut.load(SeqCst)).sum();
    assert!(cut > many / 500 && resent > cut, "{cut} connections cut, {resent} messages resent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reliable_links_lose_repeat_and_reorder_nothing_where_connections_are_cut() {
    for seed in 0..2 {
        cut_and_lose_nothing(10 * seed, MANY, |_| {}).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_it_is_with_certificates_too() {
    let folder = certs::folder(7, 2);
    let change = |settings: &mut Settings| {
        settings.security = Security::Tls(certs::load(folder.path(), 7, settings.me));
    };
    cut_and_lose_nothing(77, MANY / 4, change).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lossy_links_hand_out_nothing_late_or_twice_where_connections_are_cut() {
    let (ends, proxies) = behind_proxies(5, Lossy, |_| {}).await;
    proxies.iter().for_each(|proxy| proxy.cuts.store(true, SeqCst));
    let [a, mut b] = ends;
    let heard = AtomicU64::new(0);
    let dialled = &a.links.counters(1).expect("there is such a peer").dialled;
    let sent = async {
        let mut connected = a.links.connected();
        let mut at = 0;
        // The last of all is sent until one arrives.
        while heard.load(SeqCst) < MANY {
            connected.wait_for(|connected| connected[1].to).await.expect("the links live");
            let before = dialled.get();
            for _ in 0..50 {
                at += 1;
                a.links.send(1, message(at)).expect("lossy links refuse nothing");
            }
            while heard.load(SeqCst) < at.min(MANY) && dialled.get() == before {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    };
    let received = async {
        let (mut last, mut many) = (0, 0);
        while last < MANY {
            let (_, bytes) = b.arrivals.recv().await.expect("the links live");
            let number = number(&bytes);
            assert!(last < number, "{number} after {last}");
            heard.store(number, SeqCst);
            (last, many) = (number, many + 1);
        }
        many
    };
    let ((), many) = soon("the last arrives", async { tokio::join!(sent, received) }).await;
    assert!(many > MANY / 2 && many < MANY, "{many} messages arrived");
    assert!(proxies[1].cut.load(SeqCst) > 2);
}

#[tokio::test]
async fn an_end_that_says_nothing_any_more_is_given_up() {
    let quick = |settings: &mut Settings| settings.silence = Duration::from_millis(300);
    let ([a, mut b], proxies) = behind_proxies(1, Reliable, quick).await;
    proxies[1].swallows.store(true, SeqCst);
    a.links.send(1, message(1)).expect("there is room");
    let counters = a.links.counters(1).expect("there is such a peer");
    until("the connection is given up", || a.links.trouble(1).is_some()).await;
    let trouble = a.links.trouble(1).expect("there was trouble");
    assert!(trouble.contains("nothing came for 300ms") || trouble.contains("closed"), "{trouble}");
    assert_eq!(counters.queued_messages.get(), 1);
    proxies[1].swallows.store(false, SeqCst);
    let (_, bytes) = soon("it arrives", b.arrivals.recv()).await.expect("the links live");
    assert_eq!(number(&bytes), 1);
    soon("it is acknowledged", a.links.flushed()).await;
    assert!(counters.dialled.get() > 1 && counters.resent_messages.get() > 0);
}

#[tokio::test]
async fn an_end_that_is_slow_is_not_given_up_and_the_sender_is_told() {
    let bytes_max = 300_000;
    let small = |settings: &mut Settings| {
        (settings.queue_bytes, settings.queue_messages) = (bytes_max, 1_000);
        (settings.keepalive, settings.silence) =
            (Duration::from_millis(20), Duration::from_secs(1));
    };
    let mut ends = group(2, Reliable, small).await;
    let (mut b, a) = (ends.pop().expect("two"), ends.pop().expect("two"));
    let counters = a.links.counters(1).expect("there is such a peer");
    let piece = Bytes::from(vec![7; 10_000]);
    let (mut taken, begun, mut refused) = (0_u64, Instant::now(), 0);
    // For longer than the silence that is allowed.
    while begun.elapsed() < Duration::from_millis(2_200) {
        match a.links.send(1, piece.clone()) {
            Ok(()) => taken += 1,
            Err(Error::Full { to: 1, bytes, .. }) => {
                assert!(bytes <= bytes_max, "{bytes} bytes wait");
                refused += 1;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(refused > 10 && taken >= 64 + 30, "{taken} taken, {refused} refused");
    assert!(counters.queued_bytes.get() <= bytes_max as u64);
    for _ in 0..taken {
        let (_, bytes) = soon("it arrives", b.arrivals.recv()).await.expect("the links live");
        assert_eq!(bytes, piece);
    }
    soon("all is acknowledged", a.links.flushed()).await;
    assert_eq!((counters.dialled.get(), counters.resent_messages.get()), (1, 0));
}

#[tokio::test]
async fn lossy_links_drop_what_a_slow_end_does_not_take_and_count_it() {
    let small = |settings: &mut Settings| settings.queue_messages = 10;
    let mut ends = group(2, Lossy, small).await;
    let (mut b, a) = (ends.pop().expect("two"), ends.pop().expect("two"));
    let counters = a.links.counters(1).expect("there is such a peer");
    let mut sent = 0;
    while counters.dropped_messages.get() < 100 {
        a.links.send(1, message(sent)).expect("lossy links refuse nothing");
        sent += 1;
    }
    assert!(counters.queued_messages.get() <= 10);
    soon("what was taken is written", a.links.flushed()).await;
    let taken = sent - counters.dropped_messages.get();
    let mut last = None;
    for _ in 0..taken {
        let (_, bytes) = soon("it arrives", b.arrivals.recv()).await.expect("the links live");
        assert!(last < Some(number(&bytes)));
        last = Some(number(&bytes));
    }
    assert_eq!(counters.queued_messages.get(), 0);
}

/// What arrives at an end that begins anew again and again, while connections are cut: nothing
/// twice or late in all its lives together, and in each life all from the first that arrives on.
async fn begin_anew(seed: u64) {
    let (mut draw, last) = (draws(seed), MANY / 3);
    let (mut listeners, addresses) = listeners(2);
    let proxy = Arc::<Proxy>::default();
    let peers = vec![addresses[0].clone(), proxy.start(addresses[1].clone(), seed).await];
    let (again, own) = (listeners.pop().expect("two"), listeners.pop().expect("two"));
    let few = Settings { queue_messages: 200, ..settings(0, &peers, Reliable) };
    let a = start(few, own, 64).expect("the settings fit");
    proxy.cuts.store(true, SeqCst);
    let heard = AtomicU64::new(0);
    let sent = async {
        let mut at = 0;
        while heard.load(SeqCst) < last {
            match a.links.send(1, message(at)) {
                Ok(()) => at += 1,
                Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    };
    let received = async {
        let (mut due, mut lost, mut lives) = (0, 0, 0);
        while due <= last {
            let own = again.try_clone().expect("it can be cloned");
            let mut b = start(settings(1, &peers, Reliable), own, 64).expect("the settings fit");
            let (begun, life) = (due, 1 + draw(800));
            for at in 0..life {
                let (_, bytes) = b.arrivals.recv().await.expect("the links live");
                let number = number(&bytes);
                assert!(number == due || number > due && at == 0, "{number} and not {due}");
                lost += number - due;
                due = number + 1;
            }
            b.links.close().await;
            lives += u64::from(due > begun);
            heard.store(due - 1, SeqCst);
        }
        (lost, lives)
    };
    let (_, (lost, lives)) = soon("the last arrives", async { tokio::join!(sent, received) }).await;
    assert!(lost > 0 && lost < last && lives > 3, "{lost} lost in {lives} lives");
    assert_eq!(a.links.counters(1).expect("a peer").malformed.get(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_begins_anew_again_and_again_hears_nothing_twice() {
    for seed in 0..2 {
        begin_anew(100 + seed).await;
    }
}

#[tokio::test]
async fn an_end_that_begins_anew_hears_what_is_sent_after_it_speaks() {
    let (mut listeners, peers) = listeners(2);
    let again = listeners[1].try_clone().expect("it can be cloned");
    let (b, a) = (listeners.pop().expect("two"), listeners.pop().expect("two"));
    let mut a = start(settings(0, &peers, Reliable), a, 64).expect("the settings fit");
    let mut b = start(settings(1, &peers, Reliable), b, 64).expect("the settings fit");
    let first = b.links.incarnation();
    for at in 0..100 {
        send(&a.links, 1, message(at)).await;
        send(&b.links, 0, message(at)).await;
    }
    for end in [&mut a, &mut b] {
        for at in 0..100 {
            let (_, bytes) = soon("it arrives", end.arrivals.recv()).await.expect("it lives");
            assert_eq!(number(&bytes), at);
        }
    }
    soon("all is acknowledged", a.links.flushed()).await;
    soon("it ends", b.links.close()).await;
    until("it is missed", || a.links.connected().borrow()[1] == Default::default()).await;
    for at in 100..200 {
        send(&a.links, 1, message(at)).await;
    }
    b = start(settings(1, &peers, Reliable), again, 64).expect("the settings fit");
    assert_ne!(b.links.incarnation(), first);
    // What was given to no connection is not lost, and what is new is counted from the beginning.
    send(&b.links, 0, message(0)).await;
    let (_, bytes) = soon("it arrives", a.arrivals.recv()).await.expect("the links live");
    assert_eq!(number(&bytes), 0);
    send(&a.links, 1, message(200)).await;
    for at in 100..=200 {
        let (_, bytes) = soon("it arrives", b.arrivals.recv()).await.expect("the links live");
        assert_eq!(number(&bytes), at);
    }
    soon("all is acknowledged", a.links.flushed()).await;
}
