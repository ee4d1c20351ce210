//! The server in virtual time.

mod storm;

use storm::{PROTOCOLS, Tally, storm};

const SEEDS: u64 = 150;

/// Whatever fails, what was acknowledged is kept, and what was said is so.
#[test]
fn storms_lose_nothing() {
    for protocol in PROTOCOLS {
        let mut tally = Tally::default();
        for seed in 0..SEEDS {
            let came = storm(protocol, seed);
            tally.add(&came.unwrap_or_else(|wrong| panic!("{protocol}, seed {seed}, {wrong}")));
        }
        assert!(tally.crashes > 0, "{tally}");
    }
}
