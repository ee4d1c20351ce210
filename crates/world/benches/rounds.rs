//! Large single runs in the world, each next to a bare loop that exchanges the same messages.
//!
//! `cargo bench -p quorate-world`

// The loops and the runs are shared with the example `exchange`.
#[path = "bare/mod.rs"]
mod bare;

use bare::engine::{floor, plain};
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Protocol, n, f: those that are measured.
const RUNS: [(&str, u16, u16); 5] =
    [("phase-king", 401, 100), ("flood-set", 1000, 1), ("om", 7, 2), ("om", 10, 3), ("om", 13, 4)];

#[divan::bench(args = RUNS, sample_count = 20, max_time = 3)]
fn world(bencher: Bencher<'_, '_>, (protocol, n, f): (&str, u16, u16)) {
    let cost = plain(protocol, n, f);
    let told = floor(protocol, n, f);
    assert_eq!((cost.messages, cost.bits), (told.messages, told.bits));
    bencher.counter(ItemsCount::new(cost.messages)).bench_local(|| plain(protocol, n, f));
}

#[divan::bench(args = RUNS, sample_count = 20, max_time = 3)]
fn bare_loop(bencher: Bencher<'_, '_>, (protocol, n, f): (&str, u16, u16)) {
    let messages = floor(protocol, n, f).messages;
    let run = || floor(black_box(protocol), black_box(n), black_box(f));
    bencher.counter(ItemsCount::new(messages)).bench_local(run);
}
