//! The server in virtual time.

mod storm;

use storm::{PROTOCOLS, Tally, storm};

const SEEDS: u64 = 100;

/// Whatever fails, what was acknowledged is kept, and what was said is so.
#[test]
fn storms_lose_nothing() {
    for protocol in PROTOCOLS {
        let mut tally = Tally::default();
        for seed in 0..SEEDS {
            let came = storm(protocol, seed);
            tally.add(&came.unwrap_or_else(|wrong| panic!("{protocol}, seed {seed}, {wrong}")));
        }
        let Tally { in_commits, torn, full, fails, .. } = tally;
        let faults = [in_commits, torn, full, fails, tally.flips, tally.silent, tally.refused];
        let states = [tally.checkpoints, tally.installed, tally.brought, tally.digests];
        let told = [tally.acknowledged, tally.unknown, tally.reads];
        assert!([&faults[..], &states, &told].concat().iter().all(|many| *many > 0), "{tally}");
        assert_eq!(tally.undecided, 0, "{tally}");
    }
}
