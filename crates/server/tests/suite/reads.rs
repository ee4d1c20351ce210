//! Reads that wait where nobody leads.

use std::sync::Arc;

use quorate_kernel::Process;
use quorate_protocols::log::raft::{Durable, Full, Raft};
use quorate_runtime::Application;
use quorate_server::{Ask, Item, Kv, Shared};
use quorate_service::Unavailable;
use tokio::sync::oneshot;

/// They are bounded, and whoever has gone away makes room.
#[test]
fn reads_that_wait_are_bounded() {
    let stable = Durable::default();
    let mut kv = Kv::<Raft<Item, Full>>::new(Process(0), 3, Arc::new(Shared::default()), 0);
    let mut read = || {
        let (to, answer) = oneshot::channel();
        kv.ask(Ask::Barrier(to), &stable);
        answer
    };
    let mut waiting: Vec<_> = (0..1 << 15).map(|_| read()).collect();
    assert_eq!(read().try_recv(), Ok(Err(Unavailable::TooManyRequests)));
    waiting.truncate(1 << 14);
    let mut next = read();
    assert_eq!(next.try_recv(), Err(oneshot::error::TryRecvError::Empty));
    assert!(waiting.iter_mut().all(|one| one.try_recv().is_err()), "who waits still waits");
}
