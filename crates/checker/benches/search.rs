//! Exhaustive searches, and the same runs made one at a time.
//!
//! `cargo bench -p quorate-checker`

// Shared with the example `count`.
#[path = "naive/mod.rs"]
mod naive;

use divan::Bencher;
use divan::counter::ItemsCount;
use naive::{exhaustive, one_by_one};

fn main() {
    divan::main();
}

/// Protocol, n, f: the searches that are measured.
const SEARCHES: [(&str, u16, u16); 5] = [
    ("flood-set", 4, 2),
    ("flood-set", 5, 3),
    ("om", 7, 2),
    ("phase-king-3f", 4, 1),
    ("phase-king-3f", 7, 2),
];

/// Items are transitions between states of the system.
#[divan::bench(args = SEARCHES, sample_count = 10, max_time = 5)]
fn transitions(bencher: Bencher<'_, '_>, (protocol, n, f): (&str, u16, u16)) {
    let work = exhaustive(protocol, n, f);
    bencher
        .counter(ItemsCount::new(work.transitions))
        .bench_local(|| exhaustive(protocol, n, f).transitions);
}

/// Items are runs of the model; flood-set with n = 4, f = 2 has 24,592.
#[divan::bench(args = [(4, 2)], sample_count = 5, max_time = 5)]
fn runs_by_search(bencher: Bencher<'_, '_>, (n, f): (u16, u16)) {
    let runs = exhaustive("flood-set", n, f).runs;
    assert_eq!(runs, u128::from(one_by_one(n, f)));
    bencher
        .counter(ItemsCount::new(runs as u64))
        .bench_local(|| exhaustive("flood-set", n, f).runs);
}

/// The same runs, each simulated and judged on its own.
#[divan::bench(args = [(4, 2)], sample_count = 5, max_time = 5)]
fn runs_one_by_one(bencher: Bencher<'_, '_>, (n, f): (u16, u16)) {
    let runs = one_by_one(n, f);
    bencher.counter(ItemsCount::new(runs)).bench_local(|| one_by_one(n, f));
}
