//! The exchanges over turmoil's UDP. Its clock moves a millisecond at a time.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use turmoil::net::UdpSocket;

const PORT: u16 = 9;

/// A run of so many microseconds of virtual time: how many messages were sent.
pub(crate) fn run(relay: bool, n: u16, ticks: u64) -> u64 {
    let lasting = Duration::from_micros(ticks);
    let mut sim = turmoil::Builder::new()
        .simulation_duration(2 * lasting)
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(10))
        .udp_capacity(1 << 16)
        .rng_seed(1)
        .build();
    // Delays are exponential, cut off at the maximum: with this rate their mean is in the middle.
    sim.set_message_latency_curve(1.6);
    let sent = Rc::new(Cell::new(0));
    for me in 0..n {
        let sent = sent.clone();
        sim.host(name(me), move || {
            let sent = sent.clone();
            async move {
                let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
                let all: Vec<SocketAddr> =
                    (0..n).map(|p| (turmoil::lookup(name(p)), PORT).into()).collect();
                match relay {
                    true => pass_on(&socket, all[usize::from((me + 1) % n)], &sent).await?,
                    false => rounds(&socket, &all, me, &sent).await?,
                }
                Ok(())
            }
        });
    }
    sim.client("clock", async move {
        tokio::time::sleep(lasting).await;
        Ok(())
    });
    sim.run().expect("nobody fails");
    sent.get()
}

fn name(p: u16) -> String {
    format!("p{p}")
}

async fn pass_on(socket: &UdpSocket, next: SocketAddr, sent: &Cell<u64>) -> std::io::Result<()> {
    let mut buffer = [0; 2];
    loop {
        socket.send_to(&buffer, next).await?;
        sent.set(sent.get() + 1);
        socket.recv_from(&mut buffer).await?;
    }
}

async fn rounds(
    socket: &UdpSocket,
    all: &[SocketAddr],
    me: u16,
    sent: &Cell<u64>,
) -> std::io::Result<()> {
    let (mut round, mut came, mut early) = (0u16, 0, 0);
    let mut buffer = [0; 2];
    loop {
        for (_, to) in all.iter().enumerate().filter(|(p, _)| *p != usize::from(me)) {
            socket.send_to(&round.to_le_bytes(), *to).await?;
            sent.set(sent.get() + 1);
        }
        while came + 1 < all.len() {
            socket.recv_from(&mut buffer).await?;
            match u16::from_le_bytes(buffer) == round {
                true => came += 1,
                false => early += 1,
            }
        }
        round = round.wrapping_add(1);
        (came, early) = (early, 0);
    }
}
