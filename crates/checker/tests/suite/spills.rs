//! A frontier on disk changes nothing but the memory that a search takes.

use quorate_checker::network::{Findings, Inquiry, explore};
use quorate_checker::{Progress, Stop};
use quorate_kernel::Deceit;

use crate::models::single_copy::SingleCopy;
use crate::models::{paxos_commit, register, two_phase};

fn search<P: Deceit>(inquiry: &mut Inquiry<'_, P>, memory_bytes: u64, threads: usize) -> Findings {
    inquiry.budget.memory_bytes = memory_bytes;
    explore(inquiry, threads, &Progress::default())
}

fn told(found: &Findings) -> (u64, u64, u64, u32, u64, String) {
    let explored = found.explored;
    let broken = format!("{:?}", found.broken);
    let counts = (explored.states, explored.transitions, explored.ends, explored.depth);
    (counts.0, counts.1, counts.2, counts.3, explored.frontier_max, broken)
}

/// The least memory, about, within which a search ends, and what it finds.
fn tightest<P: Deceit>(inquiry: &mut Inquiry<'_, P>, threads: usize) -> (u64, Findings) {
    let mut memory_bytes = 1 << 17;
    loop {
        let found = search(inquiry, memory_bytes, threads);
        match found.stopped {
            None => return (memory_bytes, found),
            stopped => assert_eq!(stopped, Some(Stop::Memory)),
        }
        memory_bytes += memory_bytes / 4;
    }
}

#[test]
fn a_frontier_on_disk_gives_the_same_counts() {
    let plenty = search(&mut two_phase::inquiry(7), 1 << 30, 1);
    assert_eq!(plenty.explored.spilled, 0);
    // Less than twice what must stay in memory: when that is half of it, states go to disk.
    let memory_bytes = plenty.explored.bytes / 10 * 19;
    for threads in [1, 2] {
        let tight = search(&mut two_phase::inquiry(7), memory_bytes, threads);
        assert_eq!(told(&plenty), told(&tight), "{:?}", tight.stopped);
        assert!(tight.explored.spilled > 1 << 16, "{:?}", tight.explored);
    }
}

#[test]
fn a_frontier_on_disk_gives_the_same_run() {
    let mut inquiry = register::inquiry::<SingleCopy>(&2, 2, false);
    let plenty = search(&mut inquiry, 1 << 30, 1);
    let (_, tight) = tightest(&mut inquiry, 1);
    assert_eq!(told(&plenty), told(&tight));
    assert!(tight.explored.spilled > 0, "{:?}", tight.explored);
    assert_eq!(tight.broken.len(), 1);
}

#[test]
fn what_is_too_much_even_so_ends_the_search() {
    let (memory_bytes, _) = tightest(&mut paxos_commit::inquiry(1), 1);
    let found = search(&mut paxos_commit::inquiry(1), memory_bytes / 2, 1);
    assert_eq!(found.stopped, Some(Stop::Memory));
}
