//! Simulated messages, next to a bare loop over a binary heap that sends as many.
//!
//! `cargo bench -p quorate-simulator`

#[path = "bare/mod.rs"]
mod bare;

use bare::Shape;
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Shape, n, and how many ticks: about 200,000 messages each.
const RUNS: [(Shape, u16, u64); 4] = [
    (Shape::Relay, 5, 220_000_000),
    (Shape::Relay, 50, 22_000_000),
    (Shape::Rounds, 5, 80_000_000),
    (Shape::Rounds, 50, 800_000),
];

#[divan::bench(args = RUNS, sample_count = 20, max_time = 3)]
fn simulator(bencher: Bencher<'_, '_>, (shape, n, ticks): (Shape, u16, u64)) {
    let sent = bare::simulated(shape, n, ticks);
    bencher.counter(ItemsCount::new(sent)).bench_local(|| bare::simulated(shape, n, ticks));
}

#[divan::bench(args = RUNS, sample_count = 20, max_time = 3)]
fn bare_heap(bencher: Bencher<'_, '_>, (shape, n, ticks): (Shape, u16, u64)) {
    let sent = bare::bare(shape, n, ticks);
    bencher.counter(ItemsCount::new(sent)).bench_local(|| bare::bare(shape, n, ticks));
}
